"""What follows the database into Slack: a look after every commit and every few seconds, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

log = structlog.get_logger()


class Follower:
    """Looks again and again; a look is never broken off half-way, since it may be inside a transaction."""

    def __init__(
        self, name: str, look: Callable[[], Awaitable[object]], *, every_s: float, pause_s: float = 0.0
    ) -> None:
        self._name = name
        self._look = look
        self._every_s = every_s
        self._pause_s = pause_s
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Say that something may have changed; cheap, call it after every commit."""
        self._wake.set()

    def stop(self) -> None:
        """Let the look that is on its way be the last one."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.is_set():
            await _wait(self._wake, self._every_s)
            await _wait(self._stopping, self._pause_s)
            self._wake.clear()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - it must outlive any outage; the next look tries again
                log.warning("follower.look_failed", follower=self._name, error=type(error).__name__)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    if seconds:
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
