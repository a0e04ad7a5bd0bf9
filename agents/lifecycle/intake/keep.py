"""Keep: a document becomes passages that can be quoted; the next file of its name is its next version."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime

from agents.governance.rules import Act
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from agents.sources.documents.extract import Extracted, extract
from agents.sources.documents.passages import cut
from storage.ledger import Ledger
from storage.records.documents import Document, Passage
from storage.records.lineage import SEALED, file_id
from storage.records.people import Person
from storage.records.record import Record


class Kept(Record):
    """A document is there; `new` is False if exactly this was there before."""

    document: Document
    new: bool


class Librarian:
    """Takes documents in and out; anybody who may answer for data may do so."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def keep(self, name: str, content: bytes, person: Person, *, via: str) -> Kept | Declined:
        """Read a file's bytes and keep its text. Raises UnreadableDocument, and then nothing was kept."""
        found = await asyncio.to_thread(extract, name, content)
        sha256 = hashlib.sha256(content).hexdigest()
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, Act.ANSWER)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            before = await tx.documents.newest(name)
            if before is not None and before.sha256 == sha256 and before.removed_at is None:
                return Kept(document=before, new=False)
            number = await tx.documents.next_number()
            passages = _passages(found, f"DOC-{number}")
            made = Document(
                id=f"DOC-{number}",
                number=number,
                name=name,
                version=1 if before is None else before.version + 1,
                kind=found.kind,
                title=found.title,
                sha256=sha256,
                characters=len(found.text),
                passages=len(passages),
                owner=person.id,
                added_at=now,
            )
            await tx.documents.add(made, passages)
            sealed = await tx.lineage.link(made.id, [(file_id(sha256), "read from a file")])
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="document.kept",
                subject=made.id,
                facts={"version": made.version, "sha256": sha256, "kind": made.kind, "via": via, SEALED: sealed},
            )
        return Kept(document=made, new=True)

    async def remove(self, document_id: str, person: Person, *, via: str) -> Document | Declined:
        """Take a document's text away: nothing quotes it any more."""
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, Act.ANSWER)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            known = await tx.documents.get(document_id)
            if known is None:
                return Declined(cause=Cause.UNKNOWN, words=f"There is no {document_id} here.")
            if known.removed_at is not None:
                return Declined(cause=Cause.REPEATED, words=f"{document_id} was removed already.")
            gone = await tx.documents.remove(known, now=now)
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="document.removed",
                subject=document_id,
                facts={"version": known.version, "sha256": known.sha256, "via": via},
            )
        return gone


def _passages(found: Extracted, document_id: str) -> list[Passage]:
    return [
        Passage(
            document=document_id,
            position=position,
            first=first,
            last=last,
            page=found.page_at(first),
            text=found.text[first:last],
        )
        for position, (first, last) in enumerate(cut(found.text), start=1)
    ]
