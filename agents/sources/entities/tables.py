"""Delimited tables with what some products put around them: report footers below, one column a currency across."""

import codecs
import csv
import io
from collections.abc import Iterator
from functools import partial

import polars as pl

from agents.sources.entities.again import Blocks
from agents.sources.text.currencies import is_code
from agents.sources.text.rows import LINE, blocks, column
from agents.sources.text.sniff import Progress, Table, bom_length
from agents.sources.text.unreadable import UnreadableExport

_FOOTERS = ("Confidential Information - Do Not Distribute", "salesforce.com, inc.", "Salesforce, Inc.")
_TAIL = 4096
_ROWS = 20_000
LONG = ("Date", "Base", "Quote", "Rate")
"""The header of a table of rates with one rate a row."""


def blocks_of(table: Table) -> Blocks:
    """Passes over the rows of a table, without the footer that a report may end with."""
    return partial(_footed, table) if _has_footer(table) else partial(blocks, table)


def _has_footer(table: Table) -> bool:
    with table.path.open("rb") as file:
        file.seek(max(0, table.raw.size - _TAIL))
        tail = file.read()
    text = tail.decode(table.raw.encoding, "replace")
    return any(footer in text for footer in _FOOTERS)


def _footed(table: Table, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
    """The rows up to the lines of a footer, which are shorter than rows and have none after them."""
    width, waiting, short = len(table.header), list[tuple[int, list[str]]](), None
    for line, cells in _rows(table):
        if len(cells) != width:
            short = short or line
            continue
        if short:
            problem = f"the row has too few or too many cells, the header on line {table.header_line} has {width}"
            raise UnreadableExport(table.path, short, problem, "the file is cut off or was edited: export it again")
        waiting.append((line, cells))
        if len(waiting) >= _ROWS:
            yield _block(waiting, width)
            waiting.clear()
    if waiting:
        yield _block(waiting, width)
    if progress:
        progress(table.raw.size, table.raw.size)


def _rows(table: Table) -> Iterator[tuple[int, list[str]]]:
    with table.path.open("rb") as raw:
        raw.seek(bom_length(table.raw))
        text = io.TextIOWrapper(raw, codecs.lookup(table.raw.encoding).name, newline="")
        before = 0
        try:
            for _ in range(table.header_line):
                text.readline()
            reader = csv.reader(text, delimiter=table.delimiter, strict=True)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield table.header_line + 1 + before, cells
                before = reader.line_num
        except (csv.Error, UnicodeError) as error:
            line = table.header_line + 1 + before
            remedy = "the file is cut off or was edited: export it again"
            raise UnreadableExport(table.path, line, f"broken quoting or bytes ({error})", remedy) from error


def _block(rows: list[tuple[int, list[str]]], width: int) -> pl.DataFrame:
    data = {column(place): [cells[place] for _, cells in rows] for place in range(width)}
    lines = pl.Series(LINE, [line for line, _ in rows], dtype=pl.Int64)
    return pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)).with_columns(lines)


def is_wide_rates(cells: list[str]) -> bool:
    """Whether this is the header of a table with a day and one column a currency."""
    codes = [cell.strip() for cell in cells if is_code(cell.strip())]
    return bool(cells) and cells[0].strip().casefold() in ("date", "day") and len(codes) >= 5


def long_rates(table: Table, base: str) -> Blocks:
    """Passes over such a table with one rate a row, under the header LONG; a cell without a rate gives none."""
    codes = {column(place): text for place, text in enumerate(table.header) if is_code(text)}

    def passes(progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        for block in blocks(table, progress):
            rows = block.select("c0", LINE, *codes).unpivot(index=["c0", LINE], on=list(codes))
            told = rows.filter(~pl.col("value").str.strip_chars().str.to_lowercase().is_in(["", "n/a", "-", "--"]))
            yield told.sort(LINE, maintain_order=True).select(
                pl.col("c0"),
                pl.lit(base).alias("c1"),
                pl.col("variable").replace_strict(codes, return_dtype=pl.String).alias("c2"),
                pl.col("value").alias("c3"),
                pl.col(LINE),
            )

    return passes
