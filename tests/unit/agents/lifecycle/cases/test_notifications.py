"""Whom a large case calls, who hears nothing, and what the team reads once a day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import pytest

from agents.governance.calendar import sandbox_calendar
from agents.lifecycle.cases.cases import file_findings
from agents.lifecycle.cases.digest import MOST_LINES, Digester
from agents.lifecycle.cases.notifications import Notifications
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.people.owners import Owners
from storage.records.alerts import Severity
from storage.records.attention import Digest, Mute
from tests.builders import AARON, ADA, OLIVIA, PEOPLE, VICTOR, a_finding
from tests.statements import Statements
from tests.unit.agents.lifecycle.gated import a_gate, gated
from tests.unit.agents.lifecycle.house import House

DAY = date(2025, 6, 7)
LARGE = Severity.CRITICAL


def notifications(house: House, kpis: Mapping[str, str] | None = None) -> Notifications:
    owners = Owners(house.ledger, house.rulebook, kpis=kpis or {}, features={}, clock=house.clock)
    return Notifications(house.ledger, house.rulebook, owners, clock=house.clock)


def digester(house: House) -> Digester:
    return Digester(house.ledger, house.rulebook, clock=house.clock)


async def filed(house: House, *findings, day: date = DAY) -> None:
    await file_findings(house.ledger, findings, data_day=day, simulated=True, now=house.clock())


async def called(house: House, alert_id: str = "ALERT-1") -> list[str]:
    async with house.ledger.read() as tx:
        return [one.person_id for one in await tx.attention.calls_of(alert_id)]


@pytest.mark.parametrize(("severity", "told"), [(LARGE, ["olivia"]), (Severity.WARNING, []), (Severity.NOTE, [])])
async def test_a_large_case_calls_those_at_work_once(house: House, severity: Severity, told: list[str]):
    await filed(house, a_finding(severity=severity))
    for _ in range(3):
        await notifications(house).call_owners()
    assert await called(house) == told


async def test_a_new_owner_of_an_open_case_is_called_too(house: House):
    await filed(house, a_finding(severity=LARGE))
    await notifications(house).call_owners()
    owners = Owners(house.ledger, house.rulebook, kpis={"cpc": "performance marketing"}, features={}, clock=house.clock)
    await owners.name("kpi:cpc", "aaron", by=ADA, via="test")
    assert await notifications(house, {"cpc": "performance marketing"}).call_owners() == 1
    assert await called(house) == ["olivia", "aaron"]


async def test_what_somebody_has_taken_calls_nobody(house: House):
    await filed(house, a_finding(severity=LARGE))
    await house.attendant.acknowledge("ALERT-1", AARON)
    assert await notifications(house).call_owners() == 0


async def test_a_mute_holds_until_its_end_and_not_against_being_asked_by_name(house: House):
    await filed(house, a_finding(severity=LARGE))
    told = notifications(house)
    await told.mute(OLIVIA, until=house.clock() + timedelta(days=1))
    assert await told.call_owners() == 0
    await house.attendant.assign("ALERT-1", AARON, OLIVIA.id)
    assert await called(house) == ["olivia"]
    await filed(house, a_finding(severity=LARGE), a_finding(key="drift/roas/email", severity=LARGE))
    assert await told.call_owners() == 0
    house.clock.pass_(days=1)
    assert await told.call_owners() == 1
    assert await called(house, "ALERT-2") == ["olivia"]


async def test_one_case_can_be_muted_alone_and_again_be_heard_of(house: House):
    await filed(house, a_finding(severity=LARGE), a_finding(key="drift/roas/email", severity=LARGE))
    told = notifications(house)
    await told.mute(OLIVIA, until=house.clock() + timedelta(days=7), alert_id="ALERT-1")
    await told.call_owners()
    assert (await called(house), await called(house, "ALERT-2")) == ([], ["olivia"])
    await told.mute(OLIVIA, until=None, alert_id="ALERT-1")
    await told.call_owners()
    assert await called(house) == ["olivia"]


async def test_quiet_is_for_a_time_of_cases_that_there_are(house: House):
    told = notifications(house)
    for until, alert_id, cause in (
        (house.clock(), "", Cause.INVALID),
        (house.clock() + timedelta(days=93), "", Cause.INVALID),
        (house.clock() + timedelta(days=1), "ALERT-9", Cause.UNKNOWN),
    ):
        result = await told.mute(OLIVIA, until=until, alert_id=alert_id)
        assert isinstance(result, Declined)
        assert result.cause is cause


@pytest.mark.parametrize("person", [OLIVIA, VICTOR])
async def test_quiet_hours_of_the_team_are_for_those_who_answer_for_its_day(house: House, person):
    refused = await notifications(house).set_quiet_hours(person, hours=(time(20), time(8)))
    assert isinstance(refused, Declined)
    async with house.ledger.read() as tx:
        assert await tx.attention.quiet_hours() is None


async def test_ending_quiet_hours_posts_what_they_held_back(house: House):
    house.clock.now = datetime(2025, 6, 3, 22, tzinfo=UTC)
    told = notifications(house)
    said = await told.set_quiet_hours(AARON, hours=(time(20), time(8)))
    assert "20:00 to 08:00" in said.words
    await filed(house, a_finding())
    async with house.ledger.read() as tx:
        assert await tx.cards.behind(at=house.clock()) == ()
    await told.set_quiet_hours(AARON, hours=None)
    async with house.ledger.read() as tx:
        assert await tx.cards.behind(at=house.clock()) == ("ALERT-1",)


async def test_the_digest_tells_what_is_small_what_waits_and_what_is_over_once_a_day(house: House):
    small = a_finding(key="drift/ctr/email", severity=Severity.NOTE)
    gone = a_finding(key="drift/cpa/email", seen_on=DAY - timedelta(days=3))
    await filed(house, a_finding(), small, gone, day=DAY - timedelta(days=3))
    await filed(house, a_finding(), small)
    made = await digester(house).make()
    assert isinstance(made, Digest)
    assert [one.alert_id for one in made.waiting] == ["ALERT-1"]
    assert [one.alert_id for one in made.small] == ["ALERT-2"]
    assert [one.alert_id for one in made.recovered] == ["ALERT-3"]
    assert await digester(house).make() is None, "once"
    house.clock.pass_(days=1)
    next_day = await digester(house).make()
    assert isinstance(next_day, Digest)
    assert (next_day.small, next_day.recovered) == ((), ()), "what was told is told once; what waits, until it does not"
    await house.attendant.acknowledge("ALERT-1", OLIVIA)
    house.clock.pass_(days=1)
    assert await digester(house).make() is None, "nothing to tell"


async def test_after_days_away_one_digest_tells_of_all_of_them(house: House):
    await digester(house).make()
    for number in range(MOST_LINES + 3):
        await filed(house, *(a_finding(key=f"drift/{one}", severity=Severity.NOTE) for one in range(number + 1)))
        house.clock.pass_(hours=5)
    made = await digester(house).make()
    assert isinstance(made, Digest)
    assert (len(made.small), made.more) == (MOST_LINES, 3)


async def test_on_a_day_off_there_is_no_digest_and_the_next_one_tells_of_it(house: House):
    house.rulebook.rules = gated(a_gate("one", "approver"), calendar=sandbox_calendar())
    await filed(house, a_finding(severity=Severity.NOTE))
    house.clock.now = datetime(2025, 6, 7, 9, tzinfo=UTC)  # a Saturday
    assert await digester(house).make() is None
    house.clock.pass_(days=2)
    made = await digester(house).make()
    assert isinstance(made, Digest)
    assert [one.alert_id for one in made.small] == ["ALERT-1"]


async def test_the_digest_says_for_whom_a_case_waits_and_who_called_one_normal(house: House):
    await filed(house, a_finding(), a_finding(key="drift/cpa/email"))
    await house.attendant.assign("ALERT-1", OLIVIA, AARON.id)
    await house.attendant.expect("ALERT-2", OLIVIA, reason="a sale")
    made = await digester(house).make()
    assert isinstance(made, Digest)
    assert [one.words for one in made.waiting] == ["waits for Aaron Blake"]
    assert [one.words for one in made.recovered] == ["Olivia Reed said that it is normal"]


async def test_who_may_only_look_mutes_nothing_and_sets_no_hours_for_the_team(house: House):
    room, until = notifications(house), house.clock() + timedelta(hours=1)
    gone = VICTOR.model_copy(update={"active": False})
    await house.change(OLIVIA, gone)
    for refused in (
        await room.mute(gone, until=until),
        await room.set_quiet_hours(VICTOR, hours=(time(20), time(7))),
    ):
        assert isinstance(refused, Declined)
        assert refused.cause is Cause.NOT_ALLOWED


async def test_quiet_hours_that_would_never_end_are_refused(house: House):
    said = await notifications(house).set_quiet_hours(ADA, hours=(time(20), time(20)))
    assert isinstance(said, Declined)
    assert said.words == "Quiet hours end at another time than they begin."


async def test_ending_quiet_hours_posts_no_small_case(house: House):
    await filed(house, a_finding(severity=Severity.NOTE))
    await notifications(house).set_quiet_hours(ADA, hours=None)
    async with house.ledger.read() as tx:
        (small,) = await tx.alerts.unrecovered()
    assert small.shown_from is None


async def test_what_is_asked_each_minute_does_not_grow_with_the_cases_and_is_little_once_all_are_told(house: House):
    told = notifications(house, {"cpc": "performance marketing"})

    async def asked() -> int:
        with Statements(house.database.reading) as made:
            assert await told.call_owners() == 0
        return len(made)

    await filed(house, a_finding(severity=LARGE))
    await told.call_owners()
    one = await asked()
    await filed(house, *(a_finding(key=f"drift/{number}", severity=LARGE) for number in range(20)))
    await told.call_owners()
    assert await asked() == one
    async with house.ledger.write() as tx:
        for person in PEOPLE.values():
            await tx.attention.mute(Mute(person_id=person.id, until=house.clock() + timedelta(days=1)))
    assert await asked() < one, "nobody is left to tell, so nobody is looked up"
