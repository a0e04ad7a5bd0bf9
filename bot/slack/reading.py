"""The message that follows the reading of dropped files: what is done, what is on its way, how far."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Self

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards.found_card import Found
from bot.slack.cards.reading_card import reading_text

log = structlog.get_logger()

REDRAW_S = 1.2
"""Slack takes about fifty changes a minute."""


class Reading:
    """One message in a thread, redrawn now and then; a failure to draw never stops the reading."""

    def __init__(self, client: AsyncWebClient, channel: str, thread: str | None, names: Sequence[str]) -> None:
        self._client = client
        self._channel = channel
        self._thread = thread
        self._names = tuple(names)
        self._found: list[Found] = []
        self._current: str | None = None
        self._share: float | None = None
        self._ts: str | None = None
        self._shown = ""
        self._began = monotonic()
        self._seconds = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._draw()
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_failure: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._draw()

    def begin(self, name: str) -> None:
        """The next file is being fetched."""
        self._current, self._share = name, None

    def at(self, done: int, total: int) -> None:
        """How many of the file's bytes are read; may be called from another thread."""
        self._share = done / total if total else None

    def done(self, found: Found) -> None:
        """A file is through."""
        self._found.append(found)
        self._seconds = monotonic() - self._began
        self._current = self._share = None

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(REDRAW_S)
            await self._draw()

    async def _draw(self) -> None:
        text = reading_text(self._names, self._found, current=self._current, share=self._share, seconds=self._seconds)
        if text == self._shown:
            return
        try:
            if self._ts is None:
                answer = await self._client.chat_postMessage(
                    channel=self._channel, thread_ts=self._thread, text=text, unfurl_links=False
                )
                self._ts = str(answer["ts"])
            else:
                await self._client.chat_update(channel=self._channel, ts=self._ts, text=text)
        except (SlackApiError, OSError, TimeoutError) as error:
            log.warning("reading.not_shown", error=type(error).__name__)
        else:
            self._shown = text
