"""What the scores of a series mean to people: alerts with begin, end, kind, size and what was expected.

An alert exists from its first row on; its kind and end are told by the rows that follow, so they may still change while
it lasts. Missing rows are told apart from strange values: they have alerts and no scores.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from agents.drift.series.detection import Floats, Scored
from agents.drift.series.levels import SPREAD
from agents.drift.series.watching import CONFIRM_ROWS, STILL, THRESHOLD

_BACK_ROWS = 3
"""So many rows in a row within half the first departure: the episode is over."""
_GAP_FACTOR = 6.0
"""A pause this much longer than any before is missing data …"""
_GAP_AFTER_ROWS = 30
"""… once so many rows have shown what pauses are usual."""


class Kind(StrEnum):
    """What happened."""

    SPIKE = "spike"
    """Away and back within a few rows."""
    LEVEL_SHIFT = "level_shift"
    """Away, and it stayed."""
    TREND_BREAK = "trend_break"
    """Away, and going further."""
    VARIANCE_CHANGE = "variance_change"
    """Steps from value to value became larger or smaller; observed and expected are such steps."""
    FLATLINE = "flatline"
    """Not moving at all, unlike before; observed and expected are steps."""
    MISSING = "missing_data"
    """No value for much longer than ever; observed and expected are seconds without one."""


class Size(StrEnum):
    """How much of a person's attention it asks for."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Alert:
    """One event; rows count from 0, both included."""

    first_row: int
    last_row: int
    kind: Kind
    size: Size
    expected: float
    observed: float
    score: float


def alerts_of(
    seconds: Floats,
    values: Floats,
    scored: Scored,
    *,
    threshold: float = THRESHOLD,
    excused: NDArray[np.bool_] | None = None,
) -> tuple[Alert, ...]:
    """Alerts in order of their first row; rows that were `excused` from being scored are there, but tell nothing."""
    there = np.isfinite(values)
    rows = np.flatnonzero(there if excused is None else there & ~excused)
    onsets = np.flatnonzero(scored.score[rows] >= threshold)
    found = [_alert(values, scored, rows, onset) for onset in onsets.tolist()]
    return tuple(sorted([*found, *_missing(seconds, np.flatnonzero(there))], key=lambda alert: alert.first_row))


def size_of(score: float) -> Size:
    """Of a score at or above the threshold."""
    if score >= 0.7:
        return Size.LARGE
    return Size.MEDIUM if score >= 0.6 else Size.SMALL


def _alert(values: Floats, scored: Scored, rows: NDArray[np.int64], onset: int) -> Alert:
    row, score = int(rows[onset]), float(scored.score[rows[onset]])
    following = rows[onset : onset + CONFIRM_ROWS]
    departures = values[following] - scored.expected[following]
    if scored.channel[row] in {SPREAD, STILL}:
        return _of_spread(scored, following, score)
    length = _length(departures)
    if length < len(departures):
        # Of a short episode the wildest value is told, which need not be the first.
        wildest = int(np.argmax(np.abs(departures[:length])))
        expected, observed = scored.expected[following[wildest]], values[following[wildest]]
        kind = Kind.SPIKE
    else:
        kind = _lasting(departures)
        expected, observed = scored.expected[following].mean(), values[following].mean()
    return Alert(row, int(following[length - 1]), kind, size_of(score), float(expected), float(observed), score)


def _length(departures: Floats) -> int:
    """Rows until the values are back to normal; all of them if they never are."""
    back = np.sign(departures[0]) * departures < 0.5 * abs(departures[0])
    for row in range(1, len(back) - _BACK_ROWS + 1):
        if back[row : row + _BACK_ROWS].all():
            return row
    return len(departures)


def _lasting(departures: Floats) -> Kind:
    """A departure that grows steadily is a broken trend; one that stays is a shift."""
    if len(departures) < CONFIRM_ROWS:
        return Kind.SPIKE if len(departures) <= _BACK_ROWS else Kind.LEVEL_SHIFT
    thirds = [float(np.median(part)) for part in np.array_split(np.sign(departures[0]) * departures, 3)]
    growing = thirds[1] > 1.25 * thirds[0] and thirds[2] > 1.2 * thirds[1] and thirds[0] > 0
    return Kind.TREND_BREAK if growing else Kind.LEVEL_SHIFT


def _of_spread(scored: Scored, following: NDArray[np.int64], score: float) -> Alert:
    row = int(following[0])
    expected, observed = float(scored.usual_step[row]), float(scored.step[row])
    if scored.channel[row] == STILL:
        return Alert(row, int(following[-1]), Kind.FLATLINE, size_of(score), expected, 0.0, score)
    kind = Kind.FLATLINE if observed < 0.01 * expected else Kind.VARIANCE_CHANGE
    return Alert(row, int(following[-1]), kind, size_of(score), expected, observed, score)


def _missing(seconds: Floats, rows: NDArray[np.int64]) -> Iterator[Alert]:
    """Pauses far longer than all before; told at the row that ends them."""
    pauses = np.diff(seconds[rows])
    longest = np.maximum.accumulate(pauses) if len(pauses) else pauses
    for index in range(_GAP_AFTER_ROWS, len(pauses)):
        if pauses[index] > _GAP_FACTOR * longest[index - 1] > 0:
            row = int(rows[index + 1])
            times = float(pauses[index] / longest[index - 1] / _GAP_FACTOR)
            size = Size.LARGE if times >= 4 else Size.MEDIUM if times >= 2 else Size.SMALL
            yield Alert(row, row, Kind.MISSING, size, float(np.median(pauses[:index])), float(pauses[index]), 1.0)
