"""What a special day excuses: values that such a day usually shows are left out, neither judged nor learnt from.

Nothing else about detection changes. A value far beyond what such a day does, such as none at all, is judged like any
other, so that an outage is found on a holiday, too. What a day did before under the same name widens what it may do.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from statistics import median

import numpy as np
from numpy.typing import NDArray

from agents.drift.occasions import called_alike
from agents.drift.series.detection import Floats
from agents.drift.series.times import DAY, slots

LEAST, MOST = 0.1, 5.0
"""Shares of the usual value that any special day excuses."""
_AROUND_BEFORE = 3.0
"""The same day of years before may be passed, or stayed below, by so much."""
_USUAL_DAYS = 28
_WEEKS_ENOUGH = 3
"""With so many values of the same weekday no others are asked."""
_APART_DAYS = 180
"""What lies nearer is the same occasion still."""
_REMEMBERED = 64


def is_excused(share: float, before: Sequence[float]) -> bool:
    """Whether a special day explains the share of the usual value; `before`: what it was on that day in other years."""
    if not before:
        return LEAST <= share <= MOST
    was = median(before)
    return min(was, 1.0) / _AROUND_BEFORE <= share <= max(was, 1.0) * _AROUND_BEFORE


class Excusing:
    """Row by row: does the day excuse the value? Remembers four weeks of ordinary days, and special ones for years."""

    def __init__(self, name_of: Callable[[date], str]) -> None:
        """`name_of` gives a special day's name, the same in every year, and an empty text for other days."""
        self._name_of = name_of
        self._ordinary: OrderedDict[int, dict[int, float]] = OrderedDict()
        """Day → quarter of an hour → value."""
        self._shares: defaultdict[tuple[str, int], deque[tuple[int, float]]] = defaultdict(
            lambda: deque(maxlen=_REMEMBERED)
        )
        self._day, self._name = -1, ""

    def excuses(self, second: float, value: float) -> bool:
        """Judge the newest row by those before it."""
        day, (slot, _) = int(second // DAY), slots(second)
        if day != self._day:
            self._day, self._name = day, self._name_of(datetime.fromtimestamp(day * DAY, UTC).date())
        if not np.isfinite(value):
            return False
        if not self._name:
            self._keep(day, slot, value)
            return False
        usual = self._usual(day, slot)
        if not usual:
            return usual == value
        share = value / usual
        known = self._shares[called_alike(self._name), slot]
        excused = is_excused(share, [one for at, one in known if day - at >= _APART_DAYS])
        known.append((day, share))
        return excused

    def _keep(self, day: int, slot: int, value: float) -> None:
        self._ordinary.setdefault(day, {})[slot] = value
        while next(iter(self._ordinary)) < day - _USUAL_DAYS:
            self._ordinary.popitem(last=False)

    def _usual(self, day: int, slot: int) -> float | None:
        """The median at the same time on the same weekday, or on all days where there are few of that."""
        recent = {at: by[slot] for at, by in self._ordinary.items() if slot in by and at >= day - _USUAL_DAYS}
        same = [value for at, value in recent.items() if (day - at) % 7 == 0]
        chosen = same if len(same) >= _WEEKS_ENOUGH else list(recent.values())
        return median(chosen) if len(chosen) >= _WEEKS_ENOUGH else None


def excused(seconds: Floats, values: Floats, name_of: Callable[[date], str]) -> NDArray[np.bool_]:
    """Of each row, whether its day excuses it; judged by the rows before it alone."""
    by_row = Excusing(name_of)
    rows = zip(seconds.tolist(), values.tolist(), strict=True)
    return np.array([by_row.excuses(second, value) for second, value in rows], dtype=np.bool_)
