"""A person's word counts once, for exactly what they saw, and only while it may."""

import asyncio

import pytest

from agents.lifecycle.decide import Accepted, Cause, Declined, Seen
from storage.records.plans import PlanState
from tests.builders import AARON, ADA, CARLA, OLIVIA, VICTOR, a_person, pounds
from tests.unit.agents.lifecycle.house import House, seen

SMALL = {"brand": 440}
"""A step of 10 %: any approver will do."""
LARGE = {"brand": 560}
"""A step of 40 %: the CMO must be among the approvers."""


async def test_an_approval_is_recorded_audited_and_asks_for_execution_in_one_step(house: House):
    plan = (await house.asked(**SMALL)).plan
    said = await house.approve(plan, AARON)
    assert isinstance(said, Accepted)
    assert said.status.state is PlanState.APPROVED
    assert await house.actions(plan.id) == ["plan.proposed", "plan.waiting", "plan.approve"]
    assert any(work.startswith(f"execute:{plan.id}:1:") for work in await house.queue.waiting())
    assert house.platform.ours() == []


async def test_the_second_click_of_the_same_person_changes_nothing(house: House):
    plan = (await house.asked(**SMALL)).plan
    await house.approve(plan, AARON)
    before = await house.status(plan)
    again = await house.approve(plan, AARON)
    assert isinstance(again, Declined)
    assert again.cause is Cause.LATE
    assert "already approved by Aaron Blake on 03 Jun 10:30 BST" in again.words
    assert await house.status(plan) == before


async def test_two_approvers_at_once_make_one_approval_and_one_execution(house: House):
    plan = (await house.asked(**SMALL)).plan
    said = await asyncio.gather(*(house.approve(plan, person) for person in [AARON, CARLA] * 5))
    assert sum(isinstance(one, Accepted) for one in said) == 1
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    assert len(house.platform.ours()) == 1
    assert (await house.actions(plan.id)).count("plan.approve") == 1


async def test_approve_and_reject_at_once_have_one_winner(house: House):
    plan = (await house.asked(**SMALL)).plan
    yes, no = await asyncio.gather(
        house.approve(plan, AARON), house.decider.reject(seen(plan), CARLA, reason="too early", via="test")
    )
    assert [isinstance(yes, Accepted), isinstance(no, Accepted)].count(True) == 1
    await house.queue.run()
    state = (await house.status(plan)).state
    assert state is (PlanState.DONE if isinstance(yes, Accepted) else PlanState.REJECTED)
    assert len(house.platform.ours()) == (1 if state is PlanState.DONE else 0)


@pytest.mark.parametrize("person", [OLIVIA, VICTOR, ADA])
async def test_nobody_else_approves(house: House, person):
    plan = (await house.asked(**SMALL)).plan
    before = await house.status(plan)
    said = await house.approve(plan, person)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert said.words
    assert await house.status(plan) == before


async def test_whoever_asked_for_a_plan_does_not_approve_it(house: House):
    plan = (await house.asked(AARON, **SMALL)).plan
    said = await house.approve(plan, AARON)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert "someone else must approve" in said.words
    assert isinstance(await house.approve(plan, CARLA), Accepted)


async def test_someone_deactivated_since_does_not_approve(house: House):
    plan = (await house.asked(**SMALL)).plan
    said = await house.approve(plan, AARON.model_copy(update={"active": False}))
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED


@pytest.mark.parametrize("here", [(OLIVIA, CARLA), (OLIVIA, AARON.model_copy(update={"roles": VICTOR.roles}), CARLA)])
async def test_what_is_known_of_a_person_counts_and_not_what_the_caller_says(house: House, here):
    plan = (await house.asked(**SMALL)).plan
    await house.change(*here)
    for person in (AARON, a_person(id="stranger", roles=CARLA.roles)):
        said = await house.approve(plan, person)
        assert isinstance(said, Declined)
        assert said.cause is Cause.NOT_ALLOWED


