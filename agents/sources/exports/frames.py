"""From a block of text to facts: whole columns at once; the first cell that cannot be read names its line."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from agents.sources.exports.aside import Aside
from agents.sources.exports.covered import Covered
from agents.sources.exports.layout import Layout, Prepared
from agents.sources.exports.numbers import Numbers
from agents.sources.exports.row_currency import RowCurrency
from agents.sources.exports.texts import constant, first_filled, header_of, text_of
from agents.sources.text.cells import Style, censored
from agents.sources.text.days import Order
from agents.sources.text.json_text import json_object, json_objects
from agents.sources.text.metrics import METRICS
from agents.sources.text.repeated import Repeated, Rows
from agents.sources.text.rows import LINE, column
from agents.sources.text.totals import FOOTER, labels
from storage.lake.facts import REPORTED
from storage.records.quarantine import Quarantined


class Block(NamedTuple):
    """What one block of a file comes to."""

    facts: pl.DataFrame
    """In the columns of REPORTED; texts that come again and again may be categories."""
    dropped: pl.DataFrame
    """Columns line, reason."""
    totals: list[tuple[str, dict[str, Decimal]]]
    """Label and sums of the file's own total rows."""
    aside: list[tuple[Quarantined, str]]
    """Rows that break the contract, each with what to do about it."""

    def only(self, lines: Collection[int]) -> "Block":
        """What of it stands on these lines of the file."""
        mine = pl.col(LINE).is_in(list(lines))
        aside = [(row, remedy) for row, remedy in self.aside if row.line in lines]
        return Block(self.facts.filter(mine), self.dropped.filter(mine), [], aside)


