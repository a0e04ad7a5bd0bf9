"""Frames on their way into a table, as batches that the engine pulls."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import polars as pl

from storage.lake.frames import ahead

_AT_ONCE = 16_384
"""Rows handed to the engine together: it keeps a good number of such batches waiting."""


class CheckedBatches:
    """Frames on their way into the table, each held against the contract before the engine sees it."""

    def __init__(self, frames: Iterable[pl.DataFrame], complete: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        self._frames = frames
        self._complete = complete
        self.error: Exception | None = None

    def batches(self) -> Iterator[Any]:
        from arro3.core import Table

        try:
            # Checking the next frame and writing this one go on side by side.
            for frame in ahead(map(self._complete, self._frames)):
                for part in frame.iter_slices(_AT_ONCE):
                    yield from Table.from_arrow(part).to_batches()
        except Exception as error:
            self.error = error
            raise
