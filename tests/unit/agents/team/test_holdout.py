"""Held-out weeks are forecast from what was before them alone, and their ranges hold in a world that behaves."""

import itertools
from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest

from agents.forecasts.calibration import coverage_of, error_of
from agents.team.holdout import WEEKS, held_out_weeks
from tests.unit.agents.drift.world import World, on

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=4, days=150)


@pytest.fixture(scope="module")
def facts(world: World) -> pl.DataFrame:
    return world.frame(149)


def weeks_of(world: World, facts: pl.DataFrame, **options):
    defaults = {"data_day": world.day_of(149), "restatement_days": 30, "currency": "GBP"}
    return held_out_weeks(facts, **{**defaults, **options})


def test_weeks_lie_back_to_back_behind_what_is_still_arriving(world, facts):
    weeks = weeks_of(world, facts)
    assert 8 <= len(weeks) <= WEEKS
    assert all((one.last - one.first).days == 6 for one in weeks)
    assert all(later.first - earlier.last == DAY for later, earlier in itertools.pairwise(weeks))
    assert weeks[0].last <= world.day_of(149)


def test_ranges_hold_and_middles_are_near_in_a_world_that_behaves(world, facts):
    hits = [one.hit for one in weeks_of(world, facts)]
    assert coverage_of(hits) >= Decimal("0.6")
    assert error_of(hits) < Decimal("0.15")


def test_a_week_is_forecast_without_itself_and_without_what_came_after(world, facts):
    third = weeks_of(world, facts, weeks=4)[-1]
    twice = pl.col("revenue_micros") * 2
    doctored = facts.with_columns(
        pl.when(pl.col("day") >= third.first).then(twice).otherwise(pl.col("revenue_micros")).alias("revenue_micros")
    )
    again = weeks_of(world, doctored, weeks=4)[-1]
    assert abs(again.hit.middle / third.hit.middle - 1) < Decimal("0.02")
    assert again.hit.measured > third.hit.measured * Decimal("1.9")


def test_equal_facts_give_equal_weeks_and_wider_settings_wider_ranges(world, facts):
    narrow, wide = weeks_of(world, facts, weeks=2), weeks_of(world, facts, weeks=2, range_scale=Decimal(2))
    assert narrow == weeks_of(world, facts, weeks=2)
    for one, other in zip(narrow, wide, strict=True):
        assert one.hit.middle == other.hit.middle
        assert other.hit.high - other.hit.low > (one.hit.high - one.hit.low) * Decimal("1.9")


def test_with_little_history_there_is_nothing_to_hold_out():
    world = World(seed=4, days=45)
    assert held_out_weeks(world.frame(44), data_day=world.day_of(44), restatement_days=30, currency="GBP") == ()
    assert held_out_weeks(world.frame(44), data_day=world.day_of(44), restatement_days=30, currency="JPY") == ()


def test_a_world_that_broke_is_not_covered():
    broken = World(seed=4, days=150, tracking=on(None, 100, 0.3))
    weeks = held_out_weeks(broken.frame(149), data_day=broken.day_of(149), restatement_days=30, currency="GBP")
    assert any(not one.hit.inside for one in weeks)
