"""The Ed25519 keys of a home: one signs, all that ever signed are kept so that old signatures stay checkable.

The first key names the home: its hash is the origin that every checkpoint carries. Each later key is introduced by a
signature of the one before, so a stranger who knows the origin can follow the keys without trusting the folder.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storage.records.record import Record, UtcDatetime

_INTRODUCTION = "countersign-key-v1"
_LIST = "public.json"


class Signature(Record):
    """An Ed25519 signature and the key that made it."""

    key_id: str
    hex: str


class PublicKey(Record):
    """A key that this home signs or has signed with."""

    key_id: str
    """The first 16 hex digits of sha256 over the raw key."""
    hex: str
    """The 32 raw bytes."""
    since: UtcDatetime | None = None
    """None for the first key: it holds from the beginning."""
    until: UtcDatetime | None = None
    """When the next key took over; None for the key in use."""
    introduction: Signature | None = None
    """The key before says that this one follows it; None for the first."""


class KeysUnreadable(Exception):
    """Raised where the keys of a home are damaged; the owner restores the folder from a backup."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"the keys in {folder} cannot be used ({problem}): restore the folder from a backup")


class Keyring:
    """Signs with the newest key of a folder and checks signatures of all; keys are made at first use.

    The folder is read again whenever it changed, so another process may rotate the key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._known: tuple[PublicKey, ...] = ()

    @property
    def origin(self) -> str:
        """The name of this home, from its first key; makes the key if there is none."""
        self._current()
        return origin_of(self.public_keys())

    def sign(self, message: bytes) -> Signature:
        """Sign with the newest key. Raises KeysUnreadable if its private half is gone or damaged."""
        current = self._current()
        try:
            private = self._private(current)
        except KeysUnreadable:
            if self._current() == current:
                raise
            return self.sign(message)  # another process rotated the key between our two looks
        return Signature(key_id=current.key_id, hex=private.sign(message).hex())

    def verify(self, signature: Signature, message: bytes) -> bool:
        """Whether a key of this home signed exactly this message; an unknown key did not."""
        return any(key.key_id == signature.key_id and signed_by(key, signature, message) for key in self.public_keys())

    def rotate(self, now: datetime) -> PublicKey:
        """Make a new key, have the old one introduce it, and destroy the private half of the old one."""
        self._current()
        with self._alone():
            old = self._current()
            private = Ed25519PrivateKey.generate()
            new = public_key(private.public_key().public_bytes_raw(), since=now)
            introduction = self.sign(introduction_of(new, by=old.key_id))
            new = new.model_copy(update={"introduction": introduction})
            self._store_private(new, private)
            self._store_list((*self.public_keys()[:-1], old.model_copy(update={"until": new.since}), new))
            self._private_path(old).unlink(missing_ok=True)
        return new

    def public_keys(self) -> tuple[PublicKey, ...]:
        """Every key this home ever signed with, oldest first; none before the first use."""
        try:
            stat = (self._folder / _LIST).stat()
        except FileNotFoundError:
            return ()
        if (stat.st_mtime_ns, stat.st_ino) != self._seen:
            self._known = self._read_list()
            self._seen = (stat.st_mtime_ns, stat.st_ino)
        return self._known

    def _current(self) -> PublicKey:
        known = self.public_keys() or self._first()
        return known[-1]

    def _first(self) -> tuple[PublicKey, ...]:
        private = Ed25519PrivateKey.generate()
        key = public_key(private.public_key().public_bytes_raw(), since=None)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store_private(key, private)
        try:
            self._store_list((key,), only_if_new=True)
        except FileExistsError:  # another process was faster: its key is the home's
            self._private_path(key).unlink()
        return self.public_keys()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder's lock: two rotations at once would leave one key that nobody introduced."""
        with (self._folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _private(self, key: PublicKey) -> Ed25519PrivateKey:
        try:
            private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._private_path(key).read_text().strip()))
        except (FileNotFoundError, ValueError) as error:
            raise KeysUnreadable(self._folder, f"the private half of {key.key_id}: {error}") from error
        if private.public_key().public_bytes_raw().hex() != key.hex:
            raise KeysUnreadable(self._folder, f"the private half of {key.key_id} is that of another key")
        return private

    def _private_path(self, key: PublicKey) -> Path:
        return self._folder / f"{key.key_id}.private"

    def _store_private(self, key: PublicKey, private: Ed25519PrivateKey) -> None:
        opened = os.open(self._private_path(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(opened, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor, made with its mode
            file.write(private.private_bytes_raw().hex() + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _store_list(self, keys: Sequence[PublicKey], *, only_if_new: bool = False) -> None:
        """Put the whole list in place at once, so that a crash leaves the old one or the new one."""
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".public")
        written = Path(name)
        try:
            with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
                json.dump([key.model_dump(mode="json") for key in keys], file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            written.chmod(0o644)
            target = self._folder / _LIST
            if only_if_new:
                os.link(written, target)
            else:
                written.replace(target)
        finally:
            with suppress(FileNotFoundError):
                written.unlink()

    def _read_list(self) -> tuple[PublicKey, ...]:
        try:
            listed = json.loads((self._folder / _LIST).read_text(encoding="utf-8"))
            keys = tuple(PublicKey.model_validate(each) for each in listed)
        except (ValueError, TypeError) as error:
            raise KeysUnreadable(self._folder, f"{_LIST}: {type(error).__name__}") from error
        problem = broken_introduction(keys)
        if problem:
            raise KeysUnreadable(self._folder, problem)
        return keys


def origin_of(keys: Sequence[PublicKey]) -> str:
    """The name of the home whose first key this is, in the form of a C2SP key name; empty without keys."""
    return f"countersign/{hashlib.sha256(bytes.fromhex(keys[0].hex)).hexdigest()[:32]}" if keys else ""


def public_key(raw: bytes, *, since: datetime | None) -> PublicKey:
    """A key from its 32 bytes, called after them. Raises ValueError for another number of bytes."""
    if len(raw) != 32:
        raise ValueError(f"a key has 32 bytes, not {len(raw)}")
    return PublicKey(key_id=_key_id(raw), hex=raw.hex(), since=since)


def signed_by(key: PublicKey, signature: Signature, message: bytes) -> bool:
    """Whether the key made this signature of the message."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.hex)).verify(bytes.fromhex(signature.hex), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def introduction_of(key: PublicKey, *, by: str) -> bytes:
    """What the key before signs."""
    since = key.since.isoformat() if key.since else ""
    return f"{_INTRODUCTION}\n{by}\n{key.hex}\n{since}\n".encode()


def broken_introduction(keys: Sequence[PublicKey]) -> str:
    """Say which key nobody vouches for; empty if each follows from the one before."""
    for key in keys:
        if key.key_id != _key_id(bytes.fromhex(key.hex)):
            return f"key {key.key_id} is not called after its own bytes"
    for old, new in pairwise(keys):
        if new.introduction is None or new.introduction.key_id != old.key_id:
            return f"key {new.key_id} was not introduced by {old.key_id}"
        if not signed_by(old, new.introduction, introduction_of(new, by=old.key_id)):
            return f"the introduction of key {new.key_id} is forged"
    return ""


def _key_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]
