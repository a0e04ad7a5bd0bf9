"""Broken glass lets one named person through for an hour, aloud; hard caps hold, and somebody else reviews it."""

from datetime import timedelta

import pytest

from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.people.break_glass import HOLDS_FOR, Broken
from agents.lifecycle.stops import glass_for
from storage.records.people import Person
from storage.records.plans import PlanState
from storage.records.stops import FreezeScope, Glass
from tests.builders import AARON, ADA, CARLA, OLIVIA, PEOPLE, VICTOR
from tests.unit.agents.lifecycle.house import House, seen


async def broken(house: House, person: Person = CARLA) -> Glass:
    said = await house.emergency.break_glass(person, reason="the sale is wrong", via="test")
    assert isinstance(said, Broken), said
    return said.glass


async def reviewed(house: House, glass: Glass, person: Person = AARON, words: str = "", fine: bool = True):
    return await house.emergency.review(glass.id, person, words=words, fine=fine, via="test")


def declined(said: Broken | Declined) -> Declined:
    assert isinstance(said, Declined), said
    return said


async def test_it_holds_for_an_hour_and_says_so(house: House):
    said = await house.emergency.break_glass(CARLA, reason=" the sale is wrong ", via="test")
    assert isinstance(said, Broken)
    assert (said.glass.reason, said.glass.until) == ("the sale is wrong", house.clock() + HOLDS_FOR)
    assert "until 03 Jun 11:30 BST" in said.words
    assert await house.emergency.open() == (said.glass,)
    async with house.ledger.read() as tx:
        (entry,) = await tx.audit.of(said.glass.id)
    assert (entry.action, entry.actor) == ("glass.broken", "person:carla")
    assert "the sale is wrong" not in entry.body


@pytest.mark.parametrize("person", [OLIVIA, AARON, ADA, VICTOR], ids=lambda one: one.id)
async def test_only_the_cmo_breaks_it(house: House, person: Person):
    said = declined(await house.emergency.break_glass(person, reason="now", via="test"))
    assert said.cause is Cause.NOT_ALLOWED
    assert await house.emergency.open() == ()


async def test_a_reason_is_needed_and_one_at_a_time_is_enough(house: House):
    assert declined(await house.emergency.break_glass(CARLA, reason="", via="test")).cause is Cause.INVALID
    await broken(house)
    again = declined(await house.emergency.break_glass(CARLA, reason="more", via="test"))
    assert (again.cause, again.words) == (
        Cause.REPEATED, "You have broken the glass already (GLASS-1); it holds until 03 Jun 11:30 BST.",
    )  # fmt: skip
    house.clock.pass_(hours=1)
    assert (await broken(house)).id == "GLASS-2"
    carl = CARLA.model_copy(update={"id": "carl"})
    assert (await broken(house, carl)).id == "GLASS-3"


async def test_what_is_over_is_closed_once_and_waits_for_its_review(house: House):
    glass = await broken(house)
    house.clock.pass_(minutes=59)
    assert await house.emergency.close_over(house.clock()) == 0
    house.clock.pass_(minutes=5)
    assert await house.emergency.close_over(house.clock()) == 1
    assert await house.emergency.close_over(house.clock()) == 0
    (closed,) = await house.emergency.open()
    assert (closed.closed_at, closed.version) == (glass.until, glass.version + 1)
    assert await house.actions(glass.id) == ["glass.broken", "glass.closed"]


async def test_somebody_else_reviews_it_once(house: House):
    glass = await broken(house)
    house.clock.pass_(hours=2)
    await house.emergency.close_over(house.clock())
    said = await reviewed(house, glass)
    assert isinstance(said, Broken)
    assert (said.glass.reviewed_by, said.glass.review) == ("aaron", "Nothing to object to.")
    assert await house.emergency.open() == ()
    again = declined(await reviewed(house, glass, ADA))
    assert (again.cause, again.words) == (Cause.REPEATED, "GLASS-1 was already reviewed by aaron.")
    assert await house.actions(glass.id) == ["glass.broken", "glass.closed", "glass.reviewed"]


async def test_what_was_wrong_is_said(house: House):
    glass = await broken(house)
    assert declined(await reviewed(house, glass, fine=False)).cause is Cause.INVALID
    said = await reviewed(house, glass, words=" it was no emergency ", fine=False)
    assert isinstance(said, Broken)
    assert said.glass.review == "it was no emergency"
    async with house.ledger.read() as tx:
        *_, entry = await tx.audit.of(glass.id)
    assert entry.facts["fine"] is False


