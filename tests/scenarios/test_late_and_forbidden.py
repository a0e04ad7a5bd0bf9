"""Clicks that must have no effect: too late, on an old card, or by someone who may not. All are answered kindly."""

import pytest

from bot.jobs import JOBS
from storage.records.plans import PlanState
from tests.scenarios.team import DECIDING, Team, all_words, controls


async def test_an_expired_card_loses_its_buttons_and_a_late_click_is_answered_in_private(team: Team) -> None:
    fresh = await team.card("Waits for")
    team.wall.pass_(hours=25)

    await JOBS["tend"].run(team.office)

    gone = await team.card("Expired")
    assert gone["ts"] == fresh["ts"]
    assert not DECIDING & controls(gone)
    await team.workspace.deliver_raw(team.late_click(fresh, "plan.approve", "U00AARON"))
    notice = all_words(await team.aaron.sees("changed nothing"))
    assert "expired" in notice
    assert await team.state() is PlanState.EXPIRED
    assert await team.edits() == []
    assert team.notices("U00OLIVIA") == []


async def test_a_click_after_the_time_but_before_the_job_closes_the_plan_too(team: Team) -> None:
    await team.card("Waits for")
    team.wall.pass_(hours=25)

    await team.press(team.aaron, "Approve")

    await team.card("Expired")
    await team.aaron.sees("expired")
    assert await team.state() is PlanState.EXPIRED
    assert await team.edits() == []


async def test_a_superseded_card_loses_its_buttons_and_a_late_click_is_answered_in_private(team: Team) -> None:
    old = await team.card("Waits for")

    await team.supersede()

    gone = await team.card("Superseded")

    assert not DECIDING & controls(gone)
    await team.workspace.deliver_raw(team.late_click(old, "plan.approve", "U00AARON"))
    await team.aaron.sees("changed nothing")
    assert await team.state() is PlanState.SUPERSEDED
    assert await team.edits() == []
    assert controls(await team.card("Waits for", subject="PLAN-2")) >= DECIDING


@pytest.mark.parametrize("action_id", ["plan.edit", "plan.reject"])
async def test_a_late_click_that_asks_for_a_form_gets_words_instead(team: Team, action_id: str) -> None:
    fresh = await team.press(team.aaron, "Approve")
    await team.card("Done")

    await team.workspace.deliver_raw(team.late_click(fresh, action_id, "U00CARLA"))

    view = await team.carla.sees_modal("already approved by Aaron Blake")
    assert "submit" not in view or view["submit"] is None
    assert await team.state() is PlanState.DONE


async def test_a_viewer_who_clicks_approve_is_told_who_may_and_changes_nothing(team: Team) -> None:
    card = await team.card("Waits for")
    before = await team.status()

    await team.workspace.deliver_raw(team.late_click(card, "plan.approve", "U00VICTOR"))

    notice = all_words(await team.victor.sees("You cannot approve"))
    assert "Aaron Blake" in notice
    assert "Carla Mendes" in notice
    assert await team.status() == before
    assert team.notices("U00AARON") == []
    assert "plan.approve" not in await team.actions_on("PLAN-1")


@pytest.mark.parametrize("name", ["Edit", "Reject"])
async def test_a_viewer_gets_no_form(team: Team, name: str) -> None:
    before = await team.status()

    await team.press(team.victor, name)

    view = await team.victor.sees_modal("You cannot")
    assert not any(block["type"] == "input" for block in view["blocks"])
    assert await team.status() == before


@pytest.mark.parametrize("action_id", ["plan.approve", "plan.edit", "plan.reject", "plan.why"])
async def test_a_stranger_is_told_so_and_is_not_left_waiting(team: Team, action_id: str) -> None:
    card = await team.card("Waits for")
    before = await team.status()

    await team.workspace.deliver_raw(team.late_click(card, action_id, "U00STRANGER"))

    if action_id == "plan.approve":
        await team.stranger.sees("I do not know you yet")
    else:
        await team.stranger.sees_modal("I do not know you yet")
    assert await team.status() == before


@pytest.mark.parametrize("command", ["/plan", "/plan list", "/kpi roas", "/fleet", "/market tick 1d"])
async def test_a_stranger_learns_nothing_from_a_command(team: Team, command: str) -> None:
    today = await team.office.sandbox.today()  # type: ignore[union-attr]

    await team.stranger.send(command)

    await team.stranger.sees("I do not know you yet")
    assert len(team.notices("U00STRANGER")) == 1
    assert await team.office.sandbox.today() == today  # type: ignore[union-attr]


async def test_a_stranger_gets_no_rollback(team_after: Team) -> None:
    await team_after.stranger.send("/rollback PLAN-1")

    await team_after.stranger.sees_modal("I do not know you yet")
    assert await team_after.state() is PlanState.DONE


async def test_where_the_bot_is_no_member_a_person_is_still_answered(team: Team) -> None:
    await team.stranger.send("/plan list", "C00LUNCH")

    await team.stranger.sees("I do not know you yet", "im")


async def test_a_forged_button_value_is_refused_kindly(team: Team) -> None:
    card = await team.card("Waits for")
    forged = team.late_click(card, "plan.approve", "U00AARON")
    forged["actions"][0]["value"] = "plan.1:PLAN-1:1:not-a-digest"

    await team.workspace.deliver_raw(forged)

    await team.aaron.sees("older version")
    assert await team.state() is PlanState.WAITING


async def test_caps_that_somebody_edits_on_disk_are_not_in_force(team: Team) -> None:
    """Rules change when people have approved the change; a file alone neither tightens nor loosens them."""
    (team.home / "limits.yml").unlink()

    await team.press(team.aaron, "Approve", "Waits for")

    await team.card("Done")
    assert [one.name for one in await team.office.drafts()] == ["limits.yml"]
