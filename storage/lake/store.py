"""The lake: daily facts and business objects as they were reported, every version kept, read as of any moment."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from storage.contracts.entities import BY_DATASET
from storage.facts_once import counted_once, within
from storage.lake.dataset import Dataset
from storage.lake.facts import FACTS, checked_facts
from storage.lake.frames import Frames, pulled
from storage.lake.history import Compaction, Retention, SchemaVersion, TableVersion
from storage.lake.landed import LandedFiles
from storage.lake.merging import folder_for
from storage.lake.parts import Parts
from storage.lake.table import VersionedTable
from storage.records.facts import Load

DATASETS = ("facts", *BY_DATASET)
"""Everything the lake can hold, by name."""


class Lake:
    """The tables below a folder or an object-store URL: `facts` here, every other dataset by `dataset`.

    A load becomes readable only by being named in `read`: the caller keeps the list of committed loads in the
    database, so a crash between `append` and that registration leaves nothing that anyone can see.
    """

    def __init__(
        self,
        uri: str,
        *,
        storage_options: dict[str, str] | None = None,
        compact_above: int = 64,
        local: Path | None = None,
    ) -> None:
        """`compact_above` so many files the small ones of a table are merged; old versions stay readable.

        `local`: where a lake in an object store keeps what belongs on this machine; all who write to it name the same.
        """
        self.uri = uri.rstrip("/")
        self.local = local if local is not None and "://" in self.uri else folder_for(self.uri)
        """Frames on their way into the lake, and whose turn it is to merge; a lake in a folder has them there."""
        self._facts = VersionedTable(
            f"{self.uri}/facts",
            FACTS,
            options=storage_options,
            compact_above=compact_above,
            local=self.local,
            fit=checked_facts,
        )
        self._datasets = {
            name: Dataset(
                f"{self.uri}/{name}", entity, local=self.local, options=storage_options, compact_above=compact_above
            )
            for name, entity in BY_DATASET.items()
        }
        self.landed = LandedFiles(f"{self.uri}/landed", options=storage_options)
        """What came in, as it came."""
        self._writing = asyncio.Lock()

    @property
    def staging(self) -> Path:
        """A local folder for frames that are parsed but not yet appended; not part of the table."""
        return self.local / "staging"

    def dataset(self, name: str) -> Dataset:
        """A dataset other than facts, by the name of its contract. Raises KeyError for one that no contract names."""
        if name not in self._datasets:
            raise KeyError(f"the lake has no dataset {name}; there are {', '.join(self._datasets)}")
        return self._datasets[name]

    async def append(self, frames: Frames, load_id: str, known_at: datetime) -> int:
        """Add all frames of facts as one commit and give the table's version that holds them.

        Frames have the columns of REPORTED and are pulled one at a time, so memory is bounded by the largest
        of them; the iterable must not use the lake itself. A load id that is in the table already changes
        nothing. `known_at` is aware.
        Raises ContractBroken, or what the iterable raises; in both cases nothing was added.
        """
        async with self._writing:
            return await asyncio.to_thread(self._facts.append, pulled(frames), load_id, known_at)

    async def adopt(self, parts: Parts) -> int:
        """Add facts that were written as files of the table, as one commit; gives the version that holds them.

        The files are gone from where they were. A load id that is in the table already changes nothing.
        """
        async with self._writing:
            return await asyncio.to_thread(self._facts.adopt, parts)

    async def read(
        self,
        loads: Sequence[Load],
        first: date,
        last: date,
        *,
        simulated: bool,
        where: Mapping[str, str | Sequence[str]] | None = None,
        columns: Sequence[str] | None = None,
        touching: bool = False,
        every_version: bool = False,
        as_of: datetime | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        """Facts of these loads on the days first to last, inclusive, each thing counted once.

        `loads` are the committed ones that were known at the moment asked for, oldest first: where two say
        the same thing, the later one wins, unless `every_version` is asked for. Of several grains for the same
        source, account and day only the coarsest is given. A row that covers a period is given if the whole
        period lies in the window and no daily rows tell of the same campaign inside it; with `touching`, rows
        of periods that reach out of the window are given too, for the caller to name: they must not be summed.
        `where` compares columns of FACTS with a value or several. With `as_of`, loads that became known later are
        left out; with `version`, the table is read as it was then. Raises VersionUnknown.
        """
        counted = [load for load in loads if as_of is None or load.known_at <= as_of]
        return await asyncio.to_thread(
            self._read, counted, (first, last), simulated, where or {}, columns, touching, every_version, version
        )

    async def version(self, dataset: str = "facts") -> int | None:
        """The newest version of a table, None while there is none."""
        return await asyncio.to_thread(self._table(dataset).version)

    async def holds(self, load_id: str, dataset: str = "facts") -> bool:
        """Whether a table has the rows of this load, registered or not."""
        return await asyncio.to_thread(self._table(dataset).holds, load_id)

    async def versions(self, dataset: str, *, limit: int | None = None) -> tuple[TableVersion, ...]:
        """What was done to a table, newest first."""
        return await asyncio.to_thread(self._table(dataset).versions, limit)

    async def schema_history(self, dataset: str) -> tuple[SchemaVersion, ...]:
        """Which columns a table had from which version on, oldest first."""
        return await asyncio.to_thread(self._table(dataset).schema_history)

    async def compact(self, dataset: str) -> Compaction:
        """Merge a table's small files; no version becomes unreadable by it."""
        return await asyncio.to_thread(self._table(dataset).compact)

    async def retain(
        self, dataset: str, cited: Sequence[int], *, older_than: timedelta, delete: bool = False
    ) -> Retention:
        """Remove files that merging replaced longer ago than that, but none that a cited version needs."""
        return await asyncio.to_thread(self._table(dataset).retain, cited, older_than=older_than, delete=delete)

    async def tidy(self, before: datetime) -> int:
        """Remove files of the tables that no version ever named, left by killed processes before then; how many."""
        tables = (self._facts, *(one.table for one in self._datasets.values()))
        return sum([await asyncio.to_thread(table.tidy, before) for table in tables])

    def _table(self, dataset: str) -> VersionedTable:
        return self._facts if dataset == "facts" else self.dataset(dataset).table

    def _read(
        self,
        loads: Sequence[Load],
        window: tuple[date, date],
        simulated: bool,
        where: Mapping[str, str | Sequence[str]],
        columns: Sequence[str] | None,
        touching: bool,
        every_version: bool,
        version: int | None,
    ) -> pl.DataFrame:
        wanted = list(columns or FACTS.names())
        if unknown := sorted({*wanted, *where} - set(FACTS.names())):
            raise KeyError(f"facts have no column {', '.join(unknown)}; there are {', '.join(FACTS.names())}")
        needed = {*wanted, *where}
        with self._facts.reading(version) as scan:
            if scan is None or not loads:
                return FACTS.to_frame().select(wanted)
            rows = _counted(scan, [load.id for load in loads], window, simulated, needed, touching, every_version)
        for column, value in where.items():
            rows = rows.filter(pl.col(column).is_in([value] if isinstance(value, str) else list(value)))
        return rows.select(wanted)


def _counted(
    scan: pl.LazyFrame,
    load_ids: list[str],
    window: tuple[date, date],
    simulated: bool,
    needed: set[str],
    touching: bool,
    every_version: bool,
) -> pl.DataFrame:
    scan = scan.filter(
        pl.col("day") <= window[1],
        pl.col("last_day") >= window[0],
        pl.col("simulated") == simulated,
        pl.col("load_id").is_in(load_ids),
    )
    rows = counted_once(scan.filter(within(*window)), load_ids, needed, every_version=every_version)
    if not touching:
        return rows
    outside = counted_once(scan.filter(~within(*window)), load_ids, needed, every_version=every_version)
    return pl.concat([rows, outside])
