"""The shop's own books as daily facts: orders counted on the day that they were placed, in the zone of their source."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from agents.kpis.figures import format_days
from agents.kpis.selection import STORE
from storage.lake.facts import FACTS
from storage.records.facts import Load

ORDERS = "order"
"""The dataset."""
COLUMNS = (
    "source",
    "simulated",
    "load_id",
    "known_at",
    "ordered_at",
    "status",
    "currency",
    "gross_micros",
    "refunded_micros",
)
_TOLD = ("ordered_at", "status", "currency", "gross_micros", "refunded_micros")
VERSION_COLUMNS = ("source", "account", "id", "load_id", "line", *_TOLD)
NOTE = "Orders as the shop exports them: cancelled ones are left out and refunds taken off, tax and shipping are in."
_SAID = dict.fromkeys(("account", "channel", "campaign_id", "campaign", "grain"), STORE) | {
    "breakdown": "",
    "flags": "",
}
_ANY_ZONE = timedelta(days=1)
"""No day of any zone begins or ends further from the same day in UTC."""


def between(first: date, last: date) -> tuple[datetime, datetime]:
    """Moments in UTC between which every order of the days was placed, whatever the zone; the second is excluded."""
    begin, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC)
    return begin - _ANY_ZONE, end + 2 * _ANY_ZONE


def dated(orders: pl.DataFrame, zones: Mapping[str, str], *, first: date, last: date) -> pl.DataFrame:
    """The orders of these days, with their `day`; `zones` by source.

    An order belongs to the day that the clock of its source showed, so a day of 23 or of 25 hours is one day.
    """
    days = pl.Series("day", [], dtype=pl.Date)
    by_source = [
        frame.with_columns(day=pl.col("ordered_at").dt.convert_time_zone(zones[str(source)]).dt.date())
        for (source,), frame in orders.group_by("source")
    ]
    whole = pl.concat(by_source) if by_source else orders.with_columns(days)
    return whole.filter(pl.col("day").is_between(first, last))


def restated_notes(versions: pl.DataFrame, loads: Sequence[Load]) -> tuple[str, ...]:
    """One sentence a load that told orders otherwise than an earlier one; `versions` has VERSION_COLUMNS and `day`."""
    order = {load.id: rank for rank, load in enumerate(loads)}
    told = [pl.col(name).cast(pl.String).fill_null("–") for name in _TOLD]
    one = ["source", "account", "id"]
    ranked = versions.with_columns(
        pl.col("load_id").replace_strict(order, return_dtype=pl.UInt32).alias("rank"),
        pl.concat_str(told, separator="|").alias("told"),
    ).sort("rank", "line", maintain_order=True)
    # In one load the last word on an order is the one that counts.
    words = ranked.unique([*one, "rank"], keep="last", maintain_order=True)
    changed = words.with_columns(pl.col("told").shift(1).over(one).alias("before"))
    notes = []
    for load in loads:
        theirs = changed.filter(pl.col("load_id") == load.id, pl.col("before") != pl.col("told"))
        if theirs.height:
            days = theirs["day"].sort().to_list()
            notes.append(
                f"Restated: {load.source} changed {theirs.height:,} order{'' if theirs.height == 1 else 's'} of "
                f"{format_days(days[0], days[-1])} with {load.path}; as of before, they are still given as they were."
            )
    return tuple(notes)


def shop_facts(orders: pl.DataFrame) -> pl.DataFrame:
    """Dated orders (COLUMNS, each once) as one row a source, day and currency, in the columns of FACTS."""
    sums = (
        orders.filter(pl.col("status") != "cancelled")
        .group_by("source", "simulated", "day", "currency")
        .agg(
            orders=pl.len(),
            store_revenue_micros=(pl.col("gross_micros") - pl.col("refunded_micros").fill_null(0)).sum(),
            load_id=pl.col("load_id").sort_by("known_at").last(),
            known_at=pl.col("known_at").max(),
        )
        .sort("source", "day", "currency")
    )
    said = {name: pl.lit(text) for name, text in _SAID.items()}
    whole = sums.with_columns(last_day=pl.col("day"), line=pl.lit(0), **said)
    return whole.select(
        (pl.col(name) if name in whole.columns else pl.lit(None)).cast(kind).alias(name) for name, kind in FACTS.items()
    )
