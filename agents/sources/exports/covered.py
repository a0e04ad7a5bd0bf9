"""The days that every row of a block covers."""

from datetime import date, timedelta

import polars as pl

from agents.sources.exports.aside import Aside
from agents.sources.exports.layout import Layout
from agents.sources.exports.texts import header_of
from agents.sources.text.cells import is_missing
from agents.sources.text.days import Order, read_days
from agents.sources.text.repeated import Rows
from agents.sources.text.unreadable import shown

_ZONES = timedelta(days=1)
"""Somewhere it is tomorrow already."""


class Covered:
    """Reads the days of one file, block by block; what a text means is worked out once."""

    def __init__(self, layout: Layout, order: Order | None, today: date | None) -> None:
        self._layout = layout
        self._order = order
        self._latest = today + _ZONES if today else None
        self._known: dict[str, date | None] = {}

    def read(self, rows: Rows, aside: Aside) -> tuple[pl.Series, pl.Series]:
        """First and last day of every row; null in rows that are set aside. Raises days.UndecidedOrder."""
        layout = self._layout
        if layout.day is None:
            assert layout.period is not None, "a layout has a day column or a period"
            first, last = (pl.repeat(day, rows.height, dtype=pl.Date, eager=True) for day in layout.period)
            return first, last
        first = self._column(rows, layout.day, aside)
        if self._latest and (late := first > self._latest).any():
            aside.mark(late, lambda row: (f"the day {first[row]} has not come yet", "correct the date or --dates"))
        if layout.last_day is None:
            return first, first
        last = self._column(rows, layout.last_day, aside)
        if (wrong := last < first).any():
            aside.mark(
                wrong,
                lambda row: (f"the period ends {last[row]}, before it starts {first[row]}", "correct the dates"),
            )
        return first, last

    def _column(self, rows: Rows, place: str, aside: Aside) -> pl.Series:
        texts = rows[place]
        days = texts.spread(read_days(texts.different, self._order, self._layout.zone, self._known))
        if days.null_count():
            aside.mark(
                days.is_null(), lambda row: (self._why(texts.at(row), place), "correct the cell or export again")
            )
        return days

    def _why(self, text: str, place: str) -> str:
        what = "has no date" if is_missing(text) else f"{shown(text)} is not a date"
        order = f" ({self._order} order)" if self._order else ""
        return f"column {header_of(self._layout, place)}: {what}{order}"
