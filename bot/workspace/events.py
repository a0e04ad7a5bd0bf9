"""The events the app is told, only those its manifest subscribes to."""

import re
from collections.abc import Callable

from bot.workspace import payloads
from bot.workspace.delivery import Delivery
from bot.workspace.seeds import Json, Manifest, Member
from bot.workspace.state import Channel, State
from bot.workspace.user_objects import user_object

_MESSAGE_EVENTS = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}


class Events:
    """Turns what happens in the workspace into event callbacks."""

    def __init__(
        self,
        *,
        state: State,
        manifest: Manifest,
        delivery: Delivery,
        clock: Callable[[], float],
        mint: Callable[[], str],
    ) -> None:
        self._state = state
        self._manifest = manifest
        self._delivery = delivery
        self._clock = clock
        self._mint = mint

    def message(self, channel: Channel, message: Json) -> None:
        """A message was posted, changed or deleted where the bot is a member."""
        if self._state.team.bot_user_id not in channel.members:
            return
        kind = "im" if channel.is_im else "group" if channel.is_private else "channel"
        if _MESSAGE_EVENTS[kind] in self._manifest.events:
            inner = {**message, "channel": channel.id, "channel_type": kind, "event_ts": message["ts"]}
            self._send(inner)
        if self.mentions_bot(message) and kind != "im" and "app_mention" in self._manifest.events:
            keys = ("user", "text", "ts", "thread_ts", "team", "client_msg_id", "files", "upload")
            mention = {key: message[key] for key in keys if key in message}
            self._send({"type": "app_mention", **mention, "channel": channel.id, "event_ts": message["ts"]})

    def mentions_bot(self, message: Json) -> bool:
        """Whether a person's new message names the bot."""
        by_person = "bot_id" not in message and message.get("subtype", "file_share") == "file_share"
        mention = rf"<@{re.escape(self._state.team.bot_user_id)}(\|[^>]*)?>"
        return by_person and re.search(mention, message.get("text", "")) is not None

    def file_shared(self, user: str, channel: Channel, file: Json) -> None:
        """A message with a file was posted where the bot is a member; Slack says which file, and little else."""
        is_member = self._state.team.bot_user_id in channel.members
        if not is_member or "file_shared" not in self._manifest.events or "files:read" not in self._manifest.scopes:
            return
        self._send(
            {
                "type": "file_shared",
                "channel_id": channel.id,
                "file_id": file["id"],
                "user_id": user,
                "file": {"id": file["id"]},
                "event_ts": self._state.stamps.next(),
            }
        )

    def home_opened(self, user: str, channel: Channel, *, tab: str = "home") -> None:
        """A person opened the bot's Home or Messages tab."""
        if "app_home_opened" not in self._manifest.events:
            return
        inner: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._state.stamps.next(),
        }
        if tab == "home" and user in self._state.homes:
            inner["view"] = self._state.homes[user]
        self._send(inner)

    def reaction_added(self, user: str, channel: Channel, message: Json, *, name: str) -> None:
        """Someone reacted to a message where the bot is a member."""
        is_member = self._state.team.bot_user_id in channel.members
        if "reaction_added" not in self._manifest.events or not is_member:
            return
        item = {"type": "message", "channel": channel.id, "ts": message["ts"]}
        self._send(
            {
                "type": "reaction_added",
                "user": user,
                "reaction": name,
                "item": item,
                "item_user": message.get("user"),
                "event_ts": self._state.stamps.next(),
            }
        )

    def user_changed(self, person: Member, *, joined: bool = False) -> None:
        """Someone's account changed, or someone joined the team; apps hear of it with the scope `users:read`."""
        kind = "team_join" if joined else "user_change"
        if kind not in self._manifest.events or "users:read" not in self._manifest.scopes:
            return
        now = self._clock()
        user = user_object(person, team=self._state.team, manifest=self._manifest, now=now)
        self._send({"type": kind, "user": user, "cache_ts": int(now), "event_ts": self._state.stamps.next()})

    def _send(self, inner: Json) -> None:
        event_id = f"Ev{self._mint().upper()}"
        moment = int(self._clock())
        self._delivery.event(payloads.event(self._state.team, inner, event_id=event_id, event_time=moment))
