"""The one that chains on PostgreSQL: takes what has committed to the outbox and appends it to the trail.

Many processes may run it: a session lock lets one of them work, the others stand by, and when it dies, however it
dies, the server frees the lock. A portion moves from the outbox to the chain in one transaction, so each entry is
chained exactly once. Entries stand in the order in which they were put in the outbox; one whose transaction ended late
follows those that were chained by then, so a cause always stands before its effect.
"""

import asyncio

import structlog
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.chain import chain_hash
from storage.database import Database
from storage.tables.audit import audit, audit_head, audit_outbox

log = structlog.get_logger()

_LOCK = int.from_bytes(b"csaudit", "big")
"""The name of the session lock: ours alone in this database."""
_PORTION = 1000
_POLL_S = 0.2
_AGAIN_S = 1.0


class Sequencer:
    """Chains the outbox of one PostgreSQL database until it is cancelled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Stand by, then work; a lost connection is opened again."""
        while True:
            try:
                async with self._database.writing.connect() as connection:
                    await self._work(connection)
            except DBAPIError as error:
                log.warning("sequencer.interrupted", error=type(error.orig).__name__)
            await asyncio.sleep(_AGAIN_S)

    async def _work(self, connection: AsyncConnection) -> None:
        try:
            while not await lead(connection):  # noqa: ASYNC110 - another process holds it
                await asyncio.sleep(_AGAIN_S)
            while True:
                if not await chain_waiting(connection):
                    await asyncio.sleep(_POLL_S)
        finally:
            # Back in the pool the connection would keep the lock, and nobody could chain.
            await connection.invalidate()


async def lead(connection: AsyncConnection) -> bool:
    """Ask for the session lock; it is held until the connection ends."""
    async with connection.begin():
        query = text("SELECT pg_try_advisory_lock(:name)")
        return bool((await connection.execute(query, {"name": _LOCK})).scalar_one())


async def chain_waiting(connection: AsyncConnection) -> int:
    """Move one portion from the outbox to the chain; returns how many entries. The caller leads."""
    async with connection.begin():
        rows = (await connection.execute(select(audit_outbox).order_by(audit_outbox.c.id).limit(_PORTION))).all()
        if not rows:
            return 0
        head = (await connection.execute(select(audit_head.c.seq, audit_head.c.hash))).one()
        seq, digest, chained = head.seq, head.hash, []
        for row in rows:
            seq, previous = seq + 1, digest
            digest = chain_hash(previous, seq, row.body)
            said = {"at": row.at, "actor": row.actor, "action": row.action, "subject": row.subject, "body": row.body}
            chained.append({"seq": seq, **said, "prev_hash": previous, "hash": digest})
        await connection.execute(insert(audit), chained)
        await connection.execute(update(audit_head).values(seq=seq, hash=digest))
        await connection.execute(delete(audit_outbox).where(audit_outbox.c.id.in_([row.id for row in rows])))
        return len(rows)
