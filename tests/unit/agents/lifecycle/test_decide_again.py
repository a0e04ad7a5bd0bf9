"""Second thoughts: withdrawing, rejecting what was approved, rules that changed, time to cool off, broken glass."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from agents.governance.approvals import binding_of
from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.people.break_glass import Broken
from agents.sources.source import SourceUnavailable
from storage.records.people import Account, Role
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.records.stops import FreezeScope
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, PEOPLE, VICTOR, pounds
from tests.unit.agents.lifecycle.gated import a_gate, gated
from tests.unit.agents.lifecycle.house import House, seen

SMALL = {"brand": 440}
LARGE = {"brand": 560}
ANNA = AARON.model_copy(update={"id": "anna", "name": "Anna Berg", "slack_id": None})
TWO = gated(a_gate("two", approvers=2))
COOL = gated(a_gate("slowly", clocks='@cooling_off("30m")'))


async def binding(house: House, plan: Plan) -> str:
    async with house.ledger.read() as tx:
        verdict = await tx.approvals.verdict(plan.id, plan.revision)
    assert verdict is not None
    return binding_of(verdict)


class TestWithdrawing:
    async def test_a_plan_that_was_approved_waits_again_and_is_not_carried_out(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        said = await house.withdraw(plan, AARON)
        assert isinstance(said, Accepted)
        assert (said.status.state, said.status.note) == (PlanState.WAITING, "Aaron Blake withdrew their approval")
        assert said.words == "You withdrew your approval of PLAN-1. It waits again; nothing was changed."
        await house.queue.run()
        assert house.platform.ours() == []
        assert (await house.actions(plan.id))[-1] == "plan.withdraw"
        assert (await house.approved(plan, AARON)).state is PlanState.DONE
        assert len(house.platform.ours()) == 1

    async def test_one_of_several_approvals_shows_on_the_card(self, house: House):
        plan = (await house.asked(**LARGE)).plan
        await house.approve(plan, AARON)
        before = (await house.status(plan)).version
        assert isinstance(await house.withdraw(plan, AARON), Accepted)
        after = await house.status(plan)
        assert (after.state, after.version > before) == (PlanState.WAITING, True)
        said = await house.approve(plan, CARLA)
        assert isinstance(said, Accepted)

    async def test_where_enough_others_approved_it_goes_on(self, house: House):
        await house.adopt(TWO)
        await house.change(*PEOPLE.values(), ANNA)
        plan = (await house.asked(**SMALL)).plan
        for person in (AARON, ANNA):
            await house.approve(plan, person)
        await house.adopt(gated(a_gate("two", approvers=1)))
        await house.queue.run()
        await house.approve(plan, AARON)
        said = await house.withdraw(plan, ANNA)
        assert isinstance(said, Accepted)
        assert said.status.state is PlanState.APPROVED
        assert "Enough others have approved it" in said.words

    async def test_only_what_was_said_is_taken_back(self, house: House):
        plan = (await house.asked(**LARGE)).plan
        await house.approve(plan, AARON)
        for person in (CARLA, AARON, AARON):
            said = await house.withdraw(plan, person)
        assert isinstance(said, Declined)
        assert said.cause is Cause.INVALID
        assert "nothing to withdraw" in said.words

    async def test_once_it_is_carried_out_it_is_too_late(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        await house.approved(plan, AARON)
        said = await house.withdraw(plan, AARON)
        assert isinstance(said, Declined)
        assert said.cause is Cause.LATE
        assert "already approved by Aaron Blake" in said.words

    async def test_withdrawing_and_carrying_out_at_once_have_one_winner(self, house: House):
        for _ in range(6):
            budget = house.budgets()["brand"] + 1
            plan = (await house.asked(brand=budget)).plan
            await house.approve(plan, AARON)
            said, _ = await asyncio.gather(house.withdraw(plan, AARON), house.executor.execute(plan.id, 1))
            written = [one for one in house.platform.ours() if one.value == pounds(budget)]
            assert len(written) == (0 if isinstance(said, Accepted) else 1)
            await house.decider.reject(seen(plan), CARLA, reason="next", via="test")

    async def test_withdrawing_and_the_last_approval_at_once_never_count_for_both(self, house: House):
        await house.adopt(TWO)
        await house.change(*PEOPLE.values(), ANNA)
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        taken, given = await asyncio.gather(house.withdraw(plan, AARON), house.approve(plan, ANNA))
        assert isinstance(taken, Accepted)
        assert isinstance(given, Accepted)
        await house.queue.run()
        assert house.platform.ours() == []
        assert (await house.status(plan)).state is PlanState.WAITING

    async def test_after_the_expiry_it_closes_the_plan(self, house: House):
        plan = (await house.asked(**LARGE)).plan
        await house.approve(plan, AARON)
        house.clock.now = plan.expires_at
        said = await house.withdraw(plan, AARON)
        assert isinstance(said, Declined)
        assert (await house.status(plan)).state is PlanState.EXPIRED


class TestRejectingWhatWasApproved:
    async def test_it_ends_until_execution_begins(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        said = await house.decider.reject(seen(plan), CARLA, reason="stop", via="test")
        assert isinstance(said, Accepted)
        assert said.status.state is PlanState.REJECTED
        await house.queue.run()
        assert house.platform.ours() == []
        late = await house.approve(plan, AARON)
        assert isinstance(late, Declined)
        assert "already rejected by Carla Mendes" in late.words

    async def test_what_it_held_is_free_again(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        held = (await house.asked(CARLA, brand=410)).plan
        assert (await house.status(held)).state is PlanState.HELD
        await house.decider.reject(seen(plan), CARLA, reason="stop", via="test")
        await house.queue.run()
        assert (await house.status(held)).state is PlanState.WAITING


class TestRulesThatChanged:
    async def test_a_click_under_old_rules_asks_again_under_the_new(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        house.rulebook.rules = TWO
        said = await house.approve(plan, AARON)
        assert isinstance(said, Declined)
        assert said.cause is Cause.STALE
        assert "the rules have changed" in said.words
        assert [gate.policy for gate in (await house.router.dossier(plan.id)).verdict.gates] == ["two"]
        first = await house.approve(plan, AARON)
        assert isinstance(first, Accepted)
        assert "Still needed" in first.words
        assert (await house.approved(plan, CARLA)).state is PlanState.DONE

    async def test_every_waiting_plan_is_judged_again(self, house: House):
        waits, approved = (await house.asked(**SMALL)).plan, (await house.asked(news=105)).plan
        await house.approve(approved, AARON)
        await house.adopt(TWO)
        await house.queue.run()
        for plan in (waits, approved):
            status = await house.status(plan)
            assert status.state is PlanState.WAITING
            assert [gate.policy for gate in (await house.router.dossier(plan.id)).verdict.gates] == ["two"]
        assert house.platform.ours() == []

    async def test_what_was_said_before_counts_no_more_and_can_be_said_again(self, house: House):
        plan = (await house.asked(**LARGE)).plan
        await house.approve(plan, AARON)
        await house.adopt(TWO)
        await house.queue.run()
        said = await house.approve(plan, CARLA)
        assert isinstance(said, Accepted)
        assert "Still needed" in said.words
        assert (await house.approved(plan, AARON)).state is PlanState.DONE

    async def test_a_card_with_other_gates_is_stale(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        shown = seen(plan).model_copy(update={"binding": await binding(house, plan)})
        await house.adopt(TWO)
        await house.queue.run()
        said = await house.decider.approve(shown, AARON, via="test")
        assert isinstance(said, Declined)
        assert said.cause is Cause.STALE
        fresh = shown.model_copy(update={"binding": await binding(house, plan)})
        assert isinstance(await house.decider.approve(fresh, AARON, via="test"), Accepted)

    async def test_a_gate_that_only_the_last_look_brings_asks_again(self, house: House):
        """While it waited, somebody raised another campaign by hand, and a rule about the total asks for the CMO."""
        high = a_gate("high-total", "cmo", when="when { context.total_after > 105000 }")
        await house.adopt(gated(a_gate("any-change"), high))
        plan = (await house.asked(**SMALL)).plan
        house.platform.by_hand("news", pounds(150))
        said = await house.approve(plan, AARON)
        assert isinstance(said, Accepted)
        assert said.status.state is PlanState.WAITING
        assert "the rules ask for more than was shown" in said.words
        assert "high-total asks" in said.words
        assert (await house.actions(plan.id))[-1] == "plan.asked_again"
        assert [one.gate.policy for one in (await house.router.dossier(plan.id)).progress] == [
            "any-change",
            "high-total",
        ]
        first = await house.approve(plan, AARON)
        assert isinstance(first, Accepted)
        assert (await house.approved(plan, CARLA)).state is PlanState.DONE

    async def test_what_the_rules_refuse_by_then_ends(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        house.platform.by_hand("brand", pounds(300))
        said = await house.approve(plan, AARON)
        assert isinstance(said, Accepted)
        assert said.status.state is PlanState.REFUSED
        assert "no longer allowed when it was approved" in said.words
        assert (await house.actions(plan.id))[-2:] == ["plan.approve", "plan.refused"]


class TestApprovalsThatCountAgain:
    async def test_none_carries_a_plan_on_by_itself_but_one_more_click_does(self, house: House):
        """Aaron's approval lapsed with his account; when he is back it counts again, and he is asked."""
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        await house.change(OLIVIA, CARLA)
        await house.queue.run()
        assert (await house.status(plan)).state is PlanState.WAITING
        await house.change(*PEOPLE.values())
        await house.queue.run()
        await house.reminder.chase()
        assert house.platform.ours() == []
        assert [one.id for one in (await house.router.dossier(plan.id)).approvers] == ["aaron"]
        assert [one.person_id for one in await house.nudges(plan)] == ["aaron"]
        assert (await house.approved(plan, AARON)).state is PlanState.DONE

    async def test_rules_taken_back_make_old_approvals_count_again(self, house: House):
        first = house.rules
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        for rules in (TWO, first):
            await house.adopt(rules)
            await house.queue.run()
        assert (await house.status(plan)).state is PlanState.WAITING
        assert house.platform.ours() == []
        assert (await house.approved(plan, AARON)).state is PlanState.DONE


