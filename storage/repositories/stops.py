"""Freezes and broken glass."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.stops import Freeze, FreezeScope, Glass
from storage.repositories.counters import next_number
from storage.tables.lifecycle import freeze, glass


class Stops:
    """Reads and writes them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def freeze(
        self,
        scope: FreezeScope,
        value: str,
        *,
        reason: str,
        person_id: str,
        now: datetime,
        case: str | None = None,
    ) -> Freeze:
        """Set one; `case` is the alert that did so by itself, `person_id` then the monitor's name."""
        number = await next_number(self._connection, "freeze")
        made = Freeze(
            id=f"FREEZE-{number}", scope=scope, value=value, reason=reason, frozen_by=person_id, at=now, case=case
        )
        await self._connection.execute(insert(freeze).values(number=number, in_force=1, body=made.model_dump_json()))
        return made

    async def thaw(self, thawed: Freeze) -> None:
        """Store a freeze with its end."""
        await self._connection.execute(
            update(freeze)
            .where(freeze.c.number == int(thawed.id.removeprefix("FREEZE-")))
            .values(in_force=0, body=thawed.model_dump_json())
        )

    async def hand_over(self, held: Freeze) -> None:
        """Store a freeze in force that holds for another case than before."""
        await self._connection.execute(
            update(freeze)
            .where(freeze.c.number == int(held.id.removeprefix("FREEZE-")))
            .values(body=held.model_dump_json())
        )

    async def in_force(self) -> tuple[Freeze, ...]:
        """Oldest first."""
        bodies = await self._connection.scalars(
            select(freeze.c.body).where(freeze.c.in_force == 1).order_by(freeze.c.number)
        )
        return tuple(Freeze.model_validate_json(body) for body in bodies)

    async def set_or_lifted(self, first: datetime, last: datetime) -> tuple[Freeze, ...]:
        """Freezes that were set or lifted between two moments, both inclusive, oldest first."""
        bodies = await self._connection.scalars(select(freeze.c.body).order_by(freeze.c.number))
        found = (Freeze.model_validate_json(body) for body in bodies)
        return tuple(
            one
            for one in found
            if first <= one.at <= last or (one.thawed_at is not None and first <= one.thawed_at <= last)
        )

    async def break_glass(self, person_id: str, *, reason: str, now: datetime, until: datetime) -> Glass:
        number = await next_number(self._connection, "glass")
        made = Glass(id=f"GLASS-{number}", person_id=person_id, reason=reason, broken_at=now, until=until)
        await self._connection.execute(
            insert(glass).values(
                id=made.id,
                number=number,
                person_id=person_id,
                version=made.version,
                open=1,
                body=made.model_dump_json(),
            )
        )
        return made

    async def save(self, changed: Glass) -> Glass:
        """Store it under the next version; it stays open until somebody has reviewed it."""
        saved = changed.model_copy(update={"version": changed.version + 1})
        await self._connection.execute(
            update(glass)
            .where(glass.c.id == saved.id)
            .values(version=saved.version, open=int(saved.reviewed_at is None), body=saved.model_dump_json())
        )
        return saved

    async def glass(self, glass_id: str) -> Glass | None:
        body = await self._connection.scalar(select(glass.c.body).where(glass.c.id == glass_id))
        return None if body is None else Glass.model_validate_json(body)

    async def glasses(self) -> tuple[Glass, ...]:
        """Those that nobody has reviewed yet, in force or over, oldest first."""
        bodies = await self._connection.scalars(select(glass.c.body).where(glass.c.open == 1).order_by(glass.c.number))
        return tuple(Glass.model_validate_json(body) for body in bodies)
