"""Plans that touch the same campaign wait for each other; an agent's newer plan replaces its older one."""

import asyncio
from decimal import Decimal

import pytest

from agents.lifecycle.decide import Accepted
from agents.lifecycle.propose import NobodyToAsk
from agents.team.agent import KeepThePlan, NotEnoughData
from agents.team.brief import Brief
from agents.team.requests import Unplannable
from storage.database import Database
from storage.records.plans import PlanKind, PlanState
from storage.records.verdicts import Outcome
from tests.builders import AARON, CARLA, OLIVIA, pounds
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.house import House, a_house, seen


async def test_the_second_plan_on_a_campaign_is_held_and_says_why(house: House):
    first = (await house.asked(brand=440, news=105)).plan
    second = await house.asked(brand=420, video=310)
    assert (await house.status(first)).state is PlanState.WAITING
    assert second.state is PlanState.HELD
    assert second.note == f"{first.id} also changes Brand and goes first"


async def test_plans_on_different_campaigns_wait_side_by_side(house: House):
    await house.asked(brand=440)
    assert (await house.asked(video=310)).state is PlanState.WAITING


@pytest.mark.parametrize("ending", ["done", "rejected", "expired"])
async def test_the_held_plan_goes_on_when_the_first_one_ends(house: House, ending: str):
    first = (await house.asked(news=105, video=310)).plan
    house.clock.pass_(hours=1)
    second = (await house.asked(hero=210, news=95)).plan
    if ending == "done":
        await house.approve(first, AARON)
    elif ending == "rejected":
        await house.decider.reject(seen(first), AARON, reason="no", via="test")
    else:
        house.clock.now = first.expires_at
        await house.decider.expire_overdue()
    await house.queue.run()
    status = await house.status(second)
    if ending == "done":
        # The first one moved the budget that the second was made from.
        assert status.state is PlanState.REFUSED
        assert "plan again" in status.note
    else:
        assert status.state is PlanState.WAITING
        assert (await house.approved(second, AARON)).state is PlanState.DONE


async def test_three_in_a_row_each_get_their_turn(house: House):
    first, second, third = [(await house.asked(brand=amount)).plan for amount in (410, 420, 430)]
    for ended, following, last in ((first, second, third), (second, third, None)):
        await house.decider.reject(seen(ended), AARON, reason="no", via="test")
        await house.queue.run()
        assert (await house.status(following)).state is PlanState.WAITING
        if last is not None:
            held = await house.status(last)
            assert (held.state, held.note) == (PlanState.HELD, f"{following.id} also changes Brand and goes first")


async def test_only_one_of_many_plans_filed_at_once_gets_the_campaign(house: House):
    plans = await asyncio.gather(*(house.asked(brand=400 + amount) for amount in range(1, 9)))
    states = [(await house.status(one.plan)).state for one in plans]
    assert sorted(states) == [PlanState.HELD] * 7 + [PlanState.WAITING]


async def test_a_held_plan_is_not_approved_but_may_be_rejected(house: House):
    await house.asked(brand=440)
    held = (await house.asked(brand=420)).plan
    assert not isinstance(await house.approve(held, AARON), Accepted)
    assert isinstance(await house.decider.reject(seen(held), AARON, reason="no", via="test"), Accepted)


async def test_an_edit_that_lets_a_campaign_go_frees_the_plan_that_waits_for_it(house: House):
    first = (await house.asked(brand=440, news=105)).plan
    held = (await house.asked(news=95)).plan
    edited = await house.decider.edit(seen(first), CARLA, wanted={"c2": pounds(100)}, via="test")
    assert isinstance(edited, Accepted)
    assert edited.status.state is PlanState.WAITING
    await house.queue.run()
    assert (await house.status(held)).state is PlanState.WAITING


async def test_an_edit_keeps_its_place_before_the_plan_that_waits(house: House):
    first = (await house.asked(brand=440, news=105)).plan
    held = (await house.asked(brand=420)).plan
    edited = await house.decider.edit(seen(first), CARLA, wanted={"c1": pounds(430)}, via="test")
    assert isinstance(edited, Accepted)
    await house.queue.run()
    assert (await house.status(first)).state is PlanState.WAITING
    assert (await house.status(held)).state is PlanState.HELD
    await house.decider.reject(seen(edited.status.plan), AARON, reason="no", via="test")
    await house.queue.run()
    assert (await house.status(held)).state is PlanState.WAITING


async def test_a_held_plan_edited_out_of_the_conflict_goes_on(house: House):
    await house.asked(brand=440)
    held = (await house.asked(brand=420, news=105)).plan
    edited = await house.decider.edit(seen(held), CARLA, wanted={"c1": pounds(400)}, via="test")
    assert isinstance(edited, Accepted)
    assert edited.status.state is PlanState.WAITING


