"""Detection for anyone's own series: a row at a time (`Online`), one series at once (`detect`), or thousands together
(`detect_many`). What is said of a row is the same in all three.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.drift.series.arithmetic import ManySeries, OneSeries
from agents.drift.series.times import many_slots, slots
from agents.drift.series.watching import Verdict, Watch

Floats = NDArray[np.float64]

_BATCH = 2_000
"""Series in step at a time: more would only fall out of the processor's cache."""
_FLUSH_ROWS = 512
"""What was said of so many rows is kept by row, before it is handed to the series."""
_WORTH_ARRAYS = 12
"""With fewer series at a time plain floats are faster."""


class Point(NamedTuple):
    """What is said of one row when it comes in."""

    score: float
    alert: bool
    channel: int
    expected: float
    step: float
    usual_step: float
    confirmed: bool


SILENT = Point(0.0, False, 0, float("nan"), 0.0, 0.0, False)
"""Of a row without a value."""


class Scored(NamedTuple):
    """What is said of a whole series, row by row; arrays as long as the series."""

    score: Floats
    alert: NDArray[np.bool_]
    channel: NDArray[np.int64]
    expected: Floats
    step: Floats
    usual_step: Floats
    confirmed: NDArray[np.bool_]


class Online:
    """One series as its rows come in; a few hundred numbers of memory, however long it runs."""

    def __init__(self) -> None:
        self._watch = Watch(OneSeries())

    def update(self, second: float, value: float) -> Point:
        """Judge the newest row; `value` may be NaN for a missing one, which changes nothing."""
        if not np.isfinite(value):
            return SILENT
        said = self._watch.step(float(value), *slots(second))
        return Point(
            said.score,
            bool(said.alert),
            int(said.channel),
            said.expected,
            said.step,
            said.usual_step,
            bool(said.confirmed),
        )


def detect(seconds: Floats, values: Floats) -> Scored:
    """Every row as `Online` would have judged it when it came in."""
    watch = Online()
    points = [
        watch.update(second, value)
        for second, value in zip(np.asarray(seconds).tolist(), np.asarray(values, dtype=float).tolist(), strict=True)
    ]
    scored = _empty(len(points))
    for column, told in zip(scored, zip(*points, strict=True), strict=False):
        column[:] = told
    return scored


def detect_many(series: Sequence[tuple[Floats, Floats]]) -> list[Scored]:
    """`detect` of each (seconds, values), together."""
    lengths = [int(np.isfinite(values).sum()) for _, values in series]
    results: dict[int, Scored] = {}
    for chosen in _batches(lengths):
        results.update(zip(chosen, _in_step([series[index] for index in chosen]), strict=True))
    return [results[index] for index in range(len(series))]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of series to go in step: longest first, and none that ends before half of the others."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if len(batch) == _BATCH or (len(batch) >= _WORTH_ARRAYS and 2 * lengths[index] < lengths[batch[0]]):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _in_step(series: Sequence[tuple[Floats, Floats]]) -> list[Scored]:
    """Row by row through all of them, longest first; those that have ended are carried along unread."""
    if len(series) < _WORTH_ARRAYS:
        return [detect(seconds, values) for seconds, values in series]
    kept = [np.flatnonzero(np.isfinite(values)) for _, values in series]
    scored = [_empty(len(values)) for _, values in series]
    longest = max(len(rows) for rows in kept)
    values, days, weeks = _laid_out(series, kept, longest)
    watch = Watch(ManySeries(len(series)))
    told: list[Verdict] = []
    with np.errstate(all="ignore"):
        for row in range(longest):
            told.append(watch.step(values[row], days[row], weeks[row]))
            if len(told) == _FLUSH_ROWS or row == longest - 1:
                _flush(told, scored, kept, row + 1 - len(told))
                told = []
    return scored


def _laid_out(
    series: Sequence[tuple[Floats, Floats]], kept: Sequence[NDArray[np.int64]], longest: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Values and slots by row and series; a series that has ended repeats its last value."""
    values = np.zeros((longest, len(series)))
    seconds = np.zeros((longest, len(series)))
    for column, ((times, own), rows) in enumerate(zip(series, kept, strict=True)):
        if len(rows):
            values[: len(rows), column], values[len(rows) :, column] = own[rows], own[rows[-1]]
            seconds[: len(rows), column] = times[rows]
    return values, *many_slots(seconds)


def _flush(told: Sequence[Verdict], scored: Sequence[Scored], kept: Sequence[NDArray[np.int64]], first: int) -> None:
    """Hand the rows told since to the series that still run."""
    columns = [np.stack(field) for field in zip(*told, strict=True)]
    for index, rows in enumerate(kept):
        own = rows[first : first + len(told)]
        for target, column in zip(scored[index], columns, strict=True):
            target[own] = column[: len(own), index]


def _empty(rows: int) -> Scored:
    return Scored(
        score=np.zeros(rows),
        alert=np.zeros(rows, dtype=np.bool_),
        channel=np.zeros(rows, dtype=np.int64),
        expected=np.full(rows, np.nan),
        step=np.zeros(rows),
        usual_step=np.zeros(rows),
        confirmed=np.zeros(rows, dtype=np.bool_),
    )
