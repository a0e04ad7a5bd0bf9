from datetime import timedelta
from decimal import Decimal

import pytest

from agents.market.roster import ROSTER
from tests.fakes.market_home import a_market, pounds


async def test_the_oracle_keeps_the_total_and_the_steps():
    async with a_market(history_days=14) as home:
        current = {state.id: state.daily_budget for state in await home.platform.campaigns()}
        best = await home.truth.oracle(days=7, step=Decimal("0.2"))
    assert sum(budget.minor for budget in best.budgets.values()) == sum(budget.minor for budget in current.values())
    for name, budget in best.budgets.items():
        assert abs(budget.minor - current[name].minor) <= 0.2 * current[name].minor


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_world_has_room_to_gain_and_the_oracle_finds_it(seed: int):
    async with a_market(seed=seed, history_days=14) as home:
        room = await home.truth.room(days=7)
    assert room.best.revenue.minor > 1.025 * room.current.revenue.minor
    assert room.best.profit.minor > room.equal.profit.minor
    assert Decimal("0.03") < room.regret < Decimal("0.25")
    assert abs(room.best.spend.minor - room.current.spend.minor) < 200


@pytest.mark.parametrize("step", [Decimal("0.2"), Decimal("0.5")])
async def test_no_single_move_of_five_pounds_betters_the_oracle(step: Decimal):
    async with a_market(history_days=14) as home:
        now = {state.id: state.daily_budget for state in await home.platform.campaigns()}
        best = await home.truth.oracle(days=7, step=step)
        for giver, taker in (
            ("so-3001", "ps-2002"),
            ("ps-2002", "so-3001"),
            ("ps-2003", "em-103"),
            ("em-103", "ps-2003"),
        ):
            move = {giver: best.budgets[giver] - pounds(5), taker: best.budgets[taker] + pounds(5)}
            if any(abs(moved.minor - now[name].minor) > step * now[name].minor for name, moved in move.items()):
                continue
            after = await home.truth.expected({**best.budgets, **move}, days=7)
            assert after.revenue.minor < best.revenue.minor + 5_00


async def test_a_split_that_the_steps_cannot_reach_is_refused():
    async with a_market(history_days=7) as home:
        with pytest.raises(ValueError, match="no split of £90000 lies within ±20%"):
            await home.truth.oracle(total=pounds(90_000))


async def test_an_edit_above_a_fifth_costs_its_learning():
    async with a_market(history_days=7) as home:
        now = {state.id: state.daily_budget for state in await home.platform.campaigns()}
        small = pounds(int(now["so-3003"].amount * Decimal("1.19")))
        large = pounds(int(now["so-3003"].amount * Decimal("1.22")))
        with_small = await home.truth.expected({"so-3003": small})
        with_large = await home.truth.expected({"so-3003": large})
    assert with_large.orders < with_small.orders


async def test_expected_orders_match_what_the_shop_takes():
    async with a_market(history_days=28) as home:
        split = {state.id: state.daily_budget for state in await home.platform.campaigns()}
        expected = await home.truth.expected(split, days=14)
        first = await home.platform.today()
        last = await home.market.tick(14) - timedelta(days=1)
        store = await home.platform.reported(first, last)
    orders = store["orders"].fill_null(0).sum()
    assert abs(float(expected.orders) / orders - 1) < 0.05


async def test_increments_name_every_campaign_and_never_exceed_what_the_shop_took():
    async with a_market(history_days=28) as home:
        increments = await home.truth.increments()
        first = await home.platform.first_day()
        store = await home.platform.reported(first, await home.platform.today())
    assert [each.campaign_id for each in increments] == [spec.campaign_id for spec in ROSTER]
    assert all(each.per_pound is not None and Decimal("0.5") < each.per_pound < 6 for each in increments)
    taken = store["store_revenue_micros"].fill_null(0).sum()
    assert sum(each.revenue.micros for each in increments) < taken


async def test_a_campaign_paused_for_the_window_still_shows_its_carry_over_and_no_spend():
    async with a_market(history_days=14) as home:
        await home.platform.edit_by_hand("so-3001", "paused", actor="maria@agency", field="status")
        first = await home.platform.today()
        last = await home.market.tick(5) - timedelta(days=1)
        found = {each.campaign_id: each for each in await home.truth.increments(first, last)}
    assert found["so-3001"].spend == pounds(0)
    assert found["so-3001"].per_pound is None
    assert found["so-3001"].orders > 0


async def test_the_oracle_leaves_a_paused_campaign_paused():
    async with a_market(history_days=7) as home:
        await home.platform.edit_by_hand("ps-2002", "paused", actor="maria@agency", field="status")
        room = await home.truth.room(days=7, step=Decimal("0.1"))
    assert room.best.budgets["ps-2002"] == room.equal.budgets["ps-2002"] == pounds(0)
    assert room.best.profit.minor > room.current.profit.minor
