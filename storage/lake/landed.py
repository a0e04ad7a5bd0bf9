"""Files as they came in, compressed and named by their content, to be read again under a later contract."""

import asyncio
import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from storage.lake.delta import for_polars, has, made, opened
from storage.lake.frames import Frames, pulled
from storage.lake.reach import reaching
from storage.records.record import Record, UtcDatetime

SCHEME = "landed://"
_PART = 4 * 1024 * 1024
"""Bytes in one row."""
_COLUMNS: dict[str, DataType | DataTypeClass] = {
    "sha256": pl.String,
    "part": pl.Int64,
    "name": pl.String,
    "tokens": pl.Boolean,
    "size": pl.Int64,  # of this part
    "content": pl.Binary,
    "landed_at": pl.Datetime("us", "UTC"),
}
_SCHEMA = pl.Schema(_COLUMNS)


class LandedFile(Record):
    sha256: str
    """Of the file as it came, also where the copy holds tokens."""
    name: str
    tokens: bool
    """Whether personal cells were replaced by tokens; the copy is then a CSV of the cells, not the same bytes."""
    bytes: int
    landed_at: UtcDatetime


class NotLanded(LookupError):
    """Raised for content that the lake holds no copy of."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"the lake holds no copy of the file {sha256[:12]}")
        self.sha256 = sha256


class ContentChanged(ValueError):
    """Raised when bytes are not those that their name promises; nothing was kept."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"the content is not that of {sha256[:12]}: it was changed meanwhile")
        self.sha256 = sha256


class LandedFiles:
    """Keeps one copy of every file that landed; a copy is one commit, so there is no half of one."""

    def __init__(self, uri: str, *, options: dict[str, str] | None = None) -> None:
        self.uri = uri
        self._options = options
        self._writing = asyncio.Lock()

    async def keep(self, path: Path, sha256: str, *, now: datetime) -> str:
        """Keep a file that holds no personal data, byte by byte, and give its `landed://` address.

        Content that is kept already changes nothing. Raises ContentChanged.
        """
        async with self._writing:
            await asyncio.to_thread(self._keep, _parts_of(path, sha256), sha256, path.name, False, now)
        return SCHEME + sha256

    async def keep_cells(self, frames: Frames, sha256: str, *, name: str, now: datetime) -> str:
        """Keep the cells of a file with personal data, as CSV under its headers, and give its address.

        Frames hold text, one column a header; the caller has replaced personal cells by tokens
        (`tx.vault.hide_columns`).
        """
        async with self._writing:
            parts = joined(_as_csv(pulled(frames)))
            await asyncio.to_thread(self._keep, parts, sha256, name, True, now)
        return SCHEME + sha256

    async def holds(self, address: str) -> bool:
        """Whether there is a copy; `address` is one, or the sha256 in it."""
        return await asyncio.to_thread(self._holds, address.removeprefix(SCHEME))

    async def restore(self, address: str, folder: Path) -> Path:
        """Write a copy below a folder, under the file's own name, to be read again.

        Raises NotLanded, and ContentChanged if the copy was tampered with.
        """
        return await asyncio.to_thread(self._restore, address.removeprefix(SCHEME), folder)

    async def all(self) -> tuple[LandedFile, ...]:
        """Every copy, oldest first."""
        return await asyncio.to_thread(self._all)

    @reaching
    def _keep(self, parts: Iterable[bytes], sha256: str, name: str, tokens: bool, now: datetime) -> None:
        from arro3.core import RecordBatchReader, Table
        from deltalake import ColumnProperties, CommitProperties, Transaction, WriterProperties, write_deltalake

        table = opened(self.uri, self._options)
        if table is not None and has(table, sha256):
            return
        rows = _Rows(parts, {"sha256": sha256, "name": name, "tokens": tokens, "landed_at": now.astimezone(UTC)})
        schema = Table.from_arrow(_SCHEMA.to_frame()).schema
        table = table or made(
            self.uri,
            _SCHEMA,
            self._options,
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
            partition_by=["sha256"],
        )
        try:
            write_deltalake(
                table,
                RecordBatchReader.from_batches(schema, rows.batches()),
                mode="append",
                # Small groups are written out as they fill: memory is bounded by a few parts. Without statistics
                # no piece of the content stands outside the compressed pages.
                writer_properties=WriterProperties(
                    compression="ZSTD",
                    max_row_group_size=4,
                    default_column_properties=ColumnProperties(statistics_enabled="NONE", dictionary_enabled=False),
                ),
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(sha256, 1)], custom_metadata={"landed": sha256}
                ),
            )
        except Exception:
            # The engine wraps what a part raised; a copy that another process made in the meantime is as good.
            if rows.error is not None:
                raise rows.error from None
            if not self._holds(sha256):
                raise

    @reaching
    def _holds(self, sha256: str) -> bool:
        table = opened(self.uri, self._options)
        return table is not None and has(table, sha256)

    @reaching
    def _restore(self, sha256: str, folder: Path) -> Path:
        scan = self._scan(sha256)
        parts = None if scan is None else scan.select("part", "name", "tokens").collect().sort("part")
        if scan is None or parts is None or parts.is_empty():
            raise NotLanded(sha256)
        folder.mkdir(parents=True, exist_ok=True)
        # The name was a person's: it must not lead out of the folder.
        target = folder / (Path(parts["name"][0]).name or sha256)
        hashed = hashlib.sha256()
        with target.open("wb") as file:
            for part in parts["part"]:
                content = scan.filter(pl.col("part") == part).select("content").collect().item()
                hashed.update(content)
                file.write(content)
        if not parts["tokens"][0] and hashed.hexdigest() != sha256:
            target.unlink()
            raise ContentChanged(sha256)
        return target

    @reaching
    def _all(self) -> tuple[LandedFile, ...]:
        scan = self._scan()
        if scan is None:
            return ()
        files = (
            scan.group_by("sha256")
            .agg(pl.col("name", "tokens", "landed_at").first(), pl.col("size").sum().alias("bytes"))
            .sort("landed_at", "sha256")
            .collect()
        )
        return tuple(LandedFile(**row) for row in files.iter_rows(named=True))

    def _scan(self, sha256: str | None = None) -> pl.LazyFrame | None:
        table = opened(self.uri, self._options)
        if table is None:
            return None
        rows = pl.scan_delta(table, storage_options=for_polars(self._options))
        return rows if sha256 is None else rows.filter(pl.col("sha256") == sha256)


class _Rows:
    """Parts of a file as rows, one a batch."""

    def __init__(self, parts: Iterable[bytes], said: dict[str, Any]) -> None:
        self._parts = parts
        self._said = said
        self.error: Exception | None = None

    def batches(self) -> Iterator[Any]:
        from arro3.core import Table

        try:
            for number, part in enumerate(self._parts):
                row = {**self._said, "part": number, "size": len(part), "content": part}
                yield from Table.from_arrow(pl.DataFrame([row], schema=_SCHEMA)).to_batches()
        except Exception as error:
            self.error = error
            raise


def _parts_of(path: Path, sha256: str) -> Iterator[bytes]:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART):
            hashed.update(part)
            yield part
    if hashed.hexdigest() != sha256:
        raise ContentChanged(sha256)


def _as_csv(frames: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    for number, frame in enumerate(frames):
        text = io.BytesIO()
        frame.write_csv(text, include_header=number == 0)
        yield text.getvalue()


def joined(pieces: Iterable[bytes], *, size: int = _PART) -> Iterator[bytes]:
    """The same bytes in parts of the size that a row holds."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
