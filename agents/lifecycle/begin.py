"""Begin: an approved plan is judged once more, with fresh facts and the approvals given, and reserved or sent back.

So is one that goes on after a freeze or a crash: what was right when it began need not be right now.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from agents.governance.approvals import missing_gates, starts_at
from agents.governance.facts import campaign_key
from agents.lifecycle.convene import convene
from agents.lifecycle.effect import expired
from agents.lifecycle.gather import World
from agents.lifecycle.link import link_verdict
from agents.lifecycle.review import Reviewer, known_plan
from agents.lifecycle.states import ask_for_execution, move
from agents.lifecycle.stops import brands_of, freezes_on, halt
from storage.ledger import Ledger, Transaction
from storage.records.executions import Execution, ExecutionState, execution_key
from storage.records.facts import CampaignState
from storage.records.lineage import SEALED
from storage.records.plans import Change, Plan, PlanState, PlanStatus
from storage.records.verdicts import Outcome, Verdict

_LIVE = (PlanState.APPROVED, PlanState.EXECUTING)


@dataclass(frozen=True)
class Begun:
    """A plan that may be written now, as long as nothing stops it."""

    status: PlanStatus
    world: World

    @cached_property
    def brands(self) -> Mapping[str, str]:
        """Resource key → brand, as the sources showed it; freezes of a brand are looked up by it."""
        return brands_of(self.world.campaigns)


class Beginner:
    """Says whether a plan may be written: at its beginning, when it goes on, and before every single write."""

    def __init__(self, ledger: Ledger, *, reviewer: Reviewer, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._reviewer = reviewer
        self._clock = clock
        # Judging and reserving is one step for all plans: two must not pass a cap together.
        self._one_at_a_time = asyncio.Lock()

    async def begin(self, status: PlanStatus) -> Begun | PlanStatus:
        """Reserve an approved plan and write down what is intended; else its status as it is left.

        Raises SourceUnavailable: it is tried again then.
        """
        async with self._one_at_a_time:
            while True:
                async with self._ledger.read() as tx:
                    live = await _live(tx)
                world = await self._reviewer.world(status.plan)
                now = self._clock()
                async with self._ledger.write() as tx:
                    if live - await _live(tx) - {status.plan.id}:
                        continue  # what another plan had reserved is now written, and this world does not show it yet
                    status = await known_plan(tx, status.plan.id)
                    if await _is_free(tx, status, world, now=now) and await self._is_right(tx, status, world, now=now):
                        await _reserve(tx, status, now=now)
                        return Begun(await known_plan(tx, status.plan.id), world)
                    return await known_plan(tx, status.plan.id)

    async def go_on(self, status: PlanStatus) -> Begun | PlanStatus:
        """Whether something stops a plan that has begun; else it may go on, once `objection` has been asked.

        Raises SourceUnavailable: it is tried again then.
        """
        plan = status.plan
        begun = Begun(status, await self._reviewer.world(plan))
        now = self._clock()
        async with self._ledger.write() as tx:
            executions = await tx.executions.of(plan.id, plan.revision)
            left = [item.change for item in executions if item.state is ExecutionState.INTENDED]
            freezes = await freezes_on(tx, plan, now=now, brands=begun.brands, changes=left)
            if not freezes or plan.expires_at <= now:
                return begun
            await halt(tx, status, freezes, now=now)
            return await known_plan(tx, plan.id)

    async def objection(self, begun: Begun) -> str:
        """Why a plan that has begun must not go on, for people; empty if it may.

        It is judged as if nothing of it had been written yet, because that is what people approved.
        """
        status, plan, now = begun.status, begun.status.plan, self._clock()
        if plan.expires_at <= now:
            return time_is_up(plan)
        async with self._ledger.write() as tx:
            executions = await tx.executions.of(plan.id, plan.revision)
            verdict = await self._reviewer.judge_in(tx, plan, _as_before(begun.world, executions))
            if verdict.outcome is not Outcome.ALLOWED:
                return f"no longer allowed when it was to go on: {await _words(tx, plan, verdict, now=now)}"
            if status.note:
                await _say_resumed(tx, status, executions, verdict, now=now)
        return ""

    async def start_due(self) -> int:
        """Have every approved plan carried out whose time to think better of it is over; returns how many."""
        now = self._clock()
        async with self._ledger.read() as tx:
            due = [one.plan for one in await tx.plans.in_states(PlanState.APPROVED) if await _is_due(tx, one, now=now)]
        if due:
            async with self._ledger.write() as tx:
                for plan in due:
                    await ask_for_execution(tx, plan, because=":cooled")
        return len(due)

    async def _is_right(self, tx: Transaction, status: PlanStatus, world: World, *, now: datetime) -> bool:
        """Whether the rules allow it now; if not, it is refused, or waits for those whom the rules ask for."""
        plan = status.plan
        verdict = await self._reviewer.judge_in(tx, plan, world)
        if verdict.outcome is Outcome.ALLOWED:
            starts = await _starts_at(tx, plan, verdict, now=now)
            return starts is None or starts <= now
        words = await _words(tx, plan, verdict, now=now)
        if verdict.outcome is Outcome.REFUSED:
            to, note = PlanState.REFUSED, f"no longer allowed when it was to run: {words}. Nothing was changed"
        else:
            to, note = PlanState.WAITING, f"the approvals no longer held when it was to run: {words}"
        moved = await move(tx, status, to, now=now, note=note)
        assert moved, "it was approved in this transaction"
        await tx.audit.append(
            at=now,
            actor="system",
            action=f"plan.{to.value}",
            subject=plan.id,
            facts={
                "revision": plan.revision,
                "digest": plan.digest,
                "note": note,
                "verdict": verdict.outcome.value,
                "gates": [gate.policy for gate in verdict.gates],
                "policy_version": verdict.policy_version,
                SEALED: await link_verdict(tx, plan, verdict),
            },
        )
        return False


def time_is_up(plan: Plan) -> str:
    """Why a plan may not be written any more, for people."""
    return f"its time was up at {plan.expires_at:%d %b %H:%M} UTC"


async def _is_free(tx: Transaction, status: PlanStatus, world: World, *, now: datetime) -> bool:
    """Whether the plan is still to be begun, and may be at this moment, whatever the rules say."""
    plan = status.plan
    if status.state is not PlanState.APPROVED:
        return False
    if plan.expires_at <= now:
        await expired(tx, status, now=now)
        return False
    freezes = await freezes_on(tx, plan, now=now, brands=brands_of(world.campaigns))
    if freezes:
        await halt(tx, status, freezes, now=now)
    return not freezes


async def _reserve(tx: Transaction, status: PlanStatus, *, now: datetime) -> None:
    plan = status.plan
    moved = await move(tx, status, PlanState.EXECUTING, now=now)
    assert moved, "it was approved in this transaction"
    for position, change in enumerate(plan.changes):
        await tx.executions.add(position, _intended(plan, change, now))
    verdict = await tx.approvals.verdict(plan.id, plan.revision)
    await tx.audit.append(
        at=now,
        actor="system",
        action="plan.executing",
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "digest": plan.digest,
            "changes": len(plan.changes),
            "policy_version": verdict.policy_version if verdict else None,
            SEALED: await link_verdict(tx, plan, verdict) if verdict else [],
        },
    )


async def _say_resumed(
    tx: Transaction, status: PlanStatus, executions: tuple[Execution, ...], verdict: Verdict, *, now: datetime
) -> None:
    plan, state = status.plan, status.state
    await tx.plans.move(plan.id, revision=plan.revision, origins=(state,), to=state, now=status.since)
    applied = sum(item.state is ExecutionState.APPLIED for item in executions)
    await tx.audit.append(
        at=now,
        actor="system",
        action="plan.resumed",
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "applied": applied,
            "of": len(executions),
            SEALED: await link_verdict(tx, plan, verdict),
        },
    )


async def _live(tx: Transaction) -> set[str]:
    return {status.plan.id for status in await tx.plans.in_states(*_LIVE)}


async def _is_due(tx: Transaction, status: PlanStatus, *, now: datetime) -> bool:
    verdict = await tx.approvals.verdict(status.plan.id, status.plan.revision)
    starts = await _starts_at(tx, status.plan, verdict, now=now) if verdict else None
    return starts is not None and starts <= now


async def _starts_at(tx: Transaction, plan: Plan, verdict: Verdict, *, now: datetime) -> datetime | None:
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    return starts_at(verdict, plan, decisions, await convene(tx, plan, now=now))


async def _words(tx: Transaction, plan: Plan, verdict: Verdict, *, now: datetime) -> str:
    """Why the verdict is not a yes: every reason, or every gate that is open."""
    if verdict.outcome is Outcome.REFUSED:
        return "; ".join(reason.text for reason in verdict.reasons)
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    missing = missing_gates(verdict, plan, decisions, await convene(tx, plan, now=now))
    return "; ".join(gate.text for gate in missing)


def _as_before(world: World, executions: Iterable[Execution]) -> World:
    """The world without what this plan has written of itself."""
    done = [item.change for item in executions if item.state is ExecutionState.APPLIED]
    return replace(world, campaigns=tuple(_undone(one, done) for one in world.campaigns))


def _undone(state: CampaignState, done: Iterable[Change]) -> CampaignState:
    mine = [change for change in done if change.resource.key == campaign_key(state)]
    # Only while it still shows what we wrote: what somebody changed since is judged as it is.
    ours = [change for change in mine if getattr(state, change.field, None) == change.after]
    values = {change.field: change.before for change in ours}
    return state.model_copy(update={**values, "version": ours[0].expected_version}) if ours else state


def _intended(plan: Plan, change: Change, now: datetime) -> Execution:
    return Execution(
        key=execution_key(plan.id, plan.revision, change.id),
        plan_id=plan.id,
        revision=plan.revision,
        change=change,
        state=ExecutionState.INTENDED,
        updated_at=now,
    )
