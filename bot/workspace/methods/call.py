"""One call of a Web API method: its arguments, read strictly."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.workspace.core import Core
from bot.workspace.errors import ApiError, refused_with
from bot.workspace.seeds import Json
from bot.workspace.state import Channel

JSON_ARGUMENTS = frozenset(
    {"blocks", "attachments", "metadata", "view", "files", "prompts", "loading_messages", "chunks"}
)


@dataclass(frozen=True)
class Call:
    """The arguments of one call, those that are JSON already parsed."""

    core: Core
    arguments: Json

    def text(self, name: str, *, required: bool = False) -> str:
        """A string argument, "" when absent; `required` refuses its absence as Slack does."""
        value = self.arguments.get(name)
        if value is None or value == "":
            if required:
                raise refused_with("invalid_arguments", [f"missing required field: {name} [json-pointer:/{name}]"])
            return ""
        if isinstance(value, bool | dict | list):
            raise refused_with("invalid_arguments", [f"must be a string [json-pointer:/{name}]"])
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean argument, also as "1", "true" or "0", "false"."""
        value = self.arguments.get(name)
        if value is None or value == "":
            return default
        return value in (True, 1, "1", "true", "True")

    def integer(self, name: str, default: int, *, most: int) -> int:
        """A whole number from 1 to `most`."""
        try:
            value = int(self.arguments.get(name) or default)
        except (TypeError, ValueError):
            raise refused_with("invalid_arguments", [f"must be an integer [json-pointer:/{name}]"]) from None
        return max(1, min(value, most))

    def channel(self, name: str = "channel") -> Channel:
        """The channel named by an argument; `channel_not_found` when there is none (or the bot may not see it)."""
        found = self.core.state.find_channel(self.text(name))
        bot = self.core.team.bot_user_id
        if found is None or (found.is_private and bot not in found.members):
            raise ApiError("channel_not_found")
        return found

    def joined_channel(self, name: str = "channel") -> Channel:
        """The same, refused with `not_in_channel` when the bot is no member."""
        channel = self.channel(name)
        if self.core.team.bot_user_id not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def json(self, name: str) -> Any:
        """An argument that is JSON, parsed; None when absent."""
        return self.arguments.get(name)


Method = Callable[[Call], Awaitable[Json]]


def parsed(arguments: Json) -> Json:
    """The arguments with their JSON strings parsed, as forms carry them.

    Raises ApiError (`invalid_blocks_format`, `invalid_arguments`) for a string that is not JSON.
    """
    result = dict(arguments)
    for name in JSON_ARGUMENTS & result.keys():
        if isinstance(result[name], str) and result[name]:
            try:
                result[name] = json.loads(result[name])
            except ValueError:
                code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise ApiError(code) from None
    return result


def page(values: list[Any], cursor: str, limit: int) -> tuple[list[Any], str]:
    """A page of values and the cursor of the next one, "" at the end; `invalid_cursor` for a strange one."""
    try:
        start = int(cursor.removeprefix("next:")) if cursor else 0
    except ValueError:
        raise ApiError("invalid_cursor") from None
    end = start + limit
    return values[start:end], f"next:{end}" if end < len(values) else ""
