"""Answers over several sources say where these do not agree: zones, meanings, and figures that were changed later."""

from datetime import date
from pathlib import Path

import pytest

from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader, _zone_notes
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from agents.sources.exports.meanings import differences
from storage.records.kpis import KpiAnswer
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House
from tests.unit.storage.lake_facts import load

MAY = Window(first=date(2025, 5, 1), last=date(2025, 5, 31), words="")
GOOGLE = google("A,2025-05-01,EUR,10,4,1.00", "B,2025-05-02,EUR,10,1,2.00")
SHOP = "day,campaign,cost,clicks\n2025-05-01,News,3.00,7\n"
MAPPING = """\
source: linkedin
channel: paid_social
currency: EUR
zone: America/New_York
columns: {day: day, campaign: campaign, spend: cost, clicks: clicks}
"""


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def asked(room: FilesRoom, kpi: str = "clicks", **said: object) -> KpiAnswer:
    reader = LakeReader(room.house.ledger, room.lake)
    engine = KpiEngine(reader, kpis=load_kpis(), clock=room.house.clock, differences=differences)
    return await engine.ask(KpiQuery.model_validate({"kpi": kpi, "window": MAY, **said}))


async def test_one_source_needs_no_caveat(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, GOOGLE))
    notes = " ".join((await asked(room)).notes)
    assert "zones" not in notes
    assert "same everywhere" not in notes
    assert "Restated" not in notes


async def test_zones_and_meanings_that_differ_are_said(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, GOOGLE))
    other = written(tmp_path, SHOP, name="other.csv")
    written(tmp_path, MAPPING, name="other.csv.mapping.yml")
    await room.landed(other)
    answer = await asked(room)
    assert answer.value == 12
    notes = " ".join(answer.notes)
    assert "Days are counted in different zones: google_ads in UTC, linkedin in America/New_York." in notes
    assert "Clicks are not the same everywhere: google_ads: every click on an ad" in notes


async def test_what_a_later_file_changed_is_marked_and_the_earlier_answer_stays(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, GOOGLE))
    before = room.house.clock()
    room.house.clock.pass_(hours=1)
    await room.landed(written(tmp_path, GOOGLE.replace("10,4,1.00", "10,9,1.00"), name="later.csv"))
    now, then = await asked(room), await asked(room, as_of=before)
    assert (now.value, then.value) == (10, 5)
    assert any(note.startswith("Restated: google_ads changed its figures for 1 May 2025") for note in now.notes)
    assert not any(note.startswith("Restated") for note in then.notes)


async def test_the_same_figures_again_are_no_restatement(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, GOOGLE))
    room.house.clock.pass_(hours=1)
    more = google("A,2025-05-01,EUR,10,4,1.00", "B,2025-05-02,EUR,10,1,2.00", "C,2025-05-03,EUR,1,1,1.00")
    await room.landed(written(tmp_path, more, name="more.csv"))
    assert not any(note.startswith("Restated") for note in (await asked(room)).notes)


def test_of_many_sources_those_that_most_agree_with_are_told_together():
    zones = {"ga4": "UTC", "google_ads": "UTC", "meta": "UTC", "microsoft_ads": "Europe/London"}
    loads = [load(n).model_copy(update={"source": one, "zone": zones[one]}) for n, one in enumerate(zones)]
    (told,) = _zone_notes(loads)
    assert told == "Days are counted in different zones: microsoft_ads in Europe/London, all others in UTC."
