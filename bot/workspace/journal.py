"""The workspace's memory on disk: one JSON line a fact, the last line of a key wins.

Lines are gathered and appended off the event loop, so a busy workspace never waits for the disk; the file is
rewritten when most of it is out of date. A torn last line (the process was killed) is dropped on reading.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)

GATHER_SECONDS = 0.05
REWRITE_AFTER_CHARACTERS = 8_000_000


class Journal:
    """Keeps the newest value of every (kind, key); folder None keeps nothing on disk."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / "workspace.jsonl" if folder else None
        self._live: dict[tuple[str, str], str] = {}
        self._buffer: list[str] = []
        self._live_size = 0
        self._file_size = 0
        self._flush: asyncio.Task[None] | None = None

    def read(self) -> Iterator[tuple[str, str, Any]]:
        """Every live fact of the earlier run, oldest key first; then the file is rewritten without the rest."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            self._load(self._file)
        self._rewrite(list(self._live.values()))
        for line in list(self._live.values()):
            kind, key, value = json.loads(line)
            yield kind, key, value

    def put(self, kind: str, key: str, value: Any) -> None:
        """Remember a fact; value None forgets it."""
        if self._file is None:
            return
        line = json.dumps([kind, key, value], separators=(",", ":"))
        self._set((kind, key), None if value is None else line)
        self._buffer.append(line)
        if self._flush is None or self._flush.done():
            self._flush = asyncio.get_running_loop().create_task(self._gather())

    async def close(self) -> None:
        """Write what is not yet written."""
        if self._flush is not None:
            await self._flush
        await asyncio.to_thread(self._append, self._take())

    async def _gather(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        while self._buffer:
            stale = self._file_size > REWRITE_AFTER_CHARACTERS + 4 * self._live_size
            try:
                if stale:
                    self._buffer.clear()
                    await asyncio.to_thread(self._rewrite, list(self._live.values()))
                else:
                    await asyncio.to_thread(self._append, self._take())
            except OSError as cause:
                _log.error("workspace.journal_not_written file=%s cause=%s", self._file, cause)

    def _take(self) -> list[str]:
        lines, self._buffer = self._buffer, []
        return lines

    def _append(self, lines: list[str]) -> None:
        if self._file is None or not lines:
            return
        with self._file.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self._file_size += sum(map(len, lines))

    def _rewrite(self, lines: list[str]) -> None:
        if self._file is None:
            return
        fresh = self._file.with_suffix(".new")
        fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        fresh.replace(self._file)
        self._file_size = sum(map(len, lines))

    def _load(self, path: Path) -> None:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                kind, key, value = json.loads(line)
            except ValueError:
                continue
            self._set((kind, key), None if value is None else line)

    def _set(self, name: tuple[str, str], line: str | None) -> None:
        self._live_size -= len(self._live.pop(name, ""))
        if line is not None:
            self._live[name] = line
            self._live_size += len(line)
