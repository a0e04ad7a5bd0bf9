from datetime import date, timedelta

import pytest

from agents.market.calendar import EPOCH, moment_of, season
from agents.market.path import UNEXPOSED, Exposed, first_carry, step, usual_impressions
from agents.market.streams import stream
from agents.market.world import World


def usual_exposure(world: World) -> dict[str, Exposed]:
    return {
        c.id: Exposed(round(c.usual_budget_pounds * 1e6), round(usual_impressions(c, c.usual_budget_pounds)))
        for c in world.campaigns
    }


def test_a_seed_gives_one_world_and_another_seed_another():
    assert World.of_seed(4) == World.of_seed(4)
    assert World.of_seed(4) != World.of_seed(5)


def test_a_world_survives_its_json_to_the_bit():
    world = World.of_seed(9)
    assert World.model_validate_json(world.model_dump_json()) == world


@pytest.mark.parametrize("days", [0, 91])
def test_a_conversion_window_outside_1_to_90_days_is_refused(days: int):
    with pytest.raises(ValueError, match="1 to 90 days"):
        World.of_seed(1, window_days=days)


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_world_has_starved_and_saturated_campaigns(seed: int):
    world = World.of_seed(seed)
    loads = sorted(c.usual_budget_pounds / (1 - c.retention) / c.half_saturation for c in world.campaigns)
    assert loads[0] < 0.5
    assert loads[-1] > 2


def test_a_campaign_out_of_stock_brings_no_orders_and_the_others_do():
    world = World.of_seed(1)
    out = world.model_copy(update={"stock_outs": (("ps-2003", EPOCH, EPOCH),)})
    _, without = step(out, first_carry(out), EPOCH, usual_exposure(world))
    _, usual = step(world, first_carry(world), EPOCH, usual_exposure(world))
    assert without.campaigns["ps-2003"] == 0
    assert usual.campaigns["ps-2003"] > 0
    assert {**usual.campaigns, "ps-2003": 0} == without.campaigns


def test_a_campaign_takes_audience_from_those_it_overlaps_with_and_from_no_others():
    world = World.of_seed(1)
    exposed = usual_exposure(world)
    quiet = exposed | {"so-3001": UNEXPOSED}
    carry = first_carry(world)
    _, usual = step(world, carry, EPOCH, exposed)
    _, without = step(world, carry, EPOCH, quiet)
    moved = {name for name in usual.campaigns if usual.campaigns[name] != without.campaigns[name]}
    assert moved == {"so-3001", "so-3003"}


def test_a_new_creative_starts_without_fatigue():
    world = World.of_seed(1)
    campaign = world.campaigns[7]
    fresh = EPOCH + timedelta(days=campaign.refresh_days - campaign.refresh_phase)
    exposed = usual_exposure(world)
    carry, _ = step(world, first_carry(world), fresh, exposed)
    assert carry.creative_impressions[campaign.id] == exposed[campaign.id].impressions


def test_season_has_weekdays_and_events():
    sunday, monday = date(2026, 5, 10), date(2026, 5, 11)
    assert season(sunday, amplitude=0.0) > season(monday, amplitude=0.0)
    assert season(date(2026, 11, 27), amplitude=0.0) == pytest.approx(0.96 * 1.55)


def test_the_moment_of_a_day_is_eight_in_london_summer_and_winter():
    assert moment_of(date(2026, 1, 5), 0).isoformat() == "2026-01-05T08:00:00+00:00"
    assert moment_of(date(2026, 7, 6), 2).isoformat() == "2026-07-06T07:00:02+00:00"


def test_streams_differ_in_each_of_their_names():
    day = date(2026, 1, 5)
    first = stream(1, "orders", "a", day).random()
    assert first == stream(1, "orders", "a", day).random()
    others = [
        stream(2, "orders", "a", day),
        stream(1, "clicks", "a", day),
        stream(1, "orders", "b", day),
        stream(1, "orders", "a", date(2026, 1, 6)),
    ]
    assert first not in [other.random() for other in others]
