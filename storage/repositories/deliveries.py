"""Deliveries already handled, so that what Slack sends twice has one effect, also after a restart."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables.lifecycle import delivery


class Deliveries:
    """Remembers ids of events and clicks, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def first_time(self, delivery_id: str, *, now: datetime) -> bool:
        """Whether the id was never seen; it is remembered from now on."""
        added = await self._connection.execute(insert(delivery).values(id=delivery_id, at=now).on_conflict_do_nothing())
        return added.rowcount == 1

    async def forget_before(self, moment: datetime) -> int:
        """Drop ids older than any retry could be; returns how many."""
        return (await self._connection.execute(delete(delivery).where(delivery.c.at < moment))).rowcount
