"""How one source stands to what is promised of it, reckoned from its loads; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agents.governance.calendar import Calendar
from agents.lifecycle.people.owners import FACTS_OWNER
from agents.sources.promises import Promises
from storage.contracts.entities import BY_DATASET
from storage.records.facts import Load
from storage.records.freshness import DatasetFreshness, Promise, PromiseClock, SourceFreshness

FACTS = "facts"
FACTS_FRESH_HOURS = 72
"""What is promised of daily figures, which have no contract of their own."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    """How reading a declared source has gone; what `tx.cursors` keeps of it."""

    good_at: datetime | None = None
    """When it was last read to its end."""
    failing_since: datetime | None = None
    trouble: str = ""
    sources: frozenset[str] = frozenset()
    """Names under which its rows stand in the lake."""

    @classmethod
    def of(cls, place: Mapping[str, Any]) -> "Reading":
        """Raises nothing for a place of before these were kept."""
        return cls(
            good_at=_moment(place.get("good_at")),
            failing_since=_moment(place.get("failing_since")),
            trouble=next(iter(place.get("refused", {}).values()), ""),
            sources=frozenset(place.get("sources", ())),
        )


@dataclass(frozen=True)
class Punctuality:
    """What a team expects, and when it is at work."""

    promises: Promises = Promises()  # noqa: RUF009 - frozen
    calendar: Calendar = Calendar()  # noqa: RUF009 - frozen

    def due(self, told_to: datetime, promise: Promise) -> datetime:
        """The moment from which on data that end at `told_to` are late."""
        if promise.clock is PromiseClock.WALL:
            return told_to + timedelta(hours=promise.hours)
        calendar = self.calendar.all_day if promise.clock is PromiseClock.WORKING else self.calendar
        return calendar.add(told_to, promise.hours * 60)

    def source(
        self, loads: Sequence[Load], *, channels: Sequence[str] = (), reading: Reading | None = None
    ) -> SourceFreshness:
        """`loads` of one source, oldest first and at least one; `reading` where it is declared and read by itself."""
        newest = loads[-1]
        names = dict.fromkeys(name for load in loads for name in _datasets_of(load))
        return SourceFreshness(
            source=newest.source,
            simulated=newest.simulated,
            zone=newest.zone,
            channels=tuple(sorted(channels)),
            datasets=tuple(self._dataset(name, loads, reading) for name in names),
            trouble=reading.trouble if reading else "",
        )

    def unread(self, name: str, reading: Reading) -> SourceFreshness | None:
        """A declared source that never told anything and fails; None while it does not."""
        if reading.failing_since is None:
            return None
        promise = self.promises.of(name, "", hours=24)
        due = self.due(reading.failing_since, promise) if promise else None
        missing = DatasetFreshness(
            dataset="", owner="data engineer", promise=promise, told_to=None, due_at=due, expected=True
        )
        return SourceFreshness(
            source=name, simulated=False, zone=self.calendar.zone, datasets=(missing,), trouble=reading.trouble
        )

    def _dataset(self, name: str, loads: Sequence[Load], reading: Reading | None) -> DatasetFreshness:
        entity = BY_DATASET.get(name)
        held = [load for load in loads if load.holds(name)]
        source = held[-1].source
        promise = self.promises.of(source, name, hours=entity.fresh_within_hours if entity else FACTS_FRESH_HOURS)
        told_to = max(_told_to(load, name) for load in held)
        if entity is not None and reading is not None and reading.good_at is not None:
            # Nothing new of things is news too; that days are missing is not.
            told_to = max(told_to, reading.good_at)
        expected = reading is not None or self.promises.names(source, name) or self._was_current(held, name, promise)
        return DatasetFreshness(
            dataset=name,
            owner=entity.owner if entity else FACTS_OWNER,
            promise=promise,
            told_to=told_to,
            last_day=max(load.last_day for load in held) if entity is None else None,
            due_at=self.due(told_to, promise) if promise else None,
            expected=expected,
        )

    def _was_current(self, held: Sequence[Load], name: str, promise: Promise | None) -> bool:
        """Whether people bring newer ones: figures were current when they came, things came on several days.

        One export of contacts, or one of last year's figures, is a look back and promises nothing.
        """
        if name in BY_DATASET:
            return len({load.known_at.date() for load in held}) > 1
        return promise is not None and any(self.due(_told_to(load, name), promise) > load.known_at for load in held)


def readings_of(places: Mapping[str, Mapping[str, Any]], declared: Sequence[str]) -> dict[str, Reading]:
    """Declared name → how reading it has gone."""
    return {name: Reading.of(places.get(name, {})) for name in declared}


def reading_for(source: str, readings: Mapping[str, Reading]) -> Reading | None:
    """Of the declared source whose rows stand under this name; of several the one read last."""
    found = [one for name, one in readings.items() if source in one.sources or source == name]
    never = datetime.min.replace(tzinfo=UTC)
    return max(found, key=lambda one: one.good_at or never, default=None)


def _told_to(load: Load, dataset: str) -> datetime:
    """As of when a load tells of a dataset: figures to the end of its newest day, things as of when they came."""
    if dataset in BY_DATASET:
        return load.known_at
    end = datetime.combine(load.last_day + _DAY, time(), ZoneInfo(load.zone))
    # A day that was not over when it was read is told of up to that moment.
    return min(end, max(load.known_at, end - _DAY))


def _datasets_of(load: Load) -> tuple[str, ...]:
    return tuple(name for name in load.rows if load.holds(name)) if load.rows else (FACTS,)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
