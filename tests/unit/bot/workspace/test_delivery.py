"""Events come until acknowledged, each payload to one connection, and nothing is dropped silently."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.faults import Faults
from bot.workspace.rate_limits import RateLimits
from bot.workspace.server import Workspace
from tests.fakes.member import Member

from .conftest import BOT_TOKEN, MANIFEST, Clock, Make, Naps, RawApp, ack

Json = dict[str, Any]


async def test_an_unacknowledged_event_comes_again_with_number_and_reason(make: Make, naps: Naps) -> None:
    workspace = await make(ack_seconds=0.05)
    app = RawApp(workspace)
    socket = await app.connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
    first = await socket.receive_json()
    second = await socket.receive_json()
    third = await socket.receive_json()
    await ack(socket, third)
    await workspace.wait_for(lambda: not workspace.pending_events)
    assert [(e["retry_attempt"], e["retry_reason"]) for e in (first, second, third)] == [
        (0, ""), (1, "timeout"), (2, "timeout"),
    ]  # fmt: skip
    assert len({e["payload"]["event_id"] for e in (first, second, third)}) == 1
    assert len({e["envelope_id"] for e in (first, second, third)}) == 3
    assert naps.seconds == [0.0, 60.0]
    await app.close()


async def test_an_event_is_given_up_after_the_last_retry_but_not_silently(
    make: Make, naps: Naps, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = await make(ack_seconds=0.02)
    app = RawApp(workspace)
    await app.connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
    await workspace.wait_for(lambda: workspace.abandoned_events)
    assert naps.seconds == [0.0, 60.0, 300.0]
    assert [sent.receipt.reason for sent in workspace.sent] == ["timeout"] * 4
    assert "workspace.event_abandoned" in caplog.text
    await app.close()


async def test_events_wait_for_a_connection(raw: RawApp) -> None:
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        await olivia.send("hello", "im")
        await olivia.send("@Countersign", "C00MARKETING")
    assert len(raw.workspace.pending_events) == 2
    socket = await raw.connect()
    envelopes = [await socket.receive_json(), await socket.receive_json()]
    assert {e["payload"]["event"]["type"] for e in envelopes} == {"message", "app_mention"}
    assert {e["retry_attempt"] for e in envelopes} == {0}
    for envelope in envelopes:
        await ack(socket, envelope)
    await raw.workspace.wait_for(lambda: not raw.workspace.pending_events)


async def test_an_event_cut_off_by_a_lost_connection_comes_again_on_the_next(raw: RawApp) -> None:
    socket = await raw.connect()
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
    first = await socket.receive_json()
    await socket.close()
    await raw.workspace.wait_for(lambda: raw.workspace.connections == 0)
    second_socket = await raw.connect()
    second = await second_socket.receive_json()
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "connection_failed")
    await ack(second_socket, second)
    await raw.workspace.wait_for(lambda: not raw.workspace.pending_events)


async def test_only_subscribed_events_are_sent(make: Make) -> None:
    quiet = {**MANIFEST, "settings": {"event_subscriptions": {"bot_events": ["message.channels"]}}}
    workspace = await make(manifest=quiet)
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
        await olivia.send("hello", "im")
        await olivia.send("@Countersign")
        await olivia.send("bot is not here", "C00GENERAL")
    kinds = [(p["event"]["type"], p["event"]["channel_type"]) for p in workspace.pending_events]
    assert kinds == [("message", "channel")]


async def test_mentioning_the_bot_where_it_is_no_member_tells_the_person(workspace: Workspace) -> None:
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.send("@Countersign?", "C00GENERAL")
    assert workspace.pending_events == []
    assert workspace.toasts_of("U00OLIVIA") == ["You mentioned @Countersign, but it is not in this channel."]


async def test_each_payload_goes_to_one_of_ten_connections_and_an_eleventh_is_refused(raw: RawApp) -> None:
    sockets = [await raw.connect() for _ in range(10)]
    eleventh = await raw.session.ws_connect(await raw.address())
    assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
    await eleventh.close()
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        for _ in range(10):
            await olivia.open_home()
    for socket in sockets:
        await ack(socket, await socket.receive_json(timeout=2))
    await raw.workspace.wait_for(lambda: not raw.workspace.pending_events)


async def test_a_socket_address_works_once_and_not_forever(raw: RawApp, clock: Clock) -> None:
    address = await raw.address()
    raw.sockets.append(await raw.session.ws_connect(address))
    late = await raw.address()
    clock.now += 31
    for spent in (address, late, address.replace("ticket=", "ticket=x")):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await raw.session.ws_connect(spent)


async def test_a_foreign_or_broken_acknowledgement_is_ignored(make: Make) -> None:
    workspace = await make(ack_seconds=0.1)
    app = RawApp(workspace)
    socket = await app.connect()
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
        await socket.receive_json()
        for frame in ("not json", "[]", '{"envelope_id": "made-up"}'):
            await socket.send_str(frame)
        again = await socket.receive_json()
    assert again["retry_attempt"] == 1
    await ack(socket, again)
    await workspace.wait_for(lambda: not workspace.pending_events)
    await app.close()


async def test_without_a_connection_a_command_fails_for_the_person(make: Make) -> None:
    workspace = await make(ack_seconds=0.02)
    async with Member(workspace, "U00OLIVIA") as olivia:
        assert await olivia.send("/plan") == {"ok": False, "error": "dispatch_failed"}
        assert await olivia.send("/nope") == {"ok": False, "error": "invalid_command"}
    assert workspace.toasts_of("U00OLIVIA")[-1] == "/nope is not a valid command."


@pytest.mark.parametrize("politely", [True, False])
async def test_bolt_reconnects_after_a_disconnect_and_hears_what_was_meant_for_it(
    bolt: AsyncApp, connect: Any, workspace: Workspace, politely: bool
) -> None:
    heard = set()

    @bolt.event("app_home_opened")
    async def opened(event: Json) -> None:
        heard.add(event["user"])

    await connect()
    before = workspace.connections_made
    async with Member(workspace, "U00OLIVIA") as olivia:
        await workspace.disconnect(politely=politely)
        await olivia.open_home()
        await workspace.wait_for(lambda: workspace.connections_made > before and workspace.connections, 10)
        await workspace.wait_for(lambda: not workspace.pending_events, 10)
    assert heard == {"U00OLIVIA"}
    assert workspace.abandoned_events == []


async def test_a_delivery_can_be_doubled(raw: RawApp) -> None:
    socket = await raw.connect()
    raw.workspace.faults.duplicates = 1
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
    twins = [await socket.receive_json(), await socket.receive_json()]
    assert twins[0]["payload"] == twins[1]["payload"]
    for twin in twins:
        await ack(socket, twin)
    await raw.workspace.wait_for(lambda: not raw.workspace.pending_events)


async def test_calls_fail_on_demand_and_the_sdk_recovers(workspace: Workspace) -> None:
    client = AsyncWebClient(
        token=BOT_TOKEN, base_url=workspace.api_url, retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)]
    )
    workspace.faults.rate_limit = 2
    workspace.faults.retry_after_seconds = 0
    await client.chat_postMessage(channel="C00MARKETING", text="once")
    assert [m["text"] for m in workspace.messages("marketing")] == ["once"]


async def test_a_lost_reply_means_carried_out_but_answered_with_an_error(raw: RawApp, naps: Naps) -> None:
    raw.workspace.faults.lost_replies = 1
    raw.workspace.faults.latency_ms = 250
    answer = await raw.call("chat.postMessage", channel="C00MARKETING", text="x")
    assert answer == {"ok": False, "error": "internal_error"}
    assert len(raw.workspace.messages("marketing")) == 1
    assert naps.seconds == [0.25]


def test_faults_count_down_and_can_be_limited_to_methods() -> None:
    faults = Faults(errors=1, rate_limit=1, methods=("chat.update",))
    calls = ["chat.postMessage", "chat.update", "chat.update", "chat.update"]
    assert [faults.next_outcome(method) for method in calls] == ["serve", "rate_limit", "error", "serve"]
    assert Faults(errors=1).next_outcome("apps.connections.open") == "serve"


def test_rate_limits_follow_the_tiers() -> None:
    clock = Clock(0)
    limits = RateLimits(clock, enabled=True)
    assert [limits.wait_seconds("users.list", "") for _ in range(21)] == [0] * 20 + [60]
    assert [limits.wait_seconds("views.open", "") for _ in range(101)][-1] == 60
    clock.now = 59.5
    assert limits.wait_seconds("users.list", "") == 1
    clock.now = 60.0
    assert limits.wait_seconds("users.list", "") == 0
    assert RateLimits(clock).wait_seconds("users.list", "") == 0


async def test_too_many_posts_are_limited_per_channel(make: Make, clock: Clock) -> None:
    app = RawApp(await make(rate_limits=True))
    answers = [await app.call("chat.postMessage", channel="C00MARKETING", text="x") for _ in range(6)]
    assert [answer.get("error") for answer in answers] == [None] * 5 + ["ratelimited"]
    assert (await app.call("chat.postMessage", channel="D00OLIVIA", text="x"))["ok"]
    clock.now += 5
    assert (await app.call("chat.postMessage", channel="C00MARKETING", text="x"))["ok"]
    await app.close()


class HttpApp:
    """An app behind a request URL that answers what it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], str]] = []
        self.answers: list[web.Response] = []
        app = web.Application()
        app.router.add_post("/slack/events", self.handle)
        self.server = TestServer(app)

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.text()))
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def http_app() -> Any:
    app = HttpApp()
    await app.server.start_server()
    yield app
    await app.server.close()


