"""Views of the dashboard, kept as they were seen; parts that did not change between two of them are kept once."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.dashboards import Snapshot, View
from storage.repositories.counters import next_number
from storage.tables.dashboards import dashboard_content, dashboard_part, dashboard_view


class ViewDamaged(Exception):
    """Raised where a kept view is no longer what was seen: its text does not have the hash that it is called by."""

    def __init__(self, view_id: str) -> None:
        super().__init__(f"{view_id} was changed in the database and cannot be shown; restore it from a backup")


class Dashboards:
    """Keeps and finds views on the caller's transaction; a kept view is never changed."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, seen: Snapshot) -> View:
        """Store what a view shows; the transaction must hold the write lock."""
        number = await next_number(self._connection, "view")
        view = View(number=number, as_of=seen.header.as_of, days=seen.header.days)
        await self._connection.execute(insert(dashboard_view).values(view.model_dump()))
        rows = []
        for position, (name, body) in enumerate(_parts(seen)):
            digest = hashlib.sha256(body.encode()).hexdigest()
            if not await self._connection.scalar(
                select(dashboard_part.c.digest).where(dashboard_part.c.digest == digest)
            ):
                await self._connection.execute(insert(dashboard_part).values(digest=digest, body=body))
            rows.append({"view_number": number, "position": position, "name": name, "digest": digest})
        await self._connection.execute(insert(dashboard_content), rows)
        return view

    async def get(self, number: int) -> View | None:
        query = select(dashboard_view).where(dashboard_view.c.number == number)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else View.model_validate(row._asdict())

    async def contents(self, view: View) -> Snapshot:
        """What the view showed. Raises ViewDamaged."""
        rows = await self._connection.execute(
            select(dashboard_content.c.name, dashboard_part.c.digest, dashboard_part.c.body)
            .outerjoin(dashboard_part, dashboard_part.c.digest == dashboard_content.c.digest)
            .where(dashboard_content.c.view_number == view.number)
            .order_by(dashboard_content.c.position)
        )
        fields: dict[str, Any] = {"trends": []}
        for row in rows:
            if row.body is None or hashlib.sha256(row.body.encode()).hexdigest() != row.digest:
                raise ViewDamaged(view.id)
            if row.name.startswith("trend:"):
                fields["trends"].append(json.loads(row.body))
            else:
                fields[row.name] = json.loads(row.body)
        if "header" not in fields:
            raise ViewDamaged(view.id)
        return Snapshot.model_validate(fields)

    async def newest(self, *, limit: int, days: int | None = None) -> tuple[View, ...]:
        """Newest first; of one number of days, or of any."""
        query = select(dashboard_view).order_by(dashboard_view.c.number.desc()).limit(limit)
        if days is not None:
            query = query.where(dashboard_view.c.days == days)
        return tuple(View.model_validate(row._asdict()) for row in await self._connection.execute(query))

    async def forget_before(self, moment: datetime) -> int:
        """Drop views from before the moment and the parts that no view shows any more; returns how many views."""
        old = select(dashboard_view.c.number).where(dashboard_view.c.as_of < moment)
        await self._connection.execute(delete(dashboard_content).where(dashboard_content.c.view_number.in_(old)))
        gone = await self._connection.execute(delete(dashboard_view).where(dashboard_view.c.as_of < moment))
        shown = select(dashboard_content.c.digest)
        await self._connection.execute(delete(dashboard_part).where(dashboard_part.c.digest.not_in(shown)))
        return gone.rowcount


def _parts(seen: Snapshot) -> list[tuple[str, str]]:
    """Name and text of each part: every trend by itself, everything else by section."""
    sections = json.loads(seen.model_dump_json(exclude={"trends"}))
    parts = [(name, _text(body)) for name, body in sections.items()]
    return parts + [(f"trend:{one.kpi}", _text(json.loads(one.model_dump_json()))) for one in seen.trends]


def _text(body: Any) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
