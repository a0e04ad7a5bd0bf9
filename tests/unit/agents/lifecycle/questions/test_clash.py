"""Plans that share more than a campaign: the later one is held, people choose, and what they choose happens once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.governance.calendar import ALWAYS, Blackout, BlackoutScope, Dated
from agents.governance.rules import load_rules
from agents.knowledge.charting import Charter
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.answers.shown import shown_by
from agents.lifecycle.decide import Accepted, Decider, Declined
from agents.lifecycle.propose import Proposer
from agents.lifecycle.questions.ask import Answered, Asker
from agents.lifecycle.questions.clash import Clashes, conflict_line
from agents.lifecycle.review import Reviewer
from agents.lifecycle.states import move
from agents.sources.readers import Readers
from agents.team.requests import Wish
from storage.database import Database
from storage.features import FeatureValues
from storage.lake.store import Lake
from storage.records.plans import PlanState, PlanStatus
from storage.records.questions import Question, QuestionKind, QuestionState
from tests.builders import AARON, CARLA, OLIVIA
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.house import House, a_house, seen

SAID = """
campaigns:
  news: {addresses: {subscribers: 2}}
  hero: {addresses: {subscribers: 1}}
  brand: {brands: [Acme], keywords: [lamp]}
  video: {brands: [Acme]}
