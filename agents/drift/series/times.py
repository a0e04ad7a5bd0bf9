"""Where in the day and in the week a moment lies; moments are seconds of the series' own clock, without a zone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.drift.series.levels import DAY_SLOTS, WEEK_SLOTS

DAY = 86_400.0
_WEEK = 7 * DAY


def slots(second: float) -> tuple[int, int]:
    """Quarter of an hour of the day, hour of the week."""
    return int(second % DAY / DAY * DAY_SLOTS), int(second % _WEEK / _WEEK * WEEK_SLOTS)


def many_slots(seconds: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same of an array."""
    return (
        (seconds % DAY / DAY * DAY_SLOTS).astype(np.int64),
        (seconds % _WEEK / _WEEK * WEEK_SLOTS).astype(np.int64),
    )