async def test_signed_http_carries_events_commands_and_interactions(
    make: Make, http_app: HttpApp, clock: Clock
) -> None:
    workspace = await make(request_url=str(http_app.server.make_url("/slack/events")), signing_secret="s3cret")
    http_app.answers = [web.Response(status=500), web.Response(), web.json_response({"text": "hi"}), web.Response()]
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
        await workspace.wait_for(lambda: not workspace.pending_events)
        assert await olivia.send("/plan now") == {"ok": True}
        await olivia.sees("hi")
    await workspace.deliver_raw({"type": "block_actions", "actions": []})
    failed, event, command, interaction = http_app.requests
    assert "X-Slack-Retry-Num" not in failed[0]
    assert (event[0]["X-Slack-Retry-Num"], event[0]["X-Slack-Retry-Reason"]) == ("1", "http_error")
    assert json.loads(event[1])["type"] == "event_callback"
    assert parse_qs(command[1])["command"] == ["/plan"]
    assert json.loads(parse_qs(interaction[1])["payload"][0])["type"] == "block_actions"
    for headers, body in http_app.requests:
        basis = f"v0:{int(clock.now)}:{body}".encode()
        assert headers["X-Slack-Signature"] == "v0=" + hmac.new(b"s3cret", basis, hashlib.sha256).hexdigest()


