"""What people do: say something, run a command, use a control, submit or close a modal."""

from bot.workspace import payloads
from bot.workspace.blocks.walk import each_block, find_element
from bot.workspace.core import Core
from bot.workspace.errors import ApiError
from bot.workspace.inputs import NotOffered, action_of, missing_inputs, values_of
from bot.workspace.markup import marked_up
from bot.workspace.outlets import Receipt
from bot.workspace.response_urls import Origin
from bot.workspace.seeds import Json, Member
from bot.workspace.state import Channel

MOST_FILES = 10
"""Files in one message, as in Slack."""
TROUBLE = "We had some trouble connecting. Try again?"


def refused(error: str) -> Json:
    """An answer to the browser that says no."""
    return {"ok": False, "error": error}


class Interactions:
    """Carries out what a person does in the page; every method answers what the page is told."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def send(
        self, person: Member, channel: Channel, text: str, *, thread_ts: str = "", files: tuple[str, ...] = ()
    ) -> Json:
        """Post a person's line, with the files they uploaded for it, or run it when it starts with a slash."""
        if text.startswith("/") and not files:
            return await self._command(person, channel, text, thread_ts=thread_ts)
        core = self._core
        shared = [file for name in files if (file := core.state.files.get(name)) and _unsent(file, person)]
        if len(files) > MOST_FILES:
            return refused("too_many_files")
        if len({file["id"] for file in shared}) < len(files):
            return refused("file_not_found")
        if not text.strip() and not files:
            return refused("no_text")
        message: Json = {
            "type": "message",
            "ts": core.state.stamps.next(),
            "user": person.id,
            "team": person.team_id or core.team.id,
            "client_msg_id": core.mint(),
            "text": marked_up(core.state, text),
        }
        if thread_ts:
            message["thread_ts"] = thread_ts
        if files:
            message.update(subtype="file_share", upload=False, display_as_bot=False)
        try:
            if files:
                core.share(channel, message, shared)
            else:
                core.posting.post(channel, message)
        except ApiError as refusal:
            return refused(refusal.code)
        if core.events.mentions_bot(message) and core.team.bot_user_id not in channel.members:
            name = core.team.bot_name
            core.toast(person.id, f"You mentioned @{name}, but it is not in this channel.", level="warning")
        return {"ok": True, "ts": message["ts"]}

    async def act(self, person: Member, sent: Json) -> Json:
        """Use a control in a message, a modal or the Home tab."""
        if not self._core.manifest.interactive:
            return self._switched_off(person)
        try:
            payload = self._action_payload(person, sent)
        except NotOffered as forged:
            return {**refused("invalid_action"), "detail": str(forged)}
        receipt = await self._core.delivery.ask("interactive", payload, accepts_response=False)
        return self._acknowledged(person, receipt, "This app did not respond in time.")

    async def submit(self, person: Member, view_id: str, entered: Json) -> Json:
        """Submit the modal a person looks at and do what the app answers."""
        core = self._core
        if not core.manifest.interactive:
            return self._switched_off(person)
        view = core.views.top(person.id)
        if view is None or view["id"] != view_id:
            return refused("view_not_found")
        try:
            values = self._known(values_of(view["blocks"], entered, person.id), person)
        except NotOffered as forged:
            return {**refused("invalid_state"), "detail": str(forged)}
        errors = missing_inputs(view["blocks"], values)
        if errors:
            return self._show_errors(person, view_id, errors)
        return await self._submit(person, view, values)

    async def close(self, person: Member, view_id: str) -> Json:
        """Close the modal a person looks at; apps that asked for it are told."""
        core = self._core
        top = core.views.top(person.id)
        if top is None or top["id"] != view_id:
            return refused("view_not_found")
        clear = bool(top["clear_on_close"])
        closed = core.views.close_all(person.id) if clear else [core.views.close_top(person.id)]
        for view in closed:
            if view is not None and view["notify_on_close"]:
                payload = payloads.view_closed(core.team, person, view=view, cleared=clear)
                await core.delivery.ask("interactive", payload, accepts_response=False)
        return {"ok": True}

    async def _command(self, person: Member, channel: Channel, text: str, *, thread_ts: str) -> Json:
        core = self._core
        name, _, rest = text.partition(" ")
        if name not in core.manifest.commands:
            core.toast(person.id, f"{name} is not a valid command.")
            return refused("invalid_command")
        if thread_ts:
            core.toast(person.id, f"{name} is not supported in threads. Sorry!")
            return refused("command_not_supported_in_thread")
        escape = core.manifest.commands[name].get("should_escape")
        payload = payloads.command(
            core.team,
            person,
            name=name,
            text=marked_up(core.state, rest.strip()) if escape else rest.strip(),
            channel=_named(channel),
            trigger_id=core.triggers.make(person.id),
            response_url=core.base_url + core.response_urls.make(person.id, channel),
        )
        receipt = await core.delivery.ask("slash_commands", payload, accepts_response=True)
        if not receipt.acked:
            error = "dispatch_failed" if receipt.reason == "not_connected" else "operation_timeout"
            core.toast(person.id, f'{name} failed with the error "{error}"')
            return refused(error)
        if receipt.response and any(receipt.response.get(key) for key in ("text", "blocks", "attachments")):
            try:
                core.response_urls.carry_out(Origin(person.id, channel, core.clock()), receipt.response)
            except ApiError as refusal:
                core.toast(person.id, f'{name} failed with the error "{refusal.code}"')
        return {"ok": True}

    def _action_payload(self, person: Member, sent: Json) -> Json:
        core = self._core
        if sent.get("view_id"):
            view = core.views.of_user(person.id, str(sent["view_id"]))
            if view is None:
                raise NotOffered("view")
            action, values = self._used(person, view, sent)
            trigger = core.triggers.make(person.id, view_id=view["id"])
            filled = {**view, "state": {"values": values}}
            return payloads.view_action(core.team, person, view=filled, action=action, trigger_id=trigger)
        channel, message = self._message(person, sent)
        action, values = self._used(person, message, sent)
        return payloads.message_action(
            core.team,
            person,
            channel=_named(channel),
            message=message,
            action=action,
            values=values,
            trigger_id=core.triggers.make(person.id),
            response_url=core.base_url + core.response_urls.make(person.id, channel, message=message),
            ephemeral="ephemeral_to" in message,
        )

    def _used(self, person: Member, surface: Json, sent: Json) -> tuple[Json, Json]:
        """The action and the state of a surface on which a person used a control."""
        blocks = list(surface.get("blocks") or [])
        for part in surface.get("attachments") or []:
            blocks += part.get("blocks") or []
        found = find_element(blocks, str(sent.get("block_id")), str(sent.get("action_id")))
        if found is None:
            raise NotOffered(f"control {sent.get('block_id')}/{sent.get('action_id')}")
        stamp = self._core.state.stamps.next()
        action = action_of(*found, sent, user=person.id, action_ts=stamp)
        return action, self._known(values_of(blocks, sent.get("state"), person.id), person)

    def _known(self, values: Json, person: Member) -> Json:
        """The values with uploaded files in full; raises NotOffered for people or files that are not there."""
        state = self._core.state
        for by_action in values.values():
            for held in by_action.values():
                chosen = held.get("selected_user")
                if held["type"] == "users_select" and chosen is not None and chosen not in state.people:
                    raise NotOffered(f"user {chosen!r}")
                if held["type"] == "file_input":
                    files = [state.files.get(name) for name in held["files"]]
                    if not all(file is not None and file["user"] == person.id for file in files):
                        raise NotOffered("file")
                    held["files"] = files
        return values

    def _message(self, person: Member, sent: Json) -> tuple[Channel, Json]:
        state = self._core.state
        channel = state.channels.get(str(sent.get("channel")))
        if channel is None or person.id not in channel.members:
            raise NotOffered("channel")
        ts = str(sent.get("message_ts"))
        message = channel.messages.get(ts) or state.ephemeral(channel, person.id, ts)
        if message is None:
            raise NotOffered("message")
        return channel, message

    async def _submit(self, person: Member, view: Json, values: Json) -> Json:
        core = self._core
        trigger = core.triggers.make(person.id, view_id=view["id"])
        filled = {**view, "state": {"values": values}}
        payload = payloads.view_submission(core.team, person, view=filled, trigger_id=trigger)
        receipt = await core.delivery.ask("interactive", payload, accepts_response=True)
        if not receipt.acked:
            core.toast(person.id, TROUBLE)
            return refused("timeout")
        try:
            return self._after_submit(person, view, receipt.response or {})
        except ApiError as refusal:
            core.toast(person.id, f"{TROUBLE} ({refusal.code})")
            return refusal.body()

    def _switched_off(self, person: Member) -> Json:
        self._core.toast(person.id, "This app is not configured to handle interactive responses.")
        return refused("interactivity_disabled")

    def _acknowledged(self, person: Member, receipt: Receipt, words: str) -> Json:
        if receipt.acked:
            return {"ok": True}
        error = "not_connected" if receipt.reason == "not_connected" else "operation_timeout"
        self._core.toast(person.id, f"{words} ({error})")
        return refused(error)

    def _after_submit(self, person: Member, view: Json, response: Json) -> Json:
        """Do what the app answered to a submission: nothing closes the modal."""
        views, action = self._core.views, response.get("response_action")
        if action is None:
            top = views.top(person.id)
            if top is not None and top["id"] == view["id"]:  # the app may have opened another meanwhile
                views.close_top(person.id)
        elif action == "errors":
            inputs = {block["block_id"] for block in each_block(view["blocks"]) if block["type"] == "input"}
            errors = response.get("errors")
            if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
                raise ApiError("invalid_response_action")
            return self._show_errors(person, view["id"], {key: str(text) for key, text in errors.items()})
        elif action == "update":
            views.update(response.get("view"), view_id=view["id"])
        elif action == "push":
            views.push(person.id, response.get("view"))
        elif action == "clear":
            views.close_all(person.id)
        else:
            raise ApiError("invalid_response_action")
        return {"ok": True}

    def _show_errors(self, person: Member, view_id: str, errors: dict[str, str]) -> Json:
        self._core.changes.tell_user(person.id, {"type": "view_errors", "view_id": view_id, "errors": errors})
        return {"ok": False, "errors": errors}


def _unsent(file: Json, person: Member) -> bool:
    return file["user"] == person.id and not (file["channels"] or file["groups"] or file["ims"])


def _named(channel: Channel) -> Json:
    return {"id": channel.id, "name": channel.name}
