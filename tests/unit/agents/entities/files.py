"""Reads files of business objects for the tests."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from agents.sources.entities.recognise import recognise, recognise_path
from agents.sources.entities.recognised import EntityTally, Recognised
from agents.sources.text.days import Order
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import examine
from agents.sources.text.unreadable import UnreadableExport
from storage.records.quarantine import Quarantined

SAMPLES = Path(__file__).parent / "samples"
TODAY = date(2026, 3, 1)


class Got:
    """What reading one file came to."""

    def __init__(self) -> None:
        self.frames: dict[str, list[pl.DataFrame]] = {}
        self.quarantined: list[Quarantined] = []
        self.tally: EntityTally

    def take(self, dataset: str, frame: pl.DataFrame) -> None:
        self.frames.setdefault(dataset, []).append(frame)

    def frame(self, dataset: str) -> pl.DataFrame:
        return pl.concat(self.frames[dataset])

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        return self.frame(dataset).rows(named=True)

    def column(self, dataset: str, name: str) -> list[Any]:
        return self.frame(dataset)[name].to_list()

    def dropped(self) -> dict[int, str]:
        return {row.line: row.reason for row in self.tally.rows_dropped}

    def reasons(self) -> dict[int, str]:
        return {row.line: row.reason for row in self.quarantined}


def known(path: Path, **said: Any) -> Recognised:
    declared = Declared(
        today=said.pop("today", TODAY), dates=Order(said.pop("dates")) if "dates" in said else None, **said
    )
    other = recognise_path(path, declared)
    if other is not None:
        return other
    found = recognise(examine(path), declared)
    assert found is not None, f"nobody knows {path}"
    return found[1]


def got(file: Recognised) -> Got:
    into = Got()
    into.tally = file.read(into.take, into.quarantined.append)
    return into


def sample(name: str, **said: Any) -> Got:
    return got(known(SAMPLES / name, **said))


def written(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def refusal(path: Path, **said: Any) -> UnreadableExport:
    try:
        got(known(path, **said))
    except UnreadableExport as error:
        return error
    raise AssertionError(f"{path} was read")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
