"""How far a series moves from day to day: much more than it ever did, or not at all any more."""

from dataclasses import dataclass

import numpy as np

from agents.drift.level import Series

_DAYS = 14
_LEAST_BLOCKS = 3
_STILL_DAYS = 5
_TIMES = 2.0
"""Times the largest earlier unrest."""
_LEAST = 0.15
"""Usual steps below this share of the value are never too large."""
_MOVED = 0.01


@dataclass(frozen=True, slots=True)
class Unrest:
    """Median relative step from day to day (0.1 is 10 %), weekdays taken out."""

    days: int
    now: float
    before: float
    """The median of earlier stretches as long."""


def unrest(series: Series) -> Unrest | None:
    """Of the newest two weeks against all stretches as long before; None while it moves as it always did.

    A median step is not moved by one shift of the level, nor by a spike.
    """
    made, of = series.numerator, series.denominator
    if len(made) < (_LEAST_BLOCKS + 1) * _DAYS or (made <= 0).any() or (of <= 0).any():
        return None
    logs = np.log(made / of)
    logs -= _weekdays(logs)
    steps = np.abs(np.diff(logs))
    blocks = [float(np.median(steps[end - _DAYS : end])) for end in range(len(steps), _DAYS - 1, -_DAYS)]
    usual = float(np.median(blocks[1:]))
    same = made[-_STILL_DAYS:]
    if usual >= _MOVED and (same == same[0]).all():
        return Unrest(_STILL_DAYS, 0.0, usual)
    newest = float(np.median(steps[-3:]))
    loud = blocks[0] >= _TIMES * max(blocks[1:]) and blocks[0] >= _LEAST and newest > usual
    return Unrest(_DAYS, blocks[0], usual) if loud else None


def _weekdays(logs: np.ndarray) -> np.ndarray:
    """Median of each weekday's departure from its own week."""
    week = np.convolve(logs, np.ones(7) / 7, mode="same")
    slots = np.arange(len(logs)) % 7
    inner = slice(3, len(logs) - 3)
    medians = np.array([np.median((logs - week)[inner][slots[inner] == slot]) for slot in range(7)])
    factors: np.ndarray = medians[slots]
    return factors
