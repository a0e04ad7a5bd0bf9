"""From a block of text to facts: whole columns at once; the first cell that cannot be read names its line."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from agents.sources.exports.cells import Column, Style, censored, is_missing, read_column
from agents.sources.exports.days import Order, read_days
from agents.sources.exports.json_text import json_object
from agents.sources.exports.layout import METRICS, Layout, Prepared
from agents.sources.exports.row_currency import RowCurrency
from agents.sources.exports.rows import LINE
from agents.sources.exports.texts import constant, first_filled, nulls, refuse, text_of
from agents.sources.exports.totals import labels
from agents.sources.exports.unreadable import UnreadableNumber, shown
from storage.lake import REPORTED

_SCALES = {field: scale for field, (_, scale) in METRICS.items()} | {"results": 3}
_DAILY = frozenset(
    ("", "--", "daily", "täglich", "tagesbudget", "quotidien", "diario", "diário", "giornaliero", "dagelijks")
)


class Block(NamedTuple):
    """What one block of a file comes to."""

    facts: pl.DataFrame
    dropped: pl.DataFrame
    """Columns line, reason."""
    totals: list[tuple[str, dict[str, Decimal]]]
    """Label and sums of the file's own total rows."""


class FactsReader:
    """Reads the blocks of one file in one number notation; carries what must agree over the whole file."""

    def __init__(self, layout: Layout, style: Style, order: Order | None) -> None:
        self._layout = layout
        self._style = style
        self._order = order
        self._days: dict[str, date | None] = {}
        self._currency = RowCurrency(layout)
        self._prepare = layout.prepare() if layout.prepare else None

    def read(self, block: pl.DataFrame) -> Block:
        """Facts of a block in the columns of REPORTED.

        Raises UnreadableExport (UnreadableNumber for a number), days.UndecidedOrder.
        """
        ready = self._prepare(block) if self._prepare else Prepared(block, block.select(LINE, reason=LINE).clear())
        label = labels(ready.rows, [f"c{index}" for index in range(3)], undated=self._undated())
        rows = ready.rows.filter(label.is_null())
        totals = ready.rows.filter(label.is_not_null()).with_columns(label.drop_nulls().alias("total"))
        empty = _all_blank(rows)
        dropped = [
            ready.dropped.select(LINE, pl.col("reason").cast(pl.String)),
            totals.select(LINE, reason=pl.lit("total row: ") + pl.col("total")),
            rows.filter(empty).select(LINE, reason=pl.lit("empty row")),
        ]
        rows = rows.filter(~empty)
        said = [totals] if ready.totals is None else [totals, ready.totals]
        return Block(
            self._facts(rows) if rows.height else REPORTED.to_frame(),
            pl.concat(dropped).sort(LINE),
            [total for frame in said for total in self._totals(frame)],
        )

    def _facts(self, rows: pl.DataFrame) -> pl.DataFrame:
        layout = self._layout
        first, last = self._covered(rows)
        numbers, symbols = self._numbers(rows)
        currency = self._currency.read(rows, numbers, symbols)
        if layout.finish:
            numbers = layout.finish(numbers, rows)
        self._currency.need(rows, numbers, currency)
        campaign = text_of(rows, layout.campaign)
        facts = {
            "source": constant(layout.source, rows),
            "simulated": pl.repeat(layout.simulated, rows.height, dtype=pl.Boolean, eager=True),
            "account": first_filled(text_of(rows, layout.account_column), layout.account),
            "channel": self._channel(rows),
            "campaign_id": first_filled(text_of(rows, layout.campaign_id), campaign),
            "campaign": campaign,
            "grain": constant(layout.grain, rows),
            "breakdown": self._breakdown(rows),
            "day": first,
            "last_day": last,
            "currency": currency,
            "flags": self._flags(rows, numbers),
            "line": rows[LINE],
        }
        for field, (fact, _) in METRICS.items():
            known = field in numbers.columns
            facts[fact] = numbers[field] if known else pl.repeat(None, rows.height, dtype=pl.Int64, eager=True)
        return pl.DataFrame(facts).select(pl.col(name).cast(kind) for name, kind in REPORTED.items())

    def _covered(self, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        layout = self._layout
        if layout.day is None:
            assert layout.period is not None, "a layout has a day column or a period"
            first, last = (pl.repeat(day, rows.height, dtype=pl.Date, eager=True) for day in layout.period)
            return first, last
        first = self._day_column(rows, layout.day)
        if layout.last_day is None:
            return first, first
        last = self._day_column(rows, layout.last_day)
        if (last < first).any():
            row = int((last < first).arg_max() or 0)
            refuse(
                self._layout,
                rows,
                row,
                f"the period ends {last[row]}, before it starts {first[row]}",
                "correct the dates",
            )
        return first, last

    def _day_column(self, rows: pl.DataFrame, place: str) -> pl.Series:
        texts = rows[place]
        days = read_days(texts, self._order, self._layout.zone, self._days)
        if days.null_count():
            row = int(days.is_null().arg_max() or 0)
            what = "has no date" if is_missing(texts[row]) else f"{shown(texts[row])} is not a date"
            order = f" ({self._order} order)" if self._order else ""
            refuse(
                self._layout,
                rows,
                row,
                f"column {self._header(place)}: {what}{order}",
                "correct the cell or export again",
            )
        return days

    def _numbers(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series | None]:
        """Numbers by field, with their flags as `field?`; and the currency symbols of the spend column."""
        columns: dict[str, pl.Series] = {}
        symbols = None
        for field, place in self._layout.numbers.items():
            texts = _daily_budget(rows, place, self._layout.budget_type) if field == "budget" else rows[place]
            column = read_column(texts, self._style, _SCALES[field])
            if column.bad:
                self._refuse_number(rows, place, column)
            columns[field] = column.values
            columns[f"{field}?"] = column.flags if column.flags is not None else nulls(rows)
            if field == "budget" and self._layout.budget_type:
                columns["flag:budget"] = _other_budgets(rows, place, self._layout.budget_type)
            symbols = column.symbols if field == "spend" else symbols
        return pl.DataFrame(columns, height=rows.height), symbols

    def _refuse_number(self, rows: pl.DataFrame, place: str, column: Column) -> None:
        assert column.bad is not None
        row, text, problem = column.bad
        line = int(rows[LINE][row])
        problem = f"column {self._header(place)}: {shown(text)} {problem}"
        mark = "point" if self._style is Style.POINT else "comma"
        remedy = f"correct the cell (the file is read with a decimal {mark}) or export again"
        raise UnreadableNumber(self._layout.path, line, problem, remedy)

    def _channel(self, rows: pl.DataFrame) -> pl.Series:
        layout = self._layout
        if layout.channel_column is None:
            return constant(layout.channel, rows)
        texts = rows[layout.channel_column]
        channels = {}
        for text in texts.unique():
            channels[text] = layout.channel_names.get(text.strip().casefold(), layout.channel or text.strip())
            if not channels[text]:
                row = int((texts == text).arg_max() or 0)
                refuse(
                    self._layout,
                    rows,
                    row,
                    f"column {self._header(layout.channel_column)} is empty",
                    "name the channel",
                )
        return texts.replace_strict(list(channels), list(channels.values()), return_dtype=pl.String)

    def _breakdown(self, rows: pl.DataFrame) -> pl.Series:
        texts = {name: text_of(rows, place) for name, place in self._layout.dimensions.items()}
        return json_object({name: series.replace("", None) for name, series in texts.items()}, rows.height)

    def _flags(self, rows: pl.DataFrame, numbers: pl.DataFrame) -> pl.Series:
        flags = {
            fact: numbers[f"{field}?"]
            for field, (fact, _) in METRICS.items()
            if f"{field}?" in numbers.columns and numbers[f"{field}?"].null_count() < rows.height
        }
        named = [name for name in numbers.columns if name.startswith("flag:")]
        flags |= {name.removeprefix("flag:"): numbers[name] for name in named}
        for name, place in self._layout.others.items():
            texts = rows[place]
            if texts.str.contains(r"^\s*[<>]").any():
                marks = {text: censored(text) or None for text in texts.unique()}
                found = texts.replace_strict(list(marks), list(marks.values()), return_dtype=pl.String)
                if found.null_count() < rows.height:
                    flags[name] = found
        return json_object(flags, rows.height)

    def _undated(self) -> pl.Expr:
        states = self._layout.states
        return pl.all_horizontal(_blank(place) for place in states) if states else pl.lit(value=False)

    def _totals(self, frame: pl.DataFrame) -> list[tuple[str, dict[str, Decimal]]]:
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

    def _header(self, place: str) -> str:
        return f"“{self._layout.header[int(place[1:])]}”"


def sums_of(facts: pl.DataFrame, fields: Mapping[str, str]) -> dict[str, Decimal]:
    """The sums of a block per field that the file has, in units, not micros."""
    wanted = {field: METRICS[field] for field in METRICS if field in fields and field != "budget"}
    found = facts.select(pl.col(fact).sum().alias(field) for field, (fact, _) in wanted.items())
    return (
        {field: Decimal(found[field][0] or 0).scaleb(-scale) for field, (_, scale) in wanted.items()} if wanted else {}
    )


def _daily_budget(rows: pl.DataFrame, place: str, kind: str | None) -> pl.Series:
    """The budget cells that name an amount a day: "50.00", "€50.00/day"; not campaign totals, not "shared"."""
    text = pl.col(place).str.replace(r"\s*/\s*\S+\s*$", "")
    amount = pl.when(text.str.contains(r"\d") & _is_daily(rows, kind)).then(text).otherwise(pl.lit(""))
    return rows.select(amount.alias(place))[place]


def _other_budgets(rows: pl.DataFrame, place: str, kind: str) -> pl.Series:
    """The type of a budget that is no daily one."""
    other = pl.col(place).str.contains(r"\d") & ~_is_daily(rows, kind)
    return rows.select(pl.when(other).then(pl.col(kind).str.strip_chars()).alias(place))[place]


def _is_daily(rows: pl.DataFrame, kind: str | None) -> pl.Expr:
    if kind is None:
        return pl.lit(value=True)
    daily = {text: text.strip().casefold() in _DAILY for text in rows[kind].unique()}
    return pl.col(kind).replace_strict(list(daily), list(daily.values()), return_dtype=pl.Boolean)


def _blank(place: str) -> pl.Expr:
    return pl.col(place).str.strip_chars().is_in(["", "--", "-", "–", "—"])


def _all_blank(rows: pl.DataFrame) -> pl.Series:
    blank = rows["c0"].str.strip_chars() == ""
    if not blank.any():
        return blank
    every = pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in rows.columns if name != LINE)
    return rows.select(every.alias("empty"))["empty"]
