"""Mentions, direct messages, dropped files and App Home."""

import re
from html import unescape
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.slack.conversation import answer_question
from bot.slack.desk import Desk
from bot.slack.drops import Drop
from bot.slack.home import publish

_MENTION = re.compile(r"<@[A-Z0-9]+>")


def register(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener each
    """Attach a listener to every event of the manifest."""

    @app.event("app_mention")
    async def mentioned(body: dict[str, Any], event: dict[str, Any]) -> None:
        if not event.get("files"):
            await _answer(desk, body, event)
        elif not desk.drops.wanted(event["channel"]):
            # Elsewhere files are read where the bot is asked to.
            for file in event["files"]:
                await desk.drops.take(Drop(event["channel"], str(file["id"]), str(event["user"])))

    @app.event("file_shared")
    async def dropped(event: dict[str, Any], context: AsyncBoltContext) -> None:
        if event["user_id"] != context.bot_user_id and desk.drops.wanted(event["channel_id"]):
            await desk.drops.take(Drop(event["channel_id"], event["file_id"], event["user_id"]))

    @app.event("message")
    async def written(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("channel_type") == "im" and not event.get("subtype") and not event.get("bot_id"):
            await _answer(desk, body, event)

    @app.event("app_home_opened")
    async def opened(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("tab") == "home" and (person := await desk.actor(body)) is not None:
            await publish(desk, person)


async def _answer(desk: Desk, body: dict[str, Any], event: dict[str, Any]) -> None:
    if (person := await desk.first_actor(body)) is not None:
        await answer_question(desk, unescape(_MENTION.sub(" ", event.get("text", ""))), person=person, body=body)
