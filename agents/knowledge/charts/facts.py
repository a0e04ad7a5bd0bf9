"""From daily figures to the graph: campaigns with their account, channel and days, and what they bid for or show."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update, day_end, day_start
from storage.records.facts import Load
from storage.records.graph import NodeRef

COLUMNS = (
    "account",
    "breakdown",
    "campaign",
    "campaign_id",
    "channel",
    "currency",
    "day",
    "grain",
    "last_day",
    "simulated",
    "source",
)
"""What is read of a load."""
WITNESSES = frozenset({"ga4", "google_analytics"})
"""They tell of others' campaigns, by names of their own: what account and channel one has is not theirs to say."""
STILL_ON = timedelta(days=7)
"""A campaign without figures for longer than this at the end of a load has ended."""
_KEYWORD = ("keyword", "search_keyword", "search_term", "target")
_MATCH = ("match_type", "match")
_PLACE = ("country", "region", "market", "location")
_PRODUCT = ("product", "product_id", "item_id", "sku")
_GROUP = ("ad_group", "ad_set", "adset")
_CREATIVE = ("ad", "creative")


def chart_facts(frame: pl.DataFrame, load: Load, *, newest: bool) -> tuple[Update, ...]:
    """Statements of one load; where a later one of its source is known already, its names and ends are left to that."""
    sheet = Sheet(load.source, load=load.id)
    ads = frame.filter(pl.col("grain") != "store")
    for row in _campaigns(ads):
        _campaign(sheet, row, load, newest=newest)
    for row in _details(ads):
        _detail(sheet, row)
    return sheet.updates


def _campaigns(ads: pl.DataFrame) -> Iterator[dict[str, Any]]:
    key = ["source", "account", "channel", "campaign_id"]
    told = ads.filter(pl.col("campaign_id") != "").sort("last_day").group_by(key, maintain_order=True)
    columns = (
        pl.col("campaign").drop_nulls().last(),
        pl.col("currency").drop_nulls().last(),
        pl.col("day").min(),
        pl.col("last_day").max(),
        pl.col("simulated").last(),
    )
    yield from told.agg(*columns).iter_rows(named=True)


def _campaign(sheet: Sheet, row: dict[str, Any], load: Load, *, newest: bool) -> None:
    ref = _ref(row)
    first = day_start(row["day"])
    # What an older file calls it holds for the time before all that newer ones say.
    sheet.node(ref, row["campaign"] or row["campaign_id"], first=first if newest else None)
    if row["source"] in WITNESSES:
        return
    channel = sheet.node(
        things.channel(row["channel"], simulated=row["simulated"]),
        row["channel"].replace("_", " "),
        simulated=row["simulated"],
    )
    ended = newest and row["last_day"] < load.last_day - STILL_ON
    sheet.edge(ref, "runs_on", channel, first=first, last=day_end(row["last_day"]) if ended else None)
    if row["account"]:
        account = things.account(row["source"], row["account"])
        sheet.node(account, row["account"], currency=row["currency"], platform=row["source"])
        sheet.edge(ref, "belongs_to", account)


def _details(ads: pl.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ["source", "account", "campaign_id", "breakdown", "simulated"]
    finer = ads.filter((pl.col("breakdown") != "") & (pl.col("campaign_id") != ""))
    spans = finer.group_by(columns, maintain_order=True).agg(pl.col("day").min(), pl.col("last_day").max())
    yield from spans.iter_rows(named=True)


def _detail(sheet: Sheet, row: dict[str, Any]) -> None:
    """What the breakdown names: parts of the campaign, what it bids for, what it pushes."""
    told = {name: str(value).strip() for name, value in json.loads(row["breakdown"]).items() if value}
    campaign, first = _ref(row), day_start(row["day"])
    group = campaign
    if name := _first(told, _GROUP):
        group = sheet.node(things.part(campaign, "ad_group", name), name)
        sheet.edge(group, "part_of", campaign)
    if name := _first(told, _CREATIVE):
        creative = sheet.node(things.part(campaign, "creative", name), name)
        sheet.edge(creative, "part_of", group)
    market = things.market(_first(told, _PLACE) or things.EVERYWHERE, simulated=row["simulated"])
    if keyword := _first(told, _KEYWORD):
        sheet.node(market, _first(told, _PLACE) or things.EVERYWHERE)
        sheet.edge(campaign, "bids_on", market, first=first, keyword=things.folded(keyword), match=_first(told, _MATCH))
    elif place := _first(told, _PLACE):
        sheet.node(market, place)
        sheet.edge(campaign, "in_market", market, first=first)
    if sold := _first(told, _PRODUCT):
        product = sheet.node(things.product(row["source"], sold), sold)
        sheet.edge(campaign, "promotes", product, first=first)


def _ref(row: dict[str, Any]) -> NodeRef:
    return things.campaign(row["source"], row["account"], row["campaign_id"])


def _first(told: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((told[name] for name in names if told.get(name)), None)
