"""The cells of a file under its own headers, as they stood: what is kept of a file that tells of people."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import polars as pl

from agents.sources.entities.json_rows import is_json, open_json
from agents.sources.entities.tables import blocks_of
from agents.sources.entities.wordpress import LAYOUT as WXR
from agents.sources.entities.wordpress import read_cells
from agents.sources.exports.report import ExportReport
from agents.sources.text.rows import LINE, column
from agents.sources.text.sniff import examine, find_header
from agents.sources.text.unreadable import UnreadableExport

__all__ = ["LINE", "cells_of", "tells_more_of_people"]
_HEAD = 1 << 10


def tells_more_of_people(report: ExportReport) -> bool:
    """Whether a file of this kind holds persons' data beside what is read of it, so that it is not kept as it came."""
    return report.layout == WXR.name


def cells_of(path: Path, report: ExportReport) -> Iterator[pl.DataFrame] | None:
    """Frames of text, one column a header and `line`; None for a file in which no cells can be told. Blocks.

    Of JSON the fields that its first objects have, nested ones with dots; of a WordPress export what is read of it.
    """
    try:
        if tells_more_of_people(report):
            return _begun(read_cells(path))
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if is_json(head):
            rows = open_json(path)
            return None if LINE in rows.header else _begun(_named(rows.blocks(), rows.header))
        names = {one.name for one in report.columns}
        found = find_header(examine(path), lambda cells: sum(cell.strip() in names for cell in cells))
    except UnreadableExport:
        return None
    if found is None or found[0] < len(names) or LINE in found[1].header:
        return None
    return _named(blocks_of(found[1])(None), found[1].header)


def _begun(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame] | None:
    """The same frames once the first can be read; None where there is none."""
    first = next(frames, None)
    return None if first is None else chain([first], frames)


def _named(found: Iterator[pl.DataFrame], header: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    for block in found:
        yield block.rename(dict(zip(map(column, range(len(header))), _once(header), strict=True)))


def _once(header: Sequence[str]) -> list[str]:
    """Headers that stand twice are told apart."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
