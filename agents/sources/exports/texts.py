"""Columns of text taken from a block, and the refusal that names a row of it."""

from typing import NoReturn

import polars as pl

from agents.sources.exports.layout import Layout
from agents.sources.text.repeated import Repeated, Rows
from agents.sources.text.rows import LINE
from agents.sources.text.unreadable import UnreadableExport


def refuse(layout: Layout, rows: Rows, row: int, problem: str, remedy: str) -> NoReturn:
    """Refuse the file for what stands in this row of the block."""
    raise UnreadableExport(layout.path, int(rows.frame[LINE][row]), problem, remedy)


def header_of(layout: Layout, place: str) -> str:
    """The header of a column, quoted for a message."""
    return f"“{layout.header[int(place[1:])]}”"


def text_of(rows: Rows, place: str | None) -> Repeated:
    """A text column without blanks around it; "" for missing marks and for a column the file lacks."""
    if place is None:
        return constant("", rows)
    bare = rows[place].different.str.strip_chars()
    return rows[place]._replace(different=_unless(bare == "--", bare, ""))


def first_filled(texts: Repeated, other: Repeated | str) -> Repeated:
    """The texts, with another one where there is none."""
    empty = texts.different == ""
    if isinstance(other, str):
        return texts._replace(different=_unless(empty, texts.different, other))
    return Repeated(other.rows().zip_with(texts.spread(empty), texts.rows()), None) if empty.any() else texts


def constant(text: str, rows: Rows) -> Repeated:
    """The same text in every row."""
    return Repeated(pl.Series([text]), pl.Series([0], dtype=pl.UInt32).new_from_index(0, rows.height))


def nulls(rows: Rows) -> pl.Series:
    """Of no type, which fits any other and takes no memory."""
    return pl.Series([None], dtype=pl.Null).new_from_index(0, rows.height)


def _unless(these: pl.Series, texts: pl.Series, other: str) -> pl.Series:
    return pl.repeat(other, texts.len(), eager=True).zip_with(these, texts) if these.any() else texts
