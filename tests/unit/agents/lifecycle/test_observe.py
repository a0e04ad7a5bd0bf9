"""What is read becomes readable once, whole and told: the state of a source, or a file of somebody's own."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.observe import FileObserver, Landed, Observer, Said
from agents.sources.readers import Readers
from storage.lake import REPORTED, Lake
from storage.records.facts import Load
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.house import House

DAYS = google("A,2025-05-01,EUR,10,1,1.00", "B,2025-05-02,EUR,10,1,2.00")


class InterruptedLake(Lake):
    """A lake in which something else happens first, once, when it is written to."""

    def __init__(self, root: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(root)
        self._meanwhile: list[Callable[[], Awaitable[object]]] = [meanwhile]

    async def append(self, frames: Iterable[pl.DataFrame], load_id: str, known_at: datetime) -> int:
        while self._meanwhile:
            await self._meanwhile.pop()()
        return await super().append(frames, load_id, known_at)


def files_of(house: House, lake: Lake, name: str = "1") -> FileObserver:
    return FileObserver(house.ledger, lake, clock=house.clock, new_id=lambda: name)


async def landed(files: FileObserver, path: Path, said: Said | None = None) -> Landed:
    with files.stage(path, said or Said()) as staged:
        return await files.land(staged)


async def loads(house: House, *, simulated: bool) -> list[Load]:
    async with house.ledger.read() as tx:
        return list(await tx.loads.known(simulated=simulated))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """The one that the house reads."""
    return Lake(str(tmp_path / "lake"))


async def test_a_file_becomes_one_load_that_says_what_was_in_it(house: House, lake: Lake, tmp_path: Path):
    path = written(tmp_path, DAYS)
    made = await landed(files_of(house, lake), path)
    (load,) = await loads(house, simulated=False)
    assert (made.new, made.load_id) == (True, "file-1")
    assert (load.id, load.source, load.path) == ("file-1", "google_ads", "export.csv")
    assert (load.content_sha256, load.known_at) == (made.report.content_sha256, house.clock())
    assert (load.rows_read, load.campaigns, load.spend) == (2, 2, {"EUR": Decimal(3)})
    assert load.restatement_days == 30
    facts = await lake.read([load], load.first_day, load.last_day, simulated=False)
    assert sorted(facts["spend_micros"].to_list()) == [1_000_000, 2_000_000]
    assert await house.actions("load:file-1") == ["data.loaded"]
    assert await house.verified()


async def test_the_same_bytes_again_are_no_second_load(house: House, lake: Lake, tmp_path: Path):
    path = written(tmp_path, DAYS)
    await landed(files_of(house, lake), path)
    version = await lake.version()
    again = await landed(files_of(house, lake, "2"), path)
    assert (again.new, again.load_id) == (False, "file-1")
    assert len(await loads(house, simulated=False)) == 1
    assert await lake.version() == version


@pytest.mark.parametrize(("order", "day"), [("dmy", "2025-02-01"), ("mdy", "2025-01-02")])
async def test_what_a_person_says_of_a_file_is_how_it_is_read(
    house: House, lake: Lake, tmp_path: Path, order: str, day: str
):
    path = written(tmp_path, google("A,01/02/2025,10,1,1.00", columns="Campaign,Day,Impr.,Clicks,Cost"))
    await landed(files_of(house, lake), path, Said(dates=order, currency="EUR"))
    (load,) = await loads(house, simulated=False)
    assert (str(load.first_day), load.spend) == (day, {"EUR": Decimal(1)})


async def test_two_who_land_one_file_at_once_make_one_load(house: House, lake: Lake, tmp_path: Path):
    first, path = files_of(house, lake, "first"), written(tmp_path, DAYS)

    async def meanwhile() -> None:
        assert (await landed(first, path)).new

    late = files_of(house, InterruptedLake(str(tmp_path / "lake"), meanwhile), "late")
    made = await landed(late, path)
    assert (made.new, made.load_id) == (False, "file-first")
    assert [one.id for one in await loads(house, simulated=False)] == ["file-first"]


async def test_two_who_read_one_state_of_a_source_at_once_make_one_load(house: House, tmp_path: Path):
    house.source.frame = a_day_of(house)
    late = Observer(
        house.ledger,
        InterruptedLake(str(tmp_path / "lake"), house.observer.pull),
        readers=Readers({"email": house.source}),
        clock=house.clock,
    )
    assert await late.pull() == ()
    assert len(await loads(house, simulated=True)) == 1


async def test_a_source_that_reports_nothing_lands_nothing(house: House):
    assert await house.observer.pull() == ()
    assert await loads(house, simulated=True) == []


def a_day_of(house: House) -> pl.DataFrame:
    """One report of yesterday."""
    day = house.platform.day.replace(day=house.platform.day.day - 1)
    row = {
        "source": "fake", "simulated": True, "account": "acc", "channel": "email", "campaign_id": "news",
        "campaign": "News", "grain": "campaign", "breakdown": "", "day": day, "last_day": day, "currency": "GBP",
        "spend_micros": 90_000_000, "flags": "", "line": 0,
    }  # fmt: skip
    return pl.DataFrame([{name: row.get(name) for name in REPORTED}], schema=REPORTED)
