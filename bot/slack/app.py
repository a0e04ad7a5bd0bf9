"""The Bolt app: the same listeners whether Slack or the local workspace is at the other end."""

import logging

from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.desk import Desk
from bot.slack.listeners import actions, commands, events, views


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
    app = AsyncApp(
        client=desk.client,
        signing_secret=signing_secret,
        logger=logger,
        # Without a secret nothing arrives over HTTP, and Socket Mode is authenticated by its connection.
        request_verification_enabled=signing_secret is not None,
        process_before_response=False,
    )
    for listeners in (actions, commands, events, views):
        listeners.register(app, desk)
    return app
