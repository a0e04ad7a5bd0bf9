"""Days that are unlike others: by country, by the team, and which day of last year was the same."""

from datetime import date

import pytest
from pydantic import ValidationError

from agents.drift.occasions import Dates, Movable, Occasions, SpecialDay, Yearly, is_known, last_time

ENGLAND = Occasions(countries=("GB-ENG",))


def own(*when) -> Occasions:
    return Occasions(special_days=(SpecialDay(name="ours", when=when),))


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("GB", date(2026, 12, 25), "Christmas Day"),
        ("GB", date(2026, 4, 6), ""),
        ("GB-ENG", date(2026, 4, 6), "Easter Monday"),
        ("DE", date(2026, 4, 6), "Easter Monday"),
        ("US", date(2026, 11, 26), "Thanksgiving Day"),
        ("GB", date(2026, 12, 24), ""),
    ],
)
def test_public_holidays_are_known_by_country_and_part(code: str, day: date, name: str) -> None:
    assert Occasions(countries=(code,)).name_of(day) == name


@pytest.mark.parametrize("code", ["XX", "GB-ZZ", "gb", "", "GB-", "England", "GB ENG"])
def test_what_is_no_code_is_not_known(code: str) -> None:
    assert not is_known(code)


@pytest.mark.parametrize(("year", "friday"), [(2024, 29), (2025, 28), (2026, 27), (2027, 26), (2028, 24)])
def test_black_friday_is_the_day_after_the_fourth_thursday(year: int, friday: int) -> None:
    found = [day for day in range(1, 31) if own(Movable.BLACK_FRIDAY).name_of(date(year, 11, day))]
    assert found == [friday]


def test_cyber_week_ends_with_cyber_monday_in_december_too() -> None:
    week = own(Movable.CYBER_WEEK)
    first, last = date(2025, 11, 24), date(2025, 12, 1)
    assert [bool(week.name_of(date.fromordinal(at))) for at in range(first.toordinal() - 1, last.toordinal() + 2)] == [
        False, *[True] * 8, False,
    ]  # fmt: skip
    assert own(Movable.CYBER_MONDAY).name_of(last)


def test_days_of_every_year_may_reach_over_its_end() -> None:
    between = own(Yearly(first="12-27", last="01-02"))
    days = [date(2026, 12, 26), date(2026, 12, 27), date(2027, 1, 2), date(2027, 1, 3), date(2030, 12, 31)]
    assert [bool(between.name_of(day)) for day in days] == [False, True, True, False, True]


@pytest.mark.parametrize(
    ("first", "last"), [("2026-12-02", "2026-12-01"), ("2026-12-01", "2026-12-15"), ("2025-12-31", "2026-12-31")]
)
def test_special_days_end_after_they_begin_and_within_two_weeks(first: str, last: str) -> None:
    with pytest.raises(ValidationError):
        Dates(first=date.fromisoformat(first), last=date.fromisoformat(last))


def test_a_holiday_is_found_again_a_year_before_though_it_moves() -> None:
    assert last_time(ENGLAND, date(2026, 4, 6)) == date(2025, 4, 21)
    assert last_time(ENGLAND, date(2026, 12, 28)) == date(2025, 12, 26), "a holiday in lieu is the holiday itself"
    assert last_time(ENGLAND, date(2026, 4, 7)) is None
    assert last_time(own(Dates(first=date(2026, 3, 1), last=date(2026, 3, 2))), date(2026, 3, 1)) is None


def test_no_occasions_are_false_and_name_no_day() -> None:
    assert not Occasions()
    assert Occasions().name_of(date(2026, 12, 25)) == ""
    assert Occasions(dates=frozenset({date(2026, 5, 5)})).name_of(date(2026, 5, 5)) == "a holiday"
