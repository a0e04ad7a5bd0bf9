"""Repositories give back what they were given, and keep the promises that the lifecycle leans on."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.ledger import Ledger
from storage.records.alerts import AlertState
from storage.records.executions import ExecutionState
from storage.records.facts import Load
from storage.records.people import Role
from storage.records.plans import PlanState
from storage.records.stops import FreezeScope
from storage.records.verdicts import Answer
from storage.repositories.cards import Card
from tests.builders import (
    AARON,
    CARLA,
    NOW,
    OLIVIA,
    PEOPLE,
    VICTOR,
    a_change,
    a_decision,
    a_finding,
    a_plan,
    a_resource,
    a_rollback_plan,
    a_verdict,
    an_execution,
    an_outcome,
)
from tests.fakes.work_queue import HandWorkQueue
from tests.unit.storage.undone import undone

LATER = NOW + timedelta(hours=1)
KEYS = ("email/campaign/a", "email/campaign/b", "email/campaign/c")


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, HandWorkQueue(database))


async def test_ids_of_plans_count_up_and_a_rolled_back_one_is_used_again(ledger: Ledger):
    async with ledger.write() as tx:
        assert [await tx.plans.new_id() for _ in range(2)] == ["PLAN-1", "PLAN-2"]
    async with undone(ledger.write()) as tx:
        assert await tx.plans.new_id() == "PLAN-3"
    async with ledger.write() as tx:
        assert await tx.plans.new_id() == "PLAN-3"


async def test_a_plan_is_read_as_it_was_written(ledger: Ledger):
    plan = a_plan()
    async with ledger.write() as tx:
        await tx.plans.add(plan, now=NOW)
    async with ledger.read() as tx:
        status = await tx.plans.get(plan.id)
        assert await tx.plans.get("PLAN-99") is None
    assert status is not None
    assert (status.plan, status.state, status.version, status.since) == (plan, PlanState.PROPOSED, 1, NOW)
    assert status.plan.digest == plan.digest


async def test_a_plan_moves_only_from_where_it_is_thought_to_be(ledger: Ledger):
    plan = a_plan()
    async with ledger.write() as tx:
        await tx.plans.add(plan, now=NOW)
        step = {"to": PlanState.WAITING, "now": LATER, "note": "why"}
        assert not await tx.plans.move(plan.id, revision=2, origins=[PlanState.PROPOSED], **step)
        assert not await tx.plans.move(plan.id, revision=1, origins=[PlanState.HELD], **step)
        assert await tx.plans.move(plan.id, revision=1, origins=[PlanState.HELD, PlanState.PROPOSED], **step)
        assert not await tx.plans.move(plan.id, revision=1, origins=[PlanState.PROPOSED], **step)
        status = await tx.plans.get(plan.id)
    assert status is not None
    assert (status.state, status.version, status.since, status.note) == (PlanState.WAITING, 2, LATER, "why")


@pytest.mark.parametrize("state", list(PlanState))
async def test_only_a_plan_that_waits_or_is_held_gets_its_next_revision(ledger: Ledger, state: PlanState):
    plan = a_plan()
    second = a_plan(revision=2, title="Edited")
    async with ledger.write() as tx:
        await tx.plans.add(plan, now=NOW)
        await tx.plans.move(plan.id, revision=1, origins=[PlanState.PROPOSED], to=state, now=NOW)
        assert not await tx.plans.revise(a_plan(revision=3), now=LATER)
        revised = await tx.plans.revise(second, now=LATER)
        status = await tx.plans.get(plan.id)
        assert status is not None
        assert await tx.plans.revision(plan.id, 1) == plan
        assert await tx.plans.revision(plan.id, 2) == (second if revised else None)
    assert revised == (state in (PlanState.WAITING, PlanState.HELD))
    assert (status.plan, status.state) == ((second, PlanState.PROPOSED) if revised else (plan, state))


async def test_of_many_who_claim_a_resource_at_once_one_gets_it(ledger: Ledger):
    async def claim(number: int) -> dict[str, str]:
        async with ledger.write() as tx:
            return await tx.plans.claim(f"PLAN-{number}", KEYS)

    told = await asyncio.gather(*(claim(number) for number in range(1, 11)))
    (winner,) = [number for number, others in enumerate(told, start=1) if not others]
    holder = dict.fromkeys(KEYS, f"PLAN-{winner}")
    assert [others for others in told if others] == [holder] * 9


async def test_resources_are_claimed_all_or_none(ledger: Ledger):
    async with ledger.write() as tx:
        assert await tx.plans.claim("PLAN-1", KEYS[:1]) == {}
        assert await tx.plans.claim("PLAN-2", KEYS) == {KEYS[0]: "PLAN-1"}
        assert await tx.plans.claim("PLAN-3", KEYS[1:]) == {}, "PLAN-2 kept nothing"
        assert await tx.plans.claim("PLAN-3", KEYS[1:]) == {}, "its own claims do not stand in its way"


async def test_only_what_is_released_is_free(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.plans.claim("PLAN-1", KEYS)
        await tx.plans.release("PLAN-2", KEYS)
        await tx.plans.release("PLAN-1", KEYS[:1])
        assert await tx.plans.claim("PLAN-2", KEYS) == dict.fromkeys(KEYS[1:], "PLAN-1")
        await tx.plans.release("PLAN-1", KEYS)
        assert await tx.plans.claim("PLAN-2", KEYS) == {}


async def test_plans_are_found_by_state_by_age_and_by_number(ledger: Ledger):
    async with ledger.write() as tx:
        for number in range(1, 13):
            expires = NOW + timedelta(hours=number)
            await tx.plans.add(a_plan(id=f"PLAN-{number}", expires_at=expires), now=NOW)
        for number, state in ((2, PlanState.WAITING), (11, PlanState.WAITING), (3, PlanState.DONE)):
            await tx.plans.move(f"PLAN-{number}", revision=1, origins=[PlanState.PROPOSED], to=state, now=NOW)
    async with ledger.read() as tx:
        assert [one.plan.id for one in await tx.plans.in_states(PlanState.WAITING)] == ["PLAN-2", "PLAN-11"]
        assert [one.plan.id for one in await tx.plans.recent(3)] == ["PLAN-12", "PLAN-11", "PLAN-10"]
        assert await tx.plans.counts() == {PlanState.PROPOSED: 9, PlanState.WAITING: 2, PlanState.DONE: 1}
        overdue = [one.plan.id for one in await tx.plans.overdue(NOW + timedelta(hours=3))]
    assert overdue == ["PLAN-1", "PLAN-2"], "due at the very moment, and only if undecided"


async def test_the_rollback_in_force_is_the_newest_that_is_not_dead(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.plans.add(a_plan(), now=NOW)
        for number in (13, 14):
            await tx.plans.add(a_rollback_plan(id=f"PLAN-{number}"), now=NOW)
        assert await tx.plans.rolled_back_by(["PLAN-12", "PLAN-1"]) == {"PLAN-12": "PLAN-14"}
        await tx.plans.move("PLAN-14", revision=1, origins=[PlanState.PROPOSED], to=PlanState.REFUSED, now=NOW)
        assert await tx.plans.rolled_back_by(["PLAN-12"]) == {"PLAN-12": "PLAN-13"}


async def test_executed_plans_are_found_by_the_day_of_the_data(ledger: Ledger):
    async with ledger.write() as tx:
        for number, day in ((1, 1), (2, 5), (3, 5)):
            await tx.plans.add(a_plan(id=f"PLAN-{number}"), now=NOW)
            await tx.plans.mark_done_on(f"PLAN-{number}", date(2025, 6, day))
        await tx.plans.add(a_plan(id="PLAN-4"), now=NOW)
    async with ledger.read() as tx:
        found = [(status.plan.id, day.day) for status, day in await tx.plans.done_since(date(2025, 6, 5))]
        assert await tx.plans.done_on("PLAN-4") is None
    assert found == [("PLAN-3", 5), ("PLAN-2", 5)]


async def test_every_word_of_a_person_is_kept_in_order_and_by_revision(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.approvals.add_decision(a_decision())
        await tx.approvals.add_decision(a_decision(answer=Answer.WITHDRAW))
        await tx.approvals.add_decision(a_decision(person_id=CARLA.id))
        await tx.approvals.add_decision(a_decision(revision=2))
        said = await tx.approvals.decisions("PLAN-12", 1)
    assert [(one.person_id, one.answer) for one in said] == [
        (AARON.id, Answer.APPROVE),
        (AARON.id, Answer.WITHDRAW),
        (CARLA.id, Answer.APPROVE),
    ]


async def test_the_newest_verdict_counts(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.approvals.add_verdict("PLAN-1", 1, a_verdict())
        await tx.approvals.add_verdict("PLAN-1", 1, a_verdict(judged_at=LATER))
        await tx.approvals.add_verdict("PLAN-1", 2, a_verdict(policy_version="x"))
        assert await tx.approvals.verdict("PLAN-1", 1) == a_verdict(judged_at=LATER)
        assert await tx.approvals.verdict("PLAN-2", 1) is None


async def test_executions_keep_the_order_of_the_changes_and_their_keys_are_unique(ledger: Ledger):
    ids = ("c9", "c1", "c5")
    async with ledger.write() as tx:
        for position, change_id in enumerate(ids):
            change = a_change(id=change_id)
            await tx.executions.add(position, an_execution(change, state=ExecutionState.INTENDED))
        await tx.executions.save(an_execution(a_change(id="c1")))
        found = await tx.executions.of("PLAN-12", 1)
    assert [one.change.id for one in found] == list(ids)
    assert [one.state for one in found] == [ExecutionState.INTENDED, ExecutionState.APPLIED, ExecutionState.INTENDED]
    with pytest.raises(IntegrityError):
        async with ledger.write() as tx:
            await tx.executions.add(7, an_execution(a_change(id="c1")))


async def test_a_final_score_stays(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.executions.score(an_outcome(final=False, text="too early"))
        await tx.executions.score(an_outcome(final=True, text="met"))
        await tx.executions.score(an_outcome(final=False, text="second thoughts"))
        (outcome,) = await tx.executions.outcomes("PLAN-12")
    assert outcome.text == "met"


async def test_one_case_is_open_under_a_key_at_a_time(ledger: Ledger):
    async with ledger.write() as tx:
        first = await tx.alerts.open(a_finding(), now=NOW)
    with pytest.raises(IntegrityError):
        async with ledger.write() as tx:
            await tx.alerts.open(a_finding(), now=NOW)
    for state in (AlertState.ACKNOWLEDGED, AlertState.SNOOZED):
        async with ledger.write() as tx:
            first = await tx.alerts.save(first.model_copy(update={"state": state}))
        with pytest.raises(IntegrityError):
            async with ledger.write() as tx:
                await tx.alerts.open(a_finding(), now=NOW)
    async with ledger.write() as tx:
        await tx.alerts.save(first.model_copy(update={"state": AlertState.RECOVERED}))
        second = await tx.alerts.open(a_finding(), now=LATER)
        assert await tx.alerts.unrecovered() == (second,)
        old = await tx.alerts.get(first.id)
    assert old is not None
    assert old.version > first.version
    assert (first.id, second.id) == ("ALERT-1", "ALERT-2")


async def test_a_card_is_behind_until_it_shows_the_newest_version(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.plans.add(a_plan(id="PLAN-1"), now=NOW)
        alert = await tx.alerts.open(a_finding(), now=NOW)
        assert set(await tx.cards.behind()) == {"PLAN-1", alert.id}
        assert await tx.cards.get("PLAN-1") == Card(subject="PLAN-1")
        for subject in ("PLAN-1", alert.id):
            await tx.cards.save(Card(subject=subject, channel="C1", ts="1.0", shown_version=1))
        assert await tx.cards.behind() == ()
        await tx.plans.touch("PLAN-1")
        assert await tx.cards.behind() == ("PLAN-1",)
        await tx.alerts.save(alert)
        assert set(await tx.cards.behind()) == {"PLAN-1", alert.id}
        await tx.cards.save(Card(subject="PLAN-1", channel="C1", ts="1.0", shown_version=2))
        assert await tx.cards.behind() == (alert.id,)
        assert await tx.cards.get("PLAN-1") == Card(subject="PLAN-1", channel="C1", ts="1.0", shown_version=2)


async def test_the_outbox_is_handed_out_in_portions(ledger: Ledger):
    async with ledger.write() as tx:
        for number in range(1, 8):
            await tx.plans.add(a_plan(id=f"PLAN-{number}"), now=NOW)
        assert len(await tx.cards.behind(limit=3)) == 3


async def test_a_delivery_is_new_once_until_it_is_forgotten(ledger: Ledger):
    async with ledger.write() as tx:
        assert await tx.deliveries.first_time("Ev1", now=NOW)
        assert not await tx.deliveries.first_time("Ev1", now=LATER)
        assert await tx.deliveries.first_time("Ev2", now=LATER)
        assert await tx.deliveries.forget_before(LATER) == 1
        assert await tx.deliveries.first_time("Ev1", now=LATER)
        assert not await tx.deliveries.first_time("Ev2", now=LATER)


async def test_people_who_left_the_list_are_known_but_may_nothing(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.people.replace(PEOPLE.values())
        await tx.people.replace([OLIVIA, AARON.model_copy(update={"slack_id": VICTOR.slack_id})])
        gone = await tx.people.get(VICTOR.id)
        assert gone is not None
        assert (gone.name, gone.active, gone.roles, gone.slack_id) == (VICTOR.name, False, frozenset(), None)
        taken = await tx.people.by_slack_id("U00VICTOR")
        assert taken is not None
        assert (taken.id, taken.has(Role.APPROVER)) == (AARON.id, True)
        assert len(await tx.people.all()) == len(PEOPLE)


def a_load(load_id: str, **changes) -> Load:
    values = {
        "id": load_id, "source": "sandbox", "path": "x", "content_sha256": "0" * 64, "layout": "api", "simulated": True,
        "known_at": NOW, "first_day": date(2025, 5, 1), "last_day": date(2025, 6, 2), "campaigns": 1, "days": 33,
        "rows_read": 33, "spend": {},
    }  # fmt: skip
    return Load(**{**values, **changes})


async def test_loads_are_known_from_their_moment_on_and_the_worlds_stay_apart(ledger: Ledger):
    old, new, real = a_load("a"), a_load("b", known_at=LATER), a_load("c", simulated=False)
    async with ledger.write() as tx:
        assert not await tx.loads.any_real()
        for number, load in enumerate((new, old, real)):
            await tx.loads.add(load, fingerprint=str(number), lake_version=number)
        assert await tx.loads.known(simulated=True) == (old, new)
        assert await tx.loads.known(simulated=True, as_of=LATER - timedelta(microseconds=1)) == (old,)
        assert await tx.loads.known(simulated=False) == (real,)
        assert await tx.loads.any_real()
        assert await tx.loads.by_fingerprint("1") == old
        assert await tx.loads.by_fingerprint("9") is None


async def test_a_case_to_learn_from_is_kept_once(ledger: Ledger):
    async with ledger.write() as tx:
        assert await tx.home.keep_case("PLAN-1", "rejected", {"reason": "no"})
        assert not await tx.home.keep_case("PLAN-1", "rejected", {"reason": "yes"})
        assert await tx.home.cases() == (("PLAN-1", "rejected", {"reason": "no"}),)


async def test_lineage_is_walked_both_ways_nearest_first_and_ends_in_a_loop(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.lineage.link("outcome", [("PLAN-1", "plan")])
        await tx.lineage.link("PLAN-1", [("load:1", "load"), ("agent", "agent")])
        await tx.lineage.link("PLAN-1", [("load:1", "load again")])
        await tx.lineage.link("load:1", [("source", "source"), ("outcome", "a loop")])
        back = [(step.depth, step.id) for step in await tx.lineage.ancestors("outcome")]
        forth = {step.id for step in await tx.lineage.descendants("source")}
        assert await tx.lineage.ancestors("nobody") == ()
    assert back == [(1, "PLAN-1"), (2, "load:1"), (2, "agent"), (3, "source")] or back == [
        (1, "PLAN-1"), (2, "agent"), (2, "load:1"), (3, "source"),
    ]  # fmt: skip
    assert {"load:1", "PLAN-1", "outcome"} <= forth


async def test_resource_keys_tell_channels_apart(ledger: Ledger):
    same_id = [a_resource(channel=channel, id="1").key for channel in ("email", "website")]
    async with ledger.write() as tx:
        assert await tx.plans.claim("PLAN-1", same_id[:1]) == {}
        assert await tx.plans.claim("PLAN-2", same_id[1:]) == {}


async def test_refusals_are_found_by_number_and_by_moment(ledger: Ledger):
    async with ledger.write() as tx:
        for outcome, hours in (("refused", 0), ("allowed", 1), ("refused", 2)):
            judged = a_verdict(outcome=outcome, judged_at=NOW + timedelta(hours=hours))
            await tx.approvals.add_verdict("PLAN-12", 1, judged)
    async with ledger.read() as tx:
        every = await tx.tallies.refusals()
        assert [one.verdict.judged_at for one in every] == [NOW, NOW + timedelta(hours=2)]
        assert await tx.tallies.refusals(after=every[0].number) == every[1:]
        assert await tx.tallies.refusals(since=NOW + timedelta(minutes=1)) == every[1:]


async def test_cases_that_changed_since_a_moment_are_found_whether_over_or_not(ledger: Ledger):
    async with ledger.write() as tx:
        for key in ("a", "b", "c"):
            await tx.alerts.open(a_finding(key=key), now=NOW)
        second = await tx.alerts.get("ALERT-2")
        assert second is not None
        await tx.alerts.save(second.model_copy(update={"state": AlertState.RECOVERED, "updated_at": LATER}))
    async with ledger.read() as tx:
        assert [one.id for one in await tx.alerts.opened_since(NOW)] == ["ALERT-2"]
        assert await tx.alerts.opened_since(LATER) == ()


async def test_freezes_are_found_by_when_they_were_set_or_lifted(ledger: Ledger):
    hour = timedelta(hours=1)
    async with ledger.write() as tx:
        made = [
            await tx.stops.freeze(FreezeScope.ALL, "", reason="x", person_id="ada", now=NOW + at * hour)
            for at in (0, 1, 9)
        ]
        await tx.stops.thaw(made[0].model_copy(update={"thawed_by": "ada", "thawed_at": NOW + 2 * hour}))
    async with ledger.read() as tx:
        assert [one.id for one in await tx.stops.set_or_lifted(NOW, NOW)] == ["FREEZE-1"]
        assert [one.id for one in await tx.stops.set_or_lifted(NOW + hour, NOW + 2 * hour)] == ["FREEZE-1", "FREEZE-2"]
        assert await tx.stops.set_or_lifted(NOW + 3 * hour, NOW + 4 * hour) == ()


async def test_cards_that_are_due_are_counted_beyond_those_that_are_sent_at_once(ledger: Ledger):
    async with ledger.write() as tx:
        for number in range(210):
            await tx.alerts.open(a_finding(key=f"{number}"), now=NOW, shown_from=NOW if number else LATER)
    async with ledger.read() as tx:
        assert len(await tx.cards.behind(at=NOW)) == 200
        assert await tx.cards.number_behind(at=NOW) == 209
        assert await tx.cards.number_behind(at=LATER) == 210
