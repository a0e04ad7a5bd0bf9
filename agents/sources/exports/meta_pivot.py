"""The rows of a Meta report that repeat others: pivot subtotals ("All"), the summary row, and names left blank.

A pivot writes the campaign only on the first row of its group, and sums over days or ages as rows of their own. Which
rows are sums can only be told from the whole file, so it is looked through once before it is read.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import polars as pl

from agents.sources.exports.layout import Prepared
from agents.sources.exports.meta_names import ALL
from agents.sources.text.cells import is_missing
from agents.sources.text.days import Order, OrderEvidence, read_day
from agents.sources.text.rows import LINE

_SUMMARY = "summary row of the whole report"
_SUBTOTAL = "subtotal of a pivot"


def survey(
    blocks: Iterator[pl.DataFrame],
    names: Sequence[str],
    day: str | None,
    dates: Sequence[str],
    detail: Sequence[str],
    evidence: OrderEvidence,
    attribution: str | None = None,
) -> "Pivot":
    """Look through the whole file for what its sums are."""
    pivot = Pivot(names, day, [place for place in dates if place != day], detail)
    for block in blocks:
        pivot.see(block)
        if attribution:
            pivot.attributions.update(text.strip() for text in block[attribution].unique() if not is_missing(text))
        for place in dates:
            evidence.see(block[place].unique())
        if len(pivot.range) == 2:
            evidence.see_ranges(block.select(pivot.range).unique().rows())
    return pivot


class Pivot:
    """What the whole file said, and the rows it makes of a block."""

    def __init__(
        self, names: Sequence[str], day: str | None, range_columns: Sequence[str], detail: Sequence[str]
    ) -> None:
        self._names = list(names)
        self._day = day
        self.range = list(range_columns)
        self._detail = list(detail)
        self._ranges: set[tuple[str, ...]] = set()
        self._broken_down: set[str] = set()
        """Columns that hold something besides "All" and blank."""
        self.order: Order | None = None
        self.attributions: set[str] = set()
        """The attribution settings under which rows are counted."""
        self._carried: list[str] = []

    @property
    def dated(self) -> bool:
        """Some row has a day of its own."""
        return self._day is not None and self._day in self._broken_down

    def see(self, block: pl.DataFrame) -> None:
        for place in [*self._names, *self._detail, *([self._day] if self._day else [])]:
            if any(not is_missing(text) and not _is_all(text) for text in block[place].unique()):
                self._broken_down.add(place)
        if self.range:
            self._ranges.update(block.select(self.range).unique().rows())

    def begin(self) -> Callable[[pl.DataFrame], Prepared]:
        """Start a pass over the file: names are carried from block to block."""
        self._carried = [""] * len(self._names)
        return self._prepare

    def _prepare(self, block: pl.DataFrame) -> Prepared:
        """Fill in names, and take out the rows that sum over others."""
        unnamed = pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in self._names)
        summary = block.select((unnamed & ~self._own_detail(block)).alias("summary"))["summary"]
        rows = self._filled(block, summary)
        reason = pl.when(summary).then(pl.lit(_SUMMARY)).when(self._sums()).then(pl.lit(_SUBTOTAL))
        judged = rows.with_columns(reason.alias("reason"))
        grand = summary | judged.select(self._grand_total().alias("grand"))["grand"]
        label = pl.when(pl.col("reason") == _SUMMARY).then(pl.lit("Total")).otherwise(pl.lit("Totals"))
        return Prepared(
            rows=rows.filter(judged["reason"].is_null()),
            dropped=judged.filter(pl.col("reason").is_not_null()).select(LINE, "reason"),
            totals=judged.filter(grand).with_columns(label.alias("total")).drop("reason"),
        )

    def _own_detail(self, block: pl.DataFrame) -> pl.Expr:
        """The row tells of a part: its own day, age or period, not the whole report."""
        places = [*self._detail, *([self._day] if self._day else [])]
        own = [_filled_in(block, place) for place in places]
        if not self._day and len(self._ranges) > 1:
            whole = self._widest()
            texts = block.select(self.range).rows()
            own.append(pl.lit(pl.Series([row != whole for row in texts], dtype=pl.Boolean)))
        return pl.any_horizontal(own) if own else pl.lit(value=False)

    def _widest(self) -> tuple[str, ...]:
        """The range, as text of the file, that holds the most others."""
        days = {ends: tuple(self._day_of(end) for end in ends) for ends in self._ranges}
        held = {
            ends: sum(mine[0] <= other[0] and other[-1] <= mine[-1] for other in days.values())
            for ends, mine in days.items()
        }
        return max(held, key=lambda ends: held[ends])

    def _day_of(self, text: str) -> date:
        return read_day(text, self.order or Order.DMY) or date.min

    def _filled(self, block: pl.DataFrame, summary: pl.Series) -> pl.DataFrame:
        """Names carried down; a new name on one level begins the levels below it anew."""
        blank = (block[self._names[0]].str.strip_chars() == "") & ~summary
        if not blank.any():
            last = block.filter(~summary).select(self._names).tail(1).rows()
            self._carried = list(last[0]) if last else self._carried
            return block
        filled = []
        for cells, whole in zip(block.select(self._names).rows(), summary, strict=True):
            if not whole:
                level = next((at for at, cell in enumerate(cells) if cell.strip()), len(cells))
                self._carried = [*self._carried[:level], *cells[level:]]
            filled.append(cells if whole else tuple(self._carried))
        columns = zip(*filled, strict=True) if filled else ()
        return block.with_columns(
            pl.Series(name, list(column), dtype=pl.String) for name, column in zip(self._names, columns, strict=False)
        )

    def _sums(self) -> pl.Expr:
        """The row sums over something that other rows break down; a row without its day does so too."""
        sums = [_all(place) for place in [*self._names, *self._detail] if place in self._broken_down]
        if self.dated and self._day:
            sums += [_all(self._day), _blank(self._day)]
        return pl.any_horizontal(sums) if sums else pl.lit(value=False)

    def _grand_total(self) -> pl.Expr:
        campaign = self._names[0]
        if campaign not in self._broken_down:
            return pl.lit(value=False)
        places = [*self._detail, *([self._day] if self._day else [])]
        return _all(campaign) & pl.all_horizontal(
            [_all(place) | _blank(place) for place in places] or [pl.lit(value=True)]
        )


def _is_all(text: str) -> bool:
    return text.strip().casefold() in ALL


def _all(place: str) -> pl.Expr:
    return pl.col(place).str.strip_chars().str.to_lowercase().is_in(list(ALL))


def _blank(place: str) -> pl.Expr:
    return pl.col(place).str.strip_chars().is_in(["", "-", "--", "—", "–"])


def _filled_in(block: pl.DataFrame, place: str) -> pl.Expr:
    texts = {text: not is_missing(text) and not _is_all(text) for text in block[place].unique()}
    return pl.col(place).replace_strict(list(texts), list(texts.values()), return_dtype=pl.Boolean)
