"""Plans are scored when there is something new to score them by, and not at every look."""

from datetime import timedelta
from pathlib import Path

from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import KpiQuery
from agents.lifecycle.cases.score import Scorer
from storage.lake.store import Lake
from storage.records.alerts import Finding
from storage.records.kpis import KpiAnswer
from tests.unit.agents.lifecycle.cases.test_monitor import DAY, a_scored_plan, dearer_clicks, spend_forecast
from tests.unit.agents.lifecycle.house import House


class CountedKpis(KpiEngine):
    """Counts what it is asked."""

    asked = 0

    async def ask(self, query: KpiQuery) -> KpiAnswer:
        self.asked += 1
        return await super().ask(query)


async def test_a_plan_is_scored_again_only_when_more_is_known_or_the_day_is_another(house: House, tmp_path: Path):
    world = dearer_clicks(house, 1.0)
    plan_id = await a_scored_plan(house, world, spend_forecast(world, 100_000, 200_000))
    kpis = CountedKpis(LakeReader(house.ledger, Lake(str(tmp_path / "lake"))), kpis=load_kpis(), clock=house.clock)
    scorer = Scorer(house.ledger, kpis, clock=house.clock)

    async def look(day: int, *, pull: bool = True) -> tuple[tuple[Finding, ...], int]:
        """What was found, and how often the KPIs were asked for it."""
        before, house.platform.day = kpis.asked, world.day_of(day) + DAY
        if pull:
            await house.observer.pull()
        async with house.ledger.read() as tx:
            executed = await tx.plans.done_since(world.day_of(day) - timedelta(days=120))
        found = await scorer.outcomes(house.source, world.day_of(day), executed)
        return found, kpis.asked - before

    first, asked = await look(81, pull=False)
    assert asked == 1
    assert await look(81, pull=False) == (first, 0)
    known, asked = await look(81)
    assert asked == 1, "more is known"
    assert [one.suspect_plan for one in known] == [plan_id]
    assert await look(81) == (known, 0), "a case is found again without a question"
    assert (await look(82))[1] == 1, "another day"
