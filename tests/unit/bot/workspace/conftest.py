"""A workspace on a free port, a Bolt app connected to it, and a bare socket client for delivery tests."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.seeds import ChannelSeed, Member
from bot.workspace.server import Workspace

Json = dict[str, Any]

MANIFEST: Json = {
    "features": {
        "slash_commands": [
            {"command": "/plan", "description": "Show a plan"},
            {"command": "/say", "description": "Say", "should_escape": True},
        ]
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read",
                "chat:write", "commands", "files:read", "files:write", "im:history", "im:write", "reactions:write",
                "team:read", "users:read", "users:read.email",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {"bot_events": ["app_mention", "message.im", "app_home_opened", "reaction_added"]},
        "interactivity": {"is_enabled": True},
    },
}  # fmt: skip
PEOPLE = (
    Member("U00OLIVIA", "olivia", "Olivia Reed", title="Operator", email="olivia@example.com"),
    Member("U00AARON", "aaron", "Aaron Blake", title="Approver", email="aaron@example.com", tz="America/New_York"),
    Member("U00GONE", "gone", "Gone Away", email="gone@example.com", deleted=True),
)
CHANNELS = (
    ChannelSeed("C00MARKETING", "marketing", topic="Plans"),
    ChannelSeed("C00GENERAL", "general", bot_is_member=False),
    ChannelSeed("C00SECRET", "secret", bot_is_member=False, is_private=True, members=("U00AARON",)),
)
BOT_TOKEN, APP_TOKEN = "xoxb-test", "xapp-test"


class Clock:
    """Epoch seconds that move only when told."""

    def __init__(self, now: float = 1_900_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Naps:
    """Stands for sleeping: notes the seconds and goes on at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


class RawApp:
    """A socket client that acknowledges only what it is told to."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.session = aiohttp.ClientSession()
        self.sockets: list[aiohttp.ClientWebSocketResponse] = []

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """Open one more connection and read its hello."""
        socket = await self.session.ws_connect(await self.address())
        self.sockets.append(socket)
        assert (await socket.receive_json())["type"] == "hello"
        return socket

    async def address(self) -> str:
        """A fresh single-use address."""
        answer = await self.call("apps.connections.open", token=APP_TOKEN)
        return str(answer["url"])

    async def call(self, method: str, *, token: str = BOT_TOKEN, **arguments: Any) -> Json:
        """Call a Web API method with a JSON body; returns the answer whatever its status."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.workspace.api_url}{method}"
        async with self.session.post(url, json=arguments, headers=headers) as answer:
            return dict(await answer.json())

    async def close(self) -> None:
        """Close everything."""
        for socket in self.sockets:
            await socket.close()
        await self.session.close()


async def ack(socket: aiohttp.ClientWebSocketResponse, envelope: Json, payload: Json | None = None) -> None:
    """Acknowledge an envelope."""
    body = {"envelope_id": envelope["envelope_id"]}
    await socket.send_str(json.dumps(body if payload is None else {**body, "payload": payload}))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def naps() -> Naps:
    return Naps()


Make = Callable[..., Awaitable[Workspace]]


@pytest.fixture
async def make(clock: Clock, naps: Naps) -> AsyncIterator[Make]:
    """Starts workspaces with other arguments than the default ones; stops them at the end."""
    started: list[Workspace] = []

    async def start(**changes: Any) -> Workspace:
        arguments: Json = {
            "manifest": MANIFEST,
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "people": PEOPLE,
            "channels": CHANNELS,
            "clock": clock,
            "sleep": naps,
        }
        workspace = Workspace(**{**arguments, **changes})
        await workspace.start()
        started.append(workspace)
        return workspace

    yield start
    for workspace in started:
        await workspace.stop()


@pytest.fixture
async def workspace(make: Make) -> Workspace:
    return await make()


@pytest.fixture
async def raw(workspace: Workspace) -> AsyncIterator[RawApp]:
    app = RawApp(workspace)
    yield app
    await app.close()


@pytest.fixture
async def client(workspace: Workspace) -> AsyncWebClient:
    """The SDK's own client, unchanged but for its base URL."""
    return AsyncWebClient(token=BOT_TOKEN, base_url=workspace.api_url)


@pytest.fixture
def bolt(workspace: Workspace, client: AsyncWebClient) -> AsyncApp:
    """A Bolt app for listeners; not connected yet."""
    return AsyncApp(client=client)


@pytest.fixture
async def connect(bolt: AsyncApp, workspace: Workspace) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Connects the Bolt app by its own Socket Mode handler."""
    handlers: list[AsyncSocketModeHandler] = []

    async def open_socket() -> None:
        handler = AsyncSocketModeHandler(bolt, APP_TOKEN, ping_interval=0.2)
        handlers.append(handler)
        await handler.connect_async()
        await workspace.wait_for(lambda: workspace.connections > 0)

    yield open_socket
    for handler in handlers:
        await handler.close_async()


@pytest.fixture
def bolt_on() -> Callable[[Workspace], contextlib.AbstractAsyncContextManager[AsyncApp]]:
    """Connects a Bolt app without listeners to any workspace."""

    @contextlib.asynccontextmanager
    async def connected(workspace: Workspace) -> AsyncIterator[AsyncApp]:
        app = AsyncApp(client=AsyncWebClient(token=BOT_TOKEN, base_url=workspace.api_url))
        handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=0.2)
        await handler.connect_async()
        await workspace.wait_for(lambda: workspace.connections > 0)
        yield app
        await handler.close_async()

    return connected
