"""The account of governance, by month: the share of changes with a valid approval, and how people decided.

Pure, over the stored rows and the trail; see `validity` for what is valid.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

from agents.governance.validity import Examined, Flaw, Known, Step, Written, examine
from storage.records.record import Record

_COUNTED = {
    "plan.reject": "rejected",
    "plan.expired": "expired",
    "plan.escalated": "escalated",
    "plan.withdraw": "withdrawn",
    "glass.broken": "glass_broken",
    "freeze.set": "freezes",
}
"""Entries that are figures by themselves."""
TOLD = frozenset({*_COUNTED, "plan.waiting", "plan.approve", "plan.executing", "change.intended", "change.applied"})
"""Actions of the entries that the account is made from."""


class Figures(Record):
    """How governance did in one span of time."""

    changes: int = 0
    """Governed actions: changes applied to a channel."""
    valid: int = 0
    """Those of them that had all that the rules demanded at that moment."""
    by_rules: int = 0
    """Valid ones for which the rules demanded nobody."""
    overridden: int = 0
    """Valid ones under broken glass alone."""
    decided: int = 0
    """Revisions that people finished deciding."""
    median_minutes: Decimal | None = None
    """From the moment a revision waits to the last word on it, by the clock; None if none was decided."""
    rejected: int = 0
    expired: int = 0
    escalated: int = 0
    withdrawn: int = 0
    glass_broken: int = 0
    freezes: int = 0

    @property
    def share(self) -> Decimal | None:
        """Of the changes, those with a valid approval, 0 to 1, rounded down: short of all is never 1."""
        if not self.changes:
            return None
        return Decimal(self.valid * 10_000 // self.changes) / 10_000


class Month(Record):
    """The figures of one calendar month, such as 2025-06."""

    month: str
    figures: Figures


class Account(Record):
    """The whole account: overall, by month, and every change without a valid approval."""

    overall: Figures
    months: tuple[Month, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def account(
    written: Iterable[Written],
    steps: Iterable[Step],
    *,
    known: Known,
    zone: ZoneInfo,
    first: date | None = None,
    last: date | None = None,
) -> Account:
    """Reckon over all rows and the whole trail; `first` and `last` are days in the zone, inclusive."""
    told: dict[str, list[Step]] = {}
    for step in steps:
        told.setdefault(step.subject, []).append(step)
    rows = tuple(written)
    findings = [examine(one, told.get(one.execution.plan_id, []), known) for one in rows]
    findings += _without_rows({one.execution.key for one in rows}, told)

    def within(moment: datetime) -> bool:
        day = moment.astimezone(zone).date()
        return (first is None or first <= day) and (last is None or day <= last)

    kept = sorted((one for one in findings if within(one.at)), key=lambda one: one.at)
    times = [one for one in _times_to_decide(told) if within(one[0])]
    counted = [one for some in told.values() for one in some if one.action in _COUNTED and within(one.at)]

    def month(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m}"

    moments = (*(one.at for one in kept), *(one.at for one in counted), *(at for at, _ in times))
    months = tuple(
        Month(
            month=name,
            figures=_figures(
                [one for one in kept if month(one.at) == name],
                [one for one in times if month(one[0]) == name],
                [one for one in counted if month(one.at) == name],
            ),
        )
        for name in sorted({month(at) for at in moments})
    )
    flaws = tuple(one.flaw for one in kept if one.flaw)
    return Account(overall=_figures(kept, times, counted), months=months, flaws=flaws)


def _figures(findings: Iterable[Examined], times: list[tuple[datetime, timedelta]], counted: Iterable[Step]) -> Figures:
    found = tuple(findings)
    named = [_COUNTED[one.action] for one in counted]
    minutes = [Decimal(int(taken.total_seconds())) / 60 for _, taken in times]
    return Figures(
        changes=len(found),
        valid=sum(one.flaw is None for one in found),
        by_rules=sum(one.by_rules for one in found),
        overridden=sum(one.overridden for one in found),
        decided=len(times),
        median_minutes=median(minutes).quantize(Decimal("0.1")) if minutes else None,
        **{name: named.count(name) for name in _COUNTED.values()},
    )


def _without_rows(keys: set[str], told: Mapping[str, list[Step]]) -> list[Examined]:
    """Changes that the trail tells of and no row does: somebody took the row away."""
    return [
        Examined(
            at=step.at,
            flaw=Flaw(
                plan_id=step.subject,
                key=step.key,
                at=step.at,
                words="the trail tells that it was applied, and no row does",
            ),
        )
        for steps in told.values()
        for step in steps
        if step.action == "change.applied" and step.key not in keys
    ]


def _times_to_decide(told: Mapping[str, list[Step]]) -> list[tuple[datetime, timedelta]]:
    """Of every revision that people finished deciding: when, and how long after it had first begun to wait."""
    times = []
    for steps in told.values():
        waiting: Step | None = None
        said: datetime | None = None
        for step in steps:
            if step.action == "plan.waiting" and (waiting is None or waiting.revision != step.revision):
                waiting, said = step, None
            elif step.action == "plan.approve":
                said = step.at
            elif step.action == "plan.reject" and waiting is not None:
                times.append((step.at, step.at - waiting.at))
            elif step.action == "plan.executing" and waiting is not None and said is not None:
                times.append((said, said - waiting.at))
    return times
