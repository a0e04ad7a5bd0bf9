"""How sources stand to what is promised of them."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.freshness import SourceFreshness
from storage.tables.duties import freshness


class FreshnessBook:
    """Reads and replaces the rows of one world on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, *, simulated: bool) -> tuple[SourceFreshness, ...]:
        """Every source of one world, by name."""
        query = select(freshness.c.body).where(freshness.c.simulated == int(simulated)).order_by(freshness.c.source)
        return tuple(SourceFreshness.model_validate_json(body) for body in await self._connection.scalars(query))

    async def replace(self, sources: Iterable[SourceFreshness], *, simulated: bool) -> None:
        """Make one world's rows these."""
        await self._connection.execute(delete(freshness).where(freshness.c.simulated == int(simulated)))
        rows = [
            {"source": one.source, "simulated": int(one.simulated), "body": one.model_dump_json()} for one in sources
        ]
        if rows:
            await self._connection.execute(insert(freshness), rows)
