"""Alerts: one open row a case."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.alerts import Alert, AlertState, Finding
from storage.records.attention import Learnt
from storage.repositories.counters import next_number
from storage.tables.lifecycle import alert, learnt

_ALERTS = select(alert.c.body, alert.c.card_from)


class Alerts:
    """Opens, updates and finds alerts on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(
        self, finding: Finding, *, now: datetime, has_card: bool = True, shown_from: datetime | None = None
    ) -> Alert:
        """Start a case; the caller has made sure that no open one has the key.

        Its card is posted at once, or not before `shown_from`; without one it waits for the digest.
        """
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
            shown_from=(shown_from or now) if has_card else None,
        )
        await self._connection.execute(
            insert(alert).values(
                id=opened.id,
                number=number,
                key=finding.key,
                state=opened.state,
                version=1,
                card_from=opened.shown_from,
                changed_at=now,
                seen_on=finding.seen_on,
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
            .values(
                state=saved.state,
                version=saved.version,
                card_from=saved.shown_from,
                changed_at=saved.updated_at,
                seen_on=saved.finding.seen_on,
                body=saved.model_dump_json(),
            )
        )
        return saved

    async def get(self, alert_id: str) -> Alert | None:
        found = await self._read(_ALERTS.where(alert.c.id == alert_id))
        return found[0] if found else None

    async def unrecovered(self) -> tuple[Alert, ...]:
        """Every case that is not over, oldest first."""
        return await self._read(_ALERTS.where(alert.c.state != AlertState.RECOVERED).order_by(alert.c.number))

    async def opened_since(self, after: datetime) -> tuple[Alert, ...]:
        """Every case opened or changed after the moment, over or not, oldest first."""
        # Sorted here: an order by number would have the database go through all that there ever were.
        found = await self._read(_ALERTS.where(alert.c.changed_at > after))
        return tuple(sorted(found, key=lambda one: int(one.id.removeprefix("ALERT-"))))

    async def over(self, *, seen_from: date, ended_from: datetime, limit: int) -> tuple[int, tuple[Alert, ...]]:
        """How many cases are over that were seen from the data day on or ended from the moment on, and the newest."""
        those = (
            alert.c.state == AlertState.RECOVERED,
            or_(alert.c.seen_on >= seen_from, alert.c.changed_at >= ended_from),
        )
        number = await self._connection.scalar(select(func.count()).select_from(alert).where(*those))
        return number or 0, await self._read(_ALERTS.where(*those).order_by(alert.c.number.desc()).limit(limit))

    async def newest(self, limit: int = 50) -> tuple[Alert, ...]:
        """Over or not, newest first."""
        return await self._read(_ALERTS.order_by(alert.c.number.desc()).limit(limit))

    async def learn(self, said: Learnt) -> Learnt:
        """Keep what a person said is normal; the newest word on a key counts."""
        made = await self._connection.execute(
            insert(learnt).values(key=said.key, body=said.model_dump_json(exclude={"id"}))
        )
        assert made.inserted_primary_key is not None, "the database numbers them"
        return said.model_copy(update={"id": made.inserted_primary_key[0]})

    async def learnt(self, *, simulated: bool | None = None) -> dict[str, Learnt]:
        """The newest word on each key, of both worlds or of one."""
        rows = await self._connection.execute(select(learnt.c.id, learnt.c.body).order_by(learnt.c.id))
        said = (Learnt.model_validate_json(row.body).model_copy(update={"id": row.id}) for row in rows)
        return {one.key: one for one in said if simulated in (None, one.simulated)}

    async def _read(self, query: Select[Any]) -> tuple[Alert, ...]:
        rows = await self._connection.execute(query)
        # The column tells of the card; texts from before it was kept say nothing of it.
        return tuple(
            Alert.model_validate_json(row.body).model_copy(update={"shown_from": row.card_from}) for row in rows
        )
