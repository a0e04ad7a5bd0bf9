"""Whoever is away hands their approvals to one other person, for a time, and nothing more than that."""

from datetime import UTC, datetime, timedelta

import pytest

from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.people.delegate import Delegated
from storage.records.people import Person, Role
from storage.records.plans import PlanState
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, PEOPLE, VICTOR
from tests.unit.agents.lifecycle.house import House

HOUR = timedelta(hours=1)
LARGE = {"brand": 560}
"""A step of 40 %: the CMO must be among the approvers."""
BEA = Person(id="bea", name="Bea Lund", roles=frozenset({Role.OPERATOR}))


async def handed(
    house: House, giver: Person = CARLA, taker: Person = AARON, *, by: Person | None = None, starts=NOW, ends=NOW + HOUR
) -> Delegated | Declined:
    return await house.delegator.delegate(giver.id, taker.id, starts, ends, by=by or giver, via="test")


async def test_a_delegate_approves_what_the_other_would_have_had_to(house: House):
    made = await handed(house)
    assert isinstance(made, Delegated)
    assert (
        made.words
        == "Aaron Blake approves for Carla Mendes from 03 Jun 10:30 BST until 03 Jun 11:30 BST (DELEGATION-1)."
    )
    assert await house.delegator.list() == (made.delegation,)
    assert await house.actions("DELEGATION-1") == ["delegation.made"]
    plan = (await house.asked(**LARGE)).plan
    dossier = await house.router.dossier(plan.id)
    assert [(one.id, Role.CMO in one.roles) for one in dossier.approvers] == [("aaron", True)]
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    async with house.ledger.read() as tx:
        (said,) = await tx.approvals.decisions(plan.id, 1)
    assert (said.on_behalf_of, said.roles) == ("carla", AARON.roles | CARLA.roles)


@pytest.mark.parametrize(
    ("second", "counts"), [(-1, False), (0, True), (3599, True), (3600, False)], ids=["before", "start", "last", "end"]
)
async def test_it_holds_from_its_start_up_to_but_not_at_its_end(house: House, second: int, counts: bool):
    start = NOW + 2 * HOUR
    assert isinstance(await handed(house, starts=start, ends=start + HOUR), Delegated)
    plan = (await house.asked(**LARGE)).plan
    house.clock.now = start + timedelta(seconds=second)
    said = await house.approve(plan, AARON)
    assert isinstance(said, Accepted)
    assert (said.status.state is PlanState.APPROVED) is counts


async def test_an_approval_lent_does_not_outlive_the_delegation(house: House):
    await handed(house)
    plan = (await house.asked(**LARGE)).plan
    house.clock.now = NOW + HOUR - timedelta(seconds=1)
    assert isinstance(await house.approve(plan, AARON), Accepted)
    house.clock.pass_(seconds=1)
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.WAITING
    assert house.platform.ours() == []


async def test_over_a_change_of_clocks_it_ends_at_the_moment_and_not_an_hour_off(house: House):
    house.clock.now = datetime(2025, 10, 25, 12, 0, tzinfo=UTC)  # the clocks go back in the night
    ends = datetime.fromisoformat("2025-10-26T09:00:00+00:00")
    assert isinstance(await handed(house, starts=house.clock(), ends=ends), Delegated)
    for moment, holds in ((ends - timedelta(microseconds=1), True), (ends, False)):
        house.clock.now = moment
        assert bool(await house.delegator.list()) is holds


async def test_a_delegate_of_the_requester_cannot_approve_whatever_they_hold(house: House):
    await handed(house, AARON, CARLA)
    plan = (await house.asked(AARON, **LARGE)).plan
    said = await house.approve(plan, CARLA)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    house.clock.pass_(hours=1)
    assert isinstance(await house.approve(plan, CARLA), Accepted)


async def test_one_made_while_a_plan_waits_takes_the_requesters_delegate_away(house: House):
    plan = (await house.asked(AARON, **LARGE)).plan
    await house.approve(plan, CARLA)
    await handed(house, AARON, CARLA)
    await house.queue.run()
    assert (await house.status(plan)).state is not PlanState.DONE
    assert house.platform.ours() == []


async def test_whoever_answers_for_the_agent_is_not_represented_either(house: House):
    owner = CARLA.model_copy(update={"owns": frozenset({"request"})})
    await house.change(OLIVIA, AARON, owner, ADA)
    await handed(house, owner, AARON)
    plan = (await house.asked(**LARGE)).plan
    said = await house.approve(plan, owner)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    said = await house.approve(plan, AARON)
    assert isinstance(said, Accepted)
    assert "Still needed" in said.words


