"""Tables worked out of datasets: refunds on their own day, buyers, people behind leads, lines with their cost.

Every function takes rows as the lake gives them and returns the columns of its table in `tables.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from agents.kpis.tables import TABLES
from storage.contracts.columns import MOMENT

_ORDER = ["source", "account", "id"]
_STALE = timedelta(days=180)
"""An open deal that nobody touched for so long is not expected to move."""
_MINOR_MICROS = 10_000
"""One cent or penny: what an applied discount may be off by."""


@dataclass(frozen=True)
class DiscountCaps:
    """What the team's limits allow, in basis points of the list value; None where they say nothing."""

    single: int | None = None
    stacked: int | None = None


@dataclass(frozen=True)
class Raw:
    """What views are made of: rows by dataset, those of orders in every version too."""

    rows: Mapping[str, pl.DataFrame]
    order_versions: pl.DataFrame
    """Oldest load first."""
    zone: str
    caps: DiscountCaps = DiscountCaps()


def view(name: str, raw: Raw) -> pl.DataFrame:
    """The table as the definitions know it."""
    table = TABLES[name]
    made = _VIEWS[name](raw) if name in _VIEWS else raw.rows[name]
    return made.select(list(table.columns)).cast(table.schema)


def observed(dataset: str, frame: pl.DataFrame) -> datetime | None:
    """The newest moment that the rows tell of: until then what has not ended has surely not ended.

    What they plan or expect lies in the future of the load that tells it, and tells nothing.
    """
    known = frame.get_column("known_at").max()
    moments = [
        column for column, kind in TABLES[dataset].columns.items() if kind == "moment" and column in frame.columns
    ]
    said = (frame.get_column(column) for column in moments if column not in ("due_at", "planned_at"))
    found = [value for column in said if isinstance(value := column.filter(column <= known).max(), datetime)]
    return max(found, default=None)


