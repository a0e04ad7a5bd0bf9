"""How texts of people are told apart: folded where spellings mean the same, hashed with the home's secret."""

import hashlib
import re
import secrets
from typing import NamedTuple

TOKEN = re.compile(r"p_[a-z2-7]{26}")
"""What stands in the lake in place of a person's text."""
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567" * 8
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TELLING = ("email", "id")
"""Kinds whose value is one person's: names, telephones and free texts may be several people's."""


class Text(NamedTuple):
    """One text of a person, as the vault keeps it."""

    lookup: str
    """Hash by which the same text of the same person is found again."""
    mark: str
    """Hash of field and value alone."""
    field: str
    """email, phone, name, text, cell, or `id:` and the source."""
    value: str


class Hashing:
    """Keyed hashes: without the home's secret nobody can tell which value a hash is of."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def telling(self, kind: str, text: str, *, source: str) -> Text:
        """A text that tells its person apart: an e-mail address, or an id that one source gave."""
        folded, scope = fold(kind, text), source if kind == "id" else ""
        field = f"id:{source}"[:120] if kind == "id" else kind
        return Text(self._hash(kind, scope, folded), self.mark(kind, text), field, text.strip())

    def belonging(self, kind: str, text: str, *, owner: str) -> Text:
        """A text that other people may have, too; `owner` is the hash of the row it stands in."""
        folded = fold(kind, text)
        return Text(self._hash(kind, owner, folded), self.mark(kind, text), kind, text.strip())

    def mark(self, kind: str, text: str) -> str:
        return self._hash(kind, "", fold(kind, text))

    def of_row(self, *parts: str) -> str:
        """Whose the texts of a row are that names nobody."""
        return self._hash("row", "", "\n".join(parts))

    def _hash(self, kind: str, scope: str, value: str) -> str:
        said = f"{kind}\n{len(scope)}\n{scope}\n{value}".encode()
        return hashlib.blake2b(said, key=self._secret, digest_size=32).hexdigest()


def is_telling(kind: str) -> bool:
    return kind in _TELLING


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text.strip()) is not None


def is_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None


def fold(kind: str, text: str) -> str:
    """The same for all spellings of one value: case of e-mail addresses, punctuation of telephone numbers."""
    bare = text.strip()
    if kind == "email" or (kind == "id" and is_email(bare)):
        return bare.lower()
    if kind == "phone":
        return re.sub(r"\D", "", bare).lstrip("0") or bare
    return bare


def new_token() -> str:
    return _token(secrets.token_bytes(26))


def subject_of_row(owner: str) -> str:
    """The person of a row that names nobody: the same whenever the row is read again."""
    return _token(bytes.fromhex(owner)[:26])


def _token(noise: bytes) -> str:
    """Five bits of each byte as a letter or digit: as random as the bytes."""
    return "p_" + noise.translate(_LETTERS).decode()
