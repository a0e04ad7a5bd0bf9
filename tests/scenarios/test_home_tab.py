"""App Home: what waits for this person, decided from there."""

from storage.records.plans import PlanState
from tests.scenarios.team import DECIDING, Team, all_words, controls


async def test_home_shows_what_waits_and_an_approval_there_is_carried_out_and_shown(team: Team) -> None:
    card = await team.card("Waits for")
    await team.aaron.open_home()
    home = await team.aaron.sees_home("1 plan waits for you")
    assert "PLAN-1" in all_words(home)

    await team.aaron.click(home, "Approve")

    after = await team.aaron.sees_home("Nothing waits for you")
    assert not DECIDING & controls(after)
    assert (await team.card("Done"))["ts"] == card["ts"]
    await team.aaron.open_home()
    await team.aaron.sees_home("is done")


async def test_home_is_drawn_anew_after_a_rejection_from_it(team: Team) -> None:
    await team.aaron.open_home()
    await team.aaron.click(await team.aaron.sees_home("1 plan waits for you"), "Reject")
    await team.aaron.sees_modal("Why not?")

    await team.aaron.submit(reason="Not this week")

    home = await team.aaron.sees_home("Nothing waits for you")
    assert "was rejected" in all_words(home)


async def test_who_has_nothing_to_decide_sees_no_buttons(team: Team) -> None:
    for person in (team.olivia, team.victor, team.ada):
        await person.open_home()
        home = await person.sees_home("Nothing waits for you")
        assert not DECIDING & controls(home)


async def test_an_approval_from_a_home_that_is_behind_is_answered_directly(team: Team) -> None:
    await team.carla.open_home()
    behind = await team.carla.sees_home("1 plan waits for you")
    await team.press(team.aaron, "Approve")
    await team.card("Done")

    await team.carla.click(behind, "Approve")

    await team.carla.sees("already approved by Aaron Blake", "im")
    await team.carla.sees_home("Nothing waits for you")
    assert await team.state() is PlanState.DONE
    assert (await team.actions_on("PLAN-1")).count("plan.approve") == 1


async def test_home_shows_open_alerts_and_the_health_of_the_data(team_in_drift: Team) -> None:
    await team_in_drift.olivia.open_home()

    home = all_words(await team_in_drift.olivia.sees_home("ALERT-1"))

    assert "PLAN-1" in home
    assert "complete up to" in home


async def test_a_stranger_gets_no_home(team: Team) -> None:
    await team.stranger.open_home()

    await team.stranger.sees("I do not know you yet", "im")
    assert team.workspace.home_of("U00STRANGER") is None