class TestTheLastLook:
    async def test_two_plans_do_not_pass_a_cap_together(self, house: House):
        """Each alone ends at £1,190 a day, below the cap of £1,200; together they would be at £1,380."""
        await house.adopt(gated(a_gate()))
        first, second = (await house.asked(brand=590)).plan, (await house.asked(video=440)).plan
        assert isinstance(await house.approve(first, AARON), Accepted)
        said = await house.approve(second, AARON)
        assert isinstance(said, Accepted)
        assert said.status.state is PlanState.REFUSED
        await house.queue.run()
        assert sum(house.budgets().values()) <= 1200

    async def test_while_a_source_is_silent_the_last_approval_is_not_taken(self, house: House):
        plan = (await house.asked(**LARGE)).plan
        real = house.source.campaigns

        async def silent():
            raise SourceUnavailable("503")

        house.source.campaigns = silent
        first = await house.approve(plan, AARON)
        assert isinstance(first, Accepted)
        last = await house.approve(plan, CARLA)
        assert isinstance(last, Declined)
        assert last.cause is Cause.UNREACHABLE
        assert (await house.status(plan)).state is PlanState.WAITING
        house.source.campaigns = real
        assert (await house.approved(plan, CARLA)).state is PlanState.DONE


class TestCoolingOff:
    async def test_it_starts_when_the_time_is_over_and_can_be_withdrawn_until_then(self, house: House):
        await house.adopt(COOL)
        plan = (await house.asked(**SMALL)).plan
        said = await house.approve(plan, AARON)
        assert isinstance(said, Accepted)
        assert "carried out at 03 Jun 11:00 BST, unless somebody withdraws until then" in said.words
        dossier = await house.router.dossier(plan.id)
        assert dossier.starts_at == NOW + timedelta(minutes=30)
        house.clock.pass_(minutes=30, seconds=-1)
        assert await house.executor.start_due() == 0
        await house.queue.run()
        assert house.platform.ours() == []
        assert isinstance(await house.withdraw(plan, AARON), Accepted)
        assert (await house.router.dossier(plan.id)).starts_at is None
        await house.approve(plan, AARON)
        house.clock.pass_(minutes=30)
        assert await house.executor.start_due() == 1
        await house.queue.run()
        assert (await house.status(plan)).state is PlanState.DONE

    async def test_an_approved_plan_whose_time_is_up_expires(self, house: House):
        await house.adopt(COOL)
        plan = (await house.asked(**SMALL)).plan
        house.clock.now = plan.expires_at - timedelta(minutes=10)
        await house.approve(plan, AARON)
        house.clock.now = plan.expires_at
        assert await house.decider.expire_overdue() == 1
        status = await house.status(plan)
        assert status.state is PlanState.EXPIRED
        assert status.note == "its time was up before it could be carried out; nothing was changed"


