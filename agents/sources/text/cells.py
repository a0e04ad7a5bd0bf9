"""Numbers in the cells of exports, read exactly: whole columns at once, odd cells one by one.

A number is kept as an integer of its smallest unit (scale 6 for micros of money, 3 for thousandths, 0 for counts).
Cells that say "no number" are kept apart from zero: missing marks, and censored values such as "< 10%".
"""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from agents.sources.text.currencies import SYMBOLS

MISSING = "missing"
_MISSING_MARKS = frozenset(("", "--", "-", "–", "—", "n/a", "nan", "null", "none"))
_LARGEST = 2**63 - 1
_DIGITS = 18
"""Longest number that is read at a glance."""
_A_FEW = 1_000
_WIDE = Context(prec=60)
_SPACES = "\u0020\u00a0\u2009\u202f"
"""Blank, no-break, thin and narrow no-break space: all are used between thousands."""


class Style(StrEnum):
    """Which mark stands before the decimals; the others may stand between thousands."""

    POINT = "point"
    COMMA = "comma"


class Cell(NamedTuple):
    """One cell: a scaled value, or a flag that says why there is none, or a problem."""

    value: int | None = None
    flag: str = ""
    symbol: str = ""
    """Currency symbol or code that stood in the cell."""
    problem: str = ""


class Column(NamedTuple):
    """One column of a block; `flags` and `symbols` are None where no cell has any."""

    values: pl.Series
    flags: pl.Series | None = None
    symbols: pl.Series | None = None
    bad: tuple[int, str, str] | None = None
    """First cell that cannot be read: its row in the block, its text, what is wrong."""
    problems: Mapping[str, str] = MappingProxyType({})
    """Every text that cannot be read, and what is wrong; its values are null."""


# Groups of two digits are Indian lakhs and crores. At most 12 digits before the mark keep micros within 64 bits.
_GROUPED = {
    Style.POINT: rf"[0-9]{{1,3}}(?:,[0-9]{{2,3}}){{0,2}},[0-9]{{3}}|[0-9]{{1,3}}(?:['’{_SPACES}][0-9]{{3}}){{1,3}}",
    Style.COMMA: rf"[0-9]{{1,3}}(?:\.[0-9]{{3}}){{1,3}}|[0-9]{{1,3}}(?:['’{_SPACES}][0-9]{{3}}){{1,3}}",
}
_MARK = {Style.POINT: r"\.", Style.COMMA: ","}
_BETWEEN = {Style.POINT: rf"[,'’{_SPACES}]", Style.COMMA: rf"[.'’{_SPACES}]"}
_NUMBER = {style: rf"[+-]?(?:[0-9]{{1,18}}|{_GROUPED[style]})(?:{_MARK[style]}[0-9]{{1,18}})?" for style in Style}
_EXACT = {style: re.compile(_NUMBER[style]) for style in Style}
_CENSORED = {style: re.compile(rf"([<>])\s*({_NUMBER[style]})\s*(%?)") for style in Style}
_SYMBOL = "|".join(sorted(map(re.escape, SYMBOLS), key=len, reverse=True))
_PRICED = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<before>{_SYMBOL}|[A-Z]{{3}})?\s*(?P<number>[-+]?[0-9.].*?)\s*(?P<after>{_SYMBOL}|[A-Z]{{3}})?",
)


def is_missing(text: str) -> bool:
    """Whether the cell holds a mark for "no value", such as an empty cell or " --"."""
    return text.strip().casefold() in _MISSING_MARKS


def censored(text: str) -> str:
    """The canonical form of a censored value ("<10%"), "" if the cell is none."""
    match = _CENSORED[Style.POINT].fullmatch(text.strip()) or _CENSORED[Style.COMMA].fullmatch(text.strip())
    return "".join(match.groups()) if match else ""


def read_cell(text: str, style: Style, scale: int) -> Cell:
    """Read one cell; more decimals than the scale has are rounded half to even."""
    if is_missing(text):
        return Cell(flag=MISSING)
    if mark := censored(text):
        return Cell(flag=mark)
    priced = _PRICED.fullmatch(text.strip().replace("−", "-"))
    number = priced["sign"] + priced["number"] if priced else ""
    if priced is None or not _EXACT[style].fullmatch(number):
        return Cell(problem="is a percentage, not an amount" if number.endswith("%") else "is not a number")
    return _scaled_cell(number, style, scale, priced["before"] or priced["after"] or "")


