"""Who cannot move a case on is told why and what to do instead; the case stays where it was."""

from datetime import timedelta

import pytest

from agents.lifecycle.cases.cases import file_findings
from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.decide import Cause, Declined
from storage.records.alerts import AlertKind
from storage.records.executions import FieldState
from storage.records.people import Person
from storage.records.plans import PlanState, Resource
from storage.records.reviews import Remedy, ReviewState
from tests.builders import AARON, CARLA, OLIVIA, VICTOR
from tests.fakes.channels import Failure, FakeChannel
from tests.unit.agents.lifecycle.examining import SEEN, Room, a_finding, a_room
from tests.unit.agents.lifecycle.house import House


@pytest.fixture
async def room(house: House) -> Room:
    return await a_room(house)


async def diagnosed(room: Room, cause: str) -> Examined:
    said = await room.examiner.diagnose("ALERT-1", OLIVIA, cause=cause, words="", via="test")
    assert isinstance(said, Examined), said
    return said


async def declined(room: Room, remedy: Remedy | str, *, why: str = "since then", by: Person = AARON) -> Declined:
    said = await room.examiner.act("ALERT-1", by, remedy, why=why, via="test")
    assert isinstance(said, Declined), said
    return said


async def carried_out(room: Room) -> str:
    """A plan of Olivia's that Aaron approved; its case is open and diagnosed as a change."""
    plan = (await room.house.asked(OLIVIA, brand=440)).plan
    await room.house.approved(plan, AARON)
    await room.file(a_finding(suspect_plan=plan.id))
    await diagnosed(room, "change")
    return plan.id


class TestDiagnosing:
    """A cause can be named anew until something was done about it."""

    async def test_a_second_opinion_replaces_the_first_and_both_are_told(self, room: Room):
        await room.file(a_finding())
        await diagnosed(room, "price")
        said = await room.examiner.diagnose("ALERT-1", AARON, cause="tracking", words="the tag", via="test")
        assert isinstance(said, Examined)
        assert said.review.diagnosis is not None
        assert (said.review.diagnosis.kind, said.review.diagnosis.by) == ("tracking", AARON.id)
        assert said.review.owner == OLIVIA.id, "who took the case goes on answering for it"
        states = [one.state for one in said.review.steps]
        assert states.count(ReviewState.ACKNOWLEDGED) == 1
        assert (await room.house.actions("ALERT-1")).count("review.diagnosed") == 2

    async def test_once_something_was_done_it_is_too_late(self, room: Room):
        await room.file(a_finding())
        await diagnosed(room, "noise")
        await room.examiner.act("ALERT-1", AARON, "recalibrate", why="too touchy", via="test")
        said = await room.examiner.diagnose("ALERT-1", OLIVIA, cause="price", words="", via="test")
        assert isinstance(said, Declined)
        assert (said.cause, said.words) == (
            Cause.LATE, "ALERT-1 has been acted on already; it waits for the data.",
        )  # fmt: skip
        assert (await room.review()).state is ReviewState.ACTED


class TestActing:
    """A remedy that is none, has no reason or nothing to work on is not taken."""

    @pytest.mark.parametrize(
        ("remedy", "why", "words"),
        [
            ("dance", "why not", "Choose one of recalibrate, roll_back, accept; not 'dance'."),
            ("accept", "  ", "Please say why: whoever verifies it reads this."),
        ],
    )
    async def test_what_is_no_remedy_or_has_no_reason_is_asked_back(
        self, room: Room, remedy: str, why: str, words: str
    ):
        await room.file(a_finding())
        await diagnosed(room, "price")
        said = await declined(room, remedy, why=why)
        assert (said.cause, said.words) == (Cause.INVALID, words)
        assert (await room.review()).state is ReviewState.DIAGNOSED

    async def test_who_may_not_act_is_told_so(self, room: Room):
        await room.file(a_finding())
        await diagnosed(room, "price")
        assert (await declined(room, "accept", by=VICTOR)).cause is Cause.NOT_ALLOWED

    async def test_a_case_that_nobody_filed_is_said_to_be_unknown(self, room: Room):
        said = await declined(room, "accept")
        assert (said.cause, said.words) == (Cause.UNKNOWN, "There is no review of ALERT-1 here.")

    async def test_what_has_recovered_meanwhile_needs_no_remedy(self, room: Room):
        house = room.house
        await room.file(a_finding())
        await diagnosed(room, "price")
        quiet = SEEN + timedelta(days=3)
        await file_findings(house.ledger, (), data_day=quiet, simulated=True, now=house.clock())
        said = await declined(room, "accept")
        assert (said.cause, said.words) == (Cause.LATE, "ALERT-1 has recovered meanwhile; nothing was changed.")

    async def test_what_is_never_normal_cannot_be_accepted(self, room: Room):
        await room.file(a_finding(kind=AlertKind.GOVERNANCE))
        await diagnosed(room, "change")
        said = await declined(room, "accept")
        assert said.words == "A change without approval is never normal: somebody has to look at it."
        assert (await room.review()).state is ReviewState.DIAGNOSED


