"""What was found in a file: the report for people and for the list of loads."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
from pydantic import Field

from agents.sources.entities.recognised import EntityTally
from agents.sources.exports.frames import Block
from agents.sources.exports.layout import Layout
from agents.sources.exports.numbers import sums_of
from agents.sources.text.columns import Column, ColumnsSeen
from agents.sources.text.days import ALL_TIME_FIRST
from agents.sources.text.metrics import METRICS
from agents.sources.text.totals import Totals
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
    feed: str = ""
    """Stable name of this kind of file of this source: its columns are held against those of the file before."""
    columns: tuple[Column, ...] = ()
    """All columns of the file in their order, those that are not read too."""
    rows_by_dataset: dict[str, int] = Field(default_factory=dict)
    """Rows that wait to land: `facts`, or names of entities."""
    rows_quarantined: int = 0
    """Rows that broke the contract and were set aside; the others land."""
    amounts: dict[str, dict[str, Decimal]] = Field(default_factory=dict)
    """Money other than ad spend, by dataset and currency, in currency units: orders placed, deals."""
    personal: tuple[str, ...] = ()
    """Headers whose cells may hold personal data."""


class Tally:
    """Counts and sums while the blocks of a file go by."""

    def __init__(self, layout: Layout) -> None:
        self.kept = 0
        self.read = 0
        self._layout = layout
        self._campaigns: set[str] = set()
        self._periods: set[tuple[date, date]] = set()
        self._spend: dict[str, int] = {}
        self._dropped: list[DroppedRow] = []
        self._more_dropped: dict[str, int] = {}
        self._totals = Totals(layout.grain)
        self._columns = ColumnsSeen(layout.header, _figures(layout))

    def see(self, texts: pl.DataFrame, block: Block) -> None:
        facts = block.facts
        self.read += texts.height
        self._columns.see(texts)
        self.kept += facts.height
        self._campaigns.update(facts["campaign_id"].unique().to_list())
        if (facts["day"] == facts["last_day"]).all():
            self._periods.update((day, day) for day in facts["day"].unique())
        else:
            self._periods.update(facts.select("day", "last_day").unique().rows())
        spend = pl.col("spend_micros")
        for currency, told, micros in (
            facts.group_by("currency").agg(spend.count().alias("told"), spend.cast(pl.Int128).sum()).rows()
        ):
            if told:
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

    def report(self, sha256: str, fingerprint: str, *, set_aside: int = 0) -> ExportReport:
        layout = self._layout
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
            first_day=min((first for first, _ in self._periods), default=date.min),
            last_day=max((last for _, last in self._periods), default=date.min),
            spend={
                currency: tidy(Decimal(micros).scaleb(-METRICS["spend"][1]), exponent_of(currency))
                for currency, micros in sorted(self._spend.items())
            },
            rows_read=self.read,
            rows_dropped=(*self._dropped, *more),
            total_row_difference=self._difference(),
            content_sha256=sha256,
            fingerprint=fingerprint,
            notes=layout.notes,
            feed=layout.name if layout.name.startswith(f"{layout.source}/") else f"{layout.source}/{layout.name}",
            columns=self._columns.columns(),
            rows_by_dataset={"facts": self.kept},
            rows_quarantined=set_aside,
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


def report_of(path: Path, tally: EntityTally, fingerprint: str, *, today: date | None) -> ExportReport:
    """The report of a file of business records; where nothing in it happened on a day, it tells of today."""
    read_on = today or datetime.now(UTC).date()
    return ExportReport(
        path=str(path),
        layout=tally.layout,
        source=tally.source,
        grain="",
        simulated=tally.simulated,
        zone=tally.zone,
        campaigns=tally.campaigns,
        days=tally.days,
        first_day=tally.first_day or read_on,
        last_day=tally.last_day or read_on,
        spend={},
        rows_read=tally.rows_read,
        rows_dropped=tally.rows_dropped,
        total_row_difference=None,
        content_sha256=tally.content_sha256,
        fingerprint=fingerprint,
        notes=tally.notes,
        feed=tally.layout,
        columns=tuple(one if isinstance(one, Column) else Column(name=one[0], kind=one[1]) for one in tally.columns),
        rows_by_dataset=dict(tally.rows_by_dataset),
        rows_quarantined=tally.rows_quarantined,
        amounts=tally.amounts,
        personal=tally.personal,
    )


def tidy(value: Decimal, least_decimals: int) -> Decimal:
    """The same number with as few decimals as it needs, but at least so many."""
    bare = value.normalize()
    decimals = max(least_decimals, -int(bare.as_tuple().exponent))
    return value.quantize(Decimal(1).scaleb(-decimals))


def _figures(layout: Layout) -> dict[int, str]:
    """Position of a column → the figure that it is read as."""
    return {int(place.removeprefix("c")): field for field, place in layout.numbers.items() if field in METRICS}


def _days_covered(periods: Iterable[tuple[date, date]]) -> int:
    covered: set[date] = set()
    for first, last in periods:
        if first != ALL_TIME_FIRST:
            covered.update(first + timedelta(days=step) for step in range((last - first).days + 1))
    return len(covered)
