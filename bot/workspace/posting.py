"""Making messages and telling everyone who sees them: the one place where a message comes to be or changes."""

import copy
from collections.abc import Callable
from typing import Any

from bot.workspace.blocks.validate import check_message_blocks
from bot.workspace.blocks.walk import seen_by, with_ids
from bot.workspace.changes import Changes
from bot.workspace.errors import ApiError
from bot.workspace.seeds import Json
from bot.workspace.state import Channel, State

MOST_TEXT = 40_000
MOST_MARKDOWN = 12_000
MOST_ATTACHMENTS = 100


def shown(message: Json, channel: Channel, user: str) -> Json:
    """A message as the page of one person gets it: with its channel, without controls for others."""
    told = {**message, "channel": channel.id}
    if message.get("blocks"):
        told["blocks"] = seen_by(message["blocks"], user)
    return told


class Posting:
    """Validates content, stores messages and tells streams; `announce` passes on what an app may subscribe to."""

    def __init__(
        self,
        *,
        state: State,
        changes: Changes,
        mint: Callable[[], str],
        announce: Callable[[Channel, Json], None],
    ) -> None:
        self._state = state
        self._changes = changes
        self._mint = mint
        self._announce = announce

    def content(self, arguments: Json) -> Json:
        """The checked `text`, `blocks`, `attachments` and `metadata` of a call, only those that were given.

        Raises ApiError with Slack's codes for what Slack refuses.
        """
        content: Json = {}
        if arguments.get("markdown_text"):
            if arguments.get("text") or arguments.get("blocks"):
                raise ApiError("markdown_text_conflict")
            if len(arguments["markdown_text"]) > MOST_MARKDOWN:
                raise ApiError("msg_too_long")
            arguments = {**arguments, "blocks": [{"type": "markdown", "text": arguments["markdown_text"]}]}
            content["text"] = arguments["markdown_text"]
        if isinstance(arguments.get("text"), str):
            content["text"] = arguments["text"][:MOST_TEXT]
        elif arguments.get("text") is not None:
            raise ApiError("invalid_arguments")
        if arguments.get("blocks") is not None:
            check_message_blocks(arguments["blocks"], files=self._state.file_names)
            content["blocks"] = with_ids(arguments["blocks"], self._mint)
        if arguments.get("attachments") is not None:
            content["attachments"] = self._attachments(arguments["attachments"])
        if isinstance(arguments.get("metadata"), dict):
            content["metadata"] = arguments["metadata"]
        return content

    def named(self, blocks: list[Json]) -> list[Json]:
        """The blocks with the ids Slack gives to those that have none."""
        return with_ids(blocks, self._mint)

    def from_bot(self, content: Json) -> Json:
        """A new message of the bot with checked content; refuses an empty one with `no_text`."""
        if not (content.get("text") or content.get("blocks") or content.get("attachments") or content.get("files")):
            raise ApiError("no_text")
        team = self._state.team
        return {
            "type": "message",
            "ts": self._state.stamps.next(),
            "user": team.bot_user_id,
            "bot_id": team.bot_id,
            "app_id": team.app_id,
            "team": team.id,
            "text": "",
            **content,
        }

    def post(self, channel: Channel, message: Json) -> Json:
        """Add a message to a channel, or to the thread it names, and tell."""
        if message.get("thread_ts"):
            self._check_thread(channel, message["thread_ts"])
        self._state.add(channel, message)
        self._tell(channel, message, "message")
        parent = channel.messages.get(message.get("thread_ts") or "")
        if parent is not None and parent is not message:
            self._tell(channel, parent, "message_changed")
        self._announce(channel, message)
        return message

    def update(self, channel: Channel, message: Json, content: Json) -> Json:
        """Replace parts of a message by checked content; an empty list removes blocks or attachments."""
        before = copy.copy(message)
        if "text" in content and content["text"] != message["text"]:
            message["edited"] = {"user": message["user"], "ts": self._state.stamps.next()}
        message.update(content)
        for key in ("blocks", "attachments"):
            if not message.get(key):
                message.pop(key, None)
        self._state.change(channel, message)
        self._tell(channel, message, "message_changed")
        self._announce(
            channel,
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "ts": self._state.stamps.next(),
                "message": message,
                "previous_message": before,
            },
        )
        return message

    def touch(self, channel: Channel, message: Json) -> None:
        """Store and tell a change that is no edit, such as a reaction."""
        self._state.change(channel, message)
        self._tell(channel, message, "message_changed")

    def delete(self, channel: Channel, ts: str) -> None:
        """Delete a message and tell; the parent of replies becomes a tombstone."""
        message = channel.messages[ts]
        thread = message.get("thread_ts")
        tombstone = self._state.remove(channel, ts)
        if tombstone is not None:
            self._tell(channel, tombstone, "message_changed")
        else:
            self._tell_deleted(channel, ts, thread or "")
        self._announce(
            channel,
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "ts": self._state.stamps.next(),
                "deleted_ts": ts,
                "previous_message": message,
            },
        )

    def _tell_deleted(self, channel: Channel, ts: str, thread: str) -> None:
        told = {"type": "message_deleted", "channel": channel.id, "ts": ts}
        self._changes.tell(told, to=lambda user: told if user in channel.members else None)
        parent = channel.messages.get(thread)
        if parent is not None:
            self._tell(channel, parent, "message_changed")

    def post_ephemeral(self, channel: Channel, user: str, content: Json, *, thread_ts: str = "") -> Json:
        """Show a message to one person only."""
        message = {**self.from_bot(content), "ephemeral_to": user}
        if thread_ts:
            message["thread_ts"] = thread_ts
        self._state.add_ephemeral(channel, user, message)
        self._tell_ephemeral(channel, user, message)
        return message

    def ephemeral(self, channel: Channel, user: str, ts: str) -> Json | None:
        """An ephemeral message a person still sees."""
        return self._state.ephemeral(channel, user, ts)

    def replace_ephemeral(self, channel: Channel, user: str, message: Json, content: Json) -> None:
        """Replace what an ephemeral message shows."""
        message.update(content)
        for key in {"blocks", "attachments"} - content.keys():
            message.pop(key, None)
        self._tell_ephemeral(channel, user, message)

    def delete_ephemeral(self, channel: Channel, user: str, ts: str) -> None:
        """Take an ephemeral message away."""
        self._state.remove_ephemeral(channel, user, ts)
        self._changes.tell_user(user, {"type": "message_deleted", "channel": channel.id, "ts": ts})

    def _check_thread(self, channel: Channel, thread_ts: str) -> None:
        parent = channel.messages.get(thread_ts)
        if parent is None:
            raise ApiError("thread_not_found")
        if parent.get("thread_ts", thread_ts) != thread_ts:
            raise ApiError("cannot_reply_to_message")

    def _tell(self, channel: Channel, message: Json, change: str) -> None:
        self._changes.tell(
            {"type": change},
            to=lambda user: (
                {"type": change, "message": shown(message, channel, user)} if user in channel.members else None
            ),
        )

    def _tell_ephemeral(self, channel: Channel, user: str, message: Json) -> None:
        self._changes.tell_user(user, {"type": "ephemeral", "message": shown(message, channel, user)})

    def _attachments(self, attachments: Any) -> list[Json]:
        if not isinstance(attachments, list) or not all(isinstance(part, dict) for part in attachments):
            raise ApiError("invalid_attachments")
        if len(attachments) > MOST_ATTACHMENTS:
            raise ApiError("too_many_attachments")
        checked = []
        for index, part in enumerate(attachments):
            if part.get("blocks") is not None:
                check_message_blocks(part["blocks"], files=self._state.file_names, at=f"/attachments/{index}/blocks")
                part = {**part, "blocks": with_ids(part["blocks"], self._mint)}  # noqa: PLW2901
            checked.append(part)
        return checked
