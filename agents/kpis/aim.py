"""Whether numbers are where the team wants them: the value against the target, and how sure that can be said."""

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from agents.kpis.definitions import Kpi
from agents.kpis.intervals import per_count, wilson
from storage.records.kpis import KpiAnswer, KpiInterval
from storage.records.record import Record

BAND = Decimal("0.05")
"""What is to be near its target is on it within so large a share of it."""
Verdict = Literal["on", "off", "unsure", "unknown"]
"""unsure: off by its value, but so few cases that it may well be on; unknown: there is no value."""


class Aimed(Record):
    """One number beside its target."""

    label: str
    """The member of the dimension, empty for the whole; untrusted text where it comes from data."""
    value: Decimal | None
    target: Decimal
    unit: str
    verdict: Verdict
    interval: KpiInterval | None = None
    band: Decimal | None = None
    """Where it counts as on target within a share of it."""


def aimed(answer: KpiAnswer, kpi: Kpi) -> tuple[Aimed, ...]:
    """The rows of an answer, or its value where it is not split, beside the KPI's target; none without a target.

    Furthest off first.
    """
    if kpi.target is None or answer.no_data:
        return ()
    judge = _judge(kpi)
    if not answer.by:
        return (judge("", answer.value, answer.numerator, answer.denominator, answer.unit),)
    found = [judge(row.label, row.value, row.numerator, row.denominator, answer.unit) for row in answer.rows]
    order = {"off": 0, "unsure": 1, "on": 2, "unknown": 3}
    return tuple(sorted(found, key=lambda one: (order[one.verdict], -_distance(one))))


def _distance(one: Aimed) -> Decimal:
    return Decimal(0) if one.value is None else abs(one.value - one.target)


_Judge = Callable[[str, Decimal | None, Decimal | None, Decimal | None, str], Aimed]


def _judge(kpi: Kpi) -> _Judge:
    target = kpi.target
    assert target is not None
    band = BAND if kpi.direction == "target" else None

    def judged(
        label: str, value: Decimal | None, numerator: Decimal | None, denominator: Decimal | None, unit: str
    ) -> Aimed:
        interval = _interval(kpi, numerator, denominator)
        verdict = _verdict(kpi.direction, value, target, interval)
        return Aimed(label=label, value=value, target=target, unit=unit, verdict=verdict, interval=interval, band=band)

    return judged


def _interval(kpi: Kpi, numerator: Decimal | None, denominator: Decimal | None) -> KpiInterval | None:
    if kpi.interval is None or numerator is None or denominator is None:
        return None
    factor = kpi.formulas[0].factor
    if kpi.interval == "share":
        return wilson(numerator, denominator, times=factor)
    return per_count(numerator, denominator, times=factor)


def _verdict(direction: str, value: Decimal | None, target: Decimal, interval: KpiInterval | None) -> Verdict:
    if value is None:
        return "unknown"
    if direction == "target":
        return "on" if abs(value - target) <= BAND * abs(target) else "off"
    on = value >= target if direction == "higher" else value <= target
    if on:
        return "on"
    best = None if interval is None else interval.high if direction == "higher" else interval.low
    if interval is None:
        return "off"
    reaches = best is None or (best >= target if direction == "higher" else best <= target)
    return "unsure" if reaches else "off"
