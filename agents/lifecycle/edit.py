"""Edit: the next revision of a plan, with other values wanted, made by a person."""

from collections.abc import Mapping
from datetime import datetime

from agents.lifecycle.states import ask_for_review, let_go
from agents.team.agent import JUDGED_AFTER_DAYS
from agents.team.requests import title_of
from storage.ledger import Transaction
from storage.records.lineage import SEALED
from storage.records.people import Person
from storage.records.plans import Change, Plan, PlanStatus, Value, raised_per_day


def revision_of(plan: Plan, wanted: Mapping[str, Value], *, person: Person, now: datetime) -> Plan | None:
    """The plan with other values by change id; None if nothing is edited, or nothing would be left to change.

    The forecast and the exit criteria were made for other amounts, so the revision has none and says so. It
    expires when the plan would have.
    """
    changes = tuple(
        changed
        for change in plan.changes
        if (changed := change.model_copy(update={"after": wanted.get(change.id, change.after)})).after != change.before
    )
    edits = [
        f"{change.resource.name} {change.after} → {wanted[change.id]}"
        for change in plan.changes
        if change.id in wanted and wanted[change.id] != change.after
    ]
    if not changes or not edits:
        return None
    return plan.model_copy(
        update={
            "revision": plan.revision + 1,
            "requested_by": person.id,
            "changes": changes,
            # A title with the old amount would be read as what is asked for.
            "title": plan.title if plan.restores else title_of(changes),
            "why": (
                f"Edited by {person.name}: {', '.join(edits)}.",
                *_reasons_left(plan),
            ),
            "forecasts": (),
            "exit_criteria": (),
            "money_at_risk": raised_per_day(changes, plan.money_at_risk.currency) * JUDGED_AFTER_DAYS,
            "created_at": now,
        }
    )


def _reasons_left(plan: Plan) -> tuple[str, ...]:
    """What still holds of the reasons: those of a forecast were about its amounts, and would mislead about others."""
    if not plan.forecasts:
        return plan.why
    unjudged = " Nothing says any more when it counts as failed." if plan.exit_criteria else ""
    return (f"Revision {plan.revision} was forecast; these amounts were not.{unjudged}",)


async def revise(
    tx: Transaction, status: PlanStatus, revised: Plan, *, person: Person, via: str, now: datetime
) -> None:
    """Put the revision in the plan's place and have it reviewed; what it no longer touches is given up."""
    await tx.plans.revise(revised, now=now)
    await let_go(tx, status, set(status.plan.resource_keys) - set(revised.resource_keys))
    stored = await tx.plans.get(revised.id)
    assert stored is not None, "it was there a moment ago"
    await ask_for_review(tx, stored)
    await tx.audit.append(
        at=now,
        actor=f"person:{person.id}",
        action="plan.edited",
        subject=revised.id,
        facts={
            "via": via,
            "from_revision": status.plan.revision,
            "from_digest": status.plan.digest,
            "revision": revised.revision,
            "digest": revised.digest,
            "changes": [_facts(change) for change in revised.changes],
            SEALED: await tx.lineage.link(revised.id, [(f"person:{person.id}", "changed its amounts")]),
        },
    )


def _facts(change: Change) -> dict[str, str]:
    return {"resource": change.resource.key, "before": str(change.before), "after": str(change.after)}
