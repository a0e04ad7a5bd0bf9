"""From the moment a freeze has committed nothing is written, whatever a plan was doing; a thaw lets it go on, once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.people.freeze import Stopped
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.sources.source import SourceUnavailable
from storage.records.executions import ExecutionState
from storage.records.people import Person
from storage.records.plans import Plan, PlanState
from storage.records.stops import FreezeScope
from tests.builders import AARON, ADA, CARLA, OLIVIA, VICTOR
from tests.fakes.channels import Failure
from tests.unit.agents.lifecycle.house import House

THREE = {"news": 110, "brand": 440, "video": 270}
ALL = FreezeScope.ALL


async def a_plan(house: House, **budgets: int) -> Plan:
    """Approved, and asked to be carried out."""
    plan = (await house.asked(**(budgets or THREE))).plan
    await house.approve(plan, AARON)
    return plan


async def freeze(
    house: House, scope: FreezeScope = ALL, value: str = "", person: Person = OLIVIA, reason: str = "wrong prices"
) -> Stopped | Declined:
    return await house.freezer.freeze(scope, value, person, reason=reason, via="test")


async def frozen(house: House, scope: FreezeScope = ALL, value: str = "") -> str:
    said = await freeze(house, scope, value)
    assert isinstance(said, Stopped), said
    return said.freezes[0].id


async def thawed(house: House, freeze_id: str | None = None) -> Stopped:
    said = await house.freezer.thaw(freeze_id, AARON, via="test")
    assert isinstance(said, Stopped), said
    await house.queue.run()
    return said


def declined(said: Stopped | Declined) -> Declined:
    assert isinstance(said, Declined), said
    return said


def written(house: House) -> list[str]:
    return [one.campaign_id for one in house.platform.ours()]


class Held:
    """A call that stays on its way until it is let go."""

    def __init__(self, real: Callable[..., Awaitable], *, which: int = 1) -> None:
        self.reached, self._go = asyncio.Event(), asyncio.Event()
        self._real = real
        self._which = which
        self._count = 0

    async def __call__(self, *args, **kwargs):
        self._count += 1
        if self._count == self._which:
            self.reached.set()
            await self._go.wait()
        return await self._real(*args, **kwargs)

    async def while_held(self, work: Awaitable, then: Callable[[], Awaitable]) -> None:
        """Start the work, do `then` when it has come here, and let it go on to its end."""
        running = asyncio.ensure_future(work)
        await self.reached.wait()
        await then()
        self._go.set()
        await running


async def test_a_freeze_between_two_changes_stops_the_plan_there(house: House):
    plan = await a_plan(house)
    # The second read of the first change is the one after it was written.
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    status = await house.status(plan)
    assert status.state is PlanState.EXECUTING
    assert status.note == "stopped by FREEZE-1 (wrong prices); 1 of 3 changes were applied before"
    assert written(house) == ["news"]
    assert (await house.actions(plan.id))[-1] == "plan.stopped"


async def test_a_call_that_is_on_its_way_ends_as_it_ends_and_the_plan_stops_after_it(house: House):
    plan = await a_plan(house)
    writing = house.channels["email"].apply = Held(house.channels["email"].apply)
    await writing.while_held(house.queue.run(), lambda: frozen(house))
    assert written(house) == ["news"]
    (first, *rest) = await house.executions(plan)
    assert first.state is ExecutionState.APPLIED
    assert [one.attempts for one in rest] == [0, 0]


async def test_a_freeze_while_a_retry_waits_lets_no_further_attempt_through(house: House):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", Failure.UNAVAILABLE)
    waiting = house.executor._pause = Held(house.executor._pause)
    await waiting.while_held(house.queue.run(), lambda: frozen(house))
    assert written(house) == ["news"]
    second = (await house.executions(plan))[1]
    assert (second.state, second.attempts) == (ExecutionState.INTENDED, 1)
    await thawed(house)
    assert written(house) == ["news", "brand", "video"]


async def test_a_freeze_during_a_time_out_that_was_not_applied_lets_no_retry_through(house: House):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", Failure.TIMED_OUT_BEFORE)
    asking = house.channels["paid_search"].find = Held(house.channels["paid_search"].find)
    await asking.while_held(house.queue.run(), lambda: frozen(house))
    assert written(house) == ["news"]
    await thawed(house)
    assert (await house.status(plan)).state is PlanState.DONE
    assert written(house) == ["news", "brand", "video"]


async def test_a_freeze_during_a_time_out_that_was_applied_records_it_and_stops_after_it(house: House):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", Failure.TIMED_OUT_AFTER)
    asking = house.channels["paid_search"].find = Held(house.channels["paid_search"].find)
    await asking.while_held(house.queue.run(), lambda: frozen(house))
    assert written(house) == ["news", "brand"]
    assert "2 of 3 changes were applied before" in (await house.status(plan)).note


@pytest.mark.parametrize("at", range(12))
async def test_wherever_a_freeze_falls_no_write_begins_after_it(house: House, at: int):
    """It falls before the n-th call of a channel; a write that is that call is on its way already."""
    plan = await a_plan(house)
    calls: list[str] = []

    def watched(name: str, real):
        async def call(*args, **kwargs):
            calls.append(name)
            if len(calls) == at + 1:
                await frozen(house)
            return await real(*args, **kwargs)

        return call

    for channel in house.channels.values():
        for name in ("preview", "read", "apply"):
            setattr(channel, name, watched(name, getattr(channel, name)))
    await house.queue.run()
    assert "apply" not in calls[at + 1 :]
    await thawed(house)
    assert (await house.status(plan)).state is PlanState.DONE
    assert written(house) == ["news", "brand", "video"]


async def test_an_approved_plan_does_not_begin_in_a_freeze_and_begins_when_it_is_thawed(house: House):
    await frozen(house)
    plan = await a_plan(house)
    await house.queue.run()
    status = await house.status(plan)
    assert (status.state, status.note) == (
        PlanState.APPROVED, "stopped by FREEZE-1 (wrong prices); nothing was changed yet",
    )  # fmt: skip
    said = await thawed(house)
    assert said.words == "Thawed: everything (FREEZE-1). 1 plan looked at again."
    assert (await house.status(plan)).state is PlanState.DONE


async def test_whoever_approves_in_a_freeze_is_told_what_it_waits_for(house: House):
    await frozen(house)
    said = await house.approve((await house.asked(**THREE)).plan, AARON)
    assert said.words == (
        "You approved PLAN-1. It is stopped by FREEZE-1 (wrong prices), and carried out once that is thawed."
    )


async def test_a_thaw_resumes_exactly_once_whoever_asks_besides(house: House):
    plan = await a_plan(house)
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    await house.freezer.thaw(None, AARON, via="test")
    again = declined(await house.freezer.thaw(None, AARON, via="test"))
    assert (again.cause, again.words) == (Cause.UNKNOWN, "Nothing is frozen.")
    await asyncio.gather(house.queue.run(), house.executor.execute(plan.id, 1), house.executor.execute(plan.id, 1))
    status = await house.status(plan)
    assert (status.state, status.note) == (PlanState.DONE, "")
    assert written(house) == ["news", "brand", "video"]
    actions = await house.actions(plan.id)
    assert [actions.count(name) for name in ("plan.stopped", "plan.resumed", "plan.done")] == [1, 1, 1]
    assert await house.verified()


async def test_what_is_asked_for_again_while_frozen_says_nothing_twice(house: House):
    plan = await a_plan(house)
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    before = await house.status(plan)
    assert await house.executor.execute(plan.id, 1) == before
    assert (await house.actions(plan.id)).count("plan.stopped") == 1


async def test_a_plan_that_two_freezes_stop_goes_on_after_both(house: House):
    await frozen(house)
    email = await frozen(house, FreezeScope.CHANNEL, "email")
    plan = await a_plan(house)
    await house.queue.run()
    said = await thawed(house, "FREEZE-1")
    assert "Still frozen: channel email" in said.words
    status = await house.status(plan)
    assert status.state is PlanState.APPROVED
    assert status.note.startswith("stopped by FREEZE-2")
    await thawed(house, email)
    assert (await house.status(plan)).state is PlanState.DONE


@pytest.mark.parametrize(
    ("scope", "value"), [(FreezeScope.CHANNEL, "PAID_SOCIAL"), (FreezeScope.AGENT, "request")]
)  # fmt: skip
async def test_a_freeze_stops_what_is_in_its_scope(house: House, scope: FreezeScope, value: str):
    await frozen(house, scope, value)
    plan = await a_plan(house)
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.APPROVED
    assert written(house) == []


@pytest.mark.parametrize(
    ("scope", "value"), [(FreezeScope.CHANNEL, "website"), (FreezeScope.AGENT, "budget_planner")]
)  # fmt: skip
async def test_a_freeze_of_something_else_stops_nothing(house: House, scope: FreezeScope, value: str):
    await frozen(house, scope, value)
    plan = await a_plan(house)
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE


def give_brands(house: House) -> None:
    for name, brand in {"news": "Aster", "brand": "Aster", "video": "Birch"}.items():
        state = house.platform.campaigns[name]
        house.platform.campaigns[name] = state.model_copy(update={"brand": brand})


async def test_a_frozen_brand_stops_its_campaigns_and_no_others(house: House):
    give_brands(house)
    await frozen(house, FreezeScope.BRAND, "birch")
    stopped, free = await a_plan(house, video=270), await a_plan(house, brand=440)
    await house.queue.run()
    assert (await house.status(stopped)).state is PlanState.APPROVED
    assert (await house.status(free)).state is PlanState.DONE
    assert written(house) == ["brand"]


async def test_while_nobody_knows_a_campaigns_brand_it_may_be_the_frozen_one(house: House):
    """It vanishes from its source between two changes, after a restart say."""
    give_brands(house)
    plan = await a_plan(house)
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    await frozen(house, FreezeScope.BRAND, "Birch")
    real = house.source.campaigns

    async def none():
        return ()

    house.source.campaigns = none
    await thawed(house, "FREEZE-1")
    assert (await house.status(plan)).note.startswith("stopped by FREEZE-2")
    house.source.campaigns = real
    await thawed(house, "FREEZE-2")
    assert (await house.status(plan)).state is PlanState.DONE


async def test_a_plan_whose_time_runs_out_while_it_is_frozen_ends_instead_of_going_on(house: House):
    plan = await a_plan(house)
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    house.clock.now = plan.expires_at
    await thawed(house)
    status = await house.status(plan)
    assert status.state is PlanState.FAILED
    assert status.note == (
        f"its time was up at {plan.expires_at:%d %b %H:%M} UTC. 1 of 3 changes were applied, the rest were not"
    )
    assert written(house) == ["news"]


async def test_a_plan_whose_time_runs_out_ends_even_while_it_is_frozen(house: House):
    plan = await a_plan(house)
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    house.clock.now = plan.expires_at
    assert (await house.executor.execute(plan.id, 1)).state is PlanState.FAILED


async def test_a_plan_that_had_not_begun_expires_in_the_freeze(house: House):
    await frozen(house)
    plan = await a_plan(house)
    await house.queue.run()
    house.clock.now = plan.expires_at
    await thawed(house)
    status = await house.status(plan)
    assert (status.state, written(house)) == (PlanState.EXPIRED, [])


async def test_an_approver_who_left_during_the_freeze_has_not_approved_the_rest(house: House):
    plan = await a_plan(house)
    reading_back = house.channels["email"].read = Held(house.channels["email"].read, which=2)
    await reading_back.while_held(house.queue.run(), lambda: frozen(house))
    await house.change(*(one for one in (OLIVIA, CARLA, ADA, VICTOR, AARON.model_copy(update={"active": False}))))
    await house.freezer.thaw(None, CARLA, via="test")
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.FAILED
    assert status.note.startswith("no longer allowed when it was to go on")
    assert status.note.endswith("1 of 3 changes were applied, the rest were not")
    assert written(house) == ["news"]


async def test_cards_of_plans_that_are_stopped_are_shown_again(house: House):
    plan = (await house.asked(**THREE)).plan
    before = (await house.status(plan)).version
    await frozen(house)
    between = (await house.status(plan)).version
    await thawed(house)
    assert before < between < (await house.status(plan)).version


async def test_who_freezes_hears_how_many_plans_may_be_stopped(house: House):
    said = await freeze(house)
    assert isinstance(said, Stopped)
    assert said.words == "Everything is frozen (FREEZE-1): nothing is written there until somebody thaws it."
    await thawed(house)
    await a_plan(house)
    await a_plan(house, hero=210)
    said = await freeze(house, FreezeScope.CHANNEL, "email")
    assert said.words.endswith("2 plans approved or being carried out may be stopped by it.")


async def test_both_are_in_the_trail_with_the_reason_kept_apart(house: House):
    await frozen(house, FreezeScope.CHANNEL, "email")
    await thawed(house)
    async with house.ledger.read() as tx:
        set_, lifted = await tx.audit.of("FREEZE-1")
    assert (set_.action, set_.actor, set_.facts["value"]) == ("freeze.set", "person:olivia", "email")
    assert "wrong prices" not in set_.body
    assert (lifted.action, lifted.actor) == ("freeze.lifted", "person:aaron")
    assert await house.freezer.in_force() == ()


@pytest.mark.parametrize("person", [OLIVIA, AARON, CARLA, ADA], ids=lambda one: one.id)
async def test_anybody_who_works_here_may_stop(house: House, person: Person):
    assert isinstance(await freeze(house, person=person), Stopped)


async def test_a_viewer_stops_nothing_and_an_operator_thaws_nothing(house: House):
    assert declined(await freeze(house, person=VICTOR)).cause is Cause.NOT_ALLOWED
    await frozen(house)
    for person in (OLIVIA, ADA, VICTOR):
        assert declined(await house.freezer.thaw(None, person, via="test")).cause is Cause.NOT_ALLOWED
    assert len(await house.freezer.in_force()) == 1


@pytest.mark.parametrize(
    ("scope", "value", "words"),
    [
        (FreezeScope.CHANNEL, "emial", "There is no channel 'emial' here; there is: email, paid_search, paid_social"),
        (FreezeScope.AGENT, "", "There is no agent '' here; there is: budget_planner, request"),
        (FreezeScope.BRAND, "Aster", "There is no brand 'Aster' here; there is: none."),
    ],
)  # fmt: skip
async def test_a_name_that_is_not_here_would_stop_nothing_and_is_refused(house: House, scope, value, words: str):
    said = declined(await freeze(house, scope, value))
    assert said.cause is Cause.UNKNOWN
    assert said.words.startswith(words)


async def test_a_brand_that_cannot_be_looked_up_is_not_believed_to_be_frozen(house: House):
    async def down():
        raise SourceUnavailable("it is down")

    house.source.campaigns = down
    said = declined(await freeze(house, FreezeScope.BRAND, "Aster"))
    assert "freeze a channel, or everything, instead" in said.words
    assert isinstance(await freeze(house), Stopped), "the way out works while it is down"


async def test_what_there_is_to_freeze_can_be_offered_and_no_brands_while_no_source_says_them(house: House):
    give_brands(house)
    names = {
        FreezeScope.CHANNEL: ("email", "paid_search", "paid_social", "website"),
        FreezeScope.AGENT: ("budget_planner", "request"),
        FreezeScope.BRAND: ("Aster", "Birch"),
    }
    assert await house.freezer.names() == names

    async def down():
        raise SourceUnavailable("it is down")

    house.source.campaigns = down
    assert await house.freezer.names() == names | {FreezeScope.BRAND: ()}


async def test_a_freeze_wants_a_reason_and_is_not_set_twice(house: House):
    assert declined(await freeze(house, reason=" ")).cause is Cause.INVALID
    await frozen(house)
    again = declined(await freeze(house))
    assert (again.cause, again.words) == (Cause.REPEATED, "Everything is frozen already (FREEZE-1): wrong prices")
    assert isinstance(await freeze(house, FreezeScope.CHANNEL, "email"), Stopped)


async def test_what_is_not_in_force_cannot_be_thawed(house: House):
    await frozen(house, FreezeScope.CHANNEL, "email")
    said = declined(await house.freezer.thaw("FREEZE-9", AARON, via="test"))
    assert said.words == "FREEZE-9 is not in force; in force: FREEZE-1 (channel email)."


async def test_rules_that_cannot_be_trusted_keep_nobody_from_stopping(house: House):
    class Broken:
        async def of(self, tx):
            raise RulesUntrusted("a signature does not hold")

    house.freezer._rulebook = Broken()
    assert declined(await freeze(house, person=VICTOR)).words.startswith("the rules in force cannot be trusted")
    assert isinstance(await freeze(house), Stopped)


async def test_the_clock_of_a_freeze_is_the_teams(house: House):
    await frozen(house)
    house.clock.pass_(hours=2)
    said = await thawed(house)
    (one,) = said.freezes
    assert one.thawed_at is not None
    assert one.thawed_at - one.at == timedelta(hours=2)
