"""Facts that were written as files of the table land by being moved, and are the same facts as if they had been read."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.lake.facts import FACTS, REPORTED, ContractBroken
from storage.lake.parts import Parts, PartWriter, Stamp
from storage.lake.store import Lake
from tests.unit.storage.lake_facts import FIRST, LAST, NOON, fact, frame, load


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def waiting(lake: Lake, number: int, *frames: pl.DataFrame) -> Parts:
    """Parts of load-`number`, as staging leaves them."""
    folder = lake.staging / f"export-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = Stamp(f"load-{number}", load(number).known_at)
    writer = PartWriter(folder, stamp)
    for one in frames:
        writer.take(one)
    return Parts(folder, stamp)


def data_files(lake: Lake) -> Sequence[Path]:
    return sorted((Path(lake.uri) / "facts").glob("*.parquet"))


async def test_what_is_adopted_reads_like_what_is_appended(lake: Lake):
    given_ = frame(fact(), fact(campaign="Ω", spend_micros=None, flags="{}"))
    version = await lake.adopt(waiting(lake, 1, given_))
    await lake.append([frame(fact(campaign="B"))], "load-2", NOON)
    read = await lake.read([load(1)], FIRST, LAST, simulated=False)
    assert read.schema == FACTS
    assert read.select(REPORTED.names()).sort("campaign").equals(given_)
    assert read["known_at"].unique().to_list() == [load(1).known_at]
    both = await lake.read([load(1), load(2)], FIRST, LAST, simulated=False)
    assert sorted(both["campaign"]) == ["A", "B", "Ω"]
    told = (await lake.versions("facts"))[1]
    assert (told.version, told.load_id, told.rows) == (version, "load-1", 2)


async def test_the_files_are_moved_and_frames_are_read_from_them_before(lake: Lake):
    pieces = [frame(fact(campaign=name)) for name in "abc"]
    parts = waiting(lake, 1, *pieces)
    assert [one.to_dicts() for one in parts.frames()] == [one.to_dicts() for one in pieces]
    assert [one.schema for one in parts.frames()] == [REPORTED] * 3
    await lake.adopt(parts)
    assert parts.files == ()
    assert len(data_files(lake)) == 3


async def test_a_load_that_is_there_already_changes_nothing(lake: Lake):
    first = await lake.adopt(waiting(lake, 1, frame(fact())))
    again = waiting(lake, 1, frame(fact(), fact(campaign="C")))
    assert await lake.adopt(again) == first
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False)).height == 1
    assert len(again.files) == 1


async def test_files_of_which_no_commit_tells_are_no_part_of_the_table(lake: Lake):
    """What a kill between the move and the commit leaves behind."""
    await lake.adopt(waiting(lake, 1, frame(fact())))
    (there,) = data_files(lake)
    there.with_name("part-00000-left-behind.zstd.parquet").write_bytes(there.read_bytes())
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False)).height == 1


async def test_what_no_version_names_is_removed_a_day_later_and_nothing_else(lake: Lake):
    for number in (1, 2):
        await lake.adopt(waiting(lake, number, frame(fact(campaign=f"{number}"))))
    await lake.compact("facts")
    (merged, *_) = before = data_files(lake)
    old, young = merged.with_name("part-old.zstd.parquet"), merged.with_name("part-young.zstd.parquet")
    for file in (old, young):
        file.write_bytes(merged.read_bytes())
    for file in (*before, old):
        os.utime(file, (0, 0))
    assert await lake.tidy(NOON) == 1
    assert data_files(lake) == sorted([*before, young])
    assert (await lake.read([load(1), load(2)], FIRST, LAST, simulated=False, version=2)).height == 2


async def test_a_file_that_landed_long_after_it_was_written_is_no_leftover(lake: Lake):
    parts = waiting(lake, 1, frame(fact()))
    os.utime(parts.files[0], (0, 0))
    (lake.staging / "seen").touch()
    await lake.adopt(parts)
    (there,) = data_files(lake)
    assert there.stat().st_mtime >= (lake.staging / "seen").stat().st_mtime


async def test_where_the_engine_breaks_after_its_commit_the_files_stay(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    await lake.adopt(waiting(lake, 1, frame(fact())))
    whole = DeltaTable.create_write_transaction

    def broken(table: DeltaTable, *args: Any, **kwargs: Any) -> None:
        whole(table, *args, **kwargs)
        raise OSError("no answer")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", broken)
    with pytest.raises(OSError, match="no answer"):
        await lake.adopt(waiting(lake, 2, frame(fact(campaign="B"))))
    monkeypatch.undo()
    assert (await lake.read([load(1), load(2)], FIRST, LAST, simulated=False)).height == 2
    assert await lake.adopt(waiting(lake, 2, frame(fact(campaign="B")))) == await lake.version()


async def test_a_half_done_move_leaves_nothing_in_the_table(lake: Lake):
    await lake.adopt(waiting(lake, 1, frame(fact())))
    parts = waiting(lake, 2, frame(fact(campaign="B")), frame(fact(campaign="C")))
    parts.files[1].write_bytes(b"PAR1 cut")
    with pytest.raises(pl.exceptions.ComputeError):
        await lake.adopt(parts)
    assert len(data_files(lake)) == 1
    assert (await lake.read([load(1), load(2)], FIRST, LAST, simulated=False)).height == 1


async def test_texts_may_come_as_categories_and_are_read_as_texts(lake: Lake):
    given_ = frame(fact(), fact(campaign="Ω", account="ä"))
    coded = given_.with_columns(pl.col("campaign", "account", "currency").cast(pl.Categorical))
    parts = waiting(lake, 1, coded)
    assert [one.equals(given_) for one in parts.frames()] == [True]
    await lake.adopt(parts)
    read = await lake.read([load(1)], FIRST, LAST, simulated=False)
    assert read.select(REPORTED.names()).sort("campaign").equals(given_)


async def test_rows_that_break_the_contract_never_become_a_file(lake: Lake):
    with pytest.raises(ContractBroken, match="an amount has no currency in 1 rows"):
        waiting(lake, 1, frame(fact(), fact(campaign="B", currency="")))


async def test_merging_keeps_adopted_rows_and_their_versions(tmp_path: Path):
    lake = Lake(str(tmp_path), compact_above=4)
    for number in range(6):
        await lake.adopt(waiting(lake, number, frame(fact(campaign=f"{number}"))))
    loads = [load(number) for number in range(6)]
    assert (await lake.compact("facts")).files_after == 1
    assert sorted((await lake.read(loads, FIRST, LAST, simulated=False))["campaign"]) == list("012345")
    early = await lake.read(loads, FIRST, LAST, simulated=False, version=2)
    assert sorted(early["campaign"]) == ["0", "1"]


async def test_a_lake_in_an_object_store_gets_the_rows_and_not_the_files(tmp_path: Path):
    lake = Lake(f"file://{tmp_path}/lake")
    parts = waiting(Lake(str(tmp_path / "elsewhere")), 1, frame(fact()), frame(fact(campaign="B")))
    await lake.adopt(parts)
    assert len(parts.files) == 2
    assert (await lake.read([load(1)], FIRST, LAST, simulated=False)).height == 2


ROW = st.fixed_dictionaries(
    {},
    optional={
        "campaign": st.text(max_size=5),
        "account": st.sampled_from(["", "a", "ä"]),
        "clicks": st.none() | st.integers(0, 2**40),
        "spend_micros": st.none() | st.integers(0, 2**60),
        "flags": st.sampled_from(["", '{"clicks":"missing"}']),
        "day": st.dates(FIRST, LAST),
    },
)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.lists(ROW, min_size=1, max_size=4), min_size=1, max_size=3))
async def test_no_row_is_changed_by_being_written_as_a_part(tmp_path_factory: pytest.TempPathFactory, rows):
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    given_ = [frame(*(fact(**row) for row in piece)) for piece in rows]
    await lake.adopt(waiting(lake, 1, *given_))
    everything = [load(1).model_copy(update={"known_at": NOON + timedelta(days=1)})]
    read = await lake.read(everything, FIRST, LAST, simulated=False, every_version=True)
    whole = pl.concat(given_)
    assert read.height == whole.height
    assert read.select(REPORTED.names()).sort(pl.all()).equals(whole.sort(pl.all()))
