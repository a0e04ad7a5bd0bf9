"""Why?: three lines at once, then a picture of the way, drawn while people read."""

from typing import Any

from tests.scenarios.team import Team, all_words


def picture_of(view: dict[str, Any]) -> dict[str, Any] | None:
    return next((block for block in view["blocks"] if block["type"] == "image"), None)


async def test_a_done_plan_is_told_in_three_lines_and_a_picture(team_after: Team) -> None:
    team = team_after
    await team.press(team.victor, "Why?", "Done")

    view = await team.victor.sees_modal(picture_of)

    words = all_words(view)
    assert "It rests on version 1 of the facts: sandbox" in words
    assert "Aaron Blake approved it on" in words
    assert "changes were applied" in words
    assert "The whole way back" in words
    assert "› source:sandbox" in words
    picture = picture_of(view)
    assert picture is not None
    assert "then PLAN-1" in picture["alt_text"]
    assert "Aaron Blake approved" in picture["alt_text"]
    file = team.desk.client  # the picture is the bot's own, and shared nowhere
    found = await file.files_info(file=picture["slack_file"]["id"])
    assert found["file"]["mimetype"] == "image/png"
    assert found["file"]["channels"] == []


async def test_a_closed_dialog_is_not_opened_again_by_its_picture(team: Team) -> None:
    await team.press(team.olivia, "Why?", "Waits for")
    await team.olivia.sees_modal("It rests on version 1 of the facts")
    await team.olivia.close()
    await team.olivia.sees_no_modal()
