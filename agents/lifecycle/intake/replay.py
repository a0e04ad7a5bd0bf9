"""Replay: rows that were set aside are read again, as they stood or corrected, and land if they hold now.

They land as a load of their own that comes from the same file. What would overrule what landed meanwhile is left alone.
"""

import asyncio
import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import polars as pl

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.intake.hold import Said
from agents.lifecycle.intake.land import Landing, in_words
from agents.lifecycle.intake.register import by_whom, enter
from agents.lifecycle.intake.source_picture import FACTS
from agents.lifecycle.questions.ask import ACT
from agents.lifecycle.review import Rulebook
from agents.sources.exports.export import StagedExport
from agents.sources.text.unreadable import UnreadableExport
from storage.contracts.columns import key_of
from storage.contracts.entities import BY_DATASET
from storage.facts_once import KEY as FACTS_KEY
from storage.lake.landed import NotLanded
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction
from storage.records.facts import Load
from storage.records.people import Person
from storage.records.quarantine import QuarantineState, SetAside
from storage.records.record import Record, digest_of

Corrections = Mapping[int, Mapping[str, str]]
"""Line of the file → header → what stands there instead."""


class Replayed(Record):
    """What came of reading rows again; `words` are for people."""

    load_id: str | None
    """The load that the rows which hold landed with; None if none does."""
    landed: int
    still: tuple[SetAside, ...]
    """Rows that still break the contract, with today's reason."""
    words: str


