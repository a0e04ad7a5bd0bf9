"""What the watch over daily series remembers, on the caller's transaction."""

import json
from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.watching import WatchedCohort
from storage.tables.watching import watched_cohort


class Watching:
    """Cohorts of series by source, in the order in which they began."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, source: str) -> tuple[WatchedCohort, ...]:
        table = watched_cohort
        rows = await self._connection.execute(select(table).where(table.c.source == source).order_by(table.c.number))
        return tuple(
            WatchedCohort(
                names=tuple(json.loads(row.names)),
                last=row.last,
                counters=tuple(json.loads(row.counters)),
                numbers=row.numbers,
            )
            for row in rows
        )

    async def keep(self, source: str, cohorts: Sequence[WatchedCohort | None]) -> None:
        """Replace those that are given, by their place; None leaves the one kept there."""
        table = watched_cohort
        for number, one in enumerate(cohorts):
            if one is None:
                continue
            await self._connection.execute(
                delete(table).where(table.c.source == source).where(table.c.number == number)
            )
            await self._connection.execute(
                insert(table).values(
                    source=source,
                    number=number,
                    last=one.last,
                    names=json.dumps(one.names),
                    counters=json.dumps(one.counters),
                    numbers=one.numbers,
                )
            )
        await self._connection.execute(
            delete(table).where(table.c.source == source).where(table.c.number >= len(cohorts))
        )
