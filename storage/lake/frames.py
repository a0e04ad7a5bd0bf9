"""Frames on their way from the event loop into the engine, which pulls them from a thread of its own."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Frames = Iterable[pl.DataFrame] | AsyncIterable[pl.DataFrame]
Item = TypeVar("Item")


def pulled(frames: Frames) -> Iterable[pl.DataFrame]:
    """The frames for a worker thread; an asynchronous source runs on the loop that calls this, one frame at a time."""
    if isinstance(frames, AsyncIterable):
        return _Bridge(aiter(frames), asyncio.get_running_loop())
    return frames


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, the next one being made in a thread of its own while this one is used.

    Raises what making an item raises, where that item would have come.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(_next, source)
        while (made := coming.result()) is not None:
            coming = maker.submit(_next, source)
            yield made[0]


def _next(source: Iterator[Item]) -> tuple[Item] | None:
    for item in source:
        return (item,)
    return None


class _Bridge:
    def __init__(self, source: AsyncIterator[pl.DataFrame], loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop

    def __iter__(self) -> Iterator[pl.DataFrame]:
        while (frame := asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()) is not None:
            yield frame

    async def _next(self) -> pl.DataFrame | None:
        return await anext(self._source, None)
