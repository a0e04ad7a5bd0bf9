"""Which case has a card, from when on, and what becomes of it as findings come and go."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.lifecycle.cases.cases import file_findings
from storage.records.alerts import Alert, AlertState, Finding, Severity
from storage.records.attention import QuietHours
from tests.builders import OLIVIA, a_finding
from tests.unit.agents.lifecycle.house import House

DAY = date(2025, 6, 7)
NIGHT = datetime(2025, 6, 3, 22, 30, tzinfo=UTC)
MORNING = datetime(2025, 6, 4, 7, 0, tzinfo=UTC)
HOURS = QuietHours(first=time(20), last=time(8), zone="Europe/London")
CAUSE = "drift/cpc/paid_search"


def found(**changes):
    return a_finding(**{"suspect_plan": None, "seen_on": DAY, **changes})


async def filed(house: House, *findings, day: date = DAY) -> dict[str, Alert]:
    """Open cases by key, after the monitor found these on that day."""
    await file_findings(house.ledger, findings, data_day=day, simulated=True, now=house.clock())
    async with house.ledger.read() as tx:
        return {one.finding.key: one for one in await tx.alerts.unrecovered()}


async def with_cards(house: House) -> set[str]:
    async with house.ledger.read() as tx:
        return set(await tx.cards.behind(at=house.clock()))


async def keep_quiet(house: House, hours: QuietHours | None = HOURS) -> None:
    async with house.ledger.write() as tx:
        await tx.attention.set_quiet_hours(hours)


@pytest.mark.parametrize(
    ("severity", "has_card"), [(Severity.NOTE, False), (Severity.WARNING, True), (Severity.CRITICAL, True)]
)
async def test_what_is_small_has_no_card(house: House, severity: Severity, has_card: bool):
    await filed(house, found(severity=severity))
    assert await with_cards(house) == ({"ALERT-1"} if has_card else set())


async def test_a_small_case_that_grows_gets_its_card_and_one_that_shrinks_keeps_it(house: House):
    await filed(house, found(severity=Severity.NOTE))
    for days, severity in ((1, Severity.WARNING), (2, Severity.NOTE)):
        at = DAY + timedelta(days=days)
        await filed(house, found(severity=severity, seen_on=at), day=at)
        assert await with_cards(house) == {"ALERT-1"}
    assert await house.actions("ALERT-1") == ["alert.opened", "alert.worse"]


async def test_in_quiet_hours_a_medium_case_waits_for_the_morning_and_a_large_one_does_not(house: House):
    house.clock.now = NIGHT
    await keep_quiet(house)
    large = found(key="drift/roas/email", severity=Severity.CRITICAL)
    cases = await filed(house, found(), large)
    assert cases[CAUSE].shown_from == MORNING
    assert await with_cards(house) == {"ALERT-2"}
    house.clock.now = MORNING
    assert await with_cards(house) == {"ALERT-1", "ALERT-2"}


async def test_a_case_that_grows_large_at_night_waits_no_longer(house: House):
    house.clock.now = NIGHT
    await keep_quiet(house)
    await filed(house, found())
    at = DAY + timedelta(days=1)
    await filed(house, found(severity=Severity.CRITICAL, seen_on=at), day=at)
    assert await with_cards(house) == {"ALERT-1"}


async def test_a_burst_with_one_cause_is_one_card_that_tells_of_all(house: House):
    parts = [found(key=f"drift/{kpi}/paid_search", kpi=kpi, part_of=CAUSE) for kpi in ("roas", "cpa", "cvr")]
    cases = await filed(house, *parts, found())
    assert len(cases) == 4
    assert await with_cards(house) == {cases[CAUSE].id}
    before = cases[CAUSE].version
    at = DAY + timedelta(days=1)
    more = [one.model_copy(update={"seen_on": at}) for one in (*parts, found())]
    newer = await filed(house, *more, found(key="drift/ctr/paid_search", part_of=CAUSE, seen_on=at), day=at)
    assert newer[CAUSE].version > before + 1, "drawn anew: it tells of one more"
    assert await with_cards(house) == {cases[CAUSE].id}


async def test_what_nothing_explains_any_more_gets_a_card_of_its_own(house: House):
    await filed(house, found(), found(key="drift/roas/email", part_of=CAUSE))
    at = DAY + timedelta(days=1)
    await filed(house, found(key="drift/roas/email", seen_on=at), day=at)
    assert await with_cards(house) == {"ALERT-1", "ALERT-2"}


async def test_a_part_of_a_case_that_there_is_not_stands_alone(house: House):
    await filed(house, found(key="drift/roas/email", part_of="drift/unknown"))
    assert await with_cards(house) == {"ALERT-1"}


async def test_a_case_that_passes_while_it_sleeps_is_over_and_does_not_wake(house: House):
    await filed(house, found())
    await house.attendant.snooze("ALERT-1", OLIVIA, days=7)
    assert await filed(house, day=DAY + timedelta(days=3)) == {}
    house.clock.pass_(days=8)
    assert await house.attendant.wake_snoozed() == 0
    async with house.ledger.read() as tx:
        alert = await tx.alerts.get("ALERT-1")
    assert alert is not None
    assert (alert.state, alert.snoozed_until) == (AlertState.RECOVERED, None)


async def looked(house: House, *findings: Finding, day: date | None, read_to: dict[str, date]) -> set[str]:
    """Keys of the cases that are open after a look."""
    await file_findings(house.ledger, findings, data_day=day, read_to=read_to, simulated=True, now=house.clock())
    async with house.ledger.read() as tx:
        return {one.finding.key for one in await tx.alerts.unrecovered()}


async def test_a_case_is_over_only_once_the_source_that_could_show_it_was_read(house: House):
    ads, mail = found(source="ads"), found(key="drift/roas/email", source="mail")
    both = {ads.key, mail.key}
    later = DAY + timedelta(days=3)
    assert await looked(house, ads, mail, day=DAY, read_to={"ads": DAY, "mail": DAY}) == both
    assert await looked(house, day=None, read_to={"mail": DAY + timedelta(days=2)}) == both
    assert await looked(house, day=None, read_to={"mail": later}) == {ads.key}, "of ads nothing is known since"
    assert await looked(house, day=later, read_to={"mail": later}) == {ads.key}, "nobody watches ads any more"
    assert await looked(house, day=later, read_to={"ads": later, "mail": later}) == set()


async def test_a_case_of_no_one_source_is_over_only_once_all_were_read(house: House):
    later = DAY + timedelta(days=3)
    await looked(house, found(), day=DAY, read_to={})
    assert await looked(house, day=None, read_to={"mail": later}) == {CAUSE}
    assert await looked(house, day=later, read_to={"mail": later}) == set()


clocks = st.times().map(lambda one: one.replace(second=0, microsecond=0))
zones = st.sampled_from(["Europe/London", "America/New_York", "Pacific/Chatham", "UTC", "Australia/Lord_Howe"])
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))


@given(clocks, clocks, st.booleans(), zones, moments)
def test_quiet_hours_end_within_days_at_a_moment_that_is_loud(first, last, weekends, zone, at):
    if first == last:
        return
    hours = QuietHours(first=first, last=last, weekends=weekends, zone=zone)
    ends = hours.end_after(at)
    if ends is not None:
        assert at < ends <= at + timedelta(days=4)
        # Where clocks jump, the end may itself be shown twice or not at all.
        assert any(hours.end_after(ends + timedelta(hours=shift)) is None for shift in (0, 1)) or last > first


def test_quiet_hours_hold_over_midnight_and_whole_weekends():
    hours = QuietHours(first=time(20), last=time(8), weekends=True, zone="Europe/London")
    saturday, friday_night = datetime(2025, 6, 7, 12, tzinfo=UTC), datetime(2025, 6, 6, 21, tzinfo=UTC)
    monday = datetime(2025, 6, 9, 7, tzinfo=UTC)
    assert hours.end_after(saturday) == hours.end_after(friday_night) == monday
    assert hours.end_after(monday) is None
    winter = QuietHours(first=time(20), last=time(8), zone="Europe/London")
    assert winter.end_after(datetime(2025, 12, 3, 21, tzinfo=UTC)) == datetime(2025, 12, 4, 8, tzinfo=UTC)
