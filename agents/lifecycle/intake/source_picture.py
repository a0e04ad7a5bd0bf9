"""What one source has told, reckoned from its loads and rows; pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from storage.records.facts import Load
from storage.records.freshness import DatasetFreshness, SourceFreshness
from storage.records.money import MICROS
from storage.records.record import Record, UtcDatetime

FACTS = "facts"
FACT_COLUMNS = ("source", "account", "channel", "campaign_id", "day", "last_day", "currency", "spend_micros")
_DAY = timedelta(days=1)
_LONGEST_PERIOD = 400
"""Days of a row over a period that still count as covered one by one; "all time" covers none."""


class Gap(Record):
    """Days on which a source says nothing, between days on which it does; both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class DaySpend(Record):
    """What one source says was spent on one day, in currency units; rows over a longer period are left out."""

    day: date
    currency: str
    amount: Decimal


class DatasetPicture(Record):
    """One dataset of one source."""

    dataset: str
    """`facts` for daily advertising figures, else the entity's name."""
    rows: int
    """Different things, each counted once in its newest version."""
    first_day: date | None
    last_day: date | None
    owner: str
    """The role that answers for it."""
    fresh_within_hours: int | None
    """Of the clock that `promised` names; None where nothing more is expected."""
    promised: str = ""
    """Within which time there should be newer data: "3 working days"; empty where nothing more is expected."""
    known_at: UtcDatetime
    """When the newest load became known."""
    stale: bool
    """Whether it is older than was promised."""
    due_at: UtcDatetime | None = None
    """When it becomes, or became, stale; None for never."""


class SourcePicture(Record):
    """What one source has told; names in it are untrusted."""

    source: str
    simulated: bool
    zone: str
    loads: int
    datasets: tuple[DatasetPicture, ...]
    campaigns: int
    """0 where it tells of none."""
    spend: dict[str, Decimal]
    """Currency → amount in currency units over all days, each thing counted once."""
    first_day: date | None
    last_day: date | None
    days: int
    """Different days with figures."""
    gaps: tuple[Gap, ...]
    coverage: tuple[date, ...]
    """The days with figures, oldest first; for charts."""
    spend_by_day: tuple[DaySpend, ...]
    """For charts."""
    provisional_from: date | None
    """From this day on the source may still change its figures; None where it changes nothing any more."""
    known_at: UtcDatetime
    stale: bool
    """Whether any of its datasets is older than was promised."""
    trouble: str = ""
    """Why the last attempt to read it failed; empty where it did not, or nobody tries."""
    quarantined: int
    """Rows set aside and not replayed yet."""


class Things(NamedTuple):
    """How much there is of one dataset of one source."""

    rows: int
    first_day: date | None
    last_day: date | None


def things_of(frame: pl.DataFrame, happened: str | None) -> dict[str, Things]:
    """Source → its part; days are UTC."""
    day = pl.col(happened).cast(pl.Date) if happened else pl.lit(None, dtype=pl.Date)
    told = frame.group_by("source").agg(pl.len().alias("rows"), day.min().alias("first"), day.max().alias("last"))
    return {row["source"]: Things(row["rows"], row["first"], row["last"]) for row in told.iter_rows(named=True)}


def source_picture(
    loads: Sequence[Load],
    facts: pl.DataFrame,
    things: Mapping[str, Things],
    fresh: SourceFreshness,
    *,
    now: datetime,
    quarantined: int,
) -> SourcePicture:
    """`loads` of one source, oldest first and at least one; `facts` its rows in FACT_COLUMNS, each counted once."""
    newest = loads[-1]
    told = dict(things)
    if facts.height:
        told = {FACTS: Things(facts.height, _first(facts["day"]), _last(facts["last_day"])), **told}
    held = {one.dataset: one for one in fresh.datasets}
    datasets = tuple(_dataset(held[name], one, loads, now=now) for name, one in told.items() if name in held)
    covered = _covered(facts)
    days = [one for part in told.values() for one in (part.first_day, part.last_day) if one is not None]
    return SourcePicture(
        source=newest.source,
        simulated=newest.simulated,
        zone=newest.zone,
        loads=len(loads),
        datasets=datasets,
        campaigns=_campaigns(facts),
        spend=_spend(facts),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        days=len(covered),
        gaps=gaps_in(covered),
        coverage=covered,
        spend_by_day=_spend_by_day(facts),
        provisional_from=_provisional_from(loads, covered),
        known_at=newest.known_at,
        stale=any(one.stale for one in datasets),
        trouble=fresh.trouble,
        quarantined=quarantined,
    )


