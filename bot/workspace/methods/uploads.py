"""files.*: the external upload that slack_sdk's `files_upload_v2` drives."""

from bot.workspace.errors import ApiError, refused_with
from bot.workspace.files import MOST_BYTES
from bot.workspace.methods.call import Call, Method
from bot.workspace.seeds import Json


async def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal."""
    core = call.core
    file_id, path = core.files.start_upload(
        filename=call.text("filename", required=True),
        length=call.integer("length", 0, most=MOST_BYTES + 1) if call.text("length") not in ("", "0") else 0,
        alt_txt=call.text("alt_txt"),
    )
    return {"ok": True, "upload_url": f"{core.base_url}{path}", "file_id": file_id}


async def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: shares the files in a channel when one is named."""
    core, wanted = call.core, call.json("files")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(f, dict) and f.get("id") for f in wanted):
        raise refused_with("invalid_arguments", ["missing required field: id [json-pointer:/files]"])
    names = [name for name in (call.text("channel_id") or call.text("channels")).split(",") if name]
    channels = [core.state.channels.get(name) for name in names]
    for channel in channels:
        if channel is None:
            raise ApiError("channel_not_found")
        if core.team.bot_user_id not in channel.members:
            raise ApiError("not_in_channel")
    files = [core.files.complete(str(f["id"]), title=str(f.get("title") or ""), base_url=core.base_url) for f in wanted]
    for channel in channels:
        assert channel is not None
        message = core.posting.from_bot({"text": call.text("initial_comment"), "files": files, "upload": True})
        if call.text("thread_ts"):
            message["thread_ts"] = call.text("thread_ts")
        core.share(channel, message, files)
    return {"ok": True, "files": files}


async def file_info(call: Call) -> Json:
    """files.info."""
    file = call.core.files.seen_by(call.text("file", required=True), call.core.team.bot_user_id)
    if file is None:
        raise ApiError("file_not_found")
    return {"ok": True, "file": file, "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "files.getUploadURLExternal": (get_upload_url, ("files:write",)),
    "files.completeUploadExternal": (complete_upload, ("files:write",)),
    "files.info": (file_info, ("files:read",)),
}