class TestBrokenGlass:
    async def test_one_person_alone_also_for_their_own_plan(self, house: House):
        await house.adopt(TWO)
        plan = (await house.asked(CARLA, **LARGE)).plan
        before = await house.approve(plan, CARLA)
        assert isinstance(before, Declined)
        assert before.cause is Cause.NOT_ALLOWED
        broken = await house.emergency.break_glass(CARLA, reason="the site is down", via="test")
        assert isinstance(broken, Broken)
        assert (await house.approved(plan, CARLA)).state is PlanState.DONE
        async with house.ledger.read() as tx:
            (said,) = await tx.approvals.decisions(plan.id, 1)
        assert said.glass == broken.glass.id

    async def test_it_is_over_after_an_hour(self, house: House):
        await house.adopt(TWO)
        plan = (await house.asked(**LARGE)).plan
        await house.emergency.break_glass(CARLA, reason="the site is down", via="test")
        house.clock.pass_(hours=1)
        said = await house.approve(plan, CARLA)
        assert isinstance(said, Accepted)
        assert "Still needed" in said.words

    async def test_approving_again_under_it_is_no_repetition_but_twice_is(self, house: House):
        await house.adopt(gated(a_gate("three", approvers=3)))
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, CARLA)
        repeated = await house.approve(plan, CARLA)
        assert isinstance(repeated, Declined)
        assert repeated.cause is Cause.REPEATED
        await house.emergency.break_glass(CARLA, reason="the site is down", via="test")
        house.source.campaigns, real = _silent, house.source.campaigns
        assert isinstance(await house.approve(plan, CARLA), Declined)
        house.source.campaigns = real
        said = await house.approve(plan, CARLA)
        assert isinstance(said, Accepted)
        assert said.status.state is PlanState.APPROVED

    async def test_whoever_is_deactivated_within_the_hour_writes_nothing_any_more(self, house: House):
        await house.adopt(TWO)
        plan = (await house.asked(**LARGE)).plan
        await house.emergency.break_glass(CARLA, reason="the site is down", via="test")
        await house.approve(plan, CARLA)
        await house.change(OLIVIA, AARON, ADA)
        await house.queue.run()
        assert house.platform.ours() == []
        assert (await house.status(plan)).state is PlanState.WAITING


