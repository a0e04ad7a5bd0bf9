"""The forecast of the week after a change."""

from dataclasses import replace

import numpy as np
import pytest

from agents.drift.maturity import measure, newest_rows
from agents.forecasts.history import AHEAD_DAYS, History, history_of
from agents.forecasts.response import Response, fit_response
from agents.forecasts.week import Week, forecast_week
from tests.unit.agents.drift.world import ORDER_VALUE, World

DAY = 80


def measured(world: World) -> tuple[History, dict[tuple[str, str], Response]]:
    frame = world.frame(DAY, versions=8)
    arrival = measure(frame, data_day=world.day_of(DAY), restatement_days=14)
    history = history_of(newest_rows(frame), data_day=world.day_of(DAY), shares=arrival)
    rng = np.random.default_rng(0)
    fits = {key: fit_response(days, history.demand, draws=300, rng=rng) for key, days in history.campaigns.items()}
    return history, {key: fit for key, fit in fits.items() if isinstance(fit, Response)}


def budgets(world: World, factor: float = 1.0) -> dict[tuple[str, str], float]:
    return {(ad.channel, ad.id): world.budget_of(ad, DAY) * factor for ad in world.ads}


def week(world: World, *, after: float = 1.0, **facts) -> Week:
    history, responses = measured(world)
    return forecast_week(
        history, responses, before=budgets(world), after=budgets(world, after), rng=np.random.default_rng(1),
        **({"start": 2, "days": 7} | facts),
    )  # fmt: skip


def test_the_ranges_hold_what_came_in_most_worlds() -> None:
    held = 0
    for seed in range(1, 11):
        # The weeks ahead keep the budgets of the newest day: the plan "change nothing".
        base = World(seed=seed, days=95)
        now = {ad.id: base.budget_of(ad, DAY) / ad.budget for ad in base.ads}
        world = replace(
            base, ads=tuple(replace(ad, budget=round(ad.budget * now[ad.id])) for ad in base.ads), wobble=0.1
        )
        forecast = week(world).revenue_before
        truth = [item for item in world.truth if DAY + 2 <= item["day"] <= DAY + 8]
        came = ORDER_VALUE * sum(int(item["orders"]) for item in truth)
        low, high = np.quantile(forecast, [0.1, 0.9])
        held += int(low <= came <= high)
    assert held >= 6


def test_an_unchanged_plan_is_forecast_alike_with_and_without_it() -> None:
    unchanged = week(World(seed=1))
    assert unchanged.revenue_after == pytest.approx(unchanged.revenue_before)
    assert unchanged.spend_after == pytest.approx(unchanged.spend_before)


def test_more_budget_brings_more_revenue_and_less_return() -> None:
    more = week(World(seed=1), after=1.2)
    assert more.spend_after == pytest.approx(more.spend_before * 1.2)
    assert (more.revenue_after > more.revenue_before).all()
    assert np.median(more.revenue_after / more.spend_after) < np.median(more.revenue_before / more.spend_before)


def test_campaigns_without_a_curve_keep_their_recent_revenue() -> None:
    world = World(seed=1)
    history, responses = measured(world)
    unknown = ("email", "e1")
    known = {key: response for key, response in responses.items() if key != unknown}
    half = budgets(world) | {unknown: budgets(world)[unknown] / 2}
    forecast = forecast_week(
        history, known, before=budgets(world), after=half, start=2, days=7, rng=np.random.default_rng(1)
    )
    assert forecast.revenue_after == pytest.approx(forecast.revenue_before)


@pytest.mark.parametrize(("start", "days"), [(0, 7), (2, AHEAD_DAYS), (AHEAD_DAYS + 1, 1)])
def test_a_window_beyond_the_calendar_is_refused(start: int, days: int) -> None:
    with pytest.raises(ValueError, match="within 14 days"):
        week(World(seed=1), start=start, days=days)
