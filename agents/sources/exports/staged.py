"""Where the pieces of a file are put while it is read: a folder, or memory."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import polars as pl

from storage.records.quarantine import Quarantined

FACTS = "facts"
"""The dataset of daily ad metrics; all others are named by the entities of storage.contracts."""
_SET_ASIDE = "quarantined.jsonl"


class Pieces(Protocol):
    """Takes what one pass over a file gives, dataset by dataset."""

    def clear(self) -> None:
        """Forget everything: the file is read once more, in another notation."""

    def take(self, dataset: str, frame: pl.DataFrame) -> None: ...

    def set_aside(self, row: Quarantined) -> None: ...


@dataclass
class Folder:
    """Pieces on disk, so that memory stays bounded."""

    path: Path
    _counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls, within: Path) -> Self:
        within.mkdir(parents=True, exist_ok=True)
        return cls(Path(tempfile.mkdtemp(prefix="export-", dir=within)))

    def clear(self) -> None:
        for part in self.path.iterdir():
            part.unlink()
        self._counts.clear()

    def take(self, dataset: str, frame: pl.DataFrame) -> None:
        count = self._counts.get(dataset, 0)
        self._counts[dataset] = count + 1
        # Arrow rather than Parquet: these files live for seconds, and packing them would take longest of all.
        frame.write_ipc(self.path / f"{dataset}-{count:06d}.arrow", compression="lz4")

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

    def clear(self) -> None:
        self.frames.clear()
        self.quarantined.clear()

    def take(self, dataset: str, frame: pl.DataFrame) -> None:
        self.frames.setdefault(dataset, []).append(frame)

    def set_aside(self, row: Quarantined) -> None:
        self.quarantined.append(row)


def frames_in(folder: Path, dataset: str) -> Iterator[pl.DataFrame]:
    """The pieces of a dataset in their order."""
    for part in sorted(folder.glob(f"{dataset}-*.arrow")):
        yield pl.read_ipc(part)


def quarantined_in(folder: Path) -> Iterator[Quarantined]:
    """The rows set aside, in the order of the file."""
    path = folder / _SET_ASIDE
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from (Quarantined.model_validate_json(line) for line in lines)
