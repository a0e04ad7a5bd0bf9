"""The cells of a delimited file under its own headers, as they stood: what is kept of a file that tells of people."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from agents.sources.exports.report import ExportReport
from agents.sources.text.rows import LINE, blocks, column
from agents.sources.text.sniff import Table, examine, find_header
from agents.sources.text.unreadable import UnreadableExport

__all__ = ["LINE", "cells_of"]


def cells_of(path: Path, report: ExportReport) -> Iterator[pl.DataFrame] | None:
    """Frames of text, one column a header and `line`; None for what is no table of text, such as JSON. Blocks."""
    names = {one.name for one in report.columns}
    try:
        found = find_header(examine(path), lambda cells: sum(cell.strip() in names for cell in cells))
    except UnreadableExport:
        return None
    if found is None or found[0] < len(names) or LINE in found[1].header:
        return None
    return _named(found[1])


def _named(table: Table) -> Iterator[pl.DataFrame]:
    for block in blocks(table):
        yield block.rename(dict(zip(map(column, range(len(table.header))), _once(table.header), strict=True)))


def _once(header: tuple[str, ...]) -> list[str]:
    """Headers that stand twice are told apart."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
