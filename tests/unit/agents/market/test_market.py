"""The whole market over its two files."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.market.calendar import EPOCH
from agents.market.editing import CALLS_PER_HOUR
from agents.market.facts import COLUMNS
from agents.market.requests import EditFailed, EditsBlocked, MarketExists, MarketMissing
from agents.market.roster import ROSTER
from storage.lake.facts import FACTS
from storage.market_ledger.file import MarketLayoutUnknown
from storage.market_ledger.shown import MarketLedger
from tests.fakes.market_home import MarketHome, a_market, a_request, opened_market, pounds

ACTIONS = st.one_of(
    st.tuples(st.just("tick"), st.integers(1, 3)),
    st.tuples(st.just("apply"), st.sampled_from(["em-101", "ps-2002", "so-3001"]), st.integers(1, 900)),
    st.tuples(st.just("hand"), st.sampled_from(["ps-2001", "so-3001"]), st.integers(1, 900)),
    st.tuples(st.just("pause"), st.sampled_from(["ws-4002", "ps-2002"])),
    st.tuples(st.just("creative"), st.sampled_from(["so-3001", "ps-2002"]), st.sampled_from(["Linen", "A miracle"])),
)


async def act(home: MarketHome, actions: list[tuple]) -> None:
    for number, action in enumerate(actions):
        try:
            match action:
                case ("tick", int(days)):
                    await home.market.tick(days)
                case ("apply", name, amount):
                    key = f"PLAN-{number}.r1.c1"
                    await home.platform.apply(await a_request(home.platform, name, pounds(amount), key=key))
                case ("hand", name, amount):
                    await home.platform.edit_by_hand(name, pounds(amount), actor="maria@agency")
                case ("creative", name, text):
                    await home.platform.edit_by_hand(name, text, actor="maria@agency", field="creative")
                case ("pause", name):
                    await home.platform.edit_by_hand(name, "paused", actor="maria@agency", field="status")
        except EditFailed:
            continue


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), actions=st.lists(ACTIONS, max_size=8))
async def test_equal_seeds_and_actions_give_ledgers_equal_to_the_bit(seed: int, actions: list[tuple]):
    digests = []
    for _ in range(2):
        async with a_market(seed=seed, history_days=8) as home:
            await act(home, actions)
            digests.append(await home.market.digest())
    assert digests[0] == digests[1]


async def test_another_seed_and_another_action_each_give_another_ledger():
    seen = set()
    for seed, actions in ((1, []), (2, []), (1, [("hand", "ps-2001", 7)])):
        async with a_market(seed=seed, history_days=3) as home:
            await act(home, actions)
            seen.add(await home.market.digest())
    assert len(seen) == 3


async def test_days_run_one_by_one_equal_days_run_in_one_go():
    async with a_market(history_days=7) as whole, a_market(history_days=1) as stepped:
        await stepped.market.tick(2)
        await stepped.market.tick()
        await stepped.market.tick(3)
        assert await stepped.market.digest() == await whole.market.digest()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(amount=st.integers(1, 2000))
async def test_an_edit_leaves_the_draws_of_other_campaigns_alone(amount: int):
    """Same-day deliveries of all others; for good, all that campaigns of another audience do."""
    frames = []
    for budget in (None, pounds(amount)):
        async with a_market(history_days=7) as home:
            if budget is not None:
                await home.platform.edit_by_hand("so-3001", budget, actor="maria@agency")
            await home.market.tick(4)
            frames.append(await home.platform.reported(EPOCH, EPOCH + timedelta(days=10)))
    campaigns = [
        frame.filter((pl.col("grain") == "campaign") & (pl.col("campaign_id") != "so-3001")) for frame in frames
    ]
    delivered = ["campaign_id", "day", "spend_micros", "impressions", "clicks", "leads_milli"]
    assert campaigns[0].select(delivered).equals(campaigns[1].select(delivered))
    apart = [frame.filter(pl.col("campaign_id") != "so-3003") for frame in campaigns]
    assert apart[0].equals(apart[1])


@settings(max_examples=10, deadline=None)
@given(amount=st.integers(1, 25_000))
async def test_an_edit_and_its_revert_restore_the_campaign(amount: int):
    async with a_market(history_days=1) as home:
        platform = home.platform
        before = {state.id: state for state in await platform.campaigns()}
        await platform.apply(await a_request(platform, "ps-2003", pounds(amount), key="there"))
        back = before["ps-2003"].daily_budget
        await platform.apply(await a_request(platform, "ps-2003", back, key="back"))
        after = {state.id: state for state in await platform.campaigns()}
        gone = {"version": "", "learning_until": None}
        assert {name: state.model_copy(update=gone) for name, state in after.items()} == {
            name: state.model_copy(update=gone) for name, state in before.items()
        }
        assert after["ps-2003"].version != before["ps-2003"].version


async def test_reports_have_the_columns_of_the_lake_and_are_marked_simulated():
    async with a_market(history_days=2) as home:
        frame = await home.platform.reported(EPOCH, EPOCH + timedelta(days=9))
    assert frame.schema == pl.Schema({n: t for n, t in FACTS.items() if n not in {"load_id", "known_at"}})
    assert frame.schema == COLUMNS
    assert frame["simulated"].all()
    assert frame.filter(pl.col("grain") == "campaign").height == 2 * len(ROSTER)
    store = frame.filter(pl.col("channel") == "store")
    assert store["campaign_id"].to_list() == ["store", "store"]
    assert store["spend_micros"].null_count() == 2
    assert set(frame["channel"]) == {"email", "paid_search", "paid_social", "website", "store"}


async def test_no_rows_of_the_unfinished_day_are_reported():
    async with a_market(history_days=3) as home:
        today = await home.platform.today()
        assert (await home.platform.reported(today, today)).is_empty()
        await home.market.tick()
        assert not (await home.platform.reported(today, today)).is_empty()


async def test_conversions_of_a_day_grow_for_thirty_days_and_then_stand():
    async with a_market(history_days=45) as home:
        counts = []
        for age in range(1, 42):
            day = EPOCH + timedelta(days=2)
            frame = await home.platform.reported(day, day, as_of=day + timedelta(days=age))
            counts.append(int(frame["conversions_milli"].fill_null(0).sum()))
    assert counts == sorted(counts)
    assert 0.4 < counts[0] / counts[-1] < 0.8
    assert counts[6] < counts[-1]
    assert len(set(counts[30:])) == 1


async def test_a_report_as_of_an_earlier_day_is_what_was_reported_then():
    async with a_market(history_days=10) as home:
        last = EPOCH + timedelta(days=9)
        today = await home.platform.today()
        then = await home.platform.reported(EPOCH, last)
        await home.market.tick(5)
        assert (await home.platform.reported(EPOCH, last, as_of=today)).equals(then)
        assert not (await home.platform.reported(EPOCH, last)).equals(then)


async def test_the_shop_counts_fewer_orders_than_platforms_and_baseline_together():
    """The platforms claim buyers that would have come anyway."""
    async with a_market(history_days=84) as home:
        increments = await home.truth.increments()
    claimed = sum(each.claimed.minor for each in increments)
    true = sum(each.revenue.minor for each in increments)
    assert claimed > 1.1 * true


async def test_the_fifth_budget_edit_in_an_hour_is_blocked_until_the_clock_moves():
    async with a_market(history_days=1) as home:
        for amount in range(100, 104):
            await home.platform.edit_by_hand("so-3001", pounds(amount), actor="maria@agency")
        with pytest.raises(EditFailed, match="4 budget edits of so-3001 an hour: blocked until 09:00 UTC"):
            await home.platform.edit_by_hand("so-3001", pounds(99), actor="maria@agency")
        await home.platform.edit_by_hand("so-3002", pounds(99), actor="maria@agency")
        await home.market.tick()
        await home.platform.edit_by_hand("so-3001", pounds(99), actor="maria@agency")


async def test_too_many_calls_on_all_platforms_together_are_answered_with_429(tmp_path: Path):
    ledger = MarketLedger(tmp_path / "market.db")
    async with opened_market(tmp_path) as home:
        await home.market.create(seed=1, history_days=1)
        async with ledger.writing() as book:
            clock = await book.clock()
            assert clock is not None
            await book.set_clock(replace(clock, edits_today=CALLS_PER_HOUR))
        await ledger.close()
        with pytest.raises(EditsBlocked, match="email answered 429 Too Many Requests") as caught:
            await home.platform.edit_by_hand("em-101", pounds(90), actor="maria@agency")
        assert caught.value.wait_s == 3600
        await home.market.tick()
        await home.platform.edit_by_hand("em-101", pounds(90), actor="maria@agency")


async def test_edits_of_one_standing_moment_are_told_apart_by_a_change_log_poll():
    async with a_market(history_days=1) as home:
        await home.platform.edit_by_hand("em-101", pounds(90), actor="maria@agency")
        polled = await home.platform.now()
        assert await home.platform.changes_since(polled) == ()
        await home.platform.edit_by_hand("em-101", pounds(91), actor="maria@agency")
        (change,) = await home.platform.changes_since(polled)
        assert (change.before, change.after, change.actor) == (pounds(90), pounds(91), "maria@agency")


async def test_history_shows_a_team_that_moves_budgets_by_up_to_a_third():
    async with a_market(history_days=84) as home:
        frame = await home.platform.reported(EPOCH, EPOCH + timedelta(days=83))
    moved = (
        frame.filter(pl.col("grain") == "campaign")
        .group_by("campaign_id")
        .agg(
            pl.n_unique("budget_micros").alias("levels"),
            (pl.max("budget_micros") / pl.min("budget_micros")).alias("range"),
        )
    )
    assert moved["levels"].min() >= 6
    assert moved["range"].min() > 1.2
    assert moved["range"].max() < 1.95


async def test_a_day_that_was_cut_off_between_the_two_files_is_run_again(tmp_path: Path):
    async with a_market(history_days=5) as reference:
        await reference.market.tick()
        wanted = await reference.market.digest()
    async with opened_market(tmp_path) as home:
        await home.market.create(seed=1, history_days=5)
    shutil.copy(tmp_path / "market.db", tmp_path / "before.db")
    async with opened_market(tmp_path) as home:
        await home.market.tick()
    shutil.copy(tmp_path / "before.db", tmp_path / "market.db")
    async with opened_market(tmp_path) as home:
        await home.market.tick()
        assert await home.market.digest() == wanted


async def test_two_processes_ticking_at_once_finish_two_days(tmp_path: Path):
    async with opened_market(tmp_path) as one, opened_market(tmp_path) as other:
        await one.market.create(seed=1, history_days=2)
        await asyncio.gather(one.market.tick(), other.market.tick())
        assert await one.platform.today() == EPOCH + timedelta(days=4)


async def test_a_market_is_made_once(tmp_path: Path):
    async with opened_market(tmp_path) as home:
        with pytest.raises(MarketMissing, match="no simulated market yet"):
            await home.platform.campaigns()
        assert not await home.market.exists()
        await home.market.create(seed=1, history_days=1)
        assert await home.market.exists()
        with pytest.raises(MarketExists):
            await home.market.create(seed=1, history_days=1)


async def test_files_of_another_layout_are_refused_with_a_remedy(tmp_path: Path):
    async with opened_market(tmp_path) as home:
        await home.market.create(seed=1, history_days=1)
    text = (tmp_path / "market.db").read_bytes()
    # Bytes 60 to 63 of an SQLite file are its user_version.
    (tmp_path / "market.db").write_bytes(text[:60] + (99).to_bytes(4, "big") + text[64:])
    async with opened_market(tmp_path) as home:
        with pytest.raises(MarketLayoutUnknown, match=r"layout 99.*delete the market files"):
            await home.platform.today()


@pytest.mark.parametrize("days", [0, -1, 367])
async def test_the_clock_refuses_to_stand_or_run_backwards(days: int):
    async with a_market(history_days=1) as home:
        with pytest.raises(ValueError, match="1 to 366 days"):
            await home.market.tick(days)
