"""Plans in words and as documents, for the command line."""

from typing import Any
from zoneinfo import ZoneInfo

from agents.governance.wording import A_ROLE
from agents.kpis.figures import format_days
from bot.slack.cards.markup import plain_moment, spelled, words
from bot.slack.cards.plan_card import outcome_words
from bot.slack.cards.plan_parts import about
from storage.records.dossiers import Dossier, RollbackPreview
from storage.records.people import Role
from storage.records.plans import Change
from storage.records.verdicts import GateProgress

TEXT = "text"
"""The field that a change of the rules changes."""


def document(dossier: Dossier) -> dict[str, Any]:
    """For `--json`."""
    plan = dossier.status.plan
    return {
        "plan": {**plan.model_dump(mode="json"), "digest": plan.digest},
        "state": dossier.status.state,
        "since": dossier.status.since,
        "note": dossier.status.note,
        "verdict": dossier.verdict.model_dump(mode="json") if dossier.verdict else None,
        "decisions": [one.model_dump(mode="json") for one in dossier.decisions],
        "executions": [one.model_dump(mode="json") for one in dossier.executions],
        "outcomes": [one.model_dump(mode="json") for one in dossier.outcomes],
        "approvers": [one.id for one in dossier.approvers],
        "progress": [one.model_dump(mode="json") for one in dossier.progress],
        "starts_at": dossier.starts_at,
        "freezes": [one.model_dump(mode="json") for one in dossier.freezes],
        "rolled_back_by": dossier.rolled_back_by,
    }


def text_of(dossier: Dossier, zone: ZoneInfo) -> str:
    """For people at a terminal."""
    plan, status = dossier.status.plan, dossier.status
    receipts = {one.change.id: one for one in dossier.executions}
    lines = [
        f"{plan.id} revision {plan.revision}: {spelled(plan.title)}{'  (simulated)' if plan.simulated else ''}",
        f"  {status.state.value.replace('_', ' ')}{': ' + spelled(status.note) if status.note else ''}",
        *(
            f"  {_moved(change)}" + (f"  [{receipts[change.id].state.value}]" if change.id in receipts else "")
            for change in plan.changes
        ),
        f"  at risk: {plan.money_at_risk}",
        *(f"  why: {spelled(line)}" for line in plan.why),
        *(
            f"  expected {words(one.kpi)} {format_days(one.first, one.last)}: {about(one.low, one.unit)} to"
            f" {about(one.high, one.unit)}, {about(one.baseline, one.unit)} if nothing changes"
            for one in plan.forecasts
        ),
        *(f"  {outcome_words(one)}" for one in dossier.outcomes),
    ]
    lines += [f"  {'met' if one.met else 'open'}: {_progress(one, dossier)}" for one in dossier.progress]
    if dossier.starts_at is not None:
        lines.append(f"  starts: {plain_moment(dossier.starts_at, zone)}, unless an approval is withdrawn until then")
    lines += [f"  stopped by {one.id}: {one.reason}" for one in dossier.freezes]
    if dossier.approvers:
        lines.append(f"  waits for: {asked_words(dossier)}, until {plain_moment(plan.expires_at, zone)}")
    return "\n".join(lines)


def asked_words(dossier: Dossier) -> str:
    """Who may decide, each with the word that --as takes: "Aaron Blake (aaron)"."""
    return ", ".join(f"{one.name} ({one.id})" for one in dossier.approvers)


def _moved(change: Change) -> str:
    """From → to; of a change of the rules the names of the files, whose texts fill pages."""
    if change.field == TEXT:
        return f"rules: {change.resource.name}"
    return f"{change.resource.name} ({change.resource.key}): {change.before} → {change.after}"


def _progress(one: GateProgress, dossier: Dossier) -> str:
    """Such as `needs the CMO: 1 of 2 approved (Aaron Blake), because …`."""
    roles = " and ".join(A_ROLE[role] for role in Role if role in one.gate.roles)
    known = dossier.people
    names = ", ".join(known[each].name if each in known else each for each in one.approved_by)
    said = f" ({names})" if names else ""
    wanted = f"needs {roles}: " if roles else ""
    return f"{wanted}{len(one.approved_by)} of {one.gate.approvers} approved{said}, because {spelled(one.gate.text)}"


def preview_text(preview: RollbackPreview) -> str:
    """What a rollback would restore, and what is gone for good."""
    if preview.nothing_to_do:
        return preview.nothing_to_do
    lines = [f"Taking back {preview.plan.plan.id} would restore:"]
    for item in preview.items:
        name = item.change.resource.name
        if item.change.field == TEXT:
            lines.append(f"  rules: {name}{': ' + item.conflict if item.conflict else ''}")
        elif item.done:
            lines.append(f"  {name}: already {item.restores_to}")
        elif item.conflict:
            lines.append(f"  {name}: {item.conflict} (--overwrite restores {item.restores_to})")
        else:
            lines.append(f"  {name}: {item.now.value} → {item.restores_to}")
    return "\n".join([*lines, *(f"Gone for good: {line}" for line in preview.gone_for_good)])
