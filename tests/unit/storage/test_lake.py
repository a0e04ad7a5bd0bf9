from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from storage.lake.facts import FACTS, REPORTED, ContractBroken
from storage.lake.store import Lake
from tests.unit.storage.lake_facts import FIRST, LAST, NOON, fact, frame, load


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


async def add(lake: Lake, number: int, *facts: dict) -> int:
    return await lake.append([frame(*facts)], f"load-{number}", load(number).known_at)


async def test_facts_come_back_as_they_went_in(lake: Lake):
    given = frame(fact(), fact(campaign="B", spend_micros=None, flags='{"spend_micros":"missing"}'))
    await lake.append([given], "load-1", NOON)
    read = await lake.read([load(1)], FIRST, LAST, simulated=False)
    assert read.schema == FACTS
    assert read.select(REPORTED.names()).sort("campaign").equals(given)
    assert read["known_at"].to_list() == [NOON, NOON]
    assert read["load_id"].to_list() == ["load-1", "load-1"]


async def test_an_empty_lake_has_the_right_columns_and_no_rows(lake: Lake):
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False)).schema == FACTS
    assert await lake.version() is None
    assert not await lake.holds("load-1")


async def test_a_load_that_nobody_names_is_not_readable(lake: Lake):
    """A crash between the append and the registration of the load leaves nothing that anyone sees."""
    await add(lake, 1, fact())
    await add(lake, 2, fact(spend_micros=5))
    assert (await lake.read([], FIRST, LAST, simulated=False)).is_empty()
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False))["spend_micros"].to_list() == [1_000_000]
    assert await lake.holds("load-2")


async def test_the_same_load_twice_is_there_once(lake: Lake):
    first = await add(lake, 1, fact())
    await add(lake, 2, fact(campaign="B"))
    assert await add(lake, 1, fact(), fact(campaign="C")) == first
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False)).height == 1


async def test_two_lakes_on_one_folder_append_the_same_load_once(tmp_path: Path):
    one, two = Lake(str(tmp_path)), Lake(str(tmp_path))
    await add(one, 0, fact(campaign="Z"))

    def racing() -> Iterator[pl.DataFrame]:
        with ThreadPoolExecutor(1) as other:
            other.submit(two._facts.append, [frame(fact())], "load-1", NOON).result()
        yield frame(fact())

    await one.append(racing(), "load-1", NOON)
    assert (await one.read([load(1)], FIRST, LAST, simulated=False)).height == 1


async def test_frames_are_pulled_one_at_a_time_into_one_commit(lake: Lake):
    alive: list[int] = []

    def frames() -> Iterator[pl.DataFrame]:
        for number in range(5):
            alive.append(number)
            yield frame(fact(campaign=f"{number}"))

    await lake.append(frames(), "load-1", NOON)
    assert alive == [0, 1, 2, 3, 4]
    read = await lake.read([load(1)], FIRST, LAST, simulated=False)
    assert sorted(read["campaign"]) == ["0", "1", "2", "3", "4"]
    assert len(DeltaTable(f"{lake.uri}/facts").file_uris()) == 1