class Replayer:
    """Lists what was set aside, reads it again, or gives it up."""

    def __init__(
        self, ledger: Ledger, lake: Lake, rulebook: Rulebook, *, landing: Landing, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._lake = lake
        self._rulebook = rulebook
        self._landing = landing
        self._clock = clock

    async def waiting(self, *, load_id: str | None = None, limit: int | None = None) -> tuple[SetAside, ...]:
        """Rows nobody has settled yet, oldest first; personal cells are tokens."""
        async with self._ledger.read() as tx:
            return await tx.quarantine.open(load_id=load_id, limit=limit)

    async def get(self, row_id: int, person: Person) -> SetAside | None:
        """One row, its personal cells as text for a person whose roles may see them."""
        async with self._ledger.read() as tx:
            found = await tx.quarantine.get(row_id)
            if found is None:
                return None
            tokens = [found.row.cells[name] for name in found.row.personal if name in found.row.cells]
            texts = await tx.vault.reveal(tokens, person.roles if person.active else frozenset())
        cells = {name: texts.get(cell, cell) for name, cell in found.row.cells.items()}
        return found.model_copy(update={"row": found.row.model_copy(update={"cells": cells})})

    async def give_up(self, load_id: str, person: Person, *, via: str) -> Replayed | Declined:
        """Leave the rows of a load out for good; they stay listed with it."""
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, ACT)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            rows = await tx.quarantine.open(load_id=load_id)
            for one in rows:
                await tx.quarantine.save(_settled(one, QuarantineState.GIVEN_UP, person, now=now))
            await tx.audit.append(
                at=now,
                actor=by_whom(person),
                action="quarantine.given_up",
                subject=f"load:{load_id}",
                facts={"rows": len(rows), "via": via},
            )
        return Replayed(load_id=None, landed=0, still=(), words=f"{_rows(len(rows))} of {load_id} left out for good.")

    async def replay(
        self,
        load_id: str,
        person: Person,
        *,
        via: str,
        corrections: Corrections | None = None,
        said: Said = Said(),  # noqa: B008 - frozen
    ) -> Replayed | Declined:
        """Read the rows of a load that wait again; with corrections, those that are corrected alone."""
        found = await self._rows(load_id, person, corrections or {})
        if isinstance(found, Declined):
            return found
        load, rows = found
        folder = self._lake.staging / f"export-replay-{uuid4().hex}"
        # Ad metrics keep the lines of their file; of other rows the n-th stands on line n + 1.
        ads = all(one.row.dataset == FACTS for one in rows)
        places = {one.row.line: one for one in rows} if ads else dict(enumerate(rows, start=2))
        try:
            with await self._staged(folder, load, rows, said) as staged:
                return await self._land(load, places, staged, person, via=via)
        except UnreadableExport as error:
            return Declined(cause=Cause.INVALID, words=f"Nothing landed. {in_words(_in_its_file(error, places))}")
        except NotLanded as error:
            return Declined(cause=Cause.INVALID, words=f"Nothing landed. {error}")
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _staged(self, folder: Path, load: Load, rows: Sequence[SetAside], said: Said) -> StagedExport:
        """Ad metrics are read out of the whole file, which says how its numbers and days are written; others alone."""
        if all(one.row.dataset == FACTS for one in rows):
            path = await self._lake.landed.restore(load.content_sha256, folder)
            told = await asyncio.to_thread(said.or_kept, load.said, path)
            again = {one.row.line: one.row.cells for one in rows}
            return await asyncio.to_thread(partial(self._landing.stage, path, told, again=again))
        path = folder / f"{Path(load.path).stem}.csv"
        await asyncio.to_thread(_write, path, rows)
        told = await asyncio.to_thread(said.or_kept, load.said, path)
        return await asyncio.to_thread(self._landing.stage, path, told)

    async def _rows(
        self, load_id: str, person: Person, corrections: Corrections
    ) -> tuple[Load, list[SetAside]] | Declined:
        async with self._ledger.read() as tx:
            permission = (await self._rulebook.of(tx)).may(person, ACT)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            load = await tx.loads.get(load_id)
            waiting = await tx.quarantine.open(load_id=load_id)
            if load is None or not waiting:
                return Declined(cause=Cause.UNKNOWN, words=f"No rows of {load_id} wait; list them to see which do.")
            if newer := await _told_since(tx, load):
                words = f"{newer.path} (load {newer.id}) has told of the same since: correct the file and ingest it."
                return Declined(cause=Cause.STALE, words=words)
            rows = [one for one in waiting if not corrections or one.row.line in corrections]
            if missing := sorted(set(corrections) - {one.row.line for one in rows}):
                return Declined(cause=Cause.UNKNOWN, words=f"Line {missing[0]} of {load.path} is not set aside.")
            shown = [one.model_copy(update={"row": await tx.vault.show_cells(one.row)}) for one in rows]
        corrected = []
        for one in shown:
            said = corrections.get(one.row.line, {})
            if unknown := sorted(set(said) - set(one.row.cells)):
                columns = ", ".join(one.row.cells)
                return Declined(cause=Cause.INVALID, words=f"There is no column {unknown[0]!r}; there are: {columns}.")
            corrected.append(
                one.model_copy(update={"row": one.row.model_copy(update={"cells": {**one.row.cells, **said}})})
            )
        return load, corrected

    async def _land(
        self, load: Load, places: Mapping[int, SetAside], staged: StagedExport, person: Person, *, via: str
    ) -> Replayed | Declined:
        """`places`: line that was read → the row that stood there."""
        lines = {place: one.row.line for place, one in places.items()}
        left = {row.line: row.reason for row in staged.quarantined()}
        left |= {row.line: row.reason for row in staged.report.rows_dropped}
        still = tuple(_with_reason(one, left[place]) for place, one in places.items() if place in left)
        held = [one for place, one in places.items() if place not in left]
        if not held:
            await self._keep(still, load)
            words = (
                f"Nothing landed: {_rows(len(places))} read again, and none holds. The first: {still[0].row.reason}."
            )
            return Replayed(load_id=None, landed=0, still=still, words=words)
        if overlap := await self._landed_before(load, staged):
            words = f"{overlap} of them tell of what landed with the rest of {load.path}: correct the file itself."
            return Declined(cause=Cause.STALE, words=words)
        now = self._clock()
        fingerprint = digest_of([load.id, [[one.row.line, one.row.cells] for one in held]])
        made = load.model_copy(
            update={
                "id": f"replay-{fingerprint[:12]}",
                "known_at": now,
                "rows": dict(staged.report.rows_by_dataset),
                "versions": {},
                "rows_read": len(held),
                "rows_dropped": (),
                "campaigns": staged.report.campaigns,
                "days": staged.report.days,
                "spend": staged.report.spend,
                "first_day": staged.report.first_day,
                "last_day": staged.report.last_day,
                "total_row_difference": None,
            }
        )
        versions, bounds = await self._landing.append(staged, made, lines=lines)
        made = made.model_copy(update={"versions": versions})
        async with self._ledger.write() as tx:
            if await tx.loads.by_fingerprint(fingerprint) is None:
                facts = {"via": via, "replay_of": load.id}
                by = by_whom(person)
                await enter(tx, made, fingerprint=fingerprint, lines=bounds, now=now, by=by, facts=facts)
            for one in held:
                stored = await tx.quarantine.get(one.id)
                if stored is not None and stored.state is QuarantineState.OPEN:
                    settled = _settled(stored, QuarantineState.REPLAYED, person, now=now)
                    await tx.quarantine.save(settled.model_copy(update={"landed_with": made.id}))
        await self._keep(still, load)
        more = f", {len(still)} still break the contract" if still else ""
        return Replayed(load_id=made.id, landed=len(held), still=still, words=f"{_rows(len(held))} landed{more}.")

    async def _keep(self, still: Sequence[SetAside], load: Load) -> None:
        """Rows that still break the contract keep today's cells and reason."""
        async with self._ledger.write() as tx:
            rows = [one.row for one in still]
            if any(row.personal for row in rows):
                rows = await tx.vault.hide_cells(rows, source=load.source, load_id=load.id)
            for one, row in zip(still, rows, strict=True):
                await tx.quarantine.save(one.model_copy(update={"row": row}))

    async def _landed_before(self, load: Load, staged: StagedExport) -> int:
        """How many of the things the rows tell of landed with the rest of the file: this would overrule those rows."""
        count = 0
        for dataset in staged.datasets:
            key = list(FACTS_KEY if dataset == FACTS else key_of(BY_DATASET[dataset]))
            ours = await asyncio.to_thread(_whole, staged, dataset)
            if dataset == FACTS:
                there = await self._lake.read(
                    [load], load.first_day, load.last_day, simulated=load.simulated, columns=key, every_version=True
                )
            else:
                async with self._ledger.write() as tx:  # the lake knows people by their tokens
                    ours = await tx.vault.pseudonymise(ours, BY_DATASET[dataset])
                there = await self._lake.dataset(dataset).read([load], simulated=load.simulated, columns=key)
            count += ours.select(key).join(there, on=key, how="semi", nulls_equal=True).height
        return count


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _whole(staged: StagedExport, dataset: str) -> pl.DataFrame:
    return pl.concat(list(staged.frames(dataset)))


