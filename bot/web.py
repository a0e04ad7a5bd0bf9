"""What is served over HTTP beside the workspace: health, metrics, and Slack's requests where it sends them."""

import re
from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.metrics import Scrape
from bot.office import Office

_TIMESTAMP = re.compile(r"\d{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_REPLAY_WINDOW_S = 300


def status_routes(office: Office) -> list[web.RouteDef]:
    """GET /healthz and /metrics: counts only, never names or amounts."""
    scrape = Scrape(office)

    async def health(_: web.Request) -> web.Response:
        async with office.ledger.read() as tx:
            await tx.plans.recent(1)
        return web.json_response({"ok": True})

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await scrape.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", health), web.get("/metrics", metrics)]


def slack_routes(app: AsyncApp, clock: Callable[[], datetime]) -> list[web.RouteDef]:
    """POST /slack/events: what Slack sends over HTTP, its headers checked before Bolt reads them."""

    async def receive(request: web.Request) -> web.Response:
        if not _plausible(request, clock()):
            return _stranger()
        try:
            bolt_request = await to_bolt_request(request)
        except (UnicodeDecodeError, LookupError):  # bytes that are no text, or a charset that nobody knows
            return _stranger()
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    return [web.post("/slack/events", receive)]


def _stranger() -> web.Response:
    return web.json_response({"error": "invalid request signature"}, status=401)


def _plausible(request: web.Request, now: datetime) -> bool:
    """Bolt answers 500 to a timestamp that is no number and to a signature that is not ASCII; both are strangers."""
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return False
    return abs(now.timestamp() - int(timestamp)) <= _REPLAY_WINDOW_S
