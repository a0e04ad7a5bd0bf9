"""The expected level of a daily series and how far its newest days depart from it.

A series is a ratio of two daily columns (the denominator is 1 for plain amounts); sums are divided once, never
ratios averaged. Weekdays are factored out, the level is a trimmed ratio of sums over the days before, and the
departure is measured in units of the series' own past departures: a series that is always wild stays quiet.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOWS = (1, 2, 3)
"""Numbers of newest days that are judged together."""
_FLOOR = 0.02
"""A ratio below this share of the expected one counts as this share, so that its logarithm exists."""
_MIN_LEVEL_DAYS = 14
_MIN_SCALE = 0.02
_MIN_PAST = 10
_TRIM = 0.15
_RENEWED_FROM = 28
"""Days before a new normal that say what the old one was."""


@dataclass(frozen=True, slots=True)
class Series:
    """One KPI of one entity, oldest day first, newest last; arrays of equal length without gaps."""

    numerator: Floats
    denominator: Floats
    shown: Floats | None = None
    """The denominator that people are shown, where `denominator` is adjusted."""
    counts: Floats | None = None
    """Expected size of the Poisson count behind a day's numerator, None for amounts that are not counted."""
    extra_error: Floats | None = None
    """Relative standard error of each day that the past does not show, such as that of unarrived conversions."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The departure of the newest `days` days from the expected value."""

    days: int
    observed: float
    """Numerator ÷ denominator over the days: a mean a day for plain amounts."""
    expected: float
    effect: float
    """observed ÷ expected − 1."""
    z: float
    """Departure in robust standard errors, with its sign."""
    record: float
    """Departure ÷ largest departure of the quiet past."""
    usual: float
    """Median of the past departures, as a score (see `_score`)."""
    scale: float
    """Standard error of a departure, as a score."""
    largest: float
    """Largest departure of the quiet past, as a score."""

    def quiet_range(self, *, z: float, record: float, effect: float) -> tuple[float, float]:
        """Between which values nothing is said that needs so much certainty, so much of a record and of an effect."""
        up = max(z * self.scale + self.usual, record * self.largest, _MIN_SCALE)
        down = max(z * self.scale - self.usual, record * self.largest, _MIN_SCALE)
        high = max(float(np.exp(min(up, 50.0))), 1 + effect)
        low = min(max(1 - down / 2, 0.0) ** 2, 1 - effect)
        return max(self.expected * low, 0.0), self.expected * high


def read(
    series: Series, *, level_days: int, min_history_days: int, windows: tuple[int, ...] = WINDOWS
) -> tuple[Reading, ...]:
    """Judge the newest days, as many together as `windows` says; empty with too little history or nothing there."""
    size = len(series.numerator)
    if size - max(windows) < min_history_days:
        return ()
    weekday = _weekday_factors(series)
    weighted = series.denominator * weekday
    if weighted[: size - 1].sum() <= 0 or series.numerator[: size - 1].sum() <= 0:
        return ()
    readings = (_reading(series, weighted, days=days, level_days=level_days) for days in windows)
    return tuple(reading for reading in readings if reading is not None)


def _reading(series: Series, weighted: Floats, *, days: int, level_days: int) -> Reading | None:
    size = len(weighted)
    shown = series.denominator if series.shown is None else series.shown
    over = float(shown[-days:].sum())
    # The newest two weeks may hold the event itself; they do not say what is normal.
    gap = 14 if size >= 70 else 7
    ends = np.array([*range(_MIN_LEVEL_DAYS + days, size - gap + 1), size])
    expected, observed = _departures(series.numerator, weighted, ends=ends, days=days, level_days=level_days)
    known = expected > 0
    if over <= 0 or not known[-1] or known[:-1].sum() < _MIN_PAST:
        return None
    scores = _score(observed[known] / expected[known])
    past, score = scores[:-1], float(scores[-1])
    usual, scale, largest = float(np.median(past)), _scale(past, series, days), float(np.abs(past).max())
    return Reading(
        days=days,
        observed=float(observed[-1]) / over,
        expected=float(expected[-1]) / over,
        effect=float(observed[-1] / expected[-1]) - 1,
        z=(score - usual) / scale,
        record=abs(score) / max(largest, _MIN_SCALE),
        usual=usual,
        scale=scale,
        largest=largest,
    )


def _scale(past: Floats, series: Series, days: int) -> float:
    # 1.1: weekday factors were fitted on the same days, which makes past departures a little too small.
    robust = 1.1 * 1.4826 * float(np.median(np.abs(past - np.median(past))))
    spread = max(robust, 0.5 * float(past.std()), _MIN_SCALE)
    if series.counts is not None:
        typical = float(np.median(series.counts)) * days
        now = max(float(series.counts[-days:].sum()), 0.5)
        spread = max(spread * float(np.sqrt(max(typical / now, 1.0))), float(1 / np.sqrt(now)))
    extra = 0.0 if series.extra_error is None else float(series.extra_error[-days:].mean())
    return float(np.hypot(spread, extra))


