"""An approved plan reaches its channels once, whatever the channels do meanwhile, and the rows tell the truth of it."""

import asyncio
from pathlib import Path

import pytest

from agents.lifecycle.conclude import Ending, conclude
from agents.lifecycle.execute import ATTEMPTS
from storage.records.executions import ExecutionState, FieldState
from storage.records.people import Role
from storage.records.plans import Plan, PlanState
from tests.builders import AARON, CARLA, PEOPLE, pounds
from tests.fakes.channels import Failure
from tests.unit.agents.lifecycle.house import House, reopen

THREE = {"news": 110, "brand": 440, "video": 270}
DOWN, BEFORE, AFTER = Failure.UNAVAILABLE, Failure.TIMED_OUT_BEFORE, Failure.TIMED_OUT_AFTER


async def a_plan(house: House) -> Plan:
    return (await house.asked(**THREE)).plan


async def test_every_change_is_written_once_under_its_key_and_read_back(house: House):
    plan = await a_plan(house)
    status = await house.approved(plan, AARON)
    assert (status.state, status.note) == (PlanState.DONE, "")
    assert [one.key for one in house.platform.ours()] == [f"{plan.id}.r1.c{n}" for n in (1, 2, 3)]
    assert house.budgets() == {"news": 110, "brand": 440, "video": 270, "hero": 200}
    for item in await house.executions(plan):
        assert item.state is ExecutionState.APPLIED
        assert item.before_image is not None
        assert item.before_image.value == item.change.before
        assert item.receipt is not None
        assert item.read_back is not None
        assert (item.read_back.value, item.read_back.version) == (item.change.after, item.receipt.version)
        assert (item.error, item.attempts) == ("", 1)


async def test_the_trail_tells_every_step_in_order(house: House):
    plan = await a_plan(house)
    await house.approved(plan, AARON)
    steps = ["change.intended", "change.applied"] * 3
    assert (await house.actions(plan.id))[3:] == ["plan.executing", *steps, "plan.done"]
    assert await house.verified()


async def test_executing_again_changes_nothing(house: House):
    plan = await a_plan(house)
    done = await house.approved(plan, AARON)
    assert await house.executor.execute(plan.id, 1) == done
    assert len(house.platform.ours()) == 3


