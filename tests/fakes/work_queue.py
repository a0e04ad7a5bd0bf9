"""The work queue without threads: what is put in a transaction waits in a table until a test lets it run."""

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.work_queue import Handler

_TABLE = """
CREATE TABLE IF NOT EXISTS fake_work (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0
)
"""


class HandWorkQueue:
    """Promises what WorkQueue promises: on the caller's transaction, an id once, and nothing is lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._handlers: dict[str, Handler] = {}

    def handle(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    async def put(self, connection: AsyncConnection, kind: str, work_id: str, payload: dict[str, str]) -> None:
        await connection.execute(text(_TABLE))
        await connection.execute(
            text("INSERT INTO fake_work (id, kind, payload) VALUES (:id, :kind, :payload) ON CONFLICT DO NOTHING"),
            {"id": work_id, "kind": kind, "payload": json.dumps(payload)},
        )

    async def waiting(self) -> tuple[str, ...]:
        """Ids of what has not been done, in the order in which it was put."""
        return tuple(row.id for row in await self._open())

    async def run(self) -> int:
        """Do all that waits, also what that brings about; a handler that raises leaves its work waiting."""
        done = 0
        while rows := await self._open():
            for row in rows:
                await self._handlers[row.kind](json.loads(row.payload))
                async with self._database.writing.begin() as connection:
                    await connection.execute(text("UPDATE fake_work SET done = 1 WHERE id = :id"), {"id": row.id})
                done += 1
        return done

    async def _open(self):
        async with self._database.writing.begin() as connection:
            await connection.execute(text(_TABLE))
            rows = await connection.execute(text("SELECT * FROM fake_work WHERE done = 0 ORDER BY rowid"))
            return rows.all()
