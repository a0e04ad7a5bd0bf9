"""The level: weekdays are expected, the series' own noise is the yardstick."""

import numpy as np
import pytest

from agents.drift.level import Series, read, streak

DAYS = 90


def weekly(seed: int, *, noise: float = 0.05, days: int = DAYS) -> np.ndarray:
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    return 100 * (1 + 0.4 * np.sin(2 * np.pi * day / 7)) * np.exp(rng.normal(0, noise, days))


def judged(values: np.ndarray):
    return read(Series(values, np.ones_like(values)), level_days=28, min_history_days=35)


@pytest.mark.parametrize("weekday", range(7))
def test_a_weekday_that_is_always_low_is_expected(weekday: int) -> None:
    newest = judged(weekly(1, days=DAYS + weekday))[0]
    assert abs(newest.effect) < 0.15
    assert abs(newest.z) < 3.5


@pytest.mark.parametrize("factor", [0.5, 1.8])
def test_a_step_departs_by_its_size_on_its_first_day(factor: float) -> None:
    values = weekly(2)
    values[-1] *= factor
    newest = judged(values)[0]
    assert newest.effect == pytest.approx(factor - 1, abs=0.15)
    assert abs(newest.z) > 6
    assert newest.record > 2


def test_the_same_step_is_nothing_special_in_a_wild_series() -> None:
    values = weekly(3, noise=0.5)
    values[-1] = np.median(values) * 1.8
    assert abs(judged(values)[0].z) < 4


def test_a_step_of_ten_days_still_departs_from_the_level_before_it() -> None:
    values = weekly(4)
    values[-10:] *= 1.8
    assert judged(values)[2].effect > 0.4
    assert streak(Series(values, np.ones_like(values)), sign=1, at_least=0.2) == 10


def test_ratios_are_sums_divided_once() -> None:
    rng = np.random.default_rng(5)
    clicks = rng.poisson(1000, DAYS).astype(float)
    cost = clicks * 0.5
    clicks[-2], cost[-2] = 10.0, 50.0  # a tiny day at ten times the price
    two = read(Series(cost, clicks), level_days=28, min_history_days=35)[1]
    assert two.observed == pytest.approx(cost[-2:].sum() / clicks[-2:].sum())
    assert two.effect < 0.15


@pytest.mark.parametrize("days", [0, 1, 20, 37])
def test_a_short_history_is_not_judged(days: int) -> None:
    assert judged(weekly(6, days=days)) == ()


def test_nothing_is_said_of_a_series_that_never_was() -> None:
    assert judged(np.zeros(DAYS)) == ()


def test_a_fall_to_zero_is_a_large_finite_departure() -> None:
    values = weekly(7)
    values[-1] = 0.0
    newest = judged(values)[0]
    assert newest.effect == -1.0
    assert np.isfinite(newest.z)
    assert newest.z < -8


def test_what_has_not_arrived_yet_widens_the_yardstick() -> None:
    values = weekly(8)
    values[-1] *= 0.7
    sure = read(Series(values, np.ones(DAYS)), level_days=28, min_history_days=35)[0]
    unsure = read(
        Series(values, np.ones(DAYS), extra_error=np.append(np.zeros(DAYS - 1), 0.3)),
        level_days=28,
        min_history_days=35,
    )[0]
    assert abs(unsure.z) < abs(sure.z) / 2