async def test_executing_twice_at_once_writes_once(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    await asyncio.gather(house.executor.execute(plan.id, 1), house.executor.execute(plan.id, 1))
    assert (await house.status(plan)).state is PlanState.DONE
    assert len(house.platform.ours()) == 3


async def test_a_plan_that_nobody_approved_is_not_executed(house: House):
    plan = await a_plan(house)
    assert (await house.executor.execute(plan.id, 1)).state is PlanState.WAITING
    assert house.platform.ours() == []


async def test_a_revision_that_is_not_the_current_one_is_not_executed(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    assert (await house.executor.execute(plan.id, 2)).state is PlanState.APPROVED
    assert house.platform.ours() == []


@pytest.mark.parametrize("call", ["preview", "read", "apply"])
async def test_a_channel_that_is_down_for_a_while_is_waited_for(house: House, call: str):
    plan = await a_plan(house)
    house.channels["paid_search"].fail(call, *[DOWN] * (ATTEMPTS - 1))
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    assert len(house.platform.ours()) == 3
    assert house.pauses == [0.5, 1.0, 2.0, 4.0]


async def test_a_channel_that_stays_down_fails_the_plan_with_nothing_begun(house: House):
    plan = await a_plan(house)
    house.channels["paid_social"].fail("preview", *[DOWN] * ATTEMPTS)
    status = await house.approved(plan, AARON)
    assert status.state is PlanState.FAILED
    assert status.note == "paid_social answered 503. Nothing was changed"
    assert house.platform.ours() == []


async def test_a_channel_that_goes_down_half_way_fails_the_plan_and_says_how_far_it_came(house: House):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", *[DOWN] * ATTEMPTS)
    status = await house.approved(plan, AARON)
    assert status.state is PlanState.FAILED
    assert status.note == "paid_search answered 503. 1 of 3 changes were applied, the rest were not"
    states = [item.state for item in await house.executions(plan)]
    assert states == [ExecutionState.APPLIED, ExecutionState.FAILED, ExecutionState.FAILED]
    assert house.budgets() == {"news": 110, "brand": 400, "video": 300, "hero": 200}


@pytest.mark.parametrize("timeouts", [[AFTER], [BEFORE], [BEFORE, AFTER], [BEFORE, DOWN, BEFORE, AFTER]])
async def test_a_time_out_ends_in_one_change_known_to_be_applied(house: House, timeouts: list[Failure]):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", *timeouts)
    status = await house.approved(plan, AARON)
    assert (status.state, status.note) == (PlanState.DONE, "")
    assert [one.campaign_id for one in house.platform.ours()] == ["news", "brand", "video"]
    assert all(item.receipt for item in await house.executions(plan))


async def test_a_time_out_that_can_be_asked_about_late_is_settled(house: House):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", AFTER)
    house.channels["paid_search"].fail("find", DOWN, BEFORE, DOWN)
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    assert len(house.platform.ours()) == 3


async def test_time_outs_that_never_applied_are_no_change_and_said_to_be_none(house: House):
    plan = await a_plan(house)
    house.channels["email"].fail("apply", *[BEFORE] * ATTEMPTS)
    status = await house.approved(plan, AARON)
    assert status.state is PlanState.FAILED
    assert status.note.endswith("Nothing was changed")
    assert house.platform.ours() == []


async def test_a_change_whose_fate_is_unknown_is_never_called_unchanged(house: House):
    plan = await a_plan(house)
    house.channels["paid_search"].fail("apply", AFTER)
    house.channels["paid_search"].fail("find", *[DOWN] * ATTEMPTS)
    status = await house.approved(plan, AARON)
    assert status.state is PlanState.FAILED
    assert status.note.startswith("it is not known whether Brand was changed, please look there")
    assert status.note.endswith("Of the other changes, 1 of 2 were applied")
    assert "not known" in (await house.executions(plan))[1].error


async def test_a_change_that_cannot_be_read_back_is_still_known_to_be_applied(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    # The first read takes the before-image; all later ones fail.
    house.channels["paid_search"].read = _fails_after_first(house, house.channels["paid_search"].read)
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    item = (await house.executions(plan))[1]
    assert item.state is ExecutionState.APPLIED
    assert item.receipt is not None
    assert item.read_back is None
    assert "could not be read back" in item.error


def _fails_after_first(house: House, read):
    calls = []

    async def sometimes(resource, field):
        calls.append(resource)
        if len(calls) > 1:
            house.channels["paid_search"].fail("read", DOWN)
        return await read(resource, field)

    return sometimes


async def test_a_later_edit_on_the_platform_stops_the_plan_before_its_first_write(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    house.platform.pause("video")
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.FAILED
    assert "expected version v1, found v2" in status.note
    assert house.platform.ours() == []


async def test_a_channel_that_only_shows_a_later_version_is_believed_before_the_first_write(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)

    async def preview(change):
        return FieldState(value=change.before, version="v9"), change.after

    house.channels["paid_social"].preview = preview
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.FAILED
    assert "expected version v1, found v9" in status.note
    assert house.platform.ours() == []


async def test_what_is_concluded_is_concluded_once(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    executing = []
    real = house.channels["email"].apply

    async def watched(change, *, key, expected_version):
        executing.append(await house.status(plan))
        return await real(change, key=key, expected_version=expected_version)

    house.channels["email"].apply = watched
    await house.queue.run()
    async with house.ledger.write() as tx:
        again = await conclude(tx, executing[0], Ending(problem="late"), now=house.clock(), today=house.platform.day)
    assert (again.state, again.note) == (PlanState.DONE, "")
    assert (await house.actions(plan.id))[-1] == "plan.done"


async def test_another_budget_on_the_platform_refuses_the_plan_when_it_is_to_run(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    house.platform.by_hand("video", pounds(310))
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.REFUSED
    assert status.note.startswith("no longer allowed when it was to run")
    assert "£310.00" in status.note
    assert house.platform.ours() == []
    assert (await house.actions(plan.id))[-1] == "plan.refused"


async def test_a_conflict_half_way_stops_there(house: House):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    real = house.channels["email"].apply

    async def and_somebody_edits(change, *, key, expected_version):
        house.platform.by_hand("brand", pounds(450))
        return await real(change, key=key, expected_version=expected_version)

    house.channels["email"].apply = and_somebody_edits
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.FAILED
    assert "1 of 3 changes were applied" in status.note
    assert house.budgets() == {"news": 110, "brand": 450, "video": 300, "hero": 200}


@pytest.mark.parametrize("changed", [{"active": False}, {"roles": frozenset({Role.VIEWER})}])
async def test_an_approval_by_someone_who_lost_the_right_since_does_not_run_but_waits_for_another(
    house: House, changed
):
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    await house.change(*(PEOPLE | {AARON.id: AARON.model_copy(update=changed)}).values())
    await house.queue.run()
    status = await house.status(plan)
    assert status.state is PlanState.WAITING
    assert status.note.startswith("the approvals no longer held when it was to run: ")
    assert house.platform.ours() == []
    assert (await house.actions(plan.id))[-1] == "plan.waiting"
    assert (await house.approved(plan, CARLA)).state is PlanState.DONE


async def test_plans_that_pass_the_cap_only_one_by_one_do_not_pass_it_together(house: House):
    """The cap is £1,200 a day; the campaigns stand at £1,000."""
    one = (await house.asked(brand=520)).plan
    two = (await house.asked(video=410)).plan
    for plan in (one, two):
        await house.approve(plan, AARON)
        await house.approve(plan, CARLA)
    await asyncio.gather(house.executor.execute(one.id, 1), house.executor.execute(two.id, 1))
    states = {(await house.status(plan)).state for plan in (one, two)}
    assert states == {PlanState.DONE, PlanState.REFUSED}
    assert sum(house.budgets().values()) <= 1200


async def test_a_restart_between_the_call_and_its_record_finds_what_was_applied(house: House, tmp_path: Path):
    """The process dies after the channel has applied the change and before the row says so."""
    plan = await a_plan(house)
    await house.approve(plan, AARON)
    real = house.channels["paid_search"].apply

    async def then_die(change, *, key, expected_version):
        await real(change, key=key, expected_version=expected_version)
        raise asyncio.CancelledError

    house.channels["paid_search"].apply = then_die
    with pytest.raises(asyncio.CancelledError):
        await house.queue.run()
    house.channels["paid_search"].apply = real
    assert (await house.status(plan)).state is PlanState.EXECUTING

    again = await reopen(house, tmp_path)
    await again.queue.run()
    assert (await again.status(plan)).state is PlanState.DONE
    assert [one.campaign_id for one in house.platform.ours()] == ["news", "brand", "video"]
    recovered = (await again.executions(plan))[1]
    assert recovered.before_image is not None
    assert recovered.before_image.value == pounds(400)
