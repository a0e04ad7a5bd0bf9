"""Outcomes: met, missed, or what is being waited for."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from agents.forecasts.outcome import Measured, exit_reached, score
from storage.records.alerts import OutcomeScore
from storage.records.kpis import KpiAnswer
from storage.records.plans import ExitCriterion, Forecast

FORECAST = Forecast(
    kpi="roas",
    unit="ratio",
    first=date(2026, 4, 1),
    last=date(2026, 4, 7),
    baseline=Decimal("2.5"),
    low=Decimal("2.4"),
    middle=Decimal("2.6"),
    high=Decimal("2.8"),
)


def measured(value: str | None, *, day: date = date(2026, 5, 7), provisional: bool = False, **facts: str) -> Measured:
    number = None if value is None else Decimal(value)
    return Measured(value=number, newest_day=day, provisional=provisional, **({"unit": "ratio"} | facts))


def scored(value: str | None, **facts):
    found = measured(value, **facts)
    return score(FORECAST, found, data_day=found.newest_day or date(2026, 5, 7), restatement_days=30)


@pytest.mark.parametrize("value", ["2.4", "2.6", "2.8"])
def test_inside_the_range_is_met(value: str) -> None:
    assert scored(value)[0] is OutcomeScore.MET
    assert scored(value).final


def test_below_the_range_is_missed_with_number_range_and_window() -> None:
    outcome = scored("2.1")
    assert outcome.score is OutcomeScore.MISSED
    assert outcome.text == "roas missed: 2.100 from 2026-04-01 to 2026-04-07, forecast 2.400 to 2.800"


def test_better_than_the_range_is_met() -> None:
    assert scored("3.4").score is OutcomeScore.MET
    assert "better than its range" in scored("3.4").text


def test_better_depends_on_the_direction() -> None:
    assert scored("2.0", direction="lower").score is OutcomeScore.MET
    assert scored("3.0", direction="lower").score is OutcomeScore.MISSED
    assert scored("3.0", direction="target").score is OutcomeScore.MISSED


def test_an_open_window_cannot_be_told() -> None:
    outcome = scored("2.6", day=date(2026, 4, 5), provisional=True)
    assert outcome.score is OutcomeScore.CANNOT_TELL
    assert "2 of its days are not complete yet; can be told on 2026-05-07" in outcome.text
    assert not outcome.final


def test_a_low_value_waits_for_late_conversions() -> None:
    outcome = scored("2.0", day=date(2026, 4, 20), provisional=True)
    assert outcome.score is OutcomeScore.CANNOT_TELL
    assert "2.000 so far" in outcome.text
    assert "2026-05-07" in outcome.text


def test_a_high_value_is_told_at_once_but_not_for_good() -> None:
    outcome = scored("3.0", day=date(2026, 4, 20), provisional=True)
    assert outcome.score is OutcomeScore.MET
    assert not outcome.final


@pytest.mark.parametrize("provisional", [True, False])
def test_without_a_value_nothing_is_told(provisional: bool) -> None:
    outcome = scored(None, provisional=provisional)
    assert outcome.score is OutcomeScore.CANNOT_TELL
    assert outcome.final is not provisional


def test_another_unit_is_not_compared() -> None:
    assert "measured in %" in scored("260", unit="%").text
    assert scored("260", unit="%").score is OutcomeScore.CANNOT_TELL


def test_stale_data_is_waited_for() -> None:
    outcome = score(FORECAST, measured("2.6", day=date(2026, 4, 6)), data_day=date(2026, 4, 20))
    assert outcome.score is OutcomeScore.CANNOT_TELL


def test_the_kpi_engines_answer_is_taken_over() -> None:
    answer = KpiAnswer(
        kpi="roas", label="ROAS", unit="ratio", direction="higher", value=Decimal("2.6"), numerator=Decimal(26),
        denominator=Decimal(10), first=FORECAST.first, last=FORECAST.last, zone="Europe/London", currency="GBP",
        as_of=datetime(2026, 5, 8, tzinfo=UTC), newest_day=date(2026, 5, 7), provisional=False, simulated=True,
        sources=("sandbox",), owner="x",
    )  # fmt: skip
    assert Measured.of(answer) == measured("2.6")
    assert Measured.of(answer.model_copy(update={"no_data": True})).value is None


CRITERION = ExitCriterion(kpi="roas", unit="ratio", side="below", threshold=Decimal("2.2"), after_days=7)


@pytest.mark.parametrize(
    ("value", "days", "provisional", "expected"),
    [
        ("2.1", 7, False, True),
        ("2.1", 6, False, False),
        ("2.1", 9, True, False),
        ("2.3", 7, False, False),
        (None, 9, False, False),
    ],
)
def test_an_exit_criterion_waits_for_its_days_and_for_late_conversions(
    value: str | None, days: int, provisional: bool, expected: bool
) -> None:
    assert exit_reached(CRITERION, measured(value, provisional=provisional), days_since=days) is expected


def test_an_upper_exit_criterion_needs_no_waiting() -> None:
    upper = CRITERION.model_copy(update={"side": "above"})
    assert exit_reached(upper, measured("2.3", provisional=True), days_since=7)
