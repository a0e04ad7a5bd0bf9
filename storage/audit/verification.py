"""Checking the trail against itself, its signed checkpoints, copies of them kept outside, and the lineage it seals."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.chain import GENESIS
from storage.audit.links import against_seals
from storage.audit.merkle import CompactRange
from storage.audit.misfits import misfit, problem_of
from storage.audit.notes import Note, NoteUnreadable, read_notes
from storage.audit.witnessed import against_notes
from storage.records.audit import Finding, Tampering, Verification
from storage.signing import PublicKey
from storage.tables.audit import audit, audit_checkpoint, audit_head, audit_outbox

# What a tamperer wrote may not parse as a moment: verification reads the stored text itself.
AS_STORED = select(*(type_coerce(column, String) if column.name == "at" else column for column in audit.c)).order_by(
    audit.c.seq
)


class Walk:
    """What one pass over the chain saw: how far it holds, and its Merkle root at every size that a note speaks of."""

    def __init__(self, sizes: set[int]) -> None:
        self.tree = CompactRange()
        self.head = GENESIS
        self.roots: dict[int, str] = {}
        self.finding: Finding | None = None
        self._sizes = sizes

    def take(self, row: Any) -> bool:
        """Add a row if it fits."""
        if problem_of(row, self.tree.size + 1, self.head):
            return False
        self.tree.append(bytes.fromhex(row.hash))
        self.head = row.hash
        if self.tree.size in self._sizes:
            self.roots[self.tree.size] = self.tree.root().hex()
        return True


async def verify(
    connection: AsyncConnection, *, against: Sequence[str], keys: Sequence[PublicKey] | None
) -> Verification:
    """Walk the chain once and judge every note by it; `keys` None checks no signature."""
    outside, findings = _outside(against)
    try:
        stored, unreadable = await _stored(connection)
        walk = await _walk(connection, {note.size for note in (*stored, *outside)})
        waiting = (await connection.execute(select(func.count()).select_from(audit_outbox))).scalar_one()
        broken, links = await against_seals(connection, whole=walk.finding is None and not waiting)
    except DBAPIError as error:
        words = f"the trail cannot be read ({error.orig})"
        return Verification.of([Finding(kind=Tampering.UNREADABLE, seq=1, words=words)], entries=0)
    if walk.finding is not None:
        findings = [walk.finding, *findings]
    findings += unreadable
    findings += against_notes(
        stored=stored, outside=outside, keys=keys, roots=walk.roots, entries=walk.tree.size, whole=walk.finding is None
    )
    findings += broken
    return Verification.of(
        findings,
        entries=walk.tree.size,
        checkpoints=len(stored),
        outside=len(outside),
        signatures_checked=keys is not None and bool(stored or outside),
        waiting=waiting,
        links=links,
    )


def _outside(texts: Sequence[str]) -> tuple[list[Note], list[Finding]]:
    notes: list[Note] = []
    findings = []
    for text in texts:
        try:
            notes += read_notes(text)
        except NoteUnreadable as error:
            words = f"what was kept outside cannot be read: {error}"
            findings.append(Finding(kind=Tampering.UNREADABLE, seq=1, words=words))
    return sorted(notes, key=lambda note: note.size), findings


async def _stored(connection: AsyncConnection) -> tuple[list[Note], list[Finding]]:
    """The notes of the database itself, with the columns beside them held to what the notes say."""
    notes, findings = [], []
    columns = audit_checkpoint.c
    query = select(columns.size, columns.root, columns.head, columns.note).order_by(columns.size)
    for row in (await connection.execute(query)).all():
        try:
            note = read_notes(row.note)[0]
        except NoteUnreadable:
            note = None
        if note is None or (note.size, note.root, note.head) != (row.size, row.root, row.head):
            words = f"the checkpoint of {row.size} entries in the database was changed"
            findings.append(Finding(kind=Tampering.FORGED_CHECKPOINT, seq=row.size, words=words))
        else:
            notes.append(note)
    return notes, findings


async def _walk(connection: AsyncConnection, sizes: set[int]) -> Walk:
    walk = Walk(sizes)
    async with connection.stream(AS_STORED) as rows:
        async for row in rows:
            if not walk.take(row):
                bad = row
                break
        else:
            bad = None
    walk.finding = (
        await _at_the_end(connection, walk) if bad is None else await misfit(connection, bad, walk.tree.size, walk.head)
    )
    return walk


async def _at_the_end(connection: AsyncConnection, walk: Walk) -> Finding | None:
    head = (await connection.execute(select(audit_head.c.seq, audit_head.c.hash))).one_or_none()
    size = walk.tree.size
    if head is not None and (head.seq, head.hash) == (size, walk.head):
        return None
    if head is not None and head.seq > size:
        words = f"the newest entries are missing: {size + 1} to {head.seq} were cut off"
        return Finding(kind=Tampering.TRUNCATED, seq=size + 1, words=words)
    words = "the note of where the trail ends was changed" if head else "the note of where the trail ends is missing"
    return Finding(kind=Tampering.EDITED, seq=size + 1, words=words)
