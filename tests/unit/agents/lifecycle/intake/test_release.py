"""A held file is read once its question is answered, whatever happened to it meanwhile."""

import shutil
from pathlib import Path

import pytest

from agents.lifecycle.intake.hold import Said
from storage.records.questions import Question
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

GOOD = [f"A,2025-05-{day:02},EUR,10,1,1.00" for day in range(1, 29)]
OTHER_COLUMNS = "Campaign,Day,Currency code,Impressions,Clicks,Cost"
UNKNOWN = "Date;Mailing;Cost EUR;Sent;Clicks\n01.03.2025;Spring teaser;12,50;4000;180\n15.03.2025;Spring sale;14,00;4100;210\n"


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def held(room: FilesRoom, folder: Path, text: str | None = None) -> Question:
    """The question about a second export whose columns are called otherwise."""
    await room.landed(written(folder, google(*GOOD), name="first.csv"))
    return await room.asked(written(folder, text or google(*GOOD, columns=OTHER_COLUMNS), name="later.csv"))


async def outcome(room: FilesRoom, question: Question) -> str:
    found = await room.asker.get(question.id)
    assert found is not None
    return found.outcome


async def test_nothing_is_read_while_the_question_is_open_or_unknown(room: FilesRoom, tmp_path: Path):
    question = await held(room, tmp_path)
    assert await room.releaser.release(question.id) == ()
    assert await room.releaser.release("Q-999") == ()
    assert len(await room.loads()) == 1


async def test_a_held_file_that_somebody_took_away_is_asked_for_again(room: FilesRoom, tmp_path: Path):
    question = await held(room, tmp_path)
    shutil.rmtree(room.home / "held")
    settled = await room.answered(question, "accept")
    assert settled.outcome == "later.csv is no longer there: hand it in again."
    assert len(await room.loads()) == 1


async def test_work_that_is_done_again_after_a_crash_says_that_the_file_landed(room: FilesRoom, tmp_path: Path):
    question = await held(room, tmp_path)
    await room.answered(question, "accept")
    await room.releaser.release(question.id)
    assert await outcome(room, question) == "later.csv landed."
    assert len(await room.loads()) == 2


async def test_rows_that_break_the_contract_are_counted_in_the_answer(room: FilesRoom, tmp_path: Path):
    rows = google(*GOOD, "B,2025-05-02,EUR,10,many,2.00", columns=OTHER_COLUMNS)
    settled = await room.answered(await held(room, tmp_path, rows), "accept")
    assert settled.outcome == "later.csv landed: 28 rows, 1 set aside."


async def test_what_landed_by_another_way_meanwhile_was_there_already(room: FilesRoom, tmp_path: Path):
    question = await held(room, tmp_path)
    shelf = next((room.home / "held").rglob("later.csv"))
    copy = written(tmp_path, shelf.read_text(), name="copy.csv")
    async with room.house.ledger.write() as tx:
        answered = await tx.questions.answer(question.id, "accept", by="olivia", now=room.house.clock())
    assert answered is not None
    await room.landed(copy, Said(accept_schema=True))
    await room.releaser.release(question.id)
    assert await outcome(room, question) == "later.csv was there already."


async def test_a_confirmed_mapping_that_cannot_read_the_file_says_why(room: FilesRoom, tmp_path: Path):
    question = await room.asked(written(tmp_path, UNKNOWN, name="mailings.csv"))
    shelf = next((room.home / "held").rglob("mailings.csv"))
    shelf.write_text(UNKNOWN.replace("Cost EUR", "Costs"))
    settled = await room.answered(question, "accept")
    assert settled.outcome.startswith("mailings.csv")
    assert "landed" not in settled.outcome
    assert await room.loads() == []
