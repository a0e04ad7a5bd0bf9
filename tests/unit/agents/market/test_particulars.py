"""What differs by platform: rounding of money, days of a zone, small shares that are only bounded."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from agents.market.calendar import EPOCH, hours_ahead
from agents.market.reporting import report
from agents.market.roster import ROSTER, TRAITS
from agents.market.streams import stream
from agents.market.world import World
from storage.market_ledger.rows import DeliveryRow, PostingRow
from tests.fakes.market_home import a_market, pounds

WORLD = World.of_seed(1)
SUMMER, WINTER = date(2026, 7, 8), date(2026, 2, 11)
SHARES = {spec.campaign_id for spec in ROSTER if spec.search_share is not None}


def reported_on(name: str, day: date, *, clicked_daily: int = 100) -> tuple[PostingRow, ...]:
    """What a campaign hears of on a day, after a steady window of clicks."""
    truth = next(truth for truth in WORLD.campaigns if truth.id == name)
    window = [day - timedelta(days=late) for late in range(31)]
    recent = [DeliveryRow(name, clicked, 1, 1, 1, clicked_daily, 0) for clicked in reversed(window)]
    return report(WORLD, truth, day, own_orders=3000, other_orders=0, adstock_micros=0, tag_share=1.0, recent=recent)


def test_the_shop_is_an_hour_ahead_of_utc_from_the_day_after_its_clocks_change():
    assert [hours_ahead("UTC", date(2026, 3, day)) for day in (28, 29, 30)] == [0, 0, 1]
    assert [hours_ahead("UTC", date(2026, 10, day)) for day in (24, 25, 26)] == [1, 1, 0]
    assert hours_ahead("Europe/London", SUMMER) == 0


def test_in_summer_the_mailing_tool_files_the_hour_after_midnight_a_day_earlier():
    filed = {row.click_day: row.conversions for row in reported_on("em-101", SUMMER)}
    assert set(TRAITS) - {"email"} == {name for name, traits in TRAITS.items() if traits.zone == "Europe/London"}
    ordinary = {row.click_day: row.conversions for row in reported_on("em-101", WINTER)}
    early = ordinary[WINTER] - filed[SUMMER]
    assert 0 < early < 0.08 * ordinary[WINTER]
    assert sum(filed.values()) == pytest.approx(sum(ordinary.values()), rel=0.02)


@pytest.mark.parametrize("name", ["em-101", "so-3001"])
@pytest.mark.parametrize("day", [SUMMER, WINTER])
def test_no_calendar_restates_days_before_the_window_or_files_into_the_future(name: str, day: date):
    rows = reported_on(name, day)
    assert min(row.click_day for row in rows) >= day - timedelta(days=WORLD.window_days)
    assert max(row.click_day for row in rows) == day
    assert len({row.click_day for row in rows}) == len(rows)


@pytest.mark.parametrize("day", [SUMMER, WINTER])
def test_a_calendar_moves_conversions_and_loses_none(day: date):
    claimed = int(stream(WORLD.seed, "report", "em-101", day).binomial(3000, 0.92))
    assert sum(row.conversions for row in reported_on("em-101", day)) == claimed


async def test_search_books_spend_in_micros_and_the_others_in_whole_pence():
    async with a_market(history_days=10) as home:
        frame = await home.platform.reported(EPOCH, EPOCH + timedelta(days=9))
    odd = frame.filter(pl.col("spend_micros") % 10_000 != 0)
    assert set(odd["channel"]) == {"paid_search"}
    assert frame.filter(pl.col("grain") == "campaign")["currency"].unique().to_list() == ["GBP"]


async def test_a_share_of_searches_below_a_tenth_is_only_bounded():
    async with a_market(history_days=14) as home:
        await home.platform.edit_by_hand("ps-2003", pounds(60), actor="maria@agency")
        cut = await home.platform.today()
        await home.platform.edit_by_hand("ps-2001", "paused", actor="maria@agency", field="status")
        await home.market.tick(4)
        frame = await home.platform.reported(EPOCH, cut + timedelta(days=3))
    flagged = frame.filter(pl.col("flags") != "")
    assert {tuple(json.loads(text).items()) for text in flagged["flags"]} == {(("search_impr_share", "<10%"),)}
    assert set(flagged["campaign_id"]) <= SHARES
    after = frame.filter(pl.col("day") >= cut)
    assert after.filter(pl.col("campaign_id") == "ps-2003")["flags"].ne("").all()
    brand = after.filter(pl.col("campaign_id") == "ps-2001")
    assert brand["impressions"].sum() == 0
    assert brand["flags"].eq("").all(), "a paused campaign has no share to bound"
    usual = frame.filter((pl.col("campaign_id") == "ps-2003") & (pl.col("day") < cut))
    assert usual["flags"].ne("").sum() < usual.height


def test_more_budget_does_not_make_more_searches():
    search = {truth.id: truth for truth in WORLD.campaigns if truth.searches is not None}
    assert set(search) == SHARES
    for spec in ROSTER:
        if spec.search_share is not None:
            usual = spec.daily_budget_pounds / spec.cpm_pounds * 1000
            assert 0.8 < usual / (search[spec.campaign_id].searches or 0) / spec.search_share < 1.25
