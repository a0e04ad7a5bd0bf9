"""Columns of text read into typed columns: what cannot be read is told row by row and stops nobody else."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import polars as pl

from agents.sources.entities.moments import MOMENT, read_moments
from agents.sources.text.cells import Style, read_cell, read_column
from agents.sources.text.currencies import could_be
from agents.sources.text.days import Order
from agents.sources.text.unreadable import shown


class Kind(StrEnum):
    """How the cells of a column are read."""

    TEXT = "text"
    ID = "id"
    """Text that must be whole: what a spreadsheet turned into 1.2E+12 is none."""
    EMAIL = "email"
    """Text in lower case: products write the same address in any case."""
    MONEY = "money"
    """Micros; the currency that stands in the cell goes to a column `NAME?`."""
    WHOLE = "whole"
    MINUTES = "minutes"
    """Thousandths of a minute."""
    RATE = "rate"
    """Billionths."""
    MOMENT = "moment"
    FLAG = "flag"


NUMBERS = {Kind.MONEY: 6, Kind.WHOLE: 0, Kind.MINUTES: 3, Kind.RATE: 9}
"""The number kinds and the decimals they keep."""
TYPES = {
    Kind.TEXT: pl.String(),
    Kind.ID: pl.String(),
    Kind.EMAIL: pl.String(),
    Kind.MOMENT: MOMENT,
    Kind.FLAG: pl.Boolean(),
    **dict.fromkeys(NUMBERS, pl.Int64()),
}
_YES = frozenset(
    [
        "true",
        "yes",
        "y",
        "1",
        "t",
        "x",
        "on",
        "ja",
        "wahr",
        "oui",
        "vrai",
        "sí",
        "si",
        "sì",
        "verdadero",
        "vero",
        "sim",
        "verdadeiro",
        "tak",
        "prawda",
        "subscribed",
        "opted-in",
        "opted_in",
        "optedin",
        "opt-in",
        "granted",
        "active",
    ]
)
_NO = frozenset(
    [
        "false",
        "no",
        "n",
        "0",
        "f",
        "off",
        "nein",
        "falsch",
        "non",
        "faux",
        "falso",
        "não",
        "nao",
        "nie",
        "fałsz",
        "never",
        "unsubscribed",
        "not_subscribed",
        "never_subscribed",
        "opted-out",
        "opted_out",
        "optedout",
        "opt-out",
        "denied",
        "suppressed",
        "cleaned",
        "nonsubscribed",
        "bounced",
        "inactive",
    ]
)
_SPOILT = r"^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]{2,}$"
_MISSING = ("", "--", "-", "–", "—", "n/a", "nan", "null", "none", "(not set)", "(none)", "undefined", "#n/a")


class Read(NamedTuple):
    """A typed column, null where the cell says nothing, and a problem for each cell that cannot be read."""

    values: pl.Series
    problems: pl.Series | None = None
    symbols: pl.Series | None = None
    """Currency symbol or code that stood in the cell, null where none did."""


class Notation(NamedTuple):
    """What was decided once for the whole file."""

    style: Style
    order: Order | None
    zone: str


def read_kind(texts: pl.Series, kind: Kind, notation: Notation) -> Read:
    """Read a column of text. Raises UndecidedOrder."""
    if kind is Kind.MOMENT:
        return Read(*_quoted(*read_moments(texts, notation.order, notation.zone), texts))
    if kind in NUMBERS:
        return _number(texts, notation.style, NUMBERS[kind])
    clean = blank_to_null(texts)
    if kind is Kind.FLAG:
        return _mapped(clean, _flag, pl.Boolean(), "is neither yes nor no")
    if kind is Kind.EMAIL:
        return Read(clean.str.to_lowercase())
    if kind is Kind.ID:
        return _id(clean)
    return Read(clean)


def blank_to_null(texts: pl.Series) -> pl.Series:
    """Text without blanks around it; null where it says nothing."""
    clean = texts.str.strip_chars()
    if not clean.str.to_lowercase().is_in(list(_MISSING)).any():
        return clean
    return clean.zip_with(~clean.str.to_lowercase().is_in(list(_MISSING)), pl.Series([None], dtype=pl.String))


def _flag(text: str) -> bool | None:
    plain = text.casefold().strip()
    word = re.split(r"[\s(]", plain, maxsplit=1)[0] if plain not in _YES | _NO else plain
    return True if word in _YES else False if word in _NO else None


def _id(clean: pl.Series) -> Read:
    spoilt = clean.str.contains(_SPOILT).fill_null(value=False)
    # A spreadsheet keeps numbers from being spoilt with a leading apostrophe or ="…".
    bare = clean.str.replace(r'^="(.*)"$', "$1").str.strip_prefix("'")
    if not spoilt.any():
        return Read(bare)
    said = [
        f"{shown(text)} was an id before a spreadsheet rounded it" if bad else None for text, bad in _zip(clean, spoilt)
    ]
    return Read(bare, pl.Series(said, dtype=pl.String))


def _zip(texts: pl.Series, flags: pl.Series) -> list[tuple[str, bool]]:
    return list(zip(texts.to_list(), flags.to_list(), strict=True))


def _number(texts: pl.Series, style: Style, scale: int) -> Read:
    column = read_column(texts.str.replace(r"^'", ""), style, scale)
    if column.bad is None:
        return Read(column.values, None, column.symbols)
    cells = {text: read_cell(text.removeprefix("'"), style, scale) for text in texts.unique().to_list()}
    names = list(cells)
    return Read(
        texts.replace_strict(names, [cell.value for cell in cells.values()], return_dtype=pl.Int64),
        texts.replace_strict(
            names,
            [f"{shown(text)} {cell.problem}" if cell.problem else None for text, cell in cells.items()],
            return_dtype=pl.String,
        ),
        texts.replace_strict(names, [cell.symbol or None for cell in cells.values()], return_dtype=pl.String),
    )


def _mapped(clean: pl.Series, read: Callable[[str], bool | None], kind: pl.DataType, problem: str) -> Read:
    values = {text: read(text) for text in clean.drop_nulls().unique().to_list()}
    problems = {text: f"{shown(text)} {problem}" for text, value in values.items() if value is None}
    found = clean.replace_strict(list(values), list(values.values()), return_dtype=kind, default=None)
    if not problems:
        return Read(found)
    return Read(
        found, clean.replace_strict(list(problems), list(problems.values()), default=None, return_dtype=pl.String)
    )


def _quoted(values: pl.Series, problems: pl.Series, texts: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    if problems.null_count() == len(problems):
        return values, None
    said = [f"{shown(text)} {problem}" if problem else None for text, problem in zip(texts, problems, strict=True)]
    return values, pl.Series(said, dtype=pl.String)


def codes_of(symbols: pl.Series) -> dict[str, str | None]:
    """What each symbol stands for: an ISO code, None where several currencies write it so."""
    found = {symbol: could_be(symbol) for symbol in symbols.drop_nulls().unique().to_list()}
    return {symbol: next(iter(codes)) if len(codes) == 1 else None for symbol, codes in found.items()}
