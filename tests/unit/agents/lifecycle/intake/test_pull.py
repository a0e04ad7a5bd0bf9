"""Declared sources are read on their timetable, go on where they stopped, and land through the same front door."""

import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.lifecycle.intake.pull import Puller
from agents.sources.connections import Connection, FolderConnection, RestConnection, SqlConnection
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
    assert survey.notes == ("gone: sqlite:////nowhere/gone.db: there is no such file",)


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


@pytest.mark.parametrize("text", ["", "Name;Colour\nx;red\ny;blue\n"])
async def test_a_file_that_is_refused_is_told_until_it_is_gone(room: FilesRoom, text: str):
    folder = room.home / "drop"
    folder.mkdir()
    path = written(folder, text, name="odd.csv")
    _touched(path, room.house.clock() - timedelta(minutes=1))
    reads = puller(room, drop=FolderConnection(kind="folder", path=folder))
    (refused,) = await reads.pull()
    assert refused.refused.startswith("odd.csv: ")
    assert (await room.surveyor.survey()).notes == (refused.refused,)
    path.unlink()
    room.house.clock.pass_(minutes=1)
    await reads.pull()
    assert (await room.surveyor.survey()).notes == ()


RECORDS = [
    {"day": "2025-05-01", "name": "Spring\nsale", "net": "Bing", "cost": "1.25", "clicks": 3, "mood": "good"},
    {"day": "2025-05-02", "name": "Spring\nsale", "net": "Bing", "cost": "2.50"},
]
WEB_MAPPING = {
    "source": "shop_ads",
    "channel": {"column": "net", "names": {"Bing": "paid_search"}},
    "currency": "EUR",
    "columns": {"day": "day", "campaign": "name", "spend": "cost", "clicks": "clicks"},
}


async def test_records_of_a_web_service_land_with_the_columns_that_the_mapping_reads(room: FilesRoom):
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(RECORDS)

    app = web.Application()
    app.router.add_get("/ads", answer)
    async with TestServer(app) as server:
        crm = RestConnection(kind="rest", url=str(server.make_url("/ads")), mapping=WEB_MAPPING)
        (landed,) = await puller(room, crm=crm).pull()
    assert landed.report is not None
    assert [one.name for one in landed.report.columns] == ["day", "name", "cost", "clicks", "net"]
    (load,) = await room.loads()
    facts = await room.lake.read([load], load.first_day, load.last_day, simulated=False)
    assert sorted(facts.select("campaign", "channel", "clicks").rows(), key=str) == [
        ("Spring sale", "paid_search", 3),
        ("Spring sale", "paid_search", None),
    ]


async def test_a_table_that_is_read_whole_each_time_lands_once_while_nothing_changes(room: FilesRoom, shop: Path):
    whole = SqlConnection(kind="sql", url=f"sqlite:///{shop}", table="costs", mapping=MAPPING)
    reads = puller(room, shop=whole)
    (first,) = await reads.pull()
    room.house.clock.pass_(hours=2)
    (again,) = await reads.pull()
    assert (first.new, again.new, again.load_id) == (True, False, first.load_id)
    assert len(await room.loads()) == 1


async def test_a_table_without_rows_is_read_and_lands_nothing(room: FilesRoom, shop: Path):
    empty = SqlConnection(
        kind="sql", url=f"sqlite:///{shop}", query="SELECT * FROM costs WHERE clicks > 99", mapping=MAPPING
    )
    assert await puller(room, shop=empty).pull() == ()
    async with room.house.ledger.read() as tx:
        place = await tx.cursors.get("shop")
    assert place is not None
    assert (place["refused"], place["failing_since"]) == ({}, None)


async def test_a_table_with_other_columns_waits_for_an_answer_and_is_told(room: FilesRoom, shop: Path):
    whole = SqlConnection(kind="sql", url=f"sqlite:///{shop}", table="costs", mapping=MAPPING)
    reads = puller(room, shop=whole)
    await reads.pull()
    with sqlite3.connect(shop) as connection:
        connection.execute("ALTER TABLE costs ADD COLUMN country TEXT DEFAULT 'DE'")
    connection.close()
    room.house.clock.pass_(hours=2)
    assert await reads.pull() == ()
    survey = await room.surveyor.survey()
    assert survey.notes == ("shop: its columns changed: Q-1 waits for an answer",)
    assert len(survey.questions) == 1


async def test_the_columns_of_a_known_export_need_no_mapping(room: FilesRoom, shop: Path):
    query = (
        'SELECT campaign AS Campaign, day AS Day, \'EUR\' AS "Currency code", 10 AS "Impr.", clicks AS Clicks, '
        "cost AS Cost FROM costs"
    )
    (landed,) = await puller(room, ads=SqlConnection(kind="sql", url=f"sqlite:///{shop}", query=query)).pull()
    assert landed.new
    (load,) = await room.loads()
    assert (load.source, load.rows_read) == ("google_ads", 9)


async def test_a_file_that_waits_for_an_answer_is_not_told_as_refused(room: FilesRoom):
    folder = room.home / "drop"
    folder.mkdir()
    other = google("A,2025-05-03,EUR,10,1,4.00", columns="Campaign,Day,Currency code,Impressions,Clicks,Cost")
    for name, text in (("a.csv", DAYS), ("b.csv", other)):
        _touched(written(folder, text, name=name), room.house.clock() - timedelta(minutes=1))
    first, second = await puller(room, drop=FolderConnection(kind="folder", path=folder)).pull()
    assert (first.new, second.question is not None) == (True, True)
    assert (await room.surveyor.survey()).notes == ()


def _touched(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
