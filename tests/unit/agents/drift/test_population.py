import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from agents.drift.population import Moved, compare, kolmogorov_smirnov, psi, wasserstein

SAMPLES = st.lists(st.integers(-50, 50), min_size=2, max_size=60).map(
    lambda found: np.sort(np.array(found, dtype=float))
)


@settings(deadline=None)
@given(SAMPLES, SAMPLES)
def test_gap_and_work_are_those_of_scipy(before, now):
    assert kolmogorov_smirnov(before, now)[0] == pytest.approx(stats.ks_2samp(before, now, method="asymp").statistic)
    assert wasserstein(before, now) == pytest.approx(stats.wasserstein_distance(before, now))


def test_the_p_value_is_that_of_the_limit():
    random = np.random.default_rng(1)
    before, now = np.sort(random.normal(size=2000)), np.sort(random.normal(0.05, 1, size=1500))
    assert kolmogorov_smirnov(before, now)[1] == pytest.approx(
        stats.ks_2samp(before, now, method="asymp").pvalue, rel=0.1
    )


@settings(deadline=None)
@given(SAMPLES, SAMPLES)
def test_the_index_is_never_negative_and_0_of_a_sample_with_itself(before, now):
    assert psi(before, now) >= -1e-12
    assert psi(before, before) == 0


def test_the_index_is_that_of_the_formula():
    before = np.arange(100.0)
    now = np.arange(50.0).repeat(2)
    # Five of ten bins are empty now (share 0.0001), the other five hold a fifth each; a bin's edge may own one value.
    assert psi(before, np.sort(now)) == pytest.approx(
        5 * 0.1 * np.log(2) + 5 * (0.1 - 1e-4) * np.log(0.1 / 1e-4), rel=0.2
    )


def test_a_moved_feature_is_told_from_those_that_stayed():
    random = np.random.default_rng(2)
    reference, current = random.normal(size=(3000, 4)), random.normal(size=(3000, 4))
    current[:, 1] += 0.8
    current[:, 2] *= 1.35
    current[:1000, 3] = np.nan
    told = compare(reference, current)
    assert told.moved[0] is Moved.NO
    assert told.moved[1] is Moved.YES
    assert told.moved[2] is Moved.SOMEWHAT
    assert told.missing[3] == pytest.approx(1 / 3)
    assert told.wasserstein[1] == pytest.approx(0.8, abs=0.1)


def test_a_flag_that_more_people_have_now_has_moved():
    random = np.random.default_rng(3)
    reference = (random.random((2000, 1)) < 0.05).astype(float)
    current = (random.random((2000, 1)) < 0.35).astype(float)
    assert compare(reference, current).moved == (Moved.YES,)


def test_healthy_features_are_left_alone():
    random = np.random.default_rng(4)
    told = compare(random.normal(size=(2000, 300)), random.normal(size=(2000, 300)))
    assert sum(moved is not Moved.NO for moved in told.moved) <= 1


def test_too_few_values_say_nothing():
    told = compare(np.ones((10, 1)), np.full((500, 1), np.nan))
    assert told.moved == (Moved.UNKNOWN,)
    assert np.isnan(told.psi[0])


def test_other_features_on_the_two_sides_are_refused():
    with pytest.raises(ValueError, match="features"):
        compare(np.ones((5, 2)), np.ones((5, 3)))
