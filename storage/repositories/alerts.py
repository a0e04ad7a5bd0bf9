"""Alerts: one open row a case."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.alerts import Alert, AlertState, Finding
from storage.repositories.counters import next_number
from storage.tables.lifecycle import alert


class Alerts:
    """Opens, updates and finds alerts on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, finding: Finding, *, now: datetime) -> Alert:
        """Start a case; the caller has made sure that no open one has the key."""
        number = await next_number(self._connection, "alert")
        opened = Alert(
            id=f"ALERT-{number}",
            finding=finding,
            state=AlertState.OPEN,
            version=1,
            opened_on=finding.seen_on,
            opened_at=now,
            times_seen=1,
            updated_at=now,
        )
        await self._connection.execute(
            insert(alert).values(
                id=opened.id,
                number=number,
                key=finding.key,
                state=opened.state,
                version=1,
                body=opened.model_dump_json(),
            )
        )
        return opened

    async def save(self, changed: Alert) -> Alert:
        """Store a changed alert under the next version."""
        saved = changed.model_copy(update={"version": changed.version + 1})
        await self._connection.execute(
            update(alert)
            .where(alert.c.id == saved.id)
            .values(state=saved.state, version=saved.version, body=saved.model_dump_json())
        )
        return saved

    async def get(self, alert_id: str) -> Alert | None:
        body = await self._connection.scalar(select(alert.c.body).where(alert.c.id == alert_id))
        return None if body is None else Alert.model_validate_json(body)

    async def unrecovered(self) -> tuple[Alert, ...]:
        """Every case that is not over, oldest first."""
        bodies = await self._connection.scalars(
            select(alert.c.body).where(alert.c.state != AlertState.RECOVERED).order_by(alert.c.number)
        )
        return tuple(Alert.model_validate_json(body) for body in bodies)