async def test_an_operator_may_stand_in_and_loses_the_right_when_the_other_is_deactivated(house: House):
    await house.change(*PEOPLE.values(), BEA)
    await handed(house, CARLA, BEA)
    plan = (await house.asked(**LARGE)).plan
    await house.change(OLIVIA, AARON, BEA)
    said = await house.approve(plan, BEA)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED


async def test_an_admin_names_a_delegate_for_somebody_else_but_never_themselves(house: House):
    assert isinstance(await handed(house, by=ADA), Delegated)
    said = await handed(house, taker=ADA, by=ADA, starts=NOW + HOUR, ends=NOW + 2 * HOUR)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert "configuring is not approving" in said.words


@pytest.mark.parametrize(
    ("giver", "taker", "by", "words"),
    [
        (CARLA, OLIVIA, AARON, "your own approvals"),
        (OLIVIA, AARON, ADA, "olivia has no approvals"),
        (BEA, AARON, ADA, "bea has no approvals"),
        (CARLA, VICTOR, CARLA, "victor cannot stand in"),
        (CARLA, BEA, CARLA, "bea cannot stand in"),
        (CARLA, CARLA, CARLA, "Nobody stands in for themselves"),
        (CARLA, AARON, VICTOR, "may delegate"),
        (CARLA, AARON, BEA, "deactivated"),
    ],
)
async def test_what_makes_no_sense_is_declined(house: House, giver: Person, taker: Person, by: Person, words: str):
    said = await handed(house, giver, taker, by=by)
    assert isinstance(said, Declined)
    assert words in said.words
    assert await house.delegator.list() == ()


@pytest.mark.parametrize(("starts", "ends"), [(0, 0), (2, 1), (-3, -1)])
async def test_it_ends_after_it_begins_and_in_the_future(house: House, starts: int, ends: int):
    said = await handed(house, starts=NOW + starts * HOUR, ends=NOW + ends * HOUR)
    assert isinstance(said, Declined)
    assert said.cause is Cause.INVALID


async def test_one_that_should_have_begun_begins_now(house: House):
    made = await handed(house, starts=NOW - HOUR)
    assert isinstance(made, Delegated)
    assert made.delegation.starts_at == NOW


@pytest.mark.parametrize(
    ("giver", "taker", "words"),
    [
        (CARLA, OLIVIA, "carla's approvals are with Aaron Blake"),
        (AARON, OLIVIA, "aaron stands in for carla"),
        (AARON, CARLA, "carla is away"),
    ],
    ids=["two delegates", "a chain from below", "a chain from above"],
)
async def test_there_are_no_chains_and_one_delegate_at_a_time(house: House, giver: Person, taker: Person, words: str):
    await handed(house)
    said = await handed(house, giver, taker, ends=NOW + 3 * HOUR)
    assert isinstance(said, Declined)
    assert words in said.words
    assert isinstance(await handed(house, giver, taker, starts=NOW + HOUR, ends=NOW + 2 * HOUR), Delegated)


async def test_one_delegate_may_stand_in_for_two_and_is_still_one_person(house: House):
    anna = AARON.model_copy(update={"id": "anna", "name": "Anna Berg", "slack_id": None})
    await house.change(OLIVIA, AARON, anna, CARLA, BEA)
    assert isinstance(await handed(house, CARLA, BEA), Delegated)
    assert isinstance(await handed(house, anna, BEA), Delegated)
    async with house.ledger.read() as tx:
        assert len(await tx.people.delegations(NOW)) == 2


@pytest.mark.parametrize("by", [CARLA, AARON, ADA])
async def test_either_of_the_two_and_an_admin_may_end_it(house: House, by: Person):
    await handed(house)
    ended = await house.delegator.end("DELEGATION-1", by=by, via="test")
    assert isinstance(ended, Delegated)
    assert ended.delegation.ended_at == NOW
    assert await house.delegator.list() == ()
    assert (await house.actions("DELEGATION-1"))[-1] == "delegation.ended"
    again = await house.delegator.end("DELEGATION-1", by=by, via="test")
    assert isinstance(again, Declined)
    assert again.cause is Cause.UNKNOWN


@pytest.mark.parametrize("by", [OLIVIA, BEA])
async def test_nobody_else_ends_it(house: House, by: Person):
    await handed(house)
    said = await house.delegator.end("DELEGATION-1", by=by, via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED


async def test_the_words_name_a_delegate_who_is_gone_from_the_list(house: House):
    await handed(house)
    await house.change(OLIVIA, CARLA, ADA)
    said = await handed(house, CARLA, OLIVIA)
    assert isinstance(said, Declined)
    assert "Aaron Blake" in said.words


async def test_waiting_cards_say_who_is_asked_now(house: House):
    plan = (await house.asked(**LARGE)).plan
    before = (await house.status(plan)).version
    await handed(house)
    assert (await house.status(plan)).version > before
