"""The Bolt app: the same listeners whether Slack or the local workspace is at the other end."""

import asyncio
import logging
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards import notices
from bot.slack.deliveries import delivery_id
from bot.slack.desk import Desk
from bot.slack.listeners import (
    actions,
    alerts,
    commands,
    dashboard,
    data,
    events,
    graph,
    inbox,
    people,
    policies,
    reviews,
    stops,
    views,
)
from bot.slack.timing import BROKEN, TimedApp

log = structlog.get_logger()

_SEEN_BY_BOLT_S = 0.05
_SORRY = "Something broke on our side while this was answered. Cards show what was really done."


def web_client(token: str, *, api_url: str) -> AsyncWebClient:
    """A client that waits when Slack says to; other failures are retried by whoever owns the work."""
    client = AsyncWebClient(token=token, base_url=api_url)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=5))
    return client


def build_app(desk: Desk, *, signing_secret: str | None) -> AsyncApp:
    """The app with every listener attached; a signing secret is needed for HTTP only."""
    logger = logging.getLogger("slack_bolt")
    # Bolt logs the body of requests it refuses; bodies hold people's words.
    logger.setLevel(logging.ERROR)
    app = TimedApp(
        desk.office,
        client=desk.client,
        signing_secret=signing_secret,
        logger=logger,
        # Without a secret nothing arrives over HTTP, and Socket Mode is authenticated by its connection.
        request_verification_enabled=signing_secret is not None,
        process_before_response=False,
    )
    _answer_breakage(app, desk)
    at_work = (
        actions, alerts, commands, dashboard, data, events, graph, inbox, people, policies, reviews, stops, views,
    )  # fmt: skip
    for listeners in at_work:
        listeners.register(app, desk)
    return app


def _answer_breakage(app: AsyncApp, desk: Desk) -> None:
    """Whatever breaks in a listener is logged without bodies, and the person is not left without an answer."""

    @app.error
    async def broken(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> None:
        context[BROKEN] = True
        # After this Bolt drops the acknowledgement, if its look every 10 ms has not seen it yet.
        await asyncio.sleep(_SEEN_BY_BOLT_S)
        reference = sha256(delivery_id(body).encode()).hexdigest()[:8]
        log.error("listener.failed", reference=reference, error=type(error).__name__, at=_lines(error))
        with suppress(SlackApiError, OSError, TimeoutError):
            await desk.tell(body, notices.refused(f"{_SORRY} Reference: {reference}"))


def _lines(error: Exception) -> list[str]:
    """Where it broke, innermost last; a whole traceback could show what people wrote."""
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-5:]]
