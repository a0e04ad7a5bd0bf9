"""A rollback restores what was there, leaves later edits alone unless told otherwise, and happens once."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.channels.channel import Reversibility
from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.rollback import ChannelSilent
from storage.records.executions import ExecutionState
from storage.records.people import Person
from storage.records.plans import Plan, PlanKind, PlanState
from tests.builders import AARON, ADA, CARLA, OLIVIA, VICTOR, a_finding, pounds
from tests.fakes.channels import GONE, Failure
from tests.unit.agents.lifecycle.house import House, seen

START = {"news": 100, "brand": 400, "video": 300, "hero": 200}
THREE = {"news": 110, "brand": 440, "video": 270}


async def a_done_plan(house: House, **budgets: int) -> Plan:
    plan = (await house.asked(**(budgets or THREE))).plan
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    return plan


async def ask(house: House, plan: Plan, person: Person = AARON, **other) -> Accepted | Declined:
    said = await house.rollback.request(plan.id, person, via="test", **other)
    await house.queue.run()
    return said


async def test_the_preview_says_what_is_restored_and_what_is_gone(house: House):
    plan = await a_done_plan(house)
    preview = await house.rollback.preview(plan.id)
    restored = {item.change.resource.id: (item.now.value, item.restores_to) for item in preview.items}
    assert restored == {
        "news": (pounds(110), pounds(100)),
        "brand": (pounds(440), pounds(400)),
        "video": (pounds(270), pounds(300)),
    }
    assert [item.conflict for item in preview.items] == ["", "", ""]
    assert GONE in preview.gone_for_good
    assert preview.nothing_to_do == ""
    assert house.budgets() == START | THREE, "a preview writes nothing"


async def test_taking_a_plan_back_restores_every_value_through_review_and_closes_the_plan(house: House):
    plan = await a_done_plan(house)
    said = await ask(house, plan)
    assert isinstance(said, Accepted)
    assert house.budgets() == START
    back = await house.status(said.status.plan)
    assert (back.plan.kind, back.plan.restores, back.state) == (PlanKind.ROLLBACK, plan.id, PlanState.DONE)
    original = await house.status(plan)
    assert (original.state, original.note) == (PlanState.ROLLED_BACK, f"taken back by {back.plan.id}")
    assert (await house.actions(back.plan.id))[:2] == ["plan.rollback_requested", "plan.approved"]
    assert (await house.actions(plan.id))[-1] == "plan.rolled_back"
    assert await house.verified()


async def test_a_second_rollback_does_nothing_and_says_so(house: House):
    plan = await a_done_plan(house)
    await ask(house, plan)
    writes = len(house.platform.ours())
    again = await ask(house, plan)
    assert isinstance(again, Declined)
    assert again.cause is Cause.REPEATED
    assert "already rolled back" in again.words
    assert len(house.platform.ours()) == writes
    assert "already rolled back" in (await house.rollback.preview(plan.id)).nothing_to_do


async def test_a_rollback_that_waits_is_not_asked_for_twice(house: House):
    plan = await a_done_plan(house)
    first = await ask(house, plan, OLIVIA)
    assert isinstance(first, Accepted)
    assert first.status.state is PlanState.WAITING, "an operator may ask, an approver must agree"
    second = await ask(house, plan, AARON)
    assert isinstance(second, Declined)
    assert f"{first.status.plan.id} is already taking {plan.id} back" in second.words
    assert (await house.approved(first.status.plan, AARON)).state is PlanState.DONE
    assert house.budgets() == START


async def test_of_two_people_who_take_a_plan_back_at_once_one_does(house: House):
    plan = await a_done_plan(house)
    real, previews = house.rollback.preview, []

    async def preview(plan_id: str):
        shown = await real(plan_id)
        previews.append(shown)
        if len(previews) == 1:  # the other one is faster from here on
            assert isinstance(await house.rollback.request(plan.id, CARLA, via="test"), Accepted)
        return shown

    house.rollback.preview = preview  # type: ignore[method-assign]
    said = await house.rollback.request(plan.id, AARON, via="test")
    assert isinstance(said, Declined)
    assert (said.cause, len(previews)) == (Cause.REPEATED, 2)
    await house.queue.run()
    assert house.budgets() == START


async def test_a_rollback_has_as_long_as_the_calendar_gives_a_decision(house: House):
    plan = await a_done_plan(house)
    said = await ask(house, plan, OLIVIA)
    assert isinstance(said, Accepted)
    calendar = house.rules.calendar
    made = said.status.plan
    assert made.expires_at == calendar.add(made.created_at, calendar.expire_after_minutes)


async def test_an_alert_that_suspects_the_plan_is_shown_again_when_it_is_taken_back(house: House):
    plan = await a_done_plan(house)
    async with house.ledger.write() as tx:
        mine = await tx.alerts.open(a_finding(suspect_plan=plan.id), now=house.clock())
        other = await tx.alerts.open(a_finding(key="drift/roas/email", suspect_plan=None), now=house.clock())
    await ask(house, plan)
    async with house.ledger.read() as tx:
        assert [one.version for one in await tx.alerts.unrecovered()] == [mine.version + 1, other.version]


async def test_a_channel_that_is_silent_about_what_was_left_alone_keeps_the_plan_open(house: House):
    plan = await a_done_plan(house)
    house.platform.by_hand("brand", pounds(500))
    back = await house.rollback.request(plan.id, AARON, via="test")
    assert isinstance(back, Accepted)
    house.channels["paid_search"].fail("read", *[Failure.UNAVAILABLE] * 5)
    await house.queue.run()
    assert (await house.status(back.status.plan)).state is PlanState.DONE
    assert (await house.status(plan)).state is PlanState.DONE
    assert (await house.actions(plan.id))[-1] == "plan.partly_rolled_back"


async def test_what_somebody_set_back_after_the_rollback_was_asked_for_counts_as_restored(house: House):
    plan = await a_done_plan(house)
    house.platform.by_hand("brand", pounds(500))
    await house.rollback.request(plan.id, AARON, via="test")
    house.platform.by_hand("brand", pounds(400))
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.ROLLED_BACK


async def test_what_a_channel_can_take_back_whole_is_not_gone(house: House):
    plan = await a_done_plan(house, news=110)
    whole = house.channels["email"].capabilities()[0].model_copy(update={"reversible": Reversibility.FULL})
    house.channels["email"].capabilities = lambda: (whole.model_copy(update={"field": "status"}), whole)  # type: ignore[method-assign]
    preview = await house.rollback.preview(plan.id)
    assert preview.gone_for_good == plan.irreversible


async def test_a_plan_that_is_closed_already_is_not_closed_again(house: House):
    plan = await a_done_plan(house)
    await house.rollback.request(plan.id, AARON, via="test")
    async with house.ledger.write() as tx:
        await tx.plans.move(
            plan.id, revision=1, origins=(PlanState.DONE,), to=PlanState.ROLLED_BACK, now=house.clock(), note="by hand"
        )
    await house.queue.run()
    assert house.budgets() == START
    assert (await house.status(plan)).note == "by hand"


async def test_after_a_rejected_rollback_another_may_be_asked_for(house: House):
    plan = await a_done_plan(house)
    first = await ask(house, plan, OLIVIA)
    assert isinstance(first, Accepted)
    await house.decider.reject(seen(first.status.plan), AARON, reason="let it run", via="test")
    assert isinstance(await ask(house, plan, CARLA), Accepted)
    assert house.budgets() == START


async def test_a_later_edit_by_hand_is_shown_and_left_alone(house: House):
    plan = await a_done_plan(house)
    house.platform.by_hand("brand", pounds(500))
    preview = await house.rollback.preview(plan.id)
    (conflict,) = [item.conflict for item in preview.items if item.conflict]
    assert "£440.00 → £500.00" in conflict
    said = await ask(house, plan)
    assert isinstance(said, Accepted)
    assert "Left alone because of later edits: Brand" in said.words
    assert house.budgets() == START | {"brand": 500}


async def test_a_later_edit_is_overwritten_when_someone_says_so(house: House):
    plan = await a_done_plan(house)
    house.platform.by_hand("brand", pounds(500))
    assert isinstance(await ask(house, plan, overwrite=frozenset({"c2"})), Accepted)
    assert house.budgets() == START


async def test_a_rollback_that_left_an_edit_alone_leaves_the_plan_open_until_the_rest_is_overwritten(house: House):
    plan = await a_done_plan(house)
    house.platform.by_hand("brand", pounds(500))
    await ask(house, plan)
    assert (await house.status(plan)).state is PlanState.DONE
    assert (await house.actions(plan.id))[-1] == "plan.partly_rolled_back"
    assert isinstance(await ask(house, plan, overwrite=frozenset({"c2"})), Accepted)
    assert house.budgets() == START
    assert (await house.status(plan)).state is PlanState.ROLLED_BACK


async def test_where_everything_was_edited_since_nothing_is_planned(house: House):
    plan = await a_done_plan(house, brand=440)
    house.platform.by_hand("brand", pounds(500))
    said = await ask(house, plan)
    assert isinstance(said, Declined)
    assert said.cause is Cause.INVALID
    assert "someone changed Brand since" in said.words
    assert house.budgets() == START | {"brand": 500}


async def test_an_edit_of_something_else_is_no_conflict(house: House):
    plan = await a_done_plan(house)
    house.platform.pause("brand")
    preview = await house.rollback.preview(plan.id)
    assert [item.conflict for item in preview.items] == ["", "", ""]
    await ask(house, plan)
    assert house.budgets() == START


async def test_an_edit_between_request_and_execution_is_not_overwritten(house: House):
    plan = await a_done_plan(house)
    said = await house.rollback.request(plan.id, AARON, via="test")
    assert isinstance(said, Accepted)
    house.platform.by_hand("news", pounds(111))
    await house.queue.run()
    assert (await house.status(said.status.plan)).state in (PlanState.REFUSED, PlanState.FAILED)
    assert house.budgets()["news"] == 111


async def test_what_holds_its_old_value_already_is_not_written_again(house: House):
    plan = await a_done_plan(house)
    house.platform.by_hand("brand", pounds(400))
    said = await ask(house, plan)
    assert isinstance(said, Accepted)
    assert {change.resource.id for change in said.status.plan.changes} == {"news", "video"}
    assert house.budgets() == START


async def test_where_all_is_as_before_there_is_nothing_to_do(house: House):
    plan = await a_done_plan(house, brand=440)
    house.platform.by_hand("brand", pounds(400))
    said = await ask(house, plan)
    assert isinstance(said, Declined)
    assert "already holds its value" in said.words


async def test_a_plan_that_never_ran_cannot_be_rolled_back(house: House):
    plan = (await house.asked(**THREE)).plan
    said = await ask(house, plan)
    assert isinstance(said, Declined)
    assert "only a plan that was carried out" in said.words


async def test_a_plan_that_failed_half_way_is_taken_back_as_far_as_it_came(house: House):
    plan = (await house.asked(**THREE)).plan
    house.channels["paid_search"].fail("apply", *[Failure.UNAVAILABLE] * 5)
    assert (await house.approved(plan, AARON)).state is PlanState.FAILED
    assert house.budgets() == START | {"news": 110}
    assert isinstance(await ask(house, plan), Accepted)
    assert house.budgets() == START
    assert (await house.status(plan)).state is PlanState.ROLLED_BACK


async def test_a_rollback_can_itself_be_taken_back(house: House):
    plan = await a_done_plan(house)
    back = await ask(house, plan)
    assert isinstance(back, Accepted)
    assert isinstance(await ask(house, back.status.plan), Accepted)
    assert house.budgets() == START | THREE


@pytest.mark.parametrize("person", [VICTOR, ADA])
async def test_only_people_who_work_with_plans_take_them_back(house: House, person: Person):
    plan = await a_done_plan(house)
    said = await ask(house, plan, person)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert house.budgets() == START | THREE


async def test_a_silent_channel_prepares_nothing(house: House):
    plan = await a_done_plan(house)
    house.channels["paid_search"].fail("read", Failure.UNAVAILABLE)
    with pytest.raises(ChannelSilent, match="nothing was prepared"):
        await house.rollback.preview(plan.id)


async def test_a_held_rollback_that_expired_meanwhile_is_not_carried_out_after_all(house: House):
    """It was allowed without an approval, so nothing but the expiry stands between it and the channel."""
    plan = await a_done_plan(house)
    other = (await house.asked(news=115)).plan
    back = await house.rollback.request(plan.id, AARON, via="test")
    assert isinstance(back, Accepted)
    assert back.status.state is PlanState.HELD
    house.clock.now = back.status.plan.expires_at
    house.clock.pass_(minutes=1)
    await house.approve(other, CARLA)  # expires it and so wakes the rollback
    await house.queue.run()
    assert house.budgets() == START | THREE
    await house.decider.expire_overdue()
    assert (await house.status(back.status.plan)).state is PlanState.EXPIRED


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.dictionaries(st.sampled_from(sorted(START)), st.integers(-24, 20), min_size=1).filter(
        lambda steps: any(steps.values())
    )
)
async def test_apply_and_roll_back_is_identity(house: House, wanted: dict[str, int]):
    """Any mix of raises and cuts within the caps (20 % in all, 25 % a campaign) leaves every budget as it was, once it is taken back."""
    before = house.budgets()
    assert before == START
    budgets = {name: START[name] * (100 + percent) // 100 for name, percent in wanted.items() if percent}
    plan = (await house.asked(**budgets)).plan
    assert (await house.approved(plan, CARLA)).state is PlanState.DONE
    assert house.budgets() == before | budgets
    assert all(item.state is ExecutionState.APPLIED for item in await house.executions(plan))
    assert isinstance(await ask(house, plan, CARLA), Accepted)
    assert house.budgets() == before
