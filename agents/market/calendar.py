"""The market's own time and what the calendar does to demand; never mixed with the wall clock."""

import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.records.record import Record

EPOCH = date(2026, 1, 5)
"""The first day of history, a Monday."""
ZONE = "Europe/London"
_OPENING = time(8)
"""Local time at which an unfinished day stands: the reports of the day before are complete."""

_WEEKDAY = (1.02, 0.98, 0.97, 0.98, 0.96, 0.98, 1.11)
"""Demand on Monday to Sunday, mean 1."""


class Event(Record):
    """Days, inclusive, on which demand is a multiple of what the season alone says."""

    name: str
    first: date
    last: date
    factor: float


class PriceCut(Record):
    """Days, inclusive, on which the shop sells at a share of its reference price."""

    first: date
    last: date
    price: float


EVENTS = (
    Event(name="Valentine's Day", first=date(2026, 2, 12), last=date(2026, 2, 14), factor=1.05),
    Event(name="Mothering Sunday", first=date(2026, 3, 12), last=date(2026, 3, 15), factor=1.06),
    Event(name="Easter", first=date(2026, 4, 3), last=date(2026, 4, 6), factor=1.04),
    Event(name="Spring bank holiday", first=date(2026, 5, 23), last=date(2026, 5, 25), factor=1.05),
    Event(name="Summer bank holiday", first=date(2026, 8, 29), last=date(2026, 8, 31), factor=1.05),
    Event(name="Black Friday", first=date(2026, 11, 23), last=date(2026, 11, 30), factor=1.55),
    Event(name="Advent", first=date(2026, 12, 1), last=date(2026, 12, 20), factor=1.18),
    Event(name="Christmas", first=date(2026, 12, 24), last=date(2026, 12, 26), factor=0.6),
)
PRICE_CUTS = (PriceCut(first=date(2026, 1, 5), last=date(2026, 1, 11), price=0.93),)
"""The tail of the January sale."""


def season(day: date, *, amplitude: float) -> float:
    """S_t of the truth: annual wave (highest in late November) × weekday × event."""
    turn = 2 * math.pi * (day.timetuple().tm_yday - 330) / 365.25
    happening = math.prod(event.factor for event in EVENTS if event.first <= day <= event.last)
    return (1 + amplitude * math.cos(turn)) * _WEEKDAY[day.weekday()] * happening


def weekday_demand(day: date) -> float:
    return _WEEKDAY[day.weekday()]


def hours_ahead(zone: str, day: date) -> float:
    """Hours by which the shop's clocks, as its day begins, are ahead of a zone's; less than 0 if they are behind."""
    midnight = datetime.combine(day, time(), ZoneInfo(ZONE))
    here, there = midnight.utcoffset(), midnight.astimezone(ZoneInfo(zone)).utcoffset()
    assert here is not None, "the shop's zone has an offset"
    assert there is not None, "a platform's zone has an offset"
    return (here - there) / timedelta(hours=1)


def moment_of(today: date, edits_today: int) -> datetime:
    """The simulated moment, aware, UTC: eight in the morning local time, and a second later with every edit.

    Time stands still between ticks but for those seconds, which keep any two entries of a change log apart.
    """
    opening = datetime.combine(today, _OPENING, ZoneInfo(ZONE)).astimezone(UTC)
    return opening + timedelta(seconds=edits_today)


def days_in_month(day: date) -> int:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - day.replace(day=1)).days
