"""The number columns of a block, in one notation; cells that are no number in any notation set their row aside."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

import polars as pl

from agents.sources.exports.aside import Aside
from agents.sources.exports.layout import Layout
from agents.sources.exports.texts import header_of, nulls
from agents.sources.text.cells import Column, Style, read_cell, read_column
from agents.sources.text.metrics import METRICS, NOT_NEGATIVE
from agents.sources.text.repeated import Repeated, Rows
from agents.sources.text.rows import LINE
from agents.sources.text.unreadable import UnreadableNumber, shown

_SCALES = {field: scale for field, (_, scale) in METRICS.items()} | {"results": 3}
_DAILY = frozenset(
    ("", "--", "daily", "täglich", "tagesbudget", "quotidien", "diario", "diário", "giornaliero", "dagelijks")
)


class Numbers:
    """Reads the numbers of one file, block by block."""

    def __init__(self, layout: Layout, style: Style) -> None:
        self._layout = layout
        self._style = style
        mark = "point" if style is Style.POINT else "comma"
        self._remedy = f"correct the cell (the file is read with a decimal {mark}) or export again"

    def read(self, rows: Rows, aside: Aside) -> tuple[pl.DataFrame, pl.Series | None]:
        """Numbers by field, with their flags as `field?`; and the currency symbols of its money.

        Raises UnreadableNumber for a cell that is a number in another notation.
        """
        columns: dict[str, pl.Series] = {}
        symbols = None
        for field, place in self._layout.numbers.items():
            texts = _daily_budget(rows, place, self._layout.budget_type) if field == "budget" else rows[place]
            column = read_column(texts.different, self._style, _SCALES[field])
            self._judge(field, place, texts, column, rows, aside)
            columns[field] = texts.spread(column.values)
            columns[f"{field}?"] = nulls(rows) if column.flags is None else texts.spread(column.flags)
            if field == "budget" and self._layout.budget_type:
                columns["flag:budget"] = _other_budgets(rows, place, self._layout.budget_type)
            if field == "spend" or (field == "revenue" and "spend" not in self._layout.numbers):
                symbols = None if column.symbols is None else texts.spread(column.symbols)
        return pl.DataFrame(columns, height=rows.height), symbols

    def totals(self, frame: pl.DataFrame) -> list[tuple[str, dict[str, Decimal]]]:
        """Sums of total rows, per label; cells that hold no number are no part of a sum."""
        said = []
        for row in range(frame.height):
            sums = {}
            for field, place in self._layout.numbers.items():
                if field in METRICS and field != "budget":
                    column = read_column(frame[place].slice(row, 1), self._style, _SCALES[field])
                    if column.bad is None and column.values[0] is not None:
                        sums[field] = Decimal(int(column.values[0])).scaleb(-_SCALES[field])
            said.append((str(frame["total"][row]), sums))
        return said

    def _judge(self, field: str, place: str, texts: Repeated, column: Column, rows: Rows, aside: Aside) -> None:
        header = header_of(self._layout, place)
        if column.problems:
            self._check_notation(header, texts, column, rows, _SCALES[field])
            aside.mark(
                texts.spread(texts.different.is_in(list(column.problems))),
                lambda row: (
                    f"column {header}: {shown(texts.at(row))} {column.problems[texts.at(row)]}",
                    self._remedy,
                ),
            )
        if (field in NOT_NEGATIVE or field == "results") and (negative := column.values < 0).any():
            why = "correct the cell or export again"
            aside.mark(
                texts.spread(negative), lambda row: (f"column {header}: {shown(texts.at(row))} is negative", why)
            )

    def _check_notation(self, header: str, texts: Repeated, column: Column, rows: Rows, scale: int) -> None:
        # A cell that only the other notation can read casts doubt on all that both can: "1.234" may be either.
        others = [style for style in self._layout.styles if style is not self._style]
        for text in column.problems:
            if any(not read_cell(text, style, scale).problem for style in others):
                row = int(texts.spread(texts.different == text).arg_max() or 0)
                self._refuse(header, rows, row, text, column.problems[text])

    def _refuse(self, header: str, rows: Rows, row: int, text: str, problem: str) -> NoReturn:
        problem = f"column {header}: {shown(text)} {problem}"
        raise UnreadableNumber(self._layout.path, int(rows.frame[LINE][row]), problem, self._remedy)


def sums_of(facts: pl.DataFrame, fields: Mapping[str, str]) -> dict[str, Decimal]:
    """The sums of a block per field that the file has, in units, not micros."""
    wanted = {field: METRICS[field] for field in METRICS if field in fields and field != "budget"}
    if not wanted:
        return {}
    found = facts.select(pl.col(fact).cast(pl.Int128).sum().alias(field) for field, (fact, _) in wanted.items())
    return {field: Decimal(found[field][0] or 0).scaleb(-scale) for field, (_, scale) in wanted.items()}


def _daily_budget(rows: Rows, place: str, kind: str | None) -> Repeated:
    """The budget cells that name an amount a day: "50.00", "€50.00/day"; not campaign totals, not "shared"."""
    texts = rows[place]
    if texts.different.str.contains("/", literal=True).any():
        texts = texts._replace(different=texts.different.str.replace(r"\s*/\s*\S+\s*$", ""))
    told = texts.spread(texts.different.str.contains(r"\d"))
    if (daily := _is_daily(rows, kind)) is not None:
        told &= daily
    if told.all():
        return texts
    return Repeated(texts.rows().zip_with(told, pl.repeat("", rows.height, eager=True)), None)


def _other_budgets(rows: Rows, place: str, kind: str) -> pl.Series:
    """The type of a budget that is no daily one."""
    if (daily := _is_daily(rows, kind)) is None:
        return nulls(rows)
    other = pl.col(place).str.contains(r"\d") & ~daily
    return rows.frame.select(pl.when(other).then(pl.col(kind).str.strip_chars()).alias(place))[place]


def _is_daily(rows: Rows, kind: str | None) -> pl.Series | None:
    """Which budgets are daily ones; None where all are."""
    if kind is None:
        return None
    daily = pl.Series([text.strip().casefold() in _DAILY for text in rows[kind].different], dtype=pl.Boolean)
    return None if daily.all() else rows[kind].spread(daily)
