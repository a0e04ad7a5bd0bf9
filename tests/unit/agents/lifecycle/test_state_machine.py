"""Whatever people, clocks, rules, channels and crashes do: nothing is written without what the rules ask for then."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
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
from agents.lifecycle.people.break_glass import Broken as BrokenGlass
from agents.lifecycle.people.delegate import Delegated
from agents.lifecycle.rollback import ChannelSilent
from agents.lifecycle.states import ask_again
from storage.records.people import Account, Role
from storage.records.plans import Plan, PlanState
from storage.records.stops import FreezeScope
from tests.builders import pounds
from tests.fakes.channels import Failure
from tests.unit.agents.lifecycle.house import reopen
from tests.unit.agents.lifecycle.oracle import Broken, Lent
from tests.unit.agents.lifecycle.stage import BEGUN, CAMPAIGNS, CHANNELS, ENDED, LAWS, LIVE, TEAM, Stage

PERSON = st.sampled_from(sorted(TEAM))
DECIDERS = st.sampled_from(["aaron", "anna", "carla", "dora", "leo"])
ENOUGH = st.sampled_from(
    [["aaron", "carla", "leo"], ["dora", "anna", "leo"], ["aaron", "carla"], ["anna"], ["carla"], ["leo", "dora"]]
)
"""Who approves one after the other: for the one law more than it takes, for the other too little."""
JUST_ENOUGH = {"ordinary": ["aaron"], "two": ["dora", "anna"], "legal": ["leo", "aaron"], "slowly": ["anna"]}
"""Of whom none may be missing, by law: whatever becomes of the first is to stop a plan of small steps."""
SMALL = st.sampled_from([-30, -10, -5, 5, 10, 30])
MEANWHILE = st.sampled_from(
    [
        "nothing", "they leave", "they are demoted", "other rules", "one withdraws",
        "the requester leaves them their approvals", "time", "a freeze", "data grow old",
    ]
)  # fmt: skip
BACK = ["comes back"] * 4
WHICH = st.integers(0, 15)
STOPS = st.sampled_from(
    [
        (FreezeScope.ALL, ""), (FreezeScope.CHANNEL, "paid_search"), (FreezeScope.BRAND, "north"),
        (FreezeScope.AGENT, "request"),
    ]
)  # fmt: skip


class Lives(Stage, RuleBasedStateMachine):
    """Plans and what happens to them; the oracle knows who said yes to what, and judges every write by that alone."""

    @initialize(name=st.sampled_from(sorted(LAWS)))
    def open(self, name: str) -> None:
        self.set_up(name)

    @rule(
        person=PERSON,
        steps=st.dictionaries(st.sampled_from(CAMPAIGNS), st.sampled_from([-60, -30, -10, 5, 10]), max_size=2),
    )
    def ask(self, person: str, steps: dict[str, int]) -> None:
        now = self.house.budgets()
        wanted = {name: now[name] * (100 + percent) // 100 for name, percent in steps.items()}
        if any(amount != now[name] for name, amount in wanted.items()):
            self.shown(self.run(self.house.asked(self.person(person), **wanted)))

    @rule(name=st.sampled_from(CAMPAIGNS), percent=st.sampled_from([-20, 5, 20]))
    def agent_proposes(self, name: str, percent: int) -> None:
        amount = self.house.budgets()[name] * (100 + percent) // 100
        if amount != self.house.budgets()[name]:
            self.shown(self.run(self.house.proposer.file(self.house.proposal(**{name: amount}))))

    @rule(name=st.sampled_from(CAMPAIGNS), percent=SMALL, people=ENOUGH)
    def a_whole_life(self, name: str, percent: int, people: list[str]) -> None:
        """The common way, with nothing between."""
        self.ask_and_approve({name: percent}, people, "work", 0)

    @rule(name=st.sampled_from(CAMPAIGNS), percent=st.sampled_from([-10, -5, 5, 10]), meanwhile=MEANWHILE, which=WHICH)
    def a_life_interrupted(self, name: str, percent: int, meanwhile: str, which: int) -> None:
        """Approved by those without whom it may not be, and something becomes of the first of them."""
        self.everybody_is_back_and_nothing_is_frozen()
        self.ask_and_approve({name: percent}, JUST_ENOUGH[self.oracle.law.name], meanwhile, which)

    @rule(
        steps=st.dictionaries(st.sampled_from(CAMPAIGNS), SMALL, min_size=1),
        people=ENOUGH,
        meanwhile=MEANWHILE,
        which=WHICH,
    )
    def ask_and_approve(self, steps: dict[str, int], people: list[str], meanwhile: str, which: int) -> None:
        """The common way in one step, up to where it is carried out, and what may come between."""
        before = set(self.oracle.plans)
        self.ask("olivia", steps)
        for plan_id in set(self.oracle.plans) - before:
            for person in people:
                self.run(self.say_yes(self.oracle.plans[plan_id], person))
            self.meanwhile(meanwhile, self.oracle.plans[plan_id], people[0], which)
        if meanwhile != "nothing":
            self.work()

    def meanwhile(self, what: str, plan: Plan, person: str, which: int) -> None:
        if what == "one withdraws":
            self.run(self.say_never_mind(plan, person))
        elif what == "they leave":
            self.person_comes_or_goes(person, ("leaves", "loses the account", "owns an agent")[which % 3])
        elif what == "they are demoted":
            self.person_comes_or_goes(person, "is demoted")
        elif what == "other rules":
            self.rules_change(sorted(LAWS)[which % len(LAWS)], silently=which % 3 == 0)
        elif what == "the requester leaves them their approvals":
            self.person_comes_or_goes("olivia", "is promoted")
            self.delegate("olivia", person, 0, 60)
        elif what == "time":
            self.house.clock.pass_(minutes=(29, 31, 60, 25 * 60)[which % 4])
        elif what == "a freeze":
            self.run(self.stop(FreezeScope.BRAND, "north"))
        elif what == "data grow old":
            self.house.platform.day += timedelta(days=3)

    @rule(which=WHICH, editor=DECIDERS, approver=DECIDERS, percent=st.sampled_from([-5, 5, 35]))
    def edit_and_approve_from_the_old_card(self, which: int, editor: str, approver: str, percent: int) -> None:
        """The race that the digest is there for."""
        if self.oracle.plans:
            self.edit(which, editor, percent)
            self.somebody_says(which, approver, "old")
            self.work()

    @precondition(lambda self: self.oracle.plans)
    @rule(
        which=WHICH, person=DECIDERS | PERSON, what=st.sampled_from(["yes", "yes", "old", "no", "never mind", "edit"])
    )
    def somebody_says(self, which: int, person: str, what: str) -> None:
        """Of a plan that is likely to take it; `old` is a yes from the card of the revision before."""
        if what == "edit":
            self.edit(which, person, (-5, 0, 5, 35)[which % 4])
        elif what == "no":
            self.run(self.say_no(self.chosen(which, PlanState.HELD, PlanState.APPROVED), person))
        elif what == "never mind":
            self.run(self.say_never_mind(self.chosen(which, PlanState.APPROVED, PlanState.WAITING), person))
        else:
            plan = self.chosen(which, PlanState.WAITING)
            self.run(self.say_yes(self.before_edit.get(plan.id, plan) if what == "old" else plan, person))

    @precondition(lambda self: self.oracle.plans)
    @rule(which=WHICH, person=st.sampled_from(["carla", "olivia", "victor"]), overwrite=st.booleans())
    def roll_back(self, which: int, person: str, overwrite: bool) -> None:
        plan = self.chosen(which, PlanState.DONE, PlanState.FAILED)
        changes = frozenset(change.id for change in plan.changes) if overwrite else frozenset()
        request = self.house.rollback.request(plan.id, self.person(person), via="test", overwrite=changes)
        try:
            said = self.run(request)
        except ChannelSilent:
            return
        if isinstance(said, Accepted):
            self.shown(said.status)

    @rule(minutes=st.sampled_from([1, 29, 31, 60, 11 * 60, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.house.clock.pass_(minutes=minutes)

    @rule()
    def timetable(self) -> None:
        self.run(self.house.decider.expire_overdue())
        self.run(self.house.emergency.close_over(self.house.clock()))
        self.run(self.house.reminder.chase())
        self.run(ask_again(self.house.ledger, now=self.house.clock()))

    @rule(
        name=st.sampled_from(CAMPAIGNS),
        amount=st.integers(50, 300),
        how=st.sampled_from(["by hand", "by hand", "restart", "a day"]),
    )
    def the_world_moves(self, name: str, amount: int, how: str) -> None:
        if how == "by hand":
            self.house.platform.by_hand(name, pounds(amount))
        elif how == "a day":
            self.house.platform.day += timedelta(days=1)
        else:
            self.house = self.run(reopen(self.house, self.folder))

    @rule()
    def everybody_is_back_and_nothing_is_frozen(self) -> None:
        self.they_come_or_go(sorted(TEAM), "comes back")
        if self.oracle.frozen:
            self.thaw("carla")
        self.work()

    @rule(person=DECIDERS, how=st.sampled_from(["leaves", "loses the account", "is demoted", "owns an agent", *BACK]))
    def person_comes_or_goes(self, person: str, how: str) -> None:
        self.they_come_or_go([person], how)

    def they_come_or_go(self, people: list[str], how: str) -> None:
        changed = {
            "leaves": {"active": False},
            "is demoted": {"roles": frozenset({Role.OPERATOR})},
            "owns an agent": {"owns": frozenset({"request", "budget_planner"})},
            "is promoted": {"roles": frozenset({Role.OPERATOR, Role.APPROVER})},
        }.get(how, {})
        lost = how == "loses the account"
        for person in people:
            self.oracle.people[person] = TEAM[person].model_copy(update=changed)
        self.oracle.lost_account = self.oracle.lost_account - set(people) | (set(people) if lost else set())

        async def change() -> None:
            async with self.house.ledger.write() as tx:
                await tx.people.replace(self.oracle.people.values())
                for person in people:
                    account = Account(
                        slack_id=TEAM[person].slack_id or "", team_id="T1", deleted=lost, seen_at=self.house.clock()
                    )
                    await tx.people.keep_account(account)

        self.run(change())

    @rule(name=st.sampled_from(sorted(LAWS)), silently=st.booleans())
    def rules_change(self, name: str, silently: bool) -> None:
        """Silently: in force, but no plan was looked at again yet."""
        self.oracle.law, rules = LAWS[name]
        if silently:
            self.house.rulebook.rules = rules
        else:
            self.run(self.house.adopt(rules))

    @rule(
        giver=DECIDERS | PERSON, taker=PERSON, starts=st.sampled_from([0, 0, 30]), lasts=st.sampled_from([29, 60, 3000])
    )
    def delegate(self, giver: str, taker: str, starts: int, lasts: int) -> None:
        begins = self.house.clock() + timedelta(minutes=starts)
        ends = begins + timedelta(minutes=lasts)
        said = self.run(self.house.delegator.delegate(giver, taker, begins, ends, by=self.person(giver), via="test"))
        if isinstance(said, Delegated):
            self.oracle.lent[said.delegation.id] = Lent(giver, taker, begins, ends)

    @precondition(lambda self: self.oracle.lent or self.oracle.broken)
    @rule(which=WHICH, person=DECIDERS)
    def something_is_ended(self, which: int, person: str) -> None:
        """A delegation, or an emergency by its review."""
        if self.oracle.broken and which % 2:
            self.review_the_glass(which, person)
        elif self.oracle.lent:
            self.end_a_delegation(which, person)

    @rule(
        person=st.sampled_from(["carla", "dora", "aaron"]),
        how=st.sampled_from(["a request", "an approval", "alone"]),
        which=WHICH,
    )
    def break_the_glass(self, person: str, how: str, which: int) -> None:
        said = self.run(self.house.emergency.break_glass(self.person(person), reason="the shop is down", via="test"))
        if isinstance(said, BrokenGlass):
            self.oracle.broken[said.glass.id] = Broken(person, said.glass.broken_at, said.glass.until)
        if how == "a request":
            self.ask(person, {CAMPAIGNS[which % 4]: 10})
        elif how == "an approval" and self.oracle.plans:
            self.run(self.say_yes(self.chosen(which, PlanState.WAITING), person))

    @rule(what=STOPS, person=st.sampled_from(["aaron", "carla", "leo"]))
    def freeze_or_thaw(self, what: tuple[FreezeScope, str], person: str) -> None:
        if self.oracle.frozen:
            self.thaw(person)
        else:
            self.run(self.stop(*what))

    @precondition(lambda self: self.oracle.plans)
    @rule(
        which=WHICH,
        people=st.lists(DECIDERS, min_size=2, max_size=3),
        last=st.sampled_from(["yes", "no", "never mind", "stop"]),
    )
    def race(self, which: int, people: list[str], last: str) -> None:
        """Several people and the worker at the same moment."""
        plan = self.chosen(which, PlanState.WAITING, PlanState.APPROVED)
        said: dict[str, Callable[[], Awaitable[None]]] = {
            "yes": lambda: self.say_yes(plan, people[-1]),
            "no": lambda: self.say_no(plan, people[-1]),
            "never mind": lambda: self.say_never_mind(plan, people[0]),
            "stop": lambda: self.stop(FreezeScope.ALL, ""),
        }

        async def at_once() -> None:
            await asyncio.gather(
                *(self.say_yes(plan, person) for person in people), said[last](), self.house.queue.run()
            )

        self.written_now.clear()
        self.run(at_once())

    @rule(channel=st.sampled_from(CHANNELS), how=st.sampled_from(["stop", "no", "never mind"]), person=DECIDERS)
    def something_happens_while_a_channel_is_read(self, channel: str, how: str, person: str) -> None:
        """Between two changes of a plan, when it is carried out next."""
        door = self.house.channels[channel]
        real = door.read

        async def read(resource, field):
            door.read = real  # type: ignore[method-assign]
            for plan in [one for one in self.oracle.plans.values() if resource.key in one.resource_keys]:
                if how == "no":
                    await self.say_no(plan, person)
                elif how == "never mind":
                    await self.say_never_mind(plan, person)
            if how == "stop":
                await self.stop(FreezeScope.CHANNEL, channel)
            return await real(resource, field)

        if not hasattr(real, "__wrapped__"):
            read.__wrapped__ = real  # type: ignore[attr-defined]
            door.read = read  # type: ignore[method-assign]

    @rule(
        channel=st.sampled_from(CHANNELS), call=st.sampled_from(["apply", "find", "read"]),
        failures=st.lists(st.sampled_from(Failure), max_size=6),
    )  # fmt: skip
    def channel_fails(self, channel: str, call: str, failures: list[Failure]) -> None:
        if call != "apply":
            failures = [Failure.UNAVAILABLE] * min(len(failures), 3)
        self.house.channels[channel].fail(call, *failures)

    @rule()
    def work(self) -> None:
        """Everything that was asked for is done; then nothing may wait for something that never comes."""
        self.written_now.clear()
        self.run(self.house.executor.start_due())
        self.run(self.house.queue.run())
        for one in self.statuses():
            if one.state in BEGUN and not self.rightly_left(one.plan):
                # It was stopped when it was tried last, and nothing stops it now: the timetable would try again.
                status = self.run(self.house.executor.execute(one.plan.id, one.plan.revision))
                assert status.state not in BEGUN, f"{one.plan.id} is {status.state} for nothing"
        statuses = self.statuses()
        live = [one for one in statuses if one.state in (*LIVE, PlanState.PROPOSED)]
        for held in statuses:
            if held.state is PlanState.HELD and held.plan.expires_at > self.house.clock():
                keys = set(held.plan.resource_keys)
                assert any(keys & set(one.plan.resource_keys) for one in live), f"{held.plan.id} is held for nothing"

    def rightly_left(self, plan: Plan) -> bool:
        """Whether a freeze stops it, or a rule may want time to think better of it."""
        return any(self.oracle.stopped(plan, one) for one in plan.changes) or self.oracle.said_yes_within(30, plan)

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


def test_nothing_is_ever_written_without_what_the_rules_ask_for(migrated: Path):
    run_state_machine_as_test(
        lambda: Lives(migrated),
        settings=settings(
            max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
