"""What happens in the workspace, told to whoever listens: browser streams and waiting tests."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

STREAM_LIMIT = 2_000


class ChangeNotSeen(TimeoutError):
    """Raised when an awaited change did not happen in time."""


class Stream:
    """The changes one browser tab has yet to read; `overflowed` when it reads too slowly to follow."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(STREAM_LIMIT)
        self.overflowed = False

    def offer(self, change: dict[str, Any] | None) -> None:
        """Queue a change; None ends the stream."""
        try:
            self.queue.put_nowait(change)
        except asyncio.QueueFull:
            self.overflowed = True


class Changes:
    """Tells every change at once; nothing is polled."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._waiters: set[asyncio.Future[None]] = set()

    def tell(self, change: dict[str, Any], *, to: Callable[[str], dict[str, Any] | None] | None = None) -> None:
        """Tell a change to every stream; `to` may alter it for a user or, with None, withhold it."""
        for stream in self._streams:
            told = change if to is None else to(stream.user)
            if told is not None:
                stream.offer(told)
        self.wake()

    def tell_user(self, user: str, change: dict[str, Any]) -> None:
        """Tell a change to one person's streams only."""
        self.tell(change, to=lambda listener: change if listener == user else None)

    def wake(self) -> None:
        """Let waiting predicates look again; for changes that no browser shows."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    @contextlib.contextmanager
    def stream(self, user: str) -> Iterator[Stream]:
        """A stream of the changes that concern a user, for as long as the block runs."""
        stream = Stream(user)
        self._streams.add(stream)
        try:
            yield stream
        finally:
            self._streams.discard(stream)

    def end_streams(self) -> None:
        """Ask every stream to end."""
        for stream in self._streams:
            stream.offer(None)

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:  # noqa: ASYNC109
        """Wait until the predicate is truthy and return its value; it is asked again after every change.

        Raises ChangeNotSeen after `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (value := predicate()):
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout_at(deadline):
                    await waiter
            except TimeoutError:
                value = predicate()
                if value:
                    return value
                raise ChangeNotSeen(f"not seen within {timeout} s") from None
            finally:
                self._waiters.discard(waiter)
        return value
