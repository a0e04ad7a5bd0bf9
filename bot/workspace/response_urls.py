"""Response URLs: what an app may still say about an interaction, five times within half an hour."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.workspace.errors import ApiError
from bot.workspace.posting import Posting
from bot.workspace.seeds import Json
from bot.workspace.state import Channel

USES = 5
LIFE_SECONDS = 1_800.0
KEPT = 2_000


@dataclass
class Origin:
    """The interaction a response URL belongs to; `message_ts` is empty for a command."""

    user: str
    channel: Channel
    made_at: float
    message_ts: str = ""
    ephemeral: bool = False
    uses: int = 0


class ResponseUrls:
    """Makes response URLs and carries out what is sent to them."""

    def __init__(self, *, posting: Posting, clock: Callable[[], float], mint: Callable[[], str]) -> None:
        self._posting = posting
        self._clock = clock
        self._mint = mint
        self._made: OrderedDict[str, Origin] = OrderedDict()

    def make(self, user: str, channel: Channel, *, message: Json | None = None) -> str:
        """The path of a new response URL."""
        token = f"{self._mint()}/{self._mint()}"
        origin = Origin(user=user, channel=channel, made_at=self._clock())
        if message is not None:
            origin.message_ts = message["ts"]
            origin.ephemeral = "ephemeral_to" in message
        self._made[token] = origin
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return f"/response/{token}"

    def answer(self, token: str, body: Any) -> None:
        """Carry out one answer; raises ApiError (`expired_url`, `used_url`, or why its content is refused)."""
        origin = self._made.get(token)
        if origin is None or self._clock() - origin.made_at > LIFE_SECONDS:
            raise ApiError("expired_url")
        if origin.uses >= USES:
            raise ApiError("used_url")
        if not isinstance(body, dict):
            raise ApiError("invalid_payload")
        self.carry_out(origin, body)
        origin.uses += 1

    def carry_out(self, origin: Origin, body: Json) -> None:
        """Delete, replace or post, as the body says."""
        if body.get("delete_original"):
            self._delete(origin)
            return
        content = self._posting.content(body)
        if body.get("replace_original") and origin.message_ts:
            self._replace(origin, content)
        elif body.get("response_type") == "in_channel":
            message = self._posting.from_bot(content)
            if body.get("thread_ts"):
                message["thread_ts"] = body["thread_ts"]
            self._posting.post(origin.channel, message)
        else:
            thread = str(body.get("thread_ts") or "")
            self._posting.post_ephemeral(origin.channel, origin.user, content, thread_ts=thread)

    def _replace(self, origin: Origin, content: Json) -> None:
        if not (content.get("text") or content.get("blocks") or content.get("attachments")):
            raise ApiError("no_text")
        message = self._original(origin)
        if origin.ephemeral:
            self._posting.replace_ephemeral(origin.channel, origin.user, message, content)
        else:
            cleared: Json = dict.fromkeys({"blocks", "attachments"} & message.keys())
            self._posting.update(origin.channel, message, {**cleared, **content})

    def _delete(self, origin: Origin) -> None:
        self._original(origin)
        if origin.ephemeral:
            self._posting.delete_ephemeral(origin.channel, origin.user, origin.message_ts)
        else:
            self._posting.delete(origin.channel, origin.message_ts)

    def _original(self, origin: Origin) -> Json:
        if origin.ephemeral:
            found = self._posting.ephemeral(origin.channel, origin.user, origin.message_ts)
        else:
            found = origin.channel.messages.get(origin.message_ts)
        if found is None:
            raise ApiError("message_not_found")
        return found
