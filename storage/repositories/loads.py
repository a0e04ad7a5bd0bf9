"""Loads of data: a row here is what makes a landing in the lake readable."""

from datetime import date, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.facts import Load
from storage.tables.fabric import load
from storage.tables.provenance import lineage


class Loads:
    """Registers and finds loads on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, landed: Load, *, fingerprint: str, lake_version: int) -> None:
        await self._connection.execute(
            insert(load).values(
                id=landed.id,
                source=landed.source,
                fingerprint=fingerprint,
                simulated=int(landed.simulated),
                known_at=landed.known_at,
                last_day=landed.last_day,
                lake_version=lake_version,
                body=landed.model_dump_json(),
            )
        )

    async def get(self, load_id: str) -> Load | None:
        body = await self._connection.scalar(select(load.c.body).where(load.c.id == load_id))
        return None if body is None else Load.model_validate_json(body)

    async def by_fingerprint(self, fingerprint: str) -> Load | None:
        body = await self._connection.scalar(select(load.c.body).where(load.c.fingerprint == fingerprint))
        return None if body is None else Load.model_validate_json(body)

    async def known(self, *, simulated: bool, as_of: datetime | None = None) -> tuple[Load, ...]:
        """Loads of one world known at the moment (now, if None), in the order they became known."""
        query = select(load.c.body).where(load.c.simulated == int(simulated)).order_by(load.c.known_at, load.c.id)
        if as_of is not None:
            query = query.where(load.c.known_at <= as_of)
        return tuple(Load.model_validate_json(body) for body in await self._connection.scalars(query))

    async def newest_day(self, source: str, *, simulated: bool) -> date | None:
        """The newest day that was read of one source; None if nothing was."""
        of_source = (load.c.source == source, load.c.simulated == int(simulated))
        found = await self._connection.scalar(select(func.max(load.c.last_day)).where(*of_source))
        return found if isinstance(found, date) else None

    async def mark(self, *, simulated: bool) -> str:
        """A mark of one world's loads that changes whenever there is another."""
        found = select(func.count(), func.max(load.c.known_at)).where(load.c.simulated == int(simulated))
        number, newest = (await self._connection.execute(found)).one()
        return f"{number} {newest}"

    async def cited(self, dataset: str) -> frozenset[int]:
        """Versions of a dataset's table that something made from it names: a plan, a feature, a decision."""
        prefix = f"{dataset}@"
        query = select(lineage.c.parent).where(
            lineage.c.parent >= prefix,
            lineage.c.parent < f"{dataset}A",  # "A" is the next character after "@"
            ~lineage.c.child.startswith(prefix, autoescape=True),
        )
        found = await self._connection.scalars(query.distinct())
        return frozenset(int(number) for parent in found if (number := parent.removeprefix(prefix)).isdigit())

    async def any_real(self) -> bool:
        """Whether any load is of the real world."""
        found = await self._connection.scalar(select(load.c.id).where(load.c.simulated == 0).limit(1))
        return found is not None