"""
ALL_DAY = Blackout(
    name="Quiet week", scope=BlackoutScope.CHANNEL, value="email",
    when=Dated(first=datetime(2025, 6, 1), last=datetime(2025, 6, 8)),
)  # fmt: skip


@dataclass
class Room:
    """A house whose reviewer asks the graph."""

    house: House
    clashes: Clashes
    asker: Asker
    declared: Path

    def say(self, text: str) -> None:
        self.declared.write_text(text, encoding="utf-8")

    def pause(self, *names: str) -> None:
        for name in names:
            campaigns = self.house.platform.campaigns
            campaigns[name] = campaigns[name].model_copy(update={"status": "paused"})

    async def wished(self, *names: str) -> PlanStatus:
        """Ask for paused campaigns to run again."""
        wishes = [Wish(campaign=name, field="status", value="active") for name in names]
        status = await self.house.proposer.request({}, OLIVIA, changes=wishes)
        assert isinstance(status, PlanStatus), status
        return status

    async def questions(self) -> tuple[Question, ...]:
        async with self.house.ledger.read() as tx:
            return await tx.questions.open(QuestionKind.CONFLICT)

    async def answer(self, option: str, person=AARON) -> str:
        (question,) = await self.questions()
        answered = await self.asker.answer(question.id, option, person, via="test")
        assert isinstance(answered, Answered), answered
        await self.house.queue.run()
        return answered.words

    async def state(self, status: PlanStatus) -> PlanState:
        return (await self.house.status(status.plan)).state


@pytest.fixture
async def room(database: Database, tmp_path: Path, clock: HandClock) -> AsyncIterator[Room]:
    async with a_house(database, tmp_path, clock) as house:
        readers, lake = Readers(dict.fromkeys(house.channels, house.source)), Lake(str(tmp_path / "lake"))
        asker = Asker(house.ledger, house.rulebook, clock=clock)
        declared = tmp_path / "knowledge.yml"
        charter = Charter(house.ledger, lake, shown=shown_by(readers), measures=(), declared=declared, clock=clock)
        clashes = Clashes(charter, asker, house.rulebook, readers=readers, clock=clock)
        facts = LakeReader(house.ledger, lake)
        house.reviewer = Reviewer(
            house.ledger, house.rulebook, readers=readers, facts=facts, skills=lambda _: frozenset({"budget"}),
            clock=clock, clashes=clashes,
        )  # fmt: skip
        house.proposer = Proposer(
            house.ledger, house.rulebook, team={}, facts=facts,
            features=FeatureStore(house.ledger, facts, FeatureValues(lake.uri), definitions=load_features()),
            readers=readers, reviewer=house.reviewer, clock=clock,
        )  # fmt: skip
        yield Room(house, clashes, asker, declared)


@pytest.fixture
async def clash(room: Room) -> tuple[PlanStatus, PlanStatus]:
    """Two plans that would both begin to write to the subscribers."""
    room.say(SAID)
    room.pause("news", "hero")
    first = await room.wished("news")
    room.house.clock.pass_(minutes=5)
    return first, await room.wished("hero")


async def test_the_second_plan_on_an_audience_is_held_with_the_conflict_named(room: Room, clash):
    first, second = clash
    assert (first.state, second.state) == (PlanState.WAITING, PlanState.HELD)
    assert second.note == (f"{first.plan.id} begins to address the same audience: subscribers; Q-1 asks which is to be")
    (question,) = await room.questions()
    assert question.title == f"{second.plan.id} cannot be carried out beside {first.plan.id}"
    assert [one.id for one in question.options] == ["drop", f"keep-{second.plan.id}", "both"]
    assert "until PLAN-1 has ended" in question.if_nobody_answers


async def test_who_is_held_leaves_its_campaigns_to_others(room: Room, clash):
    assert await room.state(await room.house.asked(hero=190)) is PlanState.WAITING


async def test_both_if_a_person_says_so(room: Room, clash):
    assert clash[1].state is PlanState.HELD
    assert await room.answer("both") == "PLAN-2 goes on beside PLAN-1: it is reviewed again now."
    assert [await room.state(one) for one in clash] == [PlanState.WAITING, PlanState.WAITING]
    assert await room.questions() == ()
    # And it is not asked again when either is judged anew.
    await room.house.adopt(room.house.rules)
    await room.house.queue.run()
    assert [await room.state(one) for one in clash] == [PlanState.WAITING, PlanState.WAITING]


async def test_the_second_instead_of_the_first(room: Room, clash):
    first, second = clash
    assert await room.answer(f"keep-{second.plan.id}") == "PLAN-2 goes on; PLAN-1 is given up."
    assert [await room.state(one) for one in clash] == [PlanState.SUPERSEDED, PlanState.WAITING]
    assert "Q-1" in (await room.house.status(first.plan)).note
    assert (await room.house.actions(first.plan.id))[-1] == "plan.superseded"


async def test_the_first_alone(room: Room, clash):
    assert await room.answer("drop") == "PLAN-2 is given up."
    assert [await room.state(one) for one in clash] == [PlanState.WAITING, PlanState.SUPERSEDED]


@pytest.mark.parametrize("ending", ["rejected", "expired"])
async def test_when_the_first_ends_the_second_has_its_turn_and_nobody_is_asked_any_more(room: Room, clash, ending):
    first, second = clash
    house = room.house
    if ending == "rejected":
        await house.decider.reject(seen(first.plan), AARON, reason="no", via="test")
    else:
        house.clock.now = first.plan.expires_at
        await house.decider.expire_overdue()
    await house.queue.run()
    assert await room.state(second) is PlanState.WAITING
    assert await room.questions() == ()
    async with house.ledger.read() as tx:
        closed = await tx.questions.get("Q-1")
    assert closed is not None
    assert (closed.state, closed.outcome) == (QuestionState.WITHDRAWN, "PLAN-2 can be carried out now")


async def test_when_the_held_plan_is_rejected_the_question_goes_with_it(room: Room, clash):
    _, second = clash
    assert isinstance(await room.house.decider.reject(seen(second.plan), AARON, reason="no", via="test"), Accepted)
    assert await room.questions() == ()


async def test_only_who_may_answer_chooses(room: Room, clash):
    from tests.builders import VICTOR

    (question,) = await room.questions()
    refused = await room.asker.answer(question.id, "both", VICTOR, via="test")
    assert not isinstance(refused, Answered)
    assert [await room.state(one) for one in clash] == [PlanState.WAITING, PlanState.HELD]


async def test_the_first_answer_counts(room: Room, clash):
    await room.answer("drop")
    assert not isinstance(await room.asker.answer("Q-1", "both", CARLA, via="test"), Answered)
    assert await room.state(clash[1]) is PlanState.SUPERSEDED


async def test_a_campaign_that_would_bid_against_one_that_runs_is_held_until_somebody_decides(room: Room):
    room.say(SAID)
    room.pause("video")
    status = await room.wished("video")
    assert status.state is PlanState.HELD
    assert status.note == "Brand bids for the same: “acme” (Acme); Q-1 asks which is to be"
    (question,) = await room.questions()
    assert [one.id for one in question.options] == ["drop", "both"]
    await room.answer("both")
    assert await room.state(status) is PlanState.WAITING


async def test_people_are_not_written_to_more_often_than_they_bear(room: Room):
    room.say("campaigns:\n  news: {addresses: {subscribers: 3}}\n  hero: {addresses: {subscribers: 2}}\n")
    room.pause("hero")
    status = await room.wished("hero")
    assert status.state is PlanState.HELD
    assert status.note.startswith("News writes to subscribers already: together 5 messages a week, 4 are allowed")


async def test_budgets_of_campaigns_that_share_nothing_go_on_as_before(room: Room):
    room.say(SAID)
    assert (await room.house.asked(news=105)).state is PlanState.WAITING
    assert (await room.house.asked(video=310)).state is PlanState.WAITING


async def test_two_raises_in_one_auction_are_in_conflict_and_a_cut_is_not(room: Room):
    room.say(SAID)
    assert (await room.house.asked(brand=420)).state is PlanState.WAITING
    assert (await room.house.asked(video=290)).state is PlanState.WAITING
    await room.house.decider.reject(seen((await room.house.status("PLAN-2")).plan), AARON, reason="no", via="test")
    held = await room.house.asked(video=310)
    assert held.state is PlanState.HELD
    assert "“acme” (Acme)" in held.note


async def test_an_unreadable_knowledge_file_stops_no_plan(room: Room):
    room.say("campaigns: [")
    assert (await room.house.asked(news=105)).state is PlanState.WAITING


async def test_the_graph_tells_of_the_conflict(room: Room, clash):
    from storage.records.graph import NodeRef

    await room.clashes.prepare()
    async with room.house.ledger.read() as tx:
        around = await tx.graph.as_of(NodeRef(type="plan", key="PLAN-2"), valid_at=room.house.clock())
    assert around is not None
    assert ("conflicts_with", "PLAN-1") in {(one.relation, one.dst.key) for one in around.edges}


async def test_all_conflicts_are_listed(room: Room, clash):
    async with room.house.ledger.read() as tx:
        found, names = await room.clashes.all(tx, ALWAYS)
        closed = await room.clashes.all(tx, ALWAYS.model_copy(update={"blackouts": (ALL_DAY,)}))
    assert [(one.winner, one.loser, names[one.thing]) for one in found] == [("PLAN-1", "PLAN-2", "subscribers")]
    assert [conflict_line(one, names) for one in closed[0]] == ["Quiet week forbids changes: channel:email"]


def _decider(room: Room) -> Decider:
    house = room.house
    return Decider(house.ledger, house.rulebook, reviewer=house.reviewer, clock=house.clock)


async def test_what_the_graph_has_learnt_since_the_review_counts_at_the_last_approval(room: Room):
    room.pause("news", "hero")
    first, second = await room.wished("news"), await room.wished("hero")
    assert (first.state, second.state) == (PlanState.WAITING, PlanState.WAITING)
    decider = _decider(room)
    assert isinstance(await decider.approve(seen(first.plan), AARON, via="test"), Accepted)
    room.say(SAID)
    said = await decider.approve(seen(second.plan), AARON, via="test")
    assert isinstance(said, Accepted)
    assert said.words.startswith(
        "PLAN-2 was not approved: PLAN-1 begins to address the same audience: subscribers. Nothing was changed."
    )
    held = await room.house.reviewer.review(second.plan.id)
    assert held.state is PlanState.HELD
    assert held.note.endswith("; Q-1 asks which is to be")
    assert "plan.in_conflict" in await room.house.actions(second.plan.id)
    assert await room.answer("both") == "PLAN-2 goes on beside PLAN-1: it is reviewed again now."
    assert await room.state(second) is PlanState.WAITING
    # The approval of before still counts for what it said; given once more, the plan goes on.
    again = await decider.approve(seen(second.plan), AARON, via="test")
    assert isinstance(again, Accepted)
    assert again.words.startswith("You approved PLAN-2.")


async def test_of_two_plans_that_only_wait_the_one_approved_first_goes_first(room: Room):
    room.pause("news", "hero")
    first, second = await room.wished("news"), await room.wished("hero")
    room.say(SAID)
    decider = _decider(room)
    assert isinstance(await decider.approve(seen(second.plan), AARON, via="test"), Accepted)
    assert await room.state(second) is PlanState.APPROVED
    said = await decider.approve(seen(first.plan), AARON, via="test")
    assert isinstance(said, Accepted)
    assert "was not approved: PLAN-2 begins to address the same audience" in said.words


async def test_how_often_people_may_be_written_to_stands_in_the_limits(room: Room):
    room.say(SAID)
    room.pause("hero")
    house = room.house
    assert (await room.wished("hero")).state is PlanState.WAITING
    assert house.rules.limits is not None
    fewer = house.rules.limits.model_copy(update={"contacts_per_week": 2})
    await house.adopt(load_rules(limits=fewer))
    await house.queue.run()
    held = await house.reviewer.review("PLAN-1")
    assert held.state is PlanState.HELD
    assert held.note.startswith("News writes to subscribers already: together 3 messages a week, 2 are allowed")


async def moved(room: Room, status: PlanStatus, to: PlanState) -> None:
    async with room.house.ledger.write() as tx:
        now = await tx.plans.get(status.plan.id)
        assert now is not None
        assert await move(tx, now, to, now=room.house.clock())


async def test_a_plan_that_was_approved_meanwhile_is_not_given_up_for_another(room: Room, clash):
    first, second = clash
    assert isinstance(await room.house.approve(first.plan, AARON), Accepted)
    refused = await room.asker.answer("Q-1", f"keep-{second.plan.id}", CARLA, via="test")
    assert isinstance(refused, Declined)
    assert refused.words == "PLAN-1 was approved meanwhile and is not given up. Nothing was decided."
    assert [await room.state(one) for one in clash] == [PlanState.APPROVED, PlanState.HELD]
    assert len(await room.questions()) == 1


async def test_a_plan_that_ended_by_itself_is_given_up_as_it_is(room: Room, clash):
    first, second = clash
    await room.house.decider.reject(seen(first.plan), AARON, reason="no", via="test")
    assert await room.answer(f"keep-{second.plan.id}") == "PLAN-2 goes on; PLAN-1 is given up."
    assert [await room.state(one) for one in clash] == [PlanState.REJECTED, PlanState.WAITING]
    assert "plan.superseded" not in await room.house.actions(first.plan.id)


async def test_a_plan_that_is_judged_anyway_is_not_asked_to_be_judged_once_more(room: Room, clash):
    """Its edit was stored, and the process that would have judged it died."""
    first, second = clash
    await room.house.queue.run()
    await moved(room, second, PlanState.PROPOSED)
    await room.house.decider.reject(seen(first.plan), AARON, reason="no", via="test")
    assert await room.answer("both") == "PLAN-2 goes on beside PLAN-1: it is reviewed again now."
    assert await room.state(second) is PlanState.PROPOSED
    assert (await room.house.reviewer.review(second.plan.id)).state is PlanState.WAITING
