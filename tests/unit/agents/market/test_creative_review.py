from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.market.creative_review import FORBIDDEN_WORDS, decided, decision_day, handed_in, standing
from agents.market.history import first_campaigns
from agents.market.path import Carry, Exposed, first_carry, step
from agents.market.requests import EditInvalid
from agents.market.rules import CREATIVE, edited, is_learning, objection_to, value_of
from agents.market.world import World
from tests.fakes.market_home import MarketHome, a_market

CAMPAIGN = next(row for row in first_campaigns("GBP") if row.campaign_id == "so-3001")
HOUSE = CAMPAIGN.creative
TIRED = "so-3002"
"""Its creative of the first weeks has been seen often, in the market of seed 1."""
TIRED_HOUSE = "Retargeting – viewed, 14 days: house creative"
DAY = date(2026, 4, 1)
NEXT = DAY + timedelta(days=1)


async def creative_of(home: MarketHome, name: str = "so-3001") -> tuple[str | None, str]:
    (state,) = [each for each in await home.platform.campaigns() if each.id == name]
    return state.creative, state.creative_review


async def hand_in(home: MarketHome, creative: str, name: str = "so-3001") -> None:
    await home.platform.edit_by_hand(name, creative, actor="maria@agency", field="creative")


def test_a_creative_in_review_is_set_and_the_old_one_is_shown_until_the_next_day():
    waiting = edited(CAMPAIGN, CREATIVE, "Linen", today=DAY)
    assert (waiting.creative, standing(waiting), value_of(waiting, CREATIVE)) == (HOUSE, "in_review", "Linen")
    assert (waiting.version, is_learning(waiting, DAY)) == (CAMPAIGN.version + 1, False)
    assert decided(waiting, seed=1, today=DAY) == waiting
    shown = decided(waiting, seed=1, today=NEXT)
    assert (shown.creative, shown.creative_since, standing(shown)) == ("Linen", NEXT, "")
    assert (shown.version, decision_day(shown)) == (waiting.version, None)


@pytest.mark.parametrize("word", FORBIDDEN_WORDS)
def test_a_forbidden_word_is_always_turned_down_and_the_old_creative_goes_on(word: str):
    waiting = edited(CAMPAIGN, CREATIVE, f"Linen, {word.upper()}!", today=DAY)
    for seed in range(20):
        after = decided(waiting, seed=seed, today=NEXT)
        assert (after.creative, after.creative_since, standing(after)) == (HOUSE, None, "rejected")
        assert value_of(after, CREATIVE) == f"Linen, {word.upper()}!"
        assert decided(after, seed=seed, today=NEXT) == after


def test_about_one_creative_in_ten_is_turned_down_without_a_reason():
    texts = [f"Linen {number}" for number in range(400)]
    ends = [standing(decided(handed_in(CAMPAIGN, text, today=DAY), seed=5, today=NEXT)) for text in texts]
    assert 20 < ends.count("rejected") < 65
    assert ends.count("") == 400 - ends.count("rejected")


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40), st.integers(0, 2**31))
def test_a_creative_and_its_revert_within_the_review_leave_the_campaign_as_it_was(text: str, seed: int):
    waiting = edited(CAMPAIGN, CREATIVE, text, today=DAY)
    assert HOUSE is not None
    back = edited(waiting, CREATIVE, HOUSE, today=DAY)
    assert decided(back, seed=seed, today=NEXT) == replace(CAMPAIGN, version=3)
    turned_down = replace(waiting, rejected=True)
    assert edited(turned_down, CREATIVE, HOUSE, today=NEXT) == replace(CAMPAIGN, version=3)


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "x" * 201])
def test_what_is_no_line_of_text_is_not_taken(value: str):
    objection = objection_to(CAMPAIGN, CREATIVE, value)
    assert objection is not None
    assert "one line of 1 to 200 characters" in objection.reason


def test_a_new_creative_starts_without_fatigue():
    world = World.of_seed(1)
    tired = Carry(first_carry(world).adstock_micros, {c.id: 5 * c.audience for c in world.campaigns})
    seen = {c.id: Exposed(300_000_000, 50_000) for c in world.campaigns}
    fresh = seen | {"so-3001": Exposed(300_000_000, 50_000, new_creative=True)}
    day = world.first_day
    after, lifted = step(world, tired, day, fresh)
    _, usual = step(world, tired, day, seen)
    assert after.creative_impressions["so-3001"] == 50_000
    assert lifted.campaigns["so-3001"] > usual.campaigns["so-3001"]
    assert {**lifted.campaigns, "so-3001": 0} == {**usual.campaigns, "so-3001": 0}


async def test_a_market_puts_a_reviewed_creative_up_the_next_morning():
    async with a_market(history_days=4) as home:
        today = await home.platform.today()
        await hand_in(home, "Linen", TIRED)
        assert await creative_of(home, TIRED) == (TIRED_HOUSE, "in_review")
        assert (await home.platform.read("paid_social", TIRED, "creative")).value == "Linen"
        split = {state.id: state.daily_budget for state in await home.platform.campaigns()}
        expected = await home.truth.expected(split)
        await home.market.tick()
        assert await creative_of(home, TIRED) == ("Linen", "")
        await home.market.tick(2)
        days = await home.platform.reported(today, today + timedelta(days=2))
        assert days.filter(pl.col("campaign_id") == TIRED)["impressions"].min() > 0
    async with a_market(history_days=4) as untouched:
        assert (await untouched.truth.expected(split)).orders < expected.orders


async def test_a_turned_down_creative_waits_for_a_person_and_can_be_replaced():
    async with a_market(history_days=3) as home:
        await hand_in(home, "A miracle of linen")
        await home.market.tick(3)
        assert await creative_of(home) == (HOUSE, "rejected")
        await hand_in(home, "Linen")
        assert await creative_of(home) == (HOUSE, "in_review")
        await home.market.tick()
        assert await creative_of(home) == ("Linen", "")


async def test_mail_and_website_have_no_creative():
    async with a_market(history_days=1) as home:
        assert await creative_of(home, "em-101") == (None, "")
        with pytest.raises(EditInvalid, match="no field creative: it has daily_budget, status"):
            await home.platform.read("website", "ws-4001", "creative")


async def test_increments_follow_the_creative_that_was_shown():
    """Replaying the truth without a campaign starts its fatigue again on the same day as the market did."""
    async with a_market(history_days=4) as home:
        await hand_in(home, "Linen", TIRED)
        await home.market.tick(10)
        first = await home.platform.first_day()
        with_new = {each.campaign_id: each.orders for each in await home.truth.increments(first)}
    async with a_market(history_days=4) as home:
        await home.market.tick(10)
        with_old = {each.campaign_id: each.orders for each in await home.truth.increments(first)}
    assert with_new[TIRED] > with_old[TIRED]
    of_another_audience = {"em-101", "ps-2002", "so-3001"}
    assert {name: with_new[name] for name in of_another_audience} == {
        name: with_old[name] for name in of_another_audience
    }
