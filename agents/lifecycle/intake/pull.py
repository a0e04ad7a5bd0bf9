"""Pull: what a home declares in sources.yml is read on its timetable, through the same front door as files.

Databases and web services are read in pieces; each piece lands with the place to go on from in one transaction, so
that a read goes on where it stopped, however it stopped. The folder `inbox` of the home is watched without being
declared.
"""

import asyncio
import csv
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from agents.lifecycle.intake.hold import Said
from agents.lifecycle.intake.land import Landed, Landing, in_words
from agents.sources.connections import Connection, ConnectionsInvalid, FolderConnection, RestConnection, SqlConnection
from agents.sources.folder import files_in
from agents.sources.pulled import Page, Position, PulledSource
from agents.sources.rest import RestSource
from agents.sources.source import SourceUnavailable
from agents.sources.sql import SqlSource
from agents.sources.text.unreadable import UnreadableExport
from storage.lake.facts import ContractBroken
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction

_PIECE = 50_000
"""Rows that land as one load."""
INBOX = "inbox"


class Puller:
    """Reads every declared source that is due."""

    def __init__(
        self,
        ledger: Ledger,
        lake: Lake,
        *,
        landing: Landing,
        home: Path,
        connections: Callable[[], dict[str, Connection]],
        clock: Callable[[], datetime],
        piece: int = _PIECE,
    ) -> None:
        """`connections` is asked at every pull, so that an edited sources.yml counts at once."""
        self._ledger = ledger
        self._lake = lake
        self._landing = landing
        self._home = home
        self._connections = connections
        self._clock = clock
        self._piece = piece

    async def pull(self, *, all_of_them: bool = False) -> tuple[Landed, ...]:
        """Read what is due, or everything; a source that does not answer is noted and leaves the others alone.

        Raises ConnectionsInvalid.
        """
        landed: list[Landed] = []
        inbox = FolderConnection(kind="folder", path=self._home / INBOX)
        for name, declared in {INBOX: inbox, **self._connections()}.items():
            async with self._ledger.read() as tx:
                place = await tx.cursors.get(name) or {}
            if all_of_them or self._due(place, declared):
                landed += await self._one(name, declared, place)
        return tuple(landed)

    def _due(self, place: dict[str, Any], declared: Connection) -> bool:
        last = place.get("read_at")
        return last is None or self._clock() - datetime.fromisoformat(last) >= timedelta(minutes=declared.every_minutes)

    async def _one(self, name: str, declared: Connection, place: dict[str, Any]) -> list[Landed]:
        read_at = self._clock().isoformat()
        try:
            if isinstance(declared, FolderConnection):
                return await self._folder(name, declared, {**place, "read_at": read_at})
            return await self._rows(name, declared, place, read_at=read_at)
        except (SourceUnavailable, ConnectionsInvalid, UnreadableExport, ContractBroken) as error:
            words = in_words(error) if isinstance(error, UnreadableExport) else str(error)
            words = words.removeprefix(f"{name}: ")  # sources say who they are themselves
            async with self._ledger.write() as tx:
                now = await tx.cursors.get(name) or {}
                failing = {"refused": {name: f"{name}: {words}"}, "failing_since": now.get("failing_since") or read_at}
                await tx.cursors.put(name, {**now, "read_at": read_at, **failing})
            return []

    async def _folder(self, name: str, declared: FolderConnection, place: dict[str, Any]) -> list[Landed]:
        """Every file that is new or was changed since, once it is no longer being written."""
        seen = dict(place.get("files", {}))
        refused = dict(place.get("refused", {}))
        found = await asyncio.to_thread(files_in, declared.path, now=self._clock())
        landed: list[Landed] = []
        for file in found:
            if seen.get(file.name) == file.mark:
                continue
            (one,) = await self._landing.land([file.path], None, via=f"folder:{name}", said=Said())
            landed.append(one)
            seen[file.name] = file.mark
            refused.pop(file.name, None)
            if one.refused:
                refused[file.name] = one.refused
            await self._note(name, {**place, "files": seen, "refused": refused})
        there = {file.name for file in found}
        kept = {"files": _only(seen, there), "refused": _only(refused, there)}
        if landed or kept != {"files": place.get("files", {}), "refused": place.get("refused", {})}:
            await self._note(name, {**place, **kept})
        return landed

    async def _note(self, name: str, place: dict[str, Any]) -> None:
        async with self._ledger.write() as tx:
            await tx.cursors.put(name, place)

    async def _rows(
        self, name: str, declared: SqlConnection | RestConnection, place: dict[str, Any], *, read_at: str
    ) -> list[Landed]:
        folder = self._lake.staging / f"export-pull-{uuid4().hex}"
        landed: list[Landed] = []
        pages: list[Page] = []
        source = _source(name, declared)
        try:
            async for page in source.pull(place.get("position")):
                pages.append(page)
                if page.position is not None and sum(len(one.rows) for one in pages) >= self._piece:
                    landed.append(await self._piece_landed(name, declared, folder, pages, place))
                    pages = []
            if any(page.rows for page in pages):
                landed.append(await self._piece_landed(name, declared, folder, pages, place))
            async with self._ledger.write() as tx:
                # Only a read that came to its end is one: a read that was cut is due again at once.
                read_to = await tx.cursors.get(name) or {}
                ended: Position = {"read_at": self._clock().isoformat(), "good_at": read_at, "failing_since": None}
                await tx.cursors.put(name, {**read_to, **ended, "refused": {}})
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return landed

    async def _piece_landed(
        self,
        name: str,
        declared: SqlConnection | RestConnection,
        folder: Path,
        pages: Sequence[Page],
        place: dict[str, Any],
    ) -> Landed:
        """Land some pages, and go on from the last of them in the same transaction."""
        position = pages[-1].position or place.get("position")
        path = await asyncio.to_thread(_spooled, folder, name, declared.mapping, pages)
        said = Said(mapping=path.with_name(f"{path.name}.yml") if declared.mapping else None)
        with await asyncio.to_thread(self._landing.stage, path, said) as staged:
            told = sorted({*place.get("sources", ()), staged.report.source})
            also = partial(_go_on, name=name, place={**place, "position": position, "sources": told, "refused": {}})
            landed = await self._landing.land_staged(staged, path, None, via=f"source:{name}", said=said, also=also)
        if landed.question is not None:
            raise SourceUnavailable(f"its columns changed: {landed.question.id} waits for an answer")
        return landed


