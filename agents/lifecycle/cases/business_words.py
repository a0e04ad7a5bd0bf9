"""A departed KPI of the business as a finding: its figures in its own unit, and the little that is known of why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from agents.drift.plans import ExecutedPlan
from agents.drift.signals import ALL, Signal
from agents.drift.thresholds import KpiRule
from agents.drift.words import change_words, moved, noise_words
from agents.kpis.by_day import Daily
from agents.kpis.concentration import Concentrated
from agents.kpis.figures import format_days, format_value
from agents.kpis.intervals import SMALL, counted
from storage.records.alerts import AlertKind, Candidate, Certainty, Finding, Pattern, Reading, Severity

_LASTING_DAYS = 3
_PLAN_DAYS = timedelta(days=14)
_MOST_PLANS, _MOST_BESIDE = 3, 3
_SAME_DAYS = timedelta(days=3)
_GONE = 0.2
"""A source that tells less than this share of what it did may have stopped telling."""
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Moved:
    """One KPI that departs, with what moved beside it."""

    daily: Daily
    rule: KpiRule
    signal: Signal
    streak: int
    """Newest days in a row on which it departs; days on which nothing ever comes are not counted."""
    since: date
    growing: bool
    simulated: bool
    member: Concentrated | None = None
    """Where most of it comes from."""
    others: list["Moved"] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Of its case; one of the shop's orders is the same case whoever sees it."""
        return "/".join(["drift", self.daily.kpi.name, ALL, *([self.daily.currency] if self.daily.currency else [])])

    @property
    def first(self) -> date:
        """First of the judged days."""
        return self.daily.last - timedelta(days=self.signal.told.days - 1)

    @property
    def effect(self) -> float:
        return self.signal.effect


def finding_of(
    one: Moved,
    *,
    source: str,
    since: date,
    plans: Sequence[ExecutedPlan],
    beside: Sequence[Finding],
    evidence: tuple[str, ...],
) -> Finding:
    """The case of a KPI; `beside` are cases of the daily facts of the same look."""
    candidates = tuple(_candidates(one, plans, beside))
    return Finding(
        key=one.key,
        kind=AlertKind.DRIFT,
        severity=_severity(one),
        kpi=one.daily.kpi.name,
        entity=ALL,
        title=_title(one),
        detail=tuple(_detail(one)),
        cause=_cause(one),
        suspect_plan=next((each.ref for each in candidates if each.ref), None),
        seen_on=one.daily.last,
        evidence=evidence,
        reading=_reading(one),
        candidates=candidates,
        pattern=_pattern(one),
        since=since,
        source=source,
        simulated=one.simulated,
    )


def _title(one: Moved) -> str:
    label = one.daily.kpi.label
    several = label.endswith("s") and not label.endswith("ss") and one.daily.unit != "ratio"
    return f"{label} {'are' if several else 'is'} {moved(one.effect)}"


def _detail(one: Moved) -> Iterator[str]:
    told = one.signal.told
    row = "" if one.streak < 2 else f", {one.streak} days in a row"
    yield (
        f"{one.daily.kpi.label} {_window(one)}: {_figure(one, told.observed)} against {_figure(one, told.expected)}"
        f" expected ({change_words(one.effect)}; {noise_words(told.z)}{row})."
    )
    yield from _few(one)
    if one.member is not None:
        yield _from_where(one, one.member)
    for other in one.others:
        seen = other.signal.told
        yield (
            f"With it {other.daily.kpi.label}: {_figure(other, seen.observed)} against"
            f" {_figure(other, seen.expected)} expected ({change_words(other.effect)}, {_window(other)})."
        )
    if one.daily.idle:
        names = " and ".join(f"{_WEEKDAYS[day]}s" for day in one.daily.idle)
        yield f"{names} are left out: hardly anything ever comes then."


def _few(one: Moved) -> Iterator[str]:
    """How sure so few are."""
    days = one.signal.told.days
    if one.daily.unit != "count" or one.daily.formula.denominator:
        return
    seen, worked = float(one.daily.numerator[-days:].sum()), float((one.daily.denominator[-days:] > 0).sum())
    held = counted(Decimal(round(seen)))
    if seen < SMALL and held.low is not None and held.high is not None:
        usual = one.signal.told.expected * worked
        sure = f"95 % interval {held.low:,.1f} to {held.high:,.1f}"
        yield f"That is {seen:,.0f} in all, {sure}; {usual:,.0f} were expected."


def _from_where(one: Moved, member: Concentrated) -> str:
    unit = one.daily.unit
    seen, usual = (format_value(_rounded(value), unit) for value in (member.observed, member.expected))
    what = f"Most of it is {member.by} {member.member}"
    return f"{what}: {seen} {_window(one)}, {usual} on the same days of the weeks before."


