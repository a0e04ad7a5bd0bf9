"""One versioned table: a load is one commit, every version stays readable, and columns are only ever added."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from storage.lake.checked import CheckedBatches
from storage.lake.delta import ROWS, for_polars, has, made, opened, said_of, version_of
from storage.lake.history import Compaction, Retention, SchemaVersion, TableVersion
from storage.lake.leftovers import cleared, names_of, vacuumed
from storage.lake.merging import turn
from storage.lake.parts import Parts, moved, planned
from storage.lake.reach import reach, reaching

_KEEP_HISTORY = {
    # By default old versions become unreadable after 30 days; a decision cites them for as long as it exists.
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
Fit = Callable[[pl.DataFrame, str], pl.DataFrame]
"""Holds a frame of the load with this id against the contract; raises ContractBroken."""


class VersionUnknown(LookupError):
    """Raised for a version that the table never had, or that retention removed."""

    def __init__(self, dataset: str, version: int, newest: int | None) -> None:
        has = "is empty" if newest is None else f"has versions 0 to {newest}, without those that retention removed"
        super().__init__(f"{dataset} cannot be read as of version {version}: it {has}")
        self.dataset = dataset
        self.version = version


class VersionedTable:
    """A Delta table of one dataset; everything here blocks."""

    def __init__(
        self,
        uri: str,
        schema: pl.Schema,
        *,
        options: dict[str, str] | None,
        compact_above: int,
        local: Path,
        fit: Fit,
    ) -> None:
        """`schema` with `load_id` and `known_at`, which are added to what `fit` gives; `local`: see Lake."""
        self.uri = uri
        self.dataset = uri.rsplit("/", 1)[-1]
        self.schema = schema
        self._options = options
        self._compact_above = compact_above
        self._merging = local / f"{self.dataset}.merging"
        self._fit = fit

    @reaching
    def append(self, frames: Iterable[pl.DataFrame], load_id: str, known_at: datetime) -> int:
        """Add all frames as one commit and give the version that holds them; a known load changes nothing.

        Raises ContractBroken, or what the iterable raises; in both cases nothing was added.
        """
        from arro3.core import RecordBatchReader, Table
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        table = self.open() or self._create()
        if has(table, load_id):
            return version_of(table, load_id)
        table = self._with_new_columns(table)
        checked = CheckedBatches(frames, lambda frame: self._complete(frame, load_id, known_at))
        schema = Table.from_arrow(self.schema.to_frame()).schema
        try:
            write_deltalake(
                table,
                RecordBatchReader.from_batches(schema, checked.batches()),
                mode="append",
                # One file a load where possible: files are pruned by day, and small ones are merged later.
                commit_properties=said_of(load_id),
            )
        except CommitFailedError:
            table = self.open()
            if table is None or not has(table, load_id):
                raise
        except Exception:
            # The engine wraps what the iterable raised in an error of its own: the cause is the real message.
            if checked.error is not None:
                raise checked.error from None
            raise
        return self._landed(load_id)

    @reaching
    def adopt(self, parts: Parts) -> int:
        """Make files that were written for this table part of it, as one commit; a known load changes nothing.

        Gives the version that holds them. The files are moved if the table is a folder, and read where it is not.
        Raises what the engine raises; then nothing was added.
        """
        from deltalake.exceptions import CommitFailedError

        stamp = parts.stamp
        if self._remote:
            return self.append(parts.frames(), stamp.load_id, stamp.known_at)
        table = self.open() or self._create()
        if has(table, stamp.load_id):
            return version_of(table, stamp.load_id)
        table = self._with_new_columns(table)
        targets = planned(parts, Path(self.uri))
        try:
            actions = moved(targets)
            table.create_write_transaction(
                actions, "append", table.schema(), commit_properties=said_of(stamp.load_id, actions)
            )
        except Exception as error:
            # The engine may also break after its commit was written: then the files are the table's.
            fresh = self.open()
            named = names_of(fresh)
            for _, file in targets:
                if file.name not in named:
                    file.unlink(missing_ok=True)
            known = isinstance(error, CommitFailedError) and has(fresh, stamp.load_id)
            if not known:
                raise
        return self._landed(stamp.load_id)

    def _landed(self, load_id: str) -> int:
        """The version that holds a load which was just committed; many small files are merged."""
        fresh = self.open()
        version = version_of(fresh, load_id)
        if len(fresh.file_uris()) > self._compact_above:
            self._compact()
        return version

    @contextlib.contextmanager
    def reading(self, version: int | None) -> Iterator[pl.LazyFrame | None]:
        """The rows, to be collected inside; a version whose files retention removed raises VersionUnknown there."""
        with reach(self.uri):
            try:
                yield self._scan(version)
            except (FileNotFoundError, pl.exceptions.ComputeError) as error:
                if version is None:
                    raise
                raise VersionUnknown(self.dataset, version, self.version()) from error

    @reaching
    def open(self, version: int | None = None) -> Any:
        """The table as it is, or was at a version; None while there is none. Raises VersionUnknown."""
        from deltalake.exceptions import DeltaError

        table = opened(self.uri, self._options)
        if version is None:
            return table
        if table is None:
            raise VersionUnknown(self.dataset, version, None)
        newest = int(table.version())
        if not 0 <= version <= newest:
            raise VersionUnknown(self.dataset, version, newest)
        try:
            table.load_as_version(version)
        except DeltaError as error:
            raise VersionUnknown(self.dataset, version, newest) from error
        return table

    def version(self) -> int | None:
        """The newest version, None while there is no table."""
        table = self.open()
        return None if table is None else int(table.version())

    def holds(self, load_id: str) -> bool:
        """Whether the rows of this load are in the table, registered or not."""
        table = self.open()
        return table is not None and has(table, load_id)

    @reaching
    def versions(self, limit: int | None = None) -> tuple[TableVersion, ...]:
        """What was done to the table, newest first."""
        table = self.open()
        return () if table is None else tuple(_told(commit) for commit in table.history(limit))

    def schema_history(self) -> tuple[SchemaVersion, ...]:
        """Which columns there were from which version on, oldest first; columns are only ever added."""
        changes = [one for one in reversed(self.versions()) if one.version == 0 or one.operation == "ADD COLUMN"]
        told: list[SchemaVersion] = []
        for change in changes:
            columns = _columns(self.open(change.version))
            before = told[-1].columns if told else {}
            added = tuple(name for name in columns if name not in before)
            told.append(SchemaVersion(version=change.version, at=change.at, columns=columns, added=added))
        return tuple(told)

    @reaching
    def compact(self) -> Compaction:
        """Merge small files; no version becomes unreadable by it."""
        table = self.open()
        if table is None:
            return Compaction(dataset=self.dataset, files_before=0, files_after=0)
        before = len(table.file_uris())
        self._compact()
        return Compaction(dataset=self.dataset, files_before=before, files_after=len(self.open().file_uris()))

    @reaching
    def retain(self, keep: Sequence[int], *, older_than: timedelta, delete: bool) -> Retention:
        """Remove files that only versions replaced longer ago than that need, except for the versions to `keep`.

        Only merging replaces files, so rows are never lost: what goes is the reading of old versions one by one.
        Without `delete` it only tells what it would remove.
        """
        table = self.open()
        if table is None:
            return Retention(dataset=self.dataset, kept=(), files=(), deleted=False)
        kept = sorted({version for version in keep if 0 <= version <= int(table.version())})
        files = table.vacuum(
            retention_hours=int(older_than.total_seconds() // 3600),
            dry_run=not delete,
            enforce_retention_duration=False,
            keep_versions=kept or None,
        )
        return Retention(dataset=self.dataset, kept=tuple(kept), files=tuple(files), deleted=delete)

    @reaching
    def tidy(self, before: datetime) -> int:
        """Remove files that no version ever named, left by killed processes before the moment; gives how many."""
        table = self.open()
        if table is None:
            return 0
        return vacuumed(table, before) if self._remote else cleared(Path(self.uri), table, before)

    def _scan(self, version: int | None) -> pl.LazyFrame | None:
        """The table's rows, of all loads, registered or not; None while there is no table."""
        table = self.open(version)
        return None if table is None else self._rows(table)

    def _rows(self, table: Any) -> pl.LazyFrame:
        """Files from before a column was added hold none: it reads as null.

        Local files are named to polars as they are on disk: it would take "%20" literally.
        """
        uris = table.file_uris()
        if not uris:
            return self.schema.to_frame().lazy()
        paths = uris if self._remote else [unquote(uri.removeprefix("file://")) for uri in uris]
        return pl.scan_parquet(
            paths,
            schema=dict(self.schema),
            glob=False,
            missing_columns="insert",
            storage_options=for_polars(self._options) if self._remote else None,
            # Files that were adopted hold their texts as a dictionary.
            cast_options=pl.ScanCastOptions(categorical_to_string="allow"),
        )

    @property
    def _remote(self) -> bool:
        """Whether the table lies in an object store."""
        return "://" in self.uri

    def _create(self) -> Any:
        return made(self.uri, self.schema, self._options, configuration=_KEEP_HISTORY)

    def _with_new_columns(self, table: Any) -> Any:
        """A table from an earlier version of the contract gets the columns that came since, as one commit."""
        from arro3.core import Table
        from deltalake import Schema
        from deltalake.exceptions import CommitFailedError

        missing = {name: kind for name, kind in self.schema.items() if name not in _columns(table)}
        if not missing:
            return table
        fields = Schema.from_arrow(Table.from_arrow(pl.DataFrame(schema=missing)).schema).fields
        with contextlib.suppress(CommitFailedError):  # another writer did it just now
            table.alter.add_columns(fields)
        return self.open()

    def _complete(self, frame: pl.DataFrame, load_id: str, known_at: datetime) -> pl.DataFrame:
        stamped = self._fit(frame, load_id).with_columns(
            load_id=pl.lit(load_id), known_at=pl.lit(known_at.astimezone(UTC)).cast(self.schema["known_at"])
        )
        return stamped.select(self.schema.names())

    def _compact(self) -> None:
        from deltalake.exceptions import CommitFailedError

        # Another writer may come between; the next append tries again.
        with turn(self._merging) as ours, contextlib.suppress(CommitFailedError):
            if ours:
                self.open().optimize.compact()


def _columns(table: Any) -> dict[str, str]:
    return {field.name: str(field.type.type) for field in table.schema().fields}


def _told(commit: dict[str, Any]) -> TableVersion:
    metrics = commit.get("operationMetrics") or {}
    rows = metrics.get(ROWS, commit.get(ROWS))
    return TableVersion(
        version=int(commit["version"]),
        at=datetime.fromtimestamp(commit["timestamp"] / 1000, UTC),
        operation=commit.get("operation", ""),
        load_id=commit.get("load_id"),
        rows=None if rows is None else int(rows),
    )
