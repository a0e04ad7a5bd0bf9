"""Each scenario shows its signature against the healthy month of the same seed; the healthy month shows none."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import partial

import polars as pl
import pytest

from agents.market.calendar import EPOCH
from agents.market.requests import ServerFault, TimedOut
from agents.market.roster import ROSTER
from agents.market.scenarios import HAND, Scenario
from tests.fakes.market_home import MarketHome, a_market, a_request, pounds, within_three

HISTORY = 21
DAYS = 12


@asynccontextmanager
async def after(scenario: Scenario, days: int = DAYS) -> AsyncIterator[tuple[MarketHome, date, pl.DataFrame]]:
    """A market some days on, with the day on which trouble starts and the reports from there."""
    async with a_market(scenario=scenario, history_days=HISTORY) as home:
        onset = await home.platform.today() + timedelta(days=3)
        today = await home.market.tick(days)
        yield home, onset, await home.platform.reported(onset, today)


async def answered(ask: Callable[[], Awaitable[object]]) -> str:
    """A point for an answer, an x for none."""
    try:
        await ask()
    except ServerFault:
        return "x"
    return "."


def per_channel(frame: pl.DataFrame) -> dict[str, dict[str, int]]:
    columns = ("spend_micros", "impressions", "clicks", "conversions_milli", "orders")
    return {row["channel"]: row for row in frame.group_by("channel").agg(pl.sum(*columns)).to_dicts()}


async def healthy() -> dict[str, dict[str, int]]:
    async with after(Scenario.HEALTHY_MONTH) as (_, _, frame):
        return per_channel(frame)


async def test_a_broken_tag_hides_conversions_of_three_channels_while_orders_go_on():
    usual = await healthy()
    async with after(Scenario.TRACKING_TAG_BREAKS) as (home, onset, frame):
        broken = per_channel(frame)
        earlier = await home.platform.reported(onset - timedelta(days=14), onset - timedelta(days=14))
    for channel in ("paid_search", "paid_social", "website"):
        assert broken[channel]["conversions_milli"] < 0.2 * usual[channel]["conversions_milli"]
        assert broken[channel]["clicks"] == usual[channel]["clicks"]
    assert broken["email"] == usual["email"]
    assert broken["store"] == usual["store"]
    assert earlier["conversions_milli"].sum() > 0


async def test_an_auction_shock_makes_search_dearer_and_nothing_else():
    usual = await healthy()
    async with after(Scenario.AUCTION_PRICE_SHOCK) as (_, _, frame):
        shocked = per_channel(frame)
    search = usual["paid_search"]["impressions"] / shocked["paid_search"]["impressions"]
    assert 1.75 < search < 1.85
    assert shocked["paid_search"]["spend_micros"] == usual["paid_search"]["spend_micros"]
    assert shocked["paid_social"]["impressions"] == usual["paid_social"]["impressions"]
    assert shocked["store"]["orders"] < usual["store"]["orders"]


async def test_before_its_onset_a_scenario_is_not_to_be_seen():
    digests = set()
    for scenario in (Scenario.HEALTHY_MONTH, Scenario.TRACKING_TAG_BREAKS, Scenario.AUCTION_PRICE_SHOCK):
        async with after(scenario, days=2) as (home, _, _):
            digests.add(await home.platform.digest())
    assert len(digests) == 1


async def test_a_person_raises_the_budget_that_we_set_last():
    async with a_market(scenario=Scenario.MANUAL_BUDGET_EDIT, history_days=7) as home:
        platform = home.platform
        await platform.apply(await a_request(platform, "ws-4001", pounds(100), key="PLAN-1.r1.c1"))
        since = await platform.now()
        await home.market.tick(2)
        assert await platform.changes_since(since) == ()
        await home.market.tick()
        (edit,) = await platform.changes_since(since)
        assert (edit.actor, edit.campaign_id, edit.before, edit.after) == (HAND, "ws-4001", pounds(100), pounds(140))
        assert (await platform.read("website", "ws-4001", "daily_budget")).value == pounds(140)
        await home.market.tick(3)
        assert len(await platform.changes_since(since)) == 1


async def test_without_any_edit_of_ours_a_person_still_raises_some_budget():
    async with after(Scenario.MANUAL_BUDGET_EDIT) as (home, onset, _):
        changes = await home.platform.changes_since(await home.platform.now() - timedelta(days=DAYS))
    assert [(change.actor, change.at.date()) for change in changes] == [(HAND, onset)]


async def test_an_outage_fails_social_in_every_way_and_leaves_the_other_channels_alone():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=7, starts_in_days=0) as home:
        platform, ends = home.platform, []
        for number in range(40):
            request = await a_request(
                platform, "so-3001", "paused" if number % 2 else "active", key=f"k{number}", field="status"
            )
            try:
                await platform.apply(request)
                ends.append("done")
            except ServerFault:
                ends.append("refused")
                assert await within_three(partial(platform.find, "paid_social", request.key)) is None
            except TimedOut:
                found = await within_three(partial(platform.find, "paid_social", request.key))
                ends.append("applied" if found else "lost")
            await platform.apply(await a_request(platform, "em-101", pounds(100 + number), key=f"e{number}"))
        assert set(ends) == {"done", "refused", "applied", "lost"}
        assert ends.count("done") < 20
        await home.market.tick(2)
        for number in range(3):
            await platform.apply(await a_request(platform, "so-3001", pounds(200 + number), key=f"later{number}"))


async def test_during_an_outage_questions_go_unanswered_at_most_twice_in_a_row():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=2, starts_in_days=0) as home:
        platform = home.platform
        answers = [await answered(lambda: platform.read("paid_social", "so-3001", "status")) for _ in range(60)]
        assert "xxx" not in "".join(answers)
        assert 5 < answers.count("x") < 30
        assert {await answered(lambda: platform.read("email", "em-101", "status")) for _ in range(30)} == {"."}
        await home.market.tick(2)
        assert {await answered(lambda: platform.find("paid_social", "k")) for _ in range(30)} == {"."}


async def test_looking_during_an_outage_writes_nothing_and_meets_the_same_luck_again():
    seen = []
    for _ in range(2):
        async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=2, starts_in_days=0) as home:
            before = await home.platform.digest()
            found = [await answered(lambda key=f"k{n}": home.platform.find("paid_social", key)) for n in range(30)]
            assert await home.platform.digest() == before
            seen.append(found)
    assert seen[0] == seen[1]
    assert set(seen[0]) == {".", "x"}


async def test_lists_and_reports_go_on_during_an_outage():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=2, starts_in_days=0) as home:
        for _ in range(10):
            assert len(await home.platform.campaigns()) == len(ROSTER)
            assert not (await home.platform.reported(EPOCH, EPOCH)).is_empty()


async def test_a_fault_is_drawn_from_key_and_attempt_alone():
    async def ends() -> list[str]:
        async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=2, starts_in_days=0) as home:
            request = await a_request(home.platform, "so-3001", "paused", key="k", field="status")
            seen = []
            for _ in range(12):
                try:
                    await home.platform.apply(request)
                    seen.append("done")
                except (ServerFault, TimedOut) as fault:
                    seen.append(type(fault).__name__)
            return seen

    first = await ends()
    assert first == await ends()
    assert len(set(first)) > 1


async def test_in_a_healthy_month_spend_keeps_to_plan_and_no_call_fails_and_nobody_edits():
    async with a_market(history_days=28) as home:
        since = await home.platform.now()
        first = await home.platform.today()
        last = await home.market.tick(30)
        frame = await home.platform.reported(first, last)
        assert 0.95 < frame["spend_micros"].sum() / frame["budget_micros"].sum() < 1.05
        assert await home.platform.changes_since(since) == ()
        for number in range(4):
            await home.platform.apply(await a_request(home.platform, "so-3001", pounds(200 + number), key=f"k{number}"))


async def test_a_scenario_can_be_switched_and_ends_the_one_before():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=7, starts_in_days=0) as home:
        trouble = await home.market.set_scenario(Scenario.AUCTION_PRICE_SHOCK, starts_in_days=1)
        today = await home.platform.today()
        assert trouble.first == today + timedelta(days=1)
        assert (await home.market.scenario()) == trouble
        for number in range(4):
            await home.platform.apply(await a_request(home.platform, "so-3001", pounds(200 + number), key=f"k{number}"))
        await home.market.tick(2)
        frame = await home.platform.reported(today, today + timedelta(days=1))
        search = frame.filter(pl.col("channel") == "paid_search").group_by("day").agg(pl.sum("impressions")).sort("day")
        calm, shocked = search["impressions"].to_list()
        assert calm / shocked > 1.5


async def test_a_hand_edit_set_for_today_is_there_at_once():
    async with a_market(history_days=7) as home:
        since = await home.platform.now()
        await home.market.set_scenario(Scenario.MANUAL_BUDGET_EDIT)
        assert [change.actor for change in await home.platform.changes_since(since)] == [HAND]


async def test_a_person_too_is_held_to_the_platforms_rules():
    async with a_market(history_days=7) as home:
        for number in range(4):
            request = await a_request(home.platform, "so-3001", pounds(200 + number), key=f"k{number}")
            await home.platform.apply(request)
        since = await home.platform.now()
        await home.market.set_scenario(Scenario.MANUAL_BUDGET_EDIT)
        assert await home.platform.changes_since(since) == ()


@pytest.mark.parametrize("scenario", list(Scenario))
async def test_every_scenario_runs_on(scenario: Scenario):
    async with after(scenario, days=6) as (home, _, frame):
        assert not frame.is_empty()
        assert (await home.market.scenario()).scenario is scenario
