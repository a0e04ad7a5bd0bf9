"""conversations.* and reactions.add."""

from bot.workspace.errors import ApiError
from bot.workspace.methods.call import Call, Method, page
from bot.workspace.seeds import Json
from bot.workspace.state import Channel

_KINDS = {"public_channel", "private_channel", "im", "mpim"}


def kind_of(channel: Channel) -> str:
    """Slack's word for the kind of a channel, as in `types`."""
    return "im" if channel.is_im else "private_channel" if channel.is_private else "public_channel"


def described(channel: Channel, bot_user: str) -> Json:
    """A channel object."""
    if channel.is_im:
        return {"id": channel.id, "is_im": True, "user": channel.user, "is_archived": False, "is_open": True}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": False,
        "is_member": bot_user in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


async def list_all(call: Call) -> Json:
    """conversations.list."""
    kinds = set((call.text("types") or "public_channel").replace(" ", "").split(","))
    if not kinds <= _KINDS:
        raise ApiError("invalid_types")
    bot = call.core.team.bot_user_id
    seen = [
        described(channel, bot)
        for channel in call.core.state.channels.values()
        if kind_of(channel) in kinds and (not channel.is_private or bot in channel.members)
    ]
    part, cursor = page(seen, call.text("cursor"), call.integer("limit", 100, most=1000))
    return {"ok": True, "channels": part, "response_metadata": {"next_cursor": cursor}}


async def info(call: Call) -> Json:
    """conversations.info."""
    return {"ok": True, "channel": described(call.channel(), call.core.team.bot_user_id)}


async def open_im(call: Call) -> Json:
    """conversations.open for one person (group messages are not offered) or a known channel."""
    if call.text("channel"):
        channel = call.channel()
    else:
        users = [user for user in call.text("users").split(",") if user]
        if not users:
            raise ApiError("users_list_not_supplied")
        if len(users) > 1:
            raise ApiError("method_not_supported_for_channel_type")
        found = call.core.state.im_of(users[0]) if users[0] in call.core.state.people else None
        if users[0] in call.core.state.people and call.core.state.people[users[0]].deleted:
            raise ApiError("user_disabled")
        if found is None:
            raise ApiError("user_not_found")
        channel = found
    full = call.flag("return_im")
    shown = described(channel, call.core.team.bot_user_id) if full else {"id": channel.id}
    return {"ok": True, "no_op": True, "already_open": True, "channel": shown}


def _limits(call: Call) -> tuple[str, str, bool]:
    return _stamp(call.text("oldest")), _stamp(call.text("latest")), call.flag("inclusive")


def _stamp(text: str) -> str:
    """A limit in the form of stored stamps, so that they compare as text."""
    if not text:
        return ""
    seconds, _, micros = text.partition(".")
    if not (seconds + micros).isdigit():
        raise ApiError("invalid_ts_oldest")
    return f"{int(seconds):010d}.{micros or '0':0<6}"


def _readable(call: Call) -> Channel:
    """The channel, when the scope for reading its kind was granted."""
    channel = call.joined_channel()
    kind = "im" if channel.is_im else "groups" if channel.is_private else "channels"
    if f"{kind}:history" not in call.core.manifest.scopes:
        provided = ",".join(sorted(call.core.manifest.scopes))
        raise ApiError("missing_scope", needed=f"{kind}:history", provided=provided)
    return channel


async def history(call: Call) -> Json:
    """conversations.history, newest first."""
    channel = _readable(call)
    oldest, latest, inclusive = _limits(call)
    stamps = call.core.state.history(channel, oldest, latest, inclusive=inclusive)[::-1]
    part, cursor = page(stamps, call.text("cursor"), call.integer("limit", 100, most=999))
    return {
        "ok": True,
        "messages": [channel.messages[ts] for ts in part],
        "has_more": bool(cursor),
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


async def replies(call: Call) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel, ts = _readable(call), call.text("ts", required=True)
    message = channel.messages.get(ts)
    if message is None:
        raise ApiError("thread_not_found")
    oldest, latest, inclusive = _limits(call)
    parent, *rest = call.core.state.replies(channel, message.get("thread_ts", ts))
    stamps = [parent, *channel.between(rest, oldest, latest, inclusive=inclusive)]
    part, cursor = page(stamps, call.text("cursor"), call.integer("limit", 1000, most=1000))
    return {
        "ok": True,
        "messages": [channel.messages[stamp] for stamp in part if stamp in channel.messages],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


async def members(call: Call) -> Json:
    """conversations.members."""
    everyone = sorted(call.channel().members)
    part, cursor = page(everyone, call.text("cursor"), call.integer("limit", 100, most=1000))
    return {"ok": True, "members": part, "response_metadata": {"next_cursor": cursor}}


async def join(call: Call) -> Json:
    """conversations.join."""
    channel, bot = call.channel(), call.core.team.bot_user_id
    if channel.is_im or channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    call.core.state.join(channel, bot)
    return {"ok": True, "channel": described(channel, bot)}


async def add_reaction(call: Call) -> Json:
    """reactions.add."""
    channel, name = call.joined_channel(), call.text("name", required=True).strip(":")
    message = channel.messages.get(call.text("timestamp", required=True))
    if message is None:
        raise ApiError("message_not_found")
    bot = call.core.team.bot_user_id
    reactions = message.setdefault("reactions", [])
    found = next((reaction for reaction in reactions if reaction["name"] == name), None)
    if found is None:
        reactions.append({"name": name, "users": [bot], "count": 1})
    elif bot in found["users"]:
        raise ApiError("already_reacted")
    else:
        found["users"].append(bot)
        found["count"] += 1
    call.core.posting.touch(channel, message)
    call.core.events.reaction_added(bot, channel, message, name=name)
    return {"ok": True}


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "conversations.list": (list_all, _READ),
    "conversations.info": (info, _READ),
    "conversations.open": (open_im, ("im:write", "mpim:write")),
    "conversations.history": (history, _HISTORY),
    "conversations.replies": (replies, _HISTORY),
    "conversations.members": (members, _READ),
    "conversations.join": (join, ("channels:join",)),
    "reactions.add": (add_reaction, ("reactions:write",)),
}
