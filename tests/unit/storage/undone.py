"""A transaction that goes wrong at its end, after everything in it has been written."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeVar

_T = TypeVar("_T")


class Undone(Exception):
    """Raised at the end of the block, so that it rolls back."""


@asynccontextmanager
async def undone(transaction: AbstractAsyncContextManager[_T]) -> AsyncIterator[_T]:
    """Run the block in the transaction and then have it fail."""
    with suppress(Undone):
        async with transaction as opened:
            yield opened
            raise Undone
