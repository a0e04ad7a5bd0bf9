"""Effect: what a person's word does to a plan, in the transaction that stores the word; each returns words for them."""

from collections.abc import Mapping
from datetime import datetime

from agents.governance.approvals import Panel, missing_gates, starts_at
from agents.lifecycle.learn import keep_rejection
from agents.lifecycle.link import link_verdict
from agents.lifecycle.states import NOT_BEGUN, ask_for_execution, judge_anew, move
from agents.lifecycle.stops import freezes_on
from storage.ledger import Transaction
from storage.records.lineage import SEALED
from storage.records.people import Person
from storage.records.plans import PlanState, PlanStatus
from storage.records.verdicts import Answer, Decision, Outcome, Verdict


async def rejected(tx: Transaction, status: PlanStatus, made: Decision, *, now: datetime) -> str:
    """A no is final, and kept to learn from."""
    await move(tx, status, PlanState.REJECTED, now=now, note=made.reason)
    await keep_rejection(tx, status.plan, made)
    return f"You rejected {status.plan.id}. Nothing was changed."


async def counted(tx: Transaction, status: PlanStatus, shown: Verdict, panel: Panel) -> str:
    """One approval of several; the card shows how far it is."""
    plan = status.plan
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    missing = missing_gates(shown, plan, decisions, panel)
    await tx.plans.touch(plan.id)
    return f"Your approval of {plan.id} counts. Still needed: {'; '.join(gate.text for gate in missing)}."


async def approved(
    tx: Transaction,
    status: PlanStatus,
    judged: Verdict,
    panel: Panel,
    person: Person,
    *,
    brands: Mapping[str, str],
    now: datetime,
) -> str:
    """The last approval, by this person; `judged` is what the rules say now, with all gates that they put up.

    `brands` are those of the campaigns by resource key, which a freeze may be of.
    """
    plan = status.plan
    if judged.outcome is Outcome.REFUSED:
        return await _refused(tx, status, judged, now=now)
    if judged.outcome is Outcome.NEEDS_APPROVAL:
        return await _asked_again(tx, status, judged, now=now)
    await move(tx, status, PlanState.APPROVED, now=now)
    starts = starts_at(judged, plan, await tx.approvals.decisions(plan.id, plan.revision), panel)
    if starts is not None and now < starts:
        begins = person.on_clock(starts)
        return f"You approved {plan.id}. It is carried out at {begins}, unless somebody withdraws until then."
    await ask_for_execution(tx, plan)
    freezes = await freezes_on(tx, plan, now=now, brands=brands)
    if freezes:
        named = " and ".join(f"{one.id} ({one.reason})" for one in freezes)
        return f"You approved {plan.id}. It is stopped by {named}, and carried out once that is thawed."
    return f"You approved {plan.id}. It is being carried out."


async def in_the_way(tx: Transaction, status: PlanStatus, clash: str, *, now: datetime) -> str:
    """The last approval of a plan that can no longer be carried out beside others: its review holds it, and asks."""
    plan, note = status.plan, f"a conflict came up before it was approved: {clash}"
    await judge_anew(tx, status, now=now, because=note)
    facts = {"revision": plan.revision, "conflict": clash}
    await tx.audit.append(at=now, actor="system", action="plan.in_conflict", subject=plan.id, facts=facts)
    return f"{plan.id} was not approved: {clash}. Nothing was changed. It is held, and people are asked which is to be."


async def withdrawn(
    tx: Transaction, status: PlanStatus, verdict: Verdict, panel: Panel, made: Decision, *, now: datetime
) -> str:
    """An approval taken back: the plan waits again, unless enough others approved it."""
    plan, said = status.plan, f"You withdrew your approval of {status.plan.id}."
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    if verdict.gates and not missing_gates(verdict, plan, decisions, panel):
        await tx.plans.touch(plan.id)
        return f"{said} Enough others have approved it, so it goes on; to stop it, reject it."
    if status.state is PlanState.APPROVED:
        person = panel.person(made.person_id)
        name = person.name if person else made.person_id
        await move(tx, status, PlanState.WAITING, now=now, note=f"{name} withdrew their approval")
    else:
        await tx.plans.touch(plan.id)
    return f"{said} It waits again; nothing was changed."


async def expired(tx: Transaction, status: PlanStatus, *, now: datetime) -> None:
    """The last rung of every ladder: nobody said yes in time, so nothing happens."""
    late = status.state is PlanState.APPROVED
    note = "its time was up before it could be carried out" if late else "nobody decided in time"
    if status.state in NOT_BEGUN and await move(
        tx, status, PlanState.EXPIRED, now=now, note=f"{note}; nothing was changed"
    ):
        await tx.audit.append(
            at=now,
            actor="system",
            action="plan.expired",
            subject=status.plan.id,
            facts={"revision": status.plan.revision, "expires_at": status.plan.expires_at, "was": status.state.value},
        )


async def already(tx: Transaction, status: PlanStatus, reader: Person) -> str:
    """Words for a reader who is late."""
    plan = status.plan
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    if decisions and decisions[-1].answer is not Answer.WITHDRAW:
        last = decisions[-1]
        person = await tx.people.get(last.person_id)
        verb = "approved" if last.answer is Answer.APPROVE else "rejected"
        name = person.name if person else last.person_id
        said = reader.on_clock(last.decided_at)
        return f"{plan.id} was already {verb} by {name} on {said}; your click changed nothing."
    words = {
        PlanState.HELD: f"is held: {status.note}",
        PlanState.EXPIRED: "has expired",
        PlanState.SUPERSEDED: f"was superseded: {status.note}",
        PlanState.REFUSED: "was refused by the rules",
        PlanState.PROPOSED: "is just being judged: look again in a moment",
    }
    return f"{plan.id} {words.get(status.state, f'is {status.state.value}')}; your click changed nothing."


async def _refused(tx: Transaction, status: PlanStatus, judged: Verdict, *, now: datetime) -> str:
    plan, reasons = status.plan, "; ".join(reason.text for reason in judged.reasons)
    note = f"no longer allowed when it was approved: {reasons}. Nothing was changed"
    await move(tx, status, PlanState.REFUSED, now=now, note=note)
    await _say_why(tx, status, judged, "plan.refused", note, now=now)
    return f"{plan.id} is {note}."


async def _asked_again(tx: Transaction, status: PlanStatus, judged: Verdict, *, now: datetime) -> str:
    plan, gates = status.plan, "; ".join(gate.text for gate in judged.gates)
    note = f"the rules ask for more than was shown: {gates}"
    await tx.plans.touch(plan.id)
    await _say_why(tx, status, judged, "plan.asked_again", note, now=now)
    return f"For {plan.id}, {note}. Please look at the new card and approve once more."


async def _say_why(
    tx: Transaction, status: PlanStatus, judged: Verdict, action: str, note: str, *, now: datetime
) -> None:
    plan = status.plan
    await tx.audit.append(
        at=now,
        actor="system",
        action=action,
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "digest": plan.digest,
            "note": note,
            "verdict": judged.outcome.value,
            "reasons": [reason.model_dump() for reason in judged.reasons],
            "gates": [gate.policy for gate in judged.gates],
            "policy_version": judged.policy_version,
            SEALED: await link_verdict(tx, plan, judged),
        },
    )
