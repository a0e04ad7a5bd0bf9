"""Holding lineage to the trail: every link that an entry seals must still be there and say the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.personal import PersonalData, commitments_in
from storage.records.audit import Finding, Tampering
from storage.records.lineage import SEALED, Link, sealed_in
from storage.tables.audit import audit
from storage.tables.provenance import lineage

_AT_ONCE = 400
"""Entries, or links, read in one query."""
_PERSON = "person:"


@dataclass
class Seals:
    """What the trail says of links, as it is walked: short marks alone, since a trail may seal millions."""

    links: set[bytes] = field(default_factory=set)
    children: dict[bytes, int] = field(default_factory=dict)
    """Mark of a child → the first entry that seals a link of it."""

    def take(self, seq: int, child: str, parent: str) -> bool:
        """Whether no earlier entry sealed the link: a later step may seal it again, as it found it."""
        mark = _mark(child, parent)
        new = mark not in self.links
        self.links.add(mark)
        self.children.setdefault(_mark(child), seq)
        return new


async def against_seals(connection: AsyncConnection, *, whole: bool) -> tuple[list[Finding], int]:
    """Every link that is gone or changed, and, where the trail is `whole`, every one that nothing recorded.

    Returns the findings and the number of sealed links. A thing from before links were sealed has none, and is left
    alone; a link of a thing that has some must be sealed itself.
    """
    seals = Seals()
    findings: list[Finding] = []
    query = select(audit.c.seq, audit.c.body).where(audit.c.body.contains(f'"{SEALED}":[[')).order_by(audit.c.seq)
    rows = (await connection.execute(query.limit(_AT_ONCE))).all()
    while rows:
        findings += await _broken(connection, rows, seals)
        rows = (await connection.execute(query.where(audit.c.seq > rows[-1].seq).limit(_AT_ONCE))).all()
    if whole:
        findings += await _unrecorded(connection, seals)
    return findings, len(seals.links)


async def _broken(connection: AsyncConnection, rows: Iterable[Any], seals: Seals) -> list[Finding]:
    """What is wrong with the links that these entries seal."""
    wanted = [(row.seq, *link) for row in rows for link in _sealed(row.body)]
    people = await PersonalData(connection).values(parent for _, _, parent, _ in wanted)
    held = await _held(connection, sorted({child for _, child, _, _ in wanted}))
    findings = []
    for seq, child, said, check in wanted:
        parent = _known(said, people)
        if not seals.take(seq, child, parent):
            continue
        link = held.get((child, parent))
        if link is None:
            words = f"the lineage link that entry {seq} sealed is gone: {child} came from {parent}"
            findings.append(Finding(kind=Tampering.LINK_GONE, seq=seq, words=words))
        elif link.check != check:
            words = f"the lineage link that entry {seq} sealed says something else now: {link.words}"
            findings.append(Finding(kind=Tampering.LINK_CHANGED, seq=seq, words=words))
    return findings


def _sealed(body: object) -> list[list[str]]:
    """The seals of an entry; a body that was tampered with is named by the walk over the chain."""
    try:
        facts = json.loads(str(body)).get("facts")
    except (ValueError, AttributeError):
        return []
    return sealed_in(facts) if isinstance(facts, dict) else []


def _known(node: str, people: Mapping[str, str]) -> str:
    """A node as lineage names it: a person by id, and by the commitment alone once they were forgotten."""
    if not node.startswith(_PERSON):
        return node
    commitment = next(iter(commitments_in(node)), "")
    return f"{_PERSON}{people.get(commitment, commitment)}" if commitment else node


async def _held(connection: AsyncConnection, children: list[str]) -> dict[tuple[str, str], Link]:
    found: dict[tuple[str, str], Link] = {}
    for start in range(0, len(children), _AT_ONCE):
        query = select(lineage).where(lineage.c.child.in_(children[start : start + _AT_ONCE]))
        for row in await connection.execute(query):
            found[row.child, row.parent] = Link(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return found


async def _unrecorded(connection: AsyncConnection, seals: Seals) -> list[Finding]:
    findings = []
    async with connection.stream(select(lineage.c.child, lineage.c.parent)) as rows:
        async for row in rows:
            seq = seals.children.get(_mark(row.child))
            if seq is not None and _mark(row.child, row.parent) not in seals.links:
                words = f"nothing in the trail made this lineage link: {row.child} came from {row.parent}"
                findings.append(Finding(kind=Tampering.LINK_ADDED, seq=seq, words=words))
    return findings


def _mark(*nodes: str) -> bytes:
    return hashlib.blake2b("\0".join(nodes).encode(), digest_size=12).digest()
