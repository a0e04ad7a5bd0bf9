"""When a job is due, right over every change of clocks, and which run was missed while nobody was there.

APScheduler's own cron trigger counts by the clock on the wall, which goes back once a year: there it finds the same
hour again and again and never comes out of it. So what runs within every hour is counted in UTC, and what runs at an
hour of the day runs at the first moment at which the team's clock shows it, or skips it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from agents.governance.calendar import instant

_MOMENT = timedelta(microseconds=1)
_CHANGE = timedelta(hours=3)
"""No change of clocks is larger."""
_REACHES = (timedelta(hours=1), timedelta(days=2), timedelta(days=8), timedelta(days=400))
"""Looked back over one after the other: a job of every minute was due a moment ago, a yearly one long before."""


class ClockTrigger(BaseTrigger):  # type: ignore[misc]
    """A crontab line by the team's clock."""

    def __init__(self, cron: str, zone: ZoneInfo) -> None:
        """Raises ValueError for what is no crontab line."""
        self.cron = cron
        self.zone = ZoneInfo("UTC") if cron.split()[1] == "*" else zone
        self._naive = CronTrigger.from_crontab(cron, timezone=UTC)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first moment after the fire before, or from now on where there was none; in UTC."""
        after = now - _MOMENT if previous_fire_time is None else previous_fire_time
        return next(self._after(after.astimezone(UTC)), None)

    def newest(self, *, since: datetime, until: datetime) -> datetime | None:
        """The last moment after `since`, up to and at `until`, at which it was due; None if it was not."""
        for reach in _REACHES:
            start = max(since, until - reach)
            due = list(takewhile(lambda at: at <= until, self._after(start.astimezone(UTC))))
            if due:
                return due[-1]
            if start == since:
                break
        return None

    def _after(self, moment: datetime) -> Iterator[datetime]:
        """Every fire after the moment, oldest first."""
        last = moment
        # The wall clock read as if it were UTC, so that the fields of the line are all that counts.
        shown = moment.astimezone(self.zone).replace(tzinfo=UTC) - _CHANGE
        while (found := self._naive.get_next_fire_time(None, shown)) is not None:
            shown = found + _MOMENT
            due = instant(found.replace(tzinfo=None), self.zone)
            if due > last:
                last = due
                yield due
