"""How far each source was read."""

import json
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.record import canonical_json
from storage.tables.fabric import cursor


class Cursors:
    """Reads and moves them on the caller's transaction: together with the load that they tell of."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, source: str) -> dict[str, Any] | None:
        """What the source gave last, for it to go on from; None before the first read."""
        body = await self._connection.scalar(select(cursor.c.body).where(cursor.c.source == source))
        return None if body is None else json.loads(body)

    async def put(self, source: str, position: dict[str, Any]) -> None:
        """Remember a position; JSON."""
        body = canonical_json(position)
        moved = await self._connection.execute(update(cursor).where(cursor.c.source == source).values(body=body))
        if moved.rowcount == 0:
            await self._connection.execute(insert(cursor).values(source=source, body=body))

    async def all(self) -> dict[str, dict[str, Any]]:
        """Source → its position."""
        rows = await self._connection.execute(select(cursor).order_by(cursor.c.source))
        return {row.source: json.loads(row.body) for row in rows}
