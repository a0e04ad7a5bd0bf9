"""Opening the operational database: engines with the settings that make it safe for money."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "secure_delete=ON")


class DatabaseUnknown(ValueError):
    """Raised for the URL of a kind of database that the trail was not tried on."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a database of kind {kind} cannot be opened: name a SQLite file or a postgresql:// URL")


class Database:
    """One database reached three ways: writing, reading, and the work queue's own synchronous engine.

    A path is a SQLite file. Its writers take the write lock at BEGIN, so that a decision is made on rows that cannot
    change under it; readers never wait for it. synchronous=FULL because the audit trail is in the same file, and
    secure_delete so that what is erased is overwritten.

    A text is the URL of a PostgreSQL database. The trail keeps its promises there; the rest of the product relies on
    the write lock and is not promised to.
    """

    def __init__(self, where: Path | str) -> None:
        self._url = url_of(where)
        if isinstance(where, Path):
            self.path = where
            self.writing = _async_engine(where, begin="BEGIN IMMEDIATE", pool_size=4)
            self.reading = _async_engine(where, begin="BEGIN", pool_size=8)
            self.queue_engine = _sync_engine(where)
        else:
            self.writing = create_async_engine(self._url, pool_size=4, max_overflow=0)
            self.reading = create_async_engine(
                self._url, pool_size=8, max_overflow=0, isolation_level="REPEATABLE READ"
            )
            self.queue_engine = sa.create_engine(self._url, pool_size=20)

    @property
    def url(self) -> str:
        return self._url.render_as_string(hide_password=False)

    async def close(self) -> None:
        await self.writing.dispose()
        await self.reading.dispose()
        self.queue_engine.dispose()


def url_of(where: Path | str, *, driver: str = "sqlite") -> sa.URL:
    """The URL of a database file, whatever its path is called, or of a PostgreSQL database with our driver."""
    if isinstance(where, Path):
        return sa.URL.create(driver, database=str(where))
    url = sa.make_url(where)
    if url.get_backend_name() != "postgresql":
        raise DatabaseUnknown(url.get_backend_name())
    return url.set(drivername="postgresql+psycopg")


def _async_engine(path: Path, *, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url_of(path, driver="sqlite+aiosqlite"), pool_size=pool_size, max_overflow=0, pool_timeout=60
    )
    event.listen(engine.sync_engine, "connect", _on_connect(None))
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _sync_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(url_of(path), pool_size=20, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _on_connect("IMMEDIATE"))
    return engine


def _on_connect(isolation_level: str | None) -> Any:
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = isolation_level
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return set_up


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that may be in use, as of one moment; blocks."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
