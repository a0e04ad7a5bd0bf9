"""Databases of others, which are only read: one query at a time, streamed, in a transaction that is rolled back."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

Position = str | int | Decimal | date | datetime
"""A value of the column by which a query is gone on with."""

_BATCH = 5_000
_ONLY_READS = re.compile(r"\s*(select|with)\b", re.IGNORECASE)


class ForeignUnavailable(Exception):
    """Raised when a foreign database does not answer or refuses the query; what was read before stays."""


class ForeignQueryInvalid(ValueError):
    """Raised for a query that could do anything but read, or a URL that names no database we can open."""


class ForeignDatabase:
    """One database by its SQLAlchemy URL. Every method blocks: call it off the event loop."""

    def __init__(self, url: str) -> None:
        """Raises ForeignQueryInvalid; the message never holds the URL's password."""
        try:
            parsed = sa.make_url(url)
            self._engine = sa.create_engine(parsed, pool_pre_ping=True, pool_size=1, max_overflow=0)
        except sa.exc.ArgumentError:
            raise ForeignQueryInvalid("the URL is no SQLAlchemy URL such as postgresql+psycopg://host/name") from None
        except ModuleNotFoundError as error:
            raise ForeignQueryInvalid(f"no driver is installed for this URL ({error.name} is missing)") from None
        self.shown = parsed.render_as_string(hide_password=True)
        self._file = None
        if parsed.get_backend_name() == "sqlite":
            # SQLite would make a missing file, and lets anybody write who can open one.
            self._file = Path(parsed.database or "")
            sa.event.listen(self._engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))

    def rows(
        self, query: str, *, cursor: str | None = None, after: Position | None = None
    ) -> Iterator[tuple[tuple[str, ...], Sequence[tuple[Any, ...]]]]:
        """Column names and rows, a few thousand at a time; ordered by `cursor`, from `after` on, itself included.

        Raises ForeignQueryInvalid, ForeignUnavailable.
        """
        statement = _statement(query, cursor, after)
        if self._file is not None and not self._file.is_file():
            raise ForeignUnavailable(f"{self.shown}: there is no such file")
        try:
            with self._engine.connect() as connection, contextlib.ExitStack() as ends:
                ends.callback(connection.rollback)
                found = connection.execution_options(stream_results=True).execute(statement)
                names = tuple(found.keys())
                while batch := found.fetchmany(_BATCH):
                    yield names, [tuple(row) for row in batch]
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise ForeignUnavailable(f"{self.shown}: {reason}") from None

    def close(self) -> None:
        self._engine.dispose()


def table_query(name: str) -> str:
    """Everything of one table, `schema.table` or `table`. Raises ForeignQueryInvalid."""
    parts = name.split(".")
    if not 1 <= len(parts) <= 2 or not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*", part) for part in parts):
        raise ForeignQueryInvalid(f"{name!r} is no table: write `orders` or `shop.orders`, or give a query")
    return f"SELECT * FROM {name}"  # noqa: S608 - a checked name


def text_of(value: Any) -> str:
    """A value as text that our own readers read back exactly; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def _statement(query: str, cursor: str | None, after: Position | None) -> sa.Executable:
    bare = query.strip().rstrip(";")
    if not _ONLY_READS.match(bare) or ";" in bare:
        raise ForeignQueryInvalid("a query is one SELECT (or WITH … SELECT) and nothing else")
    # A colon before a word would be taken for a parameter; sources take none.
    escaped = bare.replace("\\:", ":").replace(":", "\\:")
    if cursor is None:
        return sa.text(escaped)
    column: sa.ColumnClause[Any] = sa.column(cursor)
    inner = sa.text(escaped).columns(column).subquery("pulled")
    wanted = sa.select(sa.text("*")).select_from(inner).order_by(inner.c[cursor])
    return wanted if after is None else wanted.where(inner.c[cursor] >= after)