def _cause(one: Moved) -> str:
    if _silent(one):
        return "data or the tool, possible: one source tells nearly nothing of it any more"
    if one.member is not None:
        return f"unknown; most of it is one {one.member.by}"
    return "unknown: these figures tell what moved, not why"


def _silent(one: Moved) -> bool:
    member = one.member
    return member is not None and member.by == "source" and member.observed < _GONE * member.expected


def _candidates(one: Moved, plans: Sequence[ExecutedPlan], beside: Sequence[Finding]) -> Iterator[Candidate]:
    speaks_for = [f"{other.daily.kpi.label} is {moved(other.effect)}" for other in one.others]
    if one.member is not None:
        speaks_for.insert(0, f"most of it is {one.member.by} {one.member.member}")
    silent = _silent(one)
    yield Candidate(
        kind="data" if silent else "unknown",
        words="What is read from one source, or the form or tool behind it, stopped working."
        if silent
        else "Something that these figures do not tell: they say what moved, not why.",
        certainty=Certainty.POSSIBLE,
        speaks_for=tuple(speaks_for),
        speaks_against=() if not silent else ("whether the source is at fault or the business, it does not tell",),
    )
    yield from (_beside(one, other) for other in _near(one, beside))
    done = [plan for plan in plans if timedelta(0) <= one.daily.last - plan.executed_on <= _PLAN_DAYS]
    done.sort(key=lambda plan: (plan.executed_on, plan.plan_id), reverse=True)
    yield from (_plan(one, plan) for plan in done[:_MOST_PLANS])


def _near(one: Moved, beside: Sequence[Finding]) -> list[Finding]:
    near = [
        other
        for other in beside
        if other.kind is AlertKind.DRIFT
        and other.key != one.key
        and other.part_of is None
        and other.since is not None
        and abs(other.since - one.since) <= _SAME_DAYS
    ]
    return near[:_MOST_BESIDE]


def _beside(one: Moved, other: Finding) -> Candidate:
    assert other.since is not None
    days = (one.since - other.since).days
    apart = "it began on the same day" if days == 0 else f"{abs(days)} days lie between them"
    return Candidate(
        kind="channel",
        words=f"{other.title}: a case of its own, which coincides with this.",
        certainty=Certainty.POSSIBLE,
        speaks_for=(apart,) if days >= 0 else (),
        speaks_against=() if days >= 0 else (f"it began later: {apart}",),
    )


def _plan(one: Moved, plan: ExecutedPlan) -> Candidate:
    """Named as what is suspected only where it touched the very channel that most of it comes from."""
    touched = one.member is not None and _folded(one.member.member) in {_folded(name) for name in plan.channels}
    days = (one.since - plan.executed_on).days
    when = "on the same day" if days == 0 else f"{abs(days)} days {'before it began' if days > 0 else 'after it began'}"
    channels = ", ".join(sorted(plan.channels))
    return Candidate(
        kind="change",
        ref=plan.plan_id if touched else None,
        words=f"{plan.plan_id} was carried out {when}: it coincides with this.",
        certainty=Certainty.POSSIBLE,
        speaks_for=(f"it changed {channels}, where most of it comes from",) if touched else (),
        speaks_against=() if touched else (f"it changed {channels}; nothing tells that this comes from there",),
    )


def _folded(text: str) -> str:
    return text.casefold().replace("_", " ").replace("-", " ").strip()


def _severity(one: Moved) -> Severity:
    size = abs(one.effect)
    if size >= one.rule.critical_effect and (one.streak >= 2 or one.rule.bad != "both"):
        return Severity.CRITICAL
    if size >= 1.5 * one.rule.min_effect or one.streak >= 2:
        return Severity.WARNING
    return Severity.NOTE


def _pattern(one: Moved) -> Pattern:
    if one.growing:
        return Pattern.TREND_BREAK
    return Pattern.LEVEL_SHIFT if one.streak >= _LASTING_DAYS else Pattern.SPIKE


def _reading(one: Moved) -> Reading:
    told = one.signal.told
    low, high = one.signal.quiet or (None, None)
    return Reading(
        kpi=one.daily.kpi.name,
        unit=one.daily.unit,
        currency=one.daily.currency,
        observed=_exact(told.observed),
        expected=_exact(told.expected),
        low=None if low is None else _exact(low),
        high=None if high is None else _exact(high),
        first=one.first,
        last=one.daily.last,
    )


def _figure(one: Moved, value: float) -> str:
    """In the KPI's own unit; what is summed as a mean a day."""
    shown = format_value(_rounded(value), one.daily.unit)
    return shown if one.daily.formula.denominator else f"{shown} a day"


def _window(one: Moved) -> str:
    days = format_days(one.first, one.daily.last)
    return f"on {days}" if one.first == one.daily.last else f"over {days}"


def _exact(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


def _rounded(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))
