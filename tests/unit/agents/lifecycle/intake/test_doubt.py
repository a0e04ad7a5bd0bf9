"""What a person is asked about a file: what cannot be proposed is refused with the reason, and an answer counts once."""

from pathlib import Path

import pytest

from agents.lifecycle.intake.hold import Said
from tests.builders import ADA
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

ROWS = [f"A,2025-05-{day:02},EUR,10,1,1.00" for day in range(1, 15)]
RENAMED = "Campaign,Day,Currency code,Impressions,Clicks,Cost,Note"
MAILINGS = "Date;Mailing;Cost EUR;Sent;Clicks\n01.03.2025;Spring teaser;12,50;4000;180\n15.03.2025;Spring sale;14,00;4100;210\n"


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def test_what_is_no_text_gets_no_mapping_proposed_but_the_reason(room: FilesRoom, tmp_path: Path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    question, why = await room.doubts.ask_mapping(path, Said())
    assert question is None
    assert why.startswith("book.xlsx: the file is an Excel workbook")


async def test_a_confirmed_mapping_is_for_files_with_its_header_alone(room: FilesRoom, tmp_path: Path):
    path = written(tmp_path, MAILINGS, name="mailings.csv")
    assert room.doubts.mapping_for(path) is None
    await room.answered(await room.asked(path), "accept")
    assert room.doubts.mapping_for(path) is not None
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    other = written(tmp_path, "Name;Colour\nx;red\ny;blue\n", name="colours.csv")
    another = written(tmp_path, MAILINGS.replace("Sent", "Delivered"), name="others.csv")
    assert [room.doubts.mapping_for(one) for one in (book, other, another)] == [None, None, None]


async def test_columns_that_two_answers_accept_are_accepted_once(room: FilesRoom, tmp_path: Path):
    """A column of yes and no and one that says maybe, too, are two questions and the same columns."""
    await room.landed(written(tmp_path, google(*ROWS), name="first.csv"))
    said = [await room.asked(noted(tmp_path, "yes")), await room.asked(noted(tmp_path, "as agreed"))]
    assert said[0].id != said[1].id
    for question in said:
        await room.answered(question, "accept")
    async with room.house.ledger.read() as tx:
        (feed,) = await tx.feeds.all()
        assert len(await tx.feeds.versions(feed.name)) == 2
    assert len(await room.loads()) == 3


async def test_a_file_whose_columns_were_changed_once_more_meanwhile_is_asked_about_again(
    room: FilesRoom, tmp_path: Path
):
    await room.landed(written(tmp_path, google(*ROWS), name="first.csv"))
    renamed = google(*(row.replace("A,", "B,") for row in ROWS), columns=RENAMED.removesuffix(",Note"))
    first, other = await room.asked(written(tmp_path, renamed, name="two.csv")), await room.asked(noted(tmp_path, "no"))
    for question in (first, other):
        await room.asker.answer(question.id, "accept", ADA, via="test")
    await room.house.queue.run()
    settled = await room.asker.get(first.id)
    assert settled is not None
    assert settled.outcome.startswith("two.csv waits for Q-")


def noted(folder: Path, note: str) -> Path:
    rows = [f"C,2025-05-{day:02},EUR,10,1,1.00,{'yes' if day % 2 else note}" for day in range(1, 15)]
    return written(folder, google(*rows, columns=RENAMED), name=f"noted-{note[:2]}.csv")