class FactsReader:
    """Reads the blocks of one file in one number notation; carries what must agree over the whole file."""

    def __init__(self, layout: Layout, style: Style, order: Order | None, *, today: date | None = None) -> None:
        self._layout = layout
        self._covered = Covered(layout, order, today)
        self._numbers = Numbers(layout, style)
        self._currency = RowCurrency(layout)
        self._prepare = layout.prepare() if layout.prepare else None

    def read(self, block: pl.DataFrame) -> Block:
        """Facts of a block in the columns of REPORTED.

        Raises UnreadableExport (UnreadableNumber for a number), days.UndecidedOrder.
        """
        ready = self._prepare(block) if self._prepare else Prepared(block, block.select(LINE, reason=LINE).clear())
        whole = Rows(ready.rows)
        footer = _footers(whole)
        told = whole.without(footer)
        label = labels(told, self._layout.labels or [column(index) for index in range(3)], undated=self._undated())
        filled = told.without(label.is_not_null())
        totals = _only(told, label.is_not_null()).with_columns(label.drop_nulls().alias("total"))
        empty = _all_blank(filled)
        dropped = [
            ready.dropped.select(LINE, pl.col("reason").cast(pl.String)),
            totals.select(LINE, reason=pl.lit("total row: ") + pl.col("total")),
            _only(filled, empty).select(LINE, reason=pl.lit("empty row")),
            _only(whole, footer).select(LINE, reason=pl.lit("remark below the table")),
        ]
        rows = filled.without(empty)
        said = [totals] if ready.totals is None else [totals, ready.totals]
        aside = Aside(self._layout, rows.frame)
        return Block(
            aside.kept(self._facts(rows, aside)) if rows.height else REPORTED.to_frame(),
            pl.concat(dropped).sort(LINE),
            [total for frame in said for total in self._numbers.totals(frame)],
            aside.rows(),
        )

    def _facts(self, rows: Rows, aside: Aside) -> pl.DataFrame:
        """A fact a row, those that are set aside included."""
        layout = self._layout
        first, last = self._covered.read(rows, aside)
        numbers, symbols = self._numbers.read(rows, aside)
        currency = self._currency.read(rows, numbers, symbols, aside)
        if layout.finish:
            numbers = layout.finish(numbers, rows.frame)
        numbers = self._currency.need(numbers, currency, aside)
        campaign = text_of(rows, layout.campaign)
        campaign_id = first_filled(text_of(rows, layout.campaign_id), campaign)
        named = not layout.nameless and (layout.campaign or layout.campaign_id)
        if named and (lacking := campaign_id.different == "").any():
            aside.mark(
                campaign_id.spread(lacking),
                lambda _: ("the row names no campaign", "fill in the campaign or export again"),
            )
        facts: dict[str, pl.Series | str | bool | None] = {
            "source": layout.source,
            "simulated": layout.simulated,
            "account": (
                first_filled(text_of(rows, layout.account_column), layout.account).coded()
                if layout.account_column
                else layout.account
            ),
            "channel": self._channel(rows, aside).coded(),
            "campaign_id": campaign_id.coded(),
            "campaign": campaign.coded(),
            "grain": layout.grain,
            "breakdown": self._breakdown(rows) if layout.dimensions else "",
            "day": first,
            "last_day": last,
            "currency": currency.coded(),
            "flags": self._flags(rows, numbers).coded(),
            "line": rows.frame[LINE],
        }
        facts |= {fact: numbers[field] for field, (fact, _) in METRICS.items() if field in numbers.columns}
        # What is the same in all rows is told once: neither filled in nor looked through.
        columns = {
            name: found if found.dtype == pl.Categorical else found.cast(REPORTED[name])
            for name, found in facts.items()
            if isinstance(found, pl.Series)
        }
        return pl.DataFrame(columns, height=rows.height).select(
            name if name in columns else pl.lit(facts.get(name), dtype=kind).alias(name)
            for name, kind in REPORTED.items()
        )

    def _channel(self, rows: Rows, aside: Aside) -> Repeated:
        layout = self._layout
        if layout.channel_column is None:
            return constant(layout.channel, rows)
        texts = rows[layout.channel_column]
        names = [
            layout.channel_names.get(text.strip().casefold(), layout.channel or text.strip())
            for text in texts.different
        ]
        found = texts._replace(different=pl.Series(names, dtype=pl.String))
        if (lacking := found.different == "").any():
            header = header_of(layout, layout.channel_column)
            aside.mark(found.spread(lacking), lambda _: (f"column {header} is empty", "name the channel"))
        return found

    def _breakdown(self, rows: Rows) -> pl.Series:
        texts = {name: text_of(rows, place) for name, place in self._layout.dimensions.items()}
        filled = {name: column.spread(column.different.replace("", None)) for name, column in texts.items()}
        return json_object(filled, rows.height)

    def _flags(self, rows: Rows, numbers: pl.DataFrame) -> Repeated:
        flags = {
            fact: numbers[f"{field}?"]
            for field, (fact, _) in METRICS.items()
            if f"{field}?" in numbers.columns and numbers[f"{field}?"].null_count() < rows.height
        }
        named = [name for name in numbers.columns if name.startswith("flag:")]
        flags |= {name.removeprefix("flag:"): numbers[name] for name in named}
        for name, place in self._layout.others.items():
            texts = rows.frame[place]
            if _may_be_censored(texts) and texts.str.contains(r"^\s*[<>]").any():
                marks = [censored(text) or None for text in rows[place].different]
                found = rows[place].spread(pl.Series(marks, dtype=pl.String))
                if found.null_count() < rows.height:
                    flags[name] = found
        return json_objects(flags, rows.height)

    def _undated(self) -> pl.Expr:
        states = self._layout.states
        return pl.all_horizontal(_blank(place) for place in states) if states else pl.lit(value=False)


def _only(rows: Rows, these: pl.Series) -> pl.DataFrame:
    return rows.frame.filter(these) if these.any() else rows.frame.clear()


def _blank(place: str) -> pl.Expr:
    return pl.col(place).str.strip_chars().is_in(["", "--", "-", "–", "—"])


def _none(rows: Rows) -> pl.Series:
    return pl.Series([False]).new_from_index(0, rows.height)


def _may_be_censored(texts: pl.Series) -> bool:
    """Whether a text may begin with "<" or ">", blanks aside; far quicker than to look at each."""
    least, most = texts.min(), texts.max()
    return isinstance(least, str) and isinstance(most, str) and (not least or least[0] <= " " or most >= "<")


def _footers(rows: Rows) -> pl.Series:
    if not rows["c0"].different.str.contains(FOOTER).any():
        return _none(rows)
    footer = rows.frame["c0"].str.contains(FOOTER)
    others = pl.all_horizontal(
        pl.col(name).str.strip_chars() == "" for name in rows.frame.columns if name not in ("c0", LINE)
    )
    return footer & rows.frame.select(others.alias("others"))["others"]


def _all_blank(rows: Rows) -> pl.Series:
    if not (rows["c0"].different.str.strip_chars() == "").any():
        return _none(rows)
    every = pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in rows.frame.columns if name != LINE)
    return rows.frame.select(every.alias("empty"))["empty"]
