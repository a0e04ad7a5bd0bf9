"""One dataset of business objects: a contract's rows, every version kept, read as of any moment."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from storage.contracts.checks import FrameMisfit, check
from storage.contracts.columns import key_of, stored_schema_of
from storage.contracts.entity import Entity
from storage.lake.facts import ContractBroken
from storage.lake.frames import Frames, pulled
from storage.lake.table import VersionedTable
from storage.records.facts import Load

_RANK = "_rank"


class Dataset:
    """The rows of one entity. A load becomes readable only by being named in `read`, as for facts."""

    def __init__(
        self,
        uri: str,
        entity: type[Entity],
        *,
        local: Path,
        options: dict[str, str] | None = None,
        compact_above: int = 64,
    ) -> None:
        """`local`: see Lake."""
        self.entity = entity
        self.table = VersionedTable(
            uri, stored_schema_of(entity), options=options, compact_above=compact_above, local=local, fit=self._fit
        )
        self._writing = asyncio.Lock()

    async def append(self, frames: Frames, load_id: str, known_at: datetime) -> int:
        """Add all frames as one commit and give the table's version that holds them.

        Frames have columns of the contract; optional ones may be missing. They are pulled one at a time, from
        an asynchronous source on this loop. A load id that is in the table already changes nothing.
        Raises ContractBroken, or what the source raises; in both cases nothing was added.
        """
        async with self._writing:
            return await asyncio.to_thread(self.table.append, pulled(frames), load_id, known_at)

    async def read(
        self,
        loads: Sequence[Load],
        *,
        simulated: bool,
        since: datetime | None = None,
        until: datetime | None = None,
        where: Mapping[str, str | Sequence[str]] | None = None,
        columns: Sequence[str] | None = None,
        as_of: datetime | None = None,
        version: int | None = None,
        every_version: bool = False,
    ) -> pl.DataFrame:
        """The rows of these loads as the newest of them tells each, by its key.

        `loads` are committed ones, oldest first: `tx.loads.known(simulated=…, as_of=…)`. With `as_of` those that
        became known later are left out; with `version` the table is read as it was then. `since` (inclusive) and
        `until` (exclusive) bound what the contract calls `happened`; rows that do not say when it happened are
        given without bounds only. `where` compares text columns with a value or several. With `every_version` a
        row stays beside those that restate it.
        Raises KeyError for an unknown column, VersionUnknown.
        """
        counted = [load for load in loads if as_of is None or load.known_at <= as_of]
        return await asyncio.to_thread(
            self._read, counted, simulated, (since, until), where or {}, columns, version, every_version
        )

    async def version(self) -> int | None:
        """The newest version of the table, None while there is none."""
        return await asyncio.to_thread(self.table.version)

    async def holds(self, load_id: str) -> bool:
        """Whether the table has the rows of this load, registered or not."""
        return await asyncio.to_thread(self.table.holds, load_id)

    def _fit(self, frame: pl.DataFrame, load_id: str) -> pl.DataFrame:
        try:
            good, broken = check(frame, self.entity)
        except FrameMisfit as misfit:
            raise ContractBroken(load_id, misfit.problems, dataset=self.entity.dataset) from misfit
        if broken.height:
            reasons = broken["reason"].value_counts(sort=True).head(5).iter_rows()
            problems = [f"{reason} in {count} rows" for reason, count in reasons]
            raise ContractBroken(load_id, problems, dataset=self.entity.dataset)
        return good

    def _read(
        self,
        loads: Sequence[Load],
        simulated: bool,
        window: tuple[datetime | None, datetime | None],
        where: Mapping[str, str | Sequence[str]],
        columns: Sequence[str] | None,
        version: int | None,
        every_version: bool,
    ) -> pl.DataFrame:
        schema = self.table.schema
        wanted = list(columns or schema.names())
        if unknown := sorted({*wanted, *where} - set(schema.names())):
            name = self.entity.dataset
            raise KeyError(f"{name} has no column {', '.join(unknown)}; there are {', '.join(schema.names())}")
        needed = {*wanted, *where, *self._telling(window)}
        with self.table.reading(version) as scan:
            if scan is None or not loads:
                return schema.to_frame().select(wanted)
            rows = self._newest(scan, [load.id for load in loads], simulated, needed, every_version)
        return self._narrowed(rows, window, where).select(wanted)

    def _telling(self, window: tuple[datetime | None, datetime | None]) -> set[str]:
        """Columns that are read whatever was asked for."""
        told = {*key_of(self.entity), "load_id", "line"}
        if window != (None, None):
            if self.entity.happened is None:
                raise KeyError(f"{self.entity.dataset} does not happen: it cannot be read between two moments")
            told.add(self.entity.happened)
        return told | ({"updated_at"} & set(self.table.schema.names()))

    def _newest(
        self, scan: pl.LazyFrame, load_ids: list[str], simulated: bool, needed: set[str], every_version: bool
    ) -> pl.DataFrame:
        """Of rows with one key, the one of the newest load; of one load, the one changed last, else the last in it."""
        order = {load_id: rank for rank, load_id in enumerate(load_ids)}
        rows = scan.filter(pl.col("simulated") == simulated, pl.col("load_id").is_in(load_ids)).select(sorted(needed))
        if every_version:
            return rows.collect()
        rank = pl.col("load_id").replace_strict(order, return_dtype=pl.UInt32).alias(_RANK)
        by = [_RANK, *(["updated_at"] if "updated_at" in needed else []), "line"]
        ranked = rows.with_columns(rank).sort(by, nulls_last=False, maintain_order=True)
        return ranked.unique(key_of(self.entity), keep="last", maintain_order=True).drop(_RANK).collect()

    def _narrowed(
        self,
        rows: pl.DataFrame,
        window: tuple[datetime | None, datetime | None],
        where: Mapping[str, str | Sequence[str]],
    ) -> pl.DataFrame:
        """Bounds and conditions hold for the newest word on each thing, not for words that it took back."""
        since, until = window
        happened = pl.col(self.entity.happened or "")
        if since is not None:
            rows = rows.filter(happened >= since)
        if until is not None:
            rows = rows.filter(happened < until)
        for column, value in where.items():
            rows = rows.filter(pl.col(column).is_in([value] if isinstance(value, str) else list(value)))
        return rows
