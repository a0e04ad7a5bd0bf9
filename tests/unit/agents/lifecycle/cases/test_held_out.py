"""The newest week is held out: a forecast from the days before it has to hold, or that is a case."""

from datetime import date

import numpy as np
import pytest

from agents.drift.columns import ChannelColumns, Columns
from agents.lifecycle.cases.held_out import forecasts_missed
from storage.records.alerts import Pattern

LAST = date(2026, 5, 20)


def told(newest: float):
    random = np.random.default_rng(2)
    orders = random.poisson(200, 120).astype(float)
    orders[-7:] *= newest
    columns = Columns(last=LAST, channels=(), orders=orders, jumps=())
    return forecasts_missed(columns, currency="EUR", suffix="", simulated=True)


def test_a_week_like_those_before_is_no_case() -> None:
    assert told(1.0) == ()


@pytest.mark.parametrize("times", [0.5, 1.7])
def test_a_week_far_outside_its_range_is_told_with_both(times: float) -> None:
    (found,) = told(times)
    assert (found.pattern, found.kpi, found.key) == (Pattern.FORECAST, "store_orders", "drift/forecast/store_orders")
    reading = found.reading
    assert not reading.low <= reading.observed <= reading.high
    assert (reading.last - reading.first).days == 6
    assert found.title == "Forecasts of shop orders miss what comes"
    assert " came; the days before pointed to " in found.detail[0]


def test_what_is_in_the_reports_goes_before_what_is_still_expected() -> None:
    random = np.random.default_rng(5)
    final = random.normal(100, 4, (1, 120))
    final[0, -7:] *= 3
    arrived = np.ones(120)
    arrived[-7:] = 0.8
    none = np.zeros((1, 120))
    channel = ChannelColumns(
        channel="paid_search",
        spend=none,
        planned_spend=none,
        impressions=none,
        clicks=none,
        conversions=none,
        revenue=final * arrived,
        arrived=arrived,
        at_month_limit=False,
    )
    columns = Columns(last=LAST, channels=(channel,), orders=None, jumps=())
    (found,) = forecasts_missed(columns, currency="GBP", suffix="", simulated=True)
    so_far, whole = (round(float(each[0, -7:].sum())) for each in (final * arrived, final))
    said = f"14–20 May 2026: £{so_far:,} so far, about £{whole:,} with late conversions; the days before pointed to £"
    assert found.detail[0].startswith(said)


def test_where_nothing_is_reported_nothing_is_forecast() -> None:
    silent = Columns(last=LAST, channels=(), orders=None, jumps=())
    assert forecasts_missed(silent, currency="EUR", suffix="", simulated=True) == ()


def test_a_week_alone_has_no_days_before_it_to_forecast_from() -> None:
    week = Columns(last=LAST, channels=(), orders=np.full(7, 200.0), jumps=())
    assert forecasts_missed(week, currency="EUR", suffix="", simulated=True) == ()
