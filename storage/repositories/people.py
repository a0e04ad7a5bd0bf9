"""The people the product knows."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.people import Person
from storage.tables import person


class People:
    """Reads and replaces people on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def replace(self, everyone: Iterable[Person]) -> None:
        """Make the table equal to the list; people who are gone from it stay known, but inactive."""
        listed = {one.id: one for one in everyone}
        gone = {
            known.id: known.model_copy(update={"active": False, "slack_id": None, "roles": frozenset()})
            for known in await self.all()
            if known.id not in listed
        }
        await self._connection.execute(delete(person))
        rows = [
            {"id": one.id, "slack_id": one.slack_id, "body": one.model_dump_json()} for one in (gone | listed).values()
        ]
        if rows:
            await self._connection.execute(insert(person), rows)

    async def all(self) -> tuple[Person, ...]:
        bodies = await self._connection.scalars(select(person.c.body).order_by(person.c.id))
        return tuple(Person.model_validate_json(body) for body in bodies)

    async def get(self, person_id: str) -> Person | None:
        body = await self._connection.scalar(select(person.c.body).where(person.c.id == person_id))
        return None if body is None else Person.model_validate_json(body)

    async def by_slack_id(self, slack_id: str) -> Person | None:
        body = await self._connection.scalar(select(person.c.body).where(person.c.slack_id == slack_id))
        return None if body is None else Person.model_validate_json(body)
