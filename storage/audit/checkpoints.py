"""Signing the trail as it grows: a checkpoint reads only the entries since the last one, and checks them first."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.chain import GENESIS, chain_hash
from storage.audit.merkle import CompactRange
from storage.audit.notes import Note, NoteUnreadable, is_signed_by, read_notes, signer_of, write_note
from storage.records.audit import Checkpoint
from storage.signing import Keyring
from storage.tables.audit import audit, audit_checkpoint, audit_head, audit_publication

_MOST = 20_000
"""Entries one checkpoint signs at most, so that the write lock is held for a fraction of a second."""


class TrailBroken(Exception):
    """Raised instead of signing what was tampered with; `countersign audit verify` names it in full."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"no checkpoint is signed over a broken trail: {problem}; countersign audit verify says more")


class Checkpoints:
    """Makes checkpoints and remembers which place outside knows of which, in the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def make(self, now: datetime, *, keyring: Keyring) -> Checkpoint | None:
        """Sign the entries since the last checkpoint, up to some thousands; None if there are none.

        Raises TrailBroken where the last checkpoint, or what came after it, is not as it was written.
        """
        last = await self._last()
        note = None if last is None else _trusted(last, keyring)
        tree, head = _start(last)
        if not await self._has_grown(tree.size, head):
            return None
        head = await self._grow(tree, head)
        if tree.size == (last.size if last else 0):
            raise TrailBroken(f"entry {tree.size + 1} is missing")
        made = Checkpoint(
            size=tree.size,
            at=now,
            root=tree.root().hex(),
            head=head,
            note=write_note(size=tree.size, root=tree.root().hex(), at=now, head=head, previous=note, keyring=keyring),
        )
        peaks = "".join(peak.hex() for peak in tree.peaks)
        await self._connection.execute(insert(audit_checkpoint).values(peaks=peaks, **made.model_dump()))
        return made

    async def all(self) -> tuple[Checkpoint, ...]:
        """Every checkpoint, oldest first."""
        return await self._read(after=0)

    async def unpublished(self, place: str) -> tuple[Checkpoint, ...]:
        """Those that the place was not told yet, oldest first."""
        told = select(func.max(audit_publication.c.size)).where(audit_publication.c.place == place)
        return await self._read(after=(await self._connection.execute(told)).scalar_one() or 0)

    async def published(self, size: int, place: str, now: datetime) -> None:
        """Remember that the place knows the trail up to this size."""
        known = select(audit_publication.c.size).where(
            audit_publication.c.place == place, audit_publication.c.size == size
        )
        if (await self._connection.execute(known)).first() is None:
            await self._connection.execute(insert(audit_publication).values(size=size, place=place, at=now))

    async def _read(self, *, after: int) -> tuple[Checkpoint, ...]:
        columns = [audit_checkpoint.c[name] for name in Checkpoint.model_fields]
        query = select(*columns).where(audit_checkpoint.c.size > after).order_by(audit_checkpoint.c.size)
        rows = await self._connection.execute(query)
        return tuple(Checkpoint.model_validate(dict(row)) for row in rows.mappings())

    async def _last(self) -> Row[Any] | None:
        query = select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc()).limit(1)
        return (await self._connection.execute(query)).one_or_none()

    async def _has_grown(self, size: int, head: str) -> bool:
        end = (await self._connection.execute(select(audit_head.c.seq, audit_head.c.hash))).one_or_none()
        if end is None or end.seq < size:
            raise TrailBroken(f"{size} entries were signed and the newest of them are gone")
        if end.seq == size and end.hash != head:
            raise TrailBroken(f"entry {size} is not the one that was signed")
        return bool(end.seq > size)

    async def _grow(self, tree: CompactRange, head: str) -> str:
        """Take the new entries into the tree, each checked against the one before; returns the hash of the last."""
        query = (
            select(audit.c.seq, audit.c.body, audit.c.prev_hash, audit.c.hash)
            .where(audit.c.seq > tree.size)
            .order_by(audit.c.seq)
            .limit(_MOST)
        )
        for row in (await self._connection.execute(query)).all():
            if (row.seq, row.prev_hash) != (tree.size + 1, head):
                raise TrailBroken(f"entry {row.seq} does not continue entry {tree.size}")
            if row.hash != chain_hash(head, row.seq, row.body):
                raise TrailBroken(f"the content of entry {row.seq} was changed")
            tree.append(bytes.fromhex(row.hash))
            head = row.hash
        return head


def _start(last: Row[Any] | None) -> tuple[CompactRange, str]:
    """Where the last checkpoint left off; a damaged row is as bad as a damaged entry."""
    if last is None:
        return CompactRange(), GENESIS
    try:
        raw = bytes.fromhex(last.peaks)
        tree = CompactRange(last.size, (raw[start : start + 32] for start in range(0, len(raw), 32)))
    except ValueError as error:
        raise TrailBroken(f"the checkpoint of {last.size} entries was changed") from error
    if tree.root().hex() != last.root:
        raise TrailBroken(f"the checkpoint of {last.size} entries was changed")
    return tree, last.head


def _trusted(last: Row[Any], keyring: Keyring) -> Note:
    """The last checkpoint's note, if this home signed it and it says what the row says."""
    try:
        note = read_notes(last.note)[0]
    except NoteUnreadable as error:
        raise TrailBroken(f"the checkpoint of {last.size} entries was changed") from error
    if note.origin != keyring.origin:
        raise TrailBroken(
            f"its checkpoints are of {note.origin}, this home is {keyring.origin}: "
            "it is the database of another home, or this home lost its keys"
        )
    signer = signer_of(note, keyring.public_keys())
    as_kept = (note.size, note.root, note.head) == (last.size, last.root, last.head)
    if signer is None or not is_signed_by(note, signer) or not as_kept:
        raise TrailBroken(f"the checkpoint of {last.size} entries is not what was signed")
    return note
