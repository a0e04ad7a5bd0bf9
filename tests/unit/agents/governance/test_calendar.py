"""Business time: right over every change of clocks, week end and holiday."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.governance.calendar import (
    ALWAYS,
    LONGEST_MINUTES,
    Blackout,
    BlackoutScope,
    Calendar,
    Dated,
    Weekday,
    Weekly,
    WeekMoment,
    sandbox_calendar,
)
from storage.records.people import Role

LONDON = sandbox_calendar()
ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
         "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Chatham")  # fmt: skip
"""Whole hours and halves, both hemispheres, changes at midnight, a change of half an hour, a skipped day."""
MINUTE = timedelta(minutes=1)


def london(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London"), fold=fold).astimezone(UTC)


def shown(at: datetime, calendar: Calendar) -> datetime:
    """What the clocks of the calendar's zone show."""
    return at.astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None)


def weekend(**changes: object) -> Blackout:
    when = Weekly(first=moment("fri", "17:00"), last=moment("mon", "08:00"))
    return Blackout(**{"name": "Weekend", "when": when, **changes})


def moment(day: str, at: str) -> WeekMoment:
    return WeekMoment(weekday=Weekday[day.upper()], at=time.fromisoformat(at))


moments = st.datetimes(datetime(2008, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
dates = st.dates(date(2008, 1, 1), date(2035, 1, 1))
minutes = st.integers(0, 5 * 8 * 60)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    opens = draw(st.integers(0, 22 * 60))
    closes = draw(st.integers(opens + 60, 24 * 60)) % (24 * 60)
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        days=draw(st.frozensets(st.sampled_from(Weekday), min_size=1)),
        opens=time(*divmod(opens, 60)),
        closes=time(*divmod(closes, 60)),
        holidays=draw(st.frozensets(dates, max_size=5)),
    )


@st.composite
def calendars_and_moments(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """Often a day or two from a change of clocks, and with a holiday close by."""
    calendar, at = draw(calendars()), draw(moments)
    changes = _changes(calendar.zone)
    if changes and draw(st.booleans()):
        at = draw(st.sampled_from(changes)) + timedelta(minutes=draw(st.integers(-2 * 1440, 2 * 1440)))
    near = draw(st.integers(-3, 3))
    return calendar.model_copy(update={"holidays": calendar.holidays | {(at + timedelta(days=near)).date()}}), at


def _changes(zone: str) -> list[datetime]:
    """The moments, to the hour, at which the zone's clocks changed in a few years."""
    if zone not in _CHANGES:
        found, at, last = [], datetime(2011, 1, 1, tzinfo=UTC), None
        while at.year < 2014:
            offset = at.astimezone(ZoneInfo(zone)).utcoffset()
            if last is not None and offset != last:
                found.append(at)
            at, last = at + timedelta(hours=1), offset
        _CHANGES[zone] = found
    return _CHANGES[zone]


_CHANGES: dict[str, list[datetime]] = {}


@given(calendars_and_moments(), minutes)
def test_what_is_added_lies_between(given_: tuple[Calendar, datetime], added: int):
    calendar, start = given_
    assert calendar.minutes_between(start, calendar.add(start, added)) == added


@given(calendars_and_moments(), minutes)
def test_what_lies_between_is_added_again(given_: tuple[Calendar, datetime], ahead: int):
    """From any moment to any later one: the whole minutes between lead back to it, or to the hours before it."""
    calendar, start = given_
    end = start + timedelta(minutes=ahead)
    back = calendar.add(start, calendar.minutes_between(start, end))
    assert calendar.minutes_between(back, end) == 0
    if calendar.is_open(end) and calendar.is_open(start):
        assert timedelta() <= end - back < MINUTE or not calendar.is_open(end - MINUTE)


@given(calendars_and_moments(), minutes)
def test_time_never_lands_outside_business_hours(given_: tuple[Calendar, datetime], added: int):
    calendar, start = given_
    end = calendar.add(start, added)
    assert end >= start
    assert end.tzinfo is UTC
    just_before = end - timedelta(microseconds=1)
    assert calendar.is_open(end) or (added > 0 and calendar.is_open(just_before))


@given(calendars_and_moments(), minutes, st.integers(0, 600), st.integers(0, 10_000))
def test_later_starts_and_more_minutes_end_no_earlier(
    given_: tuple[Calendar, datetime], added: int, more: int, later: int
):
    calendar, start = given_
    end = calendar.add(start, added)
    assert calendar.add(start, added + more) >= end
    assert calendar.add(start + timedelta(minutes=later), added) >= end
    assert calendar.minutes_between(start, end + timedelta(minutes=later)) >= added


@given(calendars_and_moments(), minutes, st.integers(1, 600))
def test_time_may_be_added_in_parts(given_: tuple[Calendar, datetime], first: int, then: int):
    calendar, start = given_
    assert calendar.add(calendar.add(start, first), then) == calendar.add(start, first + then)


@given(calendars_and_moments())
def test_the_clock_on_the_wall_agrees_on_ordinary_days(given_: tuple[Calendar, datetime]):
    calendar, at = given_
    zone, local = ZoneInfo(calendar.zone), shown(at, calendar)
    if len({(at + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-48, 49)}) > 1:
        return
    past = local.time() >= calendar.opens
    before = calendar.closes == time(0) or local.time() < calendar.closes
    works = local.weekday() in calendar.days and local.date() not in calendar.holidays
    assert calendar.is_open(at) == (works and past and before)


@given(calendars_and_moments())
def test_nobody_works_on_a_holiday_or_a_free_day(given_: tuple[Calendar, datetime]):
    calendar, at = given_
    day = shown(at, calendar).date()
    if day in calendar.holidays or day.weekday() not in calendar.days:
        assert not calendar.is_open(at)


def test_public_holidays_of_the_team_s_countries_are_no_days_at_work():
    calendar = Calendar(zone="Europe/London", countries=("GB-ENG",))
    christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert not calendar.is_open(christmas)
    assert calendar.is_open(christmas - timedelta(days=1))
    # The 26th is Boxing Day, the 28th stands in for it.
    assert calendar.add(christmas, 24 * 60) == datetime(2026, 12, 28, tzinfo=UTC)
    assert not calendar.is_open(christmas + timedelta(days=3))


@given(calendars_and_moments())
def test_a_closed_hour_counts_for_nothing(given_: tuple[Calendar, datetime]):
    calendar, at = given_
    if not any(calendar.is_open(at + k * MINUTE) for k in range(60)):
        assert calendar.minutes_between(at, at + timedelta(hours=1)) <= 1


@given(moments, st.integers(0, 100_000))
def test_without_a_calendar_business_time_is_time(start: datetime, added: int):
    assert ALWAYS.add(start, added) == start + added * MINUTE
    assert ALWAYS.minutes_between(start, start + added * MINUTE) == added
    assert ALWAYS.is_open(start)
    assert ALWAYS.expire_after_minutes == 24 * 60


@pytest.mark.parametrize(
    ("start", "added", "end"),
    [
        ("2026-11-20 16:30", 30, "2026-11-20 17:00"),
        ("2026-11-20 16:30", 31, "2026-11-23 09:01"),
        ("2026-11-20 17:00", 0, "2026-11-23 09:00"),
        ("2026-11-21 12:00", 480, "2026-11-23 17:00"),
        ("2026-11-23 08:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 10:15", 480, "2026-11-24 10:15"),
        # Clocks go back on Sunday 25 October, and forward on 29 March: the working days beside it stay eight hours.
        ("2026-10-23 16:00", 120, "2026-10-26 10:00"),
        ("2026-03-27 16:00", 120, "2026-03-30 10:00"),
    ],
)
def test_in_london(start: str, added: int, end: str):
    assert LONDON.add(london(start), added) == london(end)


def test_who_works_through_the_night_of_a_change_works_an_hour_more_or_less():
    nights = Calendar(zone="Europe/London")
    assert nights.minutes_between(london("2026-10-25 00:00"), london("2026-10-26 00:00")) == 25 * 60
    assert nights.minutes_between(london("2026-03-29 00:00"), london("2026-03-30 00:00")) == 23 * 60
    early = Calendar(zone="Europe/London", opens=time(1, 30), closes=time(4))
    assert early.minutes_between(london("2026-10-25 00:00"), london("2026-10-26 00:00")) == 3 * 60 + 30
    # 01:30 is skipped: the day opens when the clocks jump, at 02:00 of summer time.
    assert early.add(london("2026-03-29 00:00"), 0) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert early.minutes_between(london("2026-03-29 00:00"), london("2026-03-30 00:00")) == 2 * 60


def test_a_day_that_the_calendar_of_a_zone_leaves_out_has_no_hours():
    apia = Calendar(zone="Pacific/Apia", opens=time(9), closes=time(17))
    before = datetime(2011, 12, 29, 17, 0, tzinfo=ZoneInfo("Pacific/Apia"))
    assert shown(apia.add(before, 60), apia) == datetime(2011, 12, 31, 10, 0)


def test_the_zone_in_which_a_moment_is_given_makes_no_difference():
    nights, zone = Calendar(zone="Europe/London"), ZoneInfo("Europe/London")
    start, end = datetime(2026, 10, 25, 0, 30, tzinfo=zone), datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    assert nights.minutes_between(start, end) == 3 * 60
    assert nights.add(start, 3 * 60) == end.astimezone(UTC)
    assert nights.is_open(start)


def test_time_does_not_run_backwards():
    assert LONDON.minutes_between(london("2026-11-23 12:00"), london("2026-11-23 11:00")) == 0
    assert LONDON.minutes_between(london("2026-11-24 12:00"), london("2026-11-20 11:00")) == 0


def test_the_longest_business_time_ends_in_the_slowest_calendar():
    slow = Calendar(days=frozenset({Weekday.SUN}), opens=time(8), closes=time(9))
    assert slow.add(datetime(2026, 1, 1, tzinfo=UTC), LONGEST_MINUTES).year < 2100


def test_the_sandbox_works_on_weekdays_and_asks_the_cmo_next():
    assert LONDON.is_open(london("2026-11-23 09:00"))
    assert not LONDON.is_open(london("2026-11-23 17:00"))
    assert not LONDON.is_open(london("2026-11-22 12:00"))
    assert LONDON.ladder[Role.APPROVER] == (Role.CMO,)
    assert LONDON.ladder[Role.CMO] == (Role.ADMIN,)


@pytest.mark.parametrize(
    "mistake",
    [
        {"zone": "Europe/Lundon"},
        {"days": frozenset()},
        {"opens": time(17), "closes": time(9)},
        {"opens": time(9), "closes": time(9, 59)},
        {"opens": time(23, 30)},
        {"expire_after_minutes": 0},
        {"remind_every_minutes": LONGEST_MINUTES + 1},
    ],
)
def test_a_calendar_by_which_nobody_can_decide_cannot_be_made(mistake: dict[str, object]):
    with pytest.raises((ValidationError, KeyError)):
        Calendar(**mistake)


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-11-20 16:59", False),
        ("2026-11-20 17:00", True),
        ("2026-11-22 12:00", True),
        ("2026-11-23 07:59", True),
        ("2026-11-23 08:00", False),
        ("2026-11-18 12:00", False),
        # Over both changes of clocks the blackout begins and ends by the clock on the wall.
        ("2026-10-25 01:30", True),
        ("2026-10-26 07:59", True),
        ("2026-10-26 08:00", False),
        ("2026-03-27 17:00", True),
        ("2026-03-30 07:59", True),
        ("2026-03-30 08:00", False),
    ],
)
def test_a_weekly_blackout_reaches_over_the_end_of_the_week(at: str, *, holds: bool):
    calendar = LONDON.model_copy(update={"blackouts": (weekend(),)})
    found = calendar.blackout_at(london(at), channel="email", brand="")
    assert (found is not None) == holds


