"""A home may be called anything that people call folders."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from storage.database import Database
from storage.lake.store import Lake
from storage.migrations.runner import DatabaseUnreadable, current, revisions, upgrade
from tests.unit.storage.lake_facts import fact, frame, load


@pytest.mark.parametrize("name", ["two words", "a#b?c", "über & Söhne"])
async def test_a_lake_in_a_folder_with_an_odd_name_gives_back_what_it_was_given(tmp_path: Path, name: str):
    lake = Lake(str(tmp_path / name))
    await lake.append([frame(fact())], load(1).id, datetime(2026, 3, 2, tzinfo=UTC))
    read = await lake.read([load(1)], date(2000, 1, 1), date(2100, 1, 1), simulated=False)
    assert read.height == 1


@pytest.mark.parametrize("name", ["two words", "a#b?c", "50 % off", "über & Söhne"])
async def test_a_database_in_a_folder_with_an_odd_name_is_made_there(tmp_path: Path, name: str):
    folder = tmp_path / name
    folder.mkdir()
    upgrade(folder / "countersign.db")
    assert current(folder / "countersign.db") == revisions()[-1]
    assert [one.name for one in folder.iterdir()] == ["countersign.db"]
    database = Database(folder / "countersign.db")
    async with database.reading.begin() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM audit")).scalar() == 0
    await database.close()


def test_a_file_that_is_no_database_is_refused_with_its_name_and_what_to_do(tmp_path: Path):
    junk = tmp_path / "countersign.db"
    junk.write_text("this is no database, and long enough to be read as a broken one" * 20, encoding="utf-8")
    with pytest.raises(DatabaseUnreadable, match=r"countersign\.db cannot be read .*backup"):
        upgrade(junk)