class TestRollingBack:
    """It takes a plan that was carried out and a channel that answers."""

    async def test_without_a_suspect_there_is_nothing_to_take_back(self, room: Room):
        await room.file(a_finding(candidates=()))
        await diagnosed(room, "price")
        said = await declined(room, "roll_back")
        assert said.cause is Cause.INVALID
        assert said.words.startswith("No plan is suspected in ALERT-1, so there is nothing to roll back.")

    async def test_a_channel_that_does_not_answer_is_asked_again_later(self, room: Room):
        await carried_out(room)
        room.house.channels["paid_search"].fail("read", Failure.UNAVAILABLE)
        said = await declined(room, "roll_back")
        assert said.cause is Cause.UNREACHABLE
        assert said.words.startswith("paid_search does not answer, so nothing was prepared")
        assert (await room.review()).state is ReviewState.DIAGNOSED
        again = await room.examiner.act("ALERT-1", AARON, "roll_back", why="since then", via="test")
        assert isinstance(again, Examined)

    async def test_a_plan_that_is_being_taken_back_already_is_not_taken_back_twice(self, room: Room):
        """The case waits for the plan that does."""
        plan_id = await carried_out(room)
        await room.house.rollback.request(plan_id, OLIVIA, via="test")
        said = await room.examiner.act("ALERT-1", OLIVIA, "roll_back", why="since then", via="test")
        assert isinstance(said, Examined), said
        assert said.review.taken is not None
        assert (said.review.state, said.review.taken.ref) == (ReviewState.ACTED, "PLAN-2")
        assert said.words == "ALERT-1: the plan is taken back. PLAN-2 is already taking PLAN-1 back (waiting)."
        async with room.house.ledger.read() as tx:
            assert [one.plan.id for one in await tx.plans.in_states(*PlanState)] == ["PLAN-1", "PLAN-2"]

    async def test_a_plan_that_was_never_carried_out_leaves_the_case_where_it_was(self, room: Room):
        plan = (await room.house.asked(OLIVIA, brand=440)).plan
        await room.file(a_finding(suspect_plan=plan.id))
        await diagnosed(room, "change")
        said = await declined(room, "roll_back")
        assert said.words == "PLAN-1 is waiting: only a plan that was carried out can be rolled back."
        assert (await room.review()).state is ReviewState.DIAGNOSED

    async def test_who_is_overtaken_while_the_channel_is_asked_learns_what_was_asked_for(self, room: Room):
        await carried_out(room)
        slow = Slow(room)
        room.house.channels["paid_search"] = slow
        said = await declined(room, "roll_back", by=OLIVIA)
        assert slow.accepted is not None
        assert said.cause is Cause.LATE
        assert said.words == (
            "ALERT-1 has moved on meanwhile. PLAN-2 asks to take back PLAN-1; it waits for an approver."
        )
        review = await room.review()
        assert review.taken is not None
        assert (review.taken.remedy, review.taken.by) == (Remedy.ACCEPT, CARLA.id)


class Slow(FakeChannel):
    """While it is asked for the first time, Carla accepts the case."""

    def __init__(self, room: Room) -> None:
        super().__init__("paid_search", room.house.platform)
        self.room = room
        self.accepted: Examined | Declined | None = None

    async def read(self, resource: Resource, field: str) -> FieldState:
        if self.accepted is None:
            self.accepted = await self.room.examiner.act("ALERT-1", CARLA, "accept", why="so it is", via="test")
        return await super().read(resource, field)


class TestVerifying:
    """It takes something that was done, and words on what shows that it helped."""

    async def test_before_anything_was_done_there_is_nothing_to_verify(self, room: Room):
        await room.file(a_finding())
        await diagnosed(room, "price")
        said = await room.examiner.verify("ALERT-1", CARLA, words="quiet", via="test")
        assert isinstance(said, Declined)
        assert said.words == "ALERT-1 is diagnosed: first, somebody chooses what to do."

    async def test_nobody_verifies_without_a_word(self, room: Room):
        await room.file(a_finding())
        await diagnosed(room, "noise")
        await room.examiner.act("ALERT-1", AARON, "recalibrate", why="too touchy", via="test")
        said = await room.examiner.verify("ALERT-1", CARLA, words=" ", via="test")
        assert isinstance(said, Declined)
        assert (said.cause, said.words) == (Cause.INVALID, "Please say what shows that it helped.")
        assert (await room.review()).state is ReviewState.ACTED
