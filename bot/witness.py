"""Copies of the signed checkpoints outside the database: a file or a URL of the team's choice, beside Slack.

What is not outside can be changed by whoever has the database and a key. A place that cannot be reached is tried
again with the next checkpoint, and gets those that it missed.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import aiohttp
import structlog

from storage.audit.checkpoints import TrailBroken
from storage.ledger import Ledger
from storage.records.audit import Checkpoint
from storage.signing import Keyring, KeysUnreadable

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_SIZE = "{size}"
_TAIL_BYTES = 65_536
_MOST = 500
"""Checkpoints sent to one place in one go."""


class NotTaken(Exception):
    """Raised when a place outside did not take a checkpoint; says why."""


async def keep_checkpoints(ledger: Ledger, keyring: Keyring, clock: Callable[[], datetime]) -> int:
    """Sign everything that is not signed yet; returns how many checkpoints were made. A broken trail is not signed."""
    try:
        return len(await sign_all(ledger, keyring, clock))
    except (TrailBroken, KeysUnreadable) as error:
        log.error("audit.not_signed", problem=str(error))  # noqa: TRY400 - its words say where to look
        return 0


async def sign_all(ledger: Ledger, keyring: Keyring, clock: Callable[[], datetime]) -> list[Checkpoint]:
    """Make as many checkpoints as it takes. Raises TrailBroken, KeysUnreadable."""
    made: list[Checkpoint] = []
    while True:
        async with ledger.write() as tx:
            checkpoint = await tx.audit.checkpoint(clock(), keyring=keyring)
        if checkpoint is None:
            return made
        made.append(checkpoint)


class Witness:
    """Tells the file and the URL of the team's choice about every checkpoint, in order, each until it is taken."""

    def __init__(self, ledger: Ledger, *, file: Path | None, url: str | None, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._file = file
        self._url = url
        self._clock = clock

    async def publish(self) -> int:
        """Send what each place has not got yet; returns how many copies were taken. Never raises for a place."""
        taken = 0
        if self._file is not None:
            # Another file is another place, so it gets the checkpoints from the first on.
            taken += await self._tell(f"file:{_short(str(self._file.absolute()))}", self._append)
        if self._url is not None:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
                taken += await self._tell(f"url:{_short(self._url)}", lambda one: self._send(session, one))
        return taken

    async def _tell(self, place: str, send: Callable[[Checkpoint], Awaitable[None]]) -> int:
        async with self._ledger.read() as tx:
            waiting = (await tx.audit.unpublished(place))[:_MOST]
        for taken, checkpoint in enumerate(waiting):
            try:
                await send(checkpoint)
            except (OSError, aiohttp.ClientError, TimeoutError, NotTaken) as error:
                log.warning("audit.not_witnessed", place=place, size=checkpoint.size, problem=_words(error))
                return taken
            async with self._ledger.write() as tx:
                await tx.audit.published(checkpoint.size, place, self._clock())
        return len(waiting)

    async def _append(self, checkpoint: Checkpoint) -> None:
        assert self._file is not None
        await asyncio.to_thread(_append, self._file, checkpoint.note)

    async def _send(self, session: aiohttp.ClientSession, checkpoint: Checkpoint) -> None:
        """POST the note; where the address has a place for the size, PUT it there, as object stores want it."""
        assert self._url is not None
        method = "PUT" if _SIZE in self._url else "POST"
        url = self._url.replace(_SIZE, str(checkpoint.size))
        kind = {"Content-Type": "text/plain; charset=utf-8"}
        async with session.request(
            method, url, data=checkpoint.note.encode(), headers=kind, allow_redirects=False
        ) as answer:
            if not answer.ok or answer.status >= 300:
                raise NotTaken(f"it answered {answer.status}")


def _append(file: Path, note: str) -> None:
    """Add the note at the end, unless a crash between writing and remembering left it there already."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as opened:
        end = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, end - _TAIL_BYTES))
        tail = opened.read()
        if note.encode() in tail:
            return
        opened.write((b"\n" if tail else b"") + note.encode())
        opened.flush()
        os.fsync(opened.fileno())


def _short(place: str) -> str:
    """A name that is no secret: the path of a URL may be one."""
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def _words(error: Exception) -> str:
    """Why, without the address: what aiohttp says of an error may hold it."""
    if isinstance(error, aiohttp.ClientError):
        return type(error).__name__
    return str(error) or type(error).__name__
