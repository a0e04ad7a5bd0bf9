"""Where each plan's and alert's one message is, and which version of it people see."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, insert, or_, select, true, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.record import Record
from storage.tables.fabric import question
from storage.tables.lifecycle import alert, card, digest, glass, plan


class Card(Record):
    """The one live message about a subject; channel and ts are None until it is posted."""

    subject: str
    channel: str | None = None
    ts: str | None = None
    shown_version: int = 0


class Cards:
    """Finds cards that are behind what they show, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def behind(self, limit: int = 200, *, at: datetime | None = None) -> tuple[str, ...]:
        """What has a card that is missing or shows an older version, plans first: the outbox towards Slack.

        With a moment, cards that are held back until later are left out.
        """
        return tuple((await self._connection.scalars(_all_behind(at).limit(limit))).all())

    async def number_behind(self, *, at: datetime) -> int:
        """How many cards are due at the moment and missing or older than what is known."""
        return await self._connection.scalar(select(func.count()).select_from(_all_behind(at).subquery())) or 0

    async def get(self, subject: str) -> Card:
        row = (await self._connection.execute(select(card).where(card.c.subject == subject))).one_or_none()
        if row is None:
            return Card(subject=subject)
        return Card.model_validate(row._asdict())

    async def save(self, shown: Card) -> None:
        values = shown.model_dump()
        changed = await self._connection.execute(update(card).where(card.c.subject == shown.subject).values(**values))
        if changed.rowcount == 0:
            await self._connection.execute(insert(card).values(**values))


def _all_behind(at: datetime | None) -> CompoundSelect[Any]:
    due = alert.c.card_from.is_not(None) if at is None else alert.c.card_from <= at
    return union_all(_behind(plan), _behind(alert, due), _behind(glass), _behind(question), _behind(digest))


def _behind(table: Any, due: ColumnElement[bool] | None = None) -> Select[Any]:
    return (
        select(table.c.id)
        .outerjoin(card, card.c.subject == table.c.id)
        .where(due if due is not None else true())
        .where(or_(card.c.shown_version.is_(None), card.c.shown_version < table.c.version))
    )
