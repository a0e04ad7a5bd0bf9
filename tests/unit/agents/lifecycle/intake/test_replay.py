"""Rows that were set aside land after all, once they hold; nothing else is touched by it."""

import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.decide import Declined
from agents.lifecycle.intake.replay import Replayed
from storage.lake.frames import Frames
from storage.lake.store import Lake
from storage.records.quarantine import QuarantineState
from tests.builders import ADA, OLIVIA, VICTOR
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

GOOD = [f"A,2025-05-{day:02},EUR,10,1,1.00" for day in range(1, 29)]
BROKEN = google(*GOOD, "B,2025-05-02,EUR,10,many,2.00", "C,2025-05-03,EUR,10,x,3.00")


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


@pytest.fixture
async def load_id(room: FilesRoom, tmp_path: Path) -> str:
    """A load of which two rows were set aside, on lines 32 and 33."""
    made = await room.landed(written(tmp_path, BROKEN))
    assert made.load_id is not None
    return made.load_id


async def replayed(room: FilesRoom, load_id: str, **corrections: str) -> Replayed | Declined:
    given = {int(line.removeprefix("line_")): {"Clicks": value} for line, value in corrections.items()}
    return await room.replayer.replay(load_id, OLIVIA, via="test", corrections=given)


async def spent(room: FilesRoom) -> dict[str, int]:
    loads = await room.loads()
    first, last = min(one.first_day for one in loads), max(one.last_day for one in loads)
    facts = await room.lake.read(loads, first, last, simulated=False, columns=["campaign", "spend_micros"])
    return dict(facts.group_by("campaign").agg(pl.col("spend_micros").sum()).iter_rows())


async def test_a_corrected_row_lands_and_the_other_waits_on(room: FilesRoom, load_id: str):
    found = await replayed(room, load_id, line_32="3")
    assert isinstance(found, Replayed), found
    assert (found.landed, found.still, found.words) == (1, (), "1 row landed.")
    assert await spent(room) == {"A": 28_000_000, "B": 2_000_000}
    (left,) = await room.replayer.waiting()
    assert left.row.line == 33
    async with room.house.ledger.read() as tx:
        (done,) = [one for one in await tx.quarantine.of_load(load_id) if one.row.line == 32]
        steps = await tx.lineage.ancestors(f"load:{found.load_id}")
    assert (done.state, done.landed_with, done.settled_by) == (
        QuarantineState.REPLAYED,
        found.load_id,
        f"person:{OLIVIA.id}",
    )
    assert (steps[0].id[:5], steps[0].first_line, steps[0].last_line) == ("file:", 32, 32)
    assert await room.house.verified()


async def test_a_corrected_row_is_read_in_the_notation_and_the_days_of_its_whole_file(room: FilesRoom, tmp_path: Path):
    rows = [f'A{n},EUR,1.{n:03},{n},"1.234,50"' for n in range(1, 29)]
    head = 'Kampagnenbericht\n"1. Februar 2025 - 7. Februar 2025"\nKampagne,Währungscode,Impr.,Klicks,Kosten\n'
    text = "\n".join([*rows, 'B,EUR,viele,3,"2.000,25"', ""])
    made = await room.landed(written(tmp_path, head + text))
    assert made.load_id is not None
    (row,) = await room.replayer.waiting()
    found = await room.replayer.replay(made.load_id, OLIVIA, via="test", corrections={row.row.line: {"Impr.": "1.011"}})
    assert isinstance(found, Replayed), found
    assert found.landed == 1
    (load,) = [one for one in await room.loads() if one.id == found.load_id]
    facts = await room.lake.read([load], load.first_day, load.last_day, simulated=False)
    columns = ["campaign", "impressions", "clicks", "spend_micros", "line"]
    assert facts.select(columns).rows() == [("B", 1011, 3, 2_000_250_000, row.row.line)]
    assert [str(day) for day in facts.select("day", "last_day").row(0)] == ["2025-02-01", "2025-02-07"]


async def test_what_still_breaks_the_contract_waits_with_its_reason(room: FilesRoom, load_id: str):
    found = await replayed(room, load_id, line_32="3", line_33="-4")
    assert isinstance(found, Replayed), found
    assert (found.landed, [one.row.line for one in found.still]) == (1, [33])
    (left,) = await room.replayer.waiting()
    assert left.row.cells["Clicks"] == "-4"
    assert left.row.reason != ""


