"""The state of watching many daily series in step, as plain numbers that outlive the process, and back.

A daily series has one slot of a day and seven of a week, so a few hundred numbers are all that is kept of it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.drift.series.arithmetic import ManySeries
from agents.drift.series.extremes import Extremes, Stretches
from agents.drift.series.levels import DAY_SLOTS, Levels
from agents.drift.series.watching import Watch

Floats = NDArray[np.float64]

_WEEKDAYS = 7


class ManyDaily(ManySeries):
    """Series with one value a day: day slots are all 0, week slots are 0 to 6."""

    def table(self, slots: int) -> NDArray[np.float64]:
        return super().table(1 if slots == DAY_SLOTS else _WEEKDAYS)


def fresh(series: int) -> Watch:
    """Nothing seen yet."""
    return Watch(ManyDaily(series))


def numbers_of(watch: Watch) -> tuple[list[int], Floats]:
    """Counters that all series share, and one column of numbers a series."""
    leaves = [holder[at] for holder, at in _leaves(watch)]
    counters = [leaf for leaf in leaves if isinstance(leaf, int)]
    columns = [np.atleast_2d(leaf) for leaf in leaves if not isinstance(leaf, int)]
    return counters, np.concatenate(columns).astype(np.float64, copy=False)


def watch_of(counters: list[int], numbers: Floats) -> Watch:
    """The reverse, of a watch that has seen a day. Raises ValueError for numbers of another make of the detector."""
    series = numbers.shape[1]
    watch = fresh(series)
    vars(watch)["_levels"] = Levels(ManyDaily(series), np.zeros(series))
    places = list(_leaves(watch))
    rows = [1 if holder[at].ndim == 1 else len(holder[at]) for holder, at in places if not isinstance(holder[at], int)]
    if sum(rows) != len(numbers) or len(places) - len(rows) != len(counters):
        raise ValueError(f"{len(numbers)} numbers a series, this detector keeps {sum(rows)}")
    left, row = iter(counters), 0
    for holder, at in places:
        if isinstance(holder[at], int):
            holder[at] = next(left)
        elif holder[at].ndim == 1:
            holder[at], row = numbers[row].copy(), row + 1
        else:
            taken = len(holder[at])
            holder[at], row = numbers[row : row + taken].copy(), row + taken
    return watch


def _leaves(thing: Any) -> Iterator[tuple[Any, Any]]:
    """Every counter and array inside, with what holds it, always in the same order."""
    holder = thing if isinstance(thing, list) else vars(thing)
    for at in range(len(holder)) if isinstance(holder, list) else list(holder):
        value = holder[at]
        if isinstance(value, (int, np.ndarray)):
            yield holder, at
        elif isinstance(value, (list, Levels, Extremes, Stretches)):
            yield from _leaves(value)
