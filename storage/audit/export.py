"""The trail as files that a stranger can check and read: JSON Lines to verify, CSV for a spreadsheet."""

import base64
import csv
import io
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

from storage.audit import verify_export
from storage.audit.log import AuditLog
from storage.audit.notes import verifier_line
from storage.audit.personal import commitments_in
from storage.records.audit import AuditEntry
from storage.signing import PublicKey, Signature, broken_introduction, origin_of, public_key

CSV_COLUMNS = ("seq", "at", "actor", "action", "subject", "facts", "prev_hash", "hash", "body")
FILES = ("audit.csv", "audit.jsonl", "checkpoints.txt", "keys.txt", "verify.py")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PORTION = 500


class ExportExists(FileExistsError):
    """Raised for a folder that holds something; an export never mixes with another."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty; name a new folder")


class KeysRefused(ValueError):
    """Raised for a list of keys that does not hold together."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the list of keys cannot be used: {problem}")


async def json_lines(trail: AuditLog, *, personal: bool = True) -> AsyncIterator[str]:
    """One line an entry, each with the exact text that was hashed and, beside it, what its commitments stand for."""
    portion: list[AuditEntry] = []
    async for entry in trail.entries():
        portion.append(entry)
        if len(portion) == _PORTION:
            for line in await _lines(trail, portion, personal=personal):
                yield line
            portion = []
    for line in await _lines(trail, portion, personal=personal):
        yield line


async def csv_lines(trail: AuditLog) -> AsyncIterator[str]:
    """A table for people; no cell is taken for a formula by a spreadsheet."""
    yield _csv_row(CSV_COLUMNS)
    async for entry in trail.entries():
        facts = json.dumps(entry.facts, ensure_ascii=False)
        at = entry.at.isoformat(timespec="microseconds")
        said = (at, entry.actor, entry.action, entry.subject, facts)
        yield _csv_row((str(entry.seq), *said, entry.prev_hash, entry.hash, entry.body))


async def write_export(
    trail: AuditLog, folder: Path, *, keys: Sequence[PublicKey], personal: bool = True
) -> tuple[str, ...]:
    """Write everything that verification needs, and the script that does it; returns the names of the files.

    Raises ExportExists. Blocks while it writes.
    """
    _make(folder)
    with (folder / "audit.jsonl").open("w", encoding="utf-8", newline="") as file:
        async for line in json_lines(trail, personal=personal):
            file.write(line)
    if personal:
        with (folder / "audit.csv").open("w", encoding="utf-8", newline="") as file:
            async for line in csv_lines(trail):
                file.write(line)
    notes = "\n".join([one.note for one in await trail.checkpoints()])
    (folder / "checkpoints.txt").write_text(notes, encoding="utf-8", newline="")
    (folder / "keys.txt").write_text(key_lines(keys), encoding="utf-8", newline="")
    shutil.copyfile(verify_export.__file__, folder / "verify.py")
    return FILES if personal else tuple(name for name in FILES if name != "audit.csv")


def key_lines(keys: Sequence[PublicKey]) -> str:
    """Every key in the form that note verifiers take, with its first moment and the signature that introduced it."""
    name = origin_of(keys)
    return "".join(f"{verifier_line(name, key)} {_since(key)} {_introduction(key)}\n" for key in keys)


def read_key_lines(text: str) -> tuple[PublicKey, ...]:
    """Keys as `key_lines` wrote them, the last of them in use. Raises KeysRefused for others."""
    keys: list[PublicKey] = []
    try:
        for named, since, introduction in (line.split(" ") for line in text.splitlines()):
            key = public_key(base64.b64decode(named.split("+", 2)[2], validate=True)[1:], since=_moment(since))
            if keys:
                signature = Signature(key_id=keys[-1].key_id, hex=introduction)
                key = key.model_copy(update={"introduction": signature})
                keys[-1] = keys[-1].model_copy(update={"until": key.since})
            keys.append(key)
    except (ValueError, IndexError) as error:
        raise KeysRefused("it does not look like the keys.txt of an export") from error
    problem = broken_introduction(keys) or ("" if keys else "it is empty")
    if problem:
        raise KeysRefused(problem)
    return tuple(keys)


def neutral(cell: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would compute it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _make(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ExportExists(folder)
    folder.mkdir(parents=True, exist_ok=True)


async def _lines(trail: AuditLog, entries: Sequence[AuditEntry], *, personal: bool) -> list[str]:
    kept = await trail.kept(entries) if personal else {}
    lines = []
    for entry in entries:
        line = {"seq": entry.seq, "prev_hash": entry.prev_hash, "hash": entry.hash, "body": entry.body}
        own = {name: kept[name].model_dump() for name in commitments_in(entry.body) if name in kept}
        lines.append(json.dumps({**line, "personal": own} if own else line, ensure_ascii=False) + "\n")
    return lines


def _csv_row(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([neutral(cell) for cell in cells])
    return text.getvalue()


def _since(key: PublicKey) -> str:
    return key.since.isoformat() if key.since else "-"


def _introduction(key: PublicKey) -> str:
    return key.introduction.hex if key.introduction else "-"


def _moment(text: str) -> datetime | None:
    return None if text == "-" else datetime.fromisoformat(text)