def test_a_blackout_says_when_it_ends():
    assert LONDON.blackout_ends(weekend(), london("2026-10-24 12:00")) == london("2026-10-26 08:00")
    assert LONDON.blackout_ends(weekend(), london("2026-10-24 12:00")) == datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
    assert LONDON.blackout_ends(weekend(), london("2026-11-18 12:00")) is None


def test_of_two_equal_times_a_blackout_begins_at_the_first_and_ends_at_the_last():
    night = weekend(when=Weekly(first=moment("sun", "01:15"), last=moment("sun", "01:45")))
    first, second = london("2026-10-25 01:15"), london("2026-10-25 01:45", fold=1)
    assert LONDON.blackout_ends(night, first) == second
    assert LONDON.blackout_ends(night, first - MINUTE) is None
    assert LONDON.blackout_ends(night, second - MINUTE) == second
    assert LONDON.blackout_ends(night, second) is None


def test_a_blackout_that_begins_at_a_skipped_time_begins_when_it_is_skipped():
    night = weekend(when=Weekly(first=moment("sun", "01:30"), last=moment("sun", "03:00")))
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert LONDON.blackout_ends(night, jump - MINUTE) is None
    assert LONDON.blackout_ends(night, jump) == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)


def test_a_week_but_an_hour():
    rare = weekend(when=Weekly(first=moment("wed", "11:00"), last=moment("wed", "10:00")))
    assert LONDON.blackout_ends(rare, london("2026-11-18 10:30")) is None
    assert LONDON.blackout_ends(rare, london("2026-11-18 11:00")) == london("2026-11-25 10:00")
    assert LONDON.blackout_ends(rare, london("2026-11-25 09:59")) == london("2026-11-25 10:00")