async def test_without_corrections_and_a_changed_contract_nothing_lands(room: FilesRoom, load_id: str):
    found = await replayed(room, load_id)
    assert isinstance(found, Replayed), found
    assert (found.load_id, found.landed) == (None, 0)
    assert len(await room.loads()) == 1


async def test_the_same_correction_twice_lands_once(room: FilesRoom, load_id: str):
    await replayed(room, load_id, line_32="3")
    again = await replayed(room, load_id, line_32="3")
    assert isinstance(again, Declined)
    assert again.words == "Line 32 of export.csv is not set aside."
    assert len(await room.loads()) == 2


async def test_a_file_that_told_of_the_same_since_goes_before(room: FilesRoom, load_id: str, tmp_path: Path):
    room.house.clock.pass_(minutes=1)
    await room.landed(written(tmp_path, google("B,2025-05-02,EUR,10,5,9.00"), name="newer.csv"))
    found = await replayed(room, load_id, line_32="3")
    assert isinstance(found, Declined)
    assert "newer.csv" in found.words
    assert (await spent(room))["B"] == 9_000_000


async def test_who_may_only_look_lands_nothing(room: FilesRoom, load_id: str):
    found = await room.replayer.replay(load_id, VICTOR, via="test")
    assert isinstance(found, Declined)
    assert len(await room.loads()) == 1


async def test_rows_may_be_given_up_for_good(room: FilesRoom, load_id: str):
    found = await room.replayer.give_up(load_id, OLIVIA, via="test")
    assert isinstance(found, Replayed)
    assert await room.replayer.waiting() == ()
    assert await room.house.actions(f"load:{load_id}") == ["data.loaded", "quarantine.given_up"]


async def test_an_unknown_column_is_named(room: FilesRoom, load_id: str):
    found = await room.replayer.replay(load_id, OLIVIA, via="test", corrections={32: {"Klicks": "3"}})
    assert isinstance(found, Declined)
    assert "'Klicks'" in found.words


PEOPLE = "Email;Name;Created;Phone\n" + "".join(f"p{n}@example.com;P{n};2025-05-01;\n" for n in range(30))
PEOPLE_MAPPING = """\
dataset: lead
source: newsletter
columns: {id: Email, email: Email, name: Name, created_at: Created, phone: Phone}
"""


@pytest.fixture
async def people_load(room: FilesRoom, tmp_path: Path) -> str:
    """A load of people of whom one, on line 32, was created on no day."""
    path = written(tmp_path, PEOPLE + "zoe@example.com;Zoe\nLee;soon;\n".replace("\n", " ", 1), name="people.csv")
    written(tmp_path, PEOPLE_MAPPING, name="people.csv.mapping.yml")
    made = await room.landed(path)
    assert made.load_id is not None
    return made.load_id


async def test_a_corrected_row_of_a_business_object_lands_by_the_mapping_of_its_file(room: FilesRoom, people_load: str):
    (row,) = await room.replayer.waiting(load_id=people_load)
    corrections = {row.row.line: {"Created": "2025-05-02"}}
    found = await room.replayer.replay(people_load, OLIVIA, via="test", corrections=corrections)
    assert isinstance(found, Replayed), found
    assert found.landed == 1
    leads = await room.lake.dataset("lead").read(await room.loads(), simulated=False)
    assert leads.height == 31


async def test_the_cells_of_a_person_are_text_only_for_who_may_see_people(room: FilesRoom, people_load: str):
    (row,) = await room.replayer.waiting(load_id=people_load)
    hidden = await room.replayer.get(row.id, VICTOR)
    shown = await room.replayer.get(row.id, ADA)
    assert hidden is not None
    assert shown is not None
    assert hidden.row.cells["Email"].startswith("p_")
    assert shown.row.cells["Email"] == "zoe@example.com"
    assert await room.replayer.get(999, ADA) is None


