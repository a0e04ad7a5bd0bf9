"""What people do about a case: each act asked of the rules, written down, and final only where it should be."""

import asyncio
from copy import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from agents.governance.calendar import sandbox_calendar
from agents.governance.rules import Rules
from agents.lifecycle.cases.cases import file_findings, file_states
from agents.lifecycle.decide import Cause, Declined
from storage.records.alerts import Alert, AlertKind, AlertState, LearntKind, Reading, Severity
from storage.records.attention import CallKind
from tests.builders import AARON, ADA, CARLA, OLIVIA, VICTOR, a_finding
from tests.unit.agents.lifecycle.cases.test_monitor import SHOCK, dearer_clicks, look
from tests.unit.agents.lifecycle.house import House

DAY = date(2025, 6, 7)
NEXT = DAY + timedelta(days=1)


def reading(observed: str, expected: str = "1.00", first: date = DAY) -> Reading:
    return Reading(
        unit="GBP/click", currency="GBP", observed=Decimal(observed), expected=Decimal(expected), first=first, last=DAY
    )


def found(**changes):
    return a_finding(**{"suspect_plan": None, "seen_on": DAY, "reading": reading("1.40"), **changes})


async def filed(house: House, *findings, day: date = DAY) -> tuple[Alert, ...]:
    """Those that are open after the monitor found these on that day."""
    await file_findings(house.ledger, findings, data_day=day, simulated=True, now=house.clock())
    async with house.ledger.read() as tx:
        return await tx.alerts.unrecovered()


async def alert_of(house: House, alert_id: str = "ALERT-1") -> Alert:
    async with house.ledger.read() as tx:
        alert = await tx.alerts.get(alert_id)
    assert alert is not None
    return alert


async def called(house: House, alert_id: str = "ALERT-1") -> list[tuple[str, CallKind]]:
    async with house.ledger.read() as tx:
        return [(one.person_id, one.kind) for one in await tx.attention.calls_of(alert_id)]


def at_work(house: House) -> Rules:
    """The same rules with office hours."""
    rules = copy(house.rulebook.rules)
    rules.calendar = sandbox_calendar()
    return rules


def words_of(result: Alert | Declined) -> str:
    assert isinstance(result, Declined), result
    return result.words


async def test_of_two_people_at_once_one_takes_it_and_the_other_is_told_who(house: House):
    await filed(house, found())
    first, second = await asyncio.gather(
        house.attendant.acknowledge("ALERT-1", OLIVIA), house.attendant.acknowledge("ALERT-1", AARON)
    )
    taken, late = (first, second) if isinstance(first, Alert) else (second, first)
    assert isinstance(taken, Alert)
    assert isinstance(late, Declined)
    assert late.cause is Cause.REPEATED
    assert (await alert_of(house)).acknowledged_by == taken.acknowledged_by
    assert (await house.actions("ALERT-1")).count("alert.acknowledged") == 1


async def test_whoever_is_asked_to_take_it_has_a_message_and_the_case_waits_for_them(house: House):
    await filed(house, found())
    await house.attendant.acknowledge("ALERT-1", OLIVIA)
    said = await house.attendant.assign("ALERT-1", OLIVIA, AARON.id, "you know it better")
    assert isinstance(said, Alert)
    assert (said.state, said.assigned_to, said.acknowledged_by) == (AlertState.OPEN, "aaron", None)
    assert await called(house) == [("aaron", CallKind.ASSIGNED)]
    again = await house.attendant.assign("ALERT-1", CARLA, AARON.id)
    assert isinstance(again, Alert)
    assert len(await called(house)) == 1, "a second message takes the place of the first"


async def test_assigning_to_oneself_takes_it_over_from_whoever_had_it(house: House):
    await filed(house, found())
    await house.attendant.acknowledge("ALERT-1", OLIVIA)
    said = await house.attendant.assign("ALERT-1", AARON, AARON.id)
    assert isinstance(said, Alert)
    assert (said.state, said.acknowledged_by) == (AlertState.ACKNOWLEDGED, "aaron")
    assert await called(house) == []


