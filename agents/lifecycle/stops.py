"""What stops a plan, and what lets it through: the looks at freezes and broken glass that come before every write."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from storage.ledger import Transaction
from storage.records.executions import ExecutionState
from storage.records.facts import CampaignState
from storage.records.plans import Change, Plan, PlanStatus
from storage.records.stops import Freeze, FreezeScope, Glass
from storage.records.verdicts import Answer, Decision

_BRANDED = "campaign"
"""The kind of resource that has a brand; its source says which."""


def brands_of(campaigns: Iterable[CampaignState]) -> dict[str, str]:
    """Resource key → brand, of every campaign that a source shows."""
    return {f"{one.channel}/{_BRANDED}/{one.id}": one.brand for one in campaigns}


async def freezes_on(
    tx: Transaction, plan: Plan, *, now: datetime, brands: Mapping[str, str], changes: Iterable[Change] | None = None
) -> tuple[Freeze, ...]:
    """Those in force that forbid one of the plan's changes, or of `changes`, oldest first; none under broken glass.

    What a case holds by itself does not hold a plan that takes another back: that is how people end the case.
    """
    wanted = plan.changes if changes is None else tuple(changes)
    held = tuple(
        one
        for one in await tx.stops.in_force()
        if (one.case is None or plan.restores is None)
        and any(forbids(one, change, agent=plan.agent, brands=brands) for change in wanted)
    )
    return () if not held or await glass_for(tx, plan, now=now) else held


def forbids(freeze: Freeze, change: Change, *, agent: str, brands: Mapping[str, str]) -> bool:
    """Whether the freeze forbids the change; while no source says a campaign's brand, it may be any frozen one."""
    brand = brands.get(change.resource.key)
    if brand is None:
        may_be_it = freeze.scope is FreezeScope.BRAND and change.resource.kind == _BRANDED
        brand = freeze.value if may_be_it else ""
    return freeze.stops(change, agent=agent, brand=brand)


async def glass_for(tx: Transaction, plan: Plan, *, now: datetime) -> Glass | None:
    """The broken glass in force under which somebody active has asked for this revision, or approved it."""
    holding = [one for one in await tx.stops.glasses() if one.holds(now)]
    if not holding:
        return None
    active = {one.id for one in await tx.people.all() if one.active}
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    return next((one for one in holding if one.person_id in active and is_under(one, plan, decisions)), None)


def is_under(glass: Glass, plan: Plan, decisions: Iterable[Decision]) -> bool:
    """Whether the plan was asked for, or its approval was given and not taken back, while the glass was broken.

    `decisions` are those of the plan's revision, oldest first.
    """
    asked = plan.requested_by == glass.person_id and glass.broken_at <= plan.created_at < glass.until
    last = {one.person_id: one for one in decisions if one.digest == plan.digest}.get(glass.person_id)
    return asked or (last is not None and last.answer is Answer.APPROVE and last.glass == glass.id)


async def halt(tx: Transaction, status: PlanStatus, freezes: Iterable[Freeze], *, now: datetime) -> None:
    """Say on the plan, and once in the trail, what stops it; its state stays, and a thaw asks for it again."""
    plan, held = status.plan, tuple(freezes)
    executions = await tx.executions.of(plan.id, plan.revision)
    applied = sum(item.state is ExecutionState.APPLIED for item in executions)
    so_far = f"{applied} of {len(executions)} changes were applied before" if executions else "nothing was changed yet"
    note = f"stopped by {' and '.join(f'{one.id} ({one.reason})' for one in held)}; {so_far}"
    if status.note == note:
        return
    await tx.plans.move(
        plan.id, revision=plan.revision, origins=(status.state,), to=status.state, now=status.since, note=note
    )
    await tx.audit.append(
        at=now,
        actor="system",
        action="plan.stopped",
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "by": [one.id for one in held],
            "applied": applied,
            "of": len(plan.changes),
        },
    )
