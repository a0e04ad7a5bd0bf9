import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.drift.series.alerts import Kind, Size, alerts_of
from agents.drift.series.detection import Online, Scored, detect, detect_many
from agents.drift.series.watching import THRESHOLD
from tests.unit.agents.drift.series.worlds import Floats, hours, noise, seasonal

SHAPES = st.sampled_from(("noise", "season", "counts", "spikes", "flat"))


def made(shape: str, rows: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    values = {
        "noise": noise(rows, seed=seed),
        "season": seasonal(rows, seed=seed),
        "counts": random.poisson(2, size=rows).astype(float),
        "spikes": np.where(random.random(rows) < 0.02, 50.0, 1.0) * random.random(rows),
        "flat": np.where(np.arange(rows) > rows // 2, 3.0, 7.0),
    }[shape]
    values[random.random(rows) < 0.01] = np.nan
    return values


def onsets(scored: Scored) -> list[int]:
    return np.flatnonzero(scored.score >= THRESHOLD).tolist()


@settings(deadline=None, max_examples=15)
@given(SHAPES, st.integers(300, 700), st.integers(0, 10_000), st.data())
def test_what_is_said_of_a_row_does_not_change_when_more_rows_come(
    shape: str, rows: int, seed: int, data: st.DataObject
):
    values, cut = made(shape, rows, seed), data.draw(st.integers(1, rows))
    whole, prefix = detect(hours(rows), values), detect(hours(cut), values[:cut])
    for all_of_it, first in zip(whole, prefix, strict=True):
        np.testing.assert_array_equal(all_of_it[:cut], first)


@settings(deadline=None, max_examples=10)
@given(SHAPES, st.integers(0, 10_000))
def test_thousands_together_are_told_what_each_is_told_online(shape: str, seed: int):
    series = [(hours(rows), made(shape, rows, seed + rows)) for rows in range(280, 300)]
    for (seconds, values), scored in zip(series, detect_many(series), strict=True):
        watch = Online()
        online = [watch.update(second, value) for second, value in zip(seconds, values, strict=True)]
        np.testing.assert_allclose(scored.score, [point.score for point in online], rtol=0, atol=1e-6)
        assert scored.alert.tolist() == [point.alert for point in online]


@settings(deadline=None, max_examples=15)
@given(SHAPES, st.integers(0, 10_000), st.integers(-12, 12), st.integers(-3, 3))
def test_unit_and_zero_of_a_series_do_not_matter(shape: str, seed: int, exponent: int, zero: int):
    values, unit = made(shape, 500, seed), 2.0**exponent
    own, other = detect(hours(500), values), detect(hours(500), (values + zero) * unit)
    np.testing.assert_allclose(own.score, other.score, rtol=0, atol=1e-4)


@settings(deadline=None, max_examples=15)
@given(SHAPES, st.integers(0, 10_000))
def test_scores_lie_between_0_and_1_and_alerts_are_scores_at_the_threshold(shape: str, seed: int):
    scored = detect(hours(600), made(shape, 600, seed))
    assert scored.score.min() >= 0
    assert scored.score.max() <= 1
    assert np.flatnonzero(scored.alert).tolist() == onsets(scored)


def test_a_spike_is_one_alert_with_what_was_expected():
    values = seasonal(800)
    values[600] *= 3
    scored = detect(hours(800), values)
    [alert] = alerts_of(hours(800), values, scored)
    assert (alert.first_row, alert.last_row, alert.kind) == (600, 600, Kind.SPIKE)
    assert alert.observed == values[600]
    assert alert.expected == pytest.approx(values[600] / 3, rel=0.15)


def test_a_level_that_stays_is_one_alert_and_then_the_new_normal():
    values = seasonal(1400)
    values[700:] *= 1.8
    scored = detect(hours(1400), values)
    [alert] = alerts_of(hours(1400), values, scored)
    assert alert.kind is Kind.LEVEL_SHIFT
    assert 700 <= alert.first_row < 710
    assert scored.confirmed.sum() == 1
    assert np.abs(values[900:] / scored.expected[900:] - 1).mean() < 0.2


def test_the_way_back_from_a_new_normal_is_an_alert_of_its_own():
    values = noise(1400)
    values[500:900] += 60
    found = alerts_of(hours(1400), values, detect(hours(1400), values))
    assert [(alert.kind, alert.first_row // 10) for alert in found] == [(Kind.LEVEL_SHIFT, 50), (Kind.LEVEL_SHIFT, 90)]


def test_a_broken_trend_is_told_from_a_shift():
    values = noise(1000)
    values[700:] += 1.5 * np.arange(300)
    first = alerts_of(hours(1000), values, detect(hours(1000), values))[0]
    assert first.kind is Kind.TREND_BREAK
    assert 700 < first.first_row < 740


def test_louder_noise_is_an_alert():
    values = noise(1200)
    values[800:] = 100 + 8 * (values[800:] - 100)
    assert any(800 <= row < 830 for row in onsets(detect(hours(1200), values)))


def test_a_series_that_stops_moving_is_an_alert():
    values = noise(1200)
    values[800:] = values[799]
    [alert] = alerts_of(hours(1200), values, detect(hours(1200), values))
    assert 800 < alert.first_row < 1000
    assert alert.kind in {Kind.FLATLINE, Kind.VARIANCE_CHANGE}
    assert alert.observed < alert.expected


def test_a_dead_tag_is_found_where_counts_are_small():
    values = np.random.default_rng(3).poisson(9, size=1000).astype(float)
    values[700:] = 0
    assert any(700 <= row < 760 for row in onsets(detect(hours(1000), values)))


def test_a_quiet_sunday_is_no_alert():
    days = 86_400.0 * np.arange(400)
    values = noise(400)
    values[days % (7 * 86_400) < 86_400] *= 0.2
    assert onsets(detect(days, values)) == []


def test_rows_that_stay_away_far_longer_than_ever_are_missing_data():
    seconds, values = hours(600), noise(600)
    seconds[300:] += 30 * 3600
    [alert] = alerts_of(seconds, values, detect(seconds, values))
    assert (alert.kind, alert.first_row, alert.expected, alert.observed) == (Kind.MISSING, 300, 3600, 31 * 3600)


def test_empty_cells_are_missing_data_as_absent_rows_are_and_have_no_score():
    values = noise(600, seed=4)
    values[300:330] = np.nan
    scored = detect(hours(600), values)
    [alert] = alerts_of(hours(600), values, scored)
    assert (alert.kind, alert.first_row) == (Kind.MISSING, 330)
    assert scored.score[300:330].tolist() == [0.0] * 30


def test_a_larger_event_is_a_larger_alert():
    values, wild = noise(700), noise(700)
    values[600] += 70
    wild[600] += 2000
    small, large = (alerts_of(hours(700), own, detect(hours(700), own))[0] for own in (values, wild))
    assert (small.size, large.size) == (Size.SMALL, Size.LARGE)


@pytest.mark.parametrize("rows", [0, 1, 2, 40])
def test_a_short_series_is_told_nothing(rows: int):
    scored = detect(hours(rows), noise(rows))
    assert alerts_of(hours(rows), noise(rows), scored) == ()
    assert len(detect_many([(hours(rows), noise(rows))] * 20)) == 20


def test_an_irregular_series_is_judged():
    random = np.random.default_rng(5)
    seconds = np.cumsum(random.exponential(600, size=900))
    values = noise(900)
    values[700] += 100
    assert onsets(detect(seconds, values)) == [700]


def test_healthy_series_are_left_alone():
    """At most one alert in ten series of sixty days."""
    series = [(hours(1440), seasonal(1440, seed=seed)) for seed in range(15)]
    series += [(hours(1440), noise(1440, seed=seed)) for seed in range(15)]
    assert sum(len(onsets(scored)) for scored in detect_many(series)) <= 3


def test_what_a_watch_remembers_does_not_grow():
    import pickle

    watch = Online()
    sizes = []
    for row, value in enumerate(noise(4000).tolist()):
        watch.update(3600.0 * row, value)
        if row in {1000, 3999}:
            sizes.append(len(pickle.dumps(watch)))
    assert sizes[1] < 1.05 * sizes[0] < 30_000
