"""Naming what was done to an entry that does not fit: edited, deleted, reordered, inserted."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.chain import GENESIS, chain_hash
from storage.records.audit import Finding, Tampering
from storage.tables.audit import audit

_FAR = 10_000
"""How many places an entry may have been moved down and still be recognised."""


def problem_of(row: Any, expected_seq: int, expected_prev: str) -> str:
    """Why a row cannot stand where it stands; empty if it can."""
    if row.seq != expected_seq:
        return f"entry {expected_seq} is missing" if row.seq > expected_seq else "an entry stands before the first"
    if row.prev_hash != expected_prev:
        return "it does not continue the entry before it"
    if not isinstance(row.body, str) or row.hash != chain_hash(expected_prev, row.seq, row.body):
        return "its content was changed"
    return _column_problem(row)


async def misfit(connection: AsyncConnection, row: Any, size: int, head: str) -> Finding:
    """What happened to the first row that does not continue the `size` entries before it, which end in `head`."""
    seq, problem = size + 1, problem_of(row, size + 1, head)
    if row.seq > seq:
        return Finding(kind=Tampering.DELETED, seq=seq, words=problem)
    if row.seq < seq:
        return Finding(kind=Tampering.INSERTED, seq=row.seq, words=problem)
    if not isinstance(row.body, str):
        return Finding(kind=Tampering.EDITED, seq=seq, words=problem)
    if row.prev_hash != head:
        return await _unlinked(connection, row, head)
    origin = await _whose_content(connection, row)
    if origin is not None:
        return Finding(kind=Tampering.REORDERED, seq=seq, words=f"the content of entry {origin} stands in its place")
    return Finding(kind=Tampering.EDITED, seq=seq, words=problem)


async def _unlinked(connection: AsyncConnection, row: Any, head: str) -> Finding:
    if row.hash == chain_hash(head, row.seq, row.body):
        return Finding(kind=Tampering.EDITED, seq=row.seq, words="column prev_hash was changed")
    place = await _first_place(connection, row)
    if place == row.seq:
        words = "it does not continue the entry before it, which was rewritten with a hash of its own"
        return Finding(kind=Tampering.EDITED, seq=row.seq, words=words)
    if place is None:
        return Finding(kind=Tampering.EDITED, seq=row.seq, words="all of it was changed")
    if await _stands_twice(connection, row):
        return Finding(kind=Tampering.INSERTED, seq=row.seq, words=f"it is a copy of entry {place}")
    if row.prev_hash == GENESIS or await _place_of(connection, row.prev_hash) is not None:
        return Finding(kind=Tampering.REORDERED, seq=row.seq, words=f"entry {place} stands in its place")
    words = f"entry {row.seq} is missing: what follows was moved up, here entry {place}"
    return Finding(kind=Tampering.DELETED, seq=row.seq, words=words)


async def _first_place(connection: AsyncConnection, row: Any) -> int | None:
    """The place for which the row's hash was made, if it is any that it can have had."""
    last = (await connection.execute(select(func.max(audit.c.seq)))).scalar_one()
    places = (row.seq, *range(1, min(last, row.seq + _FAR) + _FAR))
    try:
        return next((at for at in places if chain_hash(row.prev_hash, at, row.body) == row.hash), None)
    except ValueError:  # the link is no hash at all
        return None


async def _stands_twice(connection: AsyncConnection, row: Any) -> bool:
    query = select(func.count()).where(audit.c.hash == row.hash)
    return (await connection.execute(query)).scalar_one() > 1


async def _place_of(connection: AsyncConnection, digest: str) -> int | None:
    return (await connection.execute(select(audit.c.seq).where(audit.c.hash == digest).limit(1))).scalar_one_or_none()


async def _whose_content(connection: AsyncConnection, row: Any) -> int | None:
    """The other entry whose hash was made over this content."""
    async with connection.stream(select(audit.c.seq, audit.c.prev_hash, audit.c.hash)) as others:
        async for other in others:
            if other.seq > 0 and other.seq != row.seq and _fits(other, row.body):
                return int(other.seq)
    return None


def _fits(other: Any, body: str) -> bool:
    try:
        return bool(chain_hash(other.prev_hash, other.seq, body) == other.hash)
    except ValueError:
        return False


def _column_problem(row: Any) -> str:
    """The columns are what people query; they must say the same as the hashed body."""
    body = json.loads(row.body)
    at = datetime.fromisoformat(body["at"]["moment"]).isoformat(timespec="microseconds")
    wanted = {"at": at, "actor": body["actor"], "action": body["action"], "subject": body["subject"]}
    wrong = [name for name, value in wanted.items() if getattr(row, name) != value]
    return f"column {wrong[0]} was changed" if wrong else ""
