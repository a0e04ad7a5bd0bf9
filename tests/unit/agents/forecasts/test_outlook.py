"""Outlooks: the level of weekdays, a range that holds about as often as it says, and silence where too little is known."""

from datetime import date, timedelta

import numpy as np
import pytest

from agents.forecasts.outlook import COVERAGE, LEAST_DAYS, Days, days_of, outlook

FIRST = date(2026, 1, 5)  # a Monday
WEEK = np.array([1.0, 1.0, 1.1, 1.1, 1.2, 0.6, 0.5])


def series(count: int, *, noise: float = 0.0, seed: int = 1) -> Days:
    random = np.random.default_rng(seed)
    top = 100 * WEEK[np.arange(count) % 7] * np.exp(noise * random.standard_normal(count))
    return Days(first=FIRST, top=top, bottom=None)


def ahead(days: Days, length: int, *, gap: int = 0) -> tuple[date, date]:
    first = days.first + timedelta(days=days.count + gap)
    return first, first + timedelta(days=length - 1)


def test_a_regular_week_is_foreseen_exactly():
    days = series(70)
    first, last = ahead(days, 7, gap=3)
    found = outlook(days, first=first, last=last)
    assert found is not None
    assert (found.low, found.middle, found.high) == pytest.approx((650.0, 650.0, 650.0))


def test_a_single_sunday_is_foreseen_as_a_sunday():
    days = series(70)
    found = outlook(days, first=FIRST + timedelta(days=76), last=FIRST + timedelta(days=76))
    assert found is not None
    assert found.middle == pytest.approx(50)


def test_the_range_holds_about_as_often_as_it_says():
    held = []
    for seed in range(120):
        days = series(127, noise=0.2, seed=seed)
        known, came = Days(FIRST, days.top[:120], None), float(days.top[120:].sum())
        found = outlook(known, first=FIRST + timedelta(days=120), last=FIRST + timedelta(days=126))
        assert found is not None
        held.append(found.low <= came <= found.high)
    assert abs(np.mean(held) - COVERAGE) < 0.1


def test_a_quotient_is_foreseen_by_its_sums_and_what_is_known_is_counted():
    days = Days(FIRST, np.full(70, 30.0), np.full(70, 10.0))
    first, last = ahead(days, 7)
    found = outlook(days, first=first, last=last, known=(70.0, 70.0), factor=100)
    assert found is not None
    assert found.middle == pytest.approx((70 + 210) / (70 + 70) * 100)


@pytest.mark.parametrize(("count", "length"), [(LEAST_DAYS - 1, 1), (60, 40), (70, 90)])
def test_where_too_little_is_known_nothing_is_said(count, length):
    days = series(count)
    first, last = ahead(days, length)
    assert outlook(days, first=first, last=last) is None


def test_days_before_the_end_of_the_series_are_no_outlook():
    assert outlook(series(70), first=FIRST + timedelta(days=60), last=FIRST + timedelta(days=66)) is None


def test_missing_days_count_as_nothing():
    found = days_of(["2026-01-05", "2026-01-07"], [1.0, 3.0], None)
    assert found is not None
    assert found.top.tolist() == [1.0, 0.0, 3.0]
    assert days_of([], [], None) is None
