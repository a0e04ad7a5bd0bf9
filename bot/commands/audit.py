"""The audit trail on the command line.

The database is opened alone, without the office over it: a trail that was tampered with must be open to the command
that names it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.commands.shell import NEGATIVE, BadInput, say
from bot.opening import utc_now
from bot.settings import Settings
from bot.witness import Witness, keep_checkpoints, sign_all
from storage.audit.checkpoints import TrailBroken
from storage.audit.export import csv_lines, json_lines, read_key_lines, write_export
from storage.audit.verify_export import verify as verify_folder
from storage.database import Database
from storage.ledger import Ledger
from storage.migrations.runner import current, newest, upgrade
from storage.records.audit import Checkpoint, Verification
from storage.signing import Keyring, PublicKey
from storage.work_queue import WorkQueue

FORMATS = ("jsonl", "csv")


async def verify(
    *,
    home: Path,
    json: bool,
    against: Sequence[Path] = (),
    key: Sequence[Path] = (),
    export: Path | None = None,
) -> int | None:
    if export is not None:
        return _verify_folder(export, against, json=json)
    copies = [_text(path) for path in against]
    async with _ledger(home) as ledger, ledger.read() as tx:
        found = await tx.audit.verify(against=copies, keys=_keys(home, key))
    say(_document(found), as_json=json, text=_words(found))
    return None if found.ok else NEGATIVE


async def export(
    *,
    home: Path,
    out: Path | None = None,
    form: str = "jsonl",
    personal: bool = True,
    json: bool = False,
) -> None:
    if form not in FORMATS:
        raise BadInput(f"there is no format {form!r}; there are {' and '.join(FORMATS)}")
    async with _ledger(home) as ledger:
        if out is not None:
            await keep_checkpoints(ledger, _keyring(home), utc_now)  # a broken trail is exported as it is
        async with ledger.read() as tx:
            if out is not None:
                keys = _keyring(home).public_keys()
                files = await write_export(tx.audit, out, keys=keys, personal=personal)
                text = f"Wrote {', '.join(files)} to {out}. Anyone can check them: python {out}/verify.py {out}"
                say({"folder": out, "files": files}, as_json=json, text=text)
                return
            lines = csv_lines(tx.audit) if form == "csv" else json_lines(tx.audit, personal=personal)
            async for line in lines:
                sys.stdout.write(line)


async def checkpoint(*, home: Path, json: bool) -> int | None:
    """Sign what is not signed yet, show it outside, and print the newest note."""
    settings = Settings(home=home)
    async with _ledger(home) as ledger:
        try:
            made = await sign_all(ledger, _keyring(home), utc_now)
        except TrailBroken as error:
            say({"ok": False, "problem": str(error)}, as_json=json, text=str(error))
            return NEGATIVE
        witness = Witness(ledger, file=settings.audit_witness_file, url=settings.audit_witness_url, clock=utc_now)
        taken = await witness.publish()
        async with ledger.read() as tx:
            known = await tx.audit.checkpoints()
    _say_checkpoint(known[-1] if known else None, made=len(made), taken=taken, json=json)
    return None


async def rotate_key(*, home: Path, json: bool, person: str | None = None) -> None:
    """Make a new key, introduced by the old one, whose private half is destroyed; then sign the trail with it."""
    keyring = _keyring(home)
    async with _ledger(home) as ledger:
        await keep_checkpoints(ledger, keyring, utc_now)
        new = keyring.rotate(utc_now())
        old = keyring.public_keys()[-2].key_id
        async with ledger.write() as tx:
            await tx.audit.append(
                at=utc_now(),
                actor=f"person:{person}" if person else "system",
                action="audit.key_rotated",
                subject=f"key:{new.key_id}",
                facts={"from": old, "to": new.key_id, "public": new.hex},
            )
        await keep_checkpoints(ledger, keyring, utc_now)
    text = f"Key {old} is retired, {new.key_id} signs from now on. The home is still called {keyring.origin}."
    say({"from": old, "to": new.key_id, "origin": keyring.origin}, as_json=json, text=text)


async def erase(*, value: str, home: Path, json: bool) -> int | None:
    """Forget a person, or a text, that the trail holds only a commitment to."""
    async with _ledger(home) as ledger, ledger.write() as tx:
        commitment = await tx.audit.erase(value)
        if commitment is not None:
            facts = {"commitment": commitment}
            await tx.audit.append(
                at=utc_now(), actor="system", action="audit.erased", subject=commitment[:17], facts=facts
            )
    text = (
        f"Forgotten. The trail keeps {commitment}, from which nobody can tell what it was, and is still whole."
        if commitment
        else f"The trail holds no commitment to {value!r}; entries of early versions hold people's ids in the open."
    )
    say({"erased": commitment is not None, "commitment": commitment}, as_json=json, text=text)
    return None if commitment else NEGATIVE


@asynccontextmanager
async def _ledger(home: Path) -> AsyncIterator[Ledger]:
    path = Settings(home=home).database
    if not path.exists():
        raise BadInput(f"there is no home in {home}: countersign up or ingest makes one, --home names another")
    if await asyncio.to_thread(current, path) != newest():
        await asyncio.to_thread(upgrade, path)
    database = Database(path)
    try:
        yield Ledger(database, WorkQueue(database))
    finally:
        await database.close()


def _keyring(home: Path) -> Keyring:
    return Keyring(Settings(home=home).keys)


def _keys(home: Path, files: Sequence[Path]) -> tuple[PublicKey, ...]:
    """The keys to believe: those of the given files, else the home's; without any no checkpoint is believed."""
    if files:
        return tuple(key for path in files for key in read_key_lines(_text(path)))
    return _keyring(home).public_keys()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no text: give a file of checkpoints or keys") from error


def _verify_folder(folder: Path, copies: Sequence[Path], *, json: bool) -> int | None:
    try:
        words = verify_folder(folder, *copies)
    except Exception as error:  # noqa: BLE001 - whatever cannot be checked is not whole
        problem = str(error) or "a signature is forged"
        say({"ok": False, "problem": problem}, as_json=json, text=f"The export is broken: {problem}.")
        return NEGATIVE
    say({"ok": True, "problem": None, "words": words}, as_json=json, text=words)
    return None


def _document(found: Verification) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "entries": found.entries,
        "first_bad": found.first_bad,
        "problem": found.problem or None,
        "findings": [one.model_dump(mode="json") for one in found.findings],
        "checkpoints": found.checkpoints,
        "outside": found.outside,
        "signatures_checked": found.signatures_checked,
        "links": found.links,
    }


def _words(found: Verification) -> str:
    if found.ok:
        checked = f", {found.checkpoints} checkpoints in the database and {found.outside} kept outside agree"
        hint = (
            "" if found.outside else "\nWithout --against FILE nobody can tell whether its newest entries were cut off."
        )
        links = f", {found.links} links of lineage" if found.links else ""
        return f"The trail is whole: {found.entries} entries{links}{checked if found.signatures_checked else ''}.{hint}"
    lines = [f"The trail is broken at entry {found.first_bad}: {found.problem}."]
    lines += [f"  {one.kind.value} (at {one.seq}): {one.words}" for one in found.findings]
    return "\n".join(lines)


def _say_checkpoint(last: Checkpoint | None, *, made: int, taken: int, json: bool) -> None:
    document = {"made": made, "copies": taken, "size": last and last.size, "note": last and last.note}
    say(document, as_json=json, text=last.note if last else "The trail is empty, there is nothing to sign.")
