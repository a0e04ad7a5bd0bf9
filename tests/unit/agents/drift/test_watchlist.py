"""The watch over thousands of daily series: what is kept between looks gives the same verdicts as never stopping."""

from datetime import date, timedelta
from itertools import zip_longest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.drift.series.detection import Online
from agents.drift.series.keeping import numbers_of, watch_of
from agents.drift.watchlist import REMEMBERED_DAYS, Watchlist

FIRST = date(2026, 1, 5)
DAY = timedelta(days=1)


def values(seed: int, days: int, shift_at: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = 100 * np.exp(random.normal(0, 0.1, days))
    made[shift_at:] *= 2.5
    return made


def seconds(day: date) -> float:
    return (day - date(1970, 1, 1)).days * 86_400.0


def departed_online(series: np.ndarray) -> list[int]:
    watch = Online()
    return [at for at, value in enumerate(series.tolist()) if watch.update(seconds(FIRST + at * DAY), value).alert]


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), stop_every=st.integers(1, 40))
def test_kept_between_looks_is_judged_as_if_it_had_never_stopped(seed: int, stop_every: int) -> None:
    series = values(seed, 180, 130)
    watchlist, kept, departed = Watchlist(), [], []
    for at, value in enumerate(series.tolist()):
        if watchlist.see(FIRST + at * DAY, {"cpc|email": value}):
            departed.append(at)
        if at % stop_every == 0:
            kept = [new or old for new, old in zip_longest(watchlist.changed(), kept)]
            watchlist = Watchlist(kept)
    assert departed == departed_online(series)


def test_a_day_seen_twice_changes_nothing() -> None:
    watchlist = Watchlist()
    for at, value in enumerate(values(1, 120, 119).tolist()):
        watchlist.see(FIRST + at * DAY, {"a": value})
    before = watchlist.changed()
    assert watchlist.see(FIRST + 119 * DAY, {"a": 1e6}) == frozenset()
    assert watchlist.changed() == before


def test_a_series_without_a_value_is_left_as_it_was_and_others_go_on() -> None:
    steady, gappy = Watchlist(), Watchlist()
    series = values(3, 150, 140).tolist()
    for at, value in enumerate(series):
        steady.see(FIRST + at * DAY, {"a": value})
        gappy.see(FIRST + at * DAY, {"a": value, "b": float("nan") if at % 5 == 2 else 7.0})
    assert steady.marked(FIRST + 149 * DAY) == gappy.marked(FIRST + 149 * DAY) == {"a"}


def test_a_mark_is_forgotten_after_two_weeks() -> None:
    watchlist = Watchlist()
    series = values(4, 150, 130)
    series[131:] = series[100:119]
    for at, value in enumerate(series.tolist()):
        watchlist.see(FIRST + at * DAY, {"a": value})
    assert watchlist.marked(FIRST + 135 * DAY) == {"a"}
    assert watchlist.marked(FIRST + (130 + REMEMBERED_DAYS) * DAY) == frozenset()


def test_a_series_that_comes_later_begins_a_cohort_of_its_own() -> None:
    watchlist = Watchlist()
    watchlist.see(FIRST, {"a": 1.0})
    watchlist.see(FIRST + DAY, {"a": 1.0, "b": 2.0, "c": float("nan")})
    watchlist.see(FIRST + 2 * DAY, {"a": 1.0, "b": 2.0, "c": 3.0})
    assert [one.names for one in watchlist.changed() if one is not None] == [("a",), ("b",), ("c",)]
    assert watchlist.last == FIRST + 2 * DAY


def test_only_what_has_seen_a_new_day_is_written_again() -> None:
    watchlist = Watchlist()
    watchlist.see(FIRST, {"a": 1.0})
    kept = [one for one in watchlist.changed() if one is not None]
    again = Watchlist(kept)
    assert again.changed() == [None]
    again.see(FIRST + DAY, {"a": 2.0})
    assert again.changed() != [None]


def test_the_state_of_another_make_of_the_detector_is_refused_and_begun_anew() -> None:
    watchlist = Watchlist()
    watchlist.see(FIRST, {"a": 1.0})
    (kept,) = watchlist.changed()
    shorter = kept.model_copy(update={"numbers": kept.numbers[:-8]})
    again = Watchlist([shorter])
    assert again.last is None
    with pytest.raises(ValueError, match="numbers a series"):
        watch_of(list(kept.counters), np.zeros((3, 1)))


def test_numbers_go_out_and_come_back_the_same() -> None:
    watchlist = Watchlist()
    for at in range(60):
        watchlist.see(FIRST + at * DAY, {"a": float(at % 7), "b": float(at % 5)})
    (kept,) = watchlist.changed()
    numbers = np.frombuffer(kept.numbers).reshape(-1, 2)[1:]
    counters, again = numbers_of(watch_of(list(kept.counters), numbers))
    assert tuple(counters) == kept.counters
    assert np.array_equal(again, numbers, equal_nan=True)
