"""Daily facts as columns a channel: what was spent, shown, clicked and reported, on one calendar without gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.drift.maturity import Maturity
from agents.drift.plans import ExecutedPlan
from storage.records.plans import Resource

Floats = NDArray[np.float64]

HISTORY_DAYS = 120
_MICROS = 1e6
_MONTH_OF_BUDGETS = 30.4
_LATE_IN_MONTH = 26
_REGULAR_DAYS, _SILENT_FOR = 14, 7
_MIX_DAYS = 56
"""Days that a campaign's usual ratio is taken from."""


@dataclass(frozen=True, slots=True)
class BudgetJump:
    """A daily budget that changed without a plan of ours."""

    channel: str
    campaign_id: str
    campaign: str
    """Untrusted text."""
    day: date
    before_micros: int
    after_micros: int


@dataclass(frozen=True, slots=True)
class ChannelColumns:
    """One channel; arrays of shape (campaigns, days), oldest day first, amounts in currency units.

    Counts are as reported so far. Campaigns are kept apart because money moved between a dear and a cheap one changes
    the channel's averages without anything having drifted.
    """

    channel: str
    spend: Floats
    planned_spend: Floats
    """Spend with the past scaled to the budgets that our own plans have set since."""
    impressions: Floats
    clicks: Floats
    conversions: Floats
    revenue: Floats
    arrived: Floats
    """Share of a day's final conversions that has arrived; shape (days,)."""
    at_month_limit: bool
    """Whether a campaign has spent what its platform allows in a month: then less is spent, and that is no drift."""
    campaigns: tuple[tuple[str, str], ...] = ()
    """Id and name of each row; names are untrusted text."""

    def only(self, row: int) -> "ChannelColumns":
        """One campaign as if it were a channel of its own, called channel/id."""
        one = slice(row, row + 1)
        return replace(
            self,
            channel=f"{self.channel}/{self.campaigns[row][0]}",
            spend=self.spend[one],
            planned_spend=self.planned_spend[one],
            impressions=self.impressions[one],
            clicks=self.clicks[one],
            conversions=self.conversions[one],
            revenue=self.revenue[one],
            campaigns=self.campaigns[one],
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """All channels and the shop; `orders` is None where no shop reports."""

    last: date
    channels: tuple[ChannelColumns, ...]
    """Channels with a row for the newest day: a silent source is a matter of freshness, not of drift."""
    orders: Floats | None
    jumps: tuple[BudgetJump, ...]
    """Unplanned budget changes, oldest first."""
    silent: tuple[str, ...] = ()
    """Channels, or the shop as `store`, of which rows came every day and now none, though others were told of."""


def columns_of(rows: pl.DataFrame, *, data_day: date, maturity: Maturity, plans: Sequence[ExecutedPlan]) -> Columns:
    """Arrange newest rows (one a campaign and day) up to `data_day`."""
    known = rows.filter((pl.col("day") <= data_day) & (pl.col("day") > data_day - timedelta(days=HISTORY_DAYS)))
    if known.is_empty():
        return Columns(data_day, (), None, ())
    first = known["day"].min()
    assert isinstance(first, date), "a frame with rows has a first day"
    ads = known.filter(pl.col("channel") != "store")
    jumps = _budget_jumps(ads)
    ours = [jump for jump in jumps if _is_ours(jump, plans)]
    channels = [
        _channel_columns(str(channel), group, first=first, last=data_day, maturity=maturity, ours=ours)
        for (channel,), group in sorted(ads.group_by(["channel"]))
        if group["day"].max() == data_day
    ]
    store = known.filter((pl.col("channel") == "store") & pl.col("orders").is_not_null())
    orders = _daily(store, "orders", first=first, last=data_day) if store["day"].max() == data_day else None
    return Columns(
        last=data_day,
        channels=tuple(channels),
        orders=orders,
        jumps=tuple(jump for jump in jumps if jump not in ours),
        silent=_silent(known, data_day) if channels else (),
    )


def _silent(known: pl.DataFrame, data_day: date) -> tuple[str, ...]:
    """Without a row today, with one on each of the fourteen days before but the newest few."""
    recent = known.filter(pl.col("day") > data_day - timedelta(days=_REGULAR_DAYS + _SILENT_FOR))
    told = recent.group_by("channel").agg(pl.col("day").n_unique().alias("days"), pl.col("day").max().alias("newest"))
    gone = told.filter(
        (pl.col("newest") < data_day)
        & (pl.col("newest") >= data_day - timedelta(days=_SILENT_FOR))
        & (pl.col("days") >= _REGULAR_DAYS)
    )
    return tuple(sorted(gone["channel"].to_list()))


def _channel_columns(
    channel: str,
    group: pl.DataFrame,
    *,
    first: date,
    last: date,
    maturity: Maturity,
    ours: Sequence[BudgetJump],
) -> ChannelColumns:
    ids = sorted(group["campaign_id"].unique().to_list())
    by_id = {campaign: group.filter(pl.col("campaign_id") == campaign) for campaign in ids}

    def daily(column: str, unit: float = 1.0) -> Floats:
        return np.array([_daily(by_id[campaign], column, first=first, last=last) for campaign in ids]) / unit

    spend = daily("spend_micros", _MICROS)
    ages = np.arange(spend.shape[1] - 1, -1, -1, dtype=np.int64)
    jumps = [jump for jump in ours if jump.channel == channel]
    return ChannelColumns(
        channel=channel,
        spend=spend,
        planned_spend=np.array(
            [_rescaled(row, jumps, campaign=i, first=first) for i, row in zip(ids, spend, strict=True)]
        ),
        impressions=daily("impressions"),
        clicks=daily("clicks"),
        conversions=daily("conversions_milli", 1000.0),
        revenue=daily("revenue_micros", _MICROS),
        arrived=maturity.share(channel, ages),
        at_month_limit=_at_month_limit(group, last),
        campaigns=tuple((campaign, str(by_id[campaign]["campaign"][-1] or campaign)) for campaign in ids),
    )


def _rescaled(spend: Floats, ours: Sequence[BudgetJump], *, campaign: str, first: date) -> Floats:
    """A campaign's spend as if the budgets that our plans set had been in force before."""
    scaled = spend.copy()
    for jump in ours:
        if jump.campaign_id == campaign:
            scaled[: max((jump.day - first).days, 0)] *= jump.after_micros / jump.before_micros
    return scaled


def _at_month_limit(group: pl.DataFrame, last: date) -> bool:
    """Ad platforms spend at most 30.4 × the daily budget in a month; the last day of a long one may get the rest."""
    month = group.filter(pl.col("day") >= last.replace(day=1)).group_by("campaign_id")
    sums = month.agg(pl.col("spend_micros").sum(), pl.col("budget_micros").mean().alias("budget"))
    spent_in_full = pl.col("spend_micros") >= 0.985 * _MONTH_OF_BUDGETS * pl.col("budget")
    return last.day >= _LATE_IN_MONTH and not sums.filter(spent_in_full).is_empty()


def _daily(rows: pl.DataFrame, column: str, *, first: date, last: date) -> Floats:
    """Sum of a column by day; days without a row are 0."""
    summed = rows.group_by("day").agg(pl.col(column).sum().cast(pl.Float64).fill_null(0.0))
    values = np.zeros((last - first).days + 1)
    values[(summed["day"] - first).dt.total_days().to_numpy()] = summed[column].to_numpy()
    return values


def _budget_jumps(ads: pl.DataFrame) -> list[BudgetJump]:
    key = ["channel", "campaign_id"]
    changed = (
        ads.filter(pl.col("budget_micros") > 0)
        .sort([*key, "day"])
        .with_columns(pl.col("budget_micros").shift(1).over(key).alias("before"))
        .filter(pl.col("before") != pl.col("budget_micros"))
        .sort(["day", *key])
    )
    fields = changed.select("channel", "campaign_id", "campaign", "day", "before", "budget_micros")
    return [BudgetJump(*row) for row in fields.iter_rows()]


def _is_ours(jump: BudgetJump, plans: Sequence[ExecutedPlan]) -> bool:
    key = Resource(channel=jump.channel, id=jump.campaign_id, name=jump.campaign or "").key
    # Reports may show a budget on the day it was set or on the day after.
    return any(key in plan.resource_keys and abs((jump.day - plan.executed_on).days) <= 1 for plan in plans)


@dataclass(frozen=True, slots=True)
class Parts:
    """A KPI of a channel by day: numerator, denominator, and the denominator at the usual mix of campaigns."""

    numerator: Floats
    denominator: Floats
    mixed: Floats


def kpi_parts(columns: ChannelColumns) -> Mapping[str, Parts]:
    """The channel's KPIs; those of conversions against what can have arrived by now."""
    one = np.ones((1, columns.spend.shape[1]))
    return {
        "spend": _parts(columns.planned_spend.sum(axis=0, keepdims=True), one),
        "clicks": _parts(columns.clicks.sum(axis=0, keepdims=True), one),
        "cpm": _parts(columns.spend * 1000, columns.impressions),
        "cpc": _parts(columns.spend, columns.clicks),
        "ctr": _parts(columns.clicks * 100, columns.impressions),
        "cvr": _parts(columns.conversions * 100, columns.clicks * columns.arrived),
        "roas": _parts(columns.revenue, columns.spend * columns.arrived),
    }


def _parts(numerator: Floats, denominator: Floats) -> Parts:
    """Weigh each campaign's denominator with its own usual ratio, so that only its departures are left."""
    past = slice(-_MIX_DAYS - 3, -3)
    made, of = numerator[:, past].sum(axis=1), denominator[:, past].sum(axis=1)
    total = float(made.sum() / of.sum()) if of.sum() > 0 else 0.0
    usual = np.divide(made, of, out=np.full(len(of), total), where=of > 0)
    weight = usual / total if total > 0 else np.ones(len(of))
    return Parts(numerator.sum(axis=0), denominator.sum(axis=0), (denominator * weight[:, None]).sum(axis=0))
