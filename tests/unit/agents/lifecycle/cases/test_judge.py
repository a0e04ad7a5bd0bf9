"""What the newest day of a source shows, whatever else the source says, and whoever else tells of the same channel."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from agents.features.store import FeatureStore
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.cases.monitor import Monitor
from agents.lifecycle.intake.observe import Observer
from agents.sources.readers import Readers
from agents.sources.source import ForeignChange, Source, SourceUnavailable
from storage.features import FeatureValues
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.alerts import Alert, Finding
from storage.records.facts import CampaignState
from tests.builders import AARON
from tests.fakes.channels import FakePlatform, FakeSource
from tests.unit.agents.drift.world import World, on
from tests.unit.agents.lifecycle.cases.test_monitor import ADS, SHOCK, alerts, reported
from tests.unit.agents.lifecycle.house import FEATURES, KPIS, House

DAY = timedelta(days=1)
CHANNELS = ("email", "paid_search")


class Laconic(FakeSource):
    """Reports figures; says nothing of its campaigns nor of who changed them."""

    async def campaigns(self) -> tuple[CampaignState, ...]:
        raise SourceUnavailable("503")

    async def changes_since(self, moment: datetime) -> tuple[ForeignChange, ...]:
        raise SourceUnavailable("503")


class Named(FakeSource):
    """One of several."""

    def __init__(self, platform: FakePlatform, name: str) -> None:
        super().__init__(platform)
        self.name = name


class Desk:
    """Looks at the sources of a test, as the schedule does."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.lake = Lake(str(folder / "lake"))

    def monitor(self, readers: Readers) -> Monitor:
        facts = LakeReader(self.house.ledger, self.lake)
        return Monitor(
            self.house.ledger, facts=facts, kpis=KpiEngine(facts, kpis=KPIS, clock=self.house.clock), readers=readers,
            features=FeatureStore(self.house.ledger, facts, FeatureValues(self.lake.uri), definitions=FEATURES),
            clock=self.house.clock,
        )  # fmt: skip

    async def look(self, world: World, day: int, sources: Mapping[str, Source]) -> tuple[Finding, ...]:
        """Let the data day be over, read what can be read, and check."""
        self.house.platform.day = world.day_of(day) + DAY
        self.house.clock.now = datetime.combine(self.house.platform.day, time(9), UTC)
        readers = Readers(sources)
        await Observer(self.house.ledger, self.lake, readers=readers, clock=self.house.clock).pull()
        return await self.monitor(readers).check()

    async def alert(self, key: str) -> Alert:
        return next(one for one in await alerts(self.house) if one.finding.key == key)


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)


async def test_a_case_is_filed_though_the_source_does_not_say_what_runs_nor_who_changed_it(desk: Desk):
    source = Laconic(desk.house.platform)
    world, source.frame = reported(1.8, 10**6)
    await desk.look(world, SHOCK, dict.fromkeys(CHANNELS, source))
    finding = (await desk.alert("drift/cpc/paid_search")).finding
    assert finding.source == "fake"
    assert "change" not in {one.kind for one in finding.candidates}, "nobody is suspected of what nobody told"


async def test_a_source_that_was_disconnected_is_judged_by_what_it_told_last(desk: Desk):
    source = FakeSource(desk.house.platform)
    world, source.frame = reported(1.8, 10**6)
    await desk.look(world, SHOCK, dict.fromkeys(CHANNELS, source))
    await desk.house.attendant.acknowledge("ALERT-1", AARON)
    before = await desk.alert("drift/cpc/paid_search")
    told = await desk.look(world, SHOCK + 1, {})
    assert "drift/cpc/paid_search" in {one.key for one in told}
    after = await desk.alert("drift/cpc/paid_search")
    assert (after.state, after.times_seen, after.finding.seen_on) == (before.state, 1, world.day_of(SHOCK))


async def test_where_two_sources_tell_of_a_channel_each_has_its_own_case(desk: Desk):
    """Ending one of them says nothing about the other."""
    one, other = Named(desk.house.platform, "one"), Named(desk.house.platform, "other")
    world, one.frame = reported(1.8, 10**6)
    other.frame = one.frame
    told = await desk.look(world, SHOCK, {"paid_search": one, "email": other})
    cost = {finding.key: finding.source for finding in told if finding.kpi == "cpc"}
    assert cost == {"drift/cpc/paid_search/one": "one", "drift/cpc/paid_search/other": "other"}


async def test_what_only_one_source_tells_of_keeps_its_name_beside_others(desk: Desk):
    one, other = Named(desk.house.platform, "one"), Named(desk.house.platform, "other")
    world, frame = reported(1.8, 10**6)
    one.frame = frame.filter(frame["channel"] != "email")
    other.frame = frame.filter(frame["channel"] == "email")
    told = await desk.look(world, SHOCK, {"paid_search": one, "email": other})
    assert {finding.key: finding.source for finding in told if finding.kpi == "cpc"} == {"drift/cpc/paid_search": "one"}


async def test_where_tracking_of_the_channel_broke_its_silent_campaigns_are_no_second_case(desk: Desk):
    world = World(
        seed=1, ads=ADS, wobble=0.08, days=100, delay_days=0.0, tracking=on("paid_search", SHOCK - 6, 0.0)
    )  # fmt: skip
    source = FakeSource(desk.house.platform)
    source.frame = world.frame(99).select(REPORTED.names())
    told = await desk.look(world, SHOCK, dict.fromkeys(CHANNELS, source))
    assert {"tracking", "conversions", "cvr"} & {finding.kpi for finding in told}
    assert "drift/tracking/campaigns/fake" not in {finding.key for finding in told}
