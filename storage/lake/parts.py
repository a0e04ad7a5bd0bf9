"""Facts as files of the table itself, written while their source is still being read: to land them is to move them.

The rows of a large file are so written once, not three times. What makes that safe is what makes any load safe: a file
in the table's folder is no part of the table before a commit names it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl

from storage.lake.facts import FACTS, REPORTED, check_facts

_PATTERN = "facts-*.parquet"
_TEXTS = frozenset(name for name, kind in FACTS.items() if kind == pl.String)


@dataclass(frozen=True)
class Stamp:
    """What every row of a load says of the load."""

    load_id: str
    known_at: datetime
    """Aware."""


@dataclass
class PartWriter:
    """Writes checked facts below a folder, a file a frame."""

    folder: Path
    stamp: Stamp
    _count: int = 0

    def take(self, frame: pl.DataFrame) -> None:
        """Add a frame in the columns of REPORTED. Raises ContractBroken."""
        check_facts(frame, self.stamp.load_id, categories=True)
        # A column without any value is left out: a table reads it as null.
        nulls = frame.null_count().row(0, named=True)
        told = [name for name in REPORTED if nulls[name] < frame.height]
        stamped = frame.select(
            # The writer finds out by itself that texts come again, but takes ten times as long over empty ones.
            *(pl.col(name).cast(pl.Categorical) if name in _TEXTS else pl.col(name) for name in told),
            load_id=pl.lit(self.stamp.load_id).cast(pl.Categorical),
            known_at=pl.lit(self.stamp.known_at.astimezone(UTC)).cast(FACTS["known_at"]),
        )
        name = _PATTERN.replace("*", f"{self._count:06d}")
        stamped.write_parquet(self.folder / name, compression="zstd", compression_level=1)
        self._count += 1


@dataclass(frozen=True)
class Parts:
    """The facts of one load, waiting in a folder of the same disk as the lake."""

    folder: Path
    stamp: Stamp

    @property
    def files(self) -> tuple[Path, ...]:
        """In the order of the rows; none once they were adopted."""
        return tuple(sorted(self.folder.glob(_PATTERN)))

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows in the columns of REPORTED, a file at a time."""
        for file in self.files:
            found = pl.read_parquet(file)
            yield found.select(
                pl.col(name).cast(kind) if name in found.columns else pl.lit(None, dtype=kind).alias(name)
                for name, kind in REPORTED.items()
            )


def planned(parts: Parts, table: Path) -> list[tuple[Path, Path]]:
    """Where each file is, and under which name it will be one of a table's folder."""
    return [(file, table / f"part-{number:05d}-{uuid4()}.zstd.parquet") for number, file in enumerate(parts.files)]


def moved(targets: Iterable[tuple[Path, Path]]) -> list[Any]:
    """Move the files, and give what a commit says of each."""
    from deltalake.transaction import AddAction

    pairs = list(targets)
    # A file that cannot be read stops the load before any of them is moved.
    counts = pl.collect_all([pl.scan_parquet(file).select(pl.len()) for file, _ in pairs])
    actions = []
    for (file, target), count in zip(pairs, counts, strict=True):
        # Its age is that of its being there: what no commit names is removed a day later.
        file.touch()
        status = file.replace(target).stat()
        stats = json.dumps({"numRecords": count.item()})
        actions.append(AddAction(target.name, status.st_size, {}, int(status.st_mtime * 1000), True, stats))
    return actions
