"""The real use cases over a real database, with a platform in memory and work that runs when a test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.governance.limits import sandbox_limits
from agents.governance.rules import Rules, load_rules
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.cases.attend import Attendant
from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.cases.monitor import Monitor
from agents.lifecycle.decide import Accepted, Decider, Declined, Seen
from agents.lifecycle.execute import Executor
from agents.lifecycle.intake.observe import Observer
from agents.lifecycle.people.break_glass import Emergency
from agents.lifecycle.people.delegate import Delegator
from agents.lifecycle.people.freeze import Freezer
from agents.lifecycle.people.owners import Owners
from agents.lifecycle.people.remind import Reminder
from agents.lifecycle.propose import Proposer
from agents.lifecycle.review import Reviewer
from agents.lifecycle.rollback import Rollback
from agents.lifecycle.route import Router
from agents.lifecycle.states import reconsider
from agents.sources.promises import DeclaredSources
from agents.sources.readers import Readers
from agents.team.agent import Agent, Proposal
from storage.database import Database
from storage.features import FeatureValues
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.executions import Execution
from storage.records.nudges import Nudge
from storage.records.people import Person
from storage.records.plans import Change, Plan, PlanStatus, Resource, raised_per_day
from tests.builders import OLIVIA, PEOPLE, pounds
from tests.fakes.channels import FakeChannel, FakePlatform, FakeSource, a_platform
from tests.fakes.clock import HandClock
from tests.fakes.rulebook import FixedRulebook
from tests.fakes.work_queue import HandWorkQueue

RULES = load_rules(limits=sandbox_limits(pounds(1000)))
KPIS, FEATURES = load_kpis(), load_features()
"""Loaded once, as the rules: reading them takes longer than most tests."""


@dataclass
class House:
    """One office of fakes outside and the real thing inside."""

    database: Database
    ledger: Ledger
    queue: HandWorkQueue
    clock: HandClock
    platform: FakePlatform
    channels: dict[str, FakeChannel]
    source: FakeSource
    rulebook: FixedRulebook
    observer: Observer
    reviewer: Reviewer
    decider: Decider
    executor: Executor
    proposer: Proposer
    rollback: Rollback
    attendant: Attendant
    freshness: Freshness
    owners: Owners
    monitor: Monitor
    router: Router
    reminder: Reminder
    delegator: Delegator
    freezer: Freezer
    emergency: Emergency
    pauses: list[float] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        """Those in force now."""
        return self.rulebook.rules

    async def asked(self, person: Person = OLIVIA, **budgets: int) -> PlanStatus:
        """A plan that a person asks for: campaign → pounds a day."""
        status = await self.proposer.request({name: Decimal(amount) for name, amount in budgets.items()}, person)
        assert isinstance(status, PlanStatus)
        return status

    async def approve(self, plan: Plan, person: Person) -> Accepted | Declined:
        return await self.decider.approve(seen(plan), person, via="test")

    async def withdraw(self, plan: Plan, person: Person) -> Accepted | Declined:
        return await self.decider.withdraw(seen(plan), person, via="test")

    async def change(self, *people: Person) -> None:
        """Make everyone be as in the list; those not in it are gone."""
        async with self.ledger.write() as tx:
            await tx.people.replace(people)

    async def adopt(self, rules: Rules) -> None:
        """Put other rules in force, as a plan that changes them does."""
        async with self.ledger.write() as tx:
            self.rulebook.rules = rules
            await reconsider(tx, self.clock())

    async def nudges(self, plan: Plan) -> list[Nudge]:
        """Whom the plan has asked, oldest first."""
        async with self.ledger.read() as tx:
            return list(await tx.nudges.of(plan.id, plan.revision))

    async def approved(self, plan: Plan, *people: Person) -> PlanStatus:
        """Approve and carry out."""
        for person in people:
            said = await self.approve(plan, person)
            assert isinstance(said, Accepted), said
        await self.queue.run()
        return await self.status(plan)

    async def status(self, plan: Plan | str) -> PlanStatus:
        async with self.ledger.read() as tx:
            found = await tx.plans.get(plan if isinstance(plan, str) else plan.id)
        assert found is not None
        return found

    async def executions(self, plan: Plan) -> tuple[Execution, ...]:
        async with self.ledger.read() as tx:
            return await tx.executions.of(plan.id, plan.revision)

    async def actions(self, *subjects: str) -> list[str]:
        """What the trail says of the subjects, oldest first."""
        async with self.ledger.read() as tx:
            return [entry.action for entry in await tx.audit.of(*subjects)]

    async def verified(self) -> bool:
        async with self.ledger.read() as tx:
            return (await tx.audit.verify()).ok

    def budgets(self) -> dict[str, int]:
        """Pounds a day by campaign, as the platform has them."""
        return {name: one.daily_budget.minor // 100 for name, one in self.platform.campaigns.items()}

    def proposal(self, agent: str = "budget_planner", **budgets: int) -> Proposal:
        """What an agent would hand in from the state that stands now."""
        states = [self.platform.campaigns[name] for name in budgets]
        changes = tuple(
            Change(
                id=f"c{number}", resource=Resource(channel=one.channel, id=one.id, name=one.name),
                field="daily_budget", before=one.daily_budget, after=pounds(budgets[one.id]), unit="GBP/day",
                expected_version=one.version,
            )
            for number, one in enumerate(states, start=1)
        )  # fmt: skip
        return Proposal(
            title="Move money", why=("it pays more",), agent=agent, agent_version="1", changes=changes,
            money_at_risk=raised_per_day(changes, "GBP") * 7, data_day=self.platform.day - timedelta(days=1),
            simulated=True,
        )  # fmt: skip


def seen(plan: Plan) -> Seen:
    return Seen(plan_id=plan.id, revision=plan.revision, digest=plan.digest)


@asynccontextmanager
async def a_house(
    database: Database, folder: Path, clock: HandClock, *, agents: tuple[Agent, ...] = (), rules: Rules = RULES
) -> AsyncIterator[House]:
    """Open a house over a migrated database; everything outside is new."""
    platform = a_platform()
    queue = HandWorkQueue(database)
    channels = {name: FakeChannel(name, platform) for name in ("email", "paid_search", "paid_social", "website")}
    source = FakeSource(platform)
    house = await _furnished(database, folder, clock, queue, channels, source, agents, rules)
    async with house.ledger.write() as tx:
        await tx.people.replace(PEOPLE.values())
    yield house


async def reopen(house: House, folder: Path) -> House:
    """The same database and platform after a restart: every object of the product is new."""
    return await _furnished(
        house.database, folder, house.clock, HandWorkQueue(house.database), house.channels, house.source, (),
        house.rules,
    )  # fmt: skip


async def _furnished(
    database: Database,
    folder: Path,
    clock: HandClock,
    queue: HandWorkQueue,
    channels: dict[str, FakeChannel],
    source: FakeSource,
    agents: tuple[Agent, ...],
    rules: Rules,
) -> House:
    ledger = Ledger(database, queue)
    lake, readers = Lake(str(folder / "lake")), Readers(dict.fromkeys(channels, source))
    facts = LakeReader(ledger, lake)
    features = FeatureStore(ledger, facts, FeatureValues(lake.uri), definitions=FEATURES)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    rulebook = FixedRulebook(rules)
    reviewer = Reviewer(
        ledger, rulebook, readers=readers, facts=facts, skills=lambda _: frozenset({"budget"}), clock=clock
    )
    house = House(
        database=database,
        ledger=ledger,
        queue=queue,
        clock=clock,
        platform=source.platform,
        channels=channels,
        source=source,
        rulebook=rulebook,
        observer=Observer(ledger, lake, readers=readers, clock=clock),
        reviewer=reviewer,
        decider=Decider(ledger, rulebook, reviewer=reviewer, clock=clock),
        executor=Executor(ledger, channels=channels, readers=readers, reviewer=reviewer, clock=clock, pause=pause),
        proposer=Proposer(
            ledger, rulebook, team={agent.name: agent for agent in agents}, facts=facts, features=features,
            readers=readers, reviewer=reviewer, clock=clock,
        ),
        rollback=Rollback(ledger, rulebook, channels=channels, readers=readers, reviewer=reviewer, clock=clock),
        attendant=Attendant(ledger, rulebook, clock=clock),
        freshness=Freshness(
            ledger, lake, rulebook, readers=readers, declared=DeclaredSources(folder / "sources.yml"), clock=clock
        ),
        owners=Owners(
            ledger, rulebook, kpis={name: one.owner for name, one in KPIS.items()}, features=FEATURES,
            clock=clock,
        ),
        monitor=Monitor(
            ledger, facts=facts, kpis=KpiEngine(facts, kpis=KPIS, clock=clock), features=features,
            readers=readers, clock=clock, rulebook=rulebook,
        ),
        router=Router(ledger, rulebook, readers=readers, clock=clock),
        reminder=Reminder(ledger, rulebook, clock=clock),
        delegator=Delegator(ledger, rulebook, clock=clock),
        freezer=Freezer(
            ledger, rulebook, readers=readers, channels=channels, agents=("budget_planner", "request"), clock=clock
        ),
        emergency=Emergency(ledger, rulebook, clock=clock),
        pauses=pauses,
    )  # fmt: skip
    _hand_out(house)
    return house


def _hand_out(house: House) -> None:
    async def review(payload: dict[str, str]) -> None:
        await house.reviewer.review(payload["plan_id"])

    async def execute(payload: dict[str, str]) -> None:
        await house.executor.execute(payload["plan_id"], int(payload["revision"]))

    async def tick(payload: dict[str, str]) -> None:
        """The timetable's jobs are called by tests themselves."""

    house.queue.handle("tick", tick)
    house.queue.handle("review", review)
    house.queue.handle("execute", execute)
