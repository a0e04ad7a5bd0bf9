"""A case walks from open to verified: each step once, by those who may, in time, and told in the trail."""

from datetime import datetime, time, timedelta

import pytest

from agents.governance.calendar import Calendar, Weekday
from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.decide import Cause, Declined
from storage.records.alerts import AlertKind, AlertState, Severity
from storage.records.reviews import Remedy, ReviewState
from tests.builders import AARON, ADA, CARLA, OLIVIA, VICTOR
from tests.unit.agents.lifecycle.examining import SEEN, Room, a_finding, a_room, rules_with
from tests.unit.agents.lifecycle.house import House, seen


@pytest.fixture
async def room(house: House) -> Room:
    return await a_room(house)


async def diagnosed(room: Room, cause: str = "1", alert_id: str = "ALERT-1") -> Examined:
    said = await room.examiner.diagnose(alert_id, OLIVIA, cause=cause, words="seen in the auction", via="test")
    assert isinstance(said, Examined), said
    return said


async def test_a_medium_case_gets_a_review_and_a_small_one_none(room: Room):
    await room.file(a_finding(), a_finding(key="drift/ctr/email", severity=Severity.NOTE))
    assert [one.alert_id for one in await room.examiner.reviews()] == ["ALERT-1"]
    assert (await room.review()).state is ReviewState.OPEN


async def test_what_another_case_explains_is_reviewed_there(room: Room):
    await room.file(a_finding(), a_finding(key="drift/roas/paid_search", part_of="drift/cpc/paid_search"))
    assert len(await room.examiner.reviews()) == 1


async def test_keeping_up_twice_is_keeping_up_once(room: Room):
    await room.file(a_finding())
    before = await room.review()
    assert await room.pursuit.keep_up() == 0
    assert await room.review() == before
    assert await room.house.actions("ALERT-1") == ["alert.opened", "review.open"]


async def test_who_takes_the_alert_answers_for_the_review(room: Room):
    await room.file(a_finding())
    await room.house.attendant.acknowledge("ALERT-1", OLIVIA)
    await room.pursuit.keep_up()
    assert ((await room.review()).state, (await room.review()).owner) == (ReviewState.ACKNOWLEDGED, OLIVIA.id)


async def test_a_diagnosis_names_a_candidate_by_its_number(room: Room):
    await room.file(a_finding())
    said = await diagnosed(room, "2")
    assert said.review.state is ReviewState.DIAGNOSED
    assert said.review.owner == OLIVIA.id
    assert said.review.diagnosis is not None
    assert (said.review.diagnosis.kind, said.review.diagnosis.ref) == ("change", "PLAN-1")
    assert "somebody chooses what to do" in said.words


