"""Land: files of people's own are read whole, checked against what is known of their kind, and made readable at once.

A file stops before it lands where only a person can go on: its columns changed, or nobody knows it. Then it is held,
a question is asked, and the answer lands it or lets it go (`doubt`).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from agents.lifecycle.intake.doubt import Doubts
from agents.lifecycle.intake.hold import Said
from agents.lifecycle.intake.raw_cells import LINE, cells_of, tells_more_of_people
from agents.lifecycle.intake.register import Registered, by_whom, register
from agents.sources.exports.export import StagedExport, stage
from agents.sources.exports.reading import Corrections
from agents.sources.exports.report import ExportReport
from agents.sources.exports.staged import FACTS
from agents.sources.text.mapping import beside
from agents.sources.text.sniff import Progress
from agents.sources.text.unreadable import UnknownExport, UnreadableExport
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET
from storage.lake.facts import ContractBroken
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction
from storage.records.facts import Load, load_of_file
from storage.records.people import Person
from storage.records.questions import Question
from storage.records.record import Record

FileProgress = Callable[[Path, int, int], None]
"""Called from another thread with the file, the bytes done and the bytes in all."""
Also = Callable[[Transaction], Awaitable[None]]
"""What else is to be true from the moment on in which a file became readable."""
RESTATEMENT_DAYS = {"google_ads": 30, "meta": 28, "linkedin": 30, "microsoft_ads": 30, "ga4": 3}
"""Default conversion windows: days for which a platform may still add conversions to what an export shows."""

_LEFT_BEHIND = timedelta(days=1)


class Landed(Record):
    """What came of one file: it landed (`load_id`), a person is asked (`question`), or it was refused (`refused`)."""

    name: str
    """The file's name."""
    report: ExportReport | None = None
    """What was found in it; None where it could not be read."""
    load_id: str | None = None
    new: bool = False
    """False if the lake held exactly this before, or nothing landed."""
    quarantined: int = 0
    """Rows set aside with line and reason: `tx.quarantine` lists them by load."""
    question: Question | None = None
    refused: str = ""
    """One line that says where, what and what to do."""


