"""Freezing and thawing: by command, by form and by button, also while a plan is being carried out."""

from storage.records.executions import ExecutionState
from storage.records.plans import PlanState
from tests.scenarios.team import CHANNEL, Team, all_words, controls


async def test_a_freeze_by_command_is_announced_and_keeps_an_approved_plan_until_it_is_thawed(team: Team) -> None:
    await team.card("Waits for")
    await team.olivia.send("/freeze all Black Friday")

    announced = await team.victor.sees("Frozen: nothing is written")
    assert "stops *everything*" in all_words(announced)
    assert "Black Friday" in all_words(announced)
    await team.olivia.sees("Everything is frozen (FREEZE-1)")
    card = await team.card("Stopped by FREEZE-1", "Waits for")
    assert "“Black Friday” (Olivia Reed)" in all_words(card)

    await team.press(team.aaron, "Approve", "Stopped by FREEZE-1")
    await team.card("If nobody thaws FREEZE-1", "Approved")
    assert await team.edits() == []

    await team.aaron.send("/thaw FREEZE-1")
    await team.aaron.sees("Thawed: everything (FREEZE-1)")
    await team.victor.sees("FREEZE-1 is lifted")
    await team.card("Done")
    assert len(await team.edits()) == len((await team.status()).plan.changes)


async def test_a_plan_under_way_stops_between_two_changes_and_goes_on_after_the_thaw(team: Team) -> None:
    changes = (await team.status()).plan.changes
    with team.slow_platforms(after=2) as slow:
        await team.press(team.aaron, "Approve", "Waits for")
        await team.card("In progress*: 1 of")
        await team.olivia.send("/freeze")
        form = await team.olivia.sees_modal("Nothing is written any more")
        assert "Freeze" in all_words(form)
        assert (await team.olivia.submit(reason="Wrong prices are live"))["ok"]
        await team.olivia.sees_modal("Everything is frozen (FREEZE-1)")
        slow.answer()

    card = await team.card(f"Stopped*: 2 of {len(changes)} changes applied", "Stopped by FREEZE-1")
    assert "Wrong prices are live" in all_words(card)
    assert await team.state() is PlanState.EXECUTING
    assert len(await team.edits()) == 2
    await team.in_thread("🧊 Stopped by FREEZE-1, 2 of")

    await team.aaron.click(card, "Thaw…")
    await team.aaron.sees_modal("What it stopped goes on at once")
    await team.aaron.submit()
    await team.aaron.sees_modal("Thawed: everything")

    await team.card("Done")
    done = await team.executions((await team.status()).plan)
    assert [one.state for one in done] == [ExecutionState.APPLIED] * len(changes)
    assert len(await team.edits()) == len(changes)
    assert await team.trail_is_whole()


async def test_a_freeze_of_one_channel_from_app_home_stops_only_plans_that_change_it(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    await team.asked_for(ps_2001=4)
    await team.olivia.open_home()
    await team.olivia.click(await team.olivia.sees_home("Freeze…"), "Freeze…")
    await team.olivia.sees_modal("What shall stop?")

    await team.olivia.submit(scope="channel:email", reason="The list is being cleaned")

    await team.olivia.sees_modal("Channel email is frozen")
    await team.olivia.sees_home("FREEZE-1")
    await team.card("Stopped by FREEZE-1", subject="PLAN-1")
    other = await team.card("Waits for", subject="PLAN-2")
    assert "FREEZE-1" not in all_words(other)
    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-2")
    await team.card("Done", subject="PLAN-2")


async def test_a_brand_can_be_frozen_by_its_name_in_quotes_of_any_keyboard(team: Team) -> None:
    for number, text in enumerate(('brand "Brightwell & Vale"', "brand “Brightwell &amp; Vale”"), start=1):
        await team.ada.send(f"/freeze {text} a recall")
        await team.ada.sees(f"Brand Brightwell &amp; Vale is frozen (FREEZE-{number})")
        await team.carla.send("/thaw all")
        await team.carla.sees(f"FREEZE-{number} is lifted")


async def test_the_button_of_the_announcement_thaws_what_it_announces(team: Team) -> None:
    await team.ada.send("/freeze channel paid_social the pixel is broken")
    await team.ada.sees("Channel paid social is frozen")
    await team.ada.send("/freeze agent budget_planner it is being trained")
    await team.ada.sees("Agent budget_planner is frozen")
    announced = await team.carla.sees(
        lambda message: "FREEZE-1" in all_words(message) and "freeze.thaw" in controls(message)
    )

    await team.carla.click(announced, "Thaw…")
    form = await team.carla.sees_modal("What it stopped goes on at once")
    assert "FREEZE-2" in all_words(form)
    await team.carla.submit()

    await team.carla.sees_modal("Thawed: channel paid social (FREEZE-1)")
    assert [one.id for one in await team.office.freezer.in_force()] == ["FREEZE-2"]


async def test_who_may_not_stop_or_start_the_machine_is_told_and_nothing_changes(team: Team) -> None:
    await team.victor.send("/freeze all I am curious")
    await team.victor.sees("Victor Hale has the role viewer")
    await team.victor.send("/freeze")
    await team.victor.sees_modal("Victor Hale has the role viewer")
    await team.olivia.send("/freeze all wrong prices")
    await team.olivia.sees("Everything is frozen")
    for person in (team.olivia, team.ada):  # whoever stops it does not thereby start it again
        await person.send("/thaw all")
        await person.sees("has the role")
    await team.stranger.send("/thaw all")
    await team.stranger.sees("I do not know you yet")

    assert len(await team.office.freezer.in_force()) == 1


async def test_what_cannot_be_frozen_is_said_in_words(team: Team) -> None:
    for text, words in (
        ("/freeze everything now", "Write what and why"),
        ("/freeze all", "Write what and why"),
        ("/freeze channel radio too loud", "There is no channel"),
        ("/thaw FREEZE-9", "Nothing is frozen"),
        ("/thaw soon", "Write /thaw FREEZE-1"),
    ):
        await team.aaron.send(text)
        await team.aaron.sees(words)
    await team.aaron.send("/thaw")
    await team.aaron.sees_modal("Nothing is frozen")
    assert team.workspace.toasts_of("U00AARON") == []
    assert all("Frozen: nothing" not in all_words(one) for one in team.workspace.messages(CHANNEL))