async def test_a_review_of_one_in_force_ends_it(house: House):
    glass = await broken(house)
    house.clock.pass_(minutes=10)
    said = await reviewed(house, glass)
    assert isinstance(said, Broken)
    assert said.glass.closed_at == house.clock()
    assert not said.glass.holds(house.clock())


@pytest.mark.parametrize("person", [CARLA, OLIVIA, VICTOR], ids=lambda one: one.id)
async def test_whoever_broke_it_and_whoever_may_not_does_not_review_it(house: House, person: Person):
    assert declined(await reviewed(house, await broken(house), person)).cause is Cause.NOT_ALLOWED


async def test_the_review_waits_for_everybody_who_may_and_did_not_break_it(house: House):
    glass = await broken(house)
    assert [one.id for one in await house.emergency.reviewers(glass)] == ["aaron", "ada"]
    said = await reviewed(house, glass)
    assert isinstance(said, Broken)
    assert await house.emergency.reviewers(said.glass) == ()


async def test_what_was_never_broken_is_not_reviewed(house: House):
    said = declined(await house.emergency.review("GLASS-9", AARON, words="", fine=True, via="test"))
    assert (said.cause, said.words) == (Cause.UNKNOWN, "There is no GLASS-9 here.")


async def test_under_it_the_cmo_approves_alone_and_a_freeze_lets_it_pass(house: House):
    await house.freezer.freeze(FreezeScope.ALL, "", OLIVIA, reason="wrong prices", via="test")
    glass = await broken(house)
    plan = (await house.asked(brand=440)).plan
    assert (await house.approved(plan, CARLA)).state is PlanState.DONE
    assert house.budgets()["brand"] == 440
    (done,) = await house.emergency.done_under(glass)
    assert done.plan == plan


async def test_what_others_do_meanwhile_is_not_under_it(house: House):
    await house.freezer.freeze(FreezeScope.ALL, "", OLIVIA, reason="wrong prices", via="test")
    before = (await house.asked(CARLA, hero=210)).plan
    house.clock.pass_(minutes=1)
    glass = await broken(house)
    plan = (await house.asked(brand=440)).plan
    assert (await house.approved(plan, AARON)).state is PlanState.APPROVED
    assert (await house.approved(before, AARON)).state is PlanState.APPROVED
    assert await house.emergency.done_under(glass) == ()


async def test_what_the_cmo_asks_for_under_it_passes_a_freeze(house: House):
    await house.freezer.freeze(FreezeScope.ALL, "", OLIVIA, reason="wrong prices", via="test")
    glass = await broken(house)
    plan = (await house.asked(CARLA, brand=440)).plan
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    assert [one.plan.id for one in await house.emergency.done_under(glass)] == [plan.id]


async def test_a_hard_cap_holds_under_it(house: House):
    await broken(house)
    status = await house.asked(CARLA, brand=790, video=590)
    assert status.state is PlanState.REFUSED
    assert house.platform.ours() == []


async def test_after_its_hour_it_answers_for_nothing(house: House):
    """Approved alone in the hour, stopped by a source that did not answer, begun after it."""
    glass = await broken(house)
    plan = (await house.asked(brand=440)).plan
    assert isinstance(await house.approve(plan, CARLA), Accepted)
    async with house.ledger.read() as tx:
        assert await glass_for(tx, plan, now=house.clock()) == glass
        assert await glass_for(tx, plan, now=glass.until) is None
    house.clock.pass_(hours=1)
    await house.freezer.freeze(FreezeScope.ALL, "", OLIVIA, reason="wrong prices", via="test")
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.APPROVED
    assert house.platform.ours() == []


async def test_an_approval_taken_back_or_by_somebody_who_left_is_not_under_it(house: House):
    await house.freezer.freeze(FreezeScope.ALL, "", OLIVIA, reason="wrong prices", via="test")
    glass = await broken(house)
    plan = (await house.asked(brand=440)).plan
    await house.approve(plan, CARLA)
    async with house.ledger.read() as tx:
        assert await glass_for(tx, plan, now=house.clock()) == glass
    await house.change(*(PEOPLE | {"carla": CARLA.model_copy(update={"active": False})}).values())
    async with house.ledger.read() as tx:
        assert await glass_for(tx, plan, now=house.clock()) is None
    await house.change(*PEOPLE.values())
    await house.decider.withdraw(seen(plan), CARLA, via="test")
    async with house.ledger.read() as tx:
        assert await glass_for(tx, plan, now=house.clock()) is None


async def test_a_glass_of_nobody_who_spoke_lets_nothing_through(house: House):
    await broken(house)
    plan = (await house.asked(brand=440)).plan
    async with house.ledger.read() as tx:
        assert await glass_for(tx, plan, now=house.clock() + timedelta(minutes=1)) is None