def gaps_in(days: Sequence[date]) -> tuple[Gap, ...]:
    """The stretches that are missing between the first and the last of ordered days."""
    return tuple(Gap(first=one + _DAY, last=other - _DAY) for one, other in pairwise(days) if other - one > _DAY)


_NO_SHOP = "No shop orders yet: an orders export answers store revenue and average order value."
_SHOP_TOTALS = (
    "Of the shop only daily totals, no single orders: an orders export also answers refunds, new customers and margin."
)


def missing_from(sources: Sequence[SourcePicture], *, shop_totals: bool = False) -> tuple[str, ...]:
    """What cannot be answered yet, and which data it would take; `shop_totals`: the shop's own days are told of."""
    has = {one.dataset for source in sources for one in source.datasets}
    currencies = {currency for source in sources for currency in source.spend}
    wanted = (
        (not currencies, "No advertising spend yet: exports of ad platforms answer ROAS, CPA and cost per click."),
        (not has & {"order"}, _SHOP_TOTALS if shop_totals else _NO_SHOP),
        (not has & {"lead", "deal"}, "No leads or deals yet: a CRM export tells what becomes of a click."),
        (not has & {"product"}, "No products yet: a product export tells what is out of stock while it is advertised."),
        (
            len(currencies) > 1 and "exchange_rate" not in has,
            f"No exchange rates: {', '.join(sorted(currencies))} stay apart until a file with dated rates is there.",
        ),
    )
    return tuple(words for is_missing, words in wanted if is_missing)


def _dataset(fresh: DatasetFreshness, things: Things, loads: Sequence[Load], *, now: datetime) -> DatasetPicture:
    return DatasetPicture(
        dataset=fresh.dataset,
        rows=things.rows,
        first_day=things.first_day,
        last_day=things.last_day,
        owner=fresh.owner,
        fresh_within_hours=fresh.promise.hours if fresh.promise else None,
        promised=fresh.promise.words if fresh.promise else "",
        known_at=max(load.known_at for load in loads if load.holds(fresh.dataset)),
        stale=fresh.is_stale(now),
        due_at=fresh.due_at,
    )


def _campaigns(facts: pl.DataFrame) -> int:
    named = facts.filter(pl.col("channel") != "store", pl.col("campaign_id") != "")
    return named.select("account", "channel", "campaign_id").n_unique() if named.height else 0


def _spend(facts: pl.DataFrame) -> dict[str, Decimal]:
    spent = facts.filter(pl.col("spend_micros").is_not_null())
    sums = spent.group_by("currency").agg(pl.col("spend_micros").cast(pl.Int128).sum()).sort("currency")
    return {currency: Decimal(micros) / MICROS for currency, micros in sums.iter_rows()}


def _spend_by_day(facts: pl.DataFrame) -> tuple[DaySpend, ...]:
    daily = facts.filter(pl.col("spend_micros").is_not_null(), pl.col("day") == pl.col("last_day"))
    sums = daily.group_by("day", "currency").agg(pl.col("spend_micros").cast(pl.Int128).sum()).sort("day", "currency")
    return tuple(
        DaySpend(day=day, currency=currency, amount=Decimal(micros) / MICROS)
        for day, currency, micros in sums.iter_rows()
    )


def _covered(facts: pl.DataFrame) -> tuple[date, ...]:
    days: set[date] = set()
    for first, last in facts.select("day", "last_day").unique().iter_rows():
        length = (last - first).days
        if length < _LONGEST_PERIOD:
            days.update(first + step * _DAY for step in range(length + 1))
    return tuple(sorted(days))


def _provisional_from(loads: Sequence[Load], covered: Sequence[date]) -> date | None:
    window = max((load.restatement_days for load in loads if load.holds(FACTS)), default=0)
    if not covered or not window:
        return None
    open_since = max(load.known_at for load in loads if load.holds(FACTS)).date() - (window - 1) * _DAY
    return max(open_since, covered[0]) if open_since <= covered[-1] else None


def _first(days: pl.Series) -> date | None:
    found = days.min()
    return found if isinstance(found, date) else None


def _last(days: pl.Series) -> date | None:
    found = days.max()
    return found if isinstance(found, date) else None
