"""From business objects to the graph: products, audiences, content, and leads as numbers, never as persons."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.facts import Load
from storage.records.graph import NodeRef

Named = Mapping[str, NodeRef]
"""Folded name of a campaign → the campaign, where exactly one has the name."""
_MICROS_PER_MINOR = 10_000
SOLD_SHARE_PERCENT = 10
"""A product with at least this share of what a campaign's orders bought is one that the campaign pushes."""
LEAST_SOLD = 5
"""Units below which an order book says nothing about what a campaign pushes."""


def chart_products(frame: pl.DataFrame, load: Load, campaigns: Named) -> tuple[Update, ...]:  # noqa: ARG001
    """What is sold, with price, stock and priority as they are from this load on."""
    sheet = Sheet(load.source, load=load.id)
    for row in frame.iter_rows(named=True):
        price = row["price_micros"]
        ref = sheet.node(
            things.product(row["source"], row["id"]),
            row["title"],
            first=load.known_at,
            price_minor=None if price is None else price // _MICROS_PER_MINOR,
            currency=row["currency"],
            stock=row["stock"],
            priority=row["priority"],
            status=row["status"],
        )
        if row["category"]:
            category = sheet.node(things.category(row["category"], simulated=row["simulated"]), row["category"])
            sheet.edge(ref, "in_category", category)
        if row["brand"]:
            brand = sheet.node(things.brand(row["brand"], simulated=row["simulated"]), row["brand"])
            sheet.edge(ref, "of_brand", brand)
    return sheet.updates


def chart_audiences(frame: pl.DataFrame, load: Load, campaigns: Named) -> tuple[Update, ...]:
    """Who can be addressed, and by which of the campaigns known by exactly that name."""
    sheet = Sheet(load.source, load=load.id)
    for row in frame.iter_rows(named=True):
        ref = sheet.node(
            things.audience(row["source"], row["name"]),
            row["name"],
            first=load.known_at,
            people=row["people"],
            consented=row["consented"],
            origin=row["source"],
        )
        for name in (row["campaigns"] or "").split(";"):
            if campaign := campaigns.get(things.folded(name)) if name.strip() else None:
                sheet.edge(campaign, "addresses", ref, first=load.known_at)
    return sheet.updates


def chart_content(frame: pl.DataFrame, load: Load, campaigns: Named) -> tuple[Update, ...]:  # noqa: ARG001
    """Pages, posts and mails."""
    sheet = Sheet(load.source, load=load.id)
    for row in frame.iter_rows(named=True):
        published: datetime | None = row["published_at"]
        ref = sheet.node(
            things.content(row["source"], row["id"]),
            row["title"],
            first=load.known_at,
            status=row["status"],
            kind=row["kind"],
            locale=row["locale"],
            url=row["url"],
            published=None if published is None else published.date().isoformat(),
        )
        if row["translation_of"]:
            original = sheet.node(things.content(row["source"], row["translation_of"]), row["translation_of"])
            sheet.edge(ref, "translation_of", original)
    return sheet.updates


def chart_leads(frame: pl.DataFrame, load: Load, campaigns: Named) -> tuple[Update, ...]:
    """How many leads each list, campaign or origin has; a person is no node."""
    sheet = Sheet(load.source, load=load.id)
    where = ["audience", "campaign", "origin", "stage", "simulated"]
    counted = frame.group_by(where, maintain_order=True).len().fill_null("")
    for row in counted.iter_rows(named=True):
        words = [row[name] for name in ("audience", "campaign", "origin", "stage") if row[name]]
        ref = sheet.node(
            things.leads(load.source, " · ".join(words) or "all"),
            " · ".join(words) or f"Leads of {load.source}",
            first=load.known_at,
            count=row["len"],
            stage=row["stage"] or None,
        )
        if row["audience"]:
            audience = sheet.node(things.audience(load.source, row["audience"]), row["audience"], origin=load.source)
            sheet.edge(ref, "in_audience", audience)
        if campaign := campaigns.get(things.folded(row["campaign"])) if row["campaign"] else None:
            sheet.edge(ref, "came_from", campaign)
        if row["stage"]:
            stage = sheet.node(things.stage(row["stage"], simulated=row["simulated"]), row["stage"])
            sheet.edge(ref, "at_stage", stage)
    return sheet.updates


def chart_sold(orders: pl.DataFrame, lines: pl.DataFrame, load: Load, campaigns: Named) -> tuple[Update, ...]:
    """What the orders that a campaign brought were of: what it pushes, with its share."""
    sheet = Sheet(load.source, load=load.id)
    brought = orders.filter(pl.col("campaign").is_not_null() & (pl.col("status") != "cancelled"))
    sold = lines.join(brought.select(pl.col("id").alias("order"), "campaign"), on="order")
    units = sold.group_by("campaign", "product", maintain_order=True).agg(
        pl.col("quantity").sum(), pl.col("title").drop_nulls().last()
    )
    totals = units.with_columns(pl.col("quantity").sum().over("campaign").alias("all"))
    shares = totals.with_columns((pl.col("quantity") * 100 // pl.col("all").clip(1)).alias("share"))
    for row in shares.filter((pl.col("all") >= LEAST_SOLD) & (pl.col("share") >= SOLD_SHARE_PERCENT)).iter_rows(
        named=True
    ):
        campaign = campaigns.get(things.folded(row["campaign"]))
        if campaign is not None:
            product = things.product(load.source, row["product"])
            sheet.node(product, row["title"] or row["product"])
            sheet.edge(campaign, "promotes", product, first=load.known_at, share_percent=row["share"])
    return sheet.updates


CHARTS: Mapping[str, Callable[[pl.DataFrame, Load, Named], tuple[Update, ...]]] = {
    "product": chart_products,
    "audience": chart_audiences,
    "content": chart_content,
    "lead": chart_leads,
}
"""Dataset → how it is charted; what is not here tells of no node."""


def unknown_names(frame: pl.DataFrame, dataset: str, campaigns: Named) -> Iterable[str]:
    """Campaigns that the rows name and nobody knows by exactly that name."""
    if "campaign" in frame.columns:
        told = frame["campaign"].drop_nulls().unique().to_list()
    elif dataset == "audience":
        told = [name for names in frame["campaigns"].drop_nulls() for name in names.split(";")]
    else:
        return ()
    return sorted({name.strip() for name in told if name.strip()} - {""} - _known(told, campaigns))


def _known(told: Iterable[Any], campaigns: Named) -> set[str]:
    return {name.strip() for name in told if things.folded(name) in campaigns}
