"""Pictures in Slack: of answers, of alerts and of the KPIs of App Home, each drawn once, and what is shown without them."""

from tests.fakes.member import Json
from tests.scenarios.team import Team, all_words


def pictures(message: Json) -> list[Json]:
    return [block for block in message["blocks"] if block["type"] == "image"]


def kinds(message: Json) -> set[str]:
    return {block["type"] for block in message["blocks"]}


def uploads(team: Team) -> int:
    """How many files the bot has given to the workspace."""
    return len(team.workspace._core.state.file_names)


async def test_a_question_asked_twice_shows_one_and_the_same_picture(team: Team) -> None:
    await team.olivia.send("roas last week", "im")
    first = await team.olivia.sees(lambda message: bool(pictures(message)), "im")
    given = uploads(team)

    await team.aaron.send("roas last week", "im")
    again = await team.aaron.sees(lambda message: bool(pictures(message)), "im")

    assert pictures(first)[0]["slack_file"] == pictures(again)[0]["slack_file"]
    assert uploads(team) == given


async def test_the_command_answers_with_a_picture_for_whoever_asked_alone(team: Team) -> None:
    await team.olivia.send("/kpi roas last week")

    shown = await team.olivia.sees(lambda message: bool(pictures(message)))

    assert shown["text"].startswith("Line chart of ROAS")
    assert not any(pictures(one) for one in team.workspace.messages("C00MARKETING"))


async def test_where_slack_knows_no_charts_a_picture_is_drawn(team: Team) -> None:
    team.workspace.faults.unknown_blocks = ("data_visualization",)

    await team.olivia.send("spend by channel last month", "im")

    answer = await team.olivia.sees("Computed", "im")
    assert "table" in kinds(answer)
    picture = await team.olivia.sees(lambda message: bool(pictures(message)), "im")
    assert picture["text"].startswith("Bar chart of Spend by channel")


async def test_where_slack_knows_neither_charts_nor_tables_nor_pictures_the_numbers_arrive_as_text(team: Team) -> None:
    team.workspace.faults.unknown_blocks = ("data_visualization", "table", "image")

    await team.olivia.send("spend by channel last month", "im")

    answer = await team.olivia.sees("Computed", "im")
    assert "rich_text" in kinds(answer)
    assert "Paid search" in all_words(answer)


async def test_the_card_of_an_alert_shows_its_days_and_keeps_the_picture_when_somebody_takes_it(
    team_in_drift: Team,
) -> None:
    team = team_in_drift
    card = await team.card("Roll back", subject="ALERT-1")
    (picture,) = pictures(card)
    assert picture["alt_text"].startswith("Line chart of Cost per click, Paid search")
    assert "suspect PLAN-1" in picture["alt_text"]
    assert "Flagged" in picture["alt_text"]

    await team.aaron.click(card, "Acknowledge")

    taken = await team.card("Aaron Blake", subject="ALERT-1")
    assert pictures(taken)[0]["slack_file"] == picture["slack_file"]


async def test_an_alert_arrives_also_where_its_picture_is_refused(team_in_drift: Team) -> None:
    team = team_in_drift
    await team.card("Roll back", subject="ALERT-1")
    team.workspace.faults.unknown_blocks = ("image",)

    await team.aaron.click(await team.card("Roll back", subject="ALERT-1"), "Acknowledge")

    taken = await team.card("Aaron Blake", subject="ALERT-1")
    assert pictures(taken) == []
    assert "Cause" in all_words(taken), "everything but the picture is there"


async def test_app_home_begins_with_the_kpis_and_their_days(team: Team) -> None:
    await team.olivia.open_home()
    home = await team.olivia.sees_home("KPIs of the last 7 days")

    text = all_words(home)
    for said in ("ROAS", "Spend", "in a week"):
        assert said in text
    (picture,) = pictures(home)
    assert "ROAS" in picture["alt_text"]


async def test_app_home_is_published_without_pictures_where_slack_refuses_them(team: Team) -> None:
    team.workspace.faults.unknown_blocks = ("image",)

    await team.olivia.open_home()

    home = await team.olivia.sees_home("KPIs of the last 7 days")
    assert pictures(home) == []
    assert "ROAS" in all_words(home)
