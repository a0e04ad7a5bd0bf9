"""The planner and the detectors in the sandbox market, which reports late and hides its truth."""

import time
from datetime import date, timedelta

import polars as pl
import pytest

from agents.drift.detectors import detect
from agents.market.scenarios import Scenario
from agents.sources.sandbox_market import SandboxMarketSource
from agents.team.agent import Proposal
from agents.team.brief import Brief, Limits
from agents.team.budget_planner import BudgetPlanner
from storage.lake.facts import FACTS
from storage.records.alerts import Finding
from storage.records.money import Money
from tests.fakes.market_home import MarketHome, a_market

HISTORY = 84


async def loaded(home: MarketHome, loads: list[pl.DataFrame]) -> tuple[SandboxMarketSource, date, pl.DataFrame]:
    """What a home knows after one more daily pull: all versions of all rows."""
    source = SandboxMarketSource(home.platform)
    data_day = await source.today() - timedelta(days=1)
    first = data_day - timedelta(days=source.restatement_days if loads else HISTORY)
    frame = await source.metrics(first, data_day)
    stamped = frame.with_columns(
        pl.lit(f"load-{data_day}").alias("load_id"),
        pl.lit(await source.now()).cast(FACTS["known_at"]).alias("known_at"),
    )
    loads.append(stamped.select(FACTS.names()))
    return source, data_day, pl.concat(loads)


async def brief_of(home: MarketHome, loads: list[pl.DataFrame]) -> Brief:
    source, data_day, facts = await loaded(home, loads)
    return Brief(
        campaigns=await source.campaigns(),
        facts=facts,
        data_day=data_day,
        restatement_days=source.restatement_days,
        currency="GBP",
        limits=Limits(min_budget=Money.of(10, "GBP")),
    )


async def watched(scenario: Scenario, *, seed: int, days: int) -> list[tuple[Finding, ...]]:
    """Findings of each day; trouble starts on the second."""
    found = []
    async with a_market(seed=seed, scenario=scenario, history_days=HISTORY, starts_in_days=1) as home:
        loads: list[pl.DataFrame] = []
        await loaded(home, loads)
        for _ in range(days):
            await home.market.tick()
            source, data_day, facts = await loaded(home, loads)
            found.append(detect(facts, data_day=data_day, restatement_days=source.restatement_days))
    return found


@pytest.mark.parametrize("seed", [3, 9])
async def test_a_plan_is_proposed_within_two_seconds(seed: int) -> None:
    async with a_market(seed=seed, history_days=HISTORY) as home:
        brief = await brief_of(home, [])
    began = time.process_time()
    proposal = BudgetPlanner().propose(brief)
    assert time.process_time() - began < 2
    assert isinstance(proposal, Proposal)
    assert 2 <= len(proposal.changes) <= 11
    assert proposal.simulated


async def test_the_plan_is_worth_more_than_todays_budgets_in_the_markets_truth() -> None:
    async with a_market(seed=4, history_days=HISTORY) as home:
        proposal = BudgetPlanner().propose(await brief_of(home, []))
        assert isinstance(proposal, Proposal)
        split = {one.resource.id: one.after for one in proposal.changes if isinstance(one.after, Money)}
        keep, plan = await home.truth.expected({}, days=28), await home.truth.expected(split, days=28)
    assert plan.spend.minor <= keep.spend.minor * 1.01
    assert plan.revenue.minor > keep.revenue.minor * 1.01


async def test_a_healthy_week_in_the_sandbox_is_quiet() -> None:
    assert await watched(Scenario.HEALTHY_MONTH, seed=5, days=5) == [()] * 5


async def test_a_broken_tag_in_the_sandbox_is_blamed_on_the_same_day() -> None:
    before, *after = await watched(Scenario.TRACKING_TAG_BREAKS, seed=6, days=4)
    assert before == ()
    assert [[(one.key, one.cause) for one in found] for found in after] == [
        [("drift/conversions/all", "tracking, likely")]
    ] * 3


async def test_a_price_shock_in_the_sandbox_is_named_on_the_same_day() -> None:
    before, *after = await watched(Scenario.AUCTION_PRICE_SHOCK, seed=7, days=3)
    assert before == ()
    assert [[(one.key, one.cause) for one in found] for found in after] == [
        [("drift/cpc/paid_search", "auction price, likely")]
    ] * 2


async def test_a_budget_edited_by_hand_in_the_sandbox_is_seen() -> None:
    found = await watched(Scenario.MANUAL_BUDGET_EDIT, seed=8, days=3)
    keys = {one.key for findings in found for one in findings}
    causes = {one.cause for findings in found for one in findings}
    assert len(keys) == 1
    assert causes == {"budget changed outside Countersign"}
