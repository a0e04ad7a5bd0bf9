"""Messages that are due to people about waiting plans."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.nudges import Nudge, Quiet
from storage.tables.lifecycle import nudge, plan, quiet


class Nudges:
    """Adds, finds and marks them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, due: Nudge) -> Nudge:
        made = await self._connection.execute(
            insert(nudge).values(
                plan_id=due.plan_id, revision=due.revision, sent=0, shown_version=0, body=due.model_dump_json()
            )
        )
        assert made.inserted_primary_key is not None, "the database numbers them"
        return due.model_copy(update={"id": made.inserted_primary_key[0]})

    async def save(self, changed: Nudge) -> None:
        await self._connection.execute(
            update(nudge)
            .where(nudge.c.id == changed.id)
            .values(
                sent=int(changed.sent_at is not None),
                shown_version=changed.shown_version,
                body=changed.model_dump_json(exclude={"id"}),
            )
        )

    async def unsent(self, now: datetime, limit: int = 200) -> tuple[Nudge, ...]:
        """Due and not sent yet, oldest first."""
        rows = await self._connection.execute(
            select(nudge.c.id, nudge.c.body).where(nudge.c.sent == 0).order_by(nudge.c.id).limit(limit)
        )
        return tuple(found for row in rows if (found := _nudge(row.id, row.body)).due_at <= now)

    async def behind(self, limit: int = 200) -> tuple[Nudge, ...]:
        """Sent ones that show their plan as it no longer is, oldest first."""
        rows = await self._connection.execute(
            select(nudge.c.id, nudge.c.body)
            .join(plan, plan.c.id == nudge.c.plan_id)
            .where(nudge.c.sent == 1, nudge.c.shown_version < plan.c.version)
            .order_by(nudge.c.id)
            .limit(limit)
        )
        return tuple(_nudge(row.id, row.body) for row in rows)

    async def of(self, plan_id: str, revision: int) -> tuple[Nudge, ...]:
        """Oldest first."""
        rows = await self._connection.execute(
            select(nudge.c.id, nudge.c.body)
            .where(nudge.c.plan_id == plan_id, nudge.c.revision == revision)
            .order_by(nudge.c.id)
        )
        return tuple(_nudge(row.id, row.body) for row in rows)

    async def hush(self, wanted: Quiet) -> None:
        """One person wants no reminder of one plan for a while; the newest wish counts."""
        where = (quiet.c.plan_id == wanted.plan_id) & (quiet.c.person_id == wanted.person_id)
        await self._connection.execute(delete(quiet).where(where))
        await self._connection.execute(insert(quiet).values(**wanted.model_dump()))

    async def hushed(self, plan_ids: Iterable[str]) -> tuple[Quiet, ...]:
        rows = await self._connection.execute(select(quiet).where(quiet.c.plan_id.in_(tuple(plan_ids))))
        return tuple(Quiet(plan_id=row.plan_id, person_id=row.person_id, until=row.until) for row in rows)


def _nudge(number: int, body: str) -> Nudge:
    return Nudge.model_validate_json(body).model_copy(update={"id": number})