@pytest.mark.parametrize("wrong", [{"digest": "0" * 64}, {"revision": 2}])
async def test_an_approval_of_anything_but_the_current_digest_is_stale(house: House, wrong):
    plan = (await house.asked(**SMALL)).plan
    said = await house.decider.approve(seen(plan).model_copy(update=wrong), AARON, via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.STALE
    assert (await house.status(plan)).state is PlanState.WAITING


async def test_an_approval_of_the_first_revision_never_runs_the_second(house: House):
    first = (await house.asked(**SMALL)).plan
    edited = await house.decider.edit(seen(first), CARLA, wanted={"c1": pounds(420)}, via="test")
    assert isinstance(edited, Accepted)
    second = edited.status.plan
    assert (second.revision, second.changes[0].after, second.requested_by) == (2, pounds(420), CARLA.id)
    assert second.digest != first.digest
    said = await house.approve(first, AARON)
    assert isinstance(said, Declined)
    assert said.cause is Cause.STALE
    await house.queue.run()
    assert house.platform.ours() == []
    assert (await house.approved(second, AARON)).state is PlanState.DONE
    assert house.budgets()["brand"] == 420


async def test_whoever_edits_a_revision_does_not_approve_it(house: House):
    first = (await house.asked(**SMALL)).plan
    edited = await house.decider.edit(seen(first), AARON, wanted={"c1": pounds(420)}, via="test")
    assert isinstance(edited, Accepted)
    said = await house.approve(edited.status.plan, AARON)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED


async def test_an_edit_that_is_too_large_is_refused_with_the_reason(house: House):
    first = (await house.asked(**SMALL)).plan
    edited = await house.decider.edit(seen(first), CARLA, wanted={"c1": pounds(900)}, via="test")
    assert isinstance(edited, Accepted)
    assert edited.status.state is PlanState.REFUSED
    assert "above the cap" in edited.status.note


async def test_an_edit_back_to_what_is_there_is_declined(house: House):
    first = (await house.asked(**SMALL)).plan
    edited = await house.decider.edit(seen(first), CARLA, wanted={"c1": pounds(400)}, via="test")
    assert isinstance(edited, Declined)
    assert edited.cause is Cause.INVALID
    assert (await house.status(first)).plan == first


async def test_an_edit_that_edits_nothing_is_declined_and_keeps_the_forecast(house: House):
    first = (await house.asked(**SMALL)).plan
    for wanted in ({"c1": pounds(440)}, {}, {"c9": pounds(500)}):
        edited = await house.decider.edit(seen(first), CARLA, wanted=wanted, via="test")
        assert isinstance(edited, Declined)
        assert edited.cause is Cause.INVALID
    assert (await house.status(first)).plan == first


async def test_an_unknown_plan_is_said_to_be_unknown(house: House):
    said = await house.decider.approve(Seen(plan_id="PLAN-99", revision=1, digest="x"), AARON, via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.UNKNOWN


async def test_a_click_after_the_expiry_expires_the_plan(house: House):
    plan = (await house.asked(**SMALL)).plan
    house.clock.now = plan.expires_at
    said = await house.approve(plan, AARON)
    assert isinstance(said, Declined)
    assert said.cause is Cause.EXPIRED
    assert (await house.status(plan)).state is PlanState.EXPIRED
    assert (await house.actions(plan.id))[-1] == "plan.expired"
    await house.queue.run()
    assert house.platform.ours() == []


async def test_a_click_just_before_the_expiry_counts(house: House):
    plan = (await house.asked(**SMALL)).plan
    house.clock.now = plan.expires_at
    house.clock.pass_(microseconds=-1)
    assert isinstance(await house.approve(plan, AARON), Accepted)


async def test_the_sweep_closes_what_nobody_decided_and_only_that(house: House):
    old = (await house.asked(**SMALL)).plan
    house.clock.pass_(hours=23)
    young = (await house.asked(news=105)).plan
    house.clock.pass_(hours=1)
    assert await house.decider.expire_overdue() == 1
    assert await house.decider.expire_overdue() == 0
    assert (await house.status(old)).state is PlanState.EXPIRED
    assert (await house.status(young)).state is PlanState.WAITING


async def test_a_late_click_is_told_what_happened(house: House):
    plan = (await house.asked(**SMALL)).plan
    await house.decider.reject(seen(plan), AARON, reason="not now", via="test")
    said = await house.approve(plan, CARLA)
    assert isinstance(said, Declined)
    assert said.cause is Cause.LATE
    assert "rejected by Aaron Blake" in said.words


@pytest.mark.parametrize("reason", ["", "  \n"])
async def test_a_rejection_needs_a_reason(house: House, reason: str):
    plan = (await house.asked(**SMALL)).plan
    said = await house.decider.reject(seen(plan), AARON, reason=reason, via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.INVALID
    assert (await house.status(plan)).state is PlanState.WAITING


async def test_a_rejection_ends_the_plan_and_is_kept_to_learn_from(house: House):
    plan = (await house.asked(**SMALL)).plan
    said = await house.decider.reject(seen(plan), AARON, reason=" season is over ", via="test")
    assert isinstance(said, Accepted)
    assert (said.status.state, said.status.note) == (PlanState.REJECTED, "season is over")
    await house.queue.run()
    assert house.platform.ours() == []
    async with house.ledger.read() as tx:
        ((plan_id, kind, facts),) = await tx.home.cases()
    assert (plan_id, kind, facts["reason"], facts["digest"]) == (plan.id, "rejected", "season is over", plan.digest)


async def test_a_gate_waits_for_the_role_it_asks_for(house: House):
    plan = (await house.asked(**LARGE)).plan
    first = await house.approve(plan, AARON)
    assert isinstance(first, Accepted)
    assert first.status.state is PlanState.WAITING
    assert "Still needed" in first.words
    repeated = await house.approve(plan, AARON)
    assert isinstance(repeated, Declined)
    assert repeated.cause is Cause.REPEATED
    await house.queue.run()
    assert house.platform.ours() == []
    assert (await house.approved(plan, CARLA)).state is PlanState.DONE
    assert house.budgets()["brand"] == 560


async def test_a_counted_approval_shows_on_the_card(house: House):
    plan = (await house.asked(**LARGE)).plan
    before = (await house.status(plan)).version
    await house.approve(plan, AARON)
    assert (await house.status(plan)).version > before


async def test_only_what_would_be_taken_opens_a_form(house: House):
    plan = (await house.asked(**SMALL)).plan
    assert isinstance(await house.decider.allowed(seen(plan), VICTOR, action="reject"), Declined)
    assert await house.decider.allowed(seen(plan), AARON, action="reject") == await house.status(plan)
    await house.approve(plan, AARON)
    late = await house.decider.allowed(seen(plan), CARLA, action="edit")
    assert isinstance(late, Declined)
    assert late.cause is Cause.LATE
