"""Which columns a kind of file had whenever a change of them was accepted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.feeds import Feed, FeedColumn
from storage.tables.fabric import feed


class Feeds:
    """Versions of feeds on the caller's transaction; none is ever changed or deleted."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def accept(
        self, name: str, columns: Sequence[FeedColumn], *, by: str, now: datetime, lost: Sequence[str] = ()
    ) -> Feed:
        """Keep these columns as the newest version; the transaction must hold the write lock."""
        version = await self._connection.scalar(select(func.max(feed.c.version)).where(feed.c.name == name))
        made = Feed(
            name=name,
            version=(version or 0) + 1,
            columns=tuple(columns),
            lost=tuple(lost),
            accepted_by=by,
            accepted_at=now,
        )
        await self._connection.execute(
            insert(feed).values(name=name, version=made.version, body=made.model_dump_json())
        )
        return made

    async def newest(self, name: str) -> Feed | None:
        """What the next file is held against; None before the first."""
        versions = await self.versions(name)
        return versions[-1] if versions else None

    async def versions(self, name: str) -> tuple[Feed, ...]:
        """Oldest first."""
        bodies = await self._connection.scalars(select(feed.c.body).where(feed.c.name == name).order_by(feed.c.version))
        return tuple(Feed.model_validate_json(body) for body in bodies)

    async def all(self) -> tuple[Feed, ...]:
        """The newest version of every feed, by name."""
        bodies = await self._connection.scalars(select(feed.c.body).order_by(feed.c.name, feed.c.version))
        return tuple({one.name: one for one in map(Feed.model_validate_json, bodies)}.values())
