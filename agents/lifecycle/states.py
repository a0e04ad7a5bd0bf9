"""The life of a plan as a table: what may follow what, and the one function that moves a plan along it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from storage.ledger import Ledger, Transaction
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.records.questions import QuestionKind

FOLLOWS: dict[PlanState, frozenset[PlanState]] = {
    PlanState.PROPOSED: frozenset(
        {
            PlanState.WAITING,
            PlanState.HELD,
            PlanState.APPROVED,
            PlanState.REFUSED,
            PlanState.EXPIRED,
            PlanState.SUPERSEDED,
        }
    ),
    PlanState.HELD: frozenset(
        {
            PlanState.PROPOSED,
            PlanState.WAITING,
            PlanState.APPROVED,
            PlanState.REFUSED,
            PlanState.REJECTED,
            PlanState.EXPIRED,
            PlanState.SUPERSEDED,
        }
    ),
    PlanState.WAITING: frozenset(
        {
            PlanState.PROPOSED,
            PlanState.APPROVED,
            PlanState.REFUSED,
            PlanState.REJECTED,
            PlanState.EXPIRED,
            PlanState.SUPERSEDED,
        }
    ),
    # Until execution begins, people may think better of it: withdraw, reject, or let its time run out.
    PlanState.APPROVED: frozenset(
        {
            PlanState.WAITING,
            PlanState.EXECUTING,
            PlanState.REFUSED,
            PlanState.REJECTED,
            PlanState.EXPIRED,
        }
    ),
    PlanState.EXECUTING: frozenset({PlanState.DONE, PlanState.FAILED}),
    PlanState.DONE: frozenset({PlanState.ROLLED_BACK}),
    PlanState.FAILED: frozenset({PlanState.ROLLED_BACK}),
    PlanState.REFUSED: frozenset(),
    PlanState.REJECTED: frozenset(),
    PlanState.EXPIRED: frozenset(),
    PlanState.SUPERSEDED: frozenset(),
    PlanState.ROLLED_BACK: frozenset(),
}

RULES_CHANGED = "the rules have changed: it is judged again"
STALLED_AFTER = timedelta(minutes=10)
"""Work is tried for about a minute; a plan that has not moved for so long has nobody working on it."""
UNDECIDED = (PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING)
"""A plan in one of these has not been decided: it may still expire, be superseded, or be edited."""
NOT_BEGUN = (*UNDECIDED, PlanState.APPROVED)
"""Nothing of a plan in one of these has been written: it may still expire or be rejected."""


async def move(tx: Transaction, status: PlanStatus, to: PlanState, *, now: datetime, note: str = "") -> bool:
    """Move the plan if it is still the revision and the state in `status` allows it; False if someone was faster.

    A move that gives up the plan's resources lets the plans that were held for them be reviewed again.
    """
    if to not in FOLLOWS[status.state]:
        return False
    moved = await tx.plans.move(
        status.plan.id, revision=status.plan.revision, origins=(status.state,), to=to, now=now, note=note
    )
    if moved and to not in (*NOT_BEGUN, PlanState.EXECUTING):
        await let_go(tx, status, status.plan.resource_keys)
        for question in await tx.questions.open(QuestionKind.CONFLICT):
            if question.subject["loser"] == status.plan.id:
                await tx.questions.withdraw(question.key, outcome=f"{status.plan.id} is no longer at issue")
    return moved


async def let_go(tx: Transaction, status: PlanStatus, keys: Iterable[str]) -> None:
    """Give up the plan's claims on the resources and have the plans that wait for one of them reviewed again."""
    freed = frozenset(keys)
    await tx.plans.release(status.plan.id, freed)
    for held in await tx.plans.in_states(PlanState.HELD):
        if held.plan.id != status.plan.id and not freed.isdisjoint(held.plan.resource_keys):
            # Named after what freed it: a held plan may be woken many times without a change of its own.
            await ask_for_review(tx, held, because=f":{status.plan.id}:{status.version}")
    for question in await tx.questions.open(QuestionKind.CONFLICT):
        if status.plan.id in question.subject["winners"]:
            loser = await tx.plans.get(question.subject["loser"])
            if loser is not None and loser.state is PlanState.HELD:
                await ask_for_review(tx, loser, because=f":{status.plan.id}:{status.version}")


async def ask_for_review(tx: Transaction, status: PlanStatus, *, because: str = "") -> None:
    """Have the plan reviewed even if this process dies before it gets to it."""
    work_id = f"review:{status.plan.id}:{status.plan.revision}:{status.version}{because}"
    await tx.enqueue("review", work_id, {"plan_id": status.plan.id})


async def ask_for_execution(tx: Transaction, plan: Plan, *, because: str = "") -> None:
    """Have the revision carried out; asking twice is asking once, unless it moved or there is a new reason."""
    status = await tx.plans.get(plan.id)
    assert status is not None, "only a plan that is there is carried out"
    # Named after the plan's version: one that was taken back and approved again is asked for again.
    work_id = f"execute:{plan.id}:{plan.revision}:{status.version}{because}"
    await tx.enqueue("execute", work_id, {"plan_id": plan.id, "revision": str(plan.revision)})


async def reconsider(tx: Transaction, now: datetime) -> int:
    """Have every waiting plan reviewed again, because the rules have changed; returns how many.

    What people said under the old rules no longer counts, so plans that were approved and have not begun wait again.
    """
    for status in await tx.plans.in_states(PlanState.APPROVED):
        await move(tx, status, PlanState.WAITING, now=now, note=RULES_CHANGED)
    waiting = await tx.plans.in_states(PlanState.WAITING)
    for status in waiting:
        await judge_anew(tx, status, now=now)
    return len(waiting)


async def judge_anew(tx: Transaction, status: PlanStatus, *, now: datetime, because: str = RULES_CHANGED) -> None:
    """Have a waiting plan judged as if it had just been proposed; its claims stay."""
    if await move(tx, status, PlanState.PROPOSED, now=now, note=because):
        again = await tx.plans.get(status.plan.id)
        assert again is not None, "it was there a moment ago"
        await ask_for_review(tx, again)


async def overdue(tx: Transaction, now: datetime) -> tuple[PlanStatus, ...]:
    """Plans whose time has passed before they were decided, or before they were begun."""
    approved = await tx.plans.in_states(PlanState.APPROVED)
    return (*await tx.plans.overdue(now), *(one for one in approved if one.plan.expires_at <= now))


async def ask_again(ledger: Ledger, *, now: datetime) -> int:
    """Ask once more for work that failed for good, an outage say, and left its plan where it was; returns how often."""
    async with ledger.read() as tx:
        moving = await tx.plans.in_states(PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING)
    stalled = [status for status in moving if status.since <= now - STALLED_AFTER]
    if not stalled:
        return 0
    # Named after the hour: asked for again every hour, and not every minute, for as long as it takes.
    because = f":again:{now:%Y%m%d%H}"
    async with ledger.write() as tx:
        for status in stalled:
            if status.state is PlanState.PROPOSED:
                await ask_for_review(tx, status, because=because)
            else:
                await ask_for_execution(tx, status.plan, because=because)
    return len(stalled)
