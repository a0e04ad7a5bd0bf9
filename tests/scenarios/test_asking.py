"""Asking the bot: reasons, changes, targets, forecasts and follow-ups, in threads and direct messages, across restarts."""

from tests.fakes.member import Json
from tests.scenarios.team import CHANNEL, Team, all_words, controls


def _of_the_bot(message: Json) -> bool:
    return bool(message.get("bot_id"))


async def test_a_follow_up_in_a_thread_goes_on_from_what_was_asked_there_also_after_a_restart(team: Team) -> None:
    asked = await team.victor.send("@Countersign how was ROAS last week?")
    first = await team.victor.sees("Computed", thread_ts=asked["ts"])
    days = _days(first)

    await team.restart()
    await team.victor.send("@Countersign and by channel?", thread_ts=asked["ts"])

    second = await team.victor.sees(
        lambda message: _of_the_bot(message) and "by channel" in all_words(message) and "Email" in all_words(message),
        thread_ts=asked["ts"],
    )
    assert all_words(second).startswith("ROAS") or "ROAS" in all_words(second)
    assert _days(second) == days


async def test_two_threads_are_two_conversations(team: Team) -> None:
    one = await team.victor.send("@Countersign how was ROAS last week?")
    await team.victor.sees("Computed", thread_ts=one["ts"])
    two = await team.olivia.send("@Countersign spend last month")
    await team.olivia.sees("Computed", thread_ts=two["ts"])

    await team.victor.send("@Countersign and for email?", thread_ts=one["ts"])

    answer = await team.victor.sees(
        lambda message: _of_the_bot(message) and "Email" in all_words(message), thread_ts=one["ts"]
    )
    assert answer["text"].startswith("ROAS")


async def test_a_follow_up_in_a_direct_message_is_understood(team: Team) -> None:
    await team.olivia.send("spend last month", "im")
    await team.olivia.sees("Computed", "im")

    await team.olivia.send("und nach Kanal?", "im")

    await team.olivia.sees(lambda one: "by channel" in all_words(one) and "Paid search" in all_words(one), "im")


async def test_the_command_remembers_what_the_person_asked_and_nobody_else_does(team: Team) -> None:
    await team.olivia.send("/kpi spend last month", "C00GENERAL")
    await team.olivia.sees("Computed", "C00GENERAL")

    await team.olivia.send("/kpi and by channel?", "C00GENERAL")
    await team.olivia.sees(lambda one: "by channel" in all_words(one) and "Website" in all_words(one), "C00GENERAL")

    await team.aaron.send("/kpi and by channel?", "C00GENERAL")
    await team.aaron.sees("Did you mean", "C00GENERAL")


async def test_why_names_what_moved_it_and_never_claims_a_cause(team: Team) -> None:
    await team.office.advance(5)
    await team.olivia.send("why did CPA change last week?", "im")

    text = all_words(await team.olivia.sees("Why Cost per conversion", "im"))

    for part in ("Spend:", "Conversions:", "Channel ", "of the change"):
        assert part in text
    assert "caused by" not in text


async def test_what_changed_tells_of_a_plan_that_was_carried_out(team: Team) -> None:
    await team.card("Waits for")
    card = await team.aaron.sees("Waits for")
    await team.aaron.click(card, "Approve")
    await team.card("Done")

    await team.victor.send("@Countersign what changed this week?")

    shown = await team.victor.sees("PLAN-1 was carried out", thread_ts=_newest_question(team))
    assert "What changed" in all_words(shown)


async def test_targets_and_forecasts_are_told_with_their_range(team: Team) -> None:
    await team.olivia.send("which campaigns are off target?", "im")
    text = all_words(await team.olivia.sees("Targets", "im"))
    assert "Budget adherence" in text

    await team.olivia.send("forecast spend next week", "im")
    assert "range" in all_words(await team.olivia.sees("expected", "im"))


async def test_what_is_not_understood_says_what_can_be_asked(team: Team) -> None:
    await team.olivia.send("sing me a song", "im")

    text = all_words(await team.olivia.sees("I do not understand", "im"))

    for part in ("why did CPA rise?", "what changed since Friday?", "forecast spend next week"):
        assert part in text


async def test_an_amount_that_can_be_read_in_two_ways_is_asked_back(team: Team) -> None:
    await team.olivia.send("campaigns with spend above 1.234 last month", "im")
    back = await team.olivia.sees("Did you mean", "im")

    await team.olivia.click(back, min(one for one in controls(back) if one.startswith("kpi.ask")))

    await team.olivia.sees(lambda one: "above £1,234.00" in all_words(one), "im")


def _days(message: Json) -> str:
    """The span of days on a card, which stands in bold first."""
    return next(part for part in all_words(message).split("*") if "2026" in part)


def _newest_question(team: Team) -> str:
    return str([one for one in team.workspace.messages(CHANNEL) if "what changed" in one.get("text", "")][-1]["ts"])


async def test_a_campaign_is_known_by_the_platforms_id_too(team: Team) -> None:
    (campaign,) = [one for one in await team.office.readers.campaigns() if one.id == "ps-2001"]
    await team.olivia.send("spend for ps-2001 last week", "im")

    assert campaign.name in all_words(await team.olivia.sees("Computed", "im"))
