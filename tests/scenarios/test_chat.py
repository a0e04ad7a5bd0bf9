"""Questions in a channel, in direct messages and as commands: numbers with their source, or a question back."""

import asyncio

import pytest

from storage.records.plans import PlanState
from tests.fakes.member import Json
from tests.scenarios.team import CHANNEL, DECIDING, Team, all_words, controls


async def test_a_mention_is_answered_in_its_thread_with_the_number_its_source_and_a_chart(team: Team) -> None:
    asked = await team.victor.send("@Countersign how was ROAS last week?")
    answer = await team.victor.sees("Computed", thread_ts=asked["ts"])

    text = all_words(answer)

    for part in ("Fresh", "Source", "Computed", "sandbox", "Simulated"):
        assert part in text
    assert answer["text"].startswith("ROAS"), "screen readers read no blocks"
    shown = await team.victor.sees(_has_picture, thread_ts=asked["ts"])
    (picture,) = shown["blocks"]
    assert picture["alt_text"].startswith("Line chart of ROAS")
    assert shown["text"].startswith("Line chart of ROAS")
    assert all(one.get("thread_ts") == asked["ts"] for one in _by_the_bot(team, asked["ts"]))


async def test_a_direct_message_is_answered_in_line_by_channel_with_bars(team: Team) -> None:
    await team.olivia.send("spend by channel last month", "im")

    answer = await team.olivia.sees("Spend", "im")

    assert "thread_ts" not in answer
    text = all_words(answer)
    for channel in ("Email", "Paid search", "Paid social", "Website"):
        assert channel in text
    (chart,) = [one for one in answer["blocks"] if one["type"] == "data_visualization"]
    (series,) = chart["chart"]["series"]
    assert sorted(point["label"] for point in series["data"]) == ["Email", "Paid search", "Paid social", "Website"]
    assert team.workspace.messages("U00AARON") == []


async def test_a_follow_up_button_asks_its_question(team: Team) -> None:
    await team.olivia.send("roas last week", "im")
    answer = await team.olivia.sees("ROAS by channel", "im")

    await team.olivia.click(answer, "ROAS by channel last week")

    await team.olivia.sees(lambda message: "by channel" in all_words(message) and "Email" in all_words(message), "im")


async def test_where_there_is_no_data_it_says_so_and_gives_no_number(team: Team) -> None:
    await team.olivia.send("roas from 2020-01-01 to 2020-01-31", "im")

    answer = await team.olivia.sees("no data", "im")

    assert "Nothing was found for these days" in all_words(answer)
    assert answer["text"].endswith("no data.")


async def test_a_misspelt_kpi_is_asked_back_and_the_button_answers(team: Team) -> None:
    await team.olivia.send("how is raos this week?", "im")
    back = await team.olivia.sees("Did you mean", "im")
    suggested = next(one for one in controls(back) if one.startswith("kpi.ask"))

    await team.olivia.click(back, suggested)

    await team.olivia.sees("Computed", "im")


async def test_what_waits_is_told_to_who_may_decide_and_nothing_to_others(team: Team) -> None:
    await team.aaron.send("what is waiting for me?", "im")
    await team.aaron.sees("PLAN-1", "im")

    await team.victor.send("what is waiting for me?", "im")
    await team.victor.sees("Nothing is waiting for you", "im")


async def test_text_of_people_comes_back_as_text(team: Team) -> None:
    await team.olivia.send("<!channel> *zork* <https://evil.example|click>", "im")

    answer = await team.olivia.sees("I do not understand", "im")

    assert "<!channel>" not in all_words(answer)
    assert "<https://evil.example" not in all_words(answer)


async def test_the_kpi_command_answers_privately(team: Team) -> None:
    await team.olivia.send("/kpi roas by channel last week", "C00GENERAL")

    await team.olivia.sees("Computed", "C00GENERAL")

    assert team.workspace.messages("C00GENERAL") == []
    assert team.notices("U00AARON", "C00GENERAL") == []


async def test_plan_help_lists_what_can_be_asked(team: Team) -> None:
    await team.victor.send("/plan help")

    text = all_words(await team.victor.sees("/rollback"))

    for command in ("/plan", "/kpi", "/fleet", "/market"):
        assert command in text


async def test_plan_list_and_plan_by_number_show_it_privately(team: Team) -> None:
    await team.card("Waits for")
    plan = (await team.status()).plan
    await team.aaron.send("/plan list")
    await team.aaron.sees(lambda message: message.get("ephemeral_to") and "PLAN-1" in all_words(message))

    await team.aaron.send("/plan PLAN-1", "C00GENERAL")

    card = await team.aaron.sees("Waits for", "C00GENERAL")
    assert plan.changes[0].resource.name in all_words(card)
    assert len(team.cards("PLAN-1")) == 1
    # A private copy is a card too: deciding on it decides the plan.
    assert controls(card) >= DECIDING
    await team.aaron.click(card, "Approve", channel="C00GENERAL")
    await team.card("Done")
    assert await team.state() is PlanState.DONE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/plan PLAN-99", "There is no PLAN-99"),
        ("/plan frobnicate", "I do not know"),
        ("/market", "write /market tick"),
    ],
)
async def test_what_a_command_does_not_know_it_says(team: Team, text: str, words: str) -> None:
    await team.olivia.send(text)

    await team.olivia.sees(words)


async def test_plan_asks_the_planner_and_its_card_supersedes_the_old_one(team: Team) -> None:
    await team.card("Waits for")
    await team.make_stale()

    await team.olivia.send("/plan")

    await team.olivia.sees("PLAN-2 is waiting")
    await team.card("Waits for", subject="PLAN-2")
    await team.card("Superseded")


async def test_a_viewer_does_not_ask_the_planner(team: Team) -> None:
    await team.victor.send("/plan")

    await team.victor.sees("Victor Hale has the role viewer")
    async with team.office.ledger.read() as tx:
        assert len(await tx.plans.recent(5)) == 1


async def test_the_fleet_names_the_agents(team: Team) -> None:
    await team.victor.send("/fleet")

    shown = all_words(await team.victor.sees("healthy")).casefold().replace("_", " ")

    assert team.office.team
    assert all(agent.name.replace("_", " ") in shown for agent in team.office.team)


async def test_the_market_moves_for_who_may_move_it(team: Team) -> None:
    sandbox = team.office.sandbox
    assert sandbox is not None
    first = await sandbox.today()
    await team.victor.send("/market tick 1d")
    await team.victor.sees("Victor Hale has the role viewer")
    assert await sandbox.today() == first

    await team.ada.send("/market tick 2d")

    await team.ada.sees("moved on by 2 days")
    assert (await sandbox.today() - first).days == 2
    await asyncio.gather(team.ada.send("/market tick 3d"), team.ada.send("/market tick 1d"))
    await team.ada.sees("moved on by 3 days")
    await team.ada.sees("moved on by a day")
    assert (await sandbox.today() - first).days == 6
    await team.ada.send("/market scenario no-such-thing")
    await team.ada.sees("there is no scenario")


def _has_picture(message: Json) -> bool:
    return any(block["type"] == "image" for block in message.get("blocks", ()))


def _by_the_bot(team: Team, thread_ts: str) -> list[Json]:
    return [one for one in team.workspace.messages(CHANNEL, thread_ts=thread_ts) if one.get("bot_id")]
