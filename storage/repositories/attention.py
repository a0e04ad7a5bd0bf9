"""Whom an alert calls, who wants quiet, and what the day's digest says."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.attention import Call, Digest, Mute, QuietHours
from storage.repositories.settings import HomeFacts
from storage.tables.lifecycle import alert, alert_call, alert_mute, digest

_QUIET_HOURS = "alerts.quiet_hours"


class Attention:
    """Adds, finds and marks them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._home = HomeFacts(connection)

    async def call(self, due: Call) -> bool:
        """Have a person told of a case; False where they were for the same reason before."""
        if any(one.person_id == due.person_id and one.kind is due.kind for one in await self.calls_of(due.alert_id)):
            return False
        await self._connection.execute(
            insert(alert_call).values(
                alert_id=due.alert_id,
                person_id=due.person_id,
                kind=due.kind,
                sent=0,
                shown_version=0,
                live=1,
                body=due.model_dump_json(exclude={"id"}),
            )
        )
        return True

    async def call_again(self, due: Call) -> None:
        """As `call`, with a new message where there was one: somebody asks the same person once more."""
        same = (alert_call.c.person_id == due.person_id) & (alert_call.c.kind == due.kind)
        await self._connection.execute(delete(alert_call).where(alert_call.c.alert_id == due.alert_id, same))
        await self.call(due)

    async def save(self, changed: Call, *, over: bool = False) -> None:
        """Store it; one that is `over` says so of its case, and never falls behind again."""
        await self._connection.execute(
            update(alert_call)
            .where(alert_call.c.id == changed.id)
            .values(
                sent=int(changed.sent_at is not None),
                shown_version=changed.shown_version,
                live=int(not over),
                body=changed.model_dump_json(exclude={"id"}),
            )
        )

    async def calls_of(self, alert_id: str) -> tuple[Call, ...]:
        """Oldest first."""
        query = select(alert_call.c.id, alert_call.c.body).where(alert_call.c.alert_id == alert_id)
        rows = await self._connection.execute(query.order_by(alert_call.c.id))
        return tuple(_call(row.id, row.body) for row in rows)

    async def calls_of_each(self, alert_ids: Iterable[str]) -> dict[str, tuple[Call, ...]]:
        """The calls of each of the cases that has some, oldest first."""
        query = select(alert_call.c.id, alert_call.c.body).where(alert_call.c.alert_id.in_(tuple(alert_ids)))
        found: dict[str, tuple[Call, ...]] = {}
        for row in await self._connection.execute(query.order_by(alert_call.c.id)):
            one = _call(row.id, row.body)
            found[one.alert_id] = (*found.get(one.alert_id, ()), one)
        return found

    async def behind(self, limit: int = 200) -> tuple[Call, ...]:
        """Not sent yet, or sent and showing their alert as it no longer is, oldest first."""
        rows = await self._connection.execute(
            select(alert_call.c.id, alert_call.c.body)
            .join(alert, alert.c.id == alert_call.c.alert_id)
            .where(alert_call.c.live == 1)
            .where((alert_call.c.sent == 0) | (alert_call.c.shown_version < alert.c.version))
            .order_by(alert_call.c.id)
            .limit(limit)
        )
        return tuple(_call(row.id, row.body) for row in rows)

    async def mute(self, wanted: Mute) -> None:
        """The newest wish counts; one that is over already takes back an earlier."""
        same = (alert_mute.c.person_id == wanted.person_id) & (alert_mute.c.alert_id == wanted.alert_id)
        await self._connection.execute(delete(alert_mute).where(same))
        await self._connection.execute(insert(alert_mute).values(**wanted.model_dump()))

    async def mutes(self, at: datetime) -> tuple[Mute, ...]:
        """Those in force."""
        rows = await self._connection.execute(select(alert_mute).where(alert_mute.c.until > at))
        return tuple(Mute(person_id=row.person_id, alert_id=row.alert_id, until=row.until) for row in rows)

    async def quiet_hours(self) -> QuietHours | None:
        """Of the whole team; None where it set none."""
        held = await self._home.get(_QUIET_HOURS)
        return QuietHours.model_validate_json(held) if held else None

    async def set_quiet_hours(self, hours: QuietHours | None) -> None:
        await self._home.put(_QUIET_HOURS, hours.model_dump_json() if hours else "")

    async def digest(self, digest_id: str) -> Digest | None:
        body = await self._connection.scalar(select(digest.c.body).where(digest.c.id == digest_id))
        return None if body is None else Digest.model_validate_json(body)

    async def newest_digest(self) -> Digest | None:
        body = await self._connection.scalar(select(digest.c.body).order_by(digest.c.id.desc()).limit(1))
        return None if body is None else Digest.model_validate_json(body)

    async def keep_digest(self, made: Digest) -> None:
        await self._connection.execute(
            insert(digest).values(id=made.id, version=made.version, body=made.model_dump_json())
        )


def _call(number: int, body: str) -> Call:
    return Call.model_validate_json(body).model_copy(update={"id": number})
