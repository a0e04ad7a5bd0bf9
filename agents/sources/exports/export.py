"""The front door for files: read whole or refused, with a report of what was found.

`read_export` keeps the rows in memory; `stage` writes them to a folder piece by piece, for files of any size. Both
read everything before they give anything, so a file is never taken in half. A file may hold daily ad metrics (the
dataset `facts`) or records of the business such as leads and orders (datasets named by storage.contracts).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from agents.sources.exports.reading import Corrections, Reading
from agents.sources.exports.report import ExportReport
from agents.sources.exports.staged import FACTS, Folder, Memory, frames_in, quarantined_in
from agents.sources.text.currencies import is_code
from agents.sources.text.days import Order, Period
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import Progress
from agents.sources.text.unreadable import UnreadableExport
from storage.lake.parts import Parts
from storage.records.quarantine import Quarantined


@dataclass(frozen=True)
class Export:
    """A file in memory: the report, and the rows of every dataset."""

    report: ExportReport
    datasets: dict[str, tuple[pl.DataFrame, ...]]
    quarantined: tuple[Quarantined, ...] = field(default=())

    @property
    def frames(self) -> tuple[pl.DataFrame, ...]:
        """Ad metrics in the columns of storage.lake.REPORTED."""
        return self.datasets.get(FACTS, ())


@dataclass(frozen=True)
class StagedExport:
    """A file whose rows wait in a folder; leaving the `with` block removes the folder."""

    report: ExportReport
    folder: Path
    parts: Parts | None = None
    """Facts that are ready to be a part of their table; None where they have to be read as frames."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that it has rows for."""
        return tuple(name for name, rows in self.report.rows_by_dataset.items() if rows)

    def frames(self, dataset: str = FACTS) -> Iterator[pl.DataFrame]:
        """The rows in order, a piece at a time, in the columns of storage.lake's REPORTED or of the contract."""
        return self.parts.frames() if self.parts and dataset == FACTS else frames_in(self.folder, dataset)

    def quarantined(self) -> Iterator[Quarantined]:
        """The rows set aside, in the order of the file."""
        return quarantined_in(self.folder)

    def discard(self) -> None:
        """Remove the staged rows; a second call does nothing."""
        Folder(self.folder).remove()

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
    """Read an export of a known tool, or a plain CSV or Parquet file with a declared mapping.

    What the file leaves open can be declared: `dates` dmy or mdy, `currency` an ISO code, `account` a name,
    `period` the days that rows without a date cover, `today` the day of reading (no export holds later days).
    Raises UnreadableExport with file, line and remedy.
    """
    pieces = Memory()
    declared = _declared(path, dates, currency, account, period, today)
    report = Reading(path, mapping_file, declared, progress).into(pieces)
    found = {dataset: tuple(frames) for dataset, frames in pieces.frames.items()}
    return Export(report, found, tuple(pieces.quarantined))


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
    again: Corrections | None = None,
    known_at: datetime | None = None,
) -> StagedExport:
    """Read a file like `read_export`, leaving its rows in a new folder inside `folder`; memory stays bounded.

    With `known_at` ad metrics are written as they will lie in the lake, known from that moment on (`parts`).
    With `again` only these lines are read, as corrected, in the notation and the order of dates of the whole file: so
    rows of ad metrics that were set aside come in without the others. However many of them still break the contract,
    they are set aside once more. Nothing is left behind if the file is refused.
    """
    declared = _declared(path, dates, currency, account, period, today)
    pieces = Folder.new(folder, known_at=known_at)
    try:
        report = Reading(path, mapping_file, declared, progress, again).into(pieces)
        return StagedExport(report, pieces.path, pieces.parts)
    except BaseException:
        pieces.remove()
        raise


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
