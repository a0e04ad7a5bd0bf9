"""Thousands of daily series, each watched with every new point; the state is kept, so a look costs a point a series.

Series that began together go in step as one cohort. A series without a value on a day is left as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from agents.drift.series.keeping import Floats, fresh, numbers_of, watch_of
from storage.records.watching import WatchedCohort

MOST_IN_STEP = 2_000
"""More would only fall out of the processor's cache."""
REMEMBERED_DAYS = 14
"""So long a series that departed stays marked."""


@dataclass
class _Cohort:
    names: tuple[str, ...]
    last: date
    counters: list[int]
    numbers: Floats
    marked: Floats
    """Ordinal of the day on which each series departed last; 0 for never."""
    changed: bool = False


class Watchlist:
    """The watch over all series of one source."""

    def __init__(self, kept: Iterable[WatchedCohort] = ()) -> None:
        """A cohort of another make of the detector is forgotten: its series begin anew."""
        self._cohorts: list[_Cohort] = []
        forgotten = False
        for one in kept:
            values = np.frombuffer(one.numbers, dtype=np.float64).reshape(-1, len(one.names))
            try:
                watch_of(list(one.counters), values[1:])
            except ValueError:
                forgotten = True
                continue
            self._cohorts.append(_Cohort(one.names, one.last, list(one.counters), values[1:], values[0].copy()))
        for cohort in self._cohorts:
            cohort.changed = forgotten  # their places have moved

    @property
    def last(self) -> date | None:
        """The newest day that any series has seen."""
        return max((one.last for one in self._cohorts), default=None)

    def see(self, day: date, points: Mapping[str, float]) -> frozenset[str]:
        """Judge the day's values, NaN for none, and learn from them; gives the series that depart.

        A day that was seen already changes nothing.
        """
        departed: set[str] = set()
        known: set[str] = set()
        for cohort in self._cohorts:
            known.update(cohort.names)
            if cohort.last < day:
                values = np.array([points.get(name, np.nan) for name in cohort.names])
                departed.update(_step(cohort, day, values))
        new = [name for name, value in points.items() if name not in known and np.isfinite(value)]
        for first in range(0, len(new), MOST_IN_STEP):
            self._begin(day, new[first : first + MOST_IN_STEP], points)
        return frozenset(departed)

    def marked(self, day: date) -> frozenset[str]:
        """Series that departed within the last two weeks."""
        oldest = day.toordinal() - REMEMBERED_DAYS
        return frozenset(
            cohort.names[at] for cohort in self._cohorts for at in np.flatnonzero(cohort.marked > oldest).tolist()
        )

    def changed(self) -> Sequence[WatchedCohort | None]:
        """Each cohort in order, None for one that stands as it was kept."""
        return [_kept(one) if one.changed else None for one in self._cohorts]

    def _begin(self, day: date, names: Sequence[str], points: Mapping[str, float]) -> None:
        watch = fresh(len(names))
        watch.step(np.array([points[name] for name in names]), *_slots(day, len(names)))
        counters, numbers = numbers_of(watch)
        self._cohorts.append(_Cohort(tuple(names), day, counters, numbers, np.zeros(len(names)), changed=True))


def _step(cohort: _Cohort, day: date, values: Floats) -> list[str]:
    missing = ~np.isfinite(values)
    cohort.last, cohort.changed = day, True
    if missing.all():
        return []
    watch = watch_of(cohort.counters, cohort.numbers)
    with np.errstate(all="ignore"):
        verdict = watch.step(np.where(missing, 0.0, values), *_slots(day, len(values)))
    counters, numbers = numbers_of(watch)
    if missing.any():
        numbers[:, missing] = cohort.numbers[:, missing]
    cohort.counters, cohort.numbers = counters, numbers
    departed = np.flatnonzero(np.asarray(verdict.alert, dtype=bool) & ~missing)
    cohort.marked[departed] = day.toordinal()
    return [cohort.names[at] for at in departed.tolist()]


def _slots(day: date, series: int) -> tuple[object, object]:
    return np.zeros(series, dtype=np.int64), np.full(series, day.weekday(), dtype=np.int64)


def _kept(cohort: _Cohort) -> WatchedCohort:
    return WatchedCohort(
        names=cohort.names,
        last=cohort.last,
        counters=tuple(cohort.counters),
        numbers=np.vstack([cohort.marked, cohort.numbers]).tobytes(),
    )
