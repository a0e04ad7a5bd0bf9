"""Deliveries already handled, so that what Slack sends twice has one effect, also after a restart."""

from datetime import datetime

from sqlalchemy import delete, select
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

    async def unfinished(self, begun: str, done: str) -> tuple[str, ...]:
        """What was remembered as "begun:…" and not yet as "done:…", oldest first; what stands for the dots."""
        known = select(delivery.c.id).order_by(delivery.c.at)
        finished = {
            one.removeprefix(f"{done}:")
            for one in await self._connection.scalars(known.where(delivery.c.id.startswith(f"{done}:")))
        }
        names = await self._connection.scalars(known.where(delivery.c.id.startswith(f"{begun}:")))
        started = [one.removeprefix(f"{begun}:") for one in names]
        return tuple(one for one in started if one not in finished)

    async def forget_before(self, moment: datetime) -> int:
        """Drop ids older than any retry could be; returns how many."""
        return (await self._connection.execute(delete(delivery).where(delivery.c.at < moment))).rowcount
