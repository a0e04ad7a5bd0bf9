"""Outcome of a forecast: met, missed, or cannot tell yet, from the measured number and its maturity."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, Self

from storage.records.alerts import OutcomeScore
from storage.records.kpis import KpiAnswer
from storage.records.plans import ExitCriterion, Forecast
from storage.records.record import Record

_GROWING = frozenset({"roas", "revenue", "conversions", "cvr", "leads"})
"""KPIs that late conversions can only raise: a value above the range is told at once, one below it is not."""


class Measured(Record):
    """What became of a forecast KPI over the forecast's window."""

    value: Decimal | None
    """In `unit`; None where undefined or without data."""
    unit: str
    newest_day: date | None
    """The newest complete day of data behind the value."""
    provisional: bool
    """Whether a day of the window can still be restated."""
    direction: Literal["higher", "lower", "target", "neutral"] = "higher"

    @classmethod
    def of(cls, answer: KpiAnswer) -> Self:
        """From the KPI engine's answer over the forecast's window."""
        return cls(
            value=None if answer.no_data else answer.value,
            unit=answer.unit,
            newest_day=answer.newest_day,
            provisional=answer.provisional,
            direction=answer.direction,
        )


class Scored(NamedTuple):
    """A score with its words; `final` once no later data can change it."""

    score: OutcomeScore
    text: str
    final: bool


def score(forecast: Forecast, measured: Measured, *, data_day: date, restatement_days: int | None = None) -> Scored:
    """Compare what was measured with the forecast's range.

    `data_day` is the newest complete day at the source; `restatement_days` are its days that may still change, None
    where only `measured.provisional` is known. Not final as long as the window is open or can be restated.
    """
    settled = None if restatement_days is None else forecast.last + timedelta(days=restatement_days)
    when = f"; can be told on {settled}" if settled and settled > data_day else ""
    known_to = min(data_day, measured.newest_day or data_day)
    if known_to < forecast.last:
        left = (forecast.last - known_to).days
        return _untold(forecast, f"{left} of its days are not complete yet{when}", final=False)
    if measured.value is None:
        # An undefined value can become defined as long as rows may still arrive.
        return _untold(forecast, f"undefined or without data{when}", final=not measured.provisional)
    if measured.unit != forecast.unit:
        return _untold(forecast, f"measured in {measured.unit}, forecast in {forecast.unit}", final=True)
    value = measured.value
    surely_above = forecast.kpi in _GROWING and value > forecast.high
    if measured.provisional and not surely_above:
        return _untold(forecast, f"{_number(value, forecast.unit)} so far, conversions still arrive{when}", final=False)
    return _told(forecast, value, measured.direction, final=not measured.provisional)


def exit_reached(criterion: ExitCriterion, measured: Measured, *, days_since: int) -> bool:
    """Whether a plan has failed by its own criterion, `days_since` days after its execution.

    A value that late conversions may still lift over the threshold has not failed yet.
    """
    if measured.value is None or days_since < criterion.after_days:
        return False
    if criterion.side == "above":
        return measured.value > criterion.threshold
    may_rise = measured.provisional and criterion.kpi in _GROWING
    return measured.value < criterion.threshold and not may_rise


def _told(forecast: Forecast, value: Decimal, direction: str, *, final: bool) -> Scored:
    said = (
        f"{_number(value, forecast.unit)} from {forecast.first} to {forecast.last}, forecast"
        f" {_number(forecast.low, forecast.unit)} to {_number(forecast.high, forecast.unit)}"
    )
    if forecast.low <= value <= forecast.high:
        return Scored(OutcomeScore.MET, f"{forecast.kpi} met: {said}", final)
    better = {"higher": value > forecast.high, "lower": value < forecast.low}.get(direction, False)
    if better:
        return Scored(OutcomeScore.MET, f"{forecast.kpi} met, better than its range: {said}", final)
    return Scored(OutcomeScore.MISSED, f"{forecast.kpi} missed: {said}", final)


def _untold(forecast: Forecast, reason: str, *, final: bool) -> Scored:
    words = f"{forecast.kpi} from {forecast.first} to {forecast.last}: cannot tell{'' if final else ' yet'}, {reason}"
    return Scored(OutcomeScore.CANNOT_TELL, words, final)


def _number(value: Decimal, unit: str) -> str:
    """Three decimals for ratios, two for everything else."""
    places = Decimal("0.001") if unit == "ratio" else Decimal("0.01")
    number = f"{value.quantize(places):,}"
    return number if unit == "ratio" else f"{number} {unit}"
