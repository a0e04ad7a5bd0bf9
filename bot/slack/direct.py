"""A direct message that is posted once and then rewritten, found again by its block ids after a crash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards.blocks import Message

GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}
UNREACHABLE = {"user_not_found", "user_disabled", "cannot_dm_bot", "users_not_found"}


@dataclass(frozen=True)
class Place:
    """Where a message is; without a channel nothing was tried, without a ts it is not known to be posted."""

    channel: str | None
    ts: str | None


async def put(
    client: AsyncWebClient,
    place: Place,
    slack_id: str,
    message: Message,
    *,
    prefix: str,
    opened: Callable[[str], Awaitable[None]],
) -> Place:
    """Post to the person, or rewrite what was posted; `opened` keeps the channel before anything is posted there.

    Block ids of the message begin with `prefix`.
    """
    channel, ts = place.channel, place.ts
    if channel is None:
        answer = await client.conversations_open(users=slack_id)
        channel = str(answer["channel"]["id"])
        await opened(channel)
    elif ts is None:
        ts = await _posted_ts(client, channel, prefix)
    blocks = list(message.blocks)
    if ts is None:
        posted = await client.chat_postMessage(channel=channel, text=message.text, blocks=blocks, unfurl_links=False)
        return Place(channel, str(posted["ts"]))
    try:
        await client.chat_update(channel=channel, ts=ts, text=message.text, blocks=blocks)
    except SlackApiError as error:
        if error.response.get("error") not in GONE:
            raise  # someone who deleted the message does not want it again
    return Place(channel, ts)


async def link_to(client: AsyncWebClient, channel: str | None, ts: str | None) -> str | None:
    """Where a card is, for a button; None until it is posted."""
    if channel is None or ts is None:
        return None
    return str((await client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"])


def problem(error: Exception) -> str:
    """What went wrong, for the log: Slack's own code, or the kind of error."""
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__


async def _posted_ts(client: AsyncWebClient, channel: str, prefix: str) -> str | None:
    answer = await client.conversations_history(channel=channel, limit=50)
    for found in answer["messages"]:
        if any(block.get("block_id", "").startswith(prefix) for block in found.get("blocks", ())):
            return str(found["ts"])
    return None
