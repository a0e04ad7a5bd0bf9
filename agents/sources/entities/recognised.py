"""A file of business objects whose layout is known: what it holds, before and after its rows are read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import polars as pl

from agents.sources.entities.again import Corrections
from agents.sources.text.columns import Column
from agents.sources.text.sniff import Progress
from storage.records.facts import DroppedRow
from storage.records.quarantine import Quarantined

Take = Callable[[str, pl.DataFrame], None]
"""Called with a dataset and a frame in the columns of its contract, one piece at a time."""
SetAside = Callable[[Quarantined], None]
"""Called with every row that breaks the contract."""


@dataclass(frozen=True)
class EntityTally:
    """What the rows of one file came to."""

    layout: str
    """For reports and as the name of the feed: `hubspot/contacts`."""
    source: str
    datasets: tuple[str, ...]
    """Those that the layout fills, in the order of `rows_by_dataset`; also where a file has no row for one."""
    rows_read: int
    """Rows below the header that are not blank."""
    rows_by_dataset: dict[str, int]
    rows_quarantined: int
    rows_dropped: tuple[DroppedRow, ...]
    """Rows that say nothing of their own: totals, empty rows, repetitions."""
    columns: tuple[Column, ...]
    """All columns of the file in their order, those that are not read too."""
    personal: tuple[str, ...]
    """Headers that may hold data of people: all but those that are read and known to hold none."""
    content_sha256: str
    how: tuple[str, ...]
    """All that, besides the bytes, decides what the rows mean; part of the fingerprint of the load."""
    account: str = ""
    simulated: bool = False
    zone: str | None = None
    """Zone in which moments without an offset were read; None where all have one."""
    dates: str | None = None
    """Order of day and month in which numeric dates were read: dmy, mdy, None where there are none."""
    decimal: str = "."
    first_day: date | None = None
    last_day: date | None = None
    """Days (UTC) of what happened in the file; None for what merely is."""
    days: int = 0
    """Different days on which something happened."""
    amounts: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    """Money by dataset and currency in currency units: orders placed, deals; for the report."""
    campaigns: int = 0
    """Different campaigns named."""
    notes: tuple[str, ...] = ()
    """Caveats for people."""


class Recognised(Protocol):
    """One file of a known layout, not yet read."""

    @property
    def path(self) -> Path: ...

    @property
    def name(self) -> str:
        """`hubspot/contacts`"""

    @property
    def source(self) -> str: ...

    @property
    def datasets(self) -> tuple[str, ...]: ...

    def read(
        self, take: Take, set_aside: SetAside, progress: Progress | None = None, *, again: Corrections | None = None
    ) -> EntityTally:
        """Hand over all rows; with `again`, only those lines as corrected and what belongs to them.

        Raises UnreadableExport; then nothing that was handed over may be used.
        """
