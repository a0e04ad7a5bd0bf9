"""A case is reviewed in Slack: diagnosed, acted on and verified, each step one form behind one button."""

from datetime import timedelta
from typing import Any

from agents.lifecycle.cases.cases import file_findings
from storage.records.alerts import AlertState, Candidate, Certainty, Finding, Severity
from storage.records.reviews import Review, ReviewState
from tests.builders import a_finding
from tests.scenarios.team import Team


async def filed(team: Team, **changes: Any) -> Finding:
    """The monitor found this on its newest day."""
    office, found = team.office, a_finding(**{"suspect_plan": None, **changes})
    await file_findings(office.ledger, (found,), data_day=found.seen_on, simulated=True, now=office.clock())
    await team.tick()
    return found


async def review_of(team: Team) -> Review:
    found = await team.office.examiner.review("ALERT-1")
    assert found is not None
    return found


async def test_a_case_walks_from_its_card_to_verified(team: Team) -> None:
    price = Candidate(kind="price", words="Auctions <!channel> dearer", certainty=Certainty.LIKELY)
    await filed(team, candidates=(price,))
    card = await team.card("Review", "somebody takes it", subject="ALERT-1")

    await team.olivia.click(card, "Review")
    await team.olivia.sees_modal("What is behind it?")
    await team.olivia.submit(cause="1", words="seen in the auction report")
    await team.olivia.sees_modal("somebody chooses what to do")
    card = await team.card("Diagnosed", "somebody chooses what to do", subject="ALERT-1")

    await team.aaron.click(card, "Review")
    await team.aaron.sees_modal("What is done about it?")
    refused = await team.aaron.submit(remedy="accept", words=" ")
    assert "Please write it down" in str(refused), refused
    await team.aaron.submit(remedy="accept", words="prices are what they are")
    await team.aaron.sees_modal("accepted as the new normal")

    await team.card("Expected", subject="ALERT-1")
    review = await review_of(team)
    assert review.state is ReviewState.VERIFIED
    assert [one.by for one in review.steps] == ["system", "olivia", "olivia", "aaron", "system"]
    assert await team.trail_is_whole()


async def test_who_may_not_is_told_so_and_the_late_one_what_happened(team: Team) -> None:
    await filed(team)
    card = await team.card("Review", subject="ALERT-1")
    await team.victor.click(card, "Review")
    await team.victor.sees_modal("may diagnose")

    await team.olivia.click(card, "Review")
    await team.olivia.sees_modal("What is behind it?")
    await team.office.attendant.expect("ALERT-1", await person(team, "aaron"), reason="sale")
    await team.tick()
    await team.olivia.submit(cause="tracking")
    await team.olivia.sees_modal("verified already")


async def person(team: Team, name: str) -> Any:
    async with team.office.ledger.read() as tx:
        return await tx.people.get(name)


async def test_a_restart_in_the_middle_loses_no_step_and_calls_for_the_late_one_once(team: Team) -> None:
    await filed(team, severity=Severity.CRITICAL)
    await team.restart()
    await team.pass_time(days=1)
    first = await review_of(team)
    assert first.late >= 1
    await team.restart()
    await team.tick()
    assert (await review_of(team)).late == first.late

    await team.pass_time(hours=1)
    await file_findings(
        team.office.ledger,
        (),
        data_day=a_finding().seen_on + timedelta(days=4),
        simulated=True,
        now=team.office.clock(),
    )
    await team.tick()
    assert (await review_of(team)).state is ReviewState.LAPSED
    async with team.office.ledger.read() as tx:
        alert = await tx.alerts.get("ALERT-1")
    assert alert is not None
    assert alert.state is AlertState.RECOVERED
