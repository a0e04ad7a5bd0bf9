"""What happened on the days of a chart: plans carried out and taken back, and drift that was found."""

from collections.abc import Mapping
from datetime import date

from agents.drift.signals import ALL
from bot.slack.sketch import Annotation, MarkKind
from storage.ledger import Transaction
from storage.records.alerts import Alert, AlertKind
from storage.records.kpis import KpiAnswer
from storage.records.plans import Plan

_LOOKED_AT = 100
"""Newest alerts among which those of the chart are looked for."""
_DRIFT = frozenset({AlertKind.DRIFT, AlertKind.OUTCOME})


async def marks_of(tx: Transaction, answer: KpiAnswer, *, alert: Alert | None = None) -> tuple[Annotation, ...]:
    """Annotations for the days and the part of the business that the answer is about, oldest first.

    For the chart of an `alert` itself, plans that may be behind it are marked as suspects.
    """
    first, last = answer.first, answer.last
    plans = [
        (day, status.plan)
        for status, day in await tx.plans.done_since(first)
        if day <= last and status.plan.simulated == answer.simulated and _touches(status.plan, answer.where)
    ]
    suspects = set() if alert is None else _suspects(alert)
    marks = [_plan_mark(plan, day, suspects) for day, plan in plans]
    for one in await tx.alerts.newest(_LOOKED_AT):
        since = one.finding.since or one.opened_on
        is_other = alert is None or one.id != alert.id
        if is_other and first <= since <= last and _concerns(one, answer):
            marks.append(Annotation(since, one.id, MarkKind.DRIFT))
    return tuple(sorted(marks, key=lambda mark: (mark.at, mark.words)))


def _plan_mark(plan: Plan, day: date, suspects: set[str]) -> Annotation:
    if plan.restores is not None:
        return Annotation(day, f"{plan.restores} back", MarkKind.ROLLBACK)
    return Annotation(day, f"suspect {plan.id}" if plan.id in suspects else plan.id, MarkKind.PLAN)


def _suspects(alert: Alert) -> set[str]:
    named = {one.ref for one in alert.finding.candidates if one.ref is not None}
    return {*named, *([alert.finding.suspect_plan] if alert.finding.suspect_plan else [])}


def _touches(plan: Plan, where: Mapping[str, str]) -> bool:
    """Whether the plan changed anything of the part that a KPI is narrowed to."""
    channel, campaign = _bare(where.get("channel", "")), _bare(where.get("campaign", ""))
    return any(
        (not channel or _bare(change.resource.channel) == channel)
        and (not campaign or campaign in {_bare(change.resource.id), _bare(change.resource.name)})
        for change in plan.changes
    )


def _concerns(alert: Alert, answer: KpiAnswer) -> bool:
    """Whether an alert tells something about the answer: of the same KPI or, narrowed to a channel, of that channel."""
    finding = alert.finding
    if finding.kind not in _DRIFT or finding.simulated != answer.simulated:
        return False
    channel = finding.channel or finding.entity.partition("/")[0]
    wanted = _bare(answer.where.get("channel", ""))
    everywhere = channel in {"", ALL}
    if finding.kpi == answer.kpi:
        return not wanted or everywhere or _bare(channel) == wanted
    return bool(wanted) and not everywhere and _bare(channel) == wanted


def _bare(name: str) -> str:
    """A name as filters compare it: without regard to case, spaces and underscores."""
    return name.casefold().replace("_", "").replace(" ", "").replace("-", "")