async def _silent():
    raise SourceUnavailable("503")


class TestAccounts:
    @pytest.mark.parametrize("lost", [{"deleted": True}, {"guest": True}, {"bot": True}])
    async def test_whoever_loses_the_account_loses_their_approvals_at_once(self, house: House, lost):
        plan = (await house.asked(**SMALL)).plan
        await house.approve(plan, AARON)
        async with house.ledger.write() as tx:
            await tx.people.keep_account(Account(slack_id="U00AARON", team_id="T1", seen_at=NOW, **lost))
        await house.queue.run()
        assert house.platform.ours() == []
        assert (await house.status(plan)).state is PlanState.WAITING
        said = await house.approve(plan, AARON)
        assert isinstance(said, Declined)
        assert said.cause is Cause.NOT_ALLOWED

    async def test_a_role_gained_lets_one_say_more(self, house: House):
        plan = (await house.asked(**LARGE)).plan
        await house.approve(plan, AARON)
        await house.change(OLIVIA, AARON.model_copy(update={"roles": frozenset({Role.CMO})}))
        assert (await house.approved(plan, AARON)).state is PlanState.DONE


class TestOwners:
    async def test_whoever_answers_for_the_agent_does_not_approve_what_it_proposes(self, house: House):
        await house.change(OLIVIA, AARON.model_copy(update={"owns": frozenset({"budget_planner"})}), CARLA)
        status = await house.proposer.file(house.proposal(brand=440))
        said = await house.approve(status.plan, AARON)
        assert isinstance(said, Declined)
        assert said.cause is Cause.NOT_ALLOWED
        assert [one.id for one in (await house.router.dossier(status.plan.id)).approvers] == ["carla"]


