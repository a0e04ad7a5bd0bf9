"""Nothing counts twice: which of several rows that tell of the same spend is the one to read.

The same spend may be told by a restated file (the newest load wins), by reports of several grains (the
coarsest wins), by reports with and without a breakdown (the one without wins), and by a row that covers a
period beside the daily rows of the same campaign (the daily rows win).
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

GRAINS = ("store", "campaign", "ad_group", "ad", "account", "keyword", "search_term")
"""Coarsest first. The shop's own books stand beside the ads, never against them. Account totals without
campaigns come after the grains that name one: they say less. Keywords and search terms leave spend out."""

KEY = ("source", "account", "channel", "campaign_id", "grain", "breakdown", "day", "last_day")
"""What tells facts apart: of equal ones the newest load wins."""
_ACCOUNT = ("source", "account", "_store")


def within(first: date, last: date) -> pl.Expr:
    """The row lies in the window with all the days it covers."""
    return (pl.col("day") >= first) & (pl.col("last_day") <= last)


def counted_once(
    scan: pl.LazyFrame, load_ids: Sequence[str], columns: set[str], *, every_version: bool = False
) -> pl.DataFrame:
    """Collect the rows that count, with `columns` and the key columns; `load_ids` are in order known.

    With `every_version` a row stays beside those that restate it.
    """
    order = {load_id: rank for rank, load_id in enumerate(load_ids)}
    needed = sorted({*columns, *KEY, "campaign", "load_id"})
    rows = scan.select(needed).collect()
    if rows.is_empty():
        return rows
    rows = _one_name_one_id(rows).with_columns(
        pl.col("load_id").replace_strict(order, return_dtype=pl.UInt32).alias("_rank"),
        (pl.col("grain") == "store").alias("_store"),
    )
    newest = rows if every_version else _newest(rows)
    rows = _coarsest(newest.with_columns(_detail(newest["grain"], newest["breakdown"]).alias("_detail")))
    return _daily_before_periods(rows).drop("_rank", "_store", "_detail")


def _one_name_one_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Where one file knows a campaign by name alone, use the platform id that another file gives the name."""
    seen = rows.select("source", "account", "campaign", "campaign_id").unique()
    named = seen.filter(pl.col("campaign_id") != pl.col("campaign"))
    if named.height in (0, seen.height):
        return rows
    key = ["source", "account", "campaign"]
    ids = named.group_by(key).agg(pl.col("campaign_id").unique().alias("_ids"))
    known = ids.filter(pl.col("_ids").list.len() == 1).select(*key, pl.col("_ids").list.first().alias("_id"))
    joined = rows.join(known, on=key, how="left", maintain_order="left")
    same = pl.col("campaign_id") == pl.col("campaign")
    found = pl.when(same & pl.col("_id").is_not_null()).then("_id").otherwise("campaign_id")
    return joined.with_columns(found.alias("campaign_id")).drop("_id")


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    # Equal keys inside one load are rows of one file that a column we do not know tells apart: all stay.
    if rows["_rank"].n_unique() == 1:
        return rows
    return rows.filter(pl.col("_rank") == pl.col("_rank").max().over(KEY))


def _detail(grains: pl.Series, breakdowns: pl.Series) -> pl.Series:
    """How fine a row is: rank of the grain, then number and names of its dimensions; sorts coarsest first."""
    rank = {grain: str(index) for index, grain in enumerate(GRAINS)}
    kinds = {text: _dimensions(text) for text in breakdowns.unique()}
    coarse = grains.replace_strict(rank, default="9", return_dtype=pl.String)
    return coarse + breakdowns.replace_strict(list(kinds), list(kinds.values()), return_dtype=pl.String)


def _dimensions(breakdown: str) -> str:
    names = sorted(json.loads(breakdown)) if breakdown else []
    return f"{len(names):03d}{','.join(names)}"


def _coarsest(rows: pl.DataFrame) -> pl.DataFrame:
    if rows.select((*_ACCOUNT, "_detail")).unique().height == rows.select(_ACCOUNT).unique().height:
        return rows
    daily = pl.col("last_day") == pl.col("day")
    coarsest = pl.col("_detail") == pl.col("_detail").min().over(*_ACCOUNT, "day", "last_day")
    return rows.filter(~daily | coarsest)


class _Span(NamedTuple):
    """All rows of one load that tell of one campaign over one period in one grain."""

    detail: str
    rank: int
    campaign: str
    first: date
    last: date

    def tells_of(self, campaign: str, first: date, last: date) -> bool:
        same = self.campaign == campaign or not self.campaign or not campaign
        return same and self.first <= last and first <= self.last


def _daily_before_periods(rows: pl.DataFrame) -> pl.DataFrame:
    period = pl.col("last_day") > pl.col("day")
    if not rows.select(period.any()).item():
        return rows
    span = [*_ACCOUNT, "_detail", "_rank", "campaign_id", "day", "last_day"]
    drop = []
    for account, spans in rows.filter(period).select(span).unique().group_by(_ACCOUNT):
        mine = pl.all_horizontal(pl.col(name) == value for name, value in zip(_ACCOUNT, account, strict=True))
        daily = rows.filter(~period & mine).select("campaign_id", "day").unique().rows()
        days: dict[str, set[date]] = {}
        for campaign, day in daily:
            days.setdefault(campaign, set()).add(day)
        candidates = [_Span(*row) for row in spans.select(span[len(_ACCOUNT) :]).rows()]
        drop += [(*account, *loser) for loser in _losers(candidates, days)]
    if not drop:
        return rows
    losers = pl.DataFrame(drop, schema={name: rows.schema[name] for name in span}, orient="row")
    return rows.join(losers, on=span, how="anti")


def _losers(spans: list[_Span], daily: dict[str, set[date]]) -> list[_Span]:
    """Greedy: coarsest first, then newest; a span stays unless another report tells of its days already."""
    kept: list[_Span] = []
    lost: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.detail, -span.rank, span.first, span.campaign)):
        told_daily = any(any(span.tells_of(campaign, day, day) for day in days) for campaign, days in daily.items())
        told_before = any(
            (other.detail, other.rank) != (span.detail, span.rank)
            and other.tells_of(span.campaign, span.first, span.last)
            for other in kept
        )
        (lost if told_daily or told_before else kept).append(span)
    return lost
