"""Small facts about this home, and cases to judge the next agent by."""

import json
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.record import canonical_json
from storage.tables.lifecycle import evaluation_case, home


class HomeFacts:
    """Key and value of this home, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, key: str) -> str | None:
        return await self._connection.scalar(select(home.c.value).where(home.c.key == key))

    async def put(self, key: str, value: str) -> None:
        changed = await self._connection.execute(update(home).where(home.c.key == key).values(value=value))
        if changed.rowcount == 0:
            await self._connection.execute(insert(home).values(key=key, value=value))

    async def keep_case(self, plan_id: str, kind: str, facts: dict[str, Any]) -> bool:
        """Keep a rejection or a final outcome as an evaluation case; False if it is kept already."""
        added = await self._connection.execute(
            sqlite.insert(evaluation_case)
            .values(plan_id=plan_id, kind=kind, body=canonical_json(facts))
            .on_conflict_do_nothing()
        )
        return added.rowcount == 1

    async def newest_outcome(self, agent: str, agent_version: str) -> dict[str, Any] | None:
        """The newest final outcome of a plan of this agent in this version."""
        # The stored text is canonical: its keys are sorted, so the agent and the version come first.
        of_agent = canonical_json({"agent": agent, "agent_version": agent_version})[:-1] + ","
        body = await self._connection.scalar(
            select(evaluation_case.c.body)
            .where(evaluation_case.c.kind.startswith("outcome:"))
            .where(func.substr(evaluation_case.c.body, 1, len(of_agent)) == of_agent)
            .order_by(evaluation_case.c.id.desc())
            .limit(1)
        )
        return None if body is None else json.loads(body)

    async def cases(self) -> tuple[tuple[str, str, dict[str, Any]], ...]:
        rows = await self._connection.execute(select(evaluation_case).order_by(evaluation_case.c.id))
        return tuple((row.plan_id, row.kind, json.loads(row.body)) for row in rows)
