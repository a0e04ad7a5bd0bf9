"""The append-only trail: every entry holds the hash of the one before, over the exact bytes that are stored.

An entry is appended in the transaction of the change it records, so neither can be there without the other. On SQLite
the writer chains it there and then; on PostgreSQL it waits in an outbox, a second at most, for the one sequencer.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.chain import body_of, chain_hash
from storage.audit.checkpoints import Checkpoints
from storage.audit.personal import Kept, PersonalData, shown
from storage.audit.verification import verify
from storage.records.audit import AT_ONCE, AuditEntry, Checkpoint, Verification
from storage.signing import Keyring, PublicKey
from storage.tables.audit import audit, audit_head, audit_outbox

_AT_ONCE = 1000
"""Entries read in one query."""


class AuditLog:
    """Appends to the chain and walks it, on a connection whose transaction the caller owns."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._personal = PersonalData(connection)
        self._checkpoints = Checkpoints(connection)
        self.wants_checkpoint = False
        """Whether something was appended that is to be signed and shown outside at once."""

    async def append(self, *, at: datetime, actor: str, action: str, subject: str, facts: dict[str, Any]) -> AuditEntry:
        """Add one entry; the caller's transaction must hold the write lock.

        People, and facts wrapped in `Personal`, go in as commitments that can be erased.
        """
        said = {"actor": actor, "action": action, "subject": subject, "facts": facts}
        content, values = await self._personal.hide(said)
        body = body_of(at=at, content=content)
        columns = {"at": at, "actor": content["actor"], "action": action, "subject": content["subject"], "body": body}
        self.wants_checkpoint |= action in AT_ONCE
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(insert(audit_outbox).values(columns))
            chained = {"seq": 0, "prev_hash": "", "hash": ""}
        else:
            chained = await self._chain(columns)
        return _entry(at=at, body=body, values=values, **chained)

    async def _chain(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        head = (await self._connection.execute(select(audit_head.c.seq, audit_head.c.hash))).one()
        seq = head.seq + 1
        digest = chain_hash(head.hash, seq, columns["body"])
        chained = {"seq": seq, "prev_hash": head.hash, "hash": digest}
        await self._connection.execute(insert(audit).values(**columns, **chained))
        await self._connection.execute(update(audit_head).values(seq=seq, hash=digest))
        return chained

    async def of(self, *subjects: str) -> tuple[AuditEntry, ...]:
        """All entries about the subjects, oldest first."""
        wanted = await self._personal.subjects(subjects)
        query = select(audit).where(audit.c.subject.in_(wanted)).order_by(audit.c.seq)
        return await self._entries((await self._connection.execute(query)).all())

    async def after(self, seq: int, *, limit: int) -> tuple[AuditEntry, ...]:
        """The next entries beyond that one, oldest first."""
        query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
        return await self._entries((await self._connection.execute(query)).all())

    async def entries(self) -> AsyncIterator[AuditEntry]:
        """The whole chain, oldest first, read in portions."""
        query = select(audit).order_by(audit.c.seq).limit(_AT_ONCE)
        rows = (await self._connection.execute(query)).all()
        while rows:
            for entry in await self._entries(rows):
                yield entry
            rows = (await self._connection.execute(query.where(audit.c.seq > rows[-1].seq))).all()

    async def kept(self, entries: Sequence[AuditEntry]) -> dict[str, Kept]:
        """What the commitments in the entries stand for, with the salts that prove it; erased ones are missing."""
        return await self._personal.kept(entry.body for entry in entries)

    async def erase(self, value: str) -> str | None:
        """Forget a person or a text for good; the chain stays whole. Returns the commitment that is left of it."""
        return await self._personal.erase(value)

    async def verify(self, *, against: Sequence[str] = (), keys: Sequence[PublicKey] | None = None) -> Verification:
        """Recompute everything over the stored bytes and name what does not fit.

        `against` are texts with checkpoints that were kept outside. Without keys no signature is checked.
        """
        return await verify(self._connection, against=against, keys=keys)

    async def checkpoint(self, now: datetime, *, keyring: Keyring) -> Checkpoint | None:
        """Sign what was appended since the last checkpoint; None if that is nothing. Raises TrailBroken."""
        return await self._checkpoints.make(now, keyring=keyring)

    async def checkpoints(self) -> tuple[Checkpoint, ...]:
        """All of them, oldest first."""
        return await self._checkpoints.all()

    async def unpublished(self, place: str) -> tuple[Checkpoint, ...]:
        """Those that this place outside, such as `slack`, was not told yet, oldest first."""
        return await self._checkpoints.unpublished(place)

    async def published(self, size: int, place: str, now: datetime) -> None:
        """Remember that the place was told of the checkpoint of this size, and with it of all before."""
        await self._checkpoints.published(size, place, now)

    async def _entries(self, rows: Sequence[Row[Any]]) -> tuple[AuditEntry, ...]:
        values = await self._personal.values(row.body for row in rows)
        return tuple(
            _entry(seq=row.seq, at=row.at, body=row.body, prev_hash=row.prev_hash, hash=row.hash, values=values)
            for row in rows
        )


def _entry(*, body: str, values: Mapping[str, str], **columns: Any) -> AuditEntry:
    return AuditEntry(body=body, **columns, **shown(_said(body), values))


def _said(body: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(body)
    return {name: content[name] for name in ("actor", "action", "subject", "facts")}
