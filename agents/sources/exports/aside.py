"""The rows of a block that break the contract: the first thing wrong with each, and its cells as they stand."""

from collections.abc import Callable, Mapping

import polars as pl

from agents.sources.exports.layout import Layout
from agents.sources.exports.staged import FACTS
from agents.sources.text.rows import LINE, column
from storage.records.quarantine import Quarantined


class Aside:
    """Collects while a block is read; whatever is computed from these rows in the meantime is thrown away."""

    def __init__(self, layout: Layout, rows: pl.DataFrame) -> None:
        self._rows = rows
        self._names = cell_names(layout.header)
        self._found: dict[int, tuple[str, str]] = {}

    def mark(self, wrong: pl.Series, why: Callable[[int], tuple[str, str]]) -> None:
        """Set aside where `wrong` is true; `why` gives reason and remedy for a row of the block."""
        for row in wrong.fill_null(value=False).arg_true().to_list():
            self._found.setdefault(row, why(row))

    def kept(self, facts: pl.DataFrame) -> pl.DataFrame:
        """The facts, row by row those of the block, without what was set aside."""
        if not self._found:
            return facts
        gone = pl.Series(sorted(self._found), dtype=pl.UInt32)
        return facts.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(gone.implode()))

    def rows(self) -> list[tuple[Quarantined, str]]:
        """In the order of the file, each with its remedy."""
        cells = [column(place) for place in range(len(self._names))]
        return [
            (
                Quarantined(
                    dataset=FACTS,
                    line=int(self._rows[LINE][row]),
                    reason=reason,
                    cells={name: self._rows[place][row] for name, place in zip(self._names, cells, strict=True)},
                ),
                remedy,
            )
            for row, (reason, remedy) in sorted(self._found.items())
        ]


def corrected(block: pl.DataFrame, header: tuple[str, ...], lines: Mapping[int, Mapping[str, str]]) -> pl.DataFrame:
    """The block with other texts in some cells: line → header (as `cell_names` tells them apart) → text."""
    places = {name: column(place) for place, name in enumerate(cell_names(header))}
    there = set(block[LINE].to_list()) & set(lines)
    for line, cells in ((line, lines[line]) for line in sorted(there)):
        here = pl.col(LINE) == line
        block = block.with_columns(
            pl.when(here).then(pl.lit(text)).otherwise(places[name]).alias(places[name])
            for name, text in cells.items()
            if name in places
        )
    return block


def cell_names(header: tuple[str, ...]) -> tuple[str, ...]:
    """The headers, told apart where two are alike: "Currency code", "Currency code (2)"."""
    names: list[str] = []
    for text in header:
        same = sum(name == text or name.startswith(f"{text} (") for name in names)
        names.append(f"{text} ({same + 1})" if text in names else text)
    return tuple(names)
