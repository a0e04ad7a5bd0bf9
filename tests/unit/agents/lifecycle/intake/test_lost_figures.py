"""A figure whose column is gone, or has a name that nobody knows, is asked about, and missed aloud wherever it is needed."""

from datetime import date
from pathlib import Path

import pytest

from agents.kpis.definitions import load_kpis
from agents.kpis.lake_reader import LakeReader
from agents.kpis.measure import measure
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from agents.lifecycle.intake.feed_changes import kept_columns, lost_figures
from agents.sources.text.columns import Column
from storage.records.feeds import Feed
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

HEADER = "Day,Campaign,Campaign ID,Currency code,Impr.,Clicks,Cost,Conversions\n"
FIRST = HEADER + "2025-06-01,Brand,1,EUR,100,10,2.00,3\n"
RENAMED = HEADER.replace("Conversions", "Koncversies x") + "2025-06-02,Brand,1,EUR,100,10,2.00,4\n"
AGAIN = HEADER + "2025-06-03,Brand,1,EUR,100,10,2.00,5\n"
CORRECTED = HEADER + "2025-06-02,Brand,1,EUR,100,10,2.00,4\n"
ALL = Window(first=date(2025, 6, 1), last=date(2025, 6, 3), words="these days")


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


def written(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


async def accepted(room: FilesRoom, path: Path) -> None:
    """The file is asked about a minute later, and taken as it is."""
    room.house.clock.pass_(minutes=1)
    await room.answered(await room.asked(path), "accept")


async def notes(room: FilesRoom, kpi: str) -> list[str]:
    """What an answer about the KPI says of a source that does not tell all of it."""
    facts = await LakeReader(room.house.ledger, room.lake).facts(
        first=ALL.first, last=ALL.last, as_of=None, simulated=False
    )
    definition = load_kpis()[kpi]
    answer = measure(facts, definition, KpiQuery(kpi=kpi, window=ALL), as_of=room.house.clock())
    return [note for note in answer.notes if "does not tell" in note]


async def test_the_question_names_what_would_be_missing_and_for_when(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, FIRST, "one.csv"))
    question = await room.asked(written(tmp_path, RENAMED, "two.csv"))
    said = (
        "No column of it is read as conversions: taken as it is, 2 June 2025 would have no conversions, and every "
        "answer that needs them says so. To keep them, give the column its old name back and export again."
    )
    assert question.lines[-1] == said
    assert (question.options[0].label, question.options[0].confirm) == ("Take it without conversions", said)


async def test_what_was_accepted_without_a_figure_is_missed_aloud(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, FIRST, "one.csv"))
    await accepted(room, written(tmp_path, RENAMED, "two.csv"))
    assert [load.lacks for load in await room.loads()] == [(), ("conversions",)]
    gap = (
        "google_ads does not tell conversions for 2 June 2025: no column of two.csv is read as that, and there was "
        "one before."
    )
    assert (await room.surveyor.survey(simulated=False)).missing[-1] == gap
    assert await notes(room, "cpa") == [gap]
    assert await notes(room, "ctr") == []


async def test_the_gap_is_remembered_for_the_next_files_with_these_columns(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, FIRST, "one.csv"))
    await accepted(room, written(tmp_path, RENAMED, "two.csv"))
    later = RENAMED.replace("2025-06-02", "2025-06-04")
    room.house.clock.pass_(minutes=1)
    await room.landed(written(tmp_path, later, "three.csv"))
    assert [load.lacks for load in await room.loads()][-1] == ("conversions",)
    # The column is there again, under a name that is known: what follows has no gap.
    await accepted(room, written(tmp_path, AGAIN, "four.csv"))
    assert [load.lacks for load in await room.loads()][-1] == ()


async def test_a_corrected_file_closes_the_gap(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, FIRST, "one.csv"))
    await accepted(room, written(tmp_path, RENAMED, "two.csv"))
    await accepted(room, written(tmp_path, CORRECTED, "two.csv"))
    assert await notes(room, "cpa") == []
    assert not any("does not tell" in one for one in (await room.surveyor.survey(simulated=False)).missing)


async def test_another_name_that_is_known_loses_nothing(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, FIRST, "one.csv"))
    known = FIRST.replace("Impr.", "Impressions").replace("2025-06-01", "2025-06-02")
    question = await room.asked(written(tmp_path, known, "two.csv"))
    assert question.lines[-1] == "Nothing that was read before would be missing."
    assert question.options[0].label == "Take the new columns"


def test_what_was_lost_stays_lost_until_it_is_told_again(house: House):
    told = [Column(name="Cost", kind="money", reads="spend"), Column(name="Clicks", kind="number", reads="clicks")]
    feed = Feed(
        name="a/b", version=2, columns=kept_columns(None, told), lost=("revenue",), accepted_by="system",
        accepted_at=house.clock(),
    )  # fmt: skip
    assert lost_figures(feed, told) == ("revenue",)
    assert lost_figures(feed, told[:1]) == ("revenue", "clicks")
    assert lost_figures(feed, [*told, Column(name="Wert", kind="money", reads="revenue")]) == ()
    assert lost_figures(None, told) == ()
