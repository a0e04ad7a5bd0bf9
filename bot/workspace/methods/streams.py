"""chat.startStream, appendStream, stopStream: a reply that grows while it is being written.

A stream is a message in a thread whose blocks are rebuilt from its chunks: markdown text, tasks, a plan's title.
"""

from bot.workspace.core import Core
from bot.workspace.drafts import Draft
from bot.workspace.errors import ApiError, refused_with
from bot.workspace.methods.call import Call, Method
from bot.workspace.methods.chat import own_message
from bot.workspace.posting import MOST_MARKDOWN
from bot.workspace.seeds import Json

MODES = ("timeline", "plan")


def _take_all(call: Call, draft: Draft) -> None:
    text, chunks = call.text("markdown_text"), call.json("chunks")
    if len(text) > MOST_MARKDOWN:
        raise ApiError("msg_too_long")
    if chunks is not None and not isinstance(chunks, list):
        raise ApiError("invalid_chunks")
    for chunk in [*([{"type": "markdown_text", "text": text}] if text else []), *(chunks or [])]:
        draft.take(chunk)


def _draft(call: Call) -> tuple[Core, Json, Draft]:
    core, channel = call.core, call.channel()
    message = own_message(call, channel, "message_not_owned_by_app")
    draft = core.streams.get((channel.id, message["ts"]))
    if draft is None:
        raise ApiError("message_not_in_streaming_state")
    return core, message, draft


async def start(call: Call) -> Json:
    """chat.startStream; in a channel the recipient has to be named."""
    core, channel = call.core, call.joined_channel()
    thread, mode = call.text("thread_ts", required=True), call.text("task_display_mode") or "timeline"
    if not channel.is_im:
        for name in ("recipient_team_id", "recipient_user_id"):
            if not call.text(name):
                raise ApiError(f"missing_{name}")
    if mode not in MODES:
        raise refused_with("invalid_arguments", ["must be timeline or plan [json-pointer:/task_display_mode]"])
    draft = Draft(mode)
    _take_all(call, draft)
    content = {"text": draft.text() or " ", "blocks": draft.blocks()}
    message = {**core.posting.from_bot(content), "thread_ts": thread, "streaming_state": "in_progress"}
    core.posting.post(channel, message)
    core.streams[channel.id, message["ts"]] = draft
    core.set_status(channel.id, thread, "")
    return {"ok": True, "channel": channel.id, "ts": message["ts"]}


async def append(call: Call) -> Json:
    """chat.appendStream."""
    core, message, draft = _draft(call)
    _take_all(call, draft)
    channel = call.channel()
    message.update(text=draft.text(), blocks=draft.blocks())
    core.posting.touch(channel, message)
    return {"ok": True, "channel": channel.id, "ts": message["ts"]}


async def stop(call: Call) -> Json:
    """chat.stopStream: the last chunks, then the blocks that stand below."""
    core, message, draft = _draft(call)
    extra = core.posting.content({"blocks": call.json("blocks") or [], "metadata": call.json("metadata")})
    _take_all(call, draft)
    channel = call.channel()
    del core.streams[channel.id, message["ts"]]
    del message["streaming_state"]
    final = core.posting.named(draft.blocks())
    message.update({**extra, "text": draft.text(), "blocks": [*final, *extra["blocks"]]})
    core.posting.touch(channel, message)
    return {"ok": True, "channel": channel.id, "ts": message["ts"], "message": message}


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "chat.startStream": (start, ("chat:write",)),
    "chat.appendStream": (append, ("chat:write",)),
    "chat.stopStream": (stop, ("chat:write",)),
}
