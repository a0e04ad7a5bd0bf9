"""Ranges are blamed only where chance is no excuse, and widened by what would have held."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.forecasts.calibration import FEWEST, Hit, bias_of, coverage_of, error_of, holds, range_scale

COVERAGE = Decimal("0.8")


def a_hit(measured: float, *, low: float = 90, middle: float = 100, high: float = 120) -> Hit:
    return Hit(**{
        name: Decimal(str(round(value, 6)))
        for name, value in (("low", low), ("middle", middle), ("high", high), ("measured", measured))
    })  # fmt: skip


def test_figures_by_hand():
    hits = [a_hit(100), a_hit(130), a_hit(80), a_hit(110)]
    assert coverage_of(hits) == Decimal("0.5")
    assert bias_of(hits) == Decimal("0.05")
    assert error_of(hits) == Decimal(60) / 420
    assert [one.stretch for one in hits] == [0, Decimal("1.5"), 2, Decimal("0.5")]


def test_too_few_are_neither_praised_nor_blamed():
    hits = [a_hit(200)] * (FEWEST - 1)
    assert holds(hits, coverage=COVERAGE) is None
    assert range_scale(hits, coverage=COVERAGE) is None
    assert (coverage_of([]), bias_of([]), error_of([])) == (None, None, None)


@pytest.mark.parametrize(("inside", "good"), [(9, True), (5, True), (4, False), (0, False)])
def test_so_few_inside_that_chance_is_no_excuse(inside, good):
    # Of nine ranges that hold 80 %, five or fewer hold with a probability of 8.6 %, four or fewer with 2.0 %.
    hits = [a_hit(100)] * inside + [a_hit(200)] * (9 - inside)
    assert holds(hits, coverage=COVERAGE) is good


def test_a_range_of_no_width_has_no_stretch_but_for_a_hit():
    assert a_hit(100, low=100, high=100).stretch == 0
    assert a_hit(101, low=100, high=100).stretch is None


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3.0))
def test_scaled_ranges_hold_what_they_promise_of_the_same_outcomes(seed, width):
    rng = np.random.default_rng(seed)
    hits = [a_hit(100 + 10 * z, low=100 - 12.8 * width, high=100 + 12.8 * width) for z in rng.standard_normal(40)]
    scale = range_scale(hits, coverage=COVERAGE)
    assert scale is not None
    wider = [
        Hit(
            low=one.middle - scale * (one.middle - one.low), middle=one.middle,
            high=one.middle + scale * (one.high - one.middle), measured=one.measured,
        )
        for one in hits
    ]  # fmt: skip
    inside = sum(one.low - Decimal("1e-9") <= one.measured <= one.high + Decimal("1e-9") for one in wider)
    assert inside >= 0.8 * len(hits)
