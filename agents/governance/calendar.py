"""When the team is at work, and when nothing may change: business time that is right over every change of clocks.

All moments are aware; local times are of the calendar's zone. A day's hours run from the first time its clock
shows the opening to the first time it shows the closing; a time that the clocks skip is the moment they skip it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from itertools import takewhile
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from agents.drift.occasions import Occasions, SpecialDay, public_holiday
from storage.records.people import Role
from storage.records.record import Record, ZoneName

LONGEST_MINUTES = 31 * 24 * 60
"""The longest business time that a calendar or a policy may ask for."""
SHORTEST_DAY = timedelta(hours=1)
"""The least a business day may have, so that the longest business time ends within this century."""
MOST_HOLIDAYS = 1000
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Weekday(IntEnum):
    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


class BlackoutScope(StrEnum):
    ALL = "all"
    CHANNEL = "channel"
    BRAND = "brand"


class WeekMoment(Record):
    """A moment that comes every week, such as Friday 17:00."""

    weekday: Weekday
    at: time

    def before(self, day: date) -> datetime:
        """Its newest local time whose date is not after `day`; naive."""
        return datetime.combine(day - timedelta(days=(day.weekday() - self.weekday) % 7), self.at)


class Weekly(Record):
    """Every week from one moment to the next time the other comes; over the week's end if need be."""

    first: WeekMoment
    last: WeekMoment

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.first == self.last:
            raise ValueError("a weekly blackout ends when it begins")
        return self


class Dated(Record):
    """Once, between two local times of the calendar's zone; naive, the last exclusive."""

    first: datetime
    last: datetime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first.tzinfo is not None or self.last.tzinfo is not None:
            raise ValueError("a blackout's times are local, without a zone of their own")
        if self.last <= self.first:
            raise ValueError("a blackout ends before it begins")
        return self


class Blackout(Record):
    """A time in which no plan of its scope is carried out; the name is people's own words."""

    name: str
    scope: BlackoutScope = BlackoutScope.ALL
    value: str = ""
    """The channel or brand; empty for all."""
    when: Weekly | Dated

    @model_validator(mode="after")
    def _names_its_scope(self) -> Self:
        if (self.scope is BlackoutScope.ALL) != (self.value == ""):
            raise ValueError(f"the blackout {self.name!r} needs a value exactly if its scope is a channel or a brand")
        return self

    def concerns(self, *, channel: str, brand: str) -> bool:
        held = {BlackoutScope.ALL: "", BlackoutScope.CHANNEL: channel, BlackoutScope.BRAND: brand}
        return held[self.scope] == self.value


def default_ladder() -> dict[Role, tuple[Role, ...]]:
    """The CMO after everybody else, and after the CMO whoever may look for one."""
    return {
        Role.APPROVER: (Role.CMO,),
        Role.BRAND: (Role.CMO,),
        Role.FINANCE: (Role.CMO,),
        Role.LEGAL: (Role.CMO,),
        Role.CMO: (Role.ADMIN,),
    }


