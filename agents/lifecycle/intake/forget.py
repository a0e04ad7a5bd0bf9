"""Forget: a person goes for good from everything but the salted commitments of the trail, and it is said what went.

The lake holds tokens only: they stand for nothing once the vault has forgotten the texts.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.personal.vault import ForgottenText
from storage.records.forgotten import searchable
from storage.records.people import Person
from storage.records.record import Record

ACT = "erase"
_TOLD = ("email", "phone", "name")
"""Fields whose text may stand inside other texts; ids and free texts are looked for as tokens alone."""
_PIECE = 4 * 1024 * 1024


class Place(Protocol):
    """Another place that may hold texts of a person, such as the documents."""

    async def __call__(self, tx: Transaction, texts: Collection[str]) -> int:
        """Forget these texts and tokens there; gives how many things held any."""


class Forgotten(Record):
    """What went, by place; nothing of it names the person."""

    person: str
    """The token that the person was; it stands for nothing now."""
    texts: dict[str, int]
    """Field → how many texts the vault forgot."""
    trail: int
    """Texts that the audit trail holds commitments to only, from now on."""
    quarantine: int
    """Rows set aside that held a text or a token."""
    questions: int
    """Questions to people that held one."""
    elsewhere: dict[str, int]
    """Other places → how many things there held one."""
    files: tuple[str, ...]
    """Files below the home that people put there and that still name the person: they are theirs to delete."""


class Forgetter:
    """Finds a person by what they are known by, and forgets them."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        places: Mapping[str, Place],
        folders: Sequence[Path],
        clock: Callable[[], datetime],
    ) -> None:
        """`folders` hold people's own files: they are searched, never changed."""
        self._ledger = ledger
        self._rulebook = rulebook
        self._places = places
        self._folders = folders
        self._clock = clock

    async def forget(self, known_by: str, person: Person, *, via: str) -> Forgotten | Declined:
        """Forget whoever has this e-mail address, telephone number or CRM id (`source:id` where several have it)."""
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, ACT)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            found = await tx.vault.find(known_by)
            if len(found) != 1:
                return _unclear(found)
            (subject,) = found
            gone = await tx.vault.erase(subject)
            forgotten = await self._everywhere(tx, subject, gone)
            await tx.audit.append(
                at=self._clock(),
                actor=f"person:{person.id}",
                action="person.erased",
                subject=f"erased:{subject}",
                facts={**forgotten.model_dump(exclude={"person", "files"}), "via": via},
            )
        texts = [one.value for one in gone if one.field in _TOLD]
        named = await asyncio.to_thread(_naming, self._folders, searchable([*texts, known_by]))
        return forgotten.model_copy(update={"files": named})

    async def _everywhere(self, tx: Transaction, subject: str, gone: Sequence[ForgottenText]) -> Forgotten:
        told = {one.value for one in gone if one.field in _TOLD}
        sought = told | {one.token for one in gone}
        fields = sorted(one.field.partition(":")[0] for one in gone)
        # A customer may be called what a colleague's id is: who decided stays known.
        colleagues = {one.id for one in await tx.people.all()}
        trail = [await tx.audit.erase(text) for text in sorted(told - colleagues)]
        return Forgotten(
            person=subject,
            texts={field: fields.count(field) for field in fields},
            trail=sum(commitment is not None for commitment in trail),
            quarantine=await tx.quarantine.forget(sought),
            questions=await tx.questions.forget(sought),
            elsewhere={name: await forget(tx, sought) for name, forget in sorted(self._places.items())},
            files=(),
        )


def _unclear(found: Mapping[str, Collection[str]]) -> Declined:
    if not found:
        words = (
            "Nobody is known by this: name the e-mail address, the telephone number or the CRM id, as source:id. "
            "A colleague is forgotten with `countersign audit erase`."
        )
        return Declined(cause=Cause.UNKNOWN, words=words)
    fields = ", ".join(sorted({field for told in found.values() for field in told}))
    words = (
        f"{len(found)} people are known by this ({fields}): name one by e-mail address, or by CRM id as source:id. "
        "Nothing was erased."
    )
    return Declined(cause=Cause.INVALID, words=words)


def _naming(folders: Sequence[Path], texts: Sequence[str]) -> tuple[str, ...]:
    """Files below the folders in which one of the texts stands in the open; compressed ones are not looked into."""
    sought = [text.lower().encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
    files = sorted(path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file())
    return tuple(str(path) for path in files if sought and _holds(path, sought))


def _holds(path: Path, sought: Sequence[bytes]) -> bool:
    overlap = max(len(text) for text in sought)
    held = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            held = held[-overlap:] + piece.lower()
            if any(text in held for text in sought):
                return True
    return False