def _order(raw: Raw) -> pl.DataFrame:
    caps, orders = raw.caps, raw.rows["order"]
    stacked = pl.col("discount_codes").fill_null("").str.contains(r"[,;|+]")
    several = caps.stacked if caps.stacked is not None else caps.single
    cap = pl.when(stacked).then(pl.lit(several, dtype=pl.Int64)).otherwise(pl.lit(caps.single, dtype=pl.Int64))
    discount = pl.col("discount_micros").fill_null(0)
    goods = pl.col("gross_micros") - pl.col("shipping_micros").fill_null(0) + discount
    return orders.with_columns(
        buyer=pl.coalesce("customer", "email"),
        discounted=discount > 0,
        discount_share=pl.when(goods > 0).then(discount * 10_000 // goods),
        allowed=discount * 10_000 <= cap * goods + _MINOR_MICROS * 10_000,
    )


def _refund(raw: Raw) -> pl.DataFrame:
    """A refund is what one version of an order has more of it than the version before, on the day it was changed."""
    counted = raw.rows["order"].filter(pl.col("status") != "cancelled").select(_ORDER)
    versions = raw.order_versions.join(counted, on=_ORDER, how="semi").with_columns(
        before=pl.col("refunded_micros").fill_null(0).shift(1, fill_value=0).over(_ORDER),
        again=pl.int_range(pl.len()).over(_ORDER) > 0,
    )
    more = pl.col("refunded_micros").fill_null(0) - pl.col("before")
    learnt = pl.when(pl.col("again")).then(pl.col("known_at"))
    return versions.filter(more != 0).select(
        "source",
        "account",
        "currency",
        "channel",
        "campaign",
        "country",
        order=pl.col("id"),
        refunded_at=pl.coalesce("updated_at", learnt, "ordered_at"),
        dated=pl.col("updated_at").is_not_null() | pl.col("again"),
        amount_micros=more,
    )


def _buyer(raw: Raw) -> pl.DataFrame:
    orders = _order(raw).filter(pl.col("status") != "cancelled", pl.col("buyer").is_not_null())
    return (
        orders.sort("ordered_at", "id")
        .unique(["buyer"], keep="first", maintain_order=True)
        .rename({"ordered_at": "first_at"})
    )


def _order_line(raw: Raw) -> pl.DataFrame:
    """Lines of orders that stand, with the cost of their product; null where no export tells it."""
    orders = raw.rows["order"].filter(pl.col("status") != "cancelled")
    orders = orders.select("source", "account", pl.col("id").alias("order"), "channel")
    costs = raw.rows["product"].filter(pl.col("cost_micros").is_not_null()).sort("source", "account")
    costs = costs.unique(["id", "currency"], keep="last", maintain_order=True)
    costs = costs.select(pl.col("id").alias("product"), "currency", "cost_micros")
    lines = raw.rows["order_line"].join(orders, on=["source", "account", "order"], how="inner")
    return lines.join(costs, on=["product", "currency"], how="left").with_columns(
        revenue_micros=pl.col("price_micros") * pl.col("quantity") - pl.col("discount_micros").fill_null(0),
        cost_micros=pl.col("cost_micros") * pl.col("quantity"),
    )


def _lead(raw: Raw) -> pl.DataFrame:
    """One row a person: by merged ids, then by address. The first clock counts, whoever owns the lead now."""
    leads = raw.rows["lead"].sort("created_at", "source", "id", nulls_last=True)
    sales = pl.col("audience").is_null() & (pl.col("stage").fill_null("") != "subscriber")
    leads = leads.with_columns(sales=sales)
    merged = leads.select("source", into=pl.col("id"), alias=pl.col("aliases").str.split(" ")).explode(
        "alias", empty_as_null=True
    )
    merged = merged.filter(pl.col("alias").is_not_null(), pl.col("alias") != pl.col("into"))
    merged = merged.unique(["source", "alias"], keep="first", maintain_order=True)
    known = leads.join(
        merged, left_on=["source", "id"], right_on=["source", "alias"], how="left", maintain_order="left"
    )
    known = known.with_columns(root=pl.coalesce("into", "id"))
    address = pl.col("email").drop_nulls().first().over("source", "root")
    known = known.with_columns(person=pl.coalesce(address, pl.concat_str("source", "root", separator="/")))
    of_sales = pl.col("created_at").filter(pl.col("sales"))
    earliest = [pl.coalesce(of_sales.min(), pl.col("created_at").min())]
    earliest += [pl.col(name).min() for name in ("first_touch_at", "converted_at")]
    newest = pl.col("stage").sort_by("updated_at", nulls_last=False).last()
    kept = [
        name for name in leads.columns if name not in ("created_at", "first_touch_at", "converted_at", "stage", "sales")
    ]
    return known.group_by("person", maintain_order=True).agg(
        *earliest, newest, pl.col("sales").any(), *(pl.col(name).drop_nulls().first() for name in kept)
    )


def _deal(raw: Raw) -> pl.DataFrame:
    """CRMs give an open deal the day on which it is expected to close: it has not closed."""
    is_open = pl.col("state") == "open"
    until = observed("deal", raw.rows["deal"])
    touched = pl.coalesce("updated_at", "created_at")
    return raw.rows["deal"].with_columns(
        closed_at=pl.when(~is_open).then(pl.col("closed_at")),
        stale=is_open & (touched < pl.lit(until, dtype=MOMENT) - _STALE),
    )


def _ticket(raw: Raw) -> pl.DataFrame:
    """A case that was opened again and is not solved since has no solution."""
    over = pl.col("state").is_in(["resolved", "closed"])
    return raw.rows["ticket"].with_columns(solved_at=pl.when(over).then(pl.col("resolved_at")))


def _content(raw: Raw) -> pl.DataFrame:
    def day(column: str) -> pl.Expr:
        return pl.col(column).dt.convert_time_zone(raw.zone).dt.date()

    out = (pl.col("status") == "published") & (day("published_at") <= day("planned_at"))
    return raw.rows["content"].with_columns(
        published_at=pl.when(pl.col("status") == "published").then(pl.col("published_at")),
        on_plan=out.fill_null(value=False),
    )


def _translation(raw: Raw) -> pl.DataFrame:
    content = _content(raw)
    finals = content.filter(pl.col("published_at").is_not_null()).select(
        "source", "account", translation_of=pl.col("id"), source_final_at=pl.col("published_at")
    )
    return content.drop("on_plan").join(finals, on=["source", "account", "translation_of"], how="inner")


def _handoff(raw: Raw) -> pl.DataFrame:
    """Due is what is due by the newest moment told of; what is acknowledged by then is met."""
    rows = raw.rows["handoff"]
    until = observed("handoff", rows)
    met = pl.col("acknowledged_at") <= pl.col("due_at")
    return rows.with_columns(
        met=pl.when(pl.col("due_at").is_not_null()).then(met.fill_null(value=False)),
        due=(pl.col("due_at") <= pl.lit(until, dtype=MOMENT)).fill_null(value=False),
    )


_VIEWS: Mapping[str, Callable[[Raw], pl.DataFrame]] = {
    "order": _order,
    "refund": _refund,
    "buyer": _buyer,
    "order_line": _order_line,
    "lead": _lead,
    "deal": _deal,
    "ticket": _ticket,
    "content": _content,
    "translation": _translation,
    "handoff": _handoff,
}