def _departures(
    numerator: Floats, weighted: Floats, *, ends: NDArray[np.int64], days: int, level_days: int
) -> tuple[Floats, Floats]:
    """Expected and observed sums of the `days` days before each end; expected 0 without denominator or level."""
    before = ends[:, None] - days - np.arange(level_days, 0, -1)[None, :]
    inside = before >= 0
    index = np.maximum(before, 0)
    level = _trimmed_ratios(np.where(inside, numerator[index], 0.0), np.where(inside, weighted[index], 0.0))
    judged = ends[:, None] - np.arange(days, 0, -1)[None, :]
    return level * weighted[judged].sum(axis=1), numerator[judged].sum(axis=1)


def _trimmed_ratios(numerator: Floats, weighted: Floats) -> Floats:
    """Ratio of sums of each row without its days of the highest and lowest ratio; 0 with less than a week."""
    kept = weighted > 0
    count = kept.sum(axis=1, keepdims=True)
    ratio = np.divide(numerator, weighted, out=np.full(weighted.shape, np.inf), where=kept)
    order = np.argsort(ratio, axis=1, kind="stable")
    rank = np.arange(weighted.shape[1])[None, :]
    cut = (count * _TRIM).astype(np.int64)
    middle = (rank >= cut) & (rank < count - cut) & (count >= _MIN_LEVEL_DAYS // 2)
    over = (np.take_along_axis(weighted, order, axis=1) * middle).sum(axis=1)
    made = (np.take_along_axis(numerator, order, axis=1) * middle).sum(axis=1)
    ratios: Floats = np.divide(made, over, out=np.zeros(len(over)), where=over > 0)
    return ratios


def _score(ratio: Floats) -> Floats:
    """Log of a rise, 2(√ratio − 1) of a fall: small counts fall far on a log scale without meaning it."""
    score: Floats = np.where(ratio > 1, np.log(np.maximum(ratio, 1.0)), 2 * (np.sqrt(np.minimum(ratio, 1.0)) - 1))
    return score


def _weekday_factors(series: Series) -> Floats:
    """Factor of each day's weekday around 1, shrunk towards 1 as far as few weeks or much noise ask for it."""
    size = len(series.numerator)
    judged = size - max(WINDOWS)
    ratio = np.divide(series.numerator, series.denominator, out=np.zeros(size), where=series.denominator > 0)
    logs = np.full(size, np.nan)
    for day in range(3, judged - 3):
        around = slice(day - 3, day + 4)
        level = series.numerator[around].sum() / max(series.denominator[around].sum(), 1e-12)
        if level > 0 and ratio[day] > 0:
            logs[day] = np.log(max(ratio[day] / level, _FLOOR))
    slots = np.arange(size) % 7
    factors = np.zeros(7)
    for slot in range(7):
        seen = logs[(slots == slot) & np.isfinite(logs)]
        if len(seen) >= 2:
            middle, error = float(np.median(seen)), float(1.25 * seen.std() / np.sqrt(len(seen)))
            factors[slot] = middle * middle**2 / (middle**2 + error**2 + 1e-9)
    result: Floats = np.exp(factors)[slots]
    return result


def renewed(series: Series, *, since: int) -> Series:
    """The series as if the level from row `since` on had been the usual one before, too; unchanged without a level."""
    size = len(series.numerator)
    if not 0 < since < size:
        return series
    weighted = series.denominator * _weekday_factors(series)
    before = slice(max(0, since - _RENEWED_FROM), since)
    old = float(_trimmed_ratios(series.numerator[None, before], weighted[None, before])[0])
    # The newest day is to be judged by the new level, not to make it, where there is any other day of it.
    after = slice(since, max(size - 1, since + 1))
    over = float(weighted[after].sum())
    new = float(series.numerator[after].sum()) / over if over > 0 else 0.0
    if old <= 0 or new <= 0:
        return series
    numerator = series.numerator.copy()
    numerator[:since] *= new / old
    return replace(series, numerator=numerator)


def growing(series: Series, *, days: int, sign: float) -> bool:
    """Whether the newest so many days depart further and further: each third of them more than the one before."""
    size = len(series.numerator)
    if days < 6 or size <= days + 28:
        return False
    weighted = series.denominator * _weekday_factors(series)
    past = slice(max(0, size - days - 28), size - days)
    level = float(_trimmed_ratios(series.numerator[None, past], weighted[None, past])[0])
    if level <= 0:
        return False
    thirds = [
        float(series.numerator[part].sum()) / max(float(weighted[part].sum()), 1e-12) / level - 1
        for part in np.array_split(np.arange(size - days, size), 3)
    ]
    away = [sign * one for one in thirds]
    return away[0] > 0 and away[1] > 1.25 * away[0] and away[2] > 1.2 * away[1]


def streak(series: Series, *, sign: float, at_least: float, longest: int = 14) -> int:
    """Newest days in a row that depart by at least the share in the direction of `sign`, at most `longest`."""
    size = len(series.numerator)
    weighted = series.denominator * _weekday_factors(series)
    first = max(0, size - longest - 28)
    past = slice(first, size - longest)
    level = float(_trimmed_ratios(series.numerator[None, past], weighted[None, past])[0])
    days = 0
    while days < min(longest, size) and level > 0:
        day = size - 1 - days
        expected = level * float(weighted[day])
        if expected <= 0 or sign * (float(series.numerator[day]) / expected - 1) < at_least:
            break
        days += 1
    return max(days, 1)