async def test_a_verdict_on_one_revision_is_never_filed_for_the_next(house: House):
    """While revision 1 is being judged again, somebody edits it into something that needs the CMO."""
    first = (await house.asked(brand=440)).plan
    held = (await house.asked(brand=420)).plan
    await house.decider.reject(seen(first), AARON, reason="no", via="test")
    real, edited = house.source.campaigns, []

    async def while_somebody_edits():
        if not edited:
            edited.append(held)
            await house.decider.edit(seen(held), CARLA, wanted={"c1": pounds(560)}, via="test")
        return await real()

    house.source.campaigns = while_somebody_edits
    await house.queue.run()
    status = await house.status(held)
    assert (status.plan.revision, status.state) == (2, PlanState.WAITING)
    async with house.ledger.read() as tx:
        verdict = await tx.approvals.verdict(held.id, 2)
    assert verdict is not None
    assert any("cmo" in gate.roles for gate in verdict.gates)


async def test_an_agents_newer_plan_replaces_its_open_one(house: House):
    old = await house.proposer.file(house.proposal(brand=440))
    new = await house.proposer.file(house.proposal(brand=430))
    assert new.state is PlanState.WAITING
    gone = await house.status(old.plan)
    assert (gone.state, new.plan.id in gone.note) == (PlanState.SUPERSEDED, True)
    assert (await house.actions(old.plan.id))[-1] == "plan.superseded"


async def test_the_same_plan_again_is_the_open_one(house: House):
    old = await house.proposer.file(house.proposal(brand=440))
    house.clock.pass_(hours=1)
    assert await house.proposer.file(house.proposal(brand=440)) == old


async def test_the_same_amounts_against_a_newer_version_are_a_new_plan(house: House):
    """The open one would fail at its first write."""
    old = await house.proposer.file(house.proposal(brand=440))
    house.platform.by_hand("brand", pounds(410))
    house.platform.by_hand("brand", pounds(400))
    new = await house.proposer.file(house.proposal(brand=440))
    assert new.plan.id != old.plan.id
    assert (await house.approved(new.plan, AARON)).state is PlanState.DONE


async def test_a_decided_plan_is_not_superseded(house: House):
    old = await house.proposer.file(house.proposal(brand=440))
    await house.approve(old.plan, AARON)
    new = await house.proposer.file(house.proposal(video=310))
    assert (await house.status(old.plan)).state is PlanState.APPROVED
    assert new.state is PlanState.WAITING


async def test_what_a_person_edited_or_asked_for_is_not_superseded_by_an_agent(house: House):
    asked = (await house.asked(news=105)).plan
    proposed = (await house.proposer.file(house.proposal(brand=440))).plan
    await house.decider.edit(seen(proposed), CARLA, wanted={"c1": pounds(430)}, via="test")
    await house.proposer.file(house.proposal(video=310))
    assert (await house.status(asked)).state is PlanState.WAITING
    assert (await house.status(proposed)).state is PlanState.WAITING


async def test_a_plan_out_of_bounds_is_refused_with_every_reason_and_frees_its_campaigns(house: House):
    refused = await house.asked(brand=900, news=500)
    assert refused.state is PlanState.REFUSED
    assert refused.note.count("above the cap") >= 2
    assert (await house.asked(brand=410)).state is PlanState.WAITING
    async with house.ledger.read() as tx:
        verdict = await tx.approvals.verdict(refused.plan.id, 1)
    assert verdict is not None
    assert verdict.outcome is Outcome.REFUSED


@pytest.mark.parametrize("wanted", [{"brand": 400}, {"nobody": 5}])
async def test_a_request_that_is_none_is_answered_with_the_reason(house: House, wanted: dict[str, int]):
    budgets = {name: Decimal(amount) for name, amount in wanted.items()}
    assert isinstance(await house.proposer.request(budgets, OLIVIA), Unplannable)


class Fixed:
    """An agent that gives one answer and keeps the brief it was given."""

    name, version, kinds = "fixed", "1", (PlanKind.BUDGET,)

    def __init__(self, answer):
        self.answer, self.briefs = answer, []

    def propose(self, brief: Brief):
        self.briefs.append(brief)
        return self.answer


async def test_an_agent_is_briefed_with_what_the_channels_show(database: Database, tmp_path, clock: HandClock):
    agent = Fixed(KeepThePlan(reason="no gain", agent="fixed", agent_version="1", data_day=clock().date()))
    async with a_house(database, tmp_path, clock, agents=(agent,)) as house:
        assert await house.proposer.propose("fixed") == agent.answer
        (brief,) = agent.briefs
        assert [one.id for one in brief.campaigns] == ["news", "brand", "video", "hero"]
        async with house.ledger.read() as tx:
            assert await tx.plans.recent() == ()


async def test_what_an_agent_proposes_is_filed(database: Database, tmp_path, clock: HandClock):
    agent = Fixed(None)
    async with a_house(database, tmp_path, clock, agents=(agent,)) as house:
        agent.answer = house.proposal(brand=440)
        status = await house.proposer.propose("fixed")
        assert (status.state, status.plan.agent) == (PlanState.WAITING, "budget_planner")


async def test_without_a_channel_there_is_not_enough_to_plan(database: Database, tmp_path, clock: HandClock):
    async with a_house(database, tmp_path, clock, agents=(Fixed(None),)) as house:
        house.platform.campaigns.clear()
        assert isinstance(await house.proposer.propose("fixed"), NotEnoughData)


async def test_an_agent_that_is_not_on_the_team_cannot_be_asked(house: House):
    with pytest.raises(NobodyToAsk, match="nobody_here"):
        await house.proposer.propose("nobody_here")
