"""What happens by itself to a large case: nothing unless the team's limits say so, and then within the rules."""

from datetime import date

import pytest

from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.walk import MONITOR, MONITOR_VERSION
from storage.records.alerts import AlertKind, Candidate, Certainty, Pattern, Severity
from storage.records.evaluations import Measure
from storage.records.plans import PlanState
from storage.records.reviews import Intervention, ReviewState
from tests.builders import AARON, OLIVIA
from tests.unit.agents.lifecycle.examining import SEEN, Room, a_finding, a_room, rules_with
from tests.unit.agents.lifecycle.house import House

HOLD = "alerts: {cpc: {kpi: cpc, automatic: hold}}"
PAUSE = "alerts: {cpc: {kpi: cpc, automatic: pause}}"
LARGE = {"severity": Severity.CRITICAL}


@pytest.fixture
async def room(house: House) -> Room:
    return await a_room(house)


async def checked(house: House, *, as_of: date, passed: bool = True) -> None:
    """The monitor was held against what came."""
    async with house.ledger.write() as tx:
        await tx.evaluations.add(
            subject=MONITOR, version=MONITOR_VERSION, measure=Measure.CASE_PRECISION, value="0.9" if passed else "0.2",
            target="0.7", passed=passed, cases=10, words="9 of 10", simulated=True, as_of=as_of, at=house.clock(),
        )  # fmt: skip


async def test_by_default_nothing_happens_by_itself(room: Room):
    await room.file(a_finding(**LARGE))
    assert (await room.review()).automatic is None
    assert await room.house.freezer.in_force() == ()


async def test_a_hold_stops_plans_on_the_channel_and_ends_with_the_case(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(HOLD)
    plan = (await house.asked(OLIVIA, brand=440)).plan
    await room.file(a_finding(**LARGE))
    review = await room.review()
    assert review.automatic is not None
    assert (review.automatic.kind, review.automatic.ref) == (Intervention.HOLD, "FREEZE-1")
    status = await house.approved(plan, AARON)
    assert status.state is PlanState.APPROVED
    assert house.budgets()["brand"] == 400
    await room.file(day_offset=3)
    assert (await room.review()).state is ReviewState.LAPSED
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    assert await house.freezer.in_force() == ()
    assert house.budgets()["brand"] == 440


async def test_a_hold_leaves_other_channels_alone(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(HOLD)
    await room.file(a_finding(**LARGE))
    plan = (await house.asked(OLIVIA, news=110)).plan
    assert (await house.approved(plan, AARON)).state is PlanState.DONE


async def test_a_plan_that_takes_back_passes_a_hold_of_a_case(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(HOLD)
    plan = (await house.asked(OLIVIA, brand=440)).plan
    await house.approved(plan, AARON)
    await room.file(a_finding(suspect_plan=plan.id, **LARGE))
    assert len(await house.freezer.in_force()) == 1
    await room.examiner.diagnose("ALERT-1", AARON, cause="change", words="", via="test")
    said = await room.examiner.act("ALERT-1", AARON, "roll_back", why="since then", via="test")
    assert isinstance(said, Examined), said
    await house.queue.run()
    assert house.budgets()["brand"] == 400


async def test_a_person_may_lift_the_hold_and_it_is_not_set_again(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(HOLD)
    await room.file(a_finding(**LARGE))
    await house.freezer.thaw("FREEZE-1", AARON, via="test")
    await room.pursuit.keep_up()
    assert await house.freezer.in_force() == ()


async def test_a_medium_case_is_not_intervened_in(room: Room):
    room.house.rulebook.rules = rules_with(HOLD)
    await room.file(a_finding())
    assert (await room.review()).automatic is None


async def test_what_somebody_has_diagnosed_is_left_to_them(room: Room):
    await room.file(a_finding())
    await room.examiner.diagnose("ALERT-1", AARON, cause="1", words="", via="test")
    room.house.rulebook.rules = rules_with(HOLD)
    await room.file(a_finding(seen_on=SEEN.replace(day=3), **LARGE), day_offset=1)
    assert await room.house.freezer.in_force() == ()


async def test_a_pause_runs_at_once_where_the_limits_allow_it_and_the_monitor_was_checked(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(PAUSE)
    await checked(house, as_of=SEEN)
    await room.file(a_finding(**LARGE))
    status = await house.status("PLAN-1")
    assert status.state is PlanState.APPROVED, status.note
    assert [(one.resource.id, one.field, one.after) for one in status.plan.changes] == [("brand", "status", "paused")]
    review = await room.review()
    assert review.automatic is not None
    assert review.automatic.words == "PLAN-1 pauses 1 campaign; the rules let it run at once"
    await room.pursuit.keep_up()
    assert (await room.review()) == review


@pytest.mark.parametrize(("as_of", "passed"), [(None, True), (date(2025, 4, 1), True), (SEEN, False)])
async def test_a_monitor_that_was_not_checked_lately_or_failed_has_to_ask(room: Room, as_of, passed):
    house = room.house
    house.rulebook.rules = rules_with(PAUSE)
    if as_of is not None:
        await checked(house, as_of=as_of, passed=passed)
    await room.file(a_finding(**LARGE))
    assert (await house.status("PLAN-1")).state is PlanState.WAITING


async def test_two_cases_pause_beside_each_other(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(PAUSE)
    other = a_finding(key="drift/cpc/email", entity="email", channel="email", **LARGE)
    await room.file(a_finding(**LARGE), other)
    assert [(await house.status(f"PLAN-{one}")).state for one in (1, 2)] == [PlanState.WAITING] * 2


async def test_after_a_crash_between_filing_and_noting_the_same_plan_is_found(room: Room):
    house = room.house
    house.rulebook.rules = rules_with(PAUSE)
    await room.file(a_finding(**LARGE))
    review = await room.review()
    async with house.ledger.write() as tx:
        await tx.reviews.save(review.model_copy(update={"automatic": None}))
    await room.pursuit.keep_up()
    again = (await room.review()).automatic
    assert again is not None
    assert again.ref == "PLAN-1"


async def test_where_nothing_runs_nothing_is_paused(room: Room):
    room.house.rulebook.rules = rules_with(PAUSE)
    room.house.platform.pause("brand")
    await room.file(a_finding(**LARGE))
    review = await room.review()
    assert review.automatic is not None
    assert review.automatic.words == "nothing is running in paid_search that could be paused"


@pytest.mark.parametrize(
    "changes",
    [
        {"pattern": Pattern.TRACKING_BREAK},
        {"candidates": (Candidate(kind="tracking", words="The tag", certainty=Certainty.LIKELY),)},
        {"kind": AlertKind.FRESHNESS},
    ],
)
async def test_where_the_measuring_broke_plans_are_held_and_nothing_is_paused(room: Room, changes):
    room.house.rulebook.rules = rules_with(PAUSE)
    await checked(room.house, as_of=SEEN)
    await room.file(a_finding(**LARGE, **changes))
    review = await room.review()
    assert review.automatic is not None
    assert review.automatic.kind is Intervention.HOLD
    assert room.house.platform.campaigns["brand"].status == "active"
