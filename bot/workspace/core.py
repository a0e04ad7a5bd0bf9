"""The workspace's parts, put together for the code that serves the Web API and the browser."""

import asyncio
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.workspace.changes import Changes
from bot.workspace.delivery import RETRY_SECONDS, Delivery
from bot.workspace.directory import Directory
from bot.workspace.drafts import Draft
from bot.workspace.events import Events
from bot.workspace.faults import Faults
from bot.workspace.files import Files, in_message
from bot.workspace.http_delivery import HttpDelivery
from bot.workspace.journal import Journal
from bot.workspace.outlets import Outlet
from bot.workspace.posting import Posting
from bot.workspace.rate_limits import RateLimits
from bot.workspace.response_urls import ResponseUrls
from bot.workspace.seeds import ChannelSeed, Json, Manifest, Member, Team
from bot.workspace.socket_mode import SocketMode
from bot.workspace.stamps import Stamps
from bot.workspace.state import Channel, State
from bot.workspace.triggers import Triggers
from bot.workspace.views import Views

TOASTS_KEPT = 50


def random_name() -> str:
    """Twelve random hexadecimal digits."""
    return secrets.token_hex(6)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a workspace is made with; `Workspace` says what each part means."""

    manifest: Json
    bot_token: str
    app_token: str
    people: tuple[Member, ...]
    channels: tuple[ChannelSeed, ...]
    team: Team
    folder: Path | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    mint: Callable[[], str] = random_name
    trigger_seconds: float = 3.0
    ack_seconds: float = 3.0
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    rate_limits: bool = False
    simulated: bool = True
    request_url: str = ""
    signing_secret: str = ""


class Core:
    """Everything a request may need; `base_url` ("http://127.0.0.1:8765") is known once the server listens."""

    def __init__(self, options: Options) -> None:
        clock, mint = options.clock, options.mint
        self.team = options.team
        self.manifest = Manifest.of(options.manifest)
        self.bot_token = options.bot_token
        self.app_token = options.app_token
        self.csrf_token = secrets.token_urlsafe(24)
        self.simulated = options.simulated
        self.clock = clock
        self.sleep = options.sleep
        self.base_url = ""
        self.statuses: dict[tuple[str, str], str] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.streams: dict[tuple[str, str], Draft] = {}
        self.toasts: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=TOASTS_KEPT))
        self.mint = mint
        self.changes = Changes()
        self.faults = Faults()
        self.journal = Journal(options.folder)
        self.state = State(
            team=options.team,
            people=options.people,
            channels=options.channels,
            stamps=Stamps(clock),
            journal=self.journal,
        )
        self.sockets = SocketMode(
            app_id=options.team.app_id,
            clock=clock,
            mint=mint,
            ack_seconds=options.ack_seconds,
            changed=self.changes.wake,
        )
        self.delivery = self._delivery(options)
        self.events = Events(state=self.state, manifest=self.manifest, delivery=self.delivery, clock=clock, mint=mint)
        self.directory = Directory(state=self.state, changes=self.changes, events=self.events, mint=mint)
        self.posting = Posting(state=self.state, changes=self.changes, mint=mint, announce=self.events.message)
        self.views = Views(state=self.state, changes=self.changes, mint=mint, clock=clock)
        self.triggers = Triggers(clock, mint, options.trigger_seconds)
        self.response_urls = ResponseUrls(posting=self.posting, clock=clock, mint=mint)
        self.files = Files(state=self.state, folder=options.folder, mint=mint)
        self.rate_limits = RateLimits(clock, enabled=options.rate_limits)

    def _delivery(self, options: Options) -> Delivery:
        outlet: Outlet = self.sockets
        if options.request_url:
            outlet = HttpDelivery(
                options.request_url,
                signing_secret=options.signing_secret,
                clock=options.clock,
                ack_seconds=options.ack_seconds,
            )
        return Delivery(
            outlet,
            faults=self.faults,
            journal=self.journal,
            retry_seconds=options.retry_seconds,
            connect_seconds=options.ack_seconds,
            sleep=options.sleep,
            changed=self.changes.wake,
        )

    def restore(self) -> list[Json]:
        """Take back what an earlier run left in the folder; returns its undelivered events."""
        undelivered = []
        for kind, key, value in self.journal.read():
            self.state.restore(kind, key, value)
            self.views.restore(kind, key, value)
            if kind == "event":
                undelivered.append(value)
        self.views.prune()
        return undelivered

    def share(self, channel: Channel, message: Json, files: list[Json]) -> None:
        """Post a message with files: whoever sees the channel may open them, and the app is told of each."""
        self.posting.post(channel, {**message, "files": [in_message(file) for file in files]})
        self.files.share(files, channel, message["ts"], thread_ts=message.get("thread_ts", ""))
        for file in files:
            self.events.file_shared(message["user"], channel, file)

    def host(self) -> str:
        """Host and port, without the scheme."""
        return self.base_url.removeprefix("http://")

    def set_status(self, channel: str, thread_ts: str, status: str) -> None:
        """Show, change or (with "") clear what the bot says it is doing in a thread."""
        if self.statuses.get((channel, thread_ts), "") == status:
            return
        if status:
            self.statuses[channel, thread_ts] = status
        else:
            del self.statuses[channel, thread_ts]
        told: Json = {"type": "status", "channel": channel, "thread_ts": thread_ts, "status": status}
        members = self.state.channels[channel].members
        self.changes.tell(told, to=lambda user: told if user in members else None)

    def toast(self, user: str, text: str, *, level: str = "error") -> None:
        """Show a person a passing note."""
        self.toasts[user].append(text)
        self.changes.tell_user(user, {"type": "toast", "text": text, "level": level})
