"""The lake over time: columns come and never go, small files are merged, and what a plan cites stays readable."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from storage.lake.facts import FACTS
from storage.lake.store import Lake
from storage.lake.table import VersionUnknown
from tests.unit.storage.lake_facts import FIRST, LAST, NOON, fact, frame, load


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


async def add(lake: Lake, number: int, *facts: dict) -> int:
    return await lake.append([frame(*facts)], f"load-{number}", load(number).known_at)


def an_older_lake(lake: Lake) -> None:
    """A table as it was made before there were sessions, with one load in it."""
    old = pl.Schema({name: kind for name, kind in FACTS.items() if name != "sessions"})
    held = frame(fact()).with_columns(load_id=pl.lit("load-1"), known_at=pl.lit(load(1).known_at))
    held = held.with_columns(pl.col("known_at").cast(FACTS["known_at"]))
    write_deltalake(f"{lake.uri}/facts", held.select(old.names()))


async def test_a_table_from_before_a_column_reads_it_as_unknown_and_gets_it_with_the_next_load(lake: Lake):
    an_older_lake(lake)
    before = await lake.read([load(1)], FIRST, LAST, simulated=False)
    assert before.schema == FACTS
    assert before["sessions"].to_list() == [None]
    await add(lake, 2, fact(campaign="B", sessions=7))
    read = await lake.read([load(1), load(2)], FIRST, LAST, simulated=False)
    assert dict(read.select("campaign", "sessions").rows()) == {"A": None, "B": 7}
    assert (await lake.compact("facts")).files_after == 1
    read = await lake.read([load(1), load(2)], FIRST, LAST, simulated=False)
    assert dict(read.select("campaign", "sessions").rows()) == {"A": None, "B": 7}


async def test_the_history_of_columns_says_since_when_each_is_there(lake: Lake):
    an_older_lake(lake)
    await add(lake, 2, fact())
    await add(lake, 3, fact())
    first, second = await lake.schema_history("facts")
    assert (first.version, second.version, second.added) == (0, 1, ("sessions",))
    assert "sessions" not in first.columns
    assert set(second.columns) == set(FACTS)
    assert await lake.schema_history("order") == ()


async def test_the_versions_tell_what_was_done_and_which_load_came_with_which(lake: Lake):
    await add(lake, 1, fact(), fact(campaign="B"))
    await add(lake, 2, fact())
    await lake.compact("facts")
    told = await lake.versions("facts")
    assert [(one.version, one.operation, one.load_id, one.rows) for one in told] == [
        (3, "OPTIMIZE", None, None),
        (2, "WRITE", "load-2", 1),
        (1, "WRITE", "load-1", 2),
        (0, "CREATE TABLE", None, None),
    ]
    assert await lake.versions("facts", limit=1) == told[:1]
    assert await lake.versions("order") == ()


async def test_facts_are_read_as_of_a_moment_or_a_version(lake: Lake):
    first = await add(lake, 1, fact(spend_micros=1))
    second = await add(lake, 2, fact(spend_micros=2))
    loads = [load(1), load(2)]
    for asked, spend in (
        ({}, 2),
        ({"as_of": load(1).known_at}, 1),
        ({"as_of": load(2).known_at}, 2),
        ({"version": first}, 1),
        ({"version": second}, 2),
    ):
        read = await lake.read(loads, FIRST, LAST, simulated=False, **asked)
        assert read["spend_micros"].to_list() == [spend], asked
    assert (await lake.read(loads, FIRST, LAST, simulated=False, as_of=NOON)).is_empty()
    with pytest.raises(VersionUnknown, match="facts cannot be read as of version 9"):
        await lake.read(loads, FIRST, LAST, simulated=False, version=9)


async def test_merging_keeps_every_version_and_retention_removes_only_what_nothing_cites(lake: Lake):
    versions = [await add(lake, number, fact(campaign=f"{number}")) for number in range(4)]
    loads = [load(number) for number in range(4)]
    merged = await lake.compact("facts")
    assert (merged.files_before, merged.files_after) == (4, 1)
    now = await lake.read(loads, FIRST, LAST, simulated=False)
    cited = [versions[1]]

    told = await lake.retain("facts", cited, older_than=timedelta(0))
    assert (told.deleted, len(told.files), told.kept) == (False, 2, (versions[1],))
    assert (await lake.read(loads, FIRST, LAST, simulated=False, version=versions[3])).height == 4

    gone = await lake.retain("facts", cited, older_than=timedelta(0), delete=True)
    assert sorted(gone.files) == sorted(told.files)
    assert (await lake.read(loads, FIRST, LAST, simulated=False, version=versions[1]))["campaign"].sort().to_list() == [
        "0",
        "1",
    ]
    assert (await lake.read(loads, FIRST, LAST, simulated=False)).sort("campaign").equals(now.sort("campaign"))
    with pytest.raises(VersionUnknown, match="without those that retention removed"):
        await lake.read(loads, FIRST, LAST, simulated=False, version=versions[3])
    assert await add(lake, 2, fact()) == versions[2], "a load that is known stays known"


async def test_young_files_stay_whatever_is_cited(lake: Lake):
    for number in range(3):
        await add(lake, number, fact(campaign=f"{number}"))
    await lake.compact("facts")
    kept = await lake.retain("facts", [], older_than=timedelta(days=1), delete=True)
    assert kept.files == ()
    assert (await lake.retain("order", [1], older_than=timedelta(0))).files == ()


async def test_a_killed_write_leaves_files_that_no_version_names(lake: Lake, tmp_path: Path):
    """What a crash leaves in the folder is never read, and does not stop the next load."""
    await add(lake, 1, fact())
    (tmp_path / "lake" / "facts" / "part-00000-half.parquet").write_bytes(b"PAR1 cut")
    await add(lake, 2, fact(campaign="B"))
    assert (await lake.read([load(1), load(2)], FIRST, LAST, simulated=False)).height == 2
    assert len(DeltaTable(f"{lake.uri}/facts").file_uris()) == 2
