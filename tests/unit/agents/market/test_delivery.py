from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.market.delivery import deliver, month_limit_micros
from agents.market.history import first_campaigns
from agents.market.world import World
from storage.market_ledger.rows import DeliveryRow

WORLD = World.of_seed(3)
CAMPAIGNS = {row.campaign_id: row for row in first_campaigns("GBP")}
MONTHS = st.sampled_from([date(2026, 3, 1), date(2026, 4, 1), date(2027, 2, 1)])


def days_of(month: date) -> list[date]:
    days = [month + timedelta(days=n) for n in range(31)]
    return [day for day in days if day.month == month.month]


def run_month(name: str, budgets_minor: list[int], month: date) -> list[DeliveryRow]:
    truth = next(truth for truth in WORLD.campaigns if truth.id == name)
    rows: list[DeliveryRow] = []
    for day, budget in zip(days_of(month), budgets_minor, strict=False):
        campaign = replace(CAMPAIGNS[name], daily_budget_minor=budget)
        rows.append(deliver(WORLD, truth, campaign, day, index=1.0, month=rows).row)
    return rows


@settings(max_examples=40)
@given(st.sampled_from(sorted(CAMPAIGNS)), st.integers(100, 500_00), MONTHS)
def test_a_month_costs_at_most_30_4_daily_budgets(name: str, budget: int, month: date):
    spent = sum(row.spend_micros for row in run_month(name, [budget] * 31, month))
    assert spent * 10 <= 304 * budget * 10_000


@settings(max_examples=40)
@given(st.lists(st.integers(100, 500_00), min_size=31, max_size=31), MONTHS)
def test_with_changing_budgets_a_month_costs_at_most_30_4_of_the_largest(budgets: list[int], month: date):
    rows = run_month("ps-2002", budgets, month)
    assert sum(row.spend_micros for row in rows) * 10 <= 304 * max(budgets) * 10_000
    assert all(row.spend_micros <= 2 * row.budget_micros for row in rows)


@given(st.floats(0, 2), st.integers(0, 29))
def test_a_month_that_ran_ahead_is_held_back_at_its_limit(pace: float, gone: int):
    campaign, truth = CAMPAIGNS["ps-2002"], WORLD.campaigns[4]
    budget = campaign.daily_budget_minor * 10_000
    past = [DeliveryRow("ps-2002", date(2026, 3, n + 1), round(budget * pace), budget, 0, 0, 0) for n in range(gone)]
    day = date(2026, 3, gone + 1)
    spend = deliver(WORLD, truth, campaign, day, index=1.0, month=past).row.spend_micros
    before = sum(row.spend_micros for row in past)
    assert spend >= 0
    assert before + spend <= max(before, month_limit_micros(past, budget, day))


def test_the_limit_bites_where_a_month_ran_at_twice_its_budget():
    campaign, truth = CAMPAIGNS["ps-2002"], WORLD.campaigns[4]
    budget = campaign.daily_budget_minor * 10_000
    past = [DeliveryRow("ps-2002", date(2026, 3, n + 1), 2 * budget, budget, 0, 0, 0) for n in range(16)]
    assert deliver(WORLD, truth, campaign, date(2026, 3, 17), index=1.0, month=past).row.spend_micros == 0


def test_social_spends_at_most_a_quarter_above_a_day_and_search_sometimes_more():
    def most(name: str) -> float:
        rows = [row for month in range(1, 13) for row in run_month(name, [100_00] * 31, date(2026, month, 1))]
        return max(row.spend_micros / row.budget_micros for row in rows)

    assert most("so-3001") <= 1.25
    assert 1.3 < most("ps-2002") <= 2.0


def test_a_paused_campaign_spends_nothing_and_plans_nothing():
    paused = replace(CAMPAIGNS["em-101"], status="paused")
    row = deliver(WORLD, WORLD.campaigns[0], paused, date(2026, 3, 1), index=1.0, month=[]).row
    assert (row.spend_micros, row.budget_micros, row.impressions, row.clicks) == (0, 0, 0, 0)


def test_a_dearer_auction_buys_fewer_impressions_for_the_same_money():
    truth, campaign = WORLD.campaigns[4], CAMPAIGNS["ps-2002"]
    usual = deliver(WORLD, truth, campaign, date(2026, 3, 1), index=1.0, month=[]).row
    dear = deliver(WORLD, truth, campaign, date(2026, 3, 1), index=1.8, month=[]).row
    assert dear.spend_micros == usual.spend_micros
    assert abs(usual.impressions / dear.impressions - 1.8) < 0.01
