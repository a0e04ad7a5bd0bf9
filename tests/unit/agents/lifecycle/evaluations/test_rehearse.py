"""A plan that people rejected is proposed anew from what was known then, or not at all where that is not there."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from agents.features.store import FeatureStore
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.evaluations.rehearse import Rehearsal, Rehearser
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from agents.team.agent import Agent, Answer, KeepThePlan, Proposal
from agents.team.brief import Brief
from storage.features import FeatureValues
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.facts import CampaignState
from storage.records.plans import Plan
from tests.builders import AARON, pounds
from tests.fakes.channels import FakeSource
from tests.unit.agents.drift.world import Ad, World
from tests.unit.agents.lifecycle.house import FEATURES, House, seen

DAY = timedelta(days=1)
WORLD = World(seed=1, ads=(Ad("paid_search", "brand", 300), Ad("email", "news", 80)), wobble=0, days=40)
"""Brand had £300 a day and news £80, as its figures tell; the platform shows £400 and £100 now."""


@dataclass
class Remembering:
    """An agent that keeps its briefs and answers what a test says."""

    proposal: Proposal | None = None
    briefs: list[Brief] = field(default_factory=list)
    name: str = "budget_planner"
    version: str = "1"
    does: str = "Moves money."

    def propose(self, brief: Brief) -> Answer:
        self.briefs.append(brief)
        kept = KeepThePlan(reason="fine", agent=self.name, agent_version=self.version, data_day=brief.data_day)
        return self.proposal or kept

    def budgets(self) -> dict[str, int]:
        """Pounds a day by campaign, as the last brief tells them."""
        return {one.id: one.daily_budget.minor // 100 for one in self.briefs[-1].campaigns}


class Silent(FakeSource):
    """Does not say which campaigns there are."""

    async def campaigns(self) -> tuple[CampaignState, ...]:
        raise SourceUnavailable("503")


class Office:
    """Rehearses in a house; every part of it can be another one."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.agent = Remembering()
        self.lake = Lake(str(folder / "lake"))

    async def rehearse(
        self, plan: Plan, *, readers: Readers | None = None, team: dict[str, Agent] | None = None
    ) -> Rehearsal | None:
        house = self.house
        facts = LakeReader(house.ledger, self.lake)
        rehearser = Rehearser(
            house.ledger,
            team={self.agent.name: self.agent} if team is None else team,
            facts=facts,
            features=FeatureStore(house.ledger, facts, FeatureValues(self.lake.uri), definitions=FEATURES),
            readers=readers or Readers(dict.fromkeys(house.channels, house.source)),
        )
        return await rehearser.rehearse(plan)

    async def rejected(self, **budgets: int) -> Plan:
        """A plan of the agent, made from all that the source had told by then, that Aaron rejected."""
        known_at = await self.house.source.now()
        status = await self.house.proposer.file(
            self.house.proposal(**budgets).model_copy(update={"data_known_at": known_at})
        )
        await self.house.decider.reject(seen(status.plan), AARON, reason="not now", via="test")
        return status.plan


@pytest.fixture
def office(house: House, tmp_path: Path) -> Office:
    return Office(house, tmp_path)


async def test_what_would_come_again_is_what_goes_the_same_way(office: Office):
    plan = await office.rejected(brand=440, news=90)
    office.agent.proposal = office.house.proposal(brand=420, news=110)
    assert await office.rehearse(plan) == Rehearsal(plan_id=plan.id, changes=2, again=1)


async def test_an_agent_that_would_keep_the_plan_now_proposes_nothing_again(office: Office):
    plan = await office.rejected(brand=440)
    assert await office.rehearse(plan) == Rehearsal(plan_id=plan.id, changes=1, again=0)


async def test_an_agent_that_has_left_the_team_rehearses_nothing(office: Office):
    plan = await office.rejected(brand=440)
    assert await office.rehearse(plan, team={}) is None
    assert office.agent.briefs == []


@pytest.mark.parametrize("channels", [("email", "paid_search"), ()])
async def test_without_the_source_of_the_campaigns_nothing_is_rehearsed(office: Office, channels: tuple[str, ...]):
    """It does not answer, or is no longer connected."""
    plan = await office.rejected(brand=440)
    readers = Readers(dict.fromkeys(channels, Silent(office.house.platform)))
    assert await office.rehearse(plan, readers=readers) is None
    assert office.agent.briefs == []


async def test_a_plan_whose_campaign_is_gone_is_not_rehearsed(office: Office):
    plan = await office.rejected(brand=440)
    del office.house.platform.campaigns["brand"]
    assert await office.rehearse(plan) is None
    assert office.agent.briefs == []


async def test_budgets_are_those_of_the_day_of_the_plan(office: Office):
    """As the plan found them, else as figures told by then; where none do, as they are now."""
    house = office.house
    house.source.frame = WORLD.frame(30).select(REPORTED.names())
    house.platform.day = WORLD.day_of(30) + DAY
    await house.observer.pull()
    plan = await office.rejected(brand=440)
    house.platform.by_hand("brand", pounds(900))
    house.platform.by_hand("news", pounds(700))
    house.platform.by_hand("video", pounds(310))
    await office.rehearse(plan)
    assert office.agent.budgets() == {"brand": 400, "news": 80, "video": 310, "hero": 200}


async def test_what_was_told_after_the_plan_was_made_is_not_known_in_its_rehearsal(office: Office):
    house = office.house
    house.source.frame = WORLD.frame(30).select(REPORTED.names())
    house.platform.day = WORLD.day_of(30) + DAY
    await house.observer.pull()
    plan = await office.rejected(brand=440)
    house.platform.day += DAY
    restated = pl.when(pl.col("budget_micros").is_not_null()).then(pl.lit(990_000_000, pl.Int64))
    house.source.frame = house.source.frame.with_columns(restated.alias("budget_micros"))
    await house.observer.pull()
    await office.rehearse(plan)
    assert office.agent.budgets()["news"] == 80
    facts = office.agent.briefs[-1].facts
    assert facts.filter(pl.col("budget_micros") == 990_000_000).is_empty()