class Calendar(Record):
    """A team's business hours, clocks of approval and blackouts."""

    zone: ZoneName = "UTC"
    days: frozenset[Weekday] = Field(default=frozenset(Weekday), min_length=1)
    opens: time = time(0)
    closes: time = time(0)
    """Exclusive; midnight is the day's end."""
    holidays: frozenset[date] = Field(default=frozenset(), max_length=MOST_HOLIDAYS)
    countries: tuple[str, ...] = ()
    """Those whose public holidays are the team's, too; codes such as GB or GB-ENG."""
    special_days: tuple[SpecialDay, ...] = ()
    """Days at work on which figures are unlike those of others."""
    expire_after_minutes: int = Field(default=480, ge=1, le=LONGEST_MINUTES)
    """Business minutes in which a plan must be decided."""
    remind_every_minutes: int = Field(default=240, ge=1, le=LONGEST_MINUTES)
    """Business minutes between two reminders of one person about one plan."""
    ladder: dict[Role, tuple[Role, ...]] = Field(default_factory=default_ladder)
    """Who is asked after whom, when those of a role have not answered in time."""
    blackouts: tuple[Blackout, ...] = ()

    @model_validator(mode="after")
    def _open_at_all(self) -> Self:
        day = date.min
        closes = datetime.combine(day, self.closes) + (_DAY if self.closes == time(0) else timedelta())
        if closes - datetime.combine(day, self.opens) < SHORTEST_DAY:
            raise ValueError("a business day closes an hour or more after it opens")
        return self

    @property
    def all_day(self) -> "Calendar":
        """The same days from midnight to midnight: for what is promised in working days, not in hours at a desk."""
        return self.model_copy(update={"opens": time(0), "closes": time(0)})

    @property
    def occasions(self) -> Occasions:
        """Days whose figures say little of other days: holidays and special days."""
        return Occasions(self.countries, self.special_days, self.holidays)

    def is_holiday(self, day: date) -> bool:
        """Whether nobody is at work, whatever the weekday."""
        return day in self.holidays or bool(public_holiday(day, self.countries))

    def add(self, start: datetime, minutes: int) -> datetime:
        """The moment by which so many business minutes have passed since `start`, in UTC.

        Never outside business hours, their last moment included; no minutes at all give the next open moment.
        """
        start, left = start.astimezone(UTC), minutes * _MINUTE
        hours = self._hours_from(start)
        while True:
            opens, closes = next(hours)
            begins = max(opens, start)
            if left <= closes - begins:
                return begins + left
            left -= closes - begins

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole business minutes from `start` to `end`; 0 where `end` is not after `start`."""
        # In UTC: Python counts the hours of one zone by the clock on the wall.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        hours = takewhile(lambda each: each[0] < end, self._hours_from(start))
        passed = sum((min(closes, end) - max(opens, start) for opens, closes in hours), timedelta())
        return max(passed, timedelta()) // _MINUTE

    def hours_between(self, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """The spans from opening to closing, in UTC, that touch the time from `start` to `end`, oldest first."""
        return tuple(takewhile(lambda each: each[0] < end, self._hours_from(start.astimezone(UTC))))

    def is_open(self, at: datetime) -> bool:
        """Whether it is business time: from the opening, up to but not at the closing."""
        opens, _ = next(self._hours_from(at))
        return opens <= at

    def blackout_at(self, at: datetime, *, channel: str, brand: str) -> Blackout | None:
        """The first blackout that forbids changes on the channel for the brand now."""
        concerned = (one for one in self.blackouts if one.concerns(channel=channel, brand=brand))
        return next((one for one in concerned if self.blackout_ends(one, at)), None)

    def blackout_ends(self, blackout: Blackout, at: datetime) -> datetime | None:
        """When the blackout that holds at this moment ends, in UTC; None if it does not hold.

        Where the clocks show its ends twice, it begins at the first and ends at the last.
        """
        for first, last in self._windows(blackout.when, at):
            begins, ends = self._instant(first), self._instant(last, last=True)
            if begins <= at < ends:
                return ends
        return None

    def _hours_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Opening and closing of every business day that is not over at `start`, in UTC."""
        # A day before the local one: a zone that changes over midnight may still have yesterday open.
        day = start.astimezone(ZoneInfo(self.zone)).date() - _DAY
        while True:
            if day.weekday() in self.days and not self.is_holiday(day):
                end = day if self.closes != time(0) else day + _DAY
                opens = self._instant(datetime.combine(day, self.opens))
                closes = self._instant(datetime.combine(end, self.closes))
                if closes > start and closes > opens:
                    yield opens, closes
            day += _DAY

    def _windows(self, when: Weekly | Dated, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The local windows that may hold this moment."""
        if isinstance(when, Dated):
            yield when.first, when.last
            return
        today = at.astimezone(ZoneInfo(self.zone)).date()
        # One begun on another day may reach into today, and a change of clocks may shift it by one more.
        for day in (today - 7 * _DAY, today, today + _DAY):
            first = when.first.before(day)
            last = datetime.combine(first + timedelta(days=(when.last.weekday - when.first.weekday) % 7), when.last.at)
            yield first, last if last > first else last + 7 * _DAY

    def _instant(self, local: datetime, *, last: bool = False) -> datetime:
        return instant(local, ZoneInfo(self.zone), last=last)


def instant(local: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """The moment at which the zone's clocks show a local, naive time, in UTC: the first such, or the last.

    A time that the clocks skip is the moment at which they skip it.
    """
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if late >= early:
        return late if last else early
    # Skipped: the clocks jump from before it to after it between the two readings.
    while early - late > timedelta(seconds=1):
        middle = late + (early - late) // 2
        shown = middle.astimezone(zone).replace(tzinfo=None)
        late, early = (middle, early) if shown < local else (late, middle)
    return early.replace(microsecond=0)


ALWAYS = Calendar(expire_after_minutes=24 * 60)
"""Round the clock, for a team that has said nothing; plans wait for a day."""


def sandbox_calendar() -> Calendar:
    """The office hours of the simulated shop."""
    weekdays = frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}
    return Calendar(zone="Europe/London", days=weekdays, opens=time(9), closes=time(17))
