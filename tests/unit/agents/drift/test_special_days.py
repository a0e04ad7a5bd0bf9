"""The monitor on holidays: what such a day explains is no case, what breaks on one is found, and normal stays normal."""

from datetime import date

import numpy as np
import pytest

from agents.drift.detectors import arrange, detect
from agents.drift.excuses import NONE, Excuses
from agents.drift.occasions import Dates, Movable, Occasions, SpecialDay
from agents.drift.points import asked_of, points_of
from agents.drift.signals import shares_of_usual
from storage.records.alerts import Finding
from tests.unit.agents.drift.test_detect import BIG, WINDOW
from tests.unit.agents.drift.world import World, on

ENGLAND = Excuses(Occasions(countries=("GB-ENG",)))
HOLIDAY = 91
"""Monday 31 August 2026, the Summer Bank Holiday."""
SALE_DAY = 80
SALE = Excuses(
    Occasions(special_days=(SpecialDay(name="sale", when=(Dates(first=date(2026, 8, 20), last=date(2026, 8, 20)),)),))
)


def world(seed: int = 1, **facts) -> World:
    return World(**{"seed": seed, "ads": BIG, "wobble": 0.05, "days": 100, **facts})


def found(one: World, day: int, excuses: Excuses = ENGLAND) -> tuple[Finding, ...]:
    return detect(one.frame(day, versions=8), data_day=one.day_of(day), restatement_days=WINDOW, excuses=excuses)


@pytest.mark.parametrize("seed", range(1, 5))
def test_fewer_buyers_on_a_holiday_are_a_case_without_the_calendar_and_none_with_it(seed: int) -> None:
    quiet = world(seed, demand=on(None, HOLIDAY, 0.4, HOLIDAY))
    assert [one.key for one in found(quiet, HOLIDAY, NONE)] == ["drift/store_orders/all"]
    assert [found(quiet, day) for day in range(HOLIDAY, HOLIDAY + 5)] == [()] * 5


def test_a_busy_sale_that_the_team_named_is_no_case() -> None:
    busy = world(delivery=on("paid_search", SALE_DAY, 1.9, SALE_DAY))
    assert [one.key for one in found(busy, SALE_DAY, NONE)] == ["drift/spend/paid_search"]
    assert found(busy, SALE_DAY, SALE) == ()


def test_a_tag_that_breaks_on_a_holiday_is_found_on_it_and_the_card_says_what_day_it_is() -> None:
    broken = world(tracking=on(None, HOLIDAY, 0.0), demand=on(None, HOLIDAY, 0.5, HOLIDAY))
    (finding,) = found(broken, HOLIDAY)
    assert finding.kpi == "conversions"
    assert "31 Aug is" in finding.candidates[0].speaks_against[0]
    assert all("31 Aug is" not in line for one in found(broken, HOLIDAY, NONE) for line in _against(one))


def test_an_outage_on_a_special_day_is_found_on_it() -> None:
    (finding,) = found(world(delivery=on("paid_search", SALE_DAY, 0.0)), SALE_DAY, SALE)
    assert finding.cause == "outage, likely"


@pytest.mark.parametrize("seed", range(1, 5))
def test_what_breaks_in_part_on_a_holiday_and_lasts_is_found_within_two_days_after(seed: int) -> None:
    broken = world(seed, tracking=on(None, HOLIDAY, 0.35))
    days = [day for day in range(HOLIDAY, HOLIDAY + 3) if found(broken, day)]
    assert days[0] in {HOLIDAY + 1, HOLIDAY + 2}
    assert found(broken, days[0])[0].kpi == "conversions"


def test_a_fall_in_demand_speaks_of_the_holiday_for_it() -> None:
    # So few buyers that the holiday is not enough.
    (finding,) = found(world(demand=on(None, HOLIDAY, 0.04, HOLIDAY)), HOLIDAY)
    assert any("31 Aug is" in line for line in finding.candidates[0].speaks_for)


def test_a_shop_that_was_shut_on_the_same_holiday_last_year_may_be_so_again() -> None:
    shut = world(demand=on(None, HOLIDAY, 0.04, HOLIDAY))
    frame = shut.frame(HOLIDAY, versions=8)
    (part,) = arrange(frame, data_day=shut.day_of(HOLIDAY), restatement_days=0)
    before = shares_of_usual(part.columns, maturity=part.arrival, excuses=ENGLAND)
    assert before["orders", "all"] < 0.1 < 0.8 < before["spend", "paid_search"] < 1.2
    assert found(shut, HOLIDAY, Excuses(ENGLAND.occasions, before)) == ()


def test_the_watch_over_new_points_is_not_told_of_what_a_holiday_explains() -> None:
    quiet = world(demand=on(None, HOLIDAY, 0.4, HOLIDAY))
    (part,) = arrange(quiet.frame(HOLIDAY + 1), data_day=quiet.day_of(HOLIDAY + 1), restatement_days=0)
    points = dict(points_of(part.columns, after=quiet.day_of(HOLIDAY - 2), excuses=ENGLAND))
    told = {day: sum(np.isfinite(value) for value in kpis.values()) for day, kpis in points.items()}
    assert told[quiet.day_of(HOLIDAY)] == 0
    assert told[quiet.day_of(HOLIDAY - 1)] == told[quiet.day_of(HOLIDAY + 1)] > 0
    dead = world(delivery=on("email", HOLIDAY, 0.0))
    (part,) = arrange(dead.frame(HOLIDAY), data_day=dead.day_of(HOLIDAY), restatement_days=0)
    ((_, last),) = points_of(part.columns, after=dead.day_of(HOLIDAY - 1), excuses=ENGLAND)
    assert {asked_of(name)[1].split("/")[0] for name, value in last.items() if np.isfinite(value)} == {"email"}


def test_a_calendar_without_a_holiday_nearby_changes_nothing() -> None:
    shocked = world(price=on("paid_search", 80, 1.8))
    nowhere = Excuses(Occasions(special_days=(SpecialDay(name="Black Friday", when=(Movable.BLACK_FRIDAY,)),)))
    assert found(shocked, 80, nowhere) == found(shocked, 80, NONE) != ()


def _against(finding: Finding) -> list[str]:
    return [line for candidate in finding.candidates for line in candidate.speaks_against]
