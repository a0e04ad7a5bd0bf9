"""Filing a pause takes time: whoever is overtaken meanwhile leaves alone what the other run kept."""

from collections.abc import Awaitable, Callable

import pytest

from agents.lifecycle.cases.pursue import Pursuit
from agents.lifecycle.propose import Proposer
from agents.sources.readers import Readers
from agents.team.agent import Proposal
from storage.records.plans import PlanState, PlanStatus
from tests.unit.agents.lifecycle.cases.test_intervene import LARGE, PAUSE, checked
from tests.unit.agents.lifecycle.examining import SEEN, Room, a_finding, a_room, rules_with
from tests.unit.agents.lifecycle.house import House


class Slow:
    """Files as the proposer of the house does; `meanwhile` happens before the answer arrives."""

    def __init__(self, proposer: Proposer, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self.proposer = proposer
        self.meanwhile = meanwhile

    async def file(self, proposal: Proposal, *, replaces: bool = True) -> PlanStatus:
        filed = await self.proposer.file(proposal, replaces=replaces)
        await self.meanwhile()
        return filed


@pytest.fixture
async def room(house: House) -> Room:
    house.rulebook.rules = rules_with(PAUSE)
    await checked(house, as_of=SEEN)
    return await a_room(house)


async def test_a_run_that_was_thought_dead_and_was_not_leaves_what_the_other_kept(room: Room) -> None:
    house = room.house

    async def takes_over() -> None:
        house.clock.pass_(minutes=10)
        await room.pursuit.keep_up()

    slow = Pursuit(
        house.ledger, house.rulebook, readers=Readers(dict.fromkeys(house.channels, house.source)),
        attendant=house.attendant, proposer=Slow(house.proposer, takes_over), clock=house.clock,
    )  # fmt: skip
    await Room(house, room.asker, room.promoter, slow, room.examiner).file(a_finding(**LARGE))
    review = await room.review()
    assert review.automatic is not None
    assert (review.automatic.ref, review.automatic.pending) == ("PLAN-1", False)
    assert review.automatic.words.startswith("PLAN-1 pauses 1 campaign;")
    async with house.ledger.read() as tx:
        told = [one for one in await tx.audit.of("ALERT-1") if one.facts.get("ref") == "PLAN-1"]
        assert len(told) == 1, "what became of the pause is told once"
        assert [one.plan.id for one in await tx.plans.in_states(*PlanState)] == ["PLAN-1"]