class TestTheInbox:
    async def test_it_holds_what_this_person_may_approve_the_one_that_expires_first_first(self, house: House):
        older = (await house.asked(**LARGE)).plan
        house.clock.pass_(minutes=5)
        newer = (await house.asked(AARON, news=105)).plan
        assert [one.status.plan.id for one in await house.router.waiting_for(CARLA)] == [older.id, newer.id]
        assert [one.status.plan.id for one in await house.router.waiting_for(AARON)] == [older.id]
        assert await house.router.waiting_for(VICTOR) == ()

    async def test_it_names_the_freezes_that_stop_a_plan(self, house: House):
        plan = (await house.asked(**SMALL)).plan
        for scope, value in ((FreezeScope.CHANNEL, "email"), (FreezeScope.CHANNEL, "paid_search")):
            await house.freezer.freeze(scope, value, AARON, reason="launch", via="test")
        assert [one.value for one in (await house.router.dossier(plan.id)).freezes] == ["paid_search"]

    async def test_a_frozen_brand_is_looked_up_and_suspected_where_no_source_answers(self, house: House):
        for name, brand in (("brand", "north"), ("news", "south")):
            found = house.platform.campaigns[name]
            house.platform.campaigns[name] = found.model_copy(update={"brand": brand})
        plan, other = (await house.asked(**SMALL)).plan, (await house.asked(news=105)).plan
        await house.freezer.freeze(FreezeScope.BRAND, "north", AARON, reason="launch", via="test")
        assert len((await house.router.dossier(plan.id)).freezes) == 1
        assert (await house.router.dossier(other.id)).freezes == ()
        house.source.campaigns = _silent
        assert len((await house.router.dossier(other.id)).freezes) == 1


async def test_objections_say_what_the_rules_would(house: House):
    plan = (await house.asked(**SMALL)).plan
    assert await house.decider.objections(plan, {"c1": pounds(450)}, CARLA) == ()
    assert "reject the plan" in (await house.decider.objections(plan, {"c1": pounds(400)}, CARLA))[0]
    words = await house.decider.objections(plan, {"c1": pounds(900)}, CARLA)
    assert any("above the cap" in one for one in words)
    await house.approve(plan, AARON)
    assert await house.decider.objections(plan, {"c1": pounds(900)}, CARLA) == ()


async def test_no_plan_that_is_judged_can_be_approved_meanwhile(house: House):
    made = await house.proposer.request({"brand": Decimal(440)}, OLIVIA)
    assert isinstance(made, PlanStatus)
    async with house.ledger.write() as tx:
        await tx.plans.move(
            made.plan.id, revision=1, origins=(PlanState.WAITING,), to=PlanState.PROPOSED, now=NOW, note=""
        )
    said = await house.approve(made.plan, AARON)
    assert isinstance(said, Declined)
    assert "is just being judged" in said.words


async def test_a_click_that_comes_too_late_is_declined_whatever_it_says(house: House):
    plan = (await house.asked(**SMALL)).plan
    await house.approved(plan, AARON)
    for said in (
        await house.decider.reject(seen(plan), CARLA, reason="no", via="test"),
        await house.decider.edit(seen(plan), CARLA, wanted={"c1": pounds(450)}, via="test"),
    ):
        assert isinstance(said, Declined)
        assert said.cause is Cause.LATE
