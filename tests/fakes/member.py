"""One person of the local workspace, acting over its browser API as the page does.

Waiting is in-process (`Workspace.wait_for`), so scenarios never sleep and never poll.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import aiohttp

from bot.workspace.blocks.walk import each_block, elements_of, seen_by
from bot.workspace.server import Workspace

Json = dict[str, Any]

_KEYS = {
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "file_input": "files",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}


class NotShown(AssertionError):
    """Raised when a person looks for something that is not on their screen."""


class Member:
    """A person with a browser; use as `async with Member(workspace, "U00OLIVIA") as olivia`."""

    def __init__(self, workspace: Workspace, user: str) -> None:
        self.workspace = workspace
        self.user = user
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        base = self.workspace.base_url
        headers = {"Origin": base, "X-CSRF-Token": self.workspace.csrf_token}
        self._session = aiohttp.ClientSession(base, headers=headers)
        return self

    async def __aexit__(self, *_failure: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, verb: str, **body: Any) -> Json:
        """POST /client/{verb} as this person; returns the answer."""
        assert self._session is not None, "use `async with`"
        async with self._session.post(f"/client/{verb}", json={"user": self.user, **body}) as answer:
            return dict(await answer.json())

    async def get(self, path: str, **query: str) -> Json:
        """GET /client/{path} as this person."""
        assert self._session is not None, "use `async with`"
        async with self._session.get(f"/client/{path}", params={"user": self.user, **query}) as answer:
            return dict(await answer.json())

    async def send(
        self, text: str, channel: str = "C00MARKETING", *, thread_ts: str = "", files: Iterable[str] = ()
    ) -> Json:
        """Say something or run a slash command; `channel` "im" is the direct messages with the bot."""
        body: Json = {"thread_ts": thread_ts} if thread_ts else {}
        if files:
            body["files"] = list(files)
        return await self.post("send", channel=self._channel(channel), text=text, **body)

    async def open_home(self) -> Json:
        """Open the bot's Home tab."""
        return await self.post("home_opened")

    async def click(self, where: Json, name: str, *, channel: str = "C00MARKETING", **entered: Any) -> Json:
        """Use a button (by its text or action_id) or an overflow item (by its text) this person can see.

        `where` is a message or view as returned by the `sees…` methods; `entered` fills inputs beside it.
        """
        answer = await self._click(where, name, channel, entered)
        redrawn = answer.get("error") == "invalid_action" and self._redrawn(where, channel)
        # The message changed between the look and the click: a person clicks what stands there now.
        return await self._click(redrawn, name, channel, entered) if redrawn else answer

    async def choose(self, where: Json, action_id: str, value: Any, *, channel: str = "C00MARKETING") -> Json:
        """Use a menu, picker or boxes standing in a message or view."""
        for block in each_block(where["blocks"]):
            for element in elements_of(block):
                if element["action_id"] == action_id:
                    sent = {"block_id": block["block_id"], "action_id": action_id, **_entered(element, value)}
                    return await self._act(where, channel, sent, {})
        raise NotShown(f"{self.user} sees no control {action_id!r}")

    async def submit(self, **entered: Any) -> Json:
        """Fill inputs of the top modal, named by block_id or action_id, and submit it."""
        view = self.view()
        return await self.post("submit", view_id=view["id"], state=_state(view["blocks"], entered))

    async def close(self) -> Json:
        """Close the top modal."""
        return await self.post("close", view_id=self.view()["id"])

    async def drop(self, *files: Path, text: str = "", channel: str = "C00MARKETING", thread_ts: str = "") -> str:
        """Drop files into a channel with the words beside them; returns the message's ts."""
        uploaded = [await self.upload(path.name, path.read_bytes()) for path in files]
        return str((await self.send(text, channel, thread_ts=thread_ts, files=uploaded))["ts"])

    async def upload(self, name: str, text: str | bytes) -> str:
        """Upload a file in the page, as a form's picker or the composer does; returns its id, to be entered."""
        assert self._session is not None, "use `async with`"
        query, content = {"user": self.user, "name": name}, text.encode() if isinstance(text, str) else text
        async with self._session.post("/client/upload", params=query, data=BytesIO(content)) as answer:
            return str((await answer.json())["file"]["id"])

    def view(self) -> Json:
        """The modal this person looks at."""
        view = self.workspace.view_of(self.user)
        if view is None:
            raise NotShown(f"{self.user} has no modal open; toasts: {self.workspace.toasts_of(self.user)}")
        return view

    def messages(self, channel: str = "C00MARKETING", *, thread_ts: str = "") -> list[Json]:
        """What this person sees in a channel or thread, ephemerals included, oldest first."""
        name = self._channel(channel)
        told = [*self.workspace.messages(name, thread_ts=thread_ts)]
        told += [m for m in self.workspace.ephemerals(self.user, name) if m.get("thread_ts", "") == thread_ts]
        told.sort(key=lambda message: message["ts"])
        return [{**m, "channel": name, "blocks": seen_by(m.get("blocks", []), self.user)} for m in told]

    async def sees(
        self,
        wanted: str | Callable[[Json], Any],
        channel: str = "C00MARKETING",
        *,
        thread_ts: str = "",
        within: float = 5.0,
    ) -> Json:
        """Wait for a message that contains a text (in its text or blocks) or satisfies a predicate; the latest."""

        def look() -> Json | None:
            shown = reversed(self.messages(channel, thread_ts=thread_ts))
            return next((message for message in shown if _matches(message, wanted)), None)

        return await self._wait(look, wanted, within)

    async def sees_modal(self, wanted: str | Callable[[Json], Any] = "", *, within: float = 5.0) -> Json:
        """Wait until the top modal contains a text or satisfies a predicate."""

        def look() -> Json | None:
            view = self.workspace.view_of(self.user)
            return view if view is not None and _matches(view, wanted) else None

        return await self._wait(look, wanted, within)

    async def sees_no_modal(self, *, within: float = 5.0) -> None:
        """Wait until no modal is open."""
        await self.workspace.wait_for(lambda: self.workspace.view_of(self.user) is None, within)

    async def sees_home(self, wanted: str | Callable[[Json], Any] = "", *, within: float = 5.0) -> Json:
        """Wait until the Home tab contains a text or satisfies a predicate."""

        def look() -> Json | None:
            home = self.workspace.home_of(self.user)
            return home if home is not None and _matches(home, wanted) else None

        return await self._wait(look, wanted, within)

    async def _wait(self, look: Callable[[], Json | None], wanted: object, within: float) -> Json:
        try:
            found = await self.workspace.wait_for(look, within)
        except TimeoutError:
            toasts = self.workspace.toasts_of(self.user)
            raise NotShown(f"{self.user} did not see {wanted!r} within {within} s; toasts: {toasts}") from None
        assert found is not None
        return found

    async def _click(self, where: Json, name: str, channel: str, entered: Json) -> Json:
        block, element, option = self._control(where, name)
        sent: Json = {"block_id": block["block_id"], "action_id": element["action_id"], "type": element["type"]}
        if option is not None:
            sent["selected_option"] = {"value": option["value"]}
        elif "value" in element:
            sent["value"] = element["value"]
        return await self._act(where, channel, sent, entered)

    def _redrawn(self, where: Json, channel: str) -> Json | None:
        """The message as it is now, if it is another than was looked at."""
        shown = self.messages(where.get("channel", channel), thread_ts=where.get("thread_ts", ""))
        now = next((message for message in shown if message["ts"] == where.get("ts")), None)
        return None if now is None or now["blocks"] == where["blocks"] else now

    async def _act(self, where: Json, channel: str, sent: Json, entered: Json) -> Json:
        if "ts" in where:
            place = {"channel": where.get("channel", self._channel(channel)), "message_ts": where["ts"]}
        else:
            place = {"view_id": where["id"]}
        return await self.post("action", **place, **sent, state=_state(where["blocks"], entered))

    def _control(self, where: Json, name: str) -> tuple[Json, Json, Json | None]:
        offered = []
        for block, element in _controls(seen_by(where.get("blocks", []), self.user)):
            label = element.get("text", {}).get("text", "")
            if name in (label, element["action_id"]) and element["type"] != "overflow":
                return block, element, None
            offered.append(label or element["action_id"])
            for option in element.get("options", []) if element["type"] == "overflow" else []:
                if option["text"]["text"] == name or option["value"] == name:
                    return block, element, option
                offered.append(option["text"]["text"])
        raise NotShown(f"{self.user} sees no {name!r}, but: {offered}")

    def _channel(self, name: str) -> str:
        return self.workspace.channel(self.user if name == "im" else name).id


def _controls(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in each_block(blocks):
        for element in elements_of(block):
            yield block, element


def _matches(shown: Json, wanted: str | Callable[[Json], Any]) -> bool:
    if callable(wanted):
        return bool(wanted(shown))
    return wanted in "\n".join(words(shown))


def words(value: Any) -> Iterator[str]:
    """Every text a message or view shows."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "text" and isinstance(part, str):
                yield part
            elif key not in {"private_metadata", "metadata"}:
                yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)


def _entered(element: Json, value: Any) -> Json:
    kind = element["type"]
    key = _KEYS.get(kind, "value")
    if key == "selected_option" and value is not None:
        value = {"value": value}
    elif key == "selected_options":
        value = [{"value": part} for part in value]
    elif key == "value" and value is not None:
        value = str(value)
    return {"type": kind, key: value}


def _state(blocks: list[Json], entered: Json) -> Json:
    state: Json = {}
    unused = set(entered)
    for block, element in _controls(blocks):
        for name in (block["block_id"], element["action_id"]):
            if name in entered:
                state.setdefault(block["block_id"], {})[element["action_id"]] = _entered(element, entered[name])
                unused.discard(name)
                break
    if unused:
        raise NotShown(f"no inputs named {sorted(unused)}")
    return state
