"""The browser's side: the page itself, what it reads, the stream of changes, what people do in it."""

import asyncio
import html
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.workspace.blocks.walk import seen_by
from bot.workspace.changes import Stream
from bot.workspace.core import Core
from bot.workspace.directory import KINDS
from bot.workspace.errors import ApiError
from bot.workspace.file_answers import file_answer
from bot.workspace.interactions import Interactions, refused
from bot.workspace.posting import shown
from bot.workspace.seeds import Json, Member
from bot.workspace.state import Channel

KEEP_ALIVE_SECONDS = 15.0
MOST_HISTORY = 1_000
CHUNK_BYTES = 1_000_000
COLORS = ("#4a6fa5", "#7b5ea7", "#2f8f6b", "#b5654a", "#a8862b", "#5b7f95", "#96507a", "#6a8a3d")
BOT_COLOR = "#1f6feb"


class Browser:
    """Serves the page and its API; JSON in, JSON out, as the page's contract says."""

    def __init__(self, core: Core, page: Path) -> None:
        self._core = core
        self._page = page
        self._interactions = Interactions(core)

    def routes(self) -> list[web.RouteDef]:
        """The page, its static files and the client API."""
        return [
            web.get("/", self._index),
            web.get("/archives/{channel}/{stamp}", self._permalink),
            web.get("/static/{name:.+}", self._static),
            web.get("/client/boot", self._boot),
            web.get("/client/history", self._history),
            web.get("/client/home", self._home),
            web.get("/client/views", self._views),
            web.get("/client/stream", self._stream),
            web.get("/client/files/{file_id}", self._file),
            web.post("/client/{verb:send|action|submit|close|home_opened|faults|people}", self._do),
            web.post("/client/upload", self._upload),
        ]

    async def _index(self, _request: web.Request) -> web.Response:
        index = self._page / "index.html"
        if not index.is_file():
            return web.Response(status=503, text="the workspace's page is not installed")
        text = await asyncio.to_thread(index.read_text, encoding="utf-8")
        body = text.replace("{{csrf}}", html.escape(self._core.csrf_token))
        return web.Response(text=body, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def _permalink(self, request: web.Request) -> web.Response:
        stamp = request.match_info["stamp"].removeprefix("p")
        ts = f"{stamp[:-6]}.{stamp[-6:]}"
        raise web.HTTPFound(f"/#{request.match_info['channel']}/{ts}")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        root = self._page.resolve()
        wanted = (root / request.match_info["name"]).resolve()
        if not wanted.is_relative_to(root) or not wanted.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(wanted, headers={"Cache-Control": "no-cache"})

    async def _boot(self, _request: web.Request) -> web.Response:
        core = self._core
        users = [
            {
                "id": person.id,
                "name": person.name,
                "real_name": person.real_name,
                "title": person.title,
                "deleted": person.deleted,
                "kind": _kind(person),
                "color": COLORS[index % len(COLORS)],
                "initials": _initials(person.real_name),
            }
            for index, person in enumerate(core.state.people.values())
        ]
        body = {
            "team": {"id": core.team.id, "name": core.team.name},
            "bot": {"user_id": core.team.bot_user_id, "name": core.team.bot_name, "color": BOT_COLOR},
            "users": users,
            "channels": [_channel(channel) for channel in core.state.channels.values()],
            "commands": [
                {
                    "command": name,
                    "description": command.get("description", ""),
                    "usage_hint": command.get("usage_hint", ""),
                }
                for name, command in core.manifest.commands.items()
            ],
            "simulated": core.simulated,
        }
        return web.json_response(body)

    async def _history(self, request: web.Request) -> web.Response:
        person, channel = self._person(request.query.get("user")), request.query.get("channel", "")
        found = self._channel_of(person, channel)
        thread = request.query.get("thread_ts", "")
        state = self._core.state
        if thread:
            stamps = [ts for ts in state.replies(found, thread) if ts in found.messages]
        else:
            stamps = found.top[-MOST_HISTORY:]
        messages = [found.messages[ts] for ts in stamps]
        own = state.ephemerals.get((found.id, person.id), ())
        messages += [message for message in own if message.get("thread_ts", "") == thread]
        messages.sort(key=lambda message: str(message["ts"]))
        return web.json_response({"messages": [shown(message, found, person.id) for message in messages]})

    async def _home(self, request: web.Request) -> web.Response:
        person = self._person(request.query.get("user"))
        view = self._core.state.homes.get(person.id)
        return web.json_response({"view": _view_for(view, person.id) if view else None})

    async def _views(self, request: web.Request) -> web.Response:
        person = self._person(request.query.get("user"))
        stack = self._core.views.stack(person.id)
        return web.json_response({"views": [_view_for(view, person.id) for view in stack]})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request.query.get("user"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._core.changes.stream(person.id) as stream:
            try:
                await response.write(b": connected\n\n")
                async for line in _lines(stream, person.id):
                    await response.write(line)
            except ConnectionError:
                pass  # the tab was closed
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file_id = request.match_info["file_id"]
        content = await self._core.files.read(file_id)
        if content is None:
            raise web.HTTPNotFound
        return file_answer(content, kind=self._core.state.files[file_id]["mimetype"])

    async def _do(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except ValueError:
            return web.json_response(refused("invalid_json"), status=400)
        if not isinstance(body, dict):
            return web.json_response(refused("invalid_json"), status=400)
        return web.json_response(await self._carry_out(request.match_info["verb"], body))

    async def _carry_out(self, verb: str, body: Json) -> Json:
        if verb == "faults":
            return await self._faults(body)
        person = self._core.state.people.get(str(body.get("user")))
        if person is None or person.deleted:
            return refused("user_not_found")
        verbs = {
            "send": self._send,
            "action": self._interactions.act,
            "submit": self._submit,
            "close": self._close,
            "home_opened": self._home_opened,
            "people": self._people,
        }
        return await verbs[verb](person, body)

    async def _send(self, person: Member, body: Json) -> Json:
        channel = self._core.state.channels.get(str(body.get("channel")))
        if channel is None:
            return refused("channel_not_found")
        if person.id not in channel.members:
            return refused("not_in_channel")
        text, thread = str(body.get("text") or ""), str(body.get("thread_ts") or "")
        files = body.get("files") or []
        if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
            return refused("file_not_found")
        return await self._interactions.send(person, channel, text, thread_ts=thread, files=tuple(files))

    async def _submit(self, person: Member, body: Json) -> Json:
        return await self._interactions.submit(person, str(body.get("view_id")), body.get("state") or {})

    async def _close(self, person: Member, body: Json) -> Json:
        return await self._interactions.close(person, str(body.get("view_id")))

    async def _home_opened(self, person: Member, body: Json) -> Json:
        im = self._core.state.im_of(person.id)
        if im is not None:
            tab = "messages" if body.get("tab") == "messages" else "home"
            self._core.events.home_opened(person.id, im, tab=tab)
        return {"ok": True}

    async def _people(self, _person: Member, body: Json) -> Json:
        """What an admin of a workspace does elsewhere: take accounts away, give them back, let others in."""
        directory, change, whom = self._core.directory, body.get("change"), str(body.get("whom"))
        if change == "add" and body.get("kind") in KINDS:
            name = str(body.get("name") or "").strip()[:80]
            return {"ok": True, "user": directory.add(body["kind"], name or "Somebody new").id}
        if whom not in self._core.state.people or change not in {"deactivate", "reactivate"}:
            return refused("user_not_found")
        (directory.deactivate if change == "deactivate" else directory.reactivate)(whom)
        return {"ok": True, "user": whom}

    async def _upload(self, request: web.Request) -> web.Response:
        person, name = self._person(request.query.get("user")), request.query.get("name", "")
        parts, length = request.content.iter_chunked(CHUNK_BYTES), request.content_length or 0
        try:
            file = await self._core.files.add(name, parts, length=length, user=person.id, base_url=self._core.base_url)
        except ApiError as refusal:
            return web.json_response(refused(refusal.code))
        return web.json_response({"ok": True, "file": {"id": file["id"], "name": file["name"]}})

    async def _faults(self, body: Json) -> Json:
        faults = self._core.faults
        for key in ("rate_limit", "errors", "lost_replies", "duplicates", "latency_ms"):
            if isinstance(body.get(key), int):
                setattr(faults, key, max(0, int(body[key])))
        if body.get("disconnect"):
            await self._core.sockets.disconnect(politely=body["disconnect"] == "politely")
        return {"ok": True}

    def _person(self, user: str | None) -> Member:
        person = self._core.state.people.get(user or "")
        if person is None or person.deleted:
            raise web.HTTPNotFound(text="no such person")
        return person

    def _channel_of(self, person: Member, name: str) -> Channel:
        channel = self._core.state.channels.get(name)
        if channel is None or person.id not in channel.members:
            raise web.HTTPNotFound(text="no such channel for this person")
        return channel


async def _lines(stream: Stream, user: str) -> AsyncIterator[bytes]:
    """The changes as server-sent events, a comment now and then to keep the connection."""
    while not stream.overflowed:
        try:
            async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                change = await stream.queue.get()
        except TimeoutError:
            yield b": still here\n\n"
            continue
        if change is None:
            return
        if change.get("view"):
            change = {**change, "view": _view_for(change["view"], user)}
        yield f"data: {json.dumps(change)}\n\n".encode()


def _view_for(view: Json, user: str) -> Json:
    return {**view, "blocks": seen_by(view["blocks"], user)}


def _kind(person: Member) -> str:
    """Who this is to the workspace: only members count for everything."""
    if person.is_bot:
        return "bot"
    if person.team_id:
        return "stranger"
    return "guest" if person.is_restricted or person.is_ultra_restricted else "member"


def _channel(channel: Channel) -> Json:
    body: dict[str, Any] = {
        "id": channel.id,
        "name": channel.name,
        "is_im": channel.is_im,
        "topic": channel.topic,
        "members": sorted(channel.members),
    }
    return {**body, "user": channel.user} if channel.is_im else body


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