@pytest.mark.parametrize("cause", ["0", "3", "", "weather", "²"])
async def test_a_cause_that_is_none_is_asked_back(room: Room, cause: str):
    await room.file(a_finding())
    said = await room.examiner.diagnose("ALERT-1", OLIVIA, cause=cause, words="", via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.INVALID
    assert "1 for “Auctions became dearer”" in said.words


@pytest.mark.parametrize("person", [VICTOR, ADA])
async def test_those_without_the_role_are_told_so_and_nothing_happens(room: Room, person):
    await room.file(a_finding())
    said = await room.examiner.diagnose("ALERT-1", person, cause="1", words="", via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert (await room.review()).state is ReviewState.OPEN


async def test_acting_before_a_diagnosis_says_what_comes_first(room: Room):
    await room.file(a_finding())
    said = await room.examiner.act("ALERT-1", AARON, Remedy.ACCEPT, why="fine", via="test")
    assert isinstance(said, Declined)
    assert said.words == "ALERT-1 is open: first, somebody takes it."


async def test_accepting_teaches_the_monitor_and_ends_the_case(room: Room):
    await room.file(a_finding())
    await diagnosed(room)
    said = await room.examiner.act("ALERT-1", AARON, "accept", why="prices are what they are", via="test")
    assert isinstance(said, Examined)
    assert said.review.state is ReviewState.VERIFIED
    assert (await room.alert()).state is AlertState.RECOVERED
    await room.file(a_finding(seen_on=SEEN + timedelta(days=1)), day_offset=1)
    assert len(await room.examiner.reviews(over=True)) == 1


async def test_expected_by_the_alerts_own_button_ends_the_review_too(room: Room):
    await room.file(a_finding())
    await room.house.attendant.expect("ALERT-1", AARON, reason="sale")
    await room.pursuit.keep_up()
    review = await room.review()
    assert review.state is ReviewState.VERIFIED
    assert review.taken is not None
    assert (review.taken.remedy, review.taken.by) == (Remedy.ACCEPT, AARON.id)


async def test_what_goes_away_by_itself_lapses(room: Room):
    await room.file(a_finding())
    await room.file(day_offset=3)
    review = await room.review()
    assert review.state is ReviewState.LAPSED
    assert await room.examiner.reviews() == ()


async def test_rolling_back_is_verified_once_the_data_are_quiet(room: Room):
    house = room.house
    plan = (await house.asked(OLIVIA, brand=440)).plan
    await house.approved(plan, AARON)
    await room.file(a_finding(suspect_plan=plan.id))
    await diagnosed(room, "change")
    said = await room.examiner.act("ALERT-1", AARON, "roll_back", why="since then", via="test")
    assert isinstance(said, Examined), said
    assert said.review.taken is not None
    assert said.review.taken.ref == "PLAN-2"
    await house.queue.run()
    await room.file(day_offset=3)
    review = await room.review()
    assert review.state is ReviewState.VERIFIED
    assert review.verification is not None
    assert review.verification.by == "system"
    assert house.budgets()["brand"] == 400


async def test_a_rollback_that_is_rejected_brings_the_case_back(room: Room):
    house = room.house
    plan = (await house.asked(OLIVIA, brand=440)).plan
    await house.approved(plan, AARON)
    await room.file(a_finding(suspect_plan=plan.id))
    await diagnosed(room, "change")
    said = await room.examiner.act("ALERT-1", OLIVIA, "roll_back", why="since then", via="test")
    assert isinstance(said, Examined), said
    taking_back = await house.status("PLAN-2")
    await house.decider.reject(seen(taking_back.plan), AARON, reason="no", via="test")
    await room.pursuit.keep_up()
    review = await room.review()
    assert (review.state, review.taken) == (ReviewState.DIAGNOSED, None)
    assert review.steps[-1].words == "PLAN-2 is rejected, so nothing was taken back"


async def test_what_did_not_help_within_a_week_is_chosen_anew(room: Room):
    await room.file(a_finding())
    await diagnosed(room, "noise")
    said = await room.examiner.act("ALERT-1", OLIVIA, "recalibrate", why="too touchy", via="test")
    assert isinstance(said, Examined), said
    await room.file(a_finding(seen_on=SEEN + timedelta(days=8)), day_offset=8)
    review = await room.review()
    assert review.state is ReviewState.DIAGNOSED
    assert "more than 7 days after it was acted on" in review.steps[-1].words


async def test_recalibrating_asks_a_second_person_for_a_bound_just_above_the_case(room: Room):
    await room.file(a_finding())
    await diagnosed(room, "noise")
    said = await room.examiner.act("ALERT-1", AARON, "recalibrate", why="too touchy", via="test")
    assert isinstance(said, Examined), said
    (asked,) = await room.asker.open()
    assert "cpc is a case from 44% on instead of 15%" in " ".join(asked.lines)
    own = await room.asker.answer(asked.id, "approve", AARON, via="test")
    assert isinstance(own, Declined)
    await room.asker.answer(asked.id, "approve", CARLA, via="test")
    async with room.house.ledger.read() as tx:
        used = await tx.models.in_production("drift_thresholds")
    assert used is not None
    assert used.version == 2


async def test_a_case_that_was_real_is_no_reason_for_wider_bounds(room: Room):
    await room.file(a_finding())
    await diagnosed(room, "price")
    said = await room.examiner.act("ALERT-1", AARON, "recalibrate", why="too touchy", via="test")
    assert isinstance(said, Declined)
    assert said.words.startswith("ALERT-1 was no false alarm")
    assert await room.asker.open() == ()
    assert (await room.review()).state is ReviewState.DIAGNOSED


async def test_settings_that_are_refused_bring_the_case_back(room: Room):
    await room.file(a_finding())
    await diagnosed(room, "noise")
    await room.examiner.act("ALERT-1", AARON, "recalibrate", why="too touchy", via="test")
    (asked,) = await room.asker.open()
    await room.asker.answer(asked.id, "refuse", CARLA, via="test")
    await room.pursuit.keep_up()
    assert (await room.review()).state is ReviewState.DIAGNOSED


async def test_forecasts_are_not_recalibrated_on_too_little(room: Room):
    await room.file(a_finding(key="outcome/PLAN-1", kind=AlertKind.OUTCOME, kpi="roas"))
    await diagnosed(room, "data")
    said = await room.examiner.act("ALERT-1", AARON, "recalibrate", why="too narrow", via="test")
    assert isinstance(said, Declined)
    assert "too few to say how wide a range has to be" in said.words


async def test_nobody_verifies_what_they_did_themselves(room: Room):
    await room.file(a_finding())
    await diagnosed(room, "noise")
    await room.examiner.act("ALERT-1", OLIVIA, "recalibrate", why="too touchy", via="test")
    own = await room.examiner.verify("ALERT-1", OLIVIA, words="quiet", via="test")
    assert isinstance(own, Declined)
    assert own.cause is Cause.NOT_ALLOWED
    (asked,) = await room.asker.open()
    other = await room.examiner.verify("ALERT-1", CARLA, words="quiet", via="test")
    assert isinstance(other, Examined)
    assert other.words == f"ALERT-1 is verified. {asked.id} is still open."
    again = await room.examiner.verify("ALERT-1", CARLA, words="quiet", via="test")
    assert isinstance(again, Declined)
    assert again.cause is Cause.LATE


async def test_two_people_acting_at_once_act_once(room: Room):
    await room.file(a_finding())
    await diagnosed(room)
    first = await room.examiner.act("ALERT-1", AARON, "accept", why="so it is", via="test")
    second = await room.examiner.act("ALERT-1", CARLA, "accept", why="so it is", via="test")
    assert isinstance(first, Examined)
    assert isinstance(second, Declined)


async def test_a_late_step_calls_the_next_people_once_a_rung(room: Room):
    house = room.house
    await room.file(a_finding())
    house.clock.pass_(hours=15, minutes=59)
    await room.pursuit.keep_up()
    assert (await room.alert()).escalated == 0
    house.clock.pass_(minutes=1)
    for _ in range(3):
        await room.pursuit.keep_up()
    assert ((await room.review()).late, (await room.alert()).escalated) == (1, 1)
    assert AARON.id in (await room.alert()).escalated_to
    house.clock.pass_(hours=16)
    await room.pursuit.keep_up()
    assert (await room.review()).late == 2


async def test_the_clock_runs_in_business_hours_only(room: Room):
    office = Calendar(
        zone="Europe/London", days=frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}, opens=time(9), closes=time(17)
    )
    room.house.rulebook.rules = rules_with("alerts: {all: {sla_hours: {medium: 8}}}", calendar=office)
    friday = datetime.fromisoformat("2025-06-06T15:00:00+01:00")
    room.house.clock.now = friday
    await room.file(a_finding())
    assert (await room.review()).due_at == datetime.fromisoformat("2025-06-09T15:00:00+01:00")


async def test_a_case_that_is_asleep_is_not_late(room: Room):
    await room.file(a_finding())
    await room.house.attendant.snooze("ALERT-1", OLIVIA, days=3)
    room.house.clock.pass_(days=2)
    await room.pursuit.keep_up()
    assert (await room.review()).late == 0


async def test_a_case_that_grows_is_due_sooner(room: Room):
    await room.file(a_finding())
    before = (await room.review()).due_at
    await room.file(a_finding(severity=Severity.CRITICAL, seen_on=SEEN + timedelta(days=1)), day_offset=1)
    review = await room.review()
    assert review.severity is Severity.CRITICAL
    assert before is not None
    assert review.due_at is not None
    assert review.due_at < before


async def test_every_step_is_in_the_trail_and_personal_words_can_be_erased(room: Room):
    await room.file(a_finding())
    await diagnosed(room)
    await room.examiner.act("ALERT-1", AARON, "accept", why="so it is", via="test")
    told = [action for action in await room.house.actions("ALERT-1") if action.startswith("review.")]
    assert told == ["review.open", "review.diagnosed", "review.acted", "review.verified"]
    async with room.house.ledger.read() as tx:
        assert (await tx.audit.verify()).ok
