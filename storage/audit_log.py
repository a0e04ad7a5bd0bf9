"""The append-only trail: every entry holds the hash of the one before, over the exact bytes that are stored.

An entry is appended in the transaction of the change it records, so neither can be there without the other.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import String, insert, select, type_coerce, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.audit import AuditEntry
from storage.records.record import Record, canonical_json
from storage.tables import audit, audit_head

GENESIS = "0" * 64
_TAG = b"countersign-audit-v1\0"

# What a tamperer wrote may not parse as a moment: verification reads the stored text itself.
_AS_STORED = select(*(type_coerce(column, String) if column.name == "at" else column for column in audit.c)).order_by(
    audit.c.seq
)


class Verification(Record):
    """What a walk over the whole chain found."""

    ok: bool
    entries: int
    first_bad: int | None = None
    problem: str = ""


class AuditLog:
    """Appends to the chain and walks it, on a connection whose transaction the caller owns."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def append(self, *, at: datetime, actor: str, action: str, subject: str, facts: dict[str, Any]) -> AuditEntry:
        """Add one entry; the caller's transaction must hold the write lock."""
        head = (await self._connection.execute(select(audit_head.c.seq, audit_head.c.hash))).one()
        seq = head.seq + 1
        body = canonical_json({"at": at, "actor": actor, "action": action, "subject": subject, "facts": facts})
        digest = chain_hash(head.hash, seq, body)
        await self._connection.execute(
            insert(audit).values(
                seq=seq,
                at=at,
                actor=actor,
                action=action,
                subject=subject,
                body=body,
                prev_hash=head.hash,
                hash=digest,
            )
        )
        await self._connection.execute(update(audit_head).values(seq=seq, hash=digest))
        return _entry(seq, at, body, head.hash, digest)

    async def of(self, *subjects: str) -> tuple[AuditEntry, ...]:
        """All entries about the subjects, oldest first."""
        rows = await self._connection.execute(select(audit).where(audit.c.subject.in_(subjects)).order_by(audit.c.seq))
        return tuple(_entry(row.seq, row.at, row.body, row.prev_hash, row.hash) for row in rows)

    async def entries(self) -> AsyncIterator[AuditEntry]:
        """The whole chain, oldest first, streamed."""
        async with self._connection.stream(select(audit).order_by(audit.c.seq)) as rows:
            async for row in rows:
                yield _entry(row.seq, row.at, row.body, row.prev_hash, row.hash)

    async def verify(self) -> Verification:
        """Recompute the chain over the stored bytes and name the first entry that does not fit."""
        try:
            return await self._walk()
        except OperationalError as error:
            return Verification(ok=False, entries=0, first_bad=1, problem=f"the trail cannot be read ({error.orig})")

    async def _walk(self) -> Verification:
        expected_prev, expected_seq = GENESIS, 1
        async with self._connection.stream(_AS_STORED) as rows:
            async for row in rows:
                problem = _problem(row, expected_seq, expected_prev)
                if problem:
                    return Verification(
                        ok=False,
                        entries=expected_seq - 1,
                        first_bad=min(row.seq, expected_seq),
                        problem=problem,
                    )
                expected_prev, expected_seq = row.hash, expected_seq + 1
        head = (await self._connection.execute(select(audit_head.c.seq, audit_head.c.hash))).one_or_none()
        if head is None or (head.seq, head.hash) != (expected_seq - 1, expected_prev):
            return Verification(
                ok=False,
                entries=expected_seq - 1,
                first_bad=expected_seq,
                problem="the newest entries are missing",
            )
        return Verification(ok=True, entries=expected_seq - 1)


def chain_hash(prev_hash: str, seq: int, body: str) -> str:
    """sha256(tag ‖ previous hash ‖ seq as unsigned 64 bit ‖ body), in hex."""
    return hashlib.sha256(_TAG + bytes.fromhex(prev_hash) + seq.to_bytes(8, "big") + body.encode()).hexdigest()


def _problem(row: Any, expected_seq: int, expected_prev: str) -> str:
    if row.seq != expected_seq:
        return f"entry {expected_seq} is missing" if row.seq > expected_seq else "an entry stands before the first"
    if row.prev_hash != expected_prev:
        return "it does not continue the entry before it"
    if not isinstance(row.body, str) or row.hash != chain_hash(expected_prev, row.seq, row.body):
        return "its content was changed"
    return _column_problem(row)


def _column_problem(row: Any) -> str:
    """The columns are what people query; they must say the same as the hashed body."""
    body = json.loads(row.body)
    at = datetime.fromisoformat(body["at"]["moment"]).isoformat(timespec="microseconds")
    wanted = {"at": at, "actor": body["actor"], "action": body["action"], "subject": body["subject"]}
    wrong = [name for name, value in wanted.items() if getattr(row, name) != value]
    return f"column {wrong[0]} was changed" if wrong else ""


def _entry(seq: int, at: datetime, body: str, prev_hash: str, digest: str) -> AuditEntry:
    content = json.loads(body)
    return AuditEntry(
        seq=seq,
        at=at,
        actor=content["actor"],
        action=content["action"],
        subject=content["subject"],
        facts=content["facts"],
        body=body,
        prev_hash=prev_hash,
        hash=digest,
    )
