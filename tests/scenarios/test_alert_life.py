"""The life of an alert in Slack: taken, handed on, put aside, called normal, escalated, rolled up, digested."""

from datetime import time, timedelta
from typing import Any

from agents.lifecycle.cases.cases import file_findings
from storage.records.alerts import Alert, AlertState, Candidate, Certainty, Finding, LearntKind, Severity
from tests.builders import a_finding
from tests.fakes.member import Member
from tests.scenarios.team import CHANNEL, Team, all_words, controls

CAUSE = "drift/cpc/email"


def found(**changes: Any) -> Finding:
    return a_finding(**{"key": CAUSE, "entity": "email", "suspect_plan": None, **changes})


async def filed(team: Team, *findings: Finding) -> None:
    """The monitor found these on its newest day, and whoever is to be called is."""
    office = team.office
    await file_findings(office.ledger, findings, data_day=findings[0].seen_on, simulated=True, now=office.clock())
    await team.tick()


async def alert_of(team: Team, alert_id: str = "ALERT-1") -> Alert:
    async with team.office.ledger.read() as tx:
        alert = await tx.alerts.get(alert_id)
    assert alert is not None
    return alert


async def choose(team: Team, member: Member, choice: str, subject: str = "ALERT-1") -> None:
    """Open a form from the menu of the card."""
    card = await team.card(subject=subject)
    await member.choose(card, "alert.more", f"alert_menu.1:{choice}:{subject}")


async def told_directly(team: Team, member: Member, *texts: str) -> Any:
    return await member.sees(lambda one: all(text in all_words(one) for text in texts), "im")


async def test_a_large_case_is_a_card_and_a_message_to_whoever_it_is_for(team: Team) -> None:
    await filed(team, found(severity=Severity.CRITICAL))
    await team.card("Critical, open", subject="ALERT-1")
    message = await told_directly(team, team.olivia, "Olivia, this is large", "ALERT-1")

    await team.olivia.click(message, "Acknowledge", channel="im")

    await team.card("Olivia Reed is looking at it", subject="ALERT-1")
    redrawn = await told_directly(team, team.olivia, "Olivia Reed is looking at it")
    assert redrawn["ts"] == message["ts"]
    assert len(await calls(team)) == 1


async def calls(team: Team, alert_id: str = "ALERT-1") -> list[str]:
    async with team.office.ledger.read() as tx:
        return [one.person_id for one in await tx.attention.calls_of(alert_id)]


async def test_it_is_handed_to_somebody_who_hears_of_it_and_takes_it(team: Team) -> None:
    await filed(team, found())
    await choose(team, team.olivia, "assign")
    await team.olivia.sees_modal("Who takes it?")
    await team.olivia.submit(person="U00AARON", words="you know it better")
    await team.olivia.sees_modal("waits for Aaron")

    await team.card("Waits for", "Aaron", subject="ALERT-1")
    message = await told_directly(team, team.aaron, "you are asked to take this", "you know it better")
    await team.aaron.click(message, "Acknowledge", channel="im")

    await team.card("is looking at it", subject="ALERT-1")
    assert "asked" in await team.in_thread("is looking at it", subject="ALERT-1")
    assert (await alert_of(team)).acknowledged_by == "aaron"


async def test_two_people_at_once_are_one_who_takes_it_and_one_who_is_told(team: Team) -> None:
    await filed(team, found())
    card = await team.card("Acknowledge", subject="ALERT-1")
    late = team.late_click(card, "alert.acknowledge", "U00AARON")
    await team.olivia.click(card, "Acknowledge")
    await team.card("Olivia Reed is looking at it", subject="ALERT-1")

    await team.workspace.deliver_raw(late)

    await team.aaron.sees("Olivia Reed is looking at ALERT-1 already")
    assert (await alert_of(team)).acknowledged_by == "olivia"


async def test_it_sleeps_until_the_team_is_at_work_on_the_day_that_was_picked(team: Team) -> None:
    await filed(team, found())
    await choose(team, team.olivia, "snooze_until")
    await team.olivia.sees_modal("Until")
    saturday = team.wall().date() + timedelta(days=5)
    assert saturday.weekday() == 5
    await team.olivia.submit(day=saturday.isoformat())
    await team.olivia.sees_modal("is quiet until 06 Apr")
    await team.card("Snoozed", subject="ALERT-1")

    await team.restart()
    await team.pass_time(days=6)
    assert (await alert_of(team)).state is AlertState.SNOOZED
    await team.pass_time(days=1)

    await team.card("open", "Acknowledge", subject="ALERT-1")
    assert "speaks up again" in await team.in_thread("speaks up again", subject="ALERT-1")


async def test_what_was_expected_is_learnt_and_not_told_again(team: Team) -> None:
    await filed(team, found())
    await choose(team, team.olivia, "expect")
    await team.olivia.sees_modal("normal from its first day on")
    refused = await team.olivia.submit(words=" ")
    assert "Please say why" in str(refused), refused
    await team.olivia.submit(words="the <!channel> sale began")
    await team.olivia.sees_modal("ALERT-1 is closed")

    card = await team.card("Expected", "Olivia Reed said so", subject="ALERT-1")
    assert controls(card) == set()
    await filed(team, found(seen_on=found().seen_on + timedelta(days=1)))
    async with team.office.ledger.read() as tx:
        assert await tx.alerts.unrecovered() == ()
    assert (await alert_of(team)).learnt is LearntKind.EXPECTED


