"""Fifty people answer the same card at the same moment."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import PlanState
from tests.fakes.member import Json, Member
from tests.scenarios.team import DECIDING, Team, controls

CROWD = tuple(
    Person(
        id=f"person{number:02}",
        name=f"Person {number:02}",
        roles=frozenset({Role.OPERATOR, Role.APPROVER}),
        slack_id=f"U00CROWD{number:02}",
    )
    for number in range(50)
)

Hired = Callable[..., AbstractAsyncContextManager[Team]]


async def test_fifty_answers_at_once_end_in_one_state_with_one_execution_and_one_card(hired: Hired) -> None:
    async with hired(more_people=CROWD) as team:
        card = await team.card("Waits for")
        crowd = [team.people[one.slack_id or ""] for one in CROWD]
        answers = (_approve, _reject, _edit)

        await asyncio.gather(*(answers[number % 3](member, card) for number, member in enumerate(crowd)))

        await _settled(team)
        await _one_outcome(team)
        # Whoever comes later is told so and changes nothing.
        before = (await team.state(), len(await team.edits()))
        await asyncio.gather(*(_forged(team, card, one.slack_id or "") for one in CROWD))
        assert (await team.state(), len(await team.edits())) == before
        await team.workspace.wait_for(lambda: all(_told(team, one) for one in CROWD), 60)
        assert len(team.cards("PLAN-1")) == 1


async def test_fifty_approvals_at_once_are_one_approval(hired: Hired) -> None:
    async with hired(more_people=CROWD) as team:
        card = await team.card("Waits for")

        await asyncio.gather(*(_approve(team.people[one.slack_id or ""], card) for one in CROWD))

        await team.card("Done")
        plan = (await team.status()).plan
        async with team.office.ledger.read() as tx:
            assert len(await tx.approvals.decisions(plan.id, 1)) == 1
        assert (await team.actions_on("PLAN-1")).count("plan.approve") == 1
        assert len(await team.edits()) == len(plan.changes)
        # The 49 others are told in private whose approval it was.
        await team.workspace.wait_for(lambda: sum(_told(team, one) for one in CROWD) == len(CROWD) - 1, 60)


async def _approve(member: Member, card: Json) -> None:
    await member.click(card, "plan.approve")


async def _reject(member: Member, card: Json) -> None:
    await member.click(card, "plan.reject")
    if await _gets_a_form(member):
        await member.submit(reason=f"{member.user} says no")


async def _edit(member: Member, card: Json) -> None:
    await member.click(card, "plan.edit")
    if await _gets_a_form(member):
        amounts = [block for block in member.view()["blocks"] if block["type"] == "input"]
        await member.submit(
            **{amounts[0]["block_id"]: str(Money(minor=36800 + int(member.user[-2:]), currency="GBP").amount)}
        )


async def _gets_a_form(member: Member) -> bool:
    """The form, or the words that there is none any more."""
    view = await member.sees_modal(lambda shown: shown["callback_id"] != "loading" or "click" in str(shown))
    return bool(view["callback_id"] != "loading")


async def _forged(team: Team, card: Json, user: str) -> None:
    await team.workspace.deliver_raw(team.late_click(card, "plan.approve", user))


def _told(team: Team, person: Person) -> bool:
    return any(
        "changed nothing" in notice or "Nothing was decided" in notice for notice in team.notices(person.slack_id or "")
    )


async def _settled(team: Team) -> None:
    """Until the card shows the end; where an edit came first, after the approval of what it made."""
    shown = await team.workspace.wait_for(lambda: _end(team) or _edited(team), 60)
    if "approve" in shown:
        await team.press(team.carla, "Approve")
        await team.workspace.wait_for(lambda: _end(team), 60)


def _end(team: Team) -> str:
    text = str(team.cards("PLAN-1")[-1]["blocks"])
    return next((word for word in ("*Done*", "*Rejected*") if word in text), "")


def _edited(team: Team) -> str:
    card = team.cards("PLAN-1")[-1]
    again = "(revision" in str(card["blocks"][0]) and "plan.approve" in controls(card)
    return "approve" if again else ""


async def _one_outcome(team: Team) -> None:
    status = await team.status()
    (card,) = team.cards("PLAN-1")
    assert not DECIDING & controls(card)
    assert status.state in {PlanState.DONE, PlanState.REJECTED}
    trail = await team.actions_on("PLAN-1")
    # A rejection counts until the first write, also after an approval.
    assert max(trail.count("plan.approve"), trail.count("plan.reject")) == 1, trail
    assert ("plan.reject" in trail) == (status.state is PlanState.REJECTED), trail
    expected = len(status.plan.changes) if status.state is PlanState.DONE else 0
    assert len(await team.edits()) == expected
    for revision in range(1, status.plan.revision):
        async with team.office.ledger.read() as tx:
            assert await tx.executions.of("PLAN-1", revision) == (), "an approval ran what it was not given for"
    assert await team.trail_is_whole()
