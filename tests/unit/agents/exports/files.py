"""Writes and reads files for the tests of the importer."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from agents.sources.exports.export import Export, read_export
from agents.sources.text.unreadable import UnreadableExport

SAMPLES = Path(__file__).parent / "samples"
TODAY = date(2026, 3, 1)


def sample(name: str, **declared: Any) -> Export:
    return read_export(SAMPLES / name, today=TODAY, **declared)


def written(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def google(*rows: str, columns: str = "Campaign,Day,Currency code,Impr.,Clicks,Cost") -> str:
    return "\n".join(("Campaign report", '"July 1, 2025 - July 31, 2025"', columns, *rows, ""))


def rows_of(export: Export) -> list[dict[str, Any]]:
    return facts_of(export).rows(named=True)


def facts_of(export: Export) -> pl.DataFrame:
    return pl.concat(export.frames)


def column(export: Export, name: str) -> list[Any]:
    return facts_of(export)[name].to_list()


def dropped(export: Export) -> dict[int, str]:
    return {row.line: row.reason for row in export.report.rows_dropped}


def no_difference(export: Export, *names: str) -> bool:
    """The file's total row was found, has these numbers and agrees in every one."""
    difference = export.report.total_row_difference
    return difference is not None and set(difference) == set(names) and not any(difference.values())


def refusal(path: Path, **declared: Any) -> UnreadableExport:
    try:
        read_export(path, **declared)
    except UnreadableExport as error:
        return error
    raise AssertionError(f"{path} was read")


def micros(amounts: Iterable[str]) -> list[int]:
    return [int(Decimal(amount) * 1_000_000) for amount in amounts]
