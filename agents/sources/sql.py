"""Any SQL database as a source: a query or a table by SQLAlchemy URL, gone on with by a column that only rises."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from agents.sources.connections import SqlConnection, with_secrets
from agents.sources.pulled import Page, Position, position_of, value_of
from agents.sources.source import SourceUnavailable
from storage.foreign import ForeignDatabase, ForeignQueryInvalid, ForeignUnavailable, table_query, text_of

_END = object()


class SqlSource:
    """Reads one query; the database is opened for the length of a read."""

    def __init__(self, name: str, declared: SqlConnection) -> None:
        self.name = name
        self._declared = declared

    async def pull(self, position: Position | None) -> AsyncIterator[Page]:
        """Rows in the order of the cursor; those at the position come again, since others may have joined them."""
        declared = self._declared
        try:
            database = await asyncio.to_thread(ForeignDatabase, with_secrets(declared.url))
            query = declared.query or table_query(declared.table or "")
        except ForeignQueryInvalid as error:
            raise SourceUnavailable(f"{self.name}: {error}") from None
        after = value_of(position) if position else declared.start
        batches = database.rows(query, cursor=declared.cursor, after=after)
        try:
            while (batch := await asyncio.to_thread(next, batches, _END)) is not _END:
                yield self._page(*batch)  # type: ignore[misc]
        except (ForeignUnavailable, ForeignQueryInvalid) as error:
            raise SourceUnavailable(f"{self.name}: {error}") from None
        finally:
            await asyncio.to_thread(_end, batches, database)

    def _page(self, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Page:
        position = None
        if self._declared.cursor is not None:
            if self._declared.cursor not in header:
                raise SourceUnavailable(f"{self.name}: the query gives no column {self._declared.cursor!r}")
            last = rows[-1][header.index(self._declared.cursor)]
            position = None if last is None else position_of(last)
        return Page(header, tuple(tuple(text_of(cell) for cell in row) for row in rows), position)


def _end(batches: Iterator[Any], database: ForeignDatabase) -> None:
    batches.close()  # type: ignore[attr-defined]
    database.close()
