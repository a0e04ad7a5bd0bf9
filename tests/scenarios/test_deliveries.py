"""Slack delivers at least once: whatever comes again has no second effect, also after a restart."""

from typing import Any

from bot.workspace.delivery import Sent
from storage.records.plans import PlanState
from tests.fakes.member import Json
from tests.scenarios.team import CHANNEL, Team, all_words


async def test_an_event_delivered_four_times_and_again_after_a_restart_is_answered_once(team: Team) -> None:
    asked = await team.olivia.send("@Countersign what is roas?")
    await team.olivia.sees("ROAS", thread_ts=asked["ts"])
    event = _sent(team, "events_api", lambda payload: payload["event"]["type"] == "app_mention")

    for _ in range(3):
        assert (await team.workspace.deliver_raw(event)).acked
    await team.restart()
    assert (await team.workspace.deliver_raw(event)).acked

    # Answers come in order: once a later question is answered, an answer to the repeated one would be there too.
    later = await team.olivia.send("@Countersign what is waiting for me?")
    await team.olivia.sees("waiting for you", thread_ts=later["ts"])
    answers = [one for one in team.workspace.messages(CHANNEL, thread_ts=asked["ts"]) if one.get("bot_id")]
    pictures = [one for one in answers if {block["type"] for block in one["blocks"]} == {"image"}]
    assert len([one for one in answers if "ROAS" in all_words(one) and one not in pictures]) == 1
    assert len(pictures) <= 1


async def test_a_click_delivered_again_has_one_effect_also_after_a_restart(team: Team) -> None:
    await team.press(team.aaron, "Approve")
    await team.card("Done")
    click = _sent(team, "interactive", lambda payload: payload["type"] == "block_actions")
    before = await team.actions_on("PLAN-1"), len(await team.edits())

    await team.workspace.deliver_raw(click)
    await team.restart()
    await team.workspace.deliver_raw(click)

    await _everything_is_handled(team)
    assert (await team.actions_on("PLAN-1"), len(await team.edits())) == before
    assert team.notices("U00AARON") == [], "a repeated delivery is no click, so nobody is told anything"


async def test_every_payload_sent_twice_at_once_has_one_effect(team: Team) -> None:
    card = await team.card("Waits for")
    team.workspace.faults.duplicates = 1
    await team.aaron.click(card, "Approve")
    await team.card("Done")

    trail = await team.actions_on("PLAN-1")
    assert trail.count("plan.approve") == 1
    assert len(await team.edits()) == len((await team.status()).plan.changes)
    await _everything_is_handled(team)
    assert team.notices("U00AARON") == []


async def test_a_form_delivered_again_has_one_effect(team: Team) -> None:
    await team.press(team.aaron, "Reject")
    await team.aaron.sees_modal("Why not?")
    await team.aaron.submit(reason="Not before the sale")
    await team.card("Rejected")
    form = _sent(team, "interactive", lambda payload: payload["type"] == "view_submission")

    await team.workspace.deliver_raw(form)

    await _everything_is_handled(team)
    assert (await team.actions_on("PLAN-1")).count("plan.reject") == 1
    assert await team.state() is PlanState.REJECTED
    assert not any("already rejected" in all_words(one) for one in team.workspace.messages("U00AARON"))


async def test_a_command_delivered_again_has_one_effect(team: Team) -> None:
    first = await team.office.sandbox.today()  # type: ignore[union-attr]
    await team.olivia.send("/market tick 1d")
    await team.olivia.sees("moved on by a day")
    command = _sent(team, "slash_commands", lambda payload: payload["command"] == "/market")

    await team.workspace.deliver_raw(command)

    await _everything_is_handled(team)
    assert (await team.office.sandbox.today() - first).days == 1  # type: ignore[union-attr]


async def test_what_was_written_while_the_bot_was_away_is_answered_when_it_is_back(team: Team) -> None:
    await team.stop()
    asked = await team.olivia.send("@Countersign what is roas?")
    assert team.workspace.pending_events

    await team.start()

    await team.olivia.sees("ROAS", thread_ts=asked["ts"])


def _sent(team: Team, kind: str, is_it: Any) -> Json:
    """The latest payload of a kind, as it was sent."""
    found: list[Sent] = [one for one in team.workspace.sent if one.envelope.kind == kind]
    return next(one.envelope.payload for one in reversed(found) if is_it(one.envelope.payload))


async def _everything_is_handled(team: Team) -> None:
    """Ask and wait for the answer: what was delivered before has been handled by then."""
    asked = await team.carla.send("@Countersign help", "C00GENERAL")
    await team.carla.sees("/plan", "C00GENERAL", thread_ts=asked["ts"])