async def test_no_retry_is_obeyed_over_http(make: Make, http_app: HttpApp) -> None:
    workspace = await make(request_url=str(http_app.server.make_url("/slack/events")), signing_secret="s3cret")
    http_app.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.open_home()
    await workspace.wait_for(lambda: workspace.abandoned_events)
    assert len(http_app.requests) == 1


async def test_an_app_that_is_not_there_is_an_unacknowledged_one(make: Make) -> None:
    workspace = await make(request_url="http://127.0.0.1:9/slack/events", signing_secret="x")
    receipt = await workspace.deliver_raw({"command": "/plan"})
    assert receipt.reason == "connection_failed"


async def test_bolt_verifies_our_signature(make: Make) -> None:
    """The same Bolt app that hears sockets takes our signed requests, and refuses a wrong secret."""
    heard = asyncio.Event()
    workspace = await make()
    app = AsyncApp(signing_secret="s3cret", client=AsyncWebClient(token=BOT_TOKEN, base_url=workspace.api_url))

    @app.event("app_home_opened")
    async def opened() -> None:
        heard.set()

    server = TestServer(app.web_app(path="/slack/events"))
    await server.start_server()
    good = await make(request_url=str(server.make_url("/slack/events")), signing_secret="s3cret", clock=time.time)
    bad = await make(request_url=str(server.make_url("/slack/events")), signing_secret="wrong", clock=time.time)
    async with Member(good, "U00OLIVIA") as olivia, Member(bad, "U00OLIVIA") as stranger:
        await olivia.open_home()
        await asyncio.wait_for(heard.wait(), 5)
        await stranger.open_home()
        await bad.wait_for(lambda: bad.abandoned_events)
    assert {sent.receipt.reason for sent in bad.sent} == {"http_error"}
    await server.close()
