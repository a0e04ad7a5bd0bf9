"""The state of a source becomes readable once, whole and told."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path

import polars as pl

from agents.lifecycle.intake.observe import Observer
from agents.sources.readers import Readers
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.facts import Load
from tests.unit.agents.lifecycle.house import House


class InterruptedLake(Lake):
    """A lake in which something else happens first, once, when it is written to."""

    def __init__(self, root: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(root)
        self._meanwhile: list[Callable[[], Awaitable[object]]] = [meanwhile]

    async def append(self, frames: Iterable[pl.DataFrame], load_id: str, known_at: datetime) -> int:
        while self._meanwhile:
            await self._meanwhile.pop()()
        return await super().append(frames, load_id, known_at)


async def loads(house: House, *, simulated: bool) -> list[Load]:
    async with house.ledger.read() as tx:
        return list(await tx.loads.known(simulated=simulated))


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
