"""How fresh data are promised to be, what was told last, and from when on they are late."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from storage.records.record import Record, UtcDatetime


class PromiseClock(StrEnum):
    """Which time counts."""

    WALL = "wall"
    """Every hour."""
    WORKING = "working"
    """Every hour of the team's working days: what ends on Friday is no older on Monday morning."""
    BUSINESS = "business"
    """The team's business hours."""


_UNITS = {
    PromiseClock.WALL: ("hour", "day"),
    PromiseClock.WORKING: ("working hour", "working day"),
    PromiseClock.BUSINESS: ("business hour", ""),
}
_DAY_H = 24


class Promise(Record):
    """Within which time there is newer data."""

    hours: int = Field(ge=1, le=24 * 400)
    clock: PromiseClock = PromiseClock.WORKING

    @property
    def words(self) -> str:
        """As in "3 working days", "8 business hours"."""
        hour, day = _UNITS[self.clock]
        if day and self.hours % _DAY_H == 0:
            return _counted(self.hours // _DAY_H, day)
        return _counted(self.hours, hour)


class DatasetFreshness(Record):
    """One dataset of one source, or a declared source that told nothing yet."""

    dataset: str
    """`facts`, an entity's name, or empty for a source that was never read."""
    owner: str
    """The role that its contract names."""
    promise: Promise | None
    """None: nobody expects more of it."""
    told_to: UtcDatetime | None
    """As of when the newest data are: the end of the newest day, or when the newest word came; None for never."""
    last_day: date | None = None
    due_at: UtcDatetime | None
    """From this moment on it is late; None: never."""
    expected: bool
    """Whether it was current once or is declared: what was old when it came is history, and not late to anybody."""

    def is_stale(self, now: datetime) -> bool:
        """Whether it is older than was promised."""
        return self.due_at is not None and self.due_at <= now

    def is_late(self, now: datetime) -> bool:
        """Whether it is stale and somebody waits for newer data."""
        return self.expected and self.is_stale(now)


class SourceFreshness(Record):
    """One source as its loads and the last attempts to read it show it; names are untrusted."""

    source: str
    simulated: bool
    zone: str
    channels: tuple[str, ...] = ()
    """That its daily figures tell of."""
    datasets: tuple[DatasetFreshness, ...]
    trouble: str = ""
    """Why the last attempt to read it failed; empty where it did not."""

    def late(self, now: datetime) -> tuple[DatasetFreshness, ...]:
        """What is late, the longest first."""
        found = [one for one in self.datasets if one.is_late(now)]
        return tuple(sorted(found, key=lambda one: one.due_at or now))

    def late_since(self, now: datetime) -> datetime | None:
        """When the first of it became late; None while all is in time."""
        late = self.late(now)
        return late[0].due_at if late else None


class StaleSource(Record):
    """A source behind a decision that is late, and since when."""

    source: str
    since: UtcDatetime


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
