"""Allocation: the best split there is, within the total and every bound."""

import itertools
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from agents.forecasts.allocation import Allocation, Option, TotalOutOfReachError, allocate, bounds_of

UNIT = 100


def option(
    key: str, before: int, *, beta: float, kappa: float, slope: float = 1.0, step: str = "0.20", draws: int = 3
) -> Option:
    low, high = bounds_of(before, max_step_share=Decimal(step), floor=0, unit=UNIT)
    scale = np.linspace(0.9, 1.1, draws)[:, None]

    def value(amounts: np.ndarray) -> np.ndarray:
        return scale * beta * amounts**slope / (kappa**slope + amounts**slope)

    return Option(key, before, low, high, value)


def best(options: list[Option], total: int | None = None, **limits: float) -> Allocation:
    wanted = {"min_move_share": 0.0, "enough_gain": 1.0} | limits
    return allocate(options, total=sum(o.before for o in options) if total is None else total, unit=UNIT, **wanted)


options_drawn = st.lists(
    st.builds(
        lambda before, beta, kappa, slope: (before, beta, kappa, slope),
        st.integers(500, 60_000),
        st.floats(10, 5_000),
        st.floats(500, 80_000),
        st.floats(0.6, 2.5),
    ),
    min_size=1,
    max_size=8,
).map(
    lambda rows: [
        option(f"c{n}", before, beta=beta, kappa=kappa, slope=slope)
        for n, (before, beta, kappa, slope) in enumerate(rows)
    ]
)


@settings(max_examples=60, deadline=None)
@given(options=options_drawn, share=st.floats(0, 0.1), enough=st.floats(0.5, 1))
def test_total_and_bounds_are_kept_and_changed_budgets_are_whole(
    options: list[Option], share: float, enough: float
) -> None:
    allocation = best(options, min_move_share=share, enough_gain=enough)
    total = sum(o.before for o in options)
    assert set(allocation.after) == {o.key for o in options}
    assert sum(allocation.after.values()) <= total
    for o in options:
        after = allocation.after[o.key]
        if after != o.before:
            assert abs(after - o.before) * 5 <= o.before
            assert after % UNIT == 0
            assert abs(after - o.before) >= share * o.before


@settings(max_examples=40, deadline=None)
@given(options=options_drawn)
def test_the_whole_total_is_spent_to_the_unit(options: list[Option]) -> None:
    free = [o for o in options if o.low <= o.high]
    allocation = best(options)
    if len(free) == len(options) and len(free) > 1:
        assert sum(o.before for o in options) - sum(allocation.after.values()) < UNIT


def test_where_no_split_in_whole_units_is_better_all_stays_as_it_is() -> None:
    drawn = ((513, 2630.0, 26783.0, 1.0), (10304, 3894.0, 4291.0, 2.0), (10293, 3885.0, 4041.0, 2.0))
    options = [option(f"c{n}", one[0], beta=one[1], kappa=one[2], slope=one[3]) for n, one in enumerate(drawn)]
    found = best(options, enough_gain=0.8)
    assert changed(found, options) == 0
    assert not found.gain.any()


@settings(max_examples=40, deadline=None)
@given(options=options_drawn)
def test_fewer_changes_cost_no_more_than_allowed(options: list[Option]) -> None:
    whole, fewer = best(options), best(options, enough_gain=0.8)
    if whole.gain.mean() > 0:
        assert fewer.gain.mean() >= 0.8 * whole.gain.mean()
    assert changed(fewer, options) <= changed(whole, options)


def changed(allocation: Allocation, options: list[Option]) -> int:
    return sum(allocation.after[o.key] != o.before for o in options)


