"""Other settings are asked for where what happened says so; where it does not, people are told why not."""

from decimal import Decimal

import pytest

from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.evaluations.recalibrate import hit_of
from storage.records.alerts import AlertKind, Outcome, OutcomeScore, Reading
from tests.builders import AARON, OLIVIA, TODAY, a_forecast
from tests.unit.agents.lifecycle.examining import SEEN, Room, a_finding, a_room
from tests.unit.agents.lifecycle.house import House

MIDDLE, HIGH = Decimal("40481.75"), Decimal("42911.00")
"""Of what the plans of these tests forecast."""


@pytest.fixture
async def room(house: House) -> Room:
    return await a_room(house)


def cost_per_click(observed: str) -> Reading:
    """Beside an expected £0.40."""
    return Reading(
        unit="GBP", currency="GBP", observed=Decimal(observed), expected=Decimal("0.40"), first=SEEN, last=SEEN
    )


def an_outcome(plan_id: str, measured: Decimal | None, *, kpi: str = "revenue") -> Outcome:
    return Outcome(
        plan_id=plan_id, kpi=kpi, score=OutcomeScore.MET, text="told", scored_on=TODAY, final=True, measured=measured
    )


async def told(room: Room, number: int, measured: Decimal, *, kpi: str = "revenue") -> None:
    """A plan whose revenue was forecast, and what came of it."""
    proposal = room.house.proposal(brand=400 + number).model_copy(update={"forecasts": (a_forecast(),)})
    status = await room.house.proposer.file(proposal, replaces=False)
    async with room.house.ledger.write() as tx:
        await tx.executions.score(an_outcome(status.plan.id, measured, kpi=kpi))


async def recalibrated(room: Room, cause: str, alert_id: str = "ALERT-1") -> Examined | Declined:
    """What Aaron hears who asks for other settings once Olivia has named the cause."""
    await room.examiner.diagnose(alert_id, OLIVIA, cause=cause, words="", via="test")
    return await room.examiner.act(alert_id, AARON, "recalibrate", why="too touchy", via="test")


async def refused(room: Room, cause: str) -> str:
    """Why no other settings are asked for; the case still waits for a remedy."""
    said = await recalibrated(room, cause)
    assert isinstance(said, Declined), said
    assert said.cause is Cause.INVALID
    assert await room.asker.open() == ()
    assert (await room.review()).taken is None
    return said.words


@pytest.mark.parametrize("unmeasurable", [{"kpi": "aov"}, {"reading": None}])
async def test_what_no_bound_watches_or_nobody_measured_has_no_bound_to_move(room: Room, unmeasurable: dict):
    await room.file(a_finding(**unmeasurable))
    kpi = unmeasurable.get("kpi", "cpc")
    assert await refused(room, "noise") == (
        f"There is nothing to recalibrate: {kpi} of ALERT-1 is not watched by a bound that could be moved."
    )


async def test_a_departure_that_is_smaller_than_the_bound_was_no_matter_of_size(room: Room):
    await room.file(a_finding(reading=cost_per_click("0.44")))
    assert await refused(room, "noise") == (
        "There is nothing to recalibrate: cpc counts from 15% on already: size is not what was wrong."
    )


async def test_whoever_agrees_to_a_wider_bound_reads_which_real_cases_it_would_have_hidden(room: Room):
    small, large = a_finding(key="drift/cpc/email"), a_finding(key="drift/cpc/website", reading=cost_per_click("0.80"))
    other = a_finding(key="drift/ctr/email", kpi="ctr")
    unmeasured = a_finding(key="drift/cpc/paid_social", reading=None)
    await room.file(small, large, other, unmeasured, a_finding(reading=cost_per_click("0.60")))
    for number in range(1, 5):
        await room.examiner.diagnose(f"ALERT-{number}", OLIVIA, cause="price", words="", via="test")
    said = await recalibrated(room, "noise", "ALERT-5")
    assert isinstance(said, Examined), said
    (asked,) = await room.asker.open()
    words = " ".join(asked.lines)
    assert "cpc is a case from 55% on instead of 15%: ALERT-5 was 50% and nothing was wrong." in words
    assert "Of 2 confirmed cases of cpc, 1 would not be seen." in words


async def test_ranges_that_hold_what_they_promise_are_left_as_they_are(room: Room):
    for number in range(9):
        await told(room, number, HIGH if number > 6 else MIDDLE)
    await room.file(a_finding(key="outcome/PLAN-1", kind=AlertKind.OUTCOME, kpi="roas"))
    assert await refused(room, "outside") == (
        "There is nothing to recalibrate: the ranges hold as much as they should: there is nothing to change."
    )


async def test_an_outcome_of_what_was_not_forecast_says_nothing_about_ranges(room: Room):
    for number in range(9):
        await told(room, number, 2 * HIGH, kpi="revenue" if number < 2 else "roas")
    await room.file(a_finding(key="outcome/PLAN-1", kind=AlertKind.OUTCOME, kpi="roas"))
    assert await refused(room, "outside") == (
        "There is nothing to recalibrate: 2 forecasts have been told so far: too few to say how wide a range has to be."
    )


@pytest.mark.parametrize(("measured", "inside"), [(MIDDLE, True), (HIGH + 1, False), (None, None)])
def test_a_forecast_is_a_hit_or_a_miss_only_once_something_was_measured(measured: Decimal | None, inside: bool | None):
    hit = hit_of(a_forecast(), an_outcome("PLAN-1", measured))
    assert (None if hit is None else hit.inside) is inside
