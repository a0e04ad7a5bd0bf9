"""Rows that were set aside: kept, found, settled."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.forgotten import without
from storage.records.quarantine import Quarantined, QuarantineState, SetAside
from storage.tables.fabric import quarantined

_AT_ONCE = 500


class Quarantine:
    """Keeps rows that broke a contract, on the caller's transaction.

    The caller has replaced personal cells by tokens before (`tx.vault.hide_cells`).
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, rows: Iterable[Quarantined], *, load_id: str, source: str, path: str, now: datetime) -> int:
        """Set rows of one load aside; gives how many there were."""
        values = [
            _values(SetAside(load_id=load_id, source=source, path=path, row=row, set_aside_at=now)) for row in rows
        ]
        for start in range(0, len(values), _AT_ONCE):
            await self._connection.execute(insert(quarantined), values[start : start + _AT_ONCE])
        return len(values)

    async def save(self, changed: SetAside) -> None:
        """Store a row that was settled, or whose cells were corrected."""
        await self._connection.execute(
            update(quarantined).where(quarantined.c.id == changed.id).values(_values(changed))
        )

    async def get(self, row_id: int) -> SetAside | None:
        found = (await self._read(select(quarantined).where(quarantined.c.id == row_id)))[:1]
        return found[0] if found else None

    async def of_load(self, load_id: str) -> tuple[SetAside, ...]:
        """All rows of one load, settled ones too, in the order of its file."""
        query = select(quarantined).where(quarantined.c.load_id == load_id)
        return await self._read(query.order_by(quarantined.c.line, quarantined.c.id))

    async def open(self, *, load_id: str | None = None, limit: int | None = None) -> tuple[SetAside, ...]:
        """Rows nobody has settled yet, of all loads or of one, oldest first."""
        query = select(quarantined).where(quarantined.c.state == QuarantineState.OPEN)
        if load_id is not None:
            query = query.where(quarantined.c.load_id == load_id)
        return await self._read(query.order_by(quarantined.c.id).limit(limit))

    async def counts(self) -> dict[str, int]:
        """Load → how many of its rows still wait."""
        query = (
            select(quarantined.c.load_id, func.count())
            .where(quarantined.c.state == QuarantineState.OPEN)
            .group_by(quarantined.c.load_id)
        )
        return {load_id: int(count) for load_id, count in await self._connection.execute(query)}

    async def forget(self, texts: Collection[str]) -> int:
        """Take texts, or tokens of forgotten ones, out of every row; gives how many rows held any."""
        changed = 0
        for row in await self._read(select(quarantined).order_by(quarantined.c.id)):
            cells = {name: without(cell, texts) for name, cell in row.row.cells.items()}
            reason = without(row.row.reason, texts)
            if (cells, reason) != (row.row.cells, row.row.reason):
                cleaned = row.row.model_copy(update={"cells": cells, "reason": reason})
                await self.save(row.model_copy(update={"row": cleaned}))
                changed += 1
        return changed

    async def _read(self, query: Select[tuple[object, ...]]) -> tuple[SetAside, ...]:
        rows: Sequence[object] = (await self._connection.execute(query)).all()
        return tuple(SetAside.model_validate_json(row.body).model_copy(update={"id": row.id}) for row in rows)  # type: ignore[attr-defined]


def _values(one: SetAside) -> dict[str, object]:
    return {
        "load_id": one.load_id,
        "dataset": one.row.dataset,
        "line": one.row.line,
        "state": one.state,
        "body": one.model_dump_json(exclude={"id"}),
    }
