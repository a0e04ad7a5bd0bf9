"""A file of advertising data, read whole or refused: the facts in it and a report of what was found.

`read_export` keeps the facts in memory; `stage` writes them to a folder piece by piece, for files of any size. Both
read everything before they give anything, so a file is never taken in half.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from agents.sources.exports import google_ads, linkedin, mapping, meta_ads, plain
from agents.sources.exports.aliases import Known, known_header
from agents.sources.exports.cells import Style
from agents.sources.exports.currencies import is_code
from agents.sources.exports.days import Order, OrderEvidence, Period, UndecidedOrder
from agents.sources.exports.frames import FactsReader
from agents.sources.exports.layout import Declared, Layout
from agents.sources.exports.report import ExportReport, Tally
from agents.sources.exports.rows import blocks
from agents.sources.exports.sniff import Progress, Raw, Table, examine, find_header, is_parquet, no_header, sha256_of
from agents.sources.exports.unreadable import UnreadableExport, UnreadableNumber
from storage.records.record import digest_of

Blocks = Callable[[Progress | None], Iterator[pl.DataFrame]]


@dataclass(frozen=True)
class Export:
    """A file in memory: the report, and facts in the columns of storage.lake.REPORTED."""

    report: ExportReport
    frames: tuple[pl.DataFrame, ...]


@dataclass(frozen=True)
class StagedExport:
    """A file whose facts wait in a folder; leaving the `with` block removes the folder."""

    report: ExportReport
    folder: Path

    def frames(self) -> Iterator[pl.DataFrame]:
        """The facts in order, in the columns of storage.lake.REPORTED, a piece at a time."""
        for part in sorted(self.folder.glob("*.arrow")):
            yield pl.read_ipc(part)

    def discard(self) -> None:
        """Remove the staged facts; a second call does nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def read_export(
    path: Path,
    *,
    mapping_file: Path | None = None,
    dates: str | None = None,
    currency: str | None = None,
    account: str = "",
    period: tuple[date, date] | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> Export:
    """Read a Google Ads, Meta or LinkedIn export, or a plain CSV or Parquet file with a declared mapping.

    What the file leaves open can be declared: `dates` dmy or mdy, `currency` an ISO code, `account` a name,
    `period` the days that rows without a date cover, `today` the day of reading (no export holds later days).
    Raises UnreadableExport with file, line and remedy.
    """
    frames: list[pl.DataFrame] = []
    declared = _declared(path, dates, currency, account, period, today)
    report = _Reading(path, mapping_file, declared, progress).into(frames.clear, frames.append)
    return Export(report, tuple(frames))


def stage(
    path: Path,
    folder: Path,
    *,
    mapping_file: Path | None = None,
    dates: str | None = None,
    currency: str | None = None,
    account: str = "",
    period: tuple[date, date] | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> StagedExport:
    """Read a file like `read_export`, leaving its facts in a new folder inside `folder`; memory stays bounded.

    Nothing is left behind if the file is refused.
    """
    declared = _declared(path, dates, currency, account, period, today)
    reading = _Reading(path, mapping_file, declared, progress)
    folder.mkdir(parents=True, exist_ok=True)
    parts = _Parts(Path(tempfile.mkdtemp(prefix="export-", dir=folder)))
    try:
        return StagedExport(reading.into(parts.clear, parts.append), parts.folder)
    except BaseException:
        shutil.rmtree(parts.folder, ignore_errors=True)
        raise


@dataclass
class _Parts:
    folder: Path
    count: int = 0

    def clear(self) -> None:
        for part in self.folder.iterdir():
            part.unlink()
        self.count = 0

    def append(self, frame: pl.DataFrame) -> None:
        # Arrow rather than Parquet: these files live for seconds, and packing them would take longest of all.
        frame.write_ipc(self.folder / f"{self.count:06d}.arrow", compression="lz4")
        self.count += 1


@dataclass
class _Reading:
    """One file on its way in: opened once, passed over as often as its notation needs."""

    path: Path
    mapping_file: Path | None
    declared: Declared
    progress: Progress | None
    _furthest: UnreadableNumber | None = field(default=None, init=False)

    def into(self, clear: Callable[[], None], take: Callable[[pl.DataFrame], None]) -> ExportReport:
        layout, source, sha256, mapping_digest = self._open()
        order = layout.order
        for style in layout.styles:
            try:
                try:
                    tally = self._pass(layout, source, style, order, clear, take)
                except UndecidedOrder:
                    order = self._decide(layout, source)
                    tally = self._pass(layout, source, style, order, clear, take)
            except UnreadableNumber as error:
                self._remember(error)
            else:
                return tally.report(layout, sha256, self._fingerprint(sha256, layout, mapping_digest))
        assert self._furthest is not None, "a layout has at least one notation"
        raise self._furthest

    def _pass(
        self,
        layout: Layout,
        source: Blocks,
        style: Style,
        order: Order | None,
        clear: Callable[[], None],
        take: Callable[[pl.DataFrame], None],
    ) -> Tally:
        clear()
        reader = FactsReader(layout, style, order)
        tally = Tally(layout)
        for block in source(self.progress):
            found = reader.read(block)
            tally.see(block.height, found)
            if found.facts.height:
                take(found.facts)
        if not tally.kept:
            remedy = "choose a period with data and export again"
            raise UnreadableExport(self.path, None, "the file has a header but no rows of data", remedy)
        return tally

    def _remember(self, error: UnreadableNumber) -> None:
        # The notation that went further is the one the file is written in; its complaint is the true one.
        if self._furthest is None or (error.line or 0) > (self._furthest.line or 0):
            self._furthest = error

    def _decide(self, layout: Layout, source: Blocks) -> Order:
        evidence = OrderEvidence(self.declared.today, layout.bounds)
        places = [place for place in (layout.day, layout.last_day) if place]
        for block in source(None):
            for place in places:
                evidence.see(block[place].unique())
            if len(places) == 2:
                evidence.see_ranges((first, last) for first, last in block.select(places).unique().rows())
            if evidence.decided:
                break
        if evidence.matters and not evidence.decided:
            problem = "every date in the file could be day/month or month/day"
            raise UnreadableExport(self.path, None, problem, "say which it is with --dates dmy or --dates mdy")
        return min(evidence.possible, default=Order.DMY)

    def _open(self) -> tuple[Layout, Blocks, str, str]:
        chosen = self.mapping_file or mapping.beside(self.path)
        declared = mapping.read_mapping(chosen) if chosen else None
        if is_parquet(self.path):
            return self._open_parquet(declared)
        raw = examine(self.path, self.progress)
        if declared is None:
            layout, table = _platform(raw, self.declared)
            return layout, partial(blocks, table), raw.sha256, ""
        table = plain.find_table(raw, declared)
        layout = plain.layout(self.path, table.header, table.header_line, declared, self.declared)
        return layout, partial(blocks, table), raw.sha256, declared.digest

    def _open_parquet(self, declared: mapping.Mapping | None) -> tuple[Layout, Blocks, str, str]:
        if declared is None:
            problem = "a Parquet file does not say what its columns mean"
            remedy = f"declare them in {self.path.name}{mapping.SUFFIX} or with --mapping FILE"
            raise UnreadableExport(self.path, None, problem, remedy)
        layout = plain.layout(self.path, plain.parquet_header(self.path), None, declared, self.declared)
        source = partial(plain.parquet_blocks, self.path, layout)
        return layout, source, sha256_of(self.path, self.progress), declared.digest

    def _fingerprint(self, sha256: str, layout: Layout, mapping_digest: str) -> str:
        said = self.declared
        period = [str(day) for day in said.period or ()]
        return digest_of([sha256, layout.name, mapping_digest, str(said.dates), said.currency, said.account, period])


def _platform(raw: Raw, declared: Declared) -> tuple[Layout, Table]:
    """The platform whose headers the file has most of, if the file is one of its exports."""
    tables = []
    for names, layout_of in (
        (google_ads.NAMES, google_ads.layout),
        (meta_ads.NAMES, _meta_layout),
        (linkedin.NAMES, linkedin.layout),
    ):
        found = find_header(raw, partial(_count, names))
        if found:
            tables.append((*found, layout_of))
    for _, table, layout_of in sorted(tables, key=lambda entry: -entry[0]):
        if layout := layout_of(table, declared):
            return layout, table
    raise no_header(
        raw,
        "export it from Google Ads or Meta Ads Manager as CSV with its column headers, or declare the columns "
        f"in {raw.path.name}{mapping.SUFFIX} or with --mapping FILE",
    )


def _meta_layout(table: Table, declared: Declared) -> Layout | None:
    return meta_ads.layout(table, declared, blocks(table))


def _count(names: dict[str, Known], cells: list[str]) -> int:
    return sum(known_header(cell, names) is not None for cell in cells)


def _declared(
    path: Path,
    dates: str | None,
    currency: str | None,
    account: str,
    period: tuple[date, date] | None,
    today: date | None,
) -> Declared:
    if dates not in (None, *Order):
        raise UnreadableExport(path, None, f"“{dates}” is no order of dates", "say --dates dmy or --dates mdy")
    if currency and not is_code(currency):
        raise UnreadableExport(path, None, f"“{currency}” is no currency code", "say a code such as --currency EUR")
    return Declared(
        dates=Order(dates) if dates else None,
        currency=currency,
        account=account,
        period=Period(*period) if period else None,
        today=today,
    )