def _in_its_file(error: UnreadableExport, places: Mapping[int, SetAside]) -> UnreadableExport:
    """The same of the line where the row stood, which is where a person would look for it."""
    at = places.get(error.line or 0)
    line = error.line if at is None else at.row.line
    return UnreadableExport(error.path, line, error.problem, error.remedy)


def _with_reason(one: SetAside, reason: str) -> SetAside:
    return one.model_copy(update={"row": one.row.model_copy(update={"reason": reason})})


def _settled(one: SetAside, state: QuarantineState, person: Person, *, now: datetime) -> SetAside:
    return one.model_copy(update={"state": state, "settled_at": now, "settled_by": by_whom(person)})


async def _told_since(tx: Transaction, load: Load) -> Load | None:
    """A later load of the same kind of file that tells of some of the same days."""
    for other in await tx.loads.known(simulated=load.simulated):
        same = (other.source, other.layout) == (load.source, load.layout) and other.id != load.id
        later = other.known_at > load.known_at and other.content_sha256 != load.content_sha256
        if same and later and other.first_day <= load.last_day and other.last_day >= load.first_day:
            return other
    return None


def _write(path: Path, rows: Sequence[SetAside]) -> None:
    """The rows as a CSV of their own, the n-th on line n + 1."""
    header = list(dict.fromkeys(column for one in rows for column in one.row.cells))
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for one in rows:
            # A line end inside a cell would shift the lines below, and no contract needs one.
            writer.writerow([" ".join(one.row.cells.get(column, "").splitlines()) for column in header])
