"""Frames on their way from the event loop into the engine, which pulls them from a thread of its own."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

import polars as pl

Frames = Iterable[pl.DataFrame] | AsyncIterable[pl.DataFrame]


def pulled(frames: Frames) -> Iterable[pl.DataFrame]:
    """The frames for a worker thread; an asynchronous source runs on the loop that calls this, one frame at a time."""
    if isinstance(frames, AsyncIterable):
        return _Bridge(aiter(frames), asyncio.get_running_loop())
    return frames


class _Bridge:
    def __init__(self, source: AsyncIterator[pl.DataFrame], loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop

    def __iter__(self) -> Iterator[pl.DataFrame]:
        while (frame := asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()) is not None:
            yield frame

    async def _next(self) -> pl.DataFrame | None:
        return await anext(self._source, None)
