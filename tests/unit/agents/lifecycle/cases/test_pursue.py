"""What follows by itself survives crashes, outages and two runs at once, and lets go of what it held."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from agents.lifecycle.cases.cases import file_findings
from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.cases.pursue import Pursuit
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.records.alerts import Alert, Finding
from storage.records.facts import CampaignState
from storage.records.plans import PlanState
from storage.records.reviews import Automatic, Intervention, ReviewState
from storage.records.stops import FreezeScope
from tests.builders import CARLA, OLIVIA
from tests.statements import Statements
from tests.unit.agents.lifecycle.cases.test_intervene import HOLD, LARGE, PAUSE, checked
from tests.unit.agents.lifecycle.examining import SEEN, Room, a_finding, a_room, rules_with
from tests.unit.agents.lifecycle.house import House

MORE = a_finding(key="drift/ctr/paid_search", **LARGE)
OF_EACH = "alerts: {all: {automatic: hold}}"


@pytest.fixture
async def room(house: House) -> Room:
    return await a_room(house)


class Asked(Readers):
    """The sources of the house; `before` happens when they are asked for campaigns."""

    def __init__(self, room: Room, before: Callable[[], Awaitable[object]]) -> None:
        super().__init__(dict.fromkeys(room.house.channels, room.house.source))
        self.before = before

    async def campaigns(self) -> tuple[CampaignState, ...]:
        await self.before()
        return await super().campaigns()


def pursuing(room: Room, before: Callable[[], Awaitable[object]]) -> Pursuit:
    """Another run of the same, over sources that do this first."""
    house = room.house
    return Pursuit(
        house.ledger, house.rulebook, readers=Asked(room, before), attendant=house.attendant, proposer=house.proposer,
        clock=house.clock,
    )  # fmt: skip


async def silent() -> None:
    raise SourceUnavailable("the platform does not answer")


async def nothing() -> None:
    """Nothing happens before."""


async def acted(room: Room, alert_id: str = "ALERT-1") -> None:
    await room.examiner.diagnose(alert_id, OLIVIA, cause="noise", words="", via="test")
    said = await room.examiner.act(alert_id, OLIVIA, "recalibrate", why="too touchy", via="test")
    assert isinstance(said, Examined), said


class TestAHold:
    """It ends with its case, or with the last case that wants it."""

    async def test_it_ends_when_a_person_verifies(self, room: Room) -> None:
        room.house.rulebook.rules = rules_with(HOLD)
        await room.file(a_finding(**LARGE))
        await acted(room)
        assert len(await room.house.freezer.in_force()) == 1
        said = await room.examiner.verify("ALERT-1", CARLA, words="quiet", via="test")
        assert isinstance(said, Examined)
        assert await room.house.freezer.in_force() == ()
        automatic = (await room.review()).automatic
        assert automatic is not None
        assert automatic.ended_at == room.house.clock()

    async def test_it_goes_on_for_another_case_of_the_channel(self, room: Room) -> None:
        room.house.rulebook.rules = rules_with(OF_EACH)
        await room.file(a_finding(**LARGE))
        await room.file(a_finding(**LARGE), MORE)
        automatic = (await room.review("ALERT-2")).automatic
        assert automatic is not None
        assert automatic.ref == "FREEZE-1"
        later = SEEN + timedelta(days=3)
        await room.file(MORE.model_copy(update={"seen_on": later}), day_offset=3)
        assert (await room.review()).is_over
        (held,) = await room.house.freezer.in_force()
        assert (held.id, held.case) == ("FREEZE-1", "ALERT-2")
        assert held.reason.startswith("ALERT-2: ")
        assert await room.house.actions("FREEZE-1") == ["freeze.set", "freeze.handed_over"]
        await room.file(day_offset=6)
        assert await room.house.freezer.in_force() == ()

    async def test_what_a_person_froze_stays_frozen_when_the_case_is_over(self, room: Room) -> None:
        room.house.rulebook.rules = rules_with(HOLD)
        await room.house.freezer.freeze(FreezeScope.CHANNEL, "email", CARLA, reason="the sale", via="test")
        await room.file(a_finding(**LARGE))
        assert {one.value for one in await room.house.freezer.in_force()} == {"email", "paid_search"}
        await room.file(day_offset=3)
        assert [one.value for one in await room.house.freezer.in_force()] == ["email"]

    async def test_it_says_why_and_for_which_case(self, room: Room) -> None:
        room.house.rulebook.rules = rules_with(HOLD)
        await room.file(a_finding(**LARGE))
        async with room.house.ledger.read() as tx:
            (entry,) = await tx.audit.of("FREEZE-1")
        assert entry.facts["case"] == "ALERT-1"
        assert entry.facts["reason"] == "ALERT-1: CPC of paid_search is up 40 %"


class TestASilentSource:
    """What needs the campaigns waits for them; what does not, does not."""

    async def test_a_pause_waits_until_it_answers(self, room: Room) -> None:
        room.house.rulebook.rules = rules_with(PAUSE)
        away = pursuing(room, silent)
        await _filed(room, away, a_finding(**LARGE))
        assert (await room.review()).automatic is None
        await room.pursuit.keep_up()
        automatic = (await room.review()).automatic
        assert automatic is not None
        assert automatic.ref == "PLAN-1"

    async def test_a_hold_does_not_wait(self, room: Room) -> None:
        room.house.rulebook.rules = rules_with(HOLD)
        await _filed(room, pursuing(room, silent), a_finding(**LARGE))
        assert len(await room.house.freezer.in_force()) == 1

    async def test_the_brand_is_looked_up_later_and_its_limits_hold(self, room: Room) -> None:
        house = room.house
        house.rulebook.rules = rules_with("alerts: {acme: {brand: Acme, sla_hours: {medium: 2}}}")
        state = house.platform.campaigns["brand"]
        house.platform.campaigns["brand"] = state.model_copy(update={"brand": "Acme"})
        await _filed(room, pursuing(room, silent), a_finding())
        before = await room.review()
        assert before.brand is None
        house.clock.pass_(minutes=5)
        await room.pursuit.keep_up()
        after = await room.review()
        assert after.brand == "Acme"
        assert before.due_at is not None
        assert after.due_at is not None
        assert after.due_at < before.due_at
        assert await room.pursuit.keep_up() == 0


async def _filed(room: Room, pursuit: Pursuit, *findings: Finding) -> None:
    """As `room.file`, with this one to follow it up."""
    other = Room(room.house, room.asker, room.promoter, pursuit, room.examiner)
    await other.file(*findings)


class TestTwoRunsAtOnce:
    """Whatever the other did meanwhile, once is once."""

    async def test_a_review_that_the_other_closed_stays_closed(self, room: Room) -> None:
        await room.file(a_finding())
        quiet = SEEN + timedelta(days=3)
        await file_findings(room.house.ledger, (), data_day=quiet, simulated=True, now=room.house.clock())
        late = pursuing(room, room.pursuit.keep_up)
        assert await late.keep_up() == 1
        assert (await room.review()).state is ReviewState.LAPSED
        assert (await room.house.actions("ALERT-1")).count("review.lapsed") == 1

    async def test_a_late_step_climbs_one_rung(self, room: Room) -> None:
        await room.file(a_finding())
        room.house.clock.pass_(hours=16)
        await pursuing(room, room.pursuit.keep_up).keep_up()
        assert ((await room.review()).late, (await room.alert()).escalated) == (1, 1)

    async def test_several_at_once_climb_one_rung(self, room: Room) -> None:
        await room.file(a_finding())
        room.house.clock.pass_(hours=16)
        await asyncio.gather(*(pursuing(room, nothing).keep_up() for _ in range(4)))
        assert ((await room.review()).late, (await room.alert()).escalated) == (1, 1)

    async def test_they_file_one_pause_though_it_ran_at_once(self, room: Room) -> None:
        house = room.house
        house.rulebook.rules = rules_with(PAUSE)
        await checked(house, as_of=SEEN)
        await _filed(room, pursuing(room, silent), a_finding(**LARGE))
        await asyncio.gather(*(pursuing(room, nothing).keep_up() for _ in range(4)))
        async with house.ledger.read() as tx:
            plans = await tx.plans.in_states(*PlanState)
        assert [one.plan.id for one in plans] == ["PLAN-1"]
        automatic = (await room.review()).automatic
        assert automatic is not None
        assert (automatic.ref, automatic.pending) == ("PLAN-1", False)


async def test_a_run_that_died_after_filing_a_pause_is_made_good_by_the_same_plan(room: Room) -> None:
    house = room.house
    house.rulebook.rules = rules_with(PAUSE)
    await checked(house, as_of=SEEN)
    await room.file(a_finding(**LARGE))
    assert (await house.status("PLAN-1")).state is PlanState.APPROVED
    claimed = Automatic(kind=Intervention.PAUSE, words="a pause is being filed", at=house.clock(), pending=True)
    async with house.ledger.write() as tx:
        await tx.reviews.save((await room.review()).model_copy(update={"automatic": claimed}))
    assert await room.pursuit.keep_up() == 0, "somebody may be at it"
    house.clock.pass_(minutes=10)
    await room.pursuit.keep_up()
    automatic = (await room.review()).automatic
    assert automatic is not None
    assert (automatic.ref, automatic.pending) == ("PLAN-1", False)
    async with house.ledger.read() as tx:
        assert len(await tx.plans.in_states(*PlanState)) == 1


async def test_a_persons_words_are_never_in_what_the_system_writes(room: Room) -> None:
    await room.file(a_finding())
    await room.examiner.diagnose("ALERT-1", OLIVIA, cause="1", words="Jane Doe told me on the phone", via="test")
    room.house.clock.pass_(days=2)
    await room.pursuit.keep_up()
    await room.file(day_offset=3)
    async with room.house.ledger.read() as tx:
        entries = await tx.audit.of("ALERT-1")
    assert "review.late" in [one.action for one in entries]
    assert not [one.action for one in entries if one.actor == "system" and "Jane" in one.body]


async def test_one_damaged_review_leaves_the_others_alone(room: Room) -> None:
    house = room.house
    other = a_finding(key="drift/cpc/email", entity="email", channel="email")
    await room.file(a_finding(), other)
    async with house.ledger.write() as tx:
        damaged = await tx.reviews.get("ALERT-1")
        assert damaged is not None
        await tx.reviews.save(damaged.model_copy(update={"steps": ()}))
    house.clock.pass_(hours=16)
    with pytest.raises(ExceptionGroup) as raised:
        await room.pursuit.keep_up()
    assert len(raised.value.exceptions) == 1
    assert (await room.review("ALERT-2")).late == 1


async def test_what_is_asked_each_minute_does_not_grow_with_the_cases(room: Room) -> None:
    async def asked() -> int:
        with Statements(room.house.database.reading) as made:
            assert await room.pursuit.keep_up() == 0
        return len(made)

    await room.file(a_finding())
    one = await asked()
    await room.file(a_finding(), *(a_finding(key=f"drift/cpc/{number}") for number in range(9)))
    await acted(room, "ALERT-2")
    await room.examiner.verify("ALERT-2", CARLA, words="quiet", via="test")
    assert await asked() <= one + 1


class TestAtOnce:
    """What people do about a case moves its review in the same breath, so that a card never tells two stories."""

    async def test_who_takes_a_case_has_its_review(self, room: Room) -> None:
        await room.file(a_finding(**LARGE))
        await room.house.attendant.acknowledge("ALERT-1", OLIVIA)
        review = await room.review()
        assert (review.state, review.owner) == (ReviewState.ACKNOWLEDGED, "olivia")
        assert await room.pursuit.keep_up() == 0

    async def test_who_takes_a_case_that_they_have_diagnosed_changes_nothing_about_its_review(self, room: Room) -> None:
        await room.file(a_finding(**LARGE))
        await room.examiner.diagnose("ALERT-1", OLIVIA, cause="noise", words="", via="test")
        before = await room.review()
        taken = await room.house.attendant.acknowledge("ALERT-1", OLIVIA)
        assert isinstance(taken, Alert)
        assert taken.acknowledged_by == "olivia"
        assert await room.review() == before

    async def test_what_is_called_normal_ends_its_review(self, room: Room) -> None:
        await room.file(a_finding(**LARGE))
        await room.house.attendant.expect("ALERT-1", OLIVIA, reason="the sale began")
        assert (await room.review()).state is ReviewState.VERIFIED

    async def test_who_was_asked_already_is_not_called_again_by_escalating(self, room: Room) -> None:
        await room.file(a_finding(**LARGE))
        await room.house.attendant.assign("ALERT-1", OLIVIA, "aaron")
        called = await room.house.attendant.escalate("ALERT-1", OLIVIA)
        assert isinstance(called, Alert)
        assert called.escalated_to == ("carla",)

    async def test_only_who_may_take_a_case_is_offered(self, room: Room) -> None:
        takers = [one.id for one in await room.house.attendant.takers()]
        assert {"olivia", "aaron", "carla"} <= set(takers)
        assert not {"victor", "ada"} & set(takers)