async def test_an_error_while_frames_are_made_adds_nothing(lake: Lake):
    await add(lake, 1, fact())

    def frames() -> Iterator[pl.DataFrame]:
        yield frame(fact(campaign="B"))
        raise LookupError("the source went away")

    before = await lake.version()
    with pytest.raises(LookupError, match="went away"):
        await lake.append(frames(), "load-2", NOON)
    assert await lake.version() == before
    assert not await lake.holds("load-2")


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (lambda f: f.with_columns(pl.col("clicks").cast(pl.Float64)), "clicks is Float64, not Int64"),
        (lambda f: f.with_columns(pl.col("spend_micros").cast(pl.String)), "spend_micros is String, not Int64"),
        (lambda f: f.with_columns(pl.col("day").cast(pl.Datetime("us"))), "day is Datetime"),
        (lambda f: f.with_columns(pl.col("channel").cast(pl.Categorical)), "channel is Categorical"),
        (lambda f: f.drop("orders"), "column orders is missing"),
        (lambda f: f.with_columns(extra=pl.lit(1)), "column extra is unknown"),
        (lambda f: f.with_columns(campaign_id=pl.lit(None, dtype=pl.String)), "campaign_id is empty in 1 rows"),
        (lambda f: f.with_columns(currency=pl.lit("")), "an amount has no currency in 1 rows"),
        (lambda f: f.with_columns(last_day=pl.lit(date(2025, 6, 1))), "last_day lies before day in 1 rows"),
    ],
)
async def test_a_frame_that_breaks_the_contract_is_refused_not_cast(lake: Lake, broken, problem: str):
    with pytest.raises(ContractBroken) as caught:
        await lake.append([broken(frame(fact()))], "load-1", NOON)
    assert problem in str(caught.value)
    assert not await lake.holds("load-1")


async def test_columns_without_any_value_are_taken(lake: Lake):
    nothing = frame(fact()).with_columns(pl.lit(None).alias(name) for name in ("orders", "leads_milli", "flags"))
    assert nothing.schema["orders"] == pl.Null
    await lake.append([nothing], "load-1", NOON)
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False)).schema == FACTS


async def test_the_history_of_the_table_is_kept_for_good(lake: Lake):
    await add(lake, 1, fact())
    kept = DeltaTable(f"{lake.uri}/facts").metadata().configuration
    assert kept["delta.logRetentionDuration"] == "interval 36500 days"
    assert kept["delta.deletedFileRetentionDuration"] == "interval 36500 days"


async def test_many_small_loads_are_merged_and_old_versions_stay_readable(tmp_path: Path):
    lake = Lake(str(tmp_path), compact_above=4)
    versions = [await add(lake, number, fact(campaign=f"{number}")) for number in range(12)]
    table = DeltaTable(f"{lake.uri}/facts")
    assert len(table.file_uris()) <= 5
    loads = [load(number) for number in range(12)]
    assert (await lake.read(loads, FIRST, LAST, simulated=False)).height == 12
    early = pl.read_delta(f"{lake.uri}/facts", version=versions[2])
    assert sorted(early["campaign"]) == ["0", "1", "2"]
    assert await add(lake, 0, fact(campaign="again")) == versions[0]


async def test_only_the_days_asked_for_and_only_one_world_are_read(lake: Lake):
    await add(lake, 1, *(fact(day=FIRST + timedelta(days=step)) for step in range(10)), fact(simulated=True))
    read = await lake.read([load(1)], FIRST + timedelta(days=2), FIRST + timedelta(days=4), simulated=False)
    assert sorted(read["day"]) == [FIRST + timedelta(days=step) for step in (2, 3, 4)]
    assert (await lake.read([load(1)], FIRST, LAST, simulated=True)).height == 1


async def test_columns_and_conditions_narrow_what_is_read(lake: Lake):
    await add(lake, 1, fact(), fact(campaign="B", channel="email"), fact(campaign="C", channel="website"))
    read = await lake.read(
        [load(1)], FIRST, LAST, simulated=False, where={"channel": ("email", "website")}, columns=["campaign"]
    )
    assert read.columns == ["campaign"]
    assert sorted(read["campaign"]) == ["B", "C"]
    one = await lake.read([load(1)], FIRST, LAST, simulated=False, where={"campaign": "A"})
    assert one["campaign"].to_list() == ["A"]
    with pytest.raises(KeyError, match="no column nonsense"):
        await lake.read([load(1)], FIRST, LAST, simulated=False, where={"nonsense": "x"})


def test_staging_is_local_even_where_the_lake_is_not(tmp_path: Path):
    assert Lake(str(tmp_path)).staging.parent == tmp_path
    assert "://" not in str(Lake("s3://bucket/lake").staging)
