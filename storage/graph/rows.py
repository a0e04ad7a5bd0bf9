"""Reading and writing the graph's rows in bulk: many keys a query, and numbers given here so that they are known."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, func, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.record import canonical_json
from storage.tables.knowledge import OPEN, kg_change, kg_edge

_AT_ONCE = 4_000
"""Keys in one query: SQLite takes 32,766 parameters, PostgreSQL 65,535."""
_ROOM_KB = 128_000
Thing = TypeVar("Thing")


def portions(things: Iterable[Thing], size: int = _AT_ONCE) -> Iterator[list[Thing]]:
    iterator = iter(things)
    while portion := list(islice(iterator, size)):
        yield portion


async def rows_where(
    connection: AsyncConnection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> list[Row[Any]]:
    """Rows of the query whose column is one of the values."""
    return await rows_where_all(connection, query, (column,), ((value,) for value in values))


async def rows_where_all(
    connection: AsyncConnection, query: Select[Any], columns: Sequence[ColumnElement[Any]], values: Iterable[Any]
) -> list[Row[Any]]:
    """Rows of the query whose columns are together one of the tuples, each given once; the columns start an index.

    SQLite reads the whole table for tuples in IN; joined with a list, it looks each up. One text of the list is one
    parameter, so that the statement is compiled once.
    """
    found: list[Row[Any]] = []
    if connection.dialect.name != "sqlite":
        for portion in portions(values, _AT_ONCE // len(columns)):
            found += (await connection.execute(query.where(tuple_(*columns).in_(portion)))).all()
        return found
    for portion in portions(values):
        wanted = func.json_each(json.dumps(portion)).table_valued("value")
        matches = [column == func.json_extract(wanted.c.value, f"$[{at}]") for at, column in enumerate(columns)]
        found += (await connection.execute(query.select_from(wanted).where(*matches))).all()
    return found


async def write(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for portion in portions(rows, 20_000):
        await connection.execute(insert(table), portion)


async def close(connection: AsyncConnection, table: Table, ids: Iterable[int], *, seq: int) -> int:
    """End the belief in these rows; gives how many there were."""
    closed = 0
    for portion in portions(ids):
        done = await connection.execute(
            update(table).where(table.c.id.in_(portion), table.c.closed == OPEN).values(closed=seq)
        )
        closed += done.rowcount
    return closed


@asynccontextmanager
async def roomy(connection: AsyncConnection, *, when: bool) -> AsyncIterator[None]:
    """More memory for SQLite's pages while very much is written: else every row writes a page of every index."""
    if not when or connection.dialect.name != "sqlite":
        yield
        return
    before = (await connection.execute(text("PRAGMA cache_size"))).scalar_one()
    await connection.execute(text(f"PRAGMA cache_size = -{_ROOM_KB}"))
    try:
        yield
    finally:
        await connection.execute(text(f"PRAGMA cache_size = {int(before)}"))


class Change:
    """One change being made: its number, and numbers for new rows. Written to the log with `finish`."""

    def __init__(self, connection: AsyncConnection, *, seq: int, at: datetime, first_edge: int) -> None:
        self._connection = connection
        self.seq = seq
        self.at = at
        """Never before the change before it, whatever the clock says."""
        self._first_edge = first_edge
        self._next: dict[str, int] = {kg_edge.name: first_edge}

    @classmethod
    async def begin(cls, connection: AsyncConnection, *, now: datetime) -> "Change":
        last = (
            await connection.execute(select(kg_change.c.seq, kg_change.c.at).order_by(kg_change.c.seq.desc()).limit(1))
        ).first()
        first_edge = (await connection.scalar(select(func.coalesce(func.max(kg_edge.c.id), 0)))) or 0
        return cls(
            connection,
            seq=1 if last is None else last.seq + 1,
            at=now if last is None else max(now, last.at),
            first_edge=first_edge + 1,
        )

    async def ids(self, table: Table, count: int) -> range:
        """So many numbers for new rows of the table."""
        if table.name not in self._next:
            self._next[table.name] = ((await self._connection.scalar(select(func.max(table.c.id)))) or 0) + 1
        first = self._next[table.name]
        self._next[table.name] = first + count
        return range(first, first + count)

    async def finish(self, kind: str, *, by: str, **detail: str | int) -> int:
        await self._connection.execute(
            insert(kg_change).values(
                seq=self.seq,
                at=self.at,
                kind=kind,
                by=by,
                first_edge=self._first_edge,
                body=canonical_json(detail),
            )
        )
        return self.seq
