"""views.*, assistant.threads.* and apps.connections.open."""

from bot.workspace.errors import ApiError, refused_with
from bot.workspace.methods.call import Call, Method
from bot.workspace.seeds import Json

MOST_PROMPTS = 4
MOST_LOADING_MESSAGES = 10


async def open_view(call: Call) -> Json:
    """views.open."""
    core = call.core
    trigger = core.triggers.exchange(call.text("trigger_id", required=True))
    return {"ok": True, "view": core.views.open(trigger.user, call.json("view"))}


async def push_view(call: Call) -> Json:
    """views.push."""
    core = call.core
    trigger = core.triggers.exchange(call.text("trigger_id", required=True))
    return {"ok": True, "view": core.views.push(trigger.user, call.json("view"))}


async def update_view(call: Call) -> Json:
    """views.update, by `view_id` or `external_id`."""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not (view_id or external_id):
        raise refused_with("invalid_arguments", ["must define either `view_id` or `external_id`"])
    view = call.core.views.update(
        call.json("view"), view_id=view_id, external_id=external_id, known_hash=call.text("hash")
    )
    return {"ok": True, "view": view}


async def publish_view(call: Call) -> Json:
    """views.publish: a person's Home tab."""
    user = call.text("user_id", required=True)
    if user not in call.core.state.people:
        raise refused_with("invalid_arguments", ["invalid `user_id` [json-pointer:/user_id]"])
    view = call.core.views.publish(user, call.json("view"), known_hash=call.text("hash"))
    return {"ok": True, "view": view}


async def set_status(call: Call) -> Json:
    """assistant.threads.setStatus; "" clears it, as does the next message of the bot in the thread."""
    channel = call.joined_channel("channel_id")
    thread = call.text("thread_ts", required=True)
    if thread not in channel.messages:
        raise ApiError("invalid_thread_ts")
    loading = call.json("loading_messages")
    if loading is not None and (not isinstance(loading, list) or len(loading) > MOST_LOADING_MESSAGES):
        raise refused_with("invalid_arguments", ["no more than 10 items allowed [json-pointer:/loading_messages]"])
    call.core.set_status(channel.id, thread, call.text("status"))
    return {"ok": True}


async def set_title(call: Call) -> Json:
    """assistant.threads.setTitle."""
    channel, thread = call.joined_channel("channel_id"), call.text("thread_ts", required=True)
    if thread not in channel.messages:
        raise ApiError("invalid_thread_ts")
    call.core.titles[channel.id, thread] = call.text("title", required=True)
    return {"ok": True}


async def set_suggested_prompts(call: Call) -> Json:
    """assistant.threads.setSuggestedPrompts: up to four, told to the members of the channel."""
    core, channel = call.core, call.joined_channel("channel_id")
    prompts = call.json("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise refused_with("invalid_arguments", ["must provide 1 to 4 prompts [json-pointer:/prompts]"])
    for index, prompt in enumerate(prompts):
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise refused_with(
                "invalid_arguments", [f"missing required field: title, message [json-pointer:/prompts/{index}]"]
            )
    told: Json = {
        "type": "prompts",
        "channel": channel.id,
        "thread_ts": call.text("thread_ts"),
        "title": call.text("title"),
        "prompts": prompts,
    }
    core.changes.tell(told, to=lambda user: told if user in channel.members else None)
    return {"ok": True}


async def open_connection(call: Call) -> Json:
    """apps.connections.open: the address of a new web socket."""
    return {"ok": True, "url": call.core.sockets.new_address(call.core.host())}


_ASSISTANT = ("assistant:write", "chat:write")

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "views.open": (open_view, ()),
    "views.push": (push_view, ()),
    "views.update": (update_view, ()),
    "views.publish": (publish_view, ()),
    "assistant.threads.setStatus": (set_status, _ASSISTANT),
    "assistant.threads.setTitle": (set_title, ("assistant:write",)),
    "assistant.threads.setSuggestedPrompts": (set_suggested_prompts, ("assistant:write",)),
    "apps.connections.open": (open_connection, ()),
}
