"""How a departed KPI of the business is told: how much it matters, what it looks like, and only what is known of it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from agents.drift.occasions import Occasions
from agents.drift.thresholds import DEFAULT
from agents.kpis.by_day import ByDay, Daily
from agents.kpis.definitions import Kpi, load_kpis
from agents.kpis.objects import Objects
from agents.lifecycle.cases.business import judged
from agents.lifecycle.cases.business_words import Moved, finding_of
from storage.records.alerts import Finding, Pattern, Severity
from tests.unit.agents.lifecycle.cases.business_room import a_moved

KPIS = load_kpis()
DAYS = np.ones(80)


def moved_by(effect: float, *, streak: int = 1, growing: bool = False, bad: str = "down") -> Moved:
    """New leads that depart so far, on so many days in a row."""
    one = a_moved()
    assert one.signal.strongest is not None
    reading = replace(one.signal.strongest, effect=effect)
    signal = replace(one.signal, readings=(reading,), strongest=reading, streak=streak)
    rule = one.rule.model_copy(update={"bad": bad})
    return replace(one, rule=rule, signal=signal, streak=streak, growing=growing)


def told(one: Moved) -> Finding:
    return finding_of(one, source=f"kpi/{one.daily.name}", since=one.since, plans=(), beside=(), evidence=())


def a_daily(
    kpi: Kpi, usual: float, now: float, *, counts: float, per: float = 1.0, currency: str | None = None
) -> Daily:
    """By its first formula that daily facts do not answer, if it has one; another figure on the newest of 80 days."""
    formula = next((one for one in kpi.formulas if not one.of_facts), kpi.formulas[0])
    figures = np.append(usual * DAYS[:-1], now)
    return Daily(kpi, formula, currency, date(2026, 3, 20), figures, DAYS * per, DAYS * counts, ())


def judged_of(*series: Daily) -> tuple[Moved, ...]:
    return judged(ByDay(series, Objects(tables={}), {}), DEFAULT, {}, Occasions())


@pytest.mark.parametrize(
    ("one", "severity"),
    [
        (moved_by(-0.30), Severity.NOTE),
        (moved_by(-0.40), Severity.WARNING),
        (moved_by(-0.30, streak=2), Severity.WARNING),
        (moved_by(-0.60), Severity.CRITICAL),
        (moved_by(0.90, bad="both"), Severity.WARNING),
        (moved_by(0.90, bad="both", streak=2), Severity.CRITICAL),
    ],
)
def test_a_case_matters_more_the_farther_and_longer_it_departs(one: Moved, severity: Severity):
    """What is bad in either direction is critical only from its second day on."""
    assert told(one).severity is severity


@pytest.mark.parametrize(
    ("one", "pattern"),
    [
        (moved_by(-0.5, streak=2), Pattern.SPIKE),
        (moved_by(-0.5, streak=3), Pattern.LEVEL_SHIFT),
        (moved_by(-0.5, streak=3, growing=True), Pattern.TREND_BREAK),
    ],
)
def test_what_lasts_is_a_level_and_what_goes_further_is_a_trend(one: Moved, pattern: Pattern):
    assert told(one).pattern is pattern


def test_a_share_is_told_in_its_own_unit_without_the_interval_of_a_count():
    (one,) = judged_of(a_daily(KPIS["sla_compliance"], 11_400, 0, counts=120, per=120))
    (line,) = told(one).detail
    assert line.startswith("SLA compliance on 20 March 2026: 0.00% against 95.00% expected (−100 %; ")
    assert "95 % interval" not in line


def test_amounts_of_which_nobody_says_how_many_cases_they_are_of_are_judged_all_the_same():
    (one,) = judged_of(a_daily(KPIS["store_revenue"], 5_000, 400, counts=0, currency="GBP"))
    assert told(one).title == "Store revenue is down 92 %"


def test_what_the_detector_of_daily_facts_sees_is_no_second_case():
    assert judged_of(a_daily(KPIS["spend"], 5_000, 400, counts=0, currency="GBP")) == ()
