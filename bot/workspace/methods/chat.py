"""chat.*: posting, updating, deleting, ephemerals and permalinks."""

from bot.workspace.errors import ApiError
from bot.workspace.methods.call import Call, Method
from bot.workspace.seeds import Json
from bot.workspace.state import Channel

MOST_UPDATE_TEXT = 4_000


async def post_message(call: Call) -> Json:
    """chat.postMessage."""
    core, channel = call.core, call.channel()
    if core.team.bot_user_id not in channel.members:
        public = not channel.is_private and not channel.is_im
        if not (public and "chat:write.public" in core.manifest.scopes):
            raise ApiError("not_in_channel")
    message = core.posting.from_bot(core.posting.content(call.arguments))
    thread = call.text("thread_ts")
    if thread:
        message["thread_ts"] = thread
        if call.flag("reply_broadcast"):
            message["subtype"] = "thread_broadcast"
    core.posting.post(channel, message)
    core.set_status(channel.id, thread, "")
    answer: Json = {"ok": True, "channel": channel.id, "ts": message["ts"], "message": message}
    if len(str(call.arguments.get("text") or "")) > len(message["text"]):
        answer |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return answer


def own_message(call: Call, channel: Channel, refusal: str) -> Json:
    """The bot's own message named by `ts`, else `message_not_found` or the refusal."""
    message = channel.messages.get(call.text("ts", required=True))
    if message is None or message.get("subtype") == "tombstone":
        raise ApiError("message_not_found")
    if message.get("bot_id") != call.core.team.bot_id:
        raise ApiError(refusal)
    return message


async def update(call: Call) -> Json:
    """chat.update; what is not given stays, an empty list removes blocks."""
    core, channel = call.core, call.channel()
    message = own_message(call, channel, "cant_update_message")
    if (channel.id, message["ts"]) in core.streams:
        raise ApiError("streaming_state_conflict")
    if len(str(call.arguments.get("text") or "")) > MOST_UPDATE_TEXT:
        raise ApiError("msg_too_long")
    content = core.posting.content(call.arguments)
    if not content:
        raise ApiError("no_text")
    after = {**message, **content}
    if not any(after.get(key) for key in ("text", "blocks", "attachments", "files")):
        raise ApiError("no_text")
    core.posting.update(channel, message, content)
    return {"ok": True, "channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}


async def delete(call: Call) -> Json:
    """chat.delete."""
    channel = call.channel()
    message = own_message(call, channel, "cant_delete_message")
    ts = message["ts"]
    call.core.posting.delete(channel, ts)
    return {"ok": True, "channel": channel.id, "ts": ts}


async def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral."""
    core, channel = call.core, call.joined_channel()
    user = call.text("user", required=True)
    if user not in channel.members or user not in core.state.people:
        raise ApiError("user_not_in_channel")
    if len(str(call.arguments.get("text") or "")) > MOST_UPDATE_TEXT * 10:
        raise ApiError("msg_too_long")
    content = core.posting.content(call.arguments)
    message = core.posting.post_ephemeral(channel, user, content, thread_ts=call.text("thread_ts"))
    return {"ok": True, "message_ts": message["ts"]}


async def get_permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel, ts = call.channel(), call.text("message_ts", required=True)
    if ts not in channel.messages:
        raise ApiError("message_not_found")
    link = f"{call.core.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": link}


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "chat.postMessage": (post_message, ("chat:write",)),
    "chat.update": (update, ("chat:write",)),
    "chat.delete": (delete, ("chat:write",)),
    "chat.postEphemeral": (post_ephemeral, ("chat:write",)),
    "chat.getPermalink": (get_permalink, ()),
}
