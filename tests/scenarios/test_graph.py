"""/graph in the workspace: what hangs together with a campaign, in words and as a picture."""

from tests.scenarios.team import Team, all_words


async def test_a_campaign_is_shown_with_what_is_around_it_and_a_picture(team: Team) -> None:
    await team.victor.send("/graph campaign ps-2001", "C00GENERAL")

    seen = await team.victor.sees("hang together", "C00GENERAL")

    words = all_words(seen)
    assert "Campaign: Brand | UK" in words
    assert "paid search" in words
    assert "Simulated" in words
    (picture,) = [block for block in seen["blocks"] if block["type"] == "image"]
    assert "runs on paid search" in picture["alt_text"]
    assert team.workspace.messages("C00GENERAL") == []


async def test_a_plan_is_found_by_its_number(team: Team) -> None:
    await team.card("Waits for")
    await team.olivia.send("/graph PLAN-1", "C00GENERAL")

    assert "*changes*" in all_words(await team.olivia.sees("hang together", "C00GENERAL"))


async def test_a_name_that_means_nothing_is_answered_with_names_that_do(team: Team) -> None:
    await team.olivia.send("/graph campaign <!channel> Non brand Lightning", "C00GENERAL")

    words = all_words(await team.olivia.sees("Nothing", "C00GENERAL"))

    assert "Non-brand | Lighting" in words
    assert "<!channel>" not in words


async def test_without_a_name_it_says_what_can_be_asked(team: Team) -> None:
    await team.olivia.send("/graph", "C00GENERAL")
    await team.olivia.sees("/graph campaign NAME", "C00GENERAL")
