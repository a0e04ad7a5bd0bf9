"""Response curves: what more and less spend bring, and how sure that is."""

import numpy as np
import pytest

from agents.drift.maturity import measure, newest_rows
from agents.forecasts.history import CampaignDays, History, history_of
from agents.forecasts.response import MIN_DAYS, Response, Unmeasured, carried_over, fit_response
from tests.unit.agents.drift.world import ORDER_VALUE, Ad, World

WINDOW = 14


def history(world: World, day: int) -> History:
    frame = world.frame(day)
    arrival = measure(frame, data_day=world.day_of(day), restatement_days=WINDOW)
    return history_of(newest_rows(frame), data_day=world.day_of(day), shares=arrival)


def campaign(days: int, *, spend: np.ndarray, revenue: np.ndarray) -> CampaignDays:
    return CampaignDays(
        channel="email",
        campaign_id="e1",
        spend=spend,
        revenue=revenue,
        budget=np.full(days, np.nan),
        reported=np.ones(days, dtype=bool),
        arrived=np.ones(days),
    )


def made(seed: int, days: int, *, kappa: float = 150.0, noise: float = 0.1) -> CampaignDays:
    rng = np.random.default_rng(seed)
    spend = 150 * np.exp(rng.normal(0, 0.4, days))
    return campaign(days, spend=spend, revenue=3000 * spend / (kappa + spend) * np.exp(rng.normal(0, noise, days)))


def fitted(days: CampaignDays, seed: int = 0, draws: int = 300) -> Response:
    response = fit_response(days, np.ones(len(days.spend)), draws=draws, rng=np.random.default_rng(seed))
    assert isinstance(response, Response)
    return response


@pytest.mark.parametrize("kappa", [40.0, 150.0, 500.0])
def test_the_gain_of_twenty_per_cent_more_spend_is_measured(kappa: float) -> None:
    values = fitted(made(1, 120, kappa=kappa)).steady(np.array([150.0, 180.0]))
    gain = values[:, 1] / values[:, 0] - 1
    true = (180 / (kappa + 180)) / (150 / (kappa + 150)) - 1
    low, high = np.quantile(gain, [0.02, 0.98])
    assert low - 0.01 <= true <= high + 0.01
    assert gain.mean() == pytest.approx(true, abs=0.04)


def test_the_level_is_measured_with_its_late_conversions() -> None:
    world = World(seed=2)
    days = history(world, 88)
    for ad in world.ads:
        response = fit_response(days.campaigns[ad.channel, ad.id], days.demand, draws=200, rng=np.random.default_rng(0))
        assert isinstance(response, Response)
        true = ORDER_VALUE * ad.beta * ad.budget / (ad.kappa + ad.budget)
        assert float(response.steady(np.array([float(ad.budget)])).mean()) == pytest.approx(true, rel=0.15)


def test_less_data_gives_a_wider_range() -> None:
    def width(days: int) -> float:
        return float(
            np.mean([fitted(made(seed, days, noise=0.3)).steady(np.array([150.0])).std() for seed in range(4)])
        )

    assert width(30) > 1.4 * width(150)


def test_more_spend_never_brings_less() -> None:
    values = fitted(made(3, 60, noise=0.5)).steady(np.linspace(1, 600, 50))
    assert (np.diff(values, axis=1) >= 0).all()
    assert (values > 0).all()


@pytest.mark.parametrize("days", [1, MIN_DAYS - 1])
def test_too_few_days_are_said_so(days: int) -> None:
    answer = fit_response(made(4, days), np.ones(days), draws=10, rng=np.random.default_rng(0))
    assert answer == Unmeasured(f"needs {MIN_DAYS} complete days with spend, has {days}")


def test_a_spend_that_never_moved_cannot_be_measured() -> None:
    still = campaign(60, spend=np.full(60, 100.0), revenue=np.full(60, 300.0))
    answer = fit_response(still, np.ones(60), draws=10, rng=np.random.default_rng(0))
    assert isinstance(answer, Unmeasured)
    assert "moved by only 0.0%" in answer.reason


def test_no_revenue_cannot_be_measured() -> None:
    silent = campaign(60, spend=np.linspace(50, 150, 60), revenue=np.zeros(60))
    assert isinstance(fit_response(silent, np.ones(60), draws=10, rng=np.random.default_rng(0)), Unmeasured)


def test_equal_generators_give_equal_draws() -> None:
    one, two = fitted(made(5, 60), seed=7), fitted(made(5, 60), seed=7)
    assert np.array_equal(one.beta, two.beta)
    assert np.array_equal(one.kappa, two.kappa)


def test_carried_over_spend_keeps_its_level() -> None:
    assert carried_over(np.full(30, 80.0), 0.6) == pytest.approx(np.full(30, 80.0))
    step = carried_over(np.array([0.0] * 10 + [100.0] * 10), 0.5)
    assert step[10] == pytest.approx(50.0)
    assert step[-1] == pytest.approx(100.0, abs=0.2)


def test_demand_shows_the_weekday_of_the_shop() -> None:
    world = World(seed=3)
    days = history(world, 88)
    season = np.array([world.season(day) for day in range(89)])
    assert float(np.corrcoef(days.demand, season)[0, 1]) > 0.9
    assert days.weekday[: days.days][:7] == pytest.approx(days.weekday[7:14])


def test_days_without_a_row_count_as_days_without_spend() -> None:
    world = World(seed=4, ads=(Ad("email", "e1", 80),))
    frame = world.frame(60)
    gone = frame.filter(frame["day"] != world.day_of(30))
    arrival = measure(gone, data_day=world.day_of(60), restatement_days=WINDOW)
    days = history_of(newest_rows(gone), data_day=world.day_of(60), shares=arrival).campaigns["email", "e1"]
    assert not days.reported[30]
    assert days.spend[30] == 0.0
    assert days.reported.sum() == 60
