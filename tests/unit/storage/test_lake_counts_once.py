"""Nothing counts twice: restatements, grains, breakdowns, periods beside days, and every moment keeps its answer."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from storage.lake.store import Lake
from tests.unit.storage.lake_facts import FIRST, LAST, fact, frame, load


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


async def landed(lake: Lake, *loads: list[dict]) -> list:
    for number, facts in enumerate(loads, start=1):
        await lake.append([frame(*facts)], f"load-{number}", load(number).known_at)
    return [load(number) for number in range(1, len(loads) + 1)]


async def spend(lake: Lake, loads: list, first: date = FIRST, last: date = LAST) -> int:
    return int((await lake.read(loads, first, last, simulated=False))["spend_micros"].sum())


async def test_a_restated_day_is_read_as_the_newest_load_knows_it_and_as_it_was_before(lake: Lake):
    loads = await landed(lake, [fact(spend_micros=10), fact(campaign="B", spend_micros=1)], [fact(spend_micros=12)])
    assert await spend(lake, loads) == 13
    assert await spend(lake, loads[:1]) == 11
    assert await spend(lake, loads[::-1]) == 11


async def test_every_version_of_a_day_can_be_asked_for(lake: Lake):
    loads = await landed(lake, [fact(spend_micros=10)], [fact(spend_micros=12)])
    every = await lake.read(loads, FIRST, LAST, simulated=False, every_version=True)
    assert sorted(every["spend_micros"]) == [10, 12]


async def test_rows_of_one_file_that_look_alike_all_count(lake: Lake):
    loads = await landed(lake, [fact(spend_micros=1), fact(spend_micros=2)], [fact(day=LAST, spend_micros=4)])
    assert await spend(lake, loads) == 7


async def test_of_several_grains_only_the_coarsest_counts(lake: Lake):
    keyword = fact(grain="keyword", breakdown='{"keyword":"x"}', spend_micros=100)
    group = fact(grain="ad_group", breakdown='{"ad_group":"g"}', spend_micros=10)
    loads = await landed(lake, [keyword], [group], [fact(spend_micros=1)])
    assert await spend(lake, loads) == 1
    assert await spend(lake, loads[:2]) == 10
    assert await spend(lake, loads[:1]) == 100


async def test_a_finer_report_counts_on_the_days_that_the_coarser_lacks(lake: Lake):
    group = [fact(grain="ad_group", breakdown='{"ad_group":"g"}', day=FIRST + timedelta(days=day)) for day in (0, 1)]
    loads = await landed(lake, group, [fact(spend_micros=5)])
    read = await lake.read(loads, FIRST, LAST, simulated=False)
    assert dict(read.select("day", "spend_micros").rows()) == {FIRST: 5, FIRST + timedelta(days=1): 1_000_000}


async def test_grains_of_other_accounts_and_sources_do_not_matter(lake: Lake):
    group = {"grain": "ad_group", "breakdown": '{"ad_group":"g"}'}
    loads = await landed(lake, [fact(**group, account="1"), fact(**group, source="meta")], [fact()])
    assert await spend(lake, loads) == 3_000_000


async def test_the_shops_own_books_stand_beside_the_ads(lake: Lake):
    store = fact(grain="store", channel="store", campaign="", spend_micros=None, store_revenue_micros=7)
    loads = await landed(lake, [store, fact(grain="ad_group", breakdown='{"ad_group":"g"}')])
    read = await lake.read(loads, FIRST, LAST, simulated=False)
    assert sorted(read["grain"]) == ["ad_group", "store"]


async def test_a_breakdown_gives_way_to_the_whole(lake: Lake):
    devices = [fact(breakdown=f'{{"device":"{name}"}}', spend_micros=5) for name in ("mobile", "desktop")]
    loads = await landed(lake, devices, [fact(spend_micros=10)])
    assert await spend(lake, loads) == 10
    assert await spend(lake, loads[:1]) == 10


async def test_two_breakdowns_of_the_same_spend_count_once(lake: Lake):
    devices = [fact(breakdown=f'{{"device":"{name}"}}', spend_micros=5) for name in ("mobile", "desktop")]
    ages = [fact(breakdown=f'{{"age":"{name}"}}', spend_micros=2) for name in ("18", "25", "35", "45", "55")]
    assert await spend(lake, await landed(lake, devices, ages)) == 10


async def test_a_campaign_known_by_name_in_one_file_and_by_id_in_another_is_one(lake: Lake):
    loads = await landed(lake, [fact(campaign="Brand", spend_micros=3)], [fact(campaign="Brand", campaign_id="77")])
    read = await lake.read(loads, FIRST, LAST, simulated=False)
    assert read.select("campaign_id", "spend_micros").rows() == [("77", 1_000_000)]


async def test_a_name_that_two_ids_share_stays_a_name(lake: Lake):
    ids = [fact(campaign="Brand", campaign_id=number, day=LAST) for number in ("1", "2")]
    loads = await landed(lake, [fact(campaign="Brand")], ids)
    read = await lake.read(loads, FIRST, LAST, simulated=False)
    assert sorted(read["campaign_id"]) == ["1", "2", "Brand"]


async def test_a_period_counts_only_where_it_lies_in_the_window(lake: Lake):
    loads = await landed(lake, [fact(last_day=LAST)])
    assert await spend(lake, loads) == 1_000_000
    assert await spend(lake, loads, FIRST, LAST - timedelta(days=1)) == 0
    touching = await lake.read(loads, FIRST, LAST - timedelta(days=1), simulated=False, touching=True)
    assert touching["last_day"].to_list() == [LAST]


async def test_daily_rows_win_over_a_period_that_holds_them(lake: Lake):
    daily = [fact(day=FIRST + timedelta(days=step), spend_micros=1) for step in range(31)]
    loads = await landed(lake, [fact(last_day=LAST, spend_micros=500), fact(campaign="B", last_day=LAST)], daily)
    assert await spend(lake, loads) == 31 + 1_000_000


async def test_of_overlapping_periods_the_newest_counts(lake: Lake):
    old = fact(last_day=LAST, spend_micros=5)
    new = fact(last_day=LAST + timedelta(days=1), spend_micros=6)
    loads = await landed(lake, [old], [new])
    assert await spend(lake, loads, FIRST, LAST + timedelta(days=1)) == 6
    assert await spend(lake, loads) == 5


async def test_of_periods_in_several_grains_the_coarsest_counts(lake: Lake):
    groups = [
        fact(grain="ad_group", breakdown=f'{{"ad_group":"{name}"}}', last_day=LAST, spend_micros=4) for name in "ab"
    ]
    assert await spend(lake, await landed(lake, [fact(last_day=LAST, spend_micros=9)], groups)) == 9


async def test_a_restated_period_replaces_itself(lake: Lake):
    loads = await landed(lake, [fact(last_day=LAST, spend_micros=5)], [fact(last_day=LAST, spend_micros=6)])
    assert await spend(lake, loads) == 6


async def test_reading_leaves_no_trace_of_its_own_columns(lake: Lake):
    loads = await landed(lake, [fact()], [fact(last_day=LAST)])
    read = await lake.read(loads, FIRST, LAST, simulated=False, columns=["spend_micros", "day"])
    assert read.columns == ["spend_micros", "day"]
    assert read.schema["day"] == pl.Date
