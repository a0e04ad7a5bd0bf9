"""People who were named to answer for artefacts or roles."""

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.owners import Ownership
from storage.tables.duties import ownership


class Ownerships:
    """Reads and replaces them on the caller's transaction; an artefact has one such person at most."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> dict[str, Ownership]:
        """Artefact → who was named for it."""
        bodies = await self._connection.scalars(select(ownership.c.body).order_by(ownership.c.artefact))
        found = (Ownership.model_validate_json(body) for body in bodies)
        return {one.artefact: one for one in found}

    async def put(self, named: Ownership) -> None:
        await self.clear(named.artefact)
        await self._connection.execute(
            insert(ownership).values(artefact=named.artefact, person_id=named.person, body=named.model_dump_json())
        )

    async def clear(self, artefact: str) -> None:
        """Nobody is named any more; the artefact's own role answers for it."""
        await self._connection.execute(delete(ownership).where(ownership.c.artefact == artefact))