async def test_normal_is_learnt_afresh_from_the_day_that_was_picked(team: Team) -> None:
    await filed(team, found())
    await choose(team, team.aaron, "rebaseline")
    await team.aaron.sees_modal("First day that counts")
    await team.aaron.submit(day="2025-06-06", words="new shop")
    await team.aaron.sees_modal("learnt from 6 June 2025 on")

    await team.card("learnt afresh", subject="ALERT-1")
    async with team.office.ledger.read() as tx:
        (learnt,) = (await tx.alerts.learnt()).values()
    assert (learnt.since.isoformat(), learnt.reason) == ("2025-06-06", "new shop")


async def test_it_is_escalated_to_those_above_and_said_aloud(team: Team) -> None:
    await filed(team, found())
    await choose(team, team.olivia, "escalate")
    await team.olivia.sees_modal("next rung")
    await team.olivia.submit(words="should we stop it?")
    await team.olivia.sees_modal("have a message")

    await team.card("Escalated to", "Aaron", subject="ALERT-1")
    await told_directly(team, team.aaron, "this was escalated to you", "should we stop it?")
    await team.in_thread("escalated it", subject="ALERT-1")
    aloud = [one for one in team.workspace.messages(CHANNEL) if one.get("subtype") == "thread_broadcast"]
    assert len(aloud) == 1


async def test_the_suspects_are_shown_with_what_speaks_for_and_against_them(team_after: Team) -> None:
    team = team_after
    candidate = Candidate(
        kind="change",
        ref="PLAN-1",
        words="PLAN-1 moved budget to email two days before",
        certainty=Certainty.LIKELY,
        speaks_for=("Only email moved",),
        speaks_against=("Clicks rose on the day before it",),
    )
    await filed(team, found(candidates=(candidate,)))
    card = await team.card("Only email moved", "Clicks rose on the day before", subject="ALERT-1")
    assert "plan.rollback" in controls(card)

    await team.victor.click(card, "Suspects")

    shown = all_words(await team.victor.sees_modal("Clicks rose on the day before it"))
    assert "likely: it coincides" in shown
    assert "only an experiment shows that" in shown


async def test_a_burst_with_one_cause_is_one_card_that_lists_it(team: Team) -> None:
    parts = [found(key=f"drift/{kpi}/email", kpi=kpi, title=f"{kpi} of email moved", part_of=CAUSE) for kpi in "abc"]
    await filed(team, found(), *parts)

    card = await team.card("Explains 3 more cases", "b of email moved", subject="ALERT-1")

    await choose(team, team.olivia, "expect")
    await team.olivia.sees_modal("3 cases that it explains")
    await team.olivia.submit(words="one campaign ended")
    await team.card("The new level is the normal one", subject="ALERT-1")
    assert [team.cards(f"ALERT-{number}") for number in (2, 3, 4)] == [[], [], []]
    assert card["ts"] == (await team.card(subject="ALERT-1"))["ts"]
    async with team.office.ledger.read() as tx:
        assert await tx.alerts.unrecovered() == ()


async def test_at_night_a_medium_case_is_held_back_and_a_large_one_is_not(team: Team) -> None:
    async with team.office.ledger.read() as tx:
        aaron = await tx.people.get("aaron")
    assert aaron is not None
    await team.office.notifications.set_quiet_hours(aaron, hours=(time(20), time(8)))
    await team.pass_time(hours=13)
    await filed(team, found(), found(key="drift/roas/email", severity=Severity.CRITICAL))
    await team.card("Critical", subject="ALERT-2")
    assert team.cards("ALERT-1") == []

    await team.pass_time(hours=10)

    await team.card("Warning", subject="ALERT-1")


async def test_the_digest_is_posted_once_and_small_cases_have_no_card(team: Team) -> None:
    await filed(team, found(severity=Severity.NOTE, title="Clicks <!channel> of email are a little dearer"))
    await team.tick("digest", "digest")
    await team.restart()
    await team.tick("digest")

    told = await team.workspace.wait_for(lambda: _digests(team) or None, 20)

    assert told is not None
    assert len(told) == 1
    assert "a little dearer" in all_words(told[0])
    assert team.cards("ALERT-1") == []


def _digests(team: Team) -> list[Any]:
    return [
        one
        for one in team.workspace.messages(CHANNEL)
        if any(block.get("block_id", "").startswith("digest.DIGEST-") for block in one.get("blocks", ()))
    ]


async def test_whoever_muted_alerts_hears_nothing_more_until_the_morning_it_ends(team: Team) -> None:
    await filed(team, found(severity=Severity.CRITICAL))
    message = await told_directly(team, team.olivia, "ALERT-1")
    await team.olivia.choose(message, "alert.mute", "mute.1:all_1d:ALERT-1", channel="im")
    await team.olivia.sees("No direct message about alerts before 31 Mar 09:00", "im")

    await filed(team, found(key="drift/roas/email", severity=Severity.CRITICAL))
    assert await calls(team, "ALERT-2") == []
    await team.pass_time(days=1)

    assert "olivia" in await calls(team, "ALERT-2")


async def test_a_restart_tells_nothing_twice(team: Team) -> None:
    await filed(team, found(severity=Severity.CRITICAL))
    await team.card("Critical", subject="ALERT-1")
    await told_directly(team, team.olivia, "ALERT-1")
    before = len(team.olivia.messages("im"))

    await team.restart()
    await team.tick()
    await filed(team, found(severity=Severity.CRITICAL, seen_on=found().seen_on + timedelta(days=1)))

    await team.card("seen 2 times", subject="ALERT-1")
    assert len(team.olivia.messages("im")) == before
    assert await team.trail_is_whole()
