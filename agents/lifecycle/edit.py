"""Edit: the next revision of a plan, with other values wanted, made by a person."""

from collections.abc import Mapping
from datetime import datetime

from agents.team.agent import JUDGED_AFTER_DAYS
from storage.records.people import Person
from storage.records.plans import Plan, Value, raised_per_day


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
            "why": (
                f"Edited by {person.name}: {', '.join(edits)}.",
                f"Revision {plan.revision} was forecast; these amounts were not.",
                *plan.why,
            ),
            "forecasts": (),
            "exit_criteria": (),
            "money_at_risk": raised_per_day(changes, plan.money_at_risk.currency) * JUDGED_AFTER_DAYS,
            "created_at": now,
        }
    )