def _scaled_cell(number: str, style: Style, scale: int, symbol: str) -> Cell:
    exact = Decimal(re.sub(_BETWEEN[style], "", number).replace(",", ".")).scaleb(scale, _WIDE)
    value = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN, context=_WIDE))
    # "1.000" in a column of counts is a thousand in the other notation, not one with three decimals.
    if scale == 0 and (value != exact or int(exact.as_tuple().exponent) < -2):
        return Cell(problem="is not a whole number")
    if abs(value) > _LARGEST:
        return Cell(problem="is too large")
    return Cell(value=value, symbol=symbol)


def read_column(texts: pl.Series, style: Style, scale: int) -> Column:
    """Read a column of text; the same answer as `read_cell` for every cell."""
    decimals = rf"(?:{_MARK[style]}[0-9]{{1,{scale}}})?" if scale else ""
    plain = rf"^[+-]?(?:[0-9]{{1,12}}|{_GROUPED[style]}){decimals}$"
    first = texts.head(_A_FEW)
    # Reading a column as it stands tells whether it can be, at less than what taking marks out of it costs.
    bare = style is Style.POINT and not first.str.contains(",", literal=True).any()
    if scale == 0 and bare and (whole := texts.cast(pl.Int64, strict=False)).null_count() == 0:
        longest = texts.str.len_bytes().max()
        if longest is None or int(str(longest)) <= _DIGITS:
            return Column(whole)
    good = texts.str.contains(plain)
    plainly = texts if good.all() else pl.select(pl.when(good).then(texts)).to_series()
    values = _scaled(plainly if bare else _bare(plainly, style), scale)
    if bare and values.null_count() > plainly.null_count():
        values = _scaled(_bare(plainly, style), scale)
    if values.null_count() > plainly.null_count():
        # Nearly always thousands are set apart by one mark only; looking for the others is dear.
        values = _scaled(plainly.str.replace_all(_BETWEEN[style], "").str.replace(",", ".", literal=True), scale)
    return Column(values) if plainly.null_count() == 0 else _odd_cells(texts, values, good, style, scale)


def _bare(texts: pl.Series, style: Style) -> pl.Series:
    """Without the usual mark between thousands, and with a point before the decimals."""
    if style is Style.POINT:
        return texts.str.replace_all(",", "", literal=True)
    return texts.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)


def _scaled(clean: pl.Series, scale: int) -> pl.Series:
    if scale == 0:
        return clean.cast(pl.Int64, strict=False)
    return clean.cast(pl.Decimal(38, scale), strict=False).to_physical().cast(pl.Int64, strict=False)


def _odd_cells(texts: pl.Series, values: pl.Series, good: pl.Series, style: Style, scale: int) -> Column:
    odd = texts.filter(~good).unique().to_list()
    cells = {text: read_cell(text, style, scale) for text in odd}
    if all(cell.flag == MISSING for cell in cells.values()):
        return Column(values, pl.select(pl.when(~good).then(pl.lit(MISSING))).to_series())
    bad = None
    if problems := {text: cell.problem for text, cell in cells.items() if cell.problem}:
        row = int((~good & texts.is_in(list(problems))).arg_max() or 0)
        bad = (row, texts[row], problems[texts[row]])
    frame = pl.DataFrame(
        {
            "text": odd,
            "value": [cell.value for cell in cells.values()],
            "flag": [cell.flag or None for cell in cells.values()],
            "symbol": [cell.symbol or None for cell in cells.values()],
        },
        schema={"text": pl.String, "value": pl.Int64, "flag": pl.String, "symbol": pl.String},
    )
    found = pl.DataFrame({"text": texts.alias("text")}).join(frame, on="text", how="left", maintain_order="left")
    return Column(
        values.zip_with(good, found["value"]),
        found["flag"] if found["flag"].null_count() < found.height else None,
        found["symbol"] if found["symbol"].null_count() < found.height else None,
        bad,
        problems,
    )
