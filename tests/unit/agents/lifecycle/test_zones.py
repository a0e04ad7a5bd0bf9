"""Sources in different zones where clocks change: every order counts once, on the day that its shop's clock showed."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from storage.records.kpis import KpiAnswer
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

STEP = timedelta(minutes=15)
AUTUMN, SPRING = date(2024, 10, 27), date(2025, 3, 30)
"""In London the clock goes from 2:00 to 1:00, and from 1:00 to 2:00."""
MAPPING = """\
dataset: order
source: {source}
zone: {zone}
columns: {{id: Number, ordered_at: Placed, status: State, gross_micros: Paid, refunded_micros: Refunded}}
currency: GBP
"""


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


def moments(day: date) -> Iterator[datetime]:
    """Every quarter of an hour from the day before to the day after."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    end = moment + timedelta(hours=84)
    while moment < end:
        yield moment
        moment += STEP


def orders(folder: Path, name: str, zone: str, *days: date, **changed: str) -> Path:
    """One order of £10 every quarter of an hour around the days, written by the clock of the zone."""
    lines = ["Number,Placed,State,Paid,Refunded"]
    for day in days:
        for moment in moments(day):
            number = f"{name}-{moment:%m%d%H%M}"
            state = changed.get(f"{moment:%H%M}", "paid,10.00,0.00")
            lines.append(f"{number},{moment.astimezone(ZoneInfo(zone)).isoformat()},{state}")
    path = written(folder, "\n".join([*lines, ""]), name=f"{name}.csv")
    written(folder, MAPPING.format(source=name, zone=zone), name=f"{name}.csv.mapping.yml")
    return path


async def ask(room: FilesRoom, kpi: str, first: date, last: date, **more: object) -> KpiAnswer:
    engine = KpiEngine(LakeReader(room.house.ledger, room.lake), kpis=load_kpis(), clock=room.house.clock)
    window = Window(first=first, last=last, words="those days")
    return await engine.ask(KpiQuery(kpi=kpi, window=window, **more))


def by_label(answer: KpiAnswer) -> dict[str, int]:
    return {row.label: int(row.value or 0) for row in answer.rows}


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
async def test_a_day_on_which_the_clock_changes_has_every_order_once(
    room: FilesRoom, tmp_path: Path, day: date, hours: int
):
    await room.landed(orders(tmp_path, "shop", "Europe/London", day))
    answer = await ask(room, "store_orders", day, day)
    assert (answer.value, answer.zone) == (hours * 4, "Europe/London")
    revenue = await ask(room, "store_revenue", day, day)
    assert (revenue.value, revenue.currency) == (hours * 40, "GBP")
    around = await ask(room, "store_orders", day - timedelta(days=3), day + timedelta(days=3), by="day")
    assert around.value == len(list(moments(day)))
    assert by_label(around) == Counter(str(one.astimezone(ZoneInfo("Europe/London")).date()) for one in moments(day))


async def test_shops_in_different_zones_lose_and_double_nothing_and_the_answer_says_so(room: FilesRoom, tmp_path: Path):
    zones = {"london": "Europe/London", "newyork": "America/New_York", "tokyo": "Asia/Tokyo"}
    for name, zone in zones.items():
        await room.landed(orders(tmp_path, name, zone, SPRING, AUTUMN))
    for day in (SPRING, AUTUMN):
        window = day - timedelta(days=4), day + timedelta(days=4)
        answer = await ask(room, "store_orders", *window, by="source")
        assert by_label(answer) == dict.fromkeys(zones, len(list(moments(day))))
        told = ", ".join(f"{name} in {zone}" for name, zone in sorted(zones.items()))
        assert f"Days are counted in different zones: {told}." in answer.notes


async def test_an_advertising_source_keeps_its_own_days_beside_the_shop(room: FilesRoom, tmp_path: Path):
    await room.landed(orders(tmp_path, "shop", "Europe/London", SPRING))
    await room.landed(written(tmp_path, google(f"A,{SPRING},EUR,10,1,7.00"), name="ads.csv"))
    spend = await ask(room, "spend", SPRING, SPRING)
    assert (spend.value, spend.zone) == (7, "UTC")
    assert any("google_ads in UTC, shop in Europe/London" in note for note in spend.notes)
    assert (await ask(room, "store_orders", SPRING, SPRING)).zone == "Europe/London"


async def test_cancelled_orders_do_not_count_and_refunds_are_taken_off_as_they_become_known(
    room: FilesRoom, tmp_path: Path
):
    await room.landed(orders(tmp_path, "shop", "Europe/London", SPRING))
    before = room.house.clock()
    room.house.clock.pass_(hours=1)
    changed = {"0900": "cancelled,10.00,0.00", "1200": "partly_refunded,10.00,2.50"}
    await room.landed(orders(tmp_path, "shop", "Europe/London", SPRING, **changed))
    assert (await ask(room, "store_orders", SPRING, SPRING)).value == 23 * 4 - 1
    assert str((await ask(room, "store_revenue", SPRING, SPRING)).value) == "907.5"
    now = await ask(room, "store_revenue", SPRING, SPRING)
    assert any("shop changed 4 orders of 29–30 March 2025 with shop.csv" in note for note in now.notes)
    then = await ask(room, "store_revenue", SPRING, SPRING, as_of=before)
    assert then.value == 23 * 40
    assert not any(note.startswith("Restated") for note in then.notes)
