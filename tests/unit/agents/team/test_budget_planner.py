"""The budget planner: a proposal with its reasons, or a reason for none."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.features.store import Served
from agents.team.agent import JUDGED_AFTER_DAYS, Answer, KeepThePlan, NotEnoughData, Proposal
from agents.team.brief import Brief
from agents.team.budget_planner import BudgetPlanner
from agents.team.roster import roster
from storage.records.money import Money
from storage.records.plans import PlanKind
from tests.unit.agents.drift.world import ORDER_VALUE, Ad, World
from tests.unit.agents.team.briefs import DAY, brief_of, limits

UNEVEN = (
    Ad("paid_search", "hungry", 200, beta=90, kappa=400),
    Ad("paid_search", "full", 300, beta=30, kappa=30),
    Ad("paid_social", "poor", 250, beta=10, kappa=120, cpc=0.5),
    Ad("email", "rich", 80, beta=40, kappa=200, cpc=0.2),
)
WORLD = World(seed=1, ads=UNEVEN)
BRIEF = brief_of(WORLD)


def proposed(brief: Brief = BRIEF) -> Proposal:
    answer = BudgetPlanner().propose(brief)
    assert isinstance(answer, Proposal), answer
    return answer


def step(proposal: Proposal) -> dict[str, int]:
    return {change.resource.id: (change.after - change.before).minor for change in proposal.changes}


def test_money_moves_to_where_one_more_pound_brings_most() -> None:
    moves = step(proposed())
    assert moves["hungry"] > 0
    assert all(amount < 0 for name, amount in moves.items() if name in {"full", "poor"})
    before = {ad.id: float(WORLD.budget_of(ad, DAY)) for ad in UNEVEN}
    after = {name: budget + moves.get(name, 0) / 100 for name, budget in before.items()}
    assert WORLD.value(after) > 1.01 * WORLD.value(before)


def test_the_total_is_kept_and_every_step_is_within_its_limit() -> None:
    proposal = proposed()
    assert -100 < sum(step(proposal).values()) <= 0
    for change in proposal.changes:
        assert abs((change.after - change.before).minor) * 5 <= change.before.minor
        assert change.after.minor % 100 == 0
        assert change.unit == "GBP/day"
        assert change.field == "daily_budget"
        assert change.expected_version == "v1"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    share=st.decimals("0.02", "0.5", places=2),
    floor=st.integers(1, 250),
    cap=st.none() | st.integers(600, 1200),
    seed=st.integers(0, 5),
)
def test_whatever_the_limits_they_are_kept(share: Decimal, floor: int, cap: int | None, seed: int) -> None:
    total = None if cap is None else Money.of(cap, "GBP")
    wanted = limits(max_step_share=share, min_budget=Money.of(floor, "GBP"), total_budget=total)
    answer = BudgetPlanner().propose(brief_of(WORLD, facts=BRIEF.facts, limits=wanted, seed=seed))
    if isinstance(answer, Proposal):
        today = sum(state.daily_budget.minor for state in BRIEF.campaigns)
        after = today + sum(step(answer).values())
        assert after <= min(today, total.minor if total else today)
        for change in answer.changes:
            assert abs((change.after - change.before).minor) <= share * change.before.minor
            assert change.after.minor >= floor * 100


def test_equal_briefs_give_equal_proposals_and_digests() -> None:
    shuffled = brief_of(WORLD, facts=BRIEF.facts.sample(fraction=1.0, shuffle=True, seed=3))
    plans = [as_plan(proposed(brief)) for brief in (BRIEF, BRIEF, shuffled)]
    assert len({plan.digest for plan in plans}) == 1


def as_plan(proposal: Proposal):
    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return proposal.as_plan(id="PLAN-1", created_at=now, expires_at=now + timedelta(hours=24))


def test_the_plan_carries_all_that_was_proposed() -> None:
    proposal = proposed()
    plan = as_plan(proposal)
    assert plan.kind is PlanKind.BUDGET
    assert plan.evidence == BRIEF.evidence
    assert plan.data_day == WORLD.day_of(DAY)
    assert plan.agent == "budget_planner"
    assert plan.simulated
    assert plan.versions["seed"] == "7"
    for name in type(proposal).model_fields:
        assert getattr(plan, name) == getattr(proposal, name)


def test_the_forecast_is_a_range_over_the_week_after_execution() -> None:
    forecasts = {forecast.kpi: forecast for forecast in proposed().forecasts}
    assert set(forecasts) == {"roas", "revenue"}
    for forecast in forecasts.values():
        assert (forecast.last - forecast.first).days + 1 == JUDGED_AFTER_DAYS
        assert forecast.first == WORLD.day_of(DAY + 2)
        assert forecast.low < forecast.middle < forecast.high
        assert forecast.middle > forecast.baseline
        assert forecast.coverage == Decimal("0.8")
    assert forecasts["roas"].unit == "ratio"
    assert forecasts["revenue"].unit == "GBP"


def test_the_exit_criterion_lies_below_the_range() -> None:
    proposal = proposed()
    (criterion,) = proposal.exit_criteria
    assert criterion.kpi == "roas"
    assert criterion.side == "below"
    assert criterion.threshold < proposal.forecasts[0].low
    assert criterion.after_days == JUDGED_AFTER_DAYS


def test_money_at_risk_is_what_is_added_until_the_judgement() -> None:
    proposal = proposed()
    raised = sum(amount for amount in step(proposal).values() if amount > 0)
    assert proposal.money_at_risk == Money(minor=raised * 7, currency="GBP")
    assert any("7 days" in line for line in proposal.why)
    assert "Money already spent cannot be taken back." in proposal.irreversible


def test_the_reasons_name_every_changed_campaign_with_number_unit_and_window() -> None:
    proposal = proposed()
    text = "\n".join(proposal.why)
    for change in proposal.changes:
        assert change.resource.name in text
    assert re.search(r"; (more than 99|\d\d) % likely to be a gain\.", text)
    assert "80 % range" in text
    assert str(WORLD.day_of(DAY)) in text
    assert "not all incremental" in text


def test_few_changes_are_preferred_and_none_is_small() -> None:
    proposal = proposed(brief_of(World(seed=4)))
    assert all(abs((c.after - c.before).minor) >= 0.03 * c.before.minor for c in proposal.changes)


def reason_of(answer: Answer, kind: type[KeepThePlan] | type[NotEnoughData]) -> str:
    assert isinstance(answer, kind), answer
    assert answer.agent == "budget_planner"
    return answer.reason


def test_equal_campaigns_keep_the_plan_and_say_what_was_looked_for() -> None:
    even = tuple(Ad("paid_search", f"s{n}", 200, beta=60, kappa=200) for n in range(4))
    # Budgets moved in the past and stand at their even split today.
    world = World(seed=3, ads=even, days=DAY + 1)
    reason = reason_of(BudgetPlanner().propose(brief_of(world)), KeepThePlan)
    assert "%" in reason
    assert str(world.day_of(DAY)) in reason


def test_an_uncertain_gain_keeps_the_plan() -> None:
    demanding = brief_of(WORLD, facts=BRIEF.facts, limits=limits(min_gain_share=Decimal("0.5")))
    reason = reason_of(BudgetPlanner().propose(demanding), KeepThePlan)
    assert "less than the 50 %" in reason


@pytest.mark.parametrize("days", [11, 26])
def test_too_short_a_history_says_how_many_days_are_missing(days: int) -> None:
    young = World(seed=1, ads=UNEVEN)
    reason = reason_of(BudgetPlanner().propose(brief_of(young, day=days, versions=0)), NotEnoughData)
    assert "needs 28 complete days with spend, has" in reason


def test_no_facts_at_all_are_not_enough() -> None:
    reason = reason_of(BudgetPlanner().propose(brief_of(WORLD, facts=BRIEF.facts.clear())), NotEnoughData)
    assert "has 0" in reason


def test_no_campaigns_are_not_enough() -> None:
    reason = reason_of(BudgetPlanner().propose(brief_of(WORLD, campaigns=())), NotEnoughData)
    assert reason == "needs two running campaigns in GBP, has 0"


def test_campaigns_in_another_currency_are_not_mixed_in() -> None:
    reason = reason_of(BudgetPlanner().propose(brief_of(WORLD, currency="EUR", limits=limits())), NotEnoughData)
    assert "in EUR" in reason


def test_a_locked_campaign_is_left_alone_and_named() -> None:
    fixed = frozenset({"paid_search/campaign/hungry"})
    proposal = proposed(brief_of(WORLD, facts=BRIEF.facts, fixed=fixed))
    assert "hungry" not in step(proposal)
    assert "Left unchanged: Campaign hungry (locked)." in proposal.why


def test_a_campaign_that_is_learning_is_left_alone() -> None:
    learning = tuple(
        state.model_copy(update={"learning_until": BRIEF.data_day + timedelta(days=3)}) if state.id == "full" else state
        for state in BRIEF.campaigns
    )
    proposal = proposed(brief_of(WORLD, facts=BRIEF.facts, campaigns=learning))
    assert "full" not in step(proposal)


def test_paused_campaigns_take_no_part() -> None:
    paused = tuple(
        state.model_copy(update={"status": "paused"}) if state.id == "poor" else state for state in BRIEF.campaigns
    )
    proposal = proposed(brief_of(WORLD, facts=BRIEF.facts, campaigns=paused))
    assert "poor" not in step(proposal)
    assert any(line.startswith("Total of 3 campaigns") for line in proposal.why)


def test_everything_locked_keeps_the_plan() -> None:
    fixed = frozenset(f"{ad.channel}/campaign/{ad.id}" for ad in UNEVEN)
    reason = reason_of(BudgetPlanner().propose(brief_of(WORLD, facts=BRIEF.facts, fixed=fixed)), KeepThePlan)
    assert "fewer than two campaigns may be moved" in reason


def test_a_campaign_without_history_is_left_unchanged_and_named() -> None:
    new = BRIEF.campaigns[0].model_copy(update={"id": "new", "name": "New one"})
    proposal = proposed(brief_of(WORLD, facts=BRIEF.facts, campaigns=(*BRIEF.campaigns, new)))
    assert "new" not in step(proposal)
    assert "Left unchanged: New one (needs 28 complete days, has 0)." in proposal.why


def test_a_cap_below_today_is_met_even_without_a_gain() -> None:
    today = sum(state.daily_budget.minor for state in BRIEF.campaigns)
    cap = Money(minor=today - 5_000, currency="GBP")
    proposal = proposed(brief_of(WORLD, facts=BRIEF.facts, limits=limits(total_budget=cap)))
    assert today + sum(step(proposal).values()) <= cap.minor


def test_a_cap_out_of_reach_is_said_with_the_way_out() -> None:
    low = limits(total_budget=Money.of(100, "GBP"))
    reason = reason_of(BudgetPlanner().propose(brief_of(WORLD, facts=BRIEF.facts, limits=low)), KeepThePlan)
    assert "raise the cap or allow larger steps" in reason


def test_older_versions_in_the_brief_do_not_count_twice() -> None:
    plain, versioned = brief_of(WORLD, versions=0), brief_of(WORLD, versions=10)
    revenue = [proposed(brief).forecasts[1].baseline for brief in (plain, versioned)]
    assert float(revenue[1]) == pytest.approx(float(revenue[0]), rel=0.08)
    spend = sum(float(ad.budget) for ad in UNEVEN)
    assert float(revenue[0]) < spend * 7 * ORDER_VALUE


def test_a_campaign_that_never_moved_is_left_unchanged() -> None:
    still = BRIEF.facts.with_columns(
        pl.when(pl.col("campaign_id") == "rich")
        .then(80_000_000)
        .otherwise(pl.col("spend_micros"))
        .alias("spend_micros")
    )
    proposal = proposed(brief_of(WORLD, facts=still))
    assert "rich" not in step(proposal)
    assert any("its response cannot be measured" in line for line in proposal.why)


def test_the_roster_holds_the_planner() -> None:
    assert [agent.name for agent in roster()] == ["budget_planner"]
    assert roster()[0].kinds == (PlanKind.BUDGET,)


def test_a_campaign_whose_conversions_fell_silent_keeps_its_budget_and_the_plan_names_the_features() -> None:
    silent = {"clicks_7d": Decimal(900), "conversions_7d": Decimal(0), "conversions_28d": Decimal(60)}
    fine = {"clicks_7d": Decimal(900), "conversions_7d": Decimal(20), "conversions_28d": Decimal(80)}
    versions = {"feature:conversions_7d": "1"}
    served = Served(
        day=DAY, values={"paid_search/campaign/hungry": silent, "paid_search/campaign/full": fine}, versions=versions
    )
    proposal = proposed(replace(BRIEF, features=served))
    assert "hungry" in step(proposed())
    assert "hungry" not in step(proposal)
    assert "the tag looks broken" in " ".join(proposal.why)
    assert proposal.versions["feature:conversions_7d"] == "1"
