"""Whether a plan may begin or go on is asked at that moment: by the clock, by the rules, by what others write."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.governance.loading import SHIPPED
from agents.governance.rules import Rules, load_rules
from agents.lifecycle.begin import Beginner, Begun
from agents.lifecycle.decide import Accepted
from agents.sources.source import SourceUnavailable
from storage.database import Database
from storage.records.executions import ExecutionState
from storage.records.plans import Plan, PlanState
from tests.builders import AARON, CARLA, PEOPLE, pounds
from tests.fakes.channels import Failure
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.house import House, a_house, reopen

THREE = {"news": 110, "brand": 440, "video": 270}


async def a_plan(house: House) -> Plan:
    plan = (await house.asked(**THREE)).plan
    await house.approve(plan, AARON)
    return plan


def rules_with(folder: Path, house_rules: Rules, old: str, new: str) -> Rules:
    """The rules in force with one text of a policy changed."""
    shutil.copytree(SHIPPED, folder)
    changed = 0
    for path in folder.glob("*.cedar"):
        text = path.read_text(encoding="utf-8")
        changed += old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert changed == 1
    return load_rules(folder, limits=house_rules.limits, calendar=house_rules.calendar)


@pytest.fixture
async def slow(house: House, database: Database, tmp_path: Path, clock: HandClock) -> AsyncIterator[House]:
    """A house in which half an hour is left after the last approval to think better of it."""
    always = '@id("approval-always")'
    rules = rules_with(tmp_path / "rules", house.rules, always, f'{always}\n@cooling_off("30m")')
    async with a_house(database, tmp_path, clock, rules=rules) as opened:
        yield opened


async def test_a_cooling_off_is_waited_for_and_then_it_is_carried_out_once(slow: House):
    plan = (await slow.asked(**THREE)).plan
    said = await slow.approve(plan, AARON)
    assert isinstance(said, Accepted)
    assert "11:00 BST" in said.words
    assert (await slow.executor.execute(plan.id, 1)).state is PlanState.APPROVED
    slow.clock.pass_(minutes=29)
    assert await slow.executor.start_due() == 0
    slow.clock.pass_(minutes=1)
    assert await slow.executor.start_due() == 1
    assert await slow.executor.start_due() == 1, "asking twice is asking once"
    await slow.queue.run()
    assert (await slow.status(plan)).state is PlanState.DONE
    assert len(slow.platform.ours()) == 3
    assert await slow.executor.start_due() == 0


async def test_a_plan_taken_back_while_it_cools_off_is_never_carried_out(slow: House):
    plan = (await slow.asked(**THREE)).plan
    await slow.approve(plan, AARON)
    await slow.withdraw(plan, AARON)
    slow.clock.pass_(hours=1)
    assert await slow.executor.start_due() == 0
    assert (await slow.executor.execute(plan.id, 1)).state is PlanState.WAITING


async def test_what_is_approved_without_a_cooling_off_is_not_due_by_the_clock(house: House):
    await a_plan(house)
    house.clock.pass_(hours=1)
    assert await house.executor.start_due() == 0


async def test_an_approved_plan_that_comes_too_late_expires_and_is_not_begun(house: House):
    plan = await a_plan(house)
    house.clock.now = plan.expires_at
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.EXPIRED
    assert house.platform.ours() == []


async def test_no_change_is_written_after_the_plans_time(house: House):
    """It runs out between the first change and the second."""
    plan = await a_plan(house)
    real = house.channels["email"].apply

    async def slowly(change, *, key, expected_version):
        receipt = await real(change, key=key, expected_version=expected_version)
        house.clock.now = plan.expires_at
        return receipt

    house.channels["email"].apply = slowly
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.FAILED
    assert status.note.endswith("1 of 3 changes were applied, the rest were not")
    assert len(house.platform.ours()) == 1


async def test_other_rules_than_it_was_approved_under_ask_again(house: House, tmp_path: Path):
    plan = await a_plan(house)
    marked = "every change needs the approval of a person"
    house.rulebook.rules = rules_with(tmp_path / "rules", house.rules, marked, f"{marked}, always")
    await house.queue.run()
    status = await house.status(plan)
    assert (status.state, status.note) == (
        PlanState.WAITING, f"the approvals no longer held when it was to run: {marked}, always",
    )  # fmt: skip
    assert house.platform.ours() == []
    assert (await house.approved(plan, AARON)).state is PlanState.DONE


async def a_crash(house: House, plan: Plan, channel: str = "paid_search", *, applied: bool = True) -> None:
    """The process dies while the channel is called, after or before it has applied the change."""
    real = house.channels[channel].apply

    async def then_die(change, *, key, expected_version):
        if applied:
            await real(change, key=key, expected_version=expected_version)
        raise asyncio.CancelledError

    house.channels[channel].apply = then_die
    with pytest.raises(asyncio.CancelledError):
        await house.queue.run()
    house.channels[channel].apply = real
    assert (await house.status(plan)).state is PlanState.EXECUTING


@pytest.mark.parametrize("applied", [True, False])
async def test_after_a_crash_it_goes_on_where_it_was_judged_as_if_nothing_were_written(
    house: House, tmp_path: Path, applied: bool
):
    plan = await a_plan(house)
    await a_crash(house, plan, applied=applied)
    again = await reopen(house, tmp_path)
    await again.queue.run()
    status = await again.status(plan)
    assert (status.state, status.note) == (PlanState.DONE, "")
    assert [one.campaign_id for one in house.platform.ours()] == ["news", "brand", "video"]
    assert "plan.resumed" not in await again.actions(plan.id)


async def test_a_plan_of_which_all_is_written_ends_done_whatever_the_rules_say_then(house: House, tmp_path: Path):
    plan = await a_plan(house)
    await a_crash(house, plan, "paid_social")
    await house.change(*(PEOPLE | {AARON.id: AARON.model_copy(update={"active": False})}).values())
    house.clock.now = plan.expires_at
    again = await reopen(house, tmp_path)
    await again.queue.run()
    assert (await again.status(plan)).state is PlanState.DONE


async def test_a_plan_that_is_no_longer_right_after_a_crash_ends_there(house: House, tmp_path: Path):
    plan = await a_plan(house)
    await a_crash(house, plan)
    house.platform.by_hand("video", pounds(310))
    again = await reopen(house, tmp_path)
    await again.queue.run()
    status = await again.status(plan)
    assert status.state is PlanState.FAILED
    assert status.note.startswith("no longer allowed when it was to go on: ")
    assert status.note.endswith("2 of 3 changes were applied, the rest were not")
    assert [one.campaign_id for one in house.platform.ours()] == ["news", "brand"]


async def test_what_somebody_changed_since_we_wrote_it_is_judged_as_it_is(house: House, tmp_path: Path):
    plan = await a_plan(house)
    await a_crash(house, plan)
    house.platform.by_hand("news", pounds(120))
    again = await reopen(house, tmp_path)
    await again.queue.run()
    assert (await again.status(plan)).state is PlanState.FAILED


async def test_a_change_whose_fate_cannot_be_asked_after_a_crash_is_not_called_unchanged(house: House, tmp_path: Path):
    plan = await a_plan(house)
    await a_crash(house, plan)
    house.channels["paid_search"].fail("find", *[Failure.UNAVAILABLE] * 5)
    again = await reopen(house, tmp_path)
    await again.queue.run()
    status = await again.status(plan)
    assert status.state is PlanState.FAILED
    assert status.note.startswith("it is not known whether Brand was changed")
    states = [item.state for item in await again.executions(plan)]
    assert states == [ExecutionState.APPLIED, ExecutionState.FAILED, ExecutionState.FAILED]


async def test_a_source_that_does_not_answer_leaves_the_plan_to_be_tried_again(house: House):
    plan = await a_plan(house)
    real = house.source.campaigns

    async def down():
        raise SourceUnavailable("it is down")

    house.source.campaigns = down
    with pytest.raises(SourceUnavailable):
        await house.queue.run()
    assert (await house.status(plan)).state is PlanState.APPROVED
    house.source.campaigns = real
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE


async def test_a_plan_that_finished_while_the_sources_were_read_is_counted_as_it_is_now(house: House):
    """One plan is carried out between the other's look at the sources and its judgement: the cap is £1,200."""
    first, second = (await house.asked(brand=520)).plan, (await house.asked(video=370)).plan
    for plan in (first, second):
        await house.approve(plan, CARLA)
        await house.approve(plan, AARON)
    other = Beginner(house.ledger, reviewer=house.reviewer, clock=house.clock)
    real, looks = house.reviewer.world, []

    async def world(plan):
        found = await real(plan)
        looks.append(plan.id)
        if len(looks) == 1:
            await house.executor.execute(first.id, 1)
        return found

    house.reviewer.world = world
    await other.begin(await house.status(second))
    assert looks.count(second.id) == 2, "it looked again"


async def test_a_plan_that_was_rejected_while_the_sources_were_read_is_not_begun(house: House):
    plan = await a_plan(house)
    real = house.reviewer.world

    async def world(wanted):
        await house.withdraw(plan, AARON)
        return await real(wanted)

    house.reviewer.world = world
    await house.executor.execute(plan.id, 1)
    assert (await house.status(plan)).state is PlanState.WAITING
    assert house.platform.ours() == []


async def test_two_changes_of_one_thing_expect_each_others_version(house: House):
    """The second is written on top of the first, and still not on top of anybody else's."""
    plan = await a_plan(house)
    begun = await house.executor._beginner.begin(await house.status(plan))
    assert isinstance(begun, Begun)
    second = plan.changes[0].model_copy(update={"id": "c9", "before": pounds(110), "after": pounds(120)})
    async with house.ledger.write() as tx:
        first = (await tx.executions.of(plan.id, 1))[0]
        await tx.executions.add(9, first.model_copy(update={"key": f"{plan.id}.r1.c9", "change": second}))
    assert (await house.executor._carry_out(begun, fresh=True)).state is PlanState.DONE
    assert house.budgets()["news"] == 120
