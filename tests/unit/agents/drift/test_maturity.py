"""Maturity: how much of a day's conversions has arrived, from versions or from one snapshot."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from agents.drift.maturity import measure, newest_rows
from tests.unit.agents.drift.world import World, on

WINDOW = 14


def true_share(delay: float, ages: np.ndarray) -> np.ndarray:
    return 1 - np.exp(-(ages + 1) / delay)


@pytest.mark.parametrize("delay", [1.0, 2.0, 4.0])
def test_versions_of_the_same_days_show_how_fast_conversions_arrive(delay: float) -> None:
    world = World(seed=1, delay_days=delay)
    maturity = measure(world.frame(80, versions=10), data_day=world.day_of(80), restatement_days=WINDOW)
    ages = np.arange(5)
    assert maturity.share("paid_search", ages) == pytest.approx(true_share(delay, ages), abs=0.08)
    assert maturity.error == 0.10


def test_a_snapshot_alone_is_less_sure_and_still_near() -> None:
    world = World(seed=2, delay_days=2.0)
    maturity = measure(world.frame(80), data_day=world.day_of(80), restatement_days=WINDOW)
    ages = np.arange(2, 6)
    assert maturity.share("email", ages) == pytest.approx(true_share(2.0, ages), abs=0.15)
    assert maturity.error == 0.30


def test_days_beyond_the_window_are_complete() -> None:
    world = World(seed=3)
    maturity = measure(world.frame(80, versions=5), data_day=world.day_of(80), restatement_days=WINDOW)
    assert list(maturity.share("email", np.array([WINDOW, 60]))) == [1.0, 1.0]


def test_a_source_that_restates_nothing_is_complete_at_once() -> None:
    world = World(seed=3)
    maturity = measure(world.frame(80), data_day=world.day_of(80), restatement_days=0)
    assert list(maturity.share("email", np.arange(3))) == [1.0, 1.0, 1.0]


def test_shares_never_fall_with_age() -> None:
    world = World(seed=4)
    maturity = measure(world.frame(80, versions=3), data_day=world.day_of(80), restatement_days=WINDOW)
    assert (np.diff(maturity.pooled) >= 0).all()


def test_a_broken_tag_is_not_taken_for_slow_conversions() -> None:
    world = World(seed=5, tracking=on(None, 79, 0.05))
    broken = measure(world.frame(80), data_day=world.day_of(80), restatement_days=WINDOW)
    healthy = measure(World(seed=5).frame(80), data_day=world.day_of(80), restatement_days=WINDOW)
    assert broken.pooled[0] == pytest.approx(healthy.pooled[0], abs=0.05)


def test_a_later_load_of_other_campaigns_does_not_look_like_arrivals() -> None:
    world = World(seed=6)
    first = world.frame(80).filter(pl.col("channel") != "paid_search")
    second = (
        world.frame(80)
        .filter(pl.col("channel") == "paid_search")
        .with_columns(pl.lit("load-later").alias("load_id"), pl.col("known_at") + timedelta(days=5))
    )
    older = second.filter(pl.col("day") < world.day_of(60))
    maturity = measure(pl.concat([first, older]), data_day=world.day_of(80), restatement_days=WINDOW)
    assert maturity.error == 0.30


def test_only_the_newest_version_and_the_coarsest_grain_of_a_row_count() -> None:
    world = World(seed=7)
    frame = world.frame(60, versions=3)
    finer = frame.filter(pl.col("channel") == "email").with_columns(pl.lit("ad").alias("grain"))
    split = frame.filter(pl.col("channel") == "email").with_columns(pl.lit('{"device":"mobile"}').alias("breakdown"))
    rows = newest_rows(pl.concat([frame, finer, split]))
    assert rows.height == 61 * (len(world.ads) + 1)
    newest = rows.filter((pl.col("channel") == "email") & (pl.col("day") == world.day_of(58)))
    assert newest["load_id"].to_list() == ["load-60"]


def test_rows_that_cover_a_period_are_left_out() -> None:
    world = World(seed=8)
    frame = world.frame(60)
    period = (
        frame.head(1)
        .with_columns(pl.col("day") + timedelta(days=6))
        .with_columns(pl.col("day").alias("last_day") + timedelta(days=6))
    )
    assert newest_rows(pl.concat([frame, period])).height == newest_rows(frame).height
