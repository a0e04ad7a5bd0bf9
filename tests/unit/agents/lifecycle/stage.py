"""The stage on which the state machine plays: a house, its people and laws, and an oracle that watches every write."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from agents.governance.limits import sandbox_limits
from agents.lifecycle.decide import Accepted
from agents.lifecycle.people.break_glass import Broken as BrokenGlass
from agents.lifecycle.people.delegate import Delegated
from agents.lifecycle.people.freeze import Stopped
from storage.database import Database
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import Change, Plan, PlanState, PlanStatus
from storage.records.stops import FreezeScope
from tests.builders import AARON, CARLA, PEOPLE, pounds
from tests.fakes.channels import FakePlatform
from tests.fakes.clock import HandClock
from tests.fakes.hasty_disk import hasty
from tests.unit.agents.lifecycle.gated import a_gate, gated
from tests.unit.agents.lifecycle.house import House, a_house, seen
from tests.unit.agents.lifecycle.oracle import Demand, Law, Oracle, and_also, ordinary

ANNA = AARON.model_copy(update={"id": "anna", "name": "Anna Berg", "slack_id": "U00ANNA"})
DORA = CARLA.model_copy(
    update={"id": "dora", "name": "Dora Voss", "slack_id": "U00DORA", "roles": frozenset({Role.CMO})}
)
LEO = Person(id="leo", name="Leo Hart", roles=frozenset({Role.LEGAL}), slack_id="U00LEO")
TEAM = {**PEOPLE, **{one.id: one for one in (ANNA, DORA, LEO)}}
LAWS = {
    law.name: (law, gated(*gates, limits=sandbox_limits(pounds(total)), beside_the_shipped=True))
    for law, gates, total in (
        (Law("ordinary", ordinary, 120_000), (), 1000),
        (
            Law("two", and_also(Demand("two", frozenset({Role.APPROVER, Role.CMO}), people=2)), 120_000),
            (a_gate("two", "approver, cmo", approvers=2),),
            1000,
        ),
        (Law("legal", and_also(Demand("legal", frozenset({Role.LEGAL}))), 120_000), (a_gate("legal", "legal"),), 1000),
        (
            Law("slowly", and_also(Demand("slowly", frozenset({Role.APPROVER}), cools_minutes=30)), 108_000),
            (a_gate("slowly", clocks='@cooling_off("30m")'),),
            900,
        ),
    )
}
CAMPAIGNS = ("news", "brand", "video", "hero")
BRANDS = {"news": "north", "brand": "north", "video": "south", "hero": ""}
CHANNELS = ("email", "paid_search", "paid_social", "website")
LIVE = (PlanState.WAITING, PlanState.APPROVED, PlanState.EXECUTING)
BEGUN = (PlanState.APPROVED, PlanState.EXECUTING)
ENDED = (PlanState.REJECTED, PlanState.REFUSED, PlanState.EXPIRED, PlanState.SUPERSEDED, PlanState.ROLLED_BACK)


class Stage:
    """What can be done on it, each told to the oracle as it is done."""

    def __init__(self, migrated: Path) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(migrated, self.folder / "countersign.db")
        self.database = hasty(Database(self.folder / "countersign.db"))
        self.before_edit: dict[str, Plan] = {}
        """The revision before the one that was shown last."""
        self.ended: dict[str, PlanState] = {}
        self.begun: set[str] = set()
        self.written_now: set[str] = set()
        """Plans that have written since work was begun last."""
        self.wrong: list[str] = []

    def run(self, work):
        return self.runner.run(work)

    def set_up(self, name: str) -> None:
        """Open the house under one of the laws."""
        law, rules = LAWS[name]

        async def opened() -> House:
            async with a_house(self.database, self.folder, HandClock(), rules=rules) as house:
                await house.change(*TEAM.values())
                return house

        self.house = self.run(opened())
        self.oracle = Oracle(clock=self.house.clock, law=law, people=dict(TEAM), brands=BRANDS)
        for name, brand in BRANDS.items():
            found = self.house.platform.campaigns[name]
            self.house.platform.campaigns[name] = found.model_copy(update={"brand": brand})
        self.watch(self.house.platform)

    def watch(self, platform: FakePlatform) -> None:
        """Judge every write at the moment at which it reaches the platform."""
        real = platform.apply

        def apply(change: Change, key: str, expected_version: str):
            new = key not in platform.receipts
            before = {name: one.daily_budget.minor for name, one in platform.campaigns.items()}
            receipt = real(change, key, expected_version)
            if new:
                self.judge(change, key, before)
            return receipt

        platform.apply = apply  # type: ignore[method-assign]

    def judge(self, change: Change, key: str, before: dict[str, int]) -> None:
        plan = key.rpartition(".")[0]
        taken_up, began = plan not in self.written_now, plan not in self.begun
        self.written_now.add(plan)
        self.begun.add(plan)
        objections = self.oracle.objections(change, key, before, taken_up=taken_up, begins=began)
        self.wrong += [f"{key}: {what}" for what in objections]

    def chosen(self, which: int, *likely: PlanState) -> Plan:
        """Mostly one in a likely state, so that runs come far; now and then any, so that nothing is spared."""
        fitting = [one.plan for one in self.statuses() if one.state in likely]
        plans = list(self.oracle.plans.values()) if which % 4 == 3 or not fitting else fitting
        return self.oracle.plans[plans[which % len(plans)].id]

    def shown(self, status: PlanStatus) -> None:
        shown_before = self.oracle.plans.get(status.plan.id)
        if shown_before is not None and shown_before != status.plan:
            self.before_edit[status.plan.id] = shown_before
        self.oracle.plans[status.plan.id] = status.plan

    def person(self, name: str) -> Person:
        return self.oracle.people[name]

    async def say_yes(self, plan: Plan, person: str) -> None:
        said = await self.house.approve(plan, self.person(person))
        if isinstance(said, Accepted):
            assert plan == self.oracle.plans[plan.id], "only what was shown last can be approved"
            assert self.house.clock() < plan.expires_at
            self.oracle.approved(plan, person)

    async def say_never_mind(self, plan: Plan, person: str) -> None:
        if isinstance(await self.house.withdraw(plan, self.person(person)), Accepted):
            self.oracle.withdrew(plan, person)

    async def say_no(self, plan: Plan, person: str) -> None:
        said = await self.house.decider.reject(seen(plan), self.person(person), reason="no", via="test")
        if isinstance(said, Accepted):
            self.oracle.rejected.add((plan.id, plan.revision))

    async def stop(self, scope: FreezeScope, value: str) -> None:
        said = await self.house.freezer.freeze(scope, value, self.person("olivia"), reason="stop", via="test")
        if isinstance(said, Stopped):
            self.oracle.frozen |= {one.id: (one.scope, one.value) for one in said.freezes}

    def edit(self, which: int, person: str, percent: int) -> None:
        plan = self.chosen(which, PlanState.WAITING, PlanState.HELD)
        change = plan.changes[0]
        assert isinstance(change.before, Money)
        wanted = {change.id: pounds(change.before.minor * (100 + percent) // 10000)}
        said = self.run(self.house.decider.edit(seen(plan), self.person(person), wanted=wanted, via="test"))
        if isinstance(said, Accepted):
            self.shown(said.status)

    def end_a_delegation(self, which: int, person: str) -> None:
        name = sorted(self.oracle.lent)[which % len(self.oracle.lent)]
        said = self.run(self.house.delegator.end(name, by=self.person(person), via="test"))
        if isinstance(said, Delegated):
            self.oracle.lent[name].ends = self.house.clock()

    def review_the_glass(self, which: int, person: str) -> None:
        name = sorted(self.oracle.broken)[which % len(self.oracle.broken)]
        said = self.run(self.house.emergency.review(name, self.person(person), words="seen", fine=True, via="test"))
        if isinstance(said, BrokenGlass):
            one = self.oracle.broken[name]
            one.until = min(one.until, self.house.clock())

    def thaw(self, person: str) -> None:
        said = self.run(self.house.freezer.thaw(None, self.person(person), via="test"))
        if isinstance(said, Stopped):
            self.oracle.frozen.clear()

    def statuses(self) -> tuple[PlanStatus, ...]:
        async def read() -> tuple[PlanStatus, ...]:
            async with self.house.ledger.read() as tx:
                return await tx.plans.recent(1000)

        return self.run(read())
