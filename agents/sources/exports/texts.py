"""Columns of text taken from a block, and the refusal that names a row of it."""

from collections.abc import Mapping
from typing import NoReturn

import polars as pl

from agents.sources.exports.layout import Layout
from agents.sources.text.repeated import different
from agents.sources.text.rows import LINE
from agents.sources.text.unreadable import UnreadableExport


def refuse(layout: Layout, rows: pl.DataFrame, row: int, problem: str, remedy: str) -> NoReturn:
    """Refuse the file for what stands in this row of the block."""
    raise UnreadableExport(layout.path, int(rows[LINE][row]), problem, remedy)


def header_of(layout: Layout, place: str) -> str:
    """The header of a column, quoted for a message."""
    return f"“{layout.header[int(place[1:])]}”"


def text_of(rows: pl.DataFrame, place: str | None) -> pl.Series:
    """A text column without blanks around it; "" for missing marks and for a column the file lacks."""
    if place is None:
        return constant("", rows)
    told = different(rows[place])
    if (told == told.str.strip_chars()).all() and not (told == "--").any():
        return rows[place]
    text = rows[place].str.strip_chars()
    missing = text == "--"
    return text.zip_with(~missing, constant("", rows)) if missing.any() else text


def first_filled(texts: pl.Series, other: pl.Series | str) -> pl.Series:
    filled = texts != ""
    if filled.all():
        return texts
    return texts.zip_with(filled, pl.repeat(other, texts.len(), eager=True) if isinstance(other, str) else other)


def constant(text: str, rows: pl.DataFrame) -> pl.Series:
    return pl.repeat(text, rows.height, dtype=pl.String, eager=True)


def mapped(texts: pl.Series, meanings: Mapping[str, str]) -> pl.Series:
    """The column with every text replaced by its meaning; `meanings` tells of every text there is."""
    usual, *others = sorted(set(meanings.values()), key=list(meanings.values()).count, reverse=True) or [""]
    found = pl.repeat(usual, texts.len(), dtype=pl.String, eager=True)
    for other in others:
        meant = pl.Series([text for text, meaning in meanings.items() if meaning == other], dtype=pl.String)
        found = found.zip_with(~texts.is_in(meant.implode()), pl.repeat(other, texts.len(), eager=True))
    return found


def nulls(rows: pl.DataFrame) -> pl.Series:
    """Of no type, which fits any other and takes no memory."""
    return pl.repeat(None, rows.height, dtype=pl.Null, eager=True)