@pytest.mark.parametrize("to", [VICTOR.id, ADA.id, "nobody"])
async def test_nobody_is_asked_who_could_not_take_it(house: House, to: str):
    await filed(house, found())
    assert "may not take cases" in words_of(await house.attendant.assign("ALERT-1", OLIVIA, to))
    assert await called(house) == []


async def test_a_snooze_ends_when_the_team_starts_work(house: House):
    house.rulebook.rules = at_work(house)
    house.clock.now = datetime(2025, 6, 6, 16, 0, tzinfo=UTC)  # a Friday
    await filed(house, found())
    said = await house.attendant.snooze("ALERT-1", OLIVIA, days=1)
    assert isinstance(said, Alert)
    assert said.snoozed_until == datetime(2025, 6, 9, 8, 0, tzinfo=UTC), "Monday at nine in London"
    picked = await house.attendant.snooze_until("ALERT-1", OLIVIA, date(2025, 6, 14))
    assert isinstance(picked, Alert)
    assert picked.snoozed_until == datetime(2025, 6, 16, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("days", [-1, 0, 93, 10_000])
async def test_a_snooze_is_neither_over_already_nor_for_ever(house: House, days: int):
    await filed(house, found())
    said = await house.attendant.snooze_until("ALERT-1", OLIVIA, house.clock().date() + timedelta(days=days))
    assert "1 to 92 days" in words_of(said)
    assert (await alert_of(house)).state is AlertState.OPEN


async def test_an_expected_level_closes_the_case_and_opens_none_while_it_stays(house: House):
    await filed(house, found())
    said = await house.attendant.expect("ALERT-1", OLIVIA, reason="the sale began")
    assert isinstance(said, Alert)
    assert (said.state, said.learnt, said.learnt_why) == (
        AlertState.RECOVERED,
        LearntKind.EXPECTED,
        "the sale began",
    )
    for days, observed in ((1, "1.42"), (2, "1.20"), (9, "1.55")):
        at = DAY + timedelta(days=days)
        assert await filed(house, found(seen_on=at, reading=reading(observed)), day=at) == (), observed


async def test_beyond_the_expected_level_is_a_new_case(house: House):
    await filed(house, found())
    await house.attendant.expect("ALERT-1", OLIVIA, reason="the sale began")
    (new,) = await filed(house, found(seen_on=NEXT, reading=reading("1.70")), day=NEXT)
    assert new.id == "ALERT-2"


async def test_leaving_the_expected_level_again_is_a_new_case_once_the_detector_knows_it(house: House):
    await filed(house, found())
    await house.attendant.expect("ALERT-1", OLIVIA, reason="the sale began")
    back = found(seen_on=NEXT, reading=reading("1.00", expected="1.40"))
    (new,) = await filed(house, back, day=NEXT)
    assert new.id == "ALERT-2"


async def test_what_has_no_reading_is_expected_up_to_its_severity(house: House):
    await filed(house, found(reading=None))
    await house.attendant.expect("ALERT-1", OLIVIA, reason="known")
    assert await filed(house, found(reading=None, seen_on=NEXT), day=NEXT) == ()
    worse = found(reading=None, seen_on=NEXT, severity=Severity.CRITICAL)
    assert len(await filed(house, worse, day=NEXT)) == 1


async def test_learning_afresh_is_silent_for_two_weeks_and_keeps_the_day(house: House):
    await filed(house, found())
    said = await house.attendant.rebaseline("ALERT-1", OLIVIA, reason="new shop", since=DAY - timedelta(days=2))
    assert isinstance(said, Alert)
    async with house.ledger.read() as tx:
        (learnt,) = (await tx.alerts.learnt(simulated=True)).values()
        assert await tx.alerts.learnt(simulated=False) == {}
    assert (learnt.kind, learnt.since, learnt.learnt_by) == (
        LearntKind.REBASELINED,
        DAY - timedelta(days=2),
        "olivia",
    )
    late, over = DAY + timedelta(days=11), DAY + timedelta(days=12)
    assert await filed(house, found(seen_on=late, reading=reading("9")), day=late) == ()
    assert len(await filed(house, found(seen_on=over, reading=reading("9")), day=over)) == 1


async def test_what_a_case_explains_is_learnt_with_it(house: House):
    part = found(key="drift/roas/paid_search", part_of="drift/cpc/paid_search", severity=Severity.NOTE)
    await filed(house, found(), part)
    await house.attendant.expect("ALERT-1", OLIVIA, reason="the sale began")
    assert (await alert_of(house, "ALERT-2")).learnt is LearntKind.EXPECTED
    newer = found(key="drift/cvr/paid_search", part_of="drift/cpc/paid_search", seen_on=NEXT)
    assert await filed(house, found(seen_on=NEXT), newer, day=NEXT) == ()


async def test_normal_is_said_with_a_reason_of_days_that_there_are_and_once(house: House):
    await filed(house, found())
    assert "say why" in words_of(await house.attendant.expect("ALERT-1", OLIVIA, reason="  "))
    future = await house.attendant.rebaseline("ALERT-1", OLIVIA, reason="x", since=NEXT)
    assert "no data after 7 June 2025" in words_of(future)
    await house.attendant.expect("ALERT-1", OLIVIA, reason="x")
    assert "Olivia Reed said already" in words_of(await house.attendant.expect("ALERT-1", AARON, reason="y"))


async def test_data_that_stay_away_are_never_normal(house: House):
    finding = found(kind=AlertKind.FRESHNESS, key="freshness/x")
    await file_states(house.ledger, (finding,), kind=AlertKind.FRESHNESS, now=house.clock())
    assert "never normal" in words_of(await house.attendant.expect("ALERT-1", OLIVIA, reason="x"))


async def test_escalating_climbs_one_rung_after_the_other_to_people_who_do_not_know_yet(house: House):
    await filed(house, found())
    await house.attendant.acknowledge("ALERT-1", AARON)
    said = await house.attendant.escalate("ALERT-1", OLIVIA, words="should we stop it?")
    assert isinstance(said, Alert)
    assert said.escalated_to == ("carla",), "Aaron, the approver, is at it already"
    by_itself = await house.attendant.escalate("ALERT-1", None)
    assert isinstance(by_itself, Alert)
    assert by_itself.escalated_to == ("carla", "ada")
    assert "Nobody is left" in words_of(await house.attendant.escalate("ALERT-1", OLIVIA))
    assert await called(house) == [("carla", CallKind.ESCALATED), ("ada", CallKind.ESCALATED)]


async def test_no_act_is_for_viewers_or_for_whoever_was_deactivated(house: House):
    await filed(house, found())
    attend = house.attendant
    for person in (VICTOR, OLIVIA.model_copy(update={"id": "ghost"})):
        for result in (
            await attend.acknowledge("ALERT-1", person),
            await attend.assign("ALERT-1", person, AARON.id),
            await attend.snooze("ALERT-1", person, days=1),
            await attend.expect("ALERT-1", person, reason="x"),
            await attend.rebaseline("ALERT-1", person, reason="x"),
            await attend.escalate("ALERT-1", person),
        ):
            assert isinstance(result, Declined)
            assert result.cause is Cause.NOT_ALLOWED
    assert await house.actions("ALERT-1") == ["alert.opened"]


async def test_words_of_people_stand_in_the_trail_as_commitments_alone(house: House):
    await filed(house, found())
    await house.attendant.expect("ALERT-1", OLIVIA, reason="because Jane said so")
    async with house.ledger.read() as tx:
        entry = (await tx.audit.of("ALERT-1"))[-1]
    assert entry.action == "alert.expected"
    assert "Jane" not in entry.body


@pytest.mark.parametrize("how", ["expect", "rebaseline"])
async def test_the_monitor_itself_is_silent_about_a_level_that_is_normal_now(house: House, how: str):
    world = dearer_clicks(house, 1.8)
    await look(house, world, SHOCK)
    async with house.ledger.read() as tx:
        before = await tx.alerts.unrecovered()
    assert before
    for alert in before:
        said = await getattr(house.attendant, how)(alert.id, OLIVIA, reason="the auction is dearer, we know")
        assert isinstance(said, Alert), said
    for day in range(SHOCK + 1, SHOCK + 19):
        await look(house, world, day)
    async with house.ledger.read() as tx:
        assert [one.finding.title for one in await tx.alerts.unrecovered()] == []
