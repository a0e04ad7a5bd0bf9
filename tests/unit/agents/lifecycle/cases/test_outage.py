"""While a source does not answer nobody can see whether a case is over, so it is not."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.cases.monitor import Monitor
from agents.lifecycle.intake.observe import Observer
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.features import FeatureValues
from storage.lake.store import Lake
from storage.records.alerts import AlertState
from tests.fakes.channels import FakeSource
from tests.unit.agents.lifecycle.cases.test_monitor import SHOCK, alerts, reported
from tests.unit.agents.lifecycle.house import House

DAY = timedelta(days=1)


class RealSource(FakeSource):
    """A source by our own clock, which may not answer."""

    name = "ads"
    simulated = False
    out = False

    async def today(self) -> date:
        if self.out:
            raise SourceUnavailable("ads does not answer")
        return await super().today()


async def test_a_case_stays_open_while_its_source_is_out_and_ends_once_it_is_read_again(house: House, tmp_path: Path):
    source = RealSource(house.platform)
    world, frame = reported(1.8, SHOCK)
    source.frame = frame.with_columns(simulated=pl.lit(False))
    lake, readers = Lake(str(tmp_path / "lake")), Readers(dict.fromkeys(house.channels, source))
    facts = LakeReader(house.ledger, lake)
    observer = Observer(house.ledger, lake, readers=readers, clock=house.clock)
    monitor = Monitor(
        house.ledger, facts=facts, kpis=KpiEngine(facts, kpis=load_kpis(), clock=house.clock), readers=readers,
        features=FeatureStore(house.ledger, facts, FeatureValues(lake.uri), definitions=load_features()),
        clock=house.clock,
    )  # fmt: skip

    async def look(day: int) -> AlertState:
        house.platform.day = world.day_of(day) + DAY
        house.clock.now = datetime.combine(house.platform.day, time(9), UTC)
        if not source.out:
            await observer.pull()
        await monitor.check()
        return next(one.state for one in await alerts(house) if one.finding.key == "drift/cpc/paid_search")

    assert await look(SHOCK) is AlertState.OPEN
    source.out = True
    assert [await look(SHOCK + days) for days in (1, 3, 5)] == [AlertState.OPEN] * 3
    source.out = False
    for days in range(6, 10):
        state = await look(SHOCK + days)
    assert state is AlertState.RECOVERED
