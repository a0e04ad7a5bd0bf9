"""Two campaigns on one budget: who spends what of it, and that nobody moves it through one of them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.channels.channel import ChangeRefused
from agents.channels.sandbox_market import sandbox_channels
from agents.market.budgets import pooled, purses
from agents.market.delivery import deliver
from agents.market.history import first_campaigns
from agents.market.requests import EditInvalid
from agents.market.scenarios import HAND, Scenario
from agents.market.world import World
from storage.market_ledger.rows import CampaignRow, DeliveryRow
from tests.fakes.market_home import MarketHome, a_change_of, a_market, pounds

PAIR = ("ps-2005", "ps-2006")
WORLD = World.of_seed(3)
MARCH = [date(2026, 3, n + 1) for n in range(31)]


def the_pair(budget_minor: int = 40_00) -> list[CampaignRow]:
    rows = [row for row in first_campaigns("GBP") if row.campaign_id in PAIR]
    return [replace(row, daily_budget_minor=budget_minor) for row in rows]


def run_month(campaigns: list[CampaignRow]) -> dict[str, list[DeliveryRow]]:
    truths = {truth.id: truth for truth in WORLD.campaigns}
    rows: dict[str, list[DeliveryRow]] = {row.campaign_id: [] for row in campaigns}
    for day in MARCH:
        months = {name: list(earlier) for name, earlier in rows.items()}
        of_the_day = purses(campaigns, seed=WORLD.seed, day=day)
        for campaign in campaigns:
            purse = of_the_day[campaign.campaign_id]
            month = pooled(purse.sharing, months)
            truth = truths[campaign.campaign_id]
            rows[campaign.campaign_id].append(
                deliver(WORLD, truth, campaign, day, index=1.0, month=month, purse=purse).row
            )
    return rows


async def spent(home: MarketHome, first: date, last: date) -> dict[str, tuple[int, int]]:
    """Campaign → spend and planned spend in micros."""
    frame = (await home.platform.reported(first, last)).filter(pl.col("grain") == "campaign")
    sums = frame.group_by("campaign_id").agg(pl.sum("spend_micros", "budget_micros"))
    return {name: (spend, planned) for name, spend, planned in sums.iter_rows()}


async def test_each_shows_its_part_and_names_the_others():
    async with a_market(history_days=15) as home:
        states = {state.id: state for state in await home.platform.campaigns()}
    one, other = (states[name] for name in PAIR)
    assert (one.shared_with, other.shared_with) == (("ps-2006",), ("ps-2005",))
    assert one.daily_budget == other.daily_budget
    assert all(state.shared_with == () for name, state in states.items() if name not in PAIR)


async def test_an_edit_through_one_of_them_is_refused_whoever_sends_it():
    async with a_market(history_days=1) as home:
        channel = sandbox_channels(home.platform)["paid_search"]
        change = await a_change_of(home.platform, "ps-2005", pounds(45))
        with pytest.raises(ChangeRefused, match="shares with ps-2006: an edit would move them all"):
            await channel.preview(change)
        with pytest.raises(ChangeRefused, match="budget-901"):
            await channel.apply(change, key="k", expected_version=change.expected_version)
        assert await channel.find("k") is None
        with pytest.raises(EditInvalid, match="shares with ps-2005"):
            await home.platform.edit_by_hand("ps-2006", pounds(45), actor="maria@agency")
        await home.platform.edit_by_hand("ps-2006", "paused", actor="maria@agency", field="status")


async def test_the_team_moves_the_shared_budget_as_one():
    async with a_market(history_days=84) as home:
        first = await home.platform.first_day()
        frame = await home.platform.reported(first, first + timedelta(days=83))
    one, other = (frame.filter(pl.col("campaign_id") == name).sort("day")["budget_micros"].to_list() for name in PAIR)
    assert one == other
    assert len(set(one)) >= 6


async def test_demand_decides_who_spends_and_the_sum_keeps_to_plan():
    async with a_market(history_days=28) as home:
        today = await home.platform.today()
        last = await home.market.tick(28) - timedelta(days=1)
        frame = await home.platform.reported(today, last)
        sums = await spent(home, today, last)
    spend, planned = (sum(sums[name][n] for name in PAIR) for n in (0, 1))
    assert 0.93 < spend / planned < 1.05
    first_of_two = frame.filter(pl.col("campaign_id") == PAIR[0]).sort("day")["spend_micros"].to_list()
    second_of_two = frame.filter(pl.col("campaign_id") == PAIR[1]).sort("day")["spend_micros"].to_list()
    ahead = [one > other for one, other in zip(first_of_two, second_of_two, strict=True)]
    assert set(ahead) == {True, False}


async def test_while_one_is_paused_the_other_has_the_whole_budget():
    async with a_market(history_days=14) as home:
        today = await home.platform.today()
        await home.platform.edit_by_hand("ps-2006", "paused", actor="maria@agency", field="status")
        shown = {state.id: state.daily_budget.micros for state in await home.platform.campaigns()}
        sums = await spent(home, today, await home.market.tick(7) - timedelta(days=1))
    assert sums["ps-2006"] == (0, 0)
    assert sums["ps-2005"][1] == 7 * (shown["ps-2005"] + shown["ps-2006"])
    assert sums["ps-2005"][0] > 0.8 * sums["ps-2005"][1]


async def test_a_pause_of_one_leaves_all_outside_the_budget_alone():
    frames = []
    for pause in (False, True):
        async with a_market(history_days=7) as home:
            if pause:
                await home.platform.edit_by_hand("ps-2006", "paused", actor="maria@agency", field="status")
            today = await home.platform.today()
            frame = await home.platform.reported(today, await home.market.tick(4))
            frames.append(frame.filter((pl.col("grain") == "campaign") & ~pl.col("campaign_id").is_in(PAIR)))
    assert frames[0].equals(frames[1])


@settings(max_examples=20)
@given(st.integers(100, 300_00), st.sampled_from([None, *PAIR]))
def test_a_month_of_a_shared_budget_costs_at_most_30_4_times_the_whole(budget: int, paused: str | None):
    campaigns = [replace(row, status="paused" if row.campaign_id == paused else "active") for row in the_pair(budget)]
    rows = run_month(campaigns)
    assert sum(row.spend_micros for of_one in rows.values() for row in of_one) * 10 <= 304 * 2 * budget * 10_000
    for day, pair in zip(MARCH, zip(*rows.values(), strict=True), strict=True):
        assert sum(row.budget_micros for row in pair) == 2 * budget * 10_000, day


def test_both_paused_spend_nothing():
    rows = run_month([replace(row, status="paused") for row in the_pair()])
    assert {(row.spend_micros, row.budget_micros) for of_one in rows.values() for row in of_one} == {(0, 0)}


async def test_the_oracle_moves_no_shared_budget():
    async with a_market(history_days=14) as home:
        now = {state.id: state.daily_budget for state in await home.platform.campaigns()}
        room = await home.truth.room(days=7, step=Decimal("0.2"))
    for split in (room.best, room.equal):
        assert {name: split.budgets[name] for name in PAIR} == {name: now[name] for name in PAIR}
    assert sum(b.minor for b in room.best.budgets.values()) == sum(b.minor for b in now.values())


@pytest.mark.parametrize("seed", range(6))
async def test_a_person_who_edits_by_hand_picks_a_budget_that_can_be_edited(seed: int):
    async with a_market(seed=seed, scenario=Scenario.MANUAL_BUDGET_EDIT, history_days=1, starts_in_days=0) as home:
        (edit,) = [
            each
            for each in await home.platform.changes_since(await home.platform.now() - timedelta(hours=1))
            if each.actor == HAND
        ]
    assert edit.campaign_id not in PAIR


def test_the_pair_leaves_the_other_campaigns_of_a_world_as_they_would_be():
    """It has an audience of its own, and takes no part in what is dealt to the others."""
    for truth in WORLD.campaigns:
        shared = {other for other, _ in truth.overlap} & set(PAIR)
        assert shared == (set(PAIR) - {truth.id} if truth.id in PAIR else set())
