"""A connected source that does not answer is held to the clock of people: its data grow late while it is away."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.intake.observe import Observer
from agents.sources.promises import DeclaredSources
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.alerts import AlertState
from tests.fakes.channels import FakeSource
from tests.unit.agents.drift.world import World
from tests.unit.agents.lifecycle.house import House

DAY = timedelta(days=1)


class Shop(FakeSource):
    """A real source by the clock of Tokyo, which may be away."""

    name = "shop"
    simulated = False
    zone = "Asia/Tokyo"
    is_away = False

    async def today(self) -> date:
        if self.is_away:
            raise SourceUnavailable("503")
        return await super().today()


@pytest.fixture
def shop(house: House) -> Shop:
    """Its figures go to the day before the story's."""
    found, world = Shop(house.platform), World(days=3)
    earlier = house.platform.day - DAY - world.day_of(2)
    found.frame = (
        world.frame(2)
        .select(REPORTED.names())
        .with_columns(pl.col("day") + earlier, pl.col("last_day") + earlier, simulated=pl.lit(False))
    )
    return found


async def test_one_that_is_away_is_late_by_our_own_clock_in_its_zone(house: House, shop: Shop, tmp_path: Path):
    lake, readers = Lake(str(tmp_path / "lake")), Readers({"website": shop})
    await Observer(house.ledger, lake, readers=readers, clock=house.clock).pull()
    freshness = Freshness(
        house.ledger, lake, house.rulebook, readers=readers, declared=DeclaredSources(tmp_path / "sources.yml"),
        clock=house.clock,
    )  # fmt: skip
    shop.is_away = True
    assert await freshness.look() == (), "all that is complete by now was read"
    house.clock.pass_(hours=5)
    assert await freshness.look() == (), "it is 23:30 there"
    house.clock.pass_(hours=1)
    (finding,) = await freshness.look()
    assert finding.title == "Data of shop are stale"
    assert finding.detail[0] == (
        "2025-06-03 is complete at the source, but its newest complete day is 2025-06-02 here."
    )
    async with house.ledger.read() as tx:
        (case,) = await tx.alerts.unrecovered()
    assert (case.finding.key, case.state, case.finding.simulated) == ("freshness/shop", AlertState.OPEN, False)
