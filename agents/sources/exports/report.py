"""What was found in a file: the report for people and for the list of loads."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from agents.sources.exports.days import ALL_TIME_FIRST
from agents.sources.exports.frames import Block, sums_of
from agents.sources.exports.layout import METRICS, Layout
from agents.sources.exports.totals import Totals
from storage.records.facts import DroppedRow
from storage.records.money import exponent_of
from storage.records.record import Record

_MOST_DROPPED = 10_000
"""Rows named one by one; beyond, they are counted by reason."""
_MONEY = ("spend", "revenue", "store_revenue")


class ExportReport(Record):
    """The facts about one file that was read whole."""

    path: str
    layout: str
    source: str
    grain: str
    simulated: bool
    zone: str | None
    """Zone in which the file counts its days, where it or the mapping says so."""
    campaigns: int
    days: int
    """Different days covered; a report over all time counts none."""
    first_day: date
    last_day: date
    spend: dict[str, Decimal]
    """Currency → amount in currency units."""
    rows_read: int
    """Rows below the header that are not blank, the dropped ones included."""
    rows_dropped: tuple[DroppedRow, ...]
    total_row_difference: dict[str, Decimal] | None
    """Our sum minus the file's own total row, per number that has one; None where there is no total row."""
    content_sha256: str
    fingerprint: str
    """Equal for the same bytes read in the same way: such a file brings nothing new."""
    notes: tuple[str, ...]
    """Caveats for people."""


class Tally:
    """Counts and sums while the blocks of a file go by."""

    def __init__(self, layout: Layout) -> None:
        self.kept = 0
        self._layout = layout
        self._read = 0
        self._campaigns: set[str] = set()
        self._periods: set[tuple[date, date]] = set()
        self._spend: dict[str, int] = {}
        self._dropped: list[DroppedRow] = []
        self._more_dropped: dict[str, int] = {}
        self._totals = Totals(layout.grain)

    def see(self, rows: int, block: Block) -> None:
        facts = block.facts
        self._read += rows
        self.kept += facts.height
        self._campaigns.update(facts["campaign_id"].unique())
        self._periods.update(facts.select("day", "last_day").unique().rows())
        spent = facts.filter(pl.col("spend_micros").is_not_null())
        for currency, micros in spent.group_by("currency").agg(pl.col("spend_micros").sum()).rows():
            self._spend[currency] = self._spend.get(currency, 0) + micros
        self._drop(block.dropped)
        self._totals.keep(sums_of(facts, self._layout.numbers))
        for label, sums in block.totals:
            self._totals.say(label, sums)

    def _drop(self, dropped: pl.DataFrame) -> None:
        for line, reason in dropped.rows():
            if len(self._dropped) < _MOST_DROPPED:
                self._dropped.append(DroppedRow(line=line, reason=reason))
            else:
                self._more_dropped[reason] = self._more_dropped.get(reason, 0) + 1

    def report(self, layout: Layout, sha256: str, fingerprint: str) -> ExportReport:
        more = [
            DroppedRow(line=0, reason=f"{count} more rows: {reason}")
            for reason, count in sorted(self._more_dropped.items())
        ]
        return ExportReport(
            path=str(layout.path),
            layout=layout.name,
            source=layout.source,
            grain=layout.grain,
            simulated=layout.simulated,
            zone=layout.zone,
            campaigns=len(self._campaigns - {""}),
            days=_days_covered(self._periods),
            first_day=min(first for first, _ in self._periods),
            last_day=max(last for _, last in self._periods),
            spend={
                currency: tidy(Decimal(micros).scaleb(-METRICS["spend"][1]), exponent_of(currency))
                for currency, micros in sorted(self._spend.items())
            },
            rows_read=self._read,
            rows_dropped=(*self._dropped, *more),
            total_row_difference=self._difference(),
            content_sha256=sha256,
            fingerprint=fingerprint,
            notes=layout.notes,
        )

    def _difference(self) -> dict[str, Decimal] | None:
        difference = self._totals.difference()
        if difference is None:
            return None
        # Amounts in several currencies have no sum to compare.
        one = len(self._spend) <= 1
        least = exponent_of(next(iter(self._spend), "")) if one else 2
        return {
            name: tidy(value, least if name in _MONEY else 0)
            for name, value in difference.items()
            if one or name not in _MONEY
        }


def tidy(value: Decimal, least_decimals: int) -> Decimal:
    """The same number with as few decimals as it needs, but at least so many."""
    bare = value.normalize()
    decimals = max(least_decimals, -int(bare.as_tuple().exponent))
    return value.quantize(Decimal(1).scaleb(-decimals))


def _days_covered(periods: Iterable[tuple[date, date]]) -> int:
    covered: set[date] = set()
    for first, last in periods:
        if first != ALL_TIME_FIRST:
            covered.update(first + timedelta(days=step) for step in range((last - first).days + 1))
    return len(covered)
