"""`countersign documents`: what the company wrote, to be quoted from."""

import asyncio
from pathlib import Path
from typing import Any

from agents.lifecycle.decide import Declined
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.opening import open_office
from bot.settings import Settings
from storage.records.documents import Document

_SHOWN = 3


async def documents_add(*, paths: list[Path], person: str, home: Path, json: bool) -> int | None:
    """Raises UnreadableDocument for the first file that cannot be read; those before it are kept."""
    async with open_office(Settings(home=home), make=True) as office:
        by = await who(office, person)
        kept = [
            await office.librarian.keep(path.name, await asyncio.to_thread(path.read_bytes), by, via="cli")
            for path in paths
        ]
    declined = [one for one in kept if isinstance(one, Declined)]
    done = [one for one in kept if not isinstance(one, Declined)]
    document = {"documents": [{**_document(one.document), "new": one.new} for one in done]}
    lines = [_line(one.document) + ("" if one.new else " (kept before: nothing changed)") for one in done]
    say(document, as_json=json, text="\n".join([*lines, *(one.words for one in declined[:1])]))
    return NEGATIVE if declined else None


async def documents_list(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        live = await tx.documents.live()
    text = "\n".join(map(_line, live)) or "No documents yet: countersign documents add brand-guide.docx --as YOU"
    say({"documents": [_document(one) for one in live]}, as_json=json, text=text)


async def documents_show(*, document: str, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        known = await tx.documents.get(document.upper())
        passages = await tx.documents.passages(document.upper())
    if known is None:
        raise BadInput(f"there is no {document} here: countersign documents list says what there is")
    told: dict[str, Any] = {**_document(known), "text": [one.model_dump(mode="json") for one in passages]}
    pieces = [f"  {one.position}: {' '.join(one.text.split())[:160]}" for one in passages[:_SHOWN]]
    more = [f"  … and {len(passages) - _SHOWN} more passages; --json shows all"] if len(passages) > _SHOWN else []
    say(told, as_json=json, text="\n".join([_line(known), *pieces, *more]))


async def documents_remove(*, document: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        gone = await office.librarian.remove(document.upper(), await who(office, person), via="cli")
    if isinstance(gone, Declined):
        say({"accepted": False, "words": gone.words}, as_json=json, text=gone.words)
        return NEGATIVE
    words = f"{gone.id} was removed: nothing quotes it any more"
    say({"accepted": True, "words": words}, as_json=json, text=words)
    return None


def _document(one: Document) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"number"})


def _line(one: Document) -> str:
    state = "removed" if one.removed_at else f"{one.characters:,} characters in {one.passages} passages"
    return f"{one.id} {one.name}, version {one.version} ({one.kind}): {one.title or '–'}; {state}"
