"""Periods of which no day is over yet, such as "this week" on a Monday: the days before answer, and it is said so."""

from collections.abc import Mapping
from datetime import date

from agents.kpis.windows import Window, recent

_DAYS: Mapping[str, int] = {"today": 1, "this week": 7, "this month": 30, "this quarter": 90, "this year": 365}
"""Days that answer in place of each."""


def days_before(window: Window, today: date | None) -> Window | None:
    """As many days that are complete, in place of a period that has only just begun; None for any other.

    `today` is the day after the newest complete one of what is asked about; None without any data.
    """
    days = _DAYS.get(window.words)
    return recent(days, today=today) if days is not None and today is not None and window.first == today else None


def said_instead(window: Window) -> str:
    """What people are told with the answer; `window` is the one that they asked for."""
    return f"{window.words.capitalize()} has no complete day yet: these are the days before it."
