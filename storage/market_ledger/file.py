"""One SQLite file of the market: made when first opened, written under its lock, digested row by row."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_LAYOUT = 2
"""Raised with every change of the tables; a simulated world of another layout is made anew, not migrated."""


class MarketLayoutUnknown(Exception):
    """Raised when a market file was written by another version of the product; the owner makes a new home."""

    def __init__(self, path: Path, found: int) -> None:
        super().__init__(
            f"{path} holds a simulated market of layout {found}, this version writes layout {_LAYOUT}: "
            "delete the market files of this home to start a new market"
        )
        self.path = path
        self.found = found


class LedgerFile:
    """A market file with its tables; subclasses say what is in it."""

    def __init__(self, path: Path, metadata: sa.MetaData) -> None:
        self._database = Database(path)
        self._metadata = metadata
        self._ready = False

    async def close(self) -> None:
        await self._database.close()

    async def digest(self) -> str:
        """sha256 over all rows of all tables in fixed order: equal if and only if the files say the same."""
        taken = hashlib.sha256()
        async with self._connection(write=False) as connection:
            for table in self._metadata.sorted_tables:
                taken.update(table.name.encode())
                rows = await connection.execute(sa.select(table).order_by(*table.primary_key.columns))
                for row in rows:
                    taken.update(repr(tuple(row)).encode())
        return taken.hexdigest()

    @asynccontextmanager
    async def _connection(self, *, write: bool) -> AsyncIterator[AsyncConnection]:
        await self._prepare()
        engine = self._database.writing if write else self._database.reading
        async with engine.begin() as connection:
            yield connection

    async def _prepare(self) -> None:
        if self._ready:
            return
        async with self._database.writing.begin() as connection:
            found = int((await connection.exec_driver_sql("PRAGMA user_version")).scalar_one())
            if found not in {0, _LAYOUT}:
                raise MarketLayoutUnknown(self._database.path, found)
            if found == 0:
                await connection.run_sync(self._metadata.create_all)
                await connection.exec_driver_sql(f"PRAGMA user_version = {_LAYOUT}")
        self._ready = True


async def insert(connection: AsyncConnection, table: sa.Table, rows: Iterable["DataclassInstance"]) -> None:
    """Insert many rows, whose fields are named like the columns; none is fine."""
    listed = [{field.name: getattr(row, field.name) for field in fields(row)} for row in rows]
    if listed:
        await connection.execute(sa.insert(table), listed)


async def replace_all(connection: AsyncConnection, table: sa.Table, rows: Iterable["DataclassInstance"]) -> None:
    """Let a table hold just these rows."""
    await connection.execute(sa.delete(table))
    await insert(connection, table, rows)