def _source(name: str, declared: SqlConnection | RestConnection) -> PulledSource:
    if isinstance(declared, SqlConnection):
        return SqlSource(name, declared)
    return RestSource(name, declared, columns=_wanted(declared))


def _wanted(declared: RestConnection) -> tuple[str, ...]:
    """The columns that the mapping reads: records that lack a field still have its column, and others are left out."""
    said = declared.mapping
    columns = said.get("columns")
    values = [*(columns.values() if isinstance(columns, dict) else ()), *said.get("breakdown", ())]
    values += [value for value in said.values() if isinstance(value, dict) and "column" in value]
    names = [value["column"] if isinstance(value, dict) else value for value in values]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


async def _go_on(tx: Transaction, *, name: str, place: Position) -> None:
    await tx.cursors.put(name, place)


def _spooled(folder: Path, name: str, mapping: dict[str, Any], pages: Sequence[Page]) -> Path:
    """The rows as a CSV beside their mapping; the same rows give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(pages[0].header)
        for page in pages:
            # Line ends inside cells would make rows of several lines, and no contract needs them.
            writer.writerows(
                [" ".join(cell.splitlines()) if "\n" in cell else cell for cell in row] for row in page.rows
            )
    if mapping:
        text = yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False)
        path.with_name(f"{path.name}.yml").write_text(text, encoding="utf-8")
    return path


def _only(entries: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if name in names}
