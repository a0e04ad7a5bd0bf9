"""What a daily number will come to over days ahead: the level of each weekday in recent weeks, summed.

The range is not assumed: it is how far the same method, used on earlier days, was from what then came. Where it cannot
be tried often enough there is no outlook. Amounts are floats in the KPI's own unit; nothing computed here is booked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_DAYS = 42
"""Days of history without which nothing is said."""
LEAST_TRIALS = 8
COVERAGE = 0.8
"""Share of outcomes that the range is meant to hold."""
_DECAY = 0.85
"""Weight of a week beside the one after it."""
_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Days:
    """A daily series without gaps, oldest day first; of a quotient its two sums."""

    first: date
    top: Floats
    bottom: Floats | None
    """None where nothing is divided."""

    @property
    def count(self) -> int:
        return len(self.top)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A sum or quotient over the days ahead, as a range."""

    low: float
    middle: float
    high: float
    trials: int
    """How many times the method was tried on earlier days."""


def outlook(
    days: Days, *, first: date, last: date, known: tuple[float, float] = (0.0, 0.0), factor: float = 1.0
) -> Outlook | None:
    """The KPI over first to last, both later than the series; None where too little is known to say how sure it is.

    `known` are the sums of the part of the window that is over already. A quotient is multiplied by `factor`.
    """
    ahead = (first - days.first).days - days.count
    length = (last - first).days + 1
    if days.count < LEAST_DAYS or ahead < 0:
        return None
    middle = _over(days, days.count, ahead, length)
    errors = []
    for cut in range(LEAST_DAYS - 14, days.count - ahead - length + 1):
        promised, came = _over(days, cut, ahead, length), _sums(days, cut + ahead, length)
        said, was = _value(promised, days, factor), _value(came, days, factor)
        if said > 0 and was > 0:
            errors.append(float(np.log(was / said)))
    if len(errors) < LEAST_TRIALS:
        return None
    return _ranged(days, middle, known, np.array(errors), length, factor)


def _ranged(
    days: Days, middle: tuple[float, float], known: tuple[float, float], errors: Floats, length: int, factor: float
) -> Outlook:
    # Windows that overlap are hardly independent: the fewer there are, the wider.
    widened = errors * float(np.sqrt(1 + length / len(errors)))
    low, high = (float(np.exp(one)) for one in np.quantile(widened, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]))
    ends = []
    for times in (min(low, 1.0), 1.0, max(high, 1.0)):
        top, bottom = known[0] + middle[0] * times, known[1] + middle[1]
        ends.append(_value((top, bottom), days, factor))
    return Outlook(low=ends[0], middle=ends[1], high=ends[2], trials=len(errors))


def _value(sums: tuple[float, float], days: Days, factor: float) -> float:
    if days.bottom is None:
        return sums[0] * factor
    return sums[0] / sums[1] * factor if sums[1] > 0 else 0.0


def _sums(days: Days, start: int, length: int) -> tuple[float, float]:
    part = slice(start, start + length)
    return float(days.top[part].sum()), 0.0 if days.bottom is None else float(days.bottom[part].sum())


def _over(days: Days, cut: int, ahead: int, length: int) -> tuple[float, float]:
    """The sums of `length` days that begin `ahead` days after the first `cut` days, from those alone."""
    places = np.arange(cut + ahead, cut + ahead + length) % 7
    top = _levels(days.top[:cut])[places].sum()
    bottom = 0.0 if days.bottom is None else _levels(days.bottom[:cut])[places].sum()
    return float(top), float(bottom)


def _levels(series: Floats) -> Floats:
    """A level for each place in the week, counted from the start of the series: recent weeks weigh more."""
    newest = series[-7 * _WEEKS :]
    start = len(series) - len(newest)
    weights = _DECAY ** ((len(newest) - 1 - np.arange(len(newest))) // 7)
    places = (start + np.arange(len(newest))) % 7
    level = float((newest * weights).sum() / weights.sum())
    shape = np.array([float((newest * weights)[places == at].sum() / weights[places == at].sum()) for at in range(7)])
    # Half of the weekday's own level, half of the common one where few weeks are known.
    trust = min(len(newest) / (7 * 4), 1.0)
    return np.asarray(level + (shape - level) * trust)


def days_of(labels: Sequence[str], top: Sequence[float], bottom: Sequence[float] | None) -> Days | None:
    """A series from ISO days in order; days that are missing in between count as nothing; None without any."""
    if not labels:
        return None
    first = date.fromisoformat(labels[0])
    count = (date.fromisoformat(labels[-1]) - first).days + 1
    filled = [np.zeros(count), np.zeros(count)]
    for at, label in enumerate(labels):
        place = (date.fromisoformat(label) - first) // timedelta(days=1)
        filled[0][place] = top[at]
        filled[1][place] = bottom[at] if bottom is not None else 0.0
    return Days(first=first, top=filled[0], bottom=filled[1] if bottom is not None else None)
