"""Checkpoints as text that any tool for transparency logs can read: C2SP tlog-checkpoint in a C2SP signed note.

The lines after the root are ours: when it was made, the chain's hash, and the checkpoint before it.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from storage.records.record import Record, UtcDatetime
from storage.signing import Keyring, PublicKey, Signature, signed_by

_NOTE = re.compile(r"((?:[^\n]+\n)+)\n((?:— [^\n]+(?:\n|\Z))+)")
_ED25519 = b"\x01"


class NoteUnreadable(ValueError):
    """Raised for text that holds no checkpoint; says what was expected."""


class Note(Record):
    """A checkpoint as somebody holds it: nothing in it is believed before its signature is checked."""

    origin: str
    size: int
    root: str
    at: UtcDatetime | None = None
    head: str = ""
    """The chain's hash at that size."""
    previous: int | None = None
    """The size of the checkpoint before."""
    signed: str
    """What the signature covers."""
    signatures: tuple[tuple[str, str, str], ...]
    """Name, key hash, signature; the last two in hex."""


def write_note(*, size: int, root: str, at: datetime, head: str, previous: Note | None, keyring: Keyring) -> str:
    """Sign a checkpoint; roots and hashes are in hex."""
    origin = keyring.origin
    lines = [origin, str(size), _base64(root), f"at {at.isoformat()}", f"head {head}"]
    if previous is not None:
        lines.append(f"previous {previous.size} {_base64(previous.root)}")
    text = "\n".join(lines) + "\n"
    signature = keyring.sign(text.encode())
    (key,) = (one for one in keyring.public_keys() if one.key_id == signature.key_id)
    return f"{text}\n— {origin} {_base64(key_hash(origin, key) + signature.hex)}\n"


def read_notes(text: str) -> tuple[Note, ...]:
    """Every checkpoint in a text that may hold many, as the witness's file does. Raises NoteUnreadable."""
    found = tuple(_note(match[1], match[2]) for match in _NOTE.finditer(text.replace("\r\n", "\n")))
    if not found:
        raise NoteUnreadable("it holds no checkpoint: expected origin, size, root, an empty line and a signature")
    return found


def signer_of(note: Note, keys: Sequence[PublicKey]) -> PublicKey | None:
    """The key among these that the note says it was signed with; None if it names none of them."""
    named = {(name, hashed) for name, hashed, _ in note.signatures}
    return next((key for key in keys if (note.origin, key_hash(note.origin, key)) in named), None)


def is_signed_by(note: Note, key: PublicKey) -> bool:
    """Whether the key signed exactly this text."""
    hashed = key_hash(note.origin, key)
    return any(
        (name, at) == (note.origin, hashed)
        and signed_by(key, Signature(key_id=key.key_id, hex=signature), note.signed.encode())
        for name, at, signature in note.signatures
    )


def key_hash(name: str, key: PublicKey) -> str:
    """The four bytes (in hex) by which a note names its key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + bytes.fromhex(key.hex)).hexdigest()[:8]


def verifier_line(name: str, key: PublicKey) -> str:
    """The key in the form that note verifiers take: name+hash+base64."""
    raw = (_ED25519 + bytes.fromhex(key.hex)).hex()
    return f"{name}+{key_hash(name, key)}+{_base64(raw)}"


def _note(text: str, signatures: str) -> Note:
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not lines[1].isdecimal():
        raise NoteUnreadable("a checkpoint starts with its origin, its size and its root")
    rest = dict(line.split(" ", 1) for line in lines[3:] if " " in line)
    try:
        return Note(
            origin=lines[0],
            size=int(lines[1]),
            root=base64.b64decode(lines[2], validate=True).hex(),
            at=datetime.fromisoformat(rest["at"]) if "at" in rest else None,
            head=rest.get("head", ""),
            previous=int(rest["previous"].split(" ")[0]) if "previous" in rest else None,
            signed=text,
            signatures=tuple(_signature(line) for line in signatures.splitlines()),
        )
    except (ValueError, ValidationError) as error:
        raise NoteUnreadable(f"the checkpoint of size {lines[1]} cannot be read ({error})") from error


def _signature(line: str) -> tuple[str, str, str]:
    _, name, encoded = line.split(" ")
    raw = base64.b64decode(encoded, validate=True)
    return name, raw[:4].hex(), raw[4:].hex()


def _base64(in_hex: str) -> str:
    return base64.b64encode(bytes.fromhex(in_hex)).decode()
