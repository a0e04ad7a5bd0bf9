"""Where the pieces of a file are put while it is read: a folder, or memory."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

import polars as pl

from storage.lake.parts import Parts, PartWriter, Stamp
from storage.records.facts import load_of_file
from storage.records.quarantine import Quarantined

FACTS = "facts"
"""The dataset of daily ad metrics; all others are named by the entities of storage.contracts."""
_SET_ASIDE = "quarantined.jsonl"
_FIRST = ".first"
_FEW = 1_000


class Pieces(Protocol):
    """Takes what one pass over a file gives, dataset by dataset."""

    def begin(self, fingerprint: Callable[[], str]) -> None:
        """Rows of facts follow, of a file with this fingerprint; what came before is forgotten.

        A file is read once more where it turns out to be written in another notation.
        """

    def take(self, dataset: str, frame: pl.DataFrame) -> None: ...

    def set_aside(self, row: Quarantined) -> None: ...


@dataclass
class Folder:
    """Pieces on disk, so that memory stays bounded."""

    path: Path
    known_at: datetime | None = None
    """When the rows will have become known, if they are to land as they are."""
    _stamp: Callable[[], Stamp] | None = field(default=None, init=False)
    _facts: PartWriter | None = field(default=None, init=False)
    _counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls, within: Path, *, known_at: datetime | None = None) -> Self:
        within.mkdir(parents=True, exist_ok=True)
        return cls(Path(tempfile.mkdtemp(prefix="export-", dir=within)), known_at)

    @property
    def parts(self) -> Parts | None:
        """Facts that are ready to be a part of their table."""
        return None if self._stamp is None else Parts(self.path, self._stamp())

    def begin(self, fingerprint: Callable[[], str]) -> None:
        for part in self.path.iterdir():
            part.unlink()
        self._counts.clear()
        self._facts = None
        if (known_at := self.known_at) is not None:
            self._stamp = lambda: Stamp(load_of_file(fingerprint()), known_at)

    def take(self, dataset: str, frame: pl.DataFrame) -> None:
        if dataset == FACTS and self._stamp is not None:
            # Only now the fingerprint has to be known: it takes about as long as the first rows.
            self._facts = self._facts or PartWriter(self.path, self._stamp())
            self._facts.take(frame)
            return
        count = self._counts.get(dataset, 0)
        self._counts[dataset] = count + 1
        _write(_plain(frame), self.path / f"{dataset}-{count:06d}.arrow")

    def set_aside(self, row: Quarantined) -> None:
        with (self.path / _SET_ASIDE).open("a", encoding="utf-8") as lines:
            lines.write(row.model_dump_json() + "\n")

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass
class Memory:
    """Pieces in memory."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)

    def begin(self, fingerprint: Callable[[], str]) -> None:  # noqa: ARG002 - in memory nothing is named
        self.frames.clear()
        self.quarantined.clear()

    def take(self, dataset: str, frame: pl.DataFrame) -> None:
        self.frames.setdefault(dataset, []).append(_plain(frame))

    def set_aside(self, row: Quarantined) -> None:
        self.quarantined.append(row)


def frames_in(folder: Path, dataset: str) -> Iterator[pl.DataFrame]:
    """The pieces of a dataset in their order."""
    for part in sorted(folder.glob(f"{dataset}-*.arrow")):
        yield _read(part)


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """With texts where there are categories."""
    return frame.cast({pl.Categorical: pl.String})


def _write(frame: pl.DataFrame, path: Path) -> None:
    """Arrow as it is in memory: these files live for seconds, and packing them would take longest of all.

    Columns that hold the same all along, such as the source, are told by the first row alone.
    """
    same = [column.name for column in frame if _is_same(column)] if frame.height > _FEW else []
    if same and len(same) < frame.width:
        frame.head(1).write_ipc(path.with_suffix(_FIRST), compression="uncompressed")
        frame = frame.drop(same)
    frame.write_ipc(path, compression="uncompressed")


def _read(path: Path) -> pl.DataFrame:
    frame = pl.scan_ipc(path).collect()
    beside = path.with_suffix(_FIRST)
    if not beside.exists():
        return frame
    first = pl.read_ipc(beside)
    return frame.select(
        name if name in frame.columns else pl.lit(first[name][0], dtype=kind).alias(name)
        for name, kind in first.schema.items()
    )


def _is_same(column: pl.Series) -> bool:
    if column.null_count() == column.len():
        return True
    if column.dtype not in (pl.String, pl.Boolean) or column.has_nulls() or column[0] != column[-1]:
        return False
    return bool((column == column[0]).all())


def quarantined_in(folder: Path) -> Iterator[Quarantined]:
    """The rows set aside, in the order of the file."""
    path = folder / _SET_ASIDE
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from (Quarantined.model_validate_json(line) for line in lines)