class Landing:
    """Lands files, each on its own: staged whole, then made readable in one step, or not at all."""

    def __init__(self, ledger: Ledger, lake: Lake, *, doubts: Doubts, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._lake = lake
        self._doubts = doubts
        self._clock = clock

    async def land(
        self,
        paths: Sequence[Path],
        person: Person | None,
        *,
        via: str,
        said: Said = Said(),  # noqa: B008 - frozen
        progress: FileProgress | None = None,
    ) -> tuple[Landed, ...]:
        """Land each file in order; one that is refused or stopped leaves the others alone. Never raises for a file."""
        return tuple([await self._one(path, person, via=via, said=said, progress=progress) for path in paths])

    def stage(
        self, path: Path, said: Said, *, progress: Progress | None = None, again: Corrections | None = None
    ) -> StagedExport:
        """Read and check a whole file without landing it; blocks. Raises UnreadableExport.

        A file that nobody knows is read with the mapping that a person confirmed for its header before, if any.
        With `again` only those lines of ad metrics are read, as corrected.
        """
        read = partial(
            stage,
            path,
            self._lake.staging,
            dates=said.dates,
            currency=said.currency,
            account=said.account,
            today=self._clock().date(),
            progress=progress,
            again=again,
            known_at=None if again else self._clock(),
        )
        try:
            return read(mapping_file=said.mapping)
        except UnknownExport:
            kept = self._doubts.mapping_for(path)
            if kept is None:
                raise
            return read(mapping_file=kept)

    async def land_staged(
        self, staged: StagedExport, path: Path, person: Person | None, *, via: str, said: Said, also: Also | None = None
    ) -> Landed:
        """Make a staged file readable, or ask; the same bytes read in the same way change nothing.

        `path` is the file that was staged. `also` is done in the transaction that makes it readable, or if it was so
        before. Raises ContractBroken for rows that a layout should have set aside.
        """
        report, name = staged.report, path.name
        async with self._ledger.read() as tx:
            known = await tx.loads.by_fingerprint(report.fingerprint)
            changes = () if said.accept_schema else await self._doubts.changes(tx, report)
        if known is not None:
            if also is not None:
                async with self._ledger.write() as tx:
                    await also(tx)
            return Landed(name=name, report=report, load_id=known.id)
        if changes:
            question = await self._doubts.ask_schema(path, report, changes, said)
            return Landed(name=name, report=report, question=question)
        told = await asyncio.to_thread(self._told, path, said)
        known_at = staged.parts.stamp.known_at if staged.parts else self._clock()
        load = _load_of_file(report, name, known_at=known_at).model_copy(update={"said": told})
        versions, lines = await self.append(staged, load)
        load = load.model_copy(update={"versions": versions})
        if not (tells_more_of_people(report) or any(_is_personal(dataset) for dataset in staged.datasets)):
            await self._lake.landed.keep(path, report.content_sha256, now=load.known_at)
        elif cells := await asyncio.to_thread(cells_of, path, report):
            hidden = self._hidden(cells, report, load)
            await self._lake.landed.keep_cells(hidden, report.content_sha256, name=name, now=load.known_at)
        by = by_whom(person)
        async with self._ledger.write() as tx:
            made = await register(tx, load, report, staged.quarantined(), lines=lines, by=by, via=via)
            if made.new:
                await self._doubts.accepted(tx, report, by=by)
            if also is not None:
                await also(tx)
        return _landed(name, report, made)

    async def _hidden(
        self, cells: Iterator[pl.DataFrame], report: ExportReport, load: Load
    ) -> AsyncIterator[pl.DataFrame]:
        """The cells of a file as they stood, with tokens where they may be of people."""
        while (frame := await asyncio.to_thread(next, cells, None)) is not None:
            rows = [f"{load.id}\n{line}" for line in frame[LINE]]
            kinds = dict.fromkeys(report.personal, "any")
            async with self._ledger.write() as tx:
                hidden = await tx.vault.hide_columns(frame.drop(LINE), kinds, source=load.source, rows=rows)
            yield hidden

    def _told(self, path: Path, said: Said) -> dict[str, str]:
        """What has to be said again when rows of the file are read again; blocks."""
        mapping = said.mapping or beside(path)
        if mapping is None:
            mapping = self._doubts.mapping_for(path) if path.suffix else None
        return said.model_copy(update={"mapping": mapping}).kept()

    async def tidy(self) -> int:
        """Remove what killed processes left behind a day ago or earlier; gives how many folders and files."""
        before = self._clock() - _LEFT_BEHIND
        return await asyncio.to_thread(_clear, self._lake.staging, before) + await self._lake.tidy(before)

    async def _one(
        self, path: Path, person: Person | None, *, via: str, said: Said, progress: FileProgress | None
    ) -> Landed:
        told: Progress | None = None
        if progress is not None:
            told = partial(progress, path)
        try:
            with await asyncio.to_thread(self.stage, path, said, progress=told) as staged:
                return await self.land_staged(staged, path, person, via=via, said=said)
        except UnknownExport as error:
            question, why = await self._doubts.ask_mapping(path, said)
            return Landed(name=path.name, question=question, refused="" if question else why or in_words(error))
        except UnreadableExport as error:
            return Landed(name=path.name, refused=in_words(error))
        except ContractBroken as error:
            return Landed(name=path.name, refused=f"{path.name}: {error}")

    async def append(
        self, staged: StagedExport, load: Load, *, lines: Mapping[int, int] | None = None
    ) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
        """Put every dataset into the lake under the load's id; none of it is readable before the load is registered.

        Gives the tables' versions, and the first and last line of the file that each dataset's rows came from.
        `lines`: line that was read → line of the file where it stood, if that is another.
        """
        versions, bounds = {}, {}
        for dataset in staged.datasets:
            if dataset == FACTS and staged.parts is not None and lines is None:
                bounds[dataset] = await asyncio.to_thread(_bounds_of, staged, dataset)
                versions[dataset] = await self._lake.adopt(staged.parts)
                continue
            seen = _Lines()
            frames = self._frames(staged, dataset, seen, lines)
            if dataset == FACTS:
                versions[dataset] = await self._lake.append(frames, load.id, load.known_at)
            else:
                versions[dataset] = await self._lake.dataset(dataset).append(frames, load.id, load.known_at)
            # A load that was in the lake before a crash is not pulled through again.
            bounds[dataset] = seen.bounds or await asyncio.to_thread(_bounds_of, staged, dataset)
        return versions, {name: found for name, found in bounds.items() if found}

    async def _frames(
        self, staged: StagedExport, dataset: str, seen: "_Lines", lines: Mapping[int, int] | None
    ) -> AsyncIterator[pl.DataFrame]:
        """The staged rows with tokens in place of what is personal."""
        frames = staged.frames(dataset)
        while (frame := await asyncio.to_thread(next, frames, None)) is not None:
            if lines is not None:
                frame = frame.with_columns(pl.col("line").replace_strict(lines, return_dtype=pl.Int64))
            seen.see(frame)
            if _is_personal(dataset):
                async with self._ledger.write() as tx:
                    hidden = await tx.vault.pseudonymise(frame, BY_DATASET[dataset])
                yield hidden
            else:
                yield frame


class _Lines:
    """First and last line of the file that rows came from."""

    def __init__(self) -> None:
        self.bounds: tuple[int, int] | None = None

    def see(self, frame: pl.DataFrame) -> None:
        lines = frame.filter(pl.col("line") > 0)["line"]
        ends = [one for one in (lines.min(), lines.max(), *(self.bounds or ())) if isinstance(one, int)]
        self.bounds = (min(ends), max(ends)) if ends else None


def _bounds_of(staged: StagedExport, dataset: str) -> tuple[int, int] | None:
    seen = _Lines()
    for frame in staged.frames(dataset):
        seen.see(frame)
    return seen.bounds


def _clear(folder: Path, older_than: datetime) -> int:
    left = [one for one in folder.glob("export-*") if one.stat().st_mtime < older_than.timestamp()]
    for one in left:
        shutil.rmtree(one, ignore_errors=True)
    return len(left)


def in_words(error: UnreadableExport) -> str:
    """The refusal with the file's name instead of where it lay."""
    return str(error).replace(str(error.path), error.path.name, 1)


def _is_personal(dataset: str) -> bool:
    return dataset in BY_DATASET and any(column.personal for column in columns_of(BY_DATASET[dataset]))


def _landed(name: str, report: ExportReport, made: Registered) -> Landed:
    return Landed(name=name, report=report, load_id=made.load_id, new=made.new, quarantined=made.quarantined)


def _load_of_file(report: ExportReport, name: str, *, known_at: datetime) -> Load:
    return Load(
        id=load_of_file(report.fingerprint),
        source=report.source,
        path=name,
        content_sha256=report.content_sha256,
        layout=report.layout,
        simulated=report.simulated,
        known_at=known_at,
        zone=report.zone or "UTC",
        restatement_days=RESTATEMENT_DAYS.get(report.source, 0),
        first_day=report.first_day,
        last_day=report.last_day,
        campaigns=report.campaigns,
        days=report.days,
        rows_read=report.rows_read,
        rows_dropped=report.rows_dropped,
        spend=report.spend,
        total_row_difference=report.total_row_difference,
        rows=dict(report.rows_by_dataset),
    )
