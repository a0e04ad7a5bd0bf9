"""Daily history of campaigns as arrays: complete days only, later conversions allowed for, demand factored out.

Amounts are floats in currency units: they feed statistics, and no amount computed here is ever booked.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AHEAD_DAYS = 14
"""Days after the newest one that the calendar of a history reaches to."""
MIN_ARRIVED = 0.5
"""Days with a smaller share of their conversions are too uncertain to be scaled up."""
_MICROS = 1e6
_DEMAND_DAYS = 28


class ArrivedShares(Protocol):
    """Share of the final conversions that has arrived, by channel and age in days."""

    def share(self, channel: str, ages: NDArray[np.int64]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class CampaignDays:
    """One campaign's days, oldest first, without gaps, ending with the newest complete day."""

    channel: str
    campaign_id: str
    spend: Floats
    revenue: Floats
    """Attributed conversion value as reported so far."""
    budget: Floats
    """Daily budget in force, NaN where the source does not say."""
    reported: NDArray[np.bool_]
    """Whether the source has a row for the day; days without one count as no spend."""
    arrived: Floats
    """Share of the day's final conversions that has arrived, in (0, 1]."""

    @property
    def delivery(self) -> float:
        """Spend per unit of budget over the last four weeks; 1 where no budget is known."""
        known = np.isfinite(self.budget[-28:]) & self.reported[-28:] & (self.budget[-28:] > 0)
        if not known.any():
            return 1.0
        return float(np.clip(self.spend[-28:][known].sum() / self.budget[-28:][known].sum(), 0.05, 2.0))

    @property
    def recent_revenue(self) -> float:
        """Mean revenue a day over the last four weeks, late conversions allowed for."""
        usable = (self.arrived >= MIN_ARRIVED)[-28:]
        recent = (self.revenue / self.arrived)[-28:][usable]
        return float(recent.mean()) if len(recent) else 0.0


@dataclass(frozen=True, slots=True)
class History:
    """All campaigns on one calendar."""

    first: date
    last: date
    campaigns: dict[tuple[str, str], CampaignDays]
    """By channel and campaign id, in that order."""
    demand: Floats
    """Demand of each day around 1: weekday and slow season as the shop's own orders show them."""
    weekday: Floats
    """Weekday factors alone, of the days and of the 14 days after the last one."""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def history_of(rows: pl.DataFrame, *, data_day: date, shares: ArrivedShares, max_days: int = 182) -> History:
    """Arrange facts by campaign and day up to `data_day`: rows of `lake.facts.FACTS`, one a campaign and day."""
    ads = rows.filter((pl.col("channel") != "store") & (pl.col("day") <= data_day))
    newest_first = data_day - timedelta(days=max_days - 1)
    earliest = ads["day"].min()
    first = max(earliest, newest_first) if isinstance(earliest, date) else data_day
    size = (data_day - first).days + 1
    recent = ads.filter(pl.col("day") >= first)
    campaigns = {}
    for (channel, campaign_id), group in sorted(recent.group_by(["channel", "campaign_id"])):
        key = (str(channel), str(campaign_id))
        campaigns[key] = _campaign_days(key, group, first=first, size=size, shares=shares)
    store = rows.filter((pl.col("channel") == "store") & (pl.col("day") <= data_day) & (pl.col("day") >= first))
    demand, weekday = _demand(store, list(campaigns.values()), first=first, size=size)
    return History(first=first, last=data_day, campaigns=campaigns, demand=demand, weekday=weekday)


def _campaign_days(
    key: tuple[str, str], group: pl.DataFrame, *, first: date, size: int, shares: ArrivedShares
) -> CampaignDays:
    daily = group.group_by("day").agg(
        pl.col("spend_micros").sum(), pl.col("revenue_micros").sum(), pl.col("budget_micros").max()
    )
    at = (daily["day"] - first).dt.total_days().to_numpy()
    reported = np.zeros(size, dtype=np.bool_)
    reported[at] = True
    budget = _placed(daily["budget_micros"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), at, size, np.nan)
    ages = np.arange(size - 1, -1, -1, dtype=np.int64)
    return CampaignDays(
        channel=key[0],
        campaign_id=key[1],
        spend=_placed(daily["spend_micros"].to_numpy(), at, size, 0.0) / _MICROS,
        revenue=_placed(daily["revenue_micros"].to_numpy(), at, size, 0.0) / _MICROS,
        budget=budget / _MICROS,
        reported=reported,
        arrived=shares.share(key[0], ages),
    )


def _placed(values: NDArray[np.float64], at: NDArray[np.int64], size: int, empty: float) -> Floats:
    placed = np.full(size, empty)
    placed[at] = values
    return placed


def _demand(store: pl.DataFrame, campaigns: list[CampaignDays], *, first: date, size: int) -> tuple[Floats, Floats]:
    """Demand of the shop's orders, of attributed revenue where there is no shop, and its weekday factors."""
    orders = store.group_by("day").agg(pl.col("orders").sum().cast(pl.Float64))
    series = _placed(orders["orders"].to_numpy(), (orders["day"] - first).dt.total_days().to_numpy(), size, 0.0)
    has_shop = bool((series > 0).sum() >= 0.9 * size) and size >= 14
    if not has_shop:
        series = np.sum([days.revenue / days.arrived for days in campaigns], axis=0) if campaigns else np.zeros(size)
    if series.sum() <= 0:
        return np.ones(size), np.ones(size + AHEAD_DAYS)
    weekday = _weekdays(series)
    repeated = weekday[np.arange(size + AHEAD_DAYS) % 7]
    # Attributed revenue moves with spend, so without a shop it may show weekdays but not the level of demand.
    level = _level(series / repeated[:size]) if has_shop else np.ones(size)
    return level / level.mean() * repeated[:size], repeated


def _weekdays(series: Floats) -> Floats:
    """Seven factors of mean 1, by index modulo 7; 1 with fewer than three weeks."""
    weeks = len(series) // 7
    if weeks < 3:
        return np.ones(7)
    tail = series[len(series) - 7 * weeks :].reshape(weeks, 7)
    shares = tail / np.maximum(tail.sum(axis=1, keepdims=True), 1e-9)
    factors = np.roll(np.median(shares, axis=0), len(series) % 7)
    factors = np.maximum(factors, 1e-3)
    result: Floats = factors / factors.mean()
    return result


def _level(series: Floats) -> Floats:
    """Centred moving mean of four weeks, narrower at the ends."""
    half = _DEMAND_DAYS // 2
    sums = np.concatenate([[0.0], np.cumsum(series)])
    index = np.arange(len(series))
    low, high = np.maximum(index - half, 0), np.minimum(index + half, len(series))
    result: Floats = np.maximum((sums[high] - sums[low]) / (high - low), 1e-9)
    return result
