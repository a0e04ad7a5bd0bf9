"""Rolling z-score and PageHinkley over the points of `bench drift`, with the cause that their KPI suggests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.commands.bench_drift_market import Episode, Lived

OTHERS = ("rolling_z", "page_hinkley")
_WINDOW_DAYS = 28
_SLACK = 0.25
"""Standard deviations of drift that PageHinkley lets pass."""
_WARM_UP = 14
_LEVELS = {
    "rolling_z": (2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0, 30.0),
    "page_hinkley": (3.0, 5.0, 8.0, 12.0, 16.0, 20.0, 30.0, 45.0, 70.0),
}
_SUGGESTS = {
    "cpm": "price",
    "cpc": "price",
    "ctr": "creative",
    "cvr": "tracking",
    "roas": "tracking",
    "orders": "outside",
}
_OUTAGE = 0.5
Floats = NDArray[np.float64]


def thresholds_of(name: str) -> Sequence[float]:
    """Those that a detector is tried with."""
    return _LEVELS[name]


def alarms_of(name: str, lived: Lived, threshold: float) -> list[Episode]:
    """Every series and day that passes the threshold, with the KPI's usual suspect; strongest first within a day."""
    values = np.array(lived.values)
    scores = _rolling_z(values) if name == "rolling_z" else _page_hinkley(values, threshold)
    found = []
    for row in range(lived.watched_from, len(values)):
        over = [at for at in np.argsort(-scores[row]).tolist() if scores[row, at] >= threshold]
        if over:
            found.append(Episode(row - lived.watched_from, _cause(lived.names[over[0]], values[: row + 1, over[0]])))
    return found


def _cause(name: str, values: Floats) -> str:
    kpi = name.partition("|")[0]
    if kpi == "spend":
        return "channel" if values[-1] < _OUTAGE * np.nanmean(values[-_WINDOW_DAYS - 1 : -1]) else "change"
    return _SUGGESTS[kpi]


def _rolling_z(values: Floats) -> Floats:
    """Distance from the mean of the 28 days before, in their standard deviations."""
    scores = np.zeros(values.shape)
    for row in range(_WARM_UP, len(values)):
        before = values[max(0, row - _WINDOW_DAYS) : row]
        with np.errstate(all="ignore"):
            mean, deviation = np.nanmean(before, axis=0), np.nanstd(before, axis=0)
            scores[row] = np.nan_to_num(np.abs(values[row] - mean) / (deviation + 1e-9))
    return scores


def _page_hinkley(values: Floats, threshold: float) -> Floats:
    """Page's test (1954) in both directions on values standardised by their past; begun anew after an alarm."""
    scores = np.zeros(values.shape)
    mean, square, up, down, count = (np.zeros(values.shape[1]) for _ in range(5))
    for row, newest in enumerate(values):
        present = np.isfinite(newest)
        departure = np.where(present, newest - mean, 0.0)
        deviation = np.sqrt(square / np.maximum(count, 1))
        standard = np.where(count > _WARM_UP, departure / np.maximum(deviation, 1e-9), 0.0)
        up, down = np.maximum(up + standard - _SLACK, 0), np.maximum(down - standard - _SLACK, 0)
        count = count + present
        mean = mean + departure / np.maximum(count, 1)
        square = square + departure * np.where(present, newest - mean, 0.0)
        scores[row] = np.maximum(up, down)
        told = scores[row] >= threshold
        mean = np.where(told, newest, mean)
        for state in (square, up, down):
            state[told] = 0.0
        count = np.where(told, 1.0, count)
    return scores
