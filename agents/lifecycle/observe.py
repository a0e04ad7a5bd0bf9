"""Observe: sources are read into the lake, and only a registered load becomes readable."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from agents.sources.exports.export import StagedExport, stage
from agents.sources.exports.report import ExportReport
from agents.sources.exports.sniff import Progress
from agents.sources.readers import Readers
from agents.sources.source import Source
from storage.lake import Lake
from storage.ledger import Ledger, Transaction
from storage.records.facts import Load
from storage.records.money import MICROS
from storage.records.record import Record

RESTATEMENT_DAYS = {"google_ads": 30, "meta": 28, "linkedin": 30}
"""Default conversion windows: days for which a platform may still add conversions to what an export shows."""
FIRST_REACH = timedelta(days=400)
"""How far back the first read of a source goes."""


class Observer:
    """Pulls every source once; the same state of a source is landed once."""

    def __init__(self, ledger: Ledger, lake: Lake, *, readers: Readers, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._lake = lake
        self._readers = readers
        self._clock = clock

    async def pull(self) -> tuple[Load, ...]:
        """Land what is new or restated in each source; empty where nothing changed. Raises SourceUnavailable."""
        landed = [await self._pull(source) for source in self._readers.sources]
        return tuple(load for load in landed if load is not None)

    async def _pull(self, source: Source) -> Load | None:
        newest = await source.today() - timedelta(days=1)
        async with self._ledger.read() as tx:
            known = [one for one in await tx.loads.known(simulated=source.simulated) if one.source == source.name]
        # What we have not seen yet, and what the source may have restated since; also after weeks of not reading.
        seen_to = min([newest, *(load.last_day for load in known[-1:])])
        restated = timedelta(days=source.restatement_days)
        frame = await source.metrics(seen_to - (restated if known else FIRST_REACH), newest)
        # Over the days that any read covers, so that the first read and the next one see the same state alike.
        fingerprint = _fingerprint(source, frame.filter(pl.col("day") >= newest - restated))
        async with self._ledger.read() as tx:
            if frame.is_empty() or await tx.loads.by_fingerprint(fingerprint) is not None:
                return None
        load = _load_of(source, frame, known_at=await source.now(), fingerprint=fingerprint)
        version = await self._lake.append([frame], load.id, load.known_at)
        async with self._ledger.write() as tx:
            if await tx.loads.by_fingerprint(fingerprint) is not None:
                return None  # another process landed the same state in the meantime
            await _register(tx, load, fingerprint=fingerprint, lake_version=version, now=self._clock())
        return load


class Said(Record):
    """What a person says about a file that the file does not say itself."""

    mapping: Path | None = None
    dates: str | None = None
    """dmy or mdy"""
    currency: str | None = None
    account: str = ""


class Landed(Record):
    """What came of one file; `new` is False if the lake held exactly this before."""

    report: ExportReport
    load_id: str
    new: bool


class FileObserver:
    """Lands people's own files: staged whole, then made readable in one step, or not at all."""

    def __init__(self, ledger: Ledger, lake: Lake, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._lake = lake
        self._clock = clock
        self._new_id = new_id

    def stage(self, path: Path, said: Said, *, progress: Progress | None = None) -> StagedExport:
        """Read and check a whole file without landing it; blocks. Raises UnreadableExport."""
        return stage(
            path,
            self._lake.staging,
            mapping_file=said.mapping,
            dates=said.dates,
            currency=said.currency,
            account=said.account,
            today=self._clock().date(),
            progress=progress,
        )

    async def land(self, staged: StagedExport) -> Landed:
        """Make a staged file readable; the same bytes read in the same way change nothing."""
        report = staged.report
        async with self._ledger.read() as tx:
            known = await tx.loads.by_fingerprint(report.fingerprint)
        if known is not None:
            return Landed(report=report, load_id=known.id, new=False)
        load = _load_of_file(report, load_id=f"file-{self._new_id()}", known_at=self._clock())
        version = await self._lake.append(staged.frames(), load.id, load.known_at)
        async with self._ledger.write() as tx:
            known = await tx.loads.by_fingerprint(report.fingerprint)
            if known is not None:
                return Landed(report=report, load_id=known.id, new=False)
            await _register(tx, load, fingerprint=report.fingerprint, lake_version=version, now=self._clock())
        return Landed(report=report, load_id=load.id, new=True)


async def _register(tx: Transaction, load: Load, *, fingerprint: str, lake_version: int, now: datetime) -> None:
    await tx.loads.add(load, fingerprint=fingerprint, lake_version=lake_version)
    await tx.audit.append(
        at=now,
        actor="system",
        action="data.loaded",
        subject=f"load:{load.id}",
        facts={
            "source": load.source,
            "path": load.path,
            "first_day": load.first_day,
            "last_day": load.last_day,
            "rows": load.rows_read,
            "content_sha256": load.content_sha256,
            "lake_version": lake_version,
        },
    )
    await tx.lineage.link(f"load:{load.id}", [(f"source:{load.source}", f"{load.source}, {load.path}")])


def _load_of_file(report: ExportReport, *, load_id: str, known_at: datetime) -> Load:
    return Load(
        id=load_id,
        source=report.source,
        path=Path(report.path).name,
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
    )


def _fingerprint(source: Source, frame: pl.DataFrame) -> str:
    return hashlib.sha256(f"{source.name}\n".encode() + frame.write_csv().encode()).hexdigest()


def _day(value: object) -> date:
    assert isinstance(value, date), "a frame with rows has days"
    return value


def _load_of(source: Source, frame: pl.DataFrame, *, known_at: datetime, fingerprint: str) -> Load:
    ads = frame.filter(pl.col("channel") != "store")
    first_day, last_day = _day(frame["day"].min()), _day(frame["last_day"].max())
    spend = ads.group_by("currency").agg(pl.col("spend_micros").sum()).sort("currency")
    return Load(
        id=f"{source.name}-{last_day}-{fingerprint[:8]}",
        source=source.name,
        path=f"{first_day} to {last_day}",
        content_sha256=_fingerprint(source, frame),
        layout="api",
        simulated=source.simulated,
        known_at=known_at,
        zone=source.zone,
        restatement_days=source.restatement_days,
        first_day=first_day,
        last_day=last_day,
        campaigns=ads["campaign_id"].n_unique(),
        days=frame["day"].n_unique(),
        rows_read=frame.height,
        spend={currency: Decimal(micros) / MICROS for currency, micros in spend.iter_rows()},
    )
