"""Special days in the daily KPIs of a source: what they excuse, and what stands in for them where normal is reckoned.

A special day never teaches what is normal: the same weekday of the week before stands in for it. The newest day, if it
is one, says nothing of a KPI that is within what such a day does, and all it has to say where it is far beyond that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from agents.drift.level import WINDOWS, Floats, Series
from agents.drift.occasions import Occasions
from agents.drift.series.excusing import is_excused

_WEEK = 7
_WEEKS = 4
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Excuses:
    """The team's special days, and what the newest day, if it is one, did before under its name."""

    occasions: Occasions = field(default_factory=Occasions)
    before: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Share of the usual value a year ago, by KPI and entity."""

    def special(self, last: date, days: int) -> NDArray[np.bool_]:
        """Which of so many days up to `last` are special, oldest first."""
        if not self.occasions:
            return np.zeros(days, dtype=np.bool_)
        names = (self.occasions.name_of(last - at * _DAY) for at in range(days - 1, -1, -1))
        return np.array([bool(name) for name in names], dtype=np.bool_)

    def excuse(self, kpi: str, entity: str, share: float | None) -> bool:
        """Whether the newest day, a special one, explains the share of what is usual; a campaign is as its channel."""
        known = [self.before[kpi, one] for one in (entity, entity.split("/", 1)[0]) if (kpi, one) in self.before]
        return share is None or is_excused(share, known[:1])


NONE = Excuses()


@dataclass(frozen=True)
class Cleared:
    """A series without its special days, and how many of its newest days may be judged together."""

    series: Series
    windows: tuple[int, ...]


def cleared(series: Series, special: NDArray[np.bool_]) -> Cleared:
    """Special days replaced, but for the newest, which is judged; no window reaches over a replaced one."""
    past = special.copy()
    past[-1:] = False
    windows = tuple(days for days in WINDOWS if not past[-days:].any())
    return Cleared(_stood_in(series, past), windows)


def share_of_usual(series: Series, special: NDArray[np.bool_]) -> float | None:
    """The newest day's value in terms of the usual one of its weekday; None where that is not known."""
    made, of = series.numerator, series.denominator
    if len(made) == 0 or of[-1] <= 0:
        return None
    newest = len(made) - 1
    ordinary = [at for at in range(max(newest - _WEEKS * _WEEK, 0), newest) if not special[at] and of[at] > 0]
    same = [at for at in ordinary if (newest - at) % _WEEK == 0]
    chosen = same if len(same) >= _WEEKS - 1 else ordinary
    usual = float(np.median(made[chosen] / of[chosen])) if len(chosen) >= _WEEKS - 1 else 0.0
    return float(made[newest] / of[newest]) / usual if usual > 0 else None


def _stood_in(series: Series, past: NDArray[np.bool_]) -> Series:
    """Each such day by the same weekday before it, oldest first, so that one stood in for can stand in itself."""
    source = np.arange(len(past))
    for day in np.flatnonzero(past).tolist():
        # Before the first week there is only the week after.
        source[day] = source[day - _WEEK] if day >= _WEEK else min(day + _WEEK, len(past) - 1)
    if not past.any():
        return series

    def taken(values: Floats | None) -> Floats | None:
        return None if values is None else values[source]

    return replace(
        series,
        numerator=series.numerator[source],
        denominator=series.denominator[source],
        shown=taken(series.shown),
        counts=taken(series.counts),
    )
