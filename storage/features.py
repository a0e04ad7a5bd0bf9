"""Feature values in the lake, and the join that never looks ahead."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from storage.lake.merging import folder_for
from storage.lake.table import VersionedTable
from storage.records.features import FeatureRun

_MOMENT = pl.Datetime("us", "UTC")
NANO = 1_000_000_000
_COLUMNS: dict[str, DataType | DataTypeClass] = {
    "simulated": pl.Boolean,
    "feature": pl.String,
    "version": pl.Int64,
    "entity": pl.String,
    "day": pl.Date,  # the last day that the value counts
    "value_nano": pl.Int64,  # billionths; null where undefined or not known
}
VALUES = pl.Schema(_COLUMNS)
"""What a run hands in: one row a feature, thing and day."""
_KEY = ("feature", "version", "entity", "day")


class FeatureValues:
    """The table of values below the lake's folder or URL; rows count once their run is in the database."""

    def __init__(self, uri: str, *, storage_options: dict[str, str] | None = None, local: Path | None = None) -> None:
        """`local`: see Lake."""
        schema = pl.Schema({**_COLUMNS, "load_id": pl.String, "known_at": _MOMENT})
        self._table = VersionedTable(
            f"{uri.rstrip('/')}/features",
            schema,
            options=storage_options,
            compact_above=64,
            local=local or folder_for(uri),
            fit=_fitted,
        )
        self._writing = asyncio.Lock()

    async def append(self, values: pl.DataFrame, run_id: str, known_at: datetime) -> int:
        """Add the values of a run as one commit and give the table's version; a known run changes nothing."""
        async with self._writing:
            return await asyncio.to_thread(self._table.append, [values], run_id, known_at)

    async def read(
        self,
        runs: Sequence[FeatureRun],
        *,
        simulated: bool,
        first: date,
        last: date,
        features: Iterable[tuple[str, int]] | None = None,
    ) -> pl.DataFrame:
        """Columns of VALUES without `simulated`, and `known_at`: of each key the newest word of these runs."""
        return await asyncio.to_thread(self._read, runs, simulated, first, last, features)

    async def history(self, runs: Sequence[FeatureRun], *, simulated: bool, first: date, last: date) -> pl.DataFrame:
        """The same with every version of every value: what a point-in-time join is made over."""
        return await asyncio.to_thread(self._rows, runs, simulated, first, last)

    def _read(
        self,
        runs: Sequence[FeatureRun],
        simulated: bool,
        first: date,
        last: date,
        features: Iterable[tuple[str, int]] | None,
    ) -> pl.DataFrame:
        rows = self._rows(runs, simulated, first, last)
        if features is not None:
            wanted = pl.DataFrame(list(features), schema={"feature": pl.String, "version": pl.Int64}, orient="row")
            rows = rows.join(wanted, on=["feature", "version"], how="semi", maintain_order="left")
        return rows.unique(_KEY, keep="last", maintain_order=True)

    def _rows(self, runs: Sequence[FeatureRun], simulated: bool, first: date, last: date) -> pl.DataFrame:
        """Oldest run first."""
        names = [*(name for name in VALUES if name != "simulated"), "known_at"]
        order = {run.id: rank for rank, run in enumerate(runs)}
        rank = pl.col("load_id").replace_strict(order, return_dtype=pl.UInt32)
        wanted = (
            pl.col("simulated") == simulated,
            pl.col("day").is_between(first, last),
            pl.col("load_id").is_in(list(order)),
        )
        with self._table.reading(None) as scan:
            if scan is None or not runs:
                return self._table.schema.to_frame().select(names)
            return scan.filter(*wanted).with_columns(rank.alias("_rank")).collect().sort("_rank").select(names)


def point_in_time(labels: pl.DataFrame, values: pl.DataFrame, *, ttl: timedelta | None = None) -> pl.DataFrame:
    """Each label with the newest values that were usable at its moment; never one that became known later.

    `labels` have `entity` and `at`; `values` have `entity`, `event_at` (what the values are of), `known_at` (when
    they could be known) and the features, one a column. A value is usable from the later of its two moments; of
    several usable ones the newest event counts, in its newest wording. Older than `ttl` at the label's moment:
    null. Labels keep their order. The form of the join: reference of features, checked there by brute force.
    """
    own = [name for name in values.columns if name not in ("entity", "event_at", "known_at")]
    usable = (
        values.with_columns(pl.max_horizontal("event_at", "known_at").alias("_usable"))
        .sort("_usable", "event_at", "known_at")
        # What is about an earlier event than one already usable has been overtaken before it arrived.
        .filter(pl.col("event_at") >= pl.col("event_at").cum_max().over("entity"))
    )
    joined = (
        labels.with_row_index("_label")
        .sort("at")
        .join_asof(
            usable.select("entity", "_usable", "event_at", *own),
            left_on="at",
            right_on="_usable",
            by="entity",
            strategy="backward",
            check_sortedness=False,
        )
        .sort("_label")
        .drop("_label", "_usable", strict=False)
    )
    if ttl is not None:
        old = pl.col("at") - pl.col("event_at") > ttl
        joined = joined.with_columns(pl.when(old).then(None).otherwise(pl.col(name)).alias(name) for name in own)
    return joined.drop("event_at")


def _fitted(frame: pl.DataFrame, run_id: str) -> pl.DataFrame:
    assert frame.schema == VALUES, f"run {run_id} hands in {frame.schema}"
    return frame
