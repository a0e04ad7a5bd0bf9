"""When jobs are due: once an hour or once a day, whatever the clocks on the wall do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import ClockTrigger
from bot.jobs import JOBS

ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran"]
LONDON = ZoneInfo("Europe/London")
AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)
"""In London the clock goes from 2:00 to 1:00 at one o'clock UTC."""
SPRING = datetime(2026, 3, 29, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fires(cron: str, start: datetime, end: datetime, zone: str = "Europe/London") -> list[datetime]:
    """As the scheduler asks for them: each after the one before."""
    trigger, found = ClockTrigger(cron, ZoneInfo(zone)), list[datetime]()
    at = trigger.get_next_fire_time(None, start)
    while at is not None and at < end:
        found.append(at)
        assert len(found) < 5000, "it goes round in circles"
        at = trigger.get_next_fire_time(at, at)
    return found


@pytest.mark.parametrize("day", [AUTUMN, SPRING])
def test_what_runs_every_quarter_of_an_hour_does_so_while_the_clocks_change(day: datetime):
    found = fires("*/15 * * * *", day - 2 * HOUR, day + 4 * HOUR)
    assert len(found) == 24
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=15)}


@pytest.mark.parametrize(
    ("cron", "around", "due"),
    [
        ("30 1 * * *", AUTUMN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # shown twice: the first
        ("30 1 * * *", SPRING, datetime(2026, 3, 29, 1, tzinfo=UTC)),  # never shown: when it is skipped
        ("30 3 * * *", AUTUMN, datetime(2026, 10, 25, 3, 30, tzinfo=UTC)),
        ("30 3 * * *", SPRING, datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
    ],
)
def test_what_runs_once_a_day_runs_once_on_the_day_of_the_change(cron: str, around: datetime, due: datetime):
    found = fires(cron, around - HOUR, around + 22 * HOUR)
    assert found == [due]


def test_a_weekly_job_keeps_its_hour_on_the_wall_through_the_year():
    found = fires("0 7 * * MON", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert len(found) == 52
    assert {at.astimezone(LONDON).strftime("%a %H:%M") for at in found} == {"Mon 07:00"}


def test_a_job_of_the_last_days_of_a_month_runs_on_each_of_them_that_there_is():
    found = fires("0 6 31 * *", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [at.astimezone(LONDON).month for at in found] == [1, 3, 5, 7, 8, 10, 12]


@given(
    zone=st.sampled_from(ZONES),
    cron=st.sampled_from(sorted({job.cron for job in JOBS.values()} | {"30 0 * * *", "15 2 * * *", "0 9 1 * *"})),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    minutes=st.integers(0, 24 * 60 - 1),
)
def test_the_next_fire_is_after_the_last_and_no_fire_lies_between(zone: str, cron: str, day: date, minutes: int):
    trigger = ClockTrigger(cron, ZoneInfo(zone))
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes, seconds=7)
    first = trigger.get_next_fire_time(None, at)
    assert first is not None
    assert first >= at
    second = trigger.get_next_fire_time(first, first)
    assert second is not None
    assert second > first
    assert trigger.get_next_fire_time(None, first) == first
    assert trigger.newest(since=at, until=first - timedelta(seconds=1)) is None
    assert trigger.newest(since=at, until=second - timedelta(seconds=1)) == first
    assert trigger.newest(since=first, until=second) == second