async def test_a_row_that_cannot_be_read_is_named_by_its_line_in_the_file(room: FilesRoom, people_load: str):
    (row,) = await room.replayer.waiting(load_id=people_load)
    corrections = {row.row.line: {"Created": "never"}}
    found = await room.replayer.replay(people_load, OLIVIA, via="test", corrections=corrections)
    assert isinstance(found, Declined), found
    assert found.words.startswith("Nothing landed. people.csv, line 32: column “Created”: “never” is not a date.")


async def test_a_person_who_landed_with_the_rest_is_not_told_otherwise(room: FilesRoom, people_load: str):
    (row,) = await room.replayer.waiting(load_id=people_load)
    corrections = {row.row.line: {"Created": "2025-05-02", "Email": "p1@example.com"}}
    found = await room.replayer.replay(people_load, OLIVIA, via="test", corrections=corrections)
    assert isinstance(found, Declined), found
    assert "correct the file itself" in found.words


async def test_who_may_only_look_gives_nothing_up(room: FilesRoom, load_id: str):
    found = await room.replayer.give_up(load_id, VICTOR, via="test")
    assert isinstance(found, Declined)
    assert len(await room.replayer.waiting()) == 2


async def test_of_a_load_that_nobody_knows_no_rows_wait(room: FilesRoom, load_id: str):
    found = await room.replayer.replay("file-none", OLIVIA, via="test")
    assert isinstance(found, Declined)
    assert found.words == "No rows of file-none wait; list them to see which do."
    await room.replayer.give_up(load_id, OLIVIA, via="test")
    found = await room.replayer.replay(load_id, OLIVIA, via="test")
    assert isinstance(found, Declined)
    assert found.words.startswith(f"No rows of {load_id} wait")


async def test_without_the_file_as_it_came_nothing_can_be_read_again(room: FilesRoom, load_id: str):
    shutil.rmtree(Path(room.lake.uri) / "landed")
    found = await replayed(room, load_id, line_32="3")
    assert isinstance(found, Declined)
    assert found.words.startswith("Nothing landed. the lake holds no copy of the file")
    assert len(await room.loads()) == 1


class InterruptedLake(Lake):
    """A lake in which something else happens first, once, when rows are put into it."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.meanwhile: list[Callable[[], Awaitable[object]]] = []

    async def append(self, frames: Frames, load_id: str, known_at: datetime) -> int:
        while self.meanwhile:
            await self.meanwhile.pop()()
        return await super().append(frames, load_id, known_at)


async def test_two_who_correct_a_row_alike_at_once_land_it_once(house: House, tmp_path: Path):
    lake = InterruptedLake(str(tmp_path / "lake"))
    room = a_files_room(house, tmp_path, lake)
    made = await room.landed(written(tmp_path, BROKEN))
    assert made.load_id is not None
    lake.meanwhile.append(lambda: replayed(a_files_room(house, tmp_path), made.load_id or "", line_32="3"))
    found = await replayed(room, made.load_id, line_32="3")
    assert isinstance(found, Replayed), found
    assert await spent(room) == {"A": 28_000_000, "B": 2_000_000}
    assert len(await room.loads()) == 2
    assert await house.actions(f"load:{found.load_id}") == ["data.loaded"]


async def test_the_row_of_a_person_that_still_breaks_the_contract_waits_on_with_tokens(room: FilesRoom, tmp_path: Path):
    broken = "zoe@example.com;Zoe Lee;2025-05-03;\n;Yan;2025-05-03;\n"
    path = written(tmp_path, PEOPLE + broken.replace("zoe@example.com", ""), name="people.csv")
    written(tmp_path, PEOPLE_MAPPING, name="people.csv.mapping.yml")
    made = await room.landed(path)
    assert made.load_id is not None
    first, second = await room.replayer.waiting(load_id=made.load_id)
    fixed = {first.row.line: {"Email": "zoe@example.com"}, second.row.line: {"Name": "Yan Wu"}}
    found = await room.replayer.replay(made.load_id, OLIVIA, via="test", corrections=fixed)
    assert isinstance(found, Replayed), found
    assert (found.landed, [one.row.line for one in found.still]) == (1, [second.row.line])
    (left,) = await room.replayer.waiting(load_id=made.load_id)
    assert left.row.cells["Name"].startswith("p_")
    shown = await room.replayer.get(left.id, ADA)
    assert shown is not None
    assert shown.row.cells["Name"] == "Yan Wu"
