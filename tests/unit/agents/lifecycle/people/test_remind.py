"""A waiting plan asks, reminds and climbs the ladder by itself; the last rung is that nothing happens."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents.governance.calendar import Calendar, sandbox_calendar
from agents.governance.ladder import rungs_of
from agents.lifecycle.decide import Accepted, Cause, Declined
from storage.database import Database
from storage.records.nudges import NudgeKind
from storage.records.people import Person, Role
from storage.records.plans import Plan, PlanState
from storage.records.verdicts import Gate
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, VICTOR
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.gated import a_gate, gated
from tests.unit.agents.lifecycle.house import House, a_house, seen

CMO = CARLA.model_copy(update={"roles": frozenset({Role.CMO})})
ANNA = AARON.model_copy(update={"id": "anna", "name": "Anna Berg", "slack_id": None})
TEAM = (OLIVIA, AARON, CMO, VICTOR, ADA)
OFFICE = sandbox_calendar().model_copy(update={"expire_after_minutes": 16 * 60, "remind_every_minutes": 4 * 60})
"""Monday to Friday, nine to five in London; two days to decide."""
ESCALATES = '@escalate_after("4h")'
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
async def house(database: Database, tmp_path: Path, clock: HandClock) -> AsyncIterator[House]:
    """Approvers are asked, after four business hours the CMO, after eight the admin."""
    rules = gated(a_gate(clocks=ESCALATES), calendar=OFFICE)
    async with a_house(database, tmp_path, clock, rules=rules) as opened:
        await opened.change(*TEAM)
        yield opened


async def chased(house: House, plan: Plan) -> list[tuple[str, str]]:
    """Whom a turn of the timetable asks, and how."""
    before = await house.nudges(plan)
    await house.reminder.chase()
    return [(one.person_id, one.kind.value) for one in (await house.nudges(plan))[len(before) :]]


async def story(
    house: House, plan: Plan, *, until: datetime, step: timedelta = HALF_HOUR
) -> list[tuple[str, str, str]]:
    """Every message and the expiry, as a timetable that turns every half hour brings them about."""
    told = []
    while house.clock() <= until:
        told += [(f"{house.clock():%a %H:%M}", *one) for one in await chased(house, plan)]
        if await house.decider.expire_overdue():
            told.append((f"{house.clock():%a %H:%M}", "", "expired"))
        house.clock.now += step
    return told


class TestTheLadder:
    async def test_every_rung_in_its_hour_and_then_nothing_was_written(self, house: House):
        """Tuesday 10:30 in London to Thursday 10:30, through two evenings."""
        plan = (await house.asked(news=110)).plan
        assert await story(house, plan, until=NOW + timedelta(days=3)) == [
            ("Tue 09:30", "aaron", "asked"),
            ("Tue 13:30", "carla", "escalation"),
            ("Tue 13:30", "aaron", "reminder"),
            ("Wed 09:30", "ada", "escalation"),
            ("Wed 09:30", "aaron", "reminder"),
            ("Wed 09:30", "carla", "reminder"),
            ("Wed 13:30", "aaron", "reminder"),
            ("Wed 13:30", "carla", "reminder"),
            ("Thu 09:30", "", "expired"),
        ]
        assert (await house.status(plan)).state is PlanState.EXPIRED
        await house.queue.run()
        assert house.platform.ours() == []
        told = await house.actions(plan.id)
        assert told == ["plan.proposed", "plan.waiting", "plan.escalated", "plan.escalated", "plan.expired"]

    async def test_each_rung_still_approves_what_it_may(self, house: House):
        plan = (await house.asked(news=110)).plan
        house.clock.pass_(hours=4)
        await house.reminder.chase()
        assert isinstance(await house.approve(plan, ADA), Declined)
        assert (await house.approved(plan, CMO)).state is PlanState.DONE
        assert await chased(house, plan) == []

    async def test_the_second_before_a_rung_nobody_is_asked(self, house: House):
        plan = (await house.asked(news=110)).plan
        await house.reminder.chase()
        house.clock.pass_(hours=4, seconds=-1)
        assert await chased(house, plan) == []
        house.clock.pass_(seconds=1)
        assert ("carla", "escalation") in await chased(house, plan)
        assert await chased(house, plan) == []

    async def test_the_card_says_when_the_next_rung_is_asked_and_that_one_was(self, house: House):
        plan = (await house.asked(news=110)).plan
        (before,) = (await house.router.dossier(plan.id)).progress
        assert (before.escalates_at, before.escalated) == (NOW + timedelta(hours=4), False)
        house.clock.pass_(hours=4)
        version = (await house.status(plan)).version
        await house.reminder.chase()
        dossier = await house.router.dossier(plan.id)
        assert (dossier.progress[0].escalates_at, dossier.progress[0].escalated) == (NOW + timedelta(days=1), True)
        assert dossier.status.version > version
        assert [one.person_id for one in dossier.nudges] == ["carla", "aaron"]
        await house.approve(plan, AARON)
        (after,) = (await house.router.dossier(plan.id)).progress
        assert (after.met, after.escalates_at) == (True, None)

    async def test_over_a_weekend_and_the_end_of_summer_time_the_clocks_stand_still(self, house: House):
        """Friday 24 October 16:00 in London, clocks go back on Sunday: an hour of Friday, then Monday from nine."""
        house.clock.now = datetime(2025, 10, 24, 15, 0, tzinfo=UTC)
        plan = (await house.asked(news=110)).plan
        assert plan.expires_at == datetime(2025, 10, 28, 16, 0, tzinfo=UTC)
        assert (await story(house, plan, until=plan.expires_at, step=2 * HALF_HOUR))[:3] == [
            ("Fri 15:00", "aaron", "asked"),
            ("Mon 12:00", "carla", "escalation"),
            ("Mon 12:00", "aaron", "reminder"),
        ]

    async def test_over_the_start_of_summer_time_too(self, house: House):
        """Friday 28 March 16:00 in London, clocks go forward on Sunday: Monday nine is an hour earlier."""
        house.clock.now = datetime(2025, 3, 28, 16, 0, tzinfo=UTC)
        plan = (await house.asked(news=110)).plan
        assert plan.expires_at == datetime(2025, 4, 1, 15, 0, tzinfo=UTC)
        assert (await story(house, plan, until=plan.expires_at, step=2 * HALF_HOUR))[1] == (
            "Mon 11:00",
            "carla",
            "escalation",
        )

    async def test_whoever_comes_to_a_rung_later_is_asked_when_they_come(self, house: House):
        await house.change(OLIVIA, AARON, ADA)
        plan = (await house.asked(news=110)).plan
        house.clock.pass_(hours=5)
        await house.reminder.chase()
        await house.change(*TEAM)
        assert await chased(house, plan) == [("carla", "escalation")]

    async def test_a_delegate_is_asked_in_the_place_of_who_is_away(self, house: House):
        await house.change(*TEAM, ANNA)
        await house.delegator.delegate("carla", "anna", NOW, NOW + timedelta(days=9), by=CMO, via="test")
        await house.delegator.delegate("aaron", "olivia", NOW, NOW + timedelta(days=9), by=AARON, via="test")
        plan = (await house.asked(CMO, news=110)).plan
        assert await chased(house, plan) == [("olivia", "asked")]
        plan = (await house.asked(OLIVIA, brand=440)).plan
        assert await chased(house, plan) == [("anna", "asked")]
        house.clock.pass_(hours=4)
        assert ("anna", "escalation") in await chased(house, plan)


class TestWhoIsAskedFirst:
    async def test_those_who_hold_the_role_and_the_cmo_only_where_nobody_does(self, house: House):
        plan = (await house.asked(AARON, news=110)).plan
        assert await chased(house, plan) == [("carla", "asked")]

    async def test_all_who_may_where_too_few_hold_it(self, house: House):
        await house.adopt(gated(a_gate(approvers=2)))
        plan = (await house.asked(news=110)).plan
        assert await chased(house, plan) == [("aaron", "asked"), ("carla", "asked")]

    async def test_whoever_is_missing_after_the_first_approval(self, house: House):
        await house.adopt(gated(a_gate(roles="approver, cmo", approvers=2)))
        await house.change(*TEAM, ANNA)
        plan = (await house.asked(news=110)).plan
        assert {one for one, _ in await chased(house, plan)} == {"aaron", "anna", "carla"}
        await house.approve(plan, AARON)
        house.clock.pass_(hours=4)
        assert await chased(house, plan) == [("carla", "reminder")]

    async def test_who_approved_under_other_rules_is_asked_again_and_who_withdrew_is_not(self, house: House):
        await house.adopt(gated(a_gate(approvers=2)))
        await house.change(*TEAM, ANNA)
        plan = (await house.asked(news=110)).plan
        await house.reminder.chase()
        await house.approve(plan, AARON)
        await house.adopt(gated(a_gate(approvers=2), a_gate("another", "cmo")))
        await house.queue.run()
        assert ("aaron", "asked") in await chased(house, plan)
        await house.approve(plan, AARON)
        await house.withdraw(plan, AARON)
        assert await chased(house, plan) == []


class TestNobodyLeft:
    async def test_it_is_said_on_the_card_and_to_the_admins_and_taken_back(self, house: House):
        await house.change(AARON, ADA, VICTOR)
        plan = (await house.asked(AARON, news=110)).plan
        assert await chased(house, plan) == [("ada", "escalation")]
        status = await house.status(plan)
        assert (status.state, status.note) == (
            PlanState.WAITING,
            "nobody is left who may approve this: any-change asks",
        )
        assert await chased(house, plan) == []
        await house.change(*TEAM)
        assert await chased(house, plan) == [("carla", "asked")]
        assert (await house.status(plan)).note == ""
        assert (await house.actions(plan.id))[-2:] == ["plan.nobody_left", "plan.somebody_found"]

    async def test_two_where_there_is_one_is_nobody_to_ask_either(self, house: House):
        await house.adopt(gated(a_gate(approvers=2)))
        await house.change(OLIVIA, AARON, ADA)
        plan = (await house.asked(news=110)).plan
        assert await chased(house, plan) == [("ada", "escalation"), ("aaron", "asked")]

    async def test_whoever_broke_the_glass_can_pass_what_nobody_else_can(self, house: House):
        await house.change(CMO, ADA)
        plan = (await house.asked(CMO, news=110)).plan
        await house.reminder.chase()
        await house.emergency.break_glass(CMO, reason="the shop is down", via="test")
        await house.reminder.chase()
        assert (await house.status(plan)).note == ""
        said = await house.reminder.remind_now(plan.id, ADA)
        assert isinstance(said, Declined)


class TestReminders:
    async def test_a_hushed_person_is_not_reminded_before_then_but_the_ladder_is_climbed(self, house: House):
        plan = (await house.asked(news=110)).plan
        await house.reminder.chase()
        until = NOW + timedelta(hours=5)
        said = await house.reminder.hush(plan.id, AARON, until)
        assert isinstance(said, Accepted)
        assert "No reminder of PLAN-1 before 03 Jun 15:30 BST. It still expires on 05 Jun 10:30 BST." in said.words
        house.clock.pass_(hours=4)
        assert await chased(house, plan) == [("carla", "escalation")]
        house.clock.now = until
        assert await chased(house, plan) == [("aaron", "reminder")]

    async def test_a_moment_that_has_passed_hushes_nothing(self, house: House):
        plan = (await house.asked(news=110)).plan
        said = await house.reminder.hush(plan.id, AARON, NOW)
        assert isinstance(said, Declined)
        assert said.cause is Cause.INVALID

    async def test_there_are_none_outside_business_hours(self, house: House):
        await house.adopt(gated(a_gate(), calendar=OFFICE))
        plan = (await house.asked(news=110)).plan
        await house.reminder.chase()
        told = await story(house, plan, until=NOW + timedelta(hours=24))
        assert told == [("Tue 13:30", "aaron", "reminder"), ("Wed 09:30", "aaron", "reminder")]

    async def test_by_hand_nobody_oftener_than_every_four_hours(self, house: House):
        plan = (await house.asked(news=110)).plan
        await house.reminder.chase()
        house.clock.pass_(hours=1)
        said = await house.reminder.remind_now(plan.id, OLIVIA)
        assert isinstance(said, Accepted)
        assert said.words == "Reminded Carla Mendes of PLAN-1."
        said = await house.reminder.remind_now(plan.id, OLIVIA)
        assert isinstance(said, Declined)
        assert said.cause is Cause.TOO_SOON
        assert "you can remind them from 03 Jun 14:30 BST on" in said.words
        house.clock.now = NOW + timedelta(hours=4)
        said = await house.reminder.remind_now(plan.id, OLIVIA)
        assert isinstance(said, Accepted)
        assert said.words == "Reminded Aaron Blake of PLAN-1."
        assert (await house.nudges(plan))[-1].text == "Olivia Reed asks you to look at it."
        assert (await house.actions(plan.id))[-1] == "plan.reminded"

    async def test_by_hand_quiet_is_kept(self, house: House):
        await house.change(OLIVIA, AARON)
        plan = (await house.asked(news=110)).plan
        await house.reminder.hush(plan.id, AARON, NOW + timedelta(hours=9))
        said = await house.reminder.remind_now(plan.id, OLIVIA)
        assert isinstance(said, Declined)
        assert "03 Jun 19:30 BST" in said.words

    async def test_by_hand_where_nobody_is_left(self, house: House):
        await house.change(AARON, ADA)
        plan = (await house.asked(AARON, news=110)).plan
        said = await house.reminder.remind_now(plan.id, AARON)
        assert isinstance(said, Declined)
        assert "Nobody is left" in said.words

    @pytest.mark.parametrize("person", [VICTOR, ANNA])
    async def test_by_hand_only_by_those_who_may(self, house: House, person: Person):
        plan = (await house.asked(news=110)).plan
        said = await house.reminder.remind_now(plan.id, person)
        assert isinstance(said, Declined)
        assert said.cause is Cause.NOT_ALLOWED

    async def test_only_a_plan_that_waits_has_anybody_to_remind(self, house: House):
        plan = (await house.asked(news=110)).plan
        await house.decider.reject(seen(plan), AARON, reason="no", via="test")
        said = await house.reminder.remind_now(plan.id, OLIVIA)
        assert isinstance(said, Declined)
        assert "already rejected by Aaron Blake" in said.words
        other = (await house.asked(news=111)).plan
        house.clock.now = other.expires_at
        assert isinstance(await house.reminder.remind_now(other.id, OLIVIA), Declined)
        assert await chased(house, other) == []

    async def test_a_plan_that_is_decided_while_the_timetable_looks_is_left_alone(self, house: House):
        plan = (await house.asked(news=110)).plan
        async with house.ledger.write() as tx:
            await tx.plans.move(
                plan.id, revision=1, origins=(PlanState.WAITING,), to=PlanState.REJECTED, now=NOW, note="no"
            )
            made = await house.reminder._chase(tx, plan.id, now=NOW)
        assert made == 0


class TestHandingOver:
    async def test_one_person_is_asked_and_the_giver_is_left_in_peace(self, house: House):
        await house.change(*TEAM, ANNA)
        plan = (await house.asked(news=110)).plan
        await house.reminder.chase()
        said = await house.reminder.hand_over(plan.id, AARON, "anna", " I am in a meeting ")
        assert isinstance(said, Accepted)
        assert said.words == "Anna Berg is asked about PLAN-1 now."
        newest = (await house.nudges(plan))[-1]
        assert (newest.person_id, newest.kind, newest.text) == ("anna", NudgeKind.ASSIGNED, "I am in a meeting")
        again = await house.reminder.hand_over(plan.id, AARON, "anna", "")
        assert isinstance(again, Declined)
        assert again.cause is Cause.REPEATED
        house.clock.pass_(hours=4)
        assert [one for one in await chased(house, plan) if one[1] == "reminder"] == [("anna", "reminder")]

    async def test_taking_it_on_oneself_hushes_nobody(self, house: House):
        plan = (await house.asked(news=110)).plan
        assert isinstance(await house.reminder.hand_over(plan.id, AARON, "aaron", ""), Accepted)
        house.clock.pass_(hours=4)
        assert ("aaron", "reminder") in await chased(house, plan)

    @pytest.mark.parametrize("to", ["olivia", "victor", "nobody"])
    async def test_only_somebody_who_may_approve_it(self, house: House, to: str):
        plan = (await house.asked(news=110)).plan
        said = await house.reminder.hand_over(plan.id, AARON, to, "")
        assert isinstance(said, Declined)
        assert "Those who can: Aaron Blake, Carla Mendes" in said.words
        assert await house.nudges(plan) == []

    async def test_not_by_somebody_who_may_not(self, house: House):
        plan = (await house.asked(news=110)).plan
        assert isinstance(await house.reminder.hand_over(plan.id, VICTOR, "aaron", ""), Declined)


class TestQuestions:
    async def test_a_question_stands_in_the_trail(self, house: House):
        plan = (await house.asked(news=110)).plan
        said = await house.reminder.ask(plan.id, VICTOR, " Why now? ")
        assert isinstance(said, Accepted)
        async with house.ledger.read() as tx:
            entry = (await tx.audit.of(plan.id))[-1]
        assert (entry.action, entry.actor, entry.facts["text"]) == ("plan.question", "person:victor", "Why now?")

    async def test_an_empty_one_does_not(self, house: House):
        plan = (await house.asked(news=110)).plan
        assert isinstance(await house.reminder.ask(plan.id, VICTOR, " "), Declined)

    async def test_nor_one_by_a_stranger(self, house: House):
        plan = (await house.asked(news=110)).plan
        for said in (
            await house.reminder.ask(plan.id, ANNA, "Why?"),
            await house.reminder.hush(plan.id, ANNA, NOW + timedelta(hours=1)),
        ):
            assert isinstance(said, Declined)
            assert said.cause is Cause.NOT_ALLOWED


async def test_an_unknown_plan_is_said_to_be_unknown(house: House):
    for said in (
        await house.reminder.remind_now("PLAN-9", OLIVIA),
        await house.reminder.hand_over("PLAN-9", OLIVIA, "aaron", ""),
        await house.reminder.ask("PLAN-9", OLIVIA, "Why?"),
        await house.reminder.hush("PLAN-9", OLIVIA, NOW + timedelta(hours=1)),
    ):
        assert isinstance(said, Declined)
        assert said.cause is Cause.UNKNOWN


async def test_where_nothing_waits_nothing_is_done(house: House):
    assert await house.reminder.chase() == 0


class TestRungs:
    GATE = Gate(policy="g", text="g", roles=frozenset({Role.FINANCE, Role.APPROVER}), escalate_after_minutes=60)

    def test_a_rule_without_a_clock_has_none(self):
        assert rungs_of(self.GATE.model_copy(update={"escalate_after_minutes": None}), OFFICE, since=NOW) == ()

    def test_each_rung_is_the_next_roles_once(self):
        rungs = rungs_of(self.GATE, OFFICE, since=NOW)
        assert [(one.number, set(one.roles), one.at) for one in rungs] == [
            (1, {Role.CMO}, NOW + timedelta(hours=1)),
            (2, {Role.ADMIN}, NOW + timedelta(hours=2)),
        ]

    def test_a_ladder_in_a_circle_ends(self):
        circle = Calendar(ladder={Role.FINANCE: (Role.CMO,), Role.CMO: (Role.FINANCE, Role.APPROVER)})
        assert [set(one.roles) for one in rungs_of(self.GATE, circle, since=NOW)] == [{Role.CMO}]
