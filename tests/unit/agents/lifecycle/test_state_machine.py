"""Whatever people, clocks, channels and crashes do: nothing is written without a valid approval of exactly it."""

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agents.lifecycle.decide import Accepted
from agents.lifecycle.rollback import ChannelSilent
from storage.database import Database
from storage.records.executions import execution_key
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import Change, Plan, PlanKind, PlanState, PlanStatus
from tests.builders import PEOPLE, pounds
from tests.fakes.channels import Failure, FakePlatform
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.house import House, a_house, reopen, seen

CAMPAIGNS = ("news", "brand", "video", "hero")
PERSON = st.sampled_from(sorted(PEOPLE))
APPROVERS = st.sampled_from(["aaron", "carla"])
WHICH = st.integers(0, 10)
LIVE = (PlanState.WAITING, PlanState.APPROVED, PlanState.EXECUTING)
ENDED = (PlanState.REJECTED, PlanState.REFUSED, PlanState.EXPIRED, PlanState.SUPERSEDED, PlanState.ROLLED_BACK)
MAY_APPROVE = frozenset({Role.APPROVER, Role.CMO})


class Lives(RuleBasedStateMachine):
    """Plans and what happens to them; the model knows who said yes to what, and judges every write by that alone."""

    def __init__(self, migrated: Path) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(migrated, self.folder / "countersign.db")
        self.database = Database(self.folder / "countersign.db")
        self.people: dict[str, Person] = dict(PEOPLE)
        self.plans: dict[str, Plan] = {}
        """The newest revision of each plan that anybody was shown."""
        self.before_edit: dict[str, Plan] = {}
        """The revision before that."""
        self.said_yes: dict[tuple[str, int, str], set[str]] = {}
        self.ended: dict[str, PlanState] = {}
        self.wrong: list[str] = []

    def run(self, work):
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        async def opened() -> House:
            async with a_house(self.database, self.folder, HandClock()) as house:
                return house

        self.house = self.run(opened())
        self.watch(self.house.platform)

    def watch(self, platform: FakePlatform) -> None:
        """Judge every write at the moment at which it reaches the platform."""
        real = platform.apply

        def apply(change: Change, key: str, expected_version: str):
            first = key not in platform.receipts
            receipt = real(change, key, expected_version)
            if first:
                self.wrong += [f"{key}: {what}" for what in self.objections(change, key)]
            return receipt

        platform.apply = apply  # type: ignore[method-assign]

    def objections(self, change: Change, key: str) -> list[str]:
        found = [
            plan for plan in self.plans.values()
            for one in plan.changes if execution_key(plan.id, plan.revision, one.id) == key and one == change
        ]  # fmt: skip
        if len(found) != 1:
            return ["this change stands in no plan's current revision"]
        (plan,) = found
        yes = [
            self.people[person] for person in self.said_yes.get((plan.id, plan.revision, plan.digest), ())
            if self.people[person].has(*MAY_APPROVE) and person != plan.requested_by
        ]  # fmt: skip
        if plan.kind is PlanKind.ROLLBACK:
            asked = self.people[plan.requested_by or ""]
            return [] if yes or asked.has(*MAY_APPROVE) else ["nobody who may has agreed to this rollback"]
        if not yes:
            return ["nobody who may has approved exactly this"]
        if any(_large(one) for one in plan.changes) and not any(person.has(Role.CMO) for person in yes):
            return ["a large step without the CMO"]
        return []

    def chosen(self, which: int, *likely: PlanState) -> Plan:
        """Mostly one in a likely state, so that runs come far; now and then any, so that nothing is spared."""
        fitting = [one.plan for one in self.statuses() if one.state in likely]
        plans = list(self.plans.values()) if which % 4 == 3 or not fitting else fitting
        return self.plans[plans[which % len(plans)].id]

    def shown(self, status: PlanStatus) -> None:
        shown_before = self.plans.get(status.plan.id)
        if shown_before is not None and shown_before != status.plan:
            self.before_edit[status.plan.id] = shown_before
        self.plans[status.plan.id] = status.plan

    @rule(person=PERSON, steps=st.dictionaries(st.sampled_from(CAMPAIGNS), st.sampled_from([-60, -30, -10, 10, 30])))
    def ask(self, person: str, steps: dict[str, int]) -> None:
        now = self.house.budgets()
        wanted = {name: now[name] * (100 + percent) // 100 for name, percent in steps.items()}
        if any(amount != now[name] for name, amount in wanted.items()):
            self.shown(self.run(self.house.asked(self.people[person], **wanted)))

    @rule(name=st.sampled_from(CAMPAIGNS), percent=st.sampled_from([-20, 5, 20]))
    def agent_proposes(self, name: str, percent: int) -> None:
        amount = self.house.budgets()[name] * (100 + percent) // 100
        if amount != self.house.budgets()[name]:
            self.shown(self.run(self.house.proposer.file(self.house.proposal(**{name: amount}))))

    @precondition(lambda self: self.plans)
    @rule(which=WHICH, person=APPROVERS | PERSON, from_an_old_card=st.booleans())
    def approve(self, which: int, person: str, from_an_old_card: bool) -> None:
        plan = self.chosen(which, PlanState.WAITING)
        if from_an_old_card:
            plan = self.before_edit.get(plan.id, plan)
        self.approve_plan(plan, person)

    def approve_plan(self, plan: Plan, person: str) -> None:
        said = self.run(self.house.approve(plan, self.people[person]))
        if isinstance(said, Accepted):
            assert plan == self.plans[plan.id], "only what was shown last can be approved"
            assert self.house.clock() < plan.expires_at
            self.said_yes.setdefault((plan.id, plan.revision, plan.digest), set()).add(person)

    @rule(
        steps=st.dictionaries(st.sampled_from(CAMPAIGNS), st.sampled_from([-10, 10, 30]), min_size=1),
        people=st.lists(APPROVERS, min_size=1, max_size=2),
        meanwhile=st.sampled_from(["nothing", "work", "they leave", "it is edited by hand", "data grow old"]),
    )  # fmt: skip
    def ask_and_approve(self, steps: dict[str, int], people: list[str], meanwhile: str) -> None:
        """The common way in one step, up to where it is carried out, and what may come between."""
        before = set(self.plans)
        self.ask("olivia", steps)
        for plan_id in set(self.plans) - before:
            for person in people:
                self.approve_plan(self.plans[plan_id], person)
        if meanwhile == "they leave":
            self.person_comes_or_goes(people[0], False)
        elif meanwhile == "it is edited by hand":
            self.edit_by_hand(min(steps), 77)
        elif meanwhile == "data grow old":
            self.data_grows_old(3)
        if meanwhile != "nothing":
            self.work()

    @rule(which=WHICH, editor=APPROVERS, approver=APPROVERS, percent=st.sampled_from([-5, 5, 35]))
    def edit_and_approve_from_the_old_card(self, which: int, editor: str, approver: str, percent: int) -> None:
        """The race that the digest is there for."""
        if self.plans:
            self.edit(which, editor, percent)
            self.approve(which, approver, True)
            self.work()

    @precondition(lambda self: self.plans)
    @rule(which=WHICH, person=PERSON)
    def reject(self, which: int, person: str) -> None:
        self.run(
            self.house.decider.reject(
                seen(self.chosen(which, PlanState.HELD)), self.people[person], reason="no", via="test"
            )
        )

    @precondition(lambda self: self.plans)
    @rule(which=WHICH, person=PERSON, percent=st.sampled_from([-5, 0, 5, 35]))
    def edit(self, which: int, person: str, percent: int) -> None:
        plan = self.chosen(which, PlanState.WAITING, PlanState.HELD)
        change = plan.changes[0]
        assert isinstance(change.before, Money)
        wanted = {change.id: pounds(change.before.minor * (100 + percent) // 10000)}
        said = self.run(self.house.decider.edit(seen(plan), self.people[person], wanted=wanted, via="test"))
        if isinstance(said, Accepted):
            self.shown(said.status)

    @precondition(lambda self: self.plans)
    @rule(which=WHICH, person=st.sampled_from(["carla", "olivia", "victor"]), overwrite=st.booleans())
    def roll_back(self, which: int, person: str, overwrite: bool) -> None:
        plan = self.chosen(which, PlanState.DONE, PlanState.FAILED)
        changes = frozenset(change.id for change in plan.changes) if overwrite else frozenset()
        request = self.house.rollback.request(plan.id, self.people[person], via="test", overwrite=changes)
        try:
            said = self.run(request)
        except ChannelSilent:
            return
        if isinstance(said, Accepted):
            self.shown(said.status)

    @rule(hours=st.sampled_from([1, 11, 25]))
    def time_passes(self, hours: int) -> None:
        self.house.clock.pass_(hours=hours)

    @rule()
    def sweep(self) -> None:
        self.run(self.house.decider.expire_overdue())

    @rule(days=st.sampled_from([1, 3]))
    def data_grows_old(self, days: int) -> None:
        self.house.platform.day += timedelta(days=days)

    @rule(name=st.sampled_from(CAMPAIGNS), amount=st.integers(50, 300))
    def edit_by_hand(self, name: str, amount: int) -> None:
        self.house.platform.by_hand(name, pounds(amount))

    @rule(person=APPROVERS, active=st.sampled_from([True, True, False]))
    def person_comes_or_goes(self, person: str, active: bool) -> None:
        self.people[person] = PEOPLE[person].model_copy(update={"active": active})

        async def replace() -> None:
            async with self.house.ledger.write() as tx:
                await tx.people.replace(self.people.values())

        self.run(replace())

    @rule(
        channel=st.sampled_from(["email", "paid_search", "paid_social", "website"]),
        call=st.sampled_from(["apply", "find", "read"]), failures=st.lists(st.sampled_from(Failure), max_size=6),
    )  # fmt: skip
    def channel_fails(self, channel: str, call: str, failures: list[Failure]) -> None:
        if call != "apply":
            failures = [Failure.UNAVAILABLE] * min(len(failures), 3)
        self.house.channels[channel].fail(call, *failures)

    @rule()
    def restart(self) -> None:
        self.house = self.run(reopen(self.house, self.folder))

    @rule()
    def work(self) -> None:
        """Everything that was asked for is done; then nothing may wait for something that never comes."""
        self.run(self.house.queue.run())
        statuses = self.statuses()
        assert not [one for one in statuses if one.state in (PlanState.APPROVED, PlanState.EXECUTING)]
        live = [one for one in statuses if one.state in LIVE]
        for held in statuses:
            if held.state is PlanState.HELD and held.plan.expires_at > self.house.clock():
                keys = set(held.plan.resource_keys)
                assert any(keys & set(one.plan.resource_keys) for one in live), f"{held.plan.id} is held for nothing"

    def statuses(self) -> tuple[PlanStatus, ...]:
        async def read() -> tuple[PlanStatus, ...]:
            async with self.house.ledger.read() as tx:
                return await tx.plans.recent(1000)

        return self.run(read())

    @invariant()
    def every_write_was_approved_and_happened_once(self) -> None:
        assert not self.wrong, self.wrong
        if hasattr(self, "house"):
            keys = [one.key for one in self.house.platform.ours()]
            assert len(keys) == len(set(keys))

    @invariant()
    def what_has_ended_stays_ended_and_a_campaign_has_one_live_plan(self) -> None:
        if not hasattr(self, "house"):
            return
        statuses = self.statuses()
        for one in statuses:
            assert self.ended.get(one.plan.id, one.state) is one.state
            if one.state in ENDED:
                self.ended[one.plan.id] = one.state
        claimed = [key for one in statuses if one.state in LIVE for key in one.plan.resource_keys]
        assert len(claimed) == len(set(claimed))

    def teardown(self) -> None:
        try:
            if hasattr(self, "house"):
                self.work()
                self.every_write_was_approved_and_happened_once()
                assert self.run(self.house.verified())
        finally:
            self.run(self.database.close())
            self.runner.close()
            shutil.rmtree(self.folder)


def _large(change: Change) -> bool:
    assert isinstance(change.before, Money)
    assert isinstance(change.after, Money)
    return abs(change.after.minor - change.before.minor) * 4 > change.before.minor


def test_nothing_is_ever_written_without_a_valid_approval(migrated: Path):
    run_state_machine_as_test(
        lambda: Lives(migrated),
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
