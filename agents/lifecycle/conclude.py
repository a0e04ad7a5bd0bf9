"""Conclude: what was carried out becomes done or failed, told in numbers, and what depends on it is told, too."""

from collections.abc import Iterable
from datetime import date, datetime

from agents.lifecycle.review import known_plan
from agents.lifecycle.states import move, reconsider
from storage.ledger import Transaction
from storage.records.executions import ExecutionState
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.records.record import Record

RULES = "policies"
"""The channel that holds the rules themselves."""


class Ending(Record):
    """How an execution ended; without a problem it is done."""

    problem: str = ""
    unknown: bool = False
    """Whether nobody knows if one of the changes was applied."""
    left_alone: tuple[str, ...] = ()
    """Resources that a rollback did not restore and that still differ."""


async def conclude(tx: Transaction, status: PlanStatus, ending: Ending, *, now: datetime, today: date) -> PlanStatus:
    """File the plan as done or failed by what its executions say; `today` is the data day of its channel."""
    plan, to = status.plan, PlanState.FAILED if ending.problem else PlanState.DONE
    executions = await tx.executions.of(plan.id, plan.revision)
    applied = sum(item.state is ExecutionState.APPLIED for item in executions)
    for item in executions:
        if ending.problem and item.state is ExecutionState.INTENDED:
            failed = {"state": ExecutionState.FAILED, "error": ending.problem, "updated_at": now}
            await tx.executions.save(item.model_copy(update=failed))
    note = _failure_words(ending, applied, len(executions)) if ending.problem else ""
    if await move(tx, status, to, now=now, note=note):
        if applied:
            await tx.plans.mark_done_on(plan.id, today)
        await tx.audit.append(
            at=now,
            actor="system",
            action=f"plan.{to.value}",
            subject=plan.id,
            facts={"revision": plan.revision, "applied": applied, "of": len(executions), "note": note},
        )
        if to is PlanState.DONE:
            await _close_original(tx, plan, ending.left_alone, now=now)
        if applied and any(change.resource.channel == RULES for change in plan.changes):
            await reconsider(tx, now)
    return await known_plan(tx, plan.id)


async def _close_original(tx: Transaction, plan: Plan, left: Iterable[str], *, now: datetime) -> None:
    """A rollback that is done closes the plan it took back, unless it left something of it alone."""
    if plan.restores is None:
        return
    original, alone = await known_plan(tx, plan.restores), list(left)
    if alone:
        await tx.plans.touch(original.plan.id)
        await tx.audit.append(
            at=now,
            actor="system",
            action="plan.partly_rolled_back",
            subject=original.plan.id,
            facts={"by": plan.id, "left_alone": alone},
        )
    elif await move(tx, original, PlanState.ROLLED_BACK, now=now, note=f"taken back by {plan.id}"):
        await tx.audit.append(
            at=now, actor="system", action="plan.rolled_back", subject=original.plan.id, facts={"by": plan.id}
        )
    for alert in await tx.alerts.unrecovered():
        if alert.finding.suspect_plan == original.plan.id:
            await tx.alerts.save(alert)  # its card offers to roll back what is rolled back now


def _failure_words(ending: Ending, applied: int, changes: int) -> str:
    if ending.unknown:
        return f"{ending.problem}. Of the other changes, {applied} of {changes - 1} were applied"
    if not applied:
        return f"{ending.problem}. Nothing was changed"
    return f"{ending.problem}. {applied} of {changes} changes were applied, the rest were not"
