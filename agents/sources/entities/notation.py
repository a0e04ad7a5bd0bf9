"""What is decided once for a whole file before a row of it is read: decimal mark, order of day and month, zone."""

from pathlib import Path

import polars as pl

from agents.sources.entities.kinds import NUMBERS, Kind, Notation, read_kind
from agents.sources.entities.layout import Places
from agents.sources.entities.moments import has_offset, is_undecided
from agents.sources.text.cells import Style
from agents.sources.text.columns import Column, ColumnsSeen
from agents.sources.text.days import Order, OrderEvidence, read_day
from agents.sources.text.declared import Declared
from agents.sources.text.rows import column
from agents.sources.text.unreadable import UnreadableExport
from storage.contracts.entities import BY_DATASET


class Survey:
    """Looks at every cell of a file that numbers or moments are read from."""

    def __init__(
        self, path: Path, places: Places, declared: Declared, *, semicolons: bool, decimal: Style | None
    ) -> None:
        """`decimal` is the mark where a mapping declares it."""
        self._path = path
        fields = [one for one in places.layout.fields if one.name in places.at]
        self._numbers = [(column(places.at[one.name]), one.kind) for one in fields if one.kind in NUMBERS]
        self._moments = [(one.name, column(places.at[one.name])) for one in fields if one.kind is Kind.MOMENT]
        self._declared = declared
        self._zone = places.layout.zone
        self._decimal = decimal
        self._semicolons = semicolons
        self._past = {
            entity.happened for name in places.layout.datasets if (entity := BY_DATASET[name]).happened is not None
        }
        self._columns = ColumnsSeen(places.header, {place: name for name, place in places.at.items()})
        self._bad = dict.fromkeys(Style, 0)
        # Only what has happened lies in the past: an expected or due day says nothing about the order by being late.
        self._sure = OrderEvidence(declared.today)
        self._other = OrderEvidence()
        self._unreadable = dict.fromkeys(Order, 0)
        self._numeric = False
        self.naive = False
        """Whether some moment says no offset."""

    def see(self, block: pl.DataFrame) -> None:
        self._columns.see(block)
        for place, kind in self._numbers:
            texts = block[place].unique()
            for style in Style:
                problems = read_kind(texts, kind, Notation(style, None, "UTC")).problems
                self._bad[style] += 0 if problems is None else len(problems) - problems.null_count()
        for name, place in self._moments:
            texts = block[place].unique()
            if is_undecided(texts):
                self._numeric = True
                self._count_unreadable(texts)
            (self._sure if name in self._past else self._other).see(texts)
            self.naive |= not has_offset(texts)

    def _count_unreadable(self, texts: pl.Series) -> None:
        for text in texts.filter(texts.str.contains(r"^\s*\d{1,2}[-/]\d")):
            for order in Order:
                self._unreadable[order] += read_day(text, order) is None

    def columns(self) -> tuple[Column, ...]:
        """All columns of the file as they were seen."""
        return self._columns.columns()

    def notation(self) -> Notation:
        """What was found. Raises UnreadableExport if the order of day and month matters and stays open."""
        return Notation(self._style(), self._order(), self._zone)

    def _style(self) -> Style:
        if self._decimal is not None:
            return self._decimal
        likely, other = (Style.COMMA, Style.POINT) if self._semicolons else (Style.POINT, Style.COMMA)
        return other if self._bad[other] < self._bad[likely] else likely

    def _order(self) -> Order | None:
        if self._declared.dates is not None or not self._numeric:
            return self._declared.dates
        possible = self._sure.possible & self._other.possible
        if not possible:
            # Some cells are wrong in either order: the one that fewer contradict is meant, the others are set aside.
            return min(Order, key=lambda order: self._unreadable[order])
        if len(possible) > 1 and (self._sure.matters or self._other.matters):
            problem = "every date in the file could be day/month or month/day"
            raise UnreadableExport(self._path, None, problem, "say which it is with --dates dmy or --dates mdy")
        return min(possible)
