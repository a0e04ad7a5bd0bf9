"""A column of business objects that is gone is missed aloud by the KPIs that need it, and by no others."""

from itertools import chain
from pathlib import Path

import pytest

from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.object_reader import LakeObjects, TeamTime
from agents.kpis.query import KpiQuery
from agents.kpis.told_by import MADE_OF, READ_AS, told_by
from agents.kpis.windows import parse_window
from agents.sources.entities import recognise
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET
from tests.unit.agents.lifecycle.cases.business_room import NoWork
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

HEADER = "ID,Requester,Subject,Status,Created at,Updated at,Solved at,Satisfaction Score\n"
FIRST = HEADER + "1,ann@a.com,Help,Solved,2025-03-02 10:00,2025-03-02 12:00,2025-03-02 12:00,Good\n"
WITHOUT = HEADER.replace(",Satisfaction Score", "") + (
    "2,bob@a.com,Help,Solved,2025-03-03 10:00,2025-03-03 12:00,2025-03-03 12:00\n"
)


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def gaps(room: FilesRoom, kpi: str, days: str) -> list[str]:
    async def team() -> TeamTime:
        return TeamTime()

    engine = KpiEngine(
        LakeReader(room.house.ledger, room.lake), kpis=load_kpis(), clock=room.house.clock,
        objects=LakeObjects(room.house.ledger, room.lake, team=team, own=NoWork(), clock=room.house.clock),
    )  # fmt: skip
    window = parse_window(days, today=room.house.clock().date())
    assert window is not None
    answer = await engine.ask(KpiQuery(kpi=kpi, window=window))
    return [note for note in answer.notes if "does not tell" in note]


async def test_a_lost_column_is_said_where_it_is_missed(room: FilesRoom, tmp_path: Path):
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text(FIRST, encoding="utf-8")
    second.write_text(WITHOUT, encoding="utf-8")
    await room.landed(first)
    room.house.clock.pass_(minutes=1)
    await room.answered(await room.asked(second), "accept")
    gap = (
        "zendesk does not tell score for 3 March 2025: no column of two.csv is read as that, and there was one before."
    )
    assert await gaps(room, "csat", "2025-03-02 to 2025-03-04") == [gap]
    assert await gaps(room, "csat_response_rate", "2025-03-02 to 2025-03-04") == [gap]
    assert await gaps(room, "escalation_rate", "2025-03-02 to 2025-03-04") == []
    assert await gaps(room, "csat", "2025-03-01 to 2025-03-02") == [], "these days have what they need"


def test_every_name_that_is_watched_for_is_one_that_an_export_has():
    contract = {one.name for entity in BY_DATASET.values() for one in columns_of(entity)}
    read = {one.name for layout in recognise.LAYOUTS for one in layout.fields}
    assert set(READ_AS) <= contract
    assert set(chain.from_iterable(READ_AS.values())) <= read
    assert {name for made in MADE_OF.values() for each in made.values() for name in each} <= contract


def test_what_is_worked_out_rests_on_what_it_is_made_of():
    assert told_by("refund", ["amount_micros"]) == {"refunded_micros", "refunded"}
    assert told_by("lead", ["created_at"]) == {"created_at"}
