"""Declared sources are read on their timetable, go on where they stopped, and land through the same front door."""

import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agents.lifecycle.pull import Puller
from agents.sources.connections import Connection, FolderConnection, SqlConnection
from storage.lake.parts import Parts
from storage.lake.store import Lake
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

DAYS = google("A,2025-05-01,EUR,10,1,1.00", "B,2025-05-02,EUR,10,1,2.00")
MAPPING = {
    "source": "shop_ads",
    "channel": "email",
    "currency": "EUR",
    "columns": {"day": "day", "campaign": "campaign", "spend": "cost", "clicks": "clicks"},
}


class Unplugged(Exception):
    """Raised where a test stops a process."""


class BrittleLake(Lake):
    """A lake whose process dies after the given number of loads were written, before they are registered."""

    def __init__(self, uri: str, *, lives: int) -> None:
        super().__init__(uri)
        self._lives = lives

    async def adopt(self, parts: Parts) -> int:
        version = await super().adopt(parts)
        self._lives -= 1
        if self._lives < 0:
            raise Unplugged
        return version


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A foreign database with costs of nine days."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE costs (day TEXT, campaign TEXT, cost NUMERIC, clicks INTEGER, changed INTEGER)"
        )
        rows = [(f"2025-05-0{day}", "A", "1.25", day, 100 + day) for day in range(1, 10)]
        connection.executemany("INSERT INTO costs VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return path


def puller(room: FilesRoom, *, piece: int = 50_000, **connections: Connection) -> Puller:
    return Puller(
        room.house.ledger,
        room.lake,
        landing=room.landing,
        home=room.home,
        connections=lambda: connections,
        clock=room.house.clock,
        piece=piece,
    )


def costs(shop: Path) -> SqlConnection:
    return SqlConnection(kind="sql", url=f"sqlite:///{shop}", table="costs", cursor="changed", mapping=MAPPING)


async def clicks(room: FilesRoom) -> dict[str, int]:
    loads = await room.loads()
    first, last = min(one.first_day for one in loads), max(one.last_day for one in loads)
    facts = await room.lake.read(loads, first, last, simulated=False, columns=["day", "clicks"])
    assert facts["day"].n_unique() == facts.height
    return {str(day): count for day, count in facts.sort("day").iter_rows()}


async def test_a_database_is_read_once_and_then_from_where_it_stopped(room: FilesRoom, shop: Path):
    reads = puller(room, shop=costs(shop))
    (landed,) = await reads.pull()
    assert landed.new
    assert await clicks(room) == {f"2025-05-0{day}": day for day in range(1, 10)}
    with sqlite3.connect(shop) as connection:
        connection.execute("INSERT INTO costs VALUES ('2025-05-10', 'A', '2', 10, 110)")
        connection.execute("UPDATE costs SET clicks = 40, changed = 111 WHERE day = '2025-05-04'")
    connection.close()
    room.house.clock.pass_(hours=2)
    (landed,) = await reads.pull()
    assert landed.report is not None
    assert landed.report.rows_read == 3  # the last one before comes again: others may have joined it
    found = await clicks(room)
    assert (found["2025-05-04"], found["2025-05-10"], len(found)) == (40, 10, 10)


async def test_it_is_read_no_more_often_than_was_said(room: FilesRoom, shop: Path):
    reads = puller(room, shop=costs(shop))
    await reads.pull()
    assert await reads.pull() == ()


async def test_a_read_that_was_cut_goes_on_and_counts_nothing_twice(house: House, tmp_path: Path, shop: Path):
    with sqlite3.connect(shop) as connection:
        rows = [(f"C{number}", number, 1000 + number) for number in range(12_000)]
        connection.executemany("INSERT INTO costs VALUES ('2025-05-09', ?, '1', ?, ?)", rows)
    connection.close()
    brittle = a_files_room(house, tmp_path, BrittleLake(str(tmp_path / "lake"), lives=1))
    with pytest.raises(Unplugged):
        await puller(brittle, piece=1, shop=costs(shop)).pull()
    room = a_files_room(house, tmp_path)
    assert len(await room.loads()) == 1
    await puller(room, piece=1, shop=costs(shop)).pull()
    loads = await room.loads()
    assert len(loads) == 3
    days = min(one.first_day for one in loads), max(one.last_day for one in loads)
    facts = await room.lake.read(loads, *days, simulated=False, columns=["clicks", "spend_micros"])
    assert facts.height == 9 + 12_000
    assert facts.sum().row(0) == (45 + 11_999 * 6_000, 9 * 1_250_000 + 12_000 * 1_000_000)
    assert await house.verified()


async def test_a_source_that_does_not_answer_is_noted_and_leaves_the_others_alone(room: FilesRoom, shop: Path):
    gone = SqlConnection(kind="sql", url="sqlite:////nowhere/gone.db", table="costs", mapping=MAPPING)
    (landed,) = await puller(room, gone=gone, shop=costs(shop)).pull()
    assert landed.new
    survey = await room.surveyor.survey()
    assert survey.notes == ("gone: gone: sqlite:////nowhere/gone.db: there is no such file",)


async def test_a_file_in_the_inbox_lands_once_it_lies_still(room: FilesRoom):
    inbox = room.home / "inbox"
    inbox.mkdir()
    path = written(inbox, DAYS, name="ads.csv")
    _touched(path, room.house.clock())
    reads = puller(room)
    assert await reads.pull() == ()
    room.house.clock.pass_(minutes=1)
    (landed,) = await reads.pull()
    assert (landed.name, landed.new) == ("ads.csv", True)
    room.house.clock.pass_(minutes=1)
    assert await reads.pull() == ()


async def test_a_file_that_is_refused_is_told_until_it_is_gone(room: FilesRoom):
    folder = room.home / "drop"
    folder.mkdir()
    path = written(folder, "", name="empty.csv")
    _touched(path, room.house.clock() - timedelta(minutes=1))
    reads = puller(room, drop=FolderConnection(kind="folder", path=folder))
    (refused,) = await reads.pull()
    assert (await room.surveyor.survey()).notes == (refused.refused,)
    path.unlink()
    room.house.clock.pass_(minutes=1)
    await reads.pull()
    assert (await room.surveyor.survey()).notes == ()


def _touched(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
