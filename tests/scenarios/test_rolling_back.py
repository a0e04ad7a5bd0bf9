"""/rollback: choose or name a plan, see what returns and what does not, once."""

from storage.records.money import Money
from storage.records.plans import PlanState
from tests.scenarios.team import Team, all_words


async def test_the_picker_shows_what_would_return_and_then_restores_it(team_after: Team) -> None:
    team = team_after
    plan = (await team.status()).plan
    await team.aaron.send("/rollback")
    await team.aaron.sees_modal("Pick a plan")
    await team.aaron.submit(plan="name.1:PLAN-1")

    preview = all_words(await team.aaron.sees_modal("will be restored"))

    assert "Money already spent cannot be taken back" in preview
    for change in plan.changes:
        assert change.resource.name.replace("&", "&amp;") in preview
    await team.aaron.submit()
    await team.aaron.sees_modal("PLAN-2 is taking back PLAN-1")
    await team.card("Done", "Takes PLAN-1 back", subject="PLAN-2")
    await team.card("Rolled back")
    budgets = await team.budgets()
    assert {change.resource.id: change.before for change in plan.changes}.items() <= budgets.items()


async def test_a_rollback_asked_for_by_an_operator_waits_for_an_approver(team_after: Team) -> None:
    team = team_after
    await team.olivia.send("/rollback plan-1")
    await team.olivia.sees_modal("will be restored")
    await team.olivia.submit()
    await team.olivia.sees_modal("waits for an approver")
    assert await team.state() is PlanState.DONE

    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-2")

    await team.card("Done", subject="PLAN-2")
    assert await team.state() is PlanState.ROLLED_BACK


async def test_a_later_manual_edit_is_shown_and_left_alone_unless_ticked(team_after: Team) -> None:
    team = team_after
    plan = (await team.status()).plan
    edited, *others = plan.changes
    await team.edit_by_hand(edited.resource.id, Money(minor=11100, currency="GBP"))

    await team.aaron.send("/rollback PLAN-1")
    view = await team.aaron.sees_modal("Edited since by someone else")
    assert "£111" in all_words(view)
    await team.aaron.submit()

    await team.aaron.sees_modal("Left alone because of later edits")
    await team.card("Done", subject="PLAN-2")
    budgets = await team.budgets()
    assert budgets[edited.resource.id] == Money(minor=11100, currency="GBP")
    assert {one.resource.id: one.before for one in others}.items() <= budgets.items()


async def test_a_ticked_manual_edit_is_overwritten(team_after: Team) -> None:
    team = team_after
    edited = (await team.status()).plan.changes[0]
    await team.edit_by_hand(edited.resource.id, Money(minor=11100, currency="GBP"))

    await team.aaron.send("/rollback PLAN-1")
    await team.aaron.sees_modal("Edited since by someone else")
    await team.aaron.submit(**{"conflict.0": ["overwrite"]})

    await team.card("Done", subject="PLAN-2")
    assert (await team.budgets())[edited.resource.id] == edited.before


async def test_an_edit_between_the_preview_and_the_button_is_not_overwritten(team_after: Team) -> None:
    team = team_after
    edited = (await team.status()).plan.changes[0]
    await team.aaron.send("/rollback PLAN-1")
    await team.aaron.sees_modal("will be restored")
    await team.edit_by_hand(edited.resource.id, Money(minor=11100, currency="GBP"))

    await team.aaron.submit()

    await team.card("Done", subject="PLAN-2")
    assert (await team.budgets())[edited.resource.id] == Money(minor=11100, currency="GBP")


async def test_the_second_rollback_does_nothing_and_says_so(team_after: Team) -> None:
    team = team_after
    await team.aaron.send("/rollback PLAN-1")
    await team.aaron.sees_modal("will be restored")
    await team.aaron.submit()
    await team.card("Done", subject="PLAN-2")
    await team.card("Rolled back")
    before = len(await team.edits())

    await team.carla.send("/rollback PLAN-1")

    await team.carla.sees_modal("already rolled back")
    assert len(await team.edits()) == before
    await team.carla.close()
    await team.carla.send("/rollback")
    await team.carla.sees_modal("No plan has been carried out that could be taken back")


async def test_two_people_who_roll_back_at_once_make_one_rollback(team_after: Team) -> None:
    team = team_after
    for person in (team.aaron, team.carla):
        await person.send("/rollback PLAN-1")
        await person.sees_modal("will be restored")

    await team.aaron.submit()
    await team.carla.submit()

    await team.carla.sees_modal(lambda view: "PLAN-1" in all_words(view) and "restored" not in all_words(view))
    await team.card("Rolled back")
    async with team.office.ledger.read() as tx:
        assert await tx.plans.rolled_back_by(["PLAN-1"]) == {"PLAN-1": "PLAN-2"}


async def test_what_cannot_be_rolled_back_is_said_in_words(team: Team) -> None:
    for text, words in (
        ("/rollback PLAN-1", "only a plan that was carried out can be rolled back"),
        ("/rollback PLAN-99", "There is no PLAN-99"),
        ("/rollback everything", "is no plan"),
    ):
        await team.aaron.send(text)
        await team.aaron.sees_modal(words)
        await team.aaron.close()


async def test_a_viewer_gets_no_preview(team_after: Team) -> None:
    await team_after.victor.send("/rollback PLAN-1")

    await team_after.victor.sees_modal("Victor Hale has the role viewer")