def test_the_best_of_all_splits_is_found_also_on_s_shaped_curves() -> None:
    options = [
        option("a", 1_000, beta=900, kappa=1_400, slope=3.0),
        option("b", 1_000, beta=700, kappa=1_300, slope=3.0),
        option("c", 1_000, beta=100, kappa=200),
    ]
    ranges = [range(o.low, o.high + 1, UNIT) for o in options]
    splits = [split for split in itertools.product(*ranges) if sum(split) <= 3_000]
    worth = [
        sum(float(o.value(np.array([x * 1.0])).mean()) for o, x in zip(options, split, strict=True)) for split in splits
    ]
    found = best(options)
    assert tuple(found.after.values()) == splits[int(np.argmax(worth))]


def test_no_worse_than_a_numerical_optimiser_on_large_budgets() -> None:
    rng = np.random.default_rng(1)
    options = [
        option(
            f"c{n}",
            int(rng.integers(100_000, 3_000_000)),
            beta=float(rng.uniform(5e3, 5e4)),
            kappa=float(rng.uniform(1e5, 3e6)),
        )
        for n in range(6)
    ]
    total = sum(o.before for o in options)

    def loss(x: np.ndarray) -> float:
        return -sum(float(o.value(np.array([v]) * total).mean()) for o, v in zip(options, x, strict=True))

    start = np.array([o.before for o in options]) / total
    bounds = [(o.low / total, o.high / total) for o in options]
    slsqp = minimize(
        loss, start, bounds=bounds, constraints={"type": "ineq", "fun": lambda x: 1 - x.sum()}, method="SLSQP"
    )
    found = best(options)
    assert found.value_before + found.gain.mean() >= -slsqp.fun * (1 - 1e-4)


def test_money_goes_from_the_saturated_to_the_starved() -> None:
    options = [option("full", 10_000, beta=500, kappa=500), option("hungry", 10_000, beta=500, kappa=20_000)]
    assert dict(best(options).after) == {"full": 8_000, "hungry": 12_000}


def test_gain_and_its_probability_come_from_the_draws() -> None:
    def value(amounts: np.ndarray) -> np.ndarray:
        return np.array([[2.0], [2.0], [2.0], [0.5]]) * amounts

    def flat(amounts: np.ndarray) -> np.ndarray:
        return np.ones((4, 1)) * amounts

    allocation = best([Option("up", 1_000, 800, 1_200, value), Option("down", 1_000, 800, 1_200, flat)])
    assert dict(allocation.after) == {"up": 1_200, "down": 800}
    assert list(allocation.gain) == pytest.approx([200, 200, 200, -100])
    assert allocation.gain_probability == 0.75
    assert allocation.gain_share == pytest.approx(125 / (1625 + 1000))


def test_a_cap_below_today_is_reached_by_cutting_where_it_hurts_least() -> None:
    options = [option("full", 10_000, beta=500, kappa=500), option("hungry", 10_000, beta=900, kappa=20_000)]
    allocation = best(options, total=18_500, min_move_share=0.03)
    assert sum(allocation.after.values()) <= 18_500
    assert allocation.after["full"] < 8_500


def test_a_cap_out_of_reach_is_refused_with_the_least_that_is_possible() -> None:
    options = [option("a", 10_000, beta=500, kappa=500), option("b", 10_000, beta=900, kappa=20_000)]
    with pytest.raises(TotalOutOfReachError) as error:
        best(options, total=15_000)
    assert (error.value.total, error.value.least) == (15_000, 16_000)


def test_campaigns_that_cannot_move_keep_their_budget_to_the_penny() -> None:
    stuck = Option("stuck", 12_345, 12_346, 12_345, lambda amounts: np.zeros((3, len(amounts))))
    options = [stuck, option("full", 10_000, beta=500, kappa=500), option("hungry", 10_000, beta=500, kappa=20_000)]
    assert best(options).after["stuck"] == 12_345


@given(before=st.integers(1, 10**9), floor=st.integers(0, 10**6))
def test_bounds_are_whole_and_within_the_step(before: int, floor: int) -> None:
    low, high = bounds_of(before, max_step_share=Decimal("0.2"), floor=floor, unit=UNIT)
    assert low % UNIT == 0
    assert high % UNIT == 0
    assert (high - before) * 5 <= before
    assert (before - low) * 5 <= before
    assert low >= floor