@given(st.sampled_from(ZONES), moments, st.sampled_from(Weekday), st.times(), st.integers(1, 7 * 24 * 60 - 1))
@example("Europe/London", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), Weekday.SAT, time(0, 0), 2 * 24 * 60)
def test_the_clock_on_the_wall_agrees_with_a_weekly_blackout(
    zone: str, at: datetime, weekday: Weekday, begins: time, long: int
):
    """Except within a change of clocks, where it may hold for an hour longer."""
    begins = begins.replace(second=0, microsecond=0)
    start = weekday * 1440 + begins.hour * 60 + begins.minute
    last, minute = divmod((start + long) % (7 * 1440), 1440)
    end = WeekMoment(weekday=Weekday(last), at=time(*divmod(minute, 60)))
    blackout = weekend(when=Weekly(first=WeekMoment(weekday=weekday, at=begins), last=end))
    calendar = Calendar(zone=zone)
    local = shown(at, calendar)
    passed = (local.weekday() * 1440 + local.hour * 60 + local.minute - start) % (7 * 1440)
    ends = calendar.blackout_ends(blackout, at)
    near = {(at + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in range(-25, 26)}
    if len(near) == 1:
        assert (ends is not None) == (passed < long)
    elif passed < long:
        assert ends is not None
    if ends is not None:
        assert ends > at
        assert calendar.blackout_ends(blackout, ends) in (None, ends) or long > 7 * 1440 - 120


def test_a_dated_blackout_is_over_when_it_is_over():
    launch = weekend(when=Dated(first=datetime(2026, 11, 27), last=datetime(2026, 11, 30, 9)))
    assert LONDON.blackout_ends(launch, london("2026-11-26 23:59")) is None
    assert LONDON.blackout_ends(launch, london("2026-11-27 00:00")) == london("2026-11-30 09:00")
    assert LONDON.blackout_ends(launch, london("2026-11-30 09:00")) is None


@pytest.mark.parametrize(
    ("scope", "value", "channel", "brand", "holds"),
    [
        (BlackoutScope.ALL, "", "email", "Vale", True),
        (BlackoutScope.CHANNEL, "email", "email", "Vale", True),
        (BlackoutScope.CHANNEL, "email", "website", "email", False),
        (BlackoutScope.BRAND, "Vale", "email", "Vale", True),
        (BlackoutScope.BRAND, "Vale", "Vale", "", False),
    ],
)
def test_a_blackout_keeps_to_its_scope(scope: BlackoutScope, value: str, channel: str, brand: str, *, holds: bool):
    calendar = LONDON.model_copy(update={"blackouts": (weekend(scope=scope, value=value),)})
    found = calendar.blackout_at(london("2026-11-22 12:00"), channel=channel, brand=brand)
    assert (found is not None) == holds


def test_the_first_of_two_blackouts_is_named():
    both = (weekend(name="Launch", scope=BlackoutScope.BRAND, value="Vale"), weekend())
    calendar = LONDON.model_copy(update={"blackouts": both})
    names = [calendar.blackout_at(london("2026-11-22 12:00"), channel="email", brand=brand) for brand in ("Vale", "")]
    assert [one.name for one in names if one] == ["Launch", "Weekend"]


def test_a_blackout_that_cannot_be_cannot_be_made():
    with pytest.raises(ValidationError, match="ends when it begins"):
        Weekly(first=moment("fri", "17:00"), last=moment("fri", "17:00"))
    with pytest.raises(ValidationError, match="ends before it begins"):
        Dated(first=datetime(2026, 1, 2), last=datetime(2026, 1, 2))
    with pytest.raises(ValidationError, match="without a zone"):
        Dated(first=datetime(2026, 1, 2, tzinfo=UTC), last=datetime(2026, 1, 3))
    with pytest.raises(ValidationError, match="without a zone"):
        Dated(first=datetime(2026, 1, 2), last=datetime(2026, 1, 3, tzinfo=UTC))
    for scope, value in ((BlackoutScope.ALL, "email"), (BlackoutScope.BRAND, "")):
        with pytest.raises(ValidationError, match="needs a value exactly if"):
            weekend(scope=scope, value=value)


def test_hours_from_opening_to_closing_are_told_day_by_day_and_none_of_a_weekend():
    friday, monday = london("2025-06-06 12:00"), london("2025-06-09 10:00")
    spans = LONDON.hours_between(friday, monday)
    told = [(shown(opens, LONDON), shown(closes, LONDON)) for opens, closes in spans]
    day = {6: "2025-06-06", 9: "2025-06-09"}
    hours = (LONDON.opens, LONDON.closes)
    assert told == [tuple(datetime.combine(date.fromisoformat(day[n]), at) for at in hours) for n in (6, 9)]
    assert LONDON.hours_between(london("2025-06-07 12:00"), london("2025-06-08 12:00")) == ()
