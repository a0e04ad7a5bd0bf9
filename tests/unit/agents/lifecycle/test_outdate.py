"""Plans that wait are looked at again when their data grow old: refused with the reason, or left alone."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.decide import Accepted
from agents.lifecycle.outdate import outdate
from agents.lifecycle.review import Reviewer
from agents.lifecycle.spending import DATA_SLA_DAYS
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.lake.store import Lake
from storage.records.facts import CampaignState
from storage.records.plans import Plan, PlanState
from tests.builders import AARON
from tests.fakes.channels import FakePlatform, FakeSource
from tests.unit.agents.lifecycle.house import House, seen


class Out(FakeSource):
    """A source that is out for the moment."""

    async def today(self) -> date:
        raise SourceUnavailable("503")

    async def campaigns(self) -> tuple[CampaignState, ...]:
        raise SourceUnavailable("503")


class Slow(FakeSource):
    """A source that takes so long that something else happens while it is read."""

    def __init__(self, platform: FakePlatform, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(platform)
        self._meanwhile = meanwhile

    async def campaigns(self) -> tuple[CampaignState, ...]:
        await self._meanwhile()
        return await super().campaigns()


@pytest.fixture
async def aged(house: House) -> Plan:
    """A plan that waits for a person while the source goes on past what may be decided on."""
    plan = (await house.proposer.file(house.proposal(brand=440))).plan
    house.platform.day += timedelta(days=DATA_SLA_DAYS + 1)
    return plan


def reviewer(house: House, source: FakeSource, folder: Path) -> Reviewer:
    """One who looks at the same house through another source."""
    return Reviewer(
        house.ledger, house.rulebook, readers=Readers(dict.fromkeys(house.channels, source)),
        facts=LakeReader(house.ledger, Lake(str(folder / "lake"))), skills=lambda _: frozenset({"budget"}),
        clock=house.clock,
    )  # fmt: skip


async def test_a_plan_whose_data_are_young_waits_on(house: House):
    plan = (await house.proposer.file(house.proposal(brand=440))).plan
    before = await house.status(plan)
    assert await outdate(house.ledger, house.reviewer, clock=house.clock) == ()
    assert await house.status(plan) == before


async def test_a_plan_whose_data_grew_old_is_judged_again_and_refused(house: House, aged: Plan):
    assert await outdate(house.ledger, house.reviewer, clock=house.clock) == (aged.id,)
    assert (await house.status(aged)).state is PlanState.REFUSED
    assert await outdate(house.ledger, house.reviewer, clock=house.clock) == ()


async def test_while_nobody_knows_what_day_it_is_nothing_is_judged(house: House, aged: Plan, tmp_path: Path):
    before = await house.status(aged)
    assert await outdate(house.ledger, reviewer(house, Out(house.platform), tmp_path), clock=house.clock) == ()
    assert await house.status(aged) == before


async def test_who_decides_while_it_is_looked_at_was_first(house: House, aged: Plan, tmp_path: Path):
    async def reject() -> None:
        said = await house.decider.reject(seen(aged), AARON, reason="no", via="test")
        assert isinstance(said, Accepted), said

    assert await outdate(house.ledger, reviewer(house, Slow(house.platform, reject), tmp_path), clock=house.clock) == ()
    assert (await house.status(aged)).state is PlanState.REJECTED
