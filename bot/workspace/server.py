"""The local workspace: a Slack-compatible server on loopback, with a page for people and the Web API for an app.

An app connects to it as it would to Slack: `base_url` is "http://127.0.0.1:PORT/api/", Socket Mode or signed HTTP
deliver events, and invalid blocks, spent trigger ids or missing scopes are refused with Slack's error codes.
"""

import asyncio
import ipaddress
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from bot.workspace.browser import Browser
from bot.workspace.core import Core, Options, random_name
from bot.workspace.delivery import RETRY_SECONDS, Sent
from bot.workspace.directory import Directory
from bot.workspace.faults import Faults
from bot.workspace.file_answers import PrivateFiles
from bot.workspace.files import MOST_BYTES
from bot.workspace.guard import add_headers, guard
from bot.workspace.outlets import Kind, Receipt
from bot.workspace.seeds import ChannelSeed, Json, Member, Team
from bot.workspace.state import Channel
from bot.workspace.web_api import WebApi

T = TypeVar("T")

PAGE = Path(__file__).parent / "page"


class NotLoopback(ValueError):
    """Raised when the workspace is asked to listen where other machines could reach it."""


class Workspace:
    """One running workspace.

    `people` and `channels` seed it; with a `folder` it also remembers earlier runs. `manifest` is the app's manifest
    (parsed): only its events are sent, only its commands exist, only its scopes are granted. `clock` gives epoch
    seconds; `ack_seconds` and `retry_seconds` are real time, waited for with `sleep`. With `request_url` payloads go
    there as signed HTTP instead of Socket Mode. `app` takes further routes until `start`.
    """

    def __init__(
        self,
        *,
        manifest: Json,
        bot_token: str,
        app_token: str,
        people: tuple[Member, ...],
        channels: tuple[ChannelSeed, ...],
        team: Team | None = None,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        mint: Callable[[], str] = random_name,
        page_dir: Path | None = None,
        trigger_seconds: float = 3.0,
        ack_seconds: float = 3.0,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        rate_limits: bool = False,
        simulated: bool = True,
        request_url: str = "",
        signing_secret: str = "",
    ) -> None:
        options = Options(
            manifest=manifest,
            bot_token=bot_token,
            app_token=app_token,
            people=people,
            channels=channels,
            team=team or Team(),
            folder=folder,
            clock=clock,
            sleep=sleep,
            mint=mint,
            trigger_seconds=trigger_seconds,
            ack_seconds=ack_seconds,
            retry_seconds=retry_seconds,
            rate_limits=rate_limits,
            simulated=simulated,
            request_url=request_url,
            signing_secret=signing_secret,
        )
        self._core = Core(options)
        self.app = web.Application(middlewares=[guard(self._core)], client_max_size=MOST_BYTES + 1_000_000)
        self.app.on_response_prepare.append(add_headers)
        self.app.add_routes(WebApi(self._core).routes())
        self.app.add_routes(PrivateFiles(self._core).routes())
        self.app.add_routes(Browser(self._core, page_dir or PAGE).routes())
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen (port 0 picks a free one) and take up undelivered events; returns "http://127.0.0.1:PORT".

        Raises NotLoopback for a host that other machines could reach, OSError when the port is taken.
        """
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise NotLoopback(f"the workspace listens on this machine only, not on {host}")
        undelivered = self._core.restore()
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError:
            await self._runner.cleanup()
            self._runner = None
            raise
        bound = self._runner.addresses[0][1]
        self._core.base_url = f"http://{'127.0.0.1' if host == 'localhost' else host}:{bound}"
        self._core.files.move_to(self._core.base_url)
        for entry in undelivered:
            self._core.delivery.event(entry["payload"], attempt=entry["attempt"])
        return self._core.base_url

    async def stop(self) -> None:
        """Close every connection and write what is left to write."""
        self._core.changes.end_streams()
        await self._core.delivery.close()
        await self._core.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._core.journal.put("stamp", "last", self._core.state.stamps.last())
        await self._core.journal.close()

    @property
    def base_url(self) -> str:
        """Where the workspace listens, "" before `start`."""
        return self._core.base_url

    @property
    def api_url(self) -> str:
        """The `base_url` to give to a Slack client."""
        return f"{self._core.base_url}/api/"

    @property
    def bot_token(self) -> str:
        """The bot's token, as given."""
        return self._core.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token for Socket Mode, as given."""
        return self._core.app_token

    @property
    def csrf_token(self) -> str:
        """The token the page sends with everything it does; new in every run."""
        return self._core.csrf_token

    @property
    def faults(self) -> Faults:
        """What shall go wrong."""
        return self._core.faults

    @property
    def sent(self) -> deque[Sent]:
        """The latest sendings to the app and what became of them, oldest first."""
        return self._core.delivery.sent

    @property
    def pending_events(self) -> list[Json]:
        """Events the app has not acknowledged yet."""
        return list(self._core.delivery.pending.values())

    @property
    def abandoned_events(self) -> list[Json]:
        """Events given up after the last retry."""
        return list(self._core.delivery.abandoned)

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are open."""
        return self._core.sockets.connections

    @property
    def connections_made(self) -> int:
        """How many Socket Mode connections were ever opened in this run."""
        return self._core.sockets.connections_made

    async def disconnect(self, *, politely: bool = False) -> None:
        """Drop the app's sockets; politely, with the notice Slack gives before a refresh."""
        await self._core.sockets.disconnect(politely=politely)

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:  # noqa: ASYNC109
        """Wait until a predicate is truthy, looking again after every change; returns its value."""
        return await self._core.changes.wait_for(predicate, timeout)

    async def deliver_raw(self, payload: Json, *, kind: Kind | None = None) -> Receipt:
        """Deliver any payload as it is, also one Slack would never send; for trying hostile input."""
        if kind is None:
            event = payload.get("type") == "event_callback"
            kind = "events_api" if event else "slash_commands" if "command" in payload else "interactive"
        return await self._core.delivery.ask(kind, payload, accepts_response=kind != "events_api")

    def make_trigger(self, user: str) -> str:
        """A fresh trigger id, as if this person had just acted."""
        return self._core.triggers.make(user)

    @property
    def directory(self) -> Directory:
        """Who is in the workspace: takes accounts away, gives them back, adds guests, bots and strangers."""
        return self._core.directory

    def channel(self, name: str) -> Channel:
        """A channel by id or name, or a person's direct messages by the person's id."""
        found = self._core.state.find_channel(name)
        if found is None:
            raise KeyError(name)
        return found

    def messages(self, channel: str, *, thread_ts: str = "") -> list[Json]:
        """The messages of a channel or thread, oldest first, as stored."""
        found = self.channel(channel)
        stamps = self._core.state.replies(found, thread_ts) if thread_ts else found.top
        return [found.messages[ts] for ts in stamps if ts in found.messages]

    def ephemerals(self, user: str, channel: str) -> list[Json]:
        """What only this person sees in a channel, oldest first."""
        return list(self._core.state.ephemerals.get((self.channel(channel).id, user), ()))

    def view_of(self, user: str) -> Json | None:
        """The modal a person looks at."""
        return self._core.views.top(user)

    def views_of(self, user: str) -> list[Json]:
        """All modals a person has open, the lowest first."""
        return self._core.views.stack(user)

    def home_of(self, user: str) -> Json | None:
        """A person's Home tab."""
        return self._core.state.homes.get(user)

    def toasts_of(self, user: str) -> list[str]:
        """The latest passing notes a person was shown."""
        return list(self._core.toasts[user])

    def status_of(self, channel: str, thread_ts: str) -> str:
        """What the bot says it is doing in a thread, "" for nothing."""
        return self._core.statuses.get((self.channel(channel).id, thread_ts), "")

    def file(self, file_id: str) -> Json | None:
        """What is known of an uploaded file."""
        return self._core.state.files.get(file_id)
