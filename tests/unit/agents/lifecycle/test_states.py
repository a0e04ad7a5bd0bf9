"""A plan moves along the table and no other way; work that failed for good is asked for again."""

import pytest

from agents.lifecycle.effect import expired
from agents.lifecycle.states import FOLLOWS, STALLED_AFTER, ask_again, judge_anew, move, overdue, reconsider
from storage.records.plans import PlanState
from tests.builders import AARON, CARLA, OLIVIA
from tests.unit.agents.lifecycle.gated import a_gate, gated
from tests.unit.agents.lifecycle.house import House, seen

WRITING = {PlanState.EXECUTING}
BEFORE_WRITING = {PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING, PlanState.APPROVED}


def test_every_state_stands_in_the_table():
    assert set(FOLLOWS) == set(PlanState)


@pytest.mark.parametrize("state", PlanState)
def test_only_an_approved_plan_begins_to_write_and_nothing_comes_back_from_writing(state: PlanState):
    assert (PlanState.EXECUTING in FOLLOWS[state]) is (state is PlanState.APPROVED)
    if state not in BEFORE_WRITING:
        assert not FOLLOWS[state] & BEFORE_WRITING


@pytest.mark.parametrize("state", [PlanState.REJECTED, PlanState.REFUSED, PlanState.EXPIRED, PlanState.SUPERSEDED])
def test_what_ended_unwritten_stays_ended(state: PlanState):
    assert FOLLOWS[state] == frozenset()


async def test_a_plan_does_not_move_where_the_table_has_no_way(house: House):
    status = await house.asked(news=110)
    async with house.ledger.write() as tx:
        assert not await move(tx, status, PlanState.DONE, now=house.clock())
    assert await house.status(status.plan) == status


async def test_whoever_looked_too_early_moves_nothing(house: House):
    """The plan was rejected between looking and writing."""
    status = await house.asked(news=110)
    await house.decider.reject(seen(status.plan), AARON, reason="no", via="test")
    after = await house.status(status.plan)
    async with house.ledger.write() as tx:
        await judge_anew(tx, status, now=house.clock())
        await expired(tx, status, now=house.clock())
        await expired(tx, after, now=house.clock())
    assert await house.status(status.plan) == after
    assert (await house.actions(status.plan.id))[-1] == "plan.reject"


async def test_changed_rules_have_all_that_has_not_begun_judged_again(house: House):
    waits, approved = (await house.asked(news=110)).plan, (await house.asked(brand=440)).plan
    held, done = (await house.asked(CARLA, brand=430)).plan, (await house.asked(hero=210)).plan
    await house.approved(done, AARON)
    await house.approve(approved, AARON)
    async with house.ledger.write() as tx:
        assert await reconsider(tx, house.clock()) == 2
    states = {plan.id: (await house.status(plan)).state for plan in (waits, approved, held, done)}
    assert states == {
        waits.id: PlanState.PROPOSED, approved.id: PlanState.PROPOSED, held.id: PlanState.HELD, done.id: PlanState.DONE,
    }  # fmt: skip
    await house.queue.run()
    assert (await house.status(waits)).state is PlanState.WAITING


async def test_a_rollback_that_needs_nobody_goes_on_after_the_rules_changed(house: House):
    done = (await house.asked(OLIVIA, brand=440)).plan
    await house.approved(done, AARON)
    said = await house.rollback.request(done.id, AARON, via="test")
    plan = said.status.plan  # type: ignore[union-attr]
    assert said.status.state is PlanState.APPROVED  # type: ignore[union-attr]
    await house.adopt(gated(a_gate()))
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    assert house.budgets()["brand"] == 400


async def test_a_plan_is_late_from_its_last_moment_on_whether_decided_or_not(house: House):
    undecided, approved = (await house.asked(news=110)).plan, (await house.asked(brand=440)).plan
    await house.approve(approved, AARON)
    async with house.ledger.read() as tx:
        assert await overdue(tx, undecided.expires_at.replace(microsecond=0) - STALLED_AFTER) == ()
        late = await overdue(tx, max(undecided.expires_at, approved.expires_at))
    assert {one.plan.id for one in late} == {undecided.id, approved.id}


async def test_a_plan_that_moves_is_not_asked_for_again(house: House):
    plan = (await house.asked(news=110)).plan
    await house.approve(plan, AARON)
    assert await ask_again(house.ledger, now=house.clock()) == 0


async def test_a_stalled_plan_is_asked_for_once_an_hour_and_carried_out_once(house: House):
    plan = (await house.asked(news=110)).plan
    await house.approve(plan, AARON)
    before = len(await house.queue.waiting())
    house.clock.pass_(seconds=STALLED_AFTER.total_seconds())
    assert await ask_again(house.ledger, now=house.clock()) == 1
    house.clock.pass_(minutes=1)
    await ask_again(house.ledger, now=house.clock())
    assert len(await house.queue.waiting()) == before + 1
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    assert len(house.platform.ours()) == 1
    house.clock.pass_(hours=2)
    assert await ask_again(house.ledger, now=house.clock()) == 0


async def test_a_plan_that_was_never_judged_is_asked_for_again(house: House):
    plan = (await house.asked(news=110)).plan
    async with house.ledger.write() as tx:
        await judge_anew(tx, await house.status(plan), now=house.clock())
    house.clock.pass_(seconds=STALLED_AFTER.total_seconds())
    assert await ask_again(house.ledger, now=house.clock()) == 1
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.WAITING
