"""Slack limits, fails, loses replies and drops the line: the channel ends with one right card all the same."""

import asyncio
from zoneinfo import ZoneInfo

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.lifecycle.route import Router
from bot.slack.card_desk import CardDesk
from bot.workspace.socket_mode import Connection
from storage.ledger import Ledger
from storage.records.plans import PlanState
from tests.scenarios.team import CHANNEL, DECIDING, Team, all_words, controls


@pytest.mark.parametrize("trouble", [{"rate_limit": 2}, {"errors": 2}, {"lost_replies": 1}])
async def test_posting_a_card_in_trouble_ends_in_exactly_one(team: Team, trouble: dict[str, int]) -> None:
    await team.card("Waits for")
    _make(team, "chat.postMessage", trouble)

    await team.supersede()

    card = await team.card("Waits for", subject="PLAN-2")
    await team.card("Superseded")
    await _every_card_is_right(team)
    assert [one["ts"] for one in team.cards("PLAN-2")] == [card["ts"]]
    assert len([one for one in team.workspace.messages(CHANNEL) if one.get("bot_id")]) == 2


@pytest.mark.parametrize("trouble", [{"rate_limit": 2}, {"errors": 3}, {"lost_replies": 2}])
async def test_rewriting_a_card_in_trouble_ends_in_the_right_card(team: Team, trouble: dict[str, int]) -> None:
    waiting = await team.card("Waits for")
    _make(team, "chat.update", trouble)

    await team.aaron.click(waiting, "Approve")

    done = await team.card("Done")
    assert done["ts"] == waiting["ts"]
    assert not DECIDING & controls(done)
    await _every_card_is_right(team)
    assert len([one for one in team.workspace.messages(CHANNEL) if one.get("bot_id")]) == 1
    assert len(await team.edits()) == len((await team.status()).plan.changes)


async def test_a_card_that_someone_deleted_is_posted_anew(team: Team) -> None:
    waiting = await team.card("Waits for")
    await team.desk.client.chat_delete(channel=CHANNEL, ts=waiting["ts"])

    await team.workspace.deliver_raw(team.late_click(waiting, "plan.approve", "U00AARON"))

    done = await team.card("Done")
    assert done["ts"] != waiting["ts"]
    await _every_card_is_right(team)
    assert len(team.cards("PLAN-1")) == 1


async def test_a_dialog_that_slack_refused_to_open_is_answered_in_words(team: Team) -> None:
    await team.card("Waits for")
    _make(team, "views.open", {"errors": 1})

    await team.press(team.aaron, "Reject")

    await team.aaron.sees("Something broke on our side")
    assert await team.state() is PlanState.WAITING
    await team.press(team.aaron, "Reject")
    await team.aaron.sees_modal("Why not?")


async def test_a_socket_dropped_in_the_middle_of_a_click_leaves_one_effect(team: Team) -> None:
    waiting = await team.card("Waits for")
    click = asyncio.create_task(team.aaron.click(waiting, "Approve"))
    await _on_its_way(team)

    await team.workspace.disconnect()

    assert (await click)["error"] == "operation_timeout", "the person is told that nobody answered"
    await team.workspace.wait_for(lambda: team.workspace.connections > 0, 30)
    await team.workspace.deliver_raw(team.late_click(waiting, "plan.approve", "U00AARON"))  # and clicks again
    await team.card("Done")
    assert (await team.actions_on("PLAN-1")).count("plan.approve") == 1
    assert len(await team.edits()) == len((await team.status()).plan.changes)


async def test_an_event_whose_acknowledgement_was_lost_with_the_socket_is_answered_once(team: Team) -> None:
    sending = asyncio.create_task(team.olivia.send("@Countersign what is roas?"))
    await _on_its_way(team)

    await team.workspace.disconnect()

    asked = await sending
    await team.olivia.sees("Computed", thread_ts=asked["ts"])
    await team.workspace.wait_for(lambda: not team.workspace.pending_events, 30)
    later = await team.olivia.send("@Countersign what is waiting for me?")
    await team.olivia.sees("waiting for you", thread_ts=later["ts"])
    deliveries = [one for one in team.workspace.sent if "what is roas" in str(one.envelope.payload)]
    assert len(deliveries) > 1, "the event was sent again"
    answers = [one for one in team.workspace.messages(CHANNEL, thread_ts=asked["ts"]) if one.get("bot_id")]
    assert len([one for one in answers if "Computed" in all_words(one)]) == 1


class DiesAfterPosting(AsyncWebClient):
    """A client whose process ends after Slack took the message and before anyone learns its place."""

    async def chat_postMessage(self, **arguments: object) -> None:  # type: ignore[override]  # noqa: N802
        await super().chat_postMessage(**arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt


async def test_a_crash_between_posting_and_remembering_the_card_ends_in_one_card(team: Team) -> None:
    await team.card("Waits for")
    await team.stop_bot()
    await team.supersede()
    client = DiesAfterPosting(token=team.workspace.bot_token, base_url=team.workspace.api_url)
    with pytest.raises(KeyboardInterrupt):
        await _desk(team.office.ledger, team.office.router, client, team)._show("PLAN-2")
    (posted,) = team.cards("PLAN-2")
    async with team.office.ledger.read() as tx:
        card = await tx.cards.get("PLAN-2")
    assert (card.channel, card.ts) == (CHANNEL, None)
    await team.stop()

    await team.start()

    await team.card("Superseded")
    await _every_card_is_right(team)
    assert [one["ts"] for one in team.cards("PLAN-2")] == [posted["ts"]]
    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-2")
    await team.card("Done", subject="PLAN-2")


async def test_a_crash_between_noting_and_posting_ends_in_one_card_too(team: Team) -> None:
    await team.card("Waits for")
    await team.stop_bot()
    await team.supersede()
    team.workspace.faults.errors, team.workspace.faults.methods = 1, ("chat.postMessage",)
    client = AsyncWebClient(token=team.workspace.bot_token, base_url=team.workspace.api_url)
    with pytest.raises(SlackApiError):
        await _desk(team.office.ledger, team.office.router, client, team)._show("PLAN-2")
    assert team.cards("PLAN-2") == []

    await team.start_bot()

    await team.card("Waits for", subject="PLAN-2")


async def _on_its_way(team: Team) -> None:
    """Until something was sent to the bot that it has not acknowledged."""
    async with asyncio.timeout(30):
        while not any(_unanswered(one) for one in team.workspace._core.sockets._connections):  # noqa: ASYNC110
            # No event tells of what is on its way: it ends within a few turns of the loop.
            await asyncio.sleep(0)


def _unanswered(connection: Connection) -> bool:
    return any(not answer.done() for answer in connection.waiting.values())


def _make(team: Team, method: str, trouble: dict[str, int]) -> None:
    """Let the next calls of a method go wrong."""
    faults = team.workspace.faults
    faults.methods, faults.retry_after_seconds = (method,), 0
    for name, times in trouble.items():
        setattr(faults, name, times)


async def _every_card_is_right(team: Team) -> None:
    """Until nothing known is missing from the channel."""
    desk = _desk(team.office.ledger, team.office.router, team.desk.client, team)
    async with asyncio.timeout(30):
        while await desk.sweep():
            pass


def _desk(ledger: Ledger, router: Router, client: AsyncWebClient, team: Team) -> CardDesk:
    emergency = team.office.emergency
    return CardDesk(ledger, router, emergency, client, channel=CHANNEL, zone=ZoneInfo("Europe/London"), clock=team.wall)
