"""How complete the newest days are: conversions are filed on the click day and arrive late.

The share of a day's final conversions that has arrived after `age` days is modelled as a Weibull curve,
1 − exp(−((age + 1) / tau)^k), scaled to reach 1 at the end of the source's restatement window. It is measured, per
channel, from older versions of the same days where the frame holds them (the share at one age within the count at
a later age is binomial), else from one snapshot (conversions per click of young days against mature days).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRAINS = ("campaign", "ad_group", "ad", "keyword", "search_term", "store")
_ROW = ("source", "account", "channel", "campaign_id", "grain", "breakdown", "day")
_MIN_PAIRED_CONVERSIONS = 200.0
# Log tau, log k and their spreads: half of the conversions on the first day, 90 % after a week, very loosely.
_PRIOR = (np.log(1.5), np.log(0.6))
_PRIOR_SPREAD = (1.2, 0.5)
_SNAPSHOT_SPREAD = (1.0, 0.25)
_SNAPSHOT_FROM_AGE = 3
"""A snapshot alone cannot tell young days from broken ones: the days that detectors judge are left out of it."""


@dataclass(frozen=True, slots=True)
class Maturity:
    """Share of the final conversions that has arrived, by channel and age in days."""

    curves: Mapping[str, Floats]
    pooled: Floats
    error: float
    """Relative standard error of the missing share."""

    def share(self, channel: str, ages: NDArray[np.int64]) -> Floats:
        """Shares in (0, 1], one an age; ages beyond the restatement window are complete."""
        curve = self.curves.get(channel, self.pooled)
        return np.append(curve, 1.0)[np.clip(ages, 0, len(curve))]


def newest_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Daily rows, only the newest version of each, only the coarsest grain and split of a campaign's day."""
    daily = frame.filter(pl.col("last_day") == pl.col("day"))
    newest = daily.sort("known_at").unique(list(_ROW), keep="last", maintain_order=True)
    rank = pl.col("grain").replace_strict(list(_GRAINS), range(len(_GRAINS)), default=len(_GRAINS)) * 2 + (
        pl.col("breakdown") != ""
    ).cast(pl.Int64)
    one_day = ["source", "account", "channel", "campaign_id", "day"]
    ranked = newest.with_columns(rank.alias("rank"))
    return ranked.filter(pl.col("rank") == pl.col("rank").min().over(one_day)).drop("rank").sort(one_day)


def measure(frame: pl.DataFrame, *, data_day: date, restatement_days: int) -> Maturity:
    """Fit the arrival of conversions; without any evidence the prior is used and its error is wide."""
    if restatement_days <= 0:
        return Maturity({}, np.ones(0), 0.0)
    ads = frame.filter((pl.col("channel") != "store") & (pl.col("day") <= data_day))
    pairs = _version_pairs(ads)
    snapshot = _snapshot(newest_rows(ads), data_day=data_day, window=restatement_days)
    measured = float(pairs["later"].sum() or 0.0) >= _MIN_PAIRED_CONVERSIONS
    pooled_theta = _fit(pairs, snapshot, centre=_PRIOR, spread=_PRIOR_SPREAD if measured else _SNAPSHOT_SPREAD)
    curves = {}
    for channel in sorted(set(ads["channel"].unique().to_list())):
        own = (pairs.filter(pl.col("channel") == channel), snapshot.filter(pl.col("channel") == channel))
        # A channel departs from the pool only as far as its own counts carry it.
        theta = _fit(*own, centre=pooled_theta, spread=(0.6, 0.3) if measured else (0.3, 0.1))
        curves[channel] = _curve(theta, restatement_days)
    error = 0.10 if measured else 0.30
    return Maturity(curves, _curve(pooled_theta, restatement_days), error)


def _curve(theta: tuple[float, float], window: int) -> Floats:
    ages = np.arange(window, dtype=np.float64)
    curve: Floats = np.clip(_weibull(ages, theta) / _weibull(np.array([float(window)]), theta), 1e-3, 1.0)
    return curve


def _weibull(ages: Floats, theta: tuple[float, float]) -> Floats:
    scale, shape = np.exp(theta[0]), np.exp(theta[1])
    arrived: Floats = -np.expm1(-(((ages + 1) / scale) ** shape))
    return np.clip(arrived, 1e-6, 1.0)


def _version_pairs(ads: pl.DataFrame) -> pl.DataFrame:
    """Conversions of a channel's days at two ages: columns channel, age, later_age, count, later."""
    by_load = ads.group_by("load_id").agg(pl.col("day").max().alias("load_day"), pl.col("known_at").max().alias("at"))
    # By campaign: a later load that brings only some of them must not look like arrivals.
    key = ["source", "account", "channel", "campaign_id", "breakdown", "day"]
    seen = (
        ads.filter((pl.col("grain") == "campaign") & (pl.col("last_day") == pl.col("day")))
        .group_by([*key, "load_id"])
        .agg(pl.col("conversions_milli").sum() / 1000.0)
        .join(by_load, on="load_id")
        .with_columns((pl.col("load_day") - pl.col("day")).dt.total_days().alias("age"))
        .sort([*key, "at"])
    )
    later = seen.with_columns(
        pl.col("age").shift(-1).over(key).alias("later_age"),
        pl.col("conversions_milli").shift(-1).over(key).alias("later"),
    ).filter(pl.col("later_age") > pl.col("age"))
    return later.group_by(["channel", "age", "later_age"], maintain_order=True).agg(
        pl.col("conversions_milli").sum().alias("count"), pl.col("later").sum()
    )


def _snapshot(rows: pl.DataFrame, *, data_day: date, window: int) -> pl.DataFrame:
    """Conversions against those expected from clicks at the mature rate: columns channel, age, count, expected."""
    aged = rows.with_columns((pl.lit(data_day) - pl.col("day")).dt.total_days().alias("age"))
    aged = aged.with_columns(pl.col("conversions_milli").fill_null(0) / 1000.0, pl.col("clicks").fill_null(0))
    mature = (
        aged.filter(pl.col("age").is_between(window, window + 27))
        .group_by("channel")
        .agg((pl.col("conversions_milli").sum() / pl.col("clicks").sum()).alias("rate"))
    )
    young = aged.filter(pl.col("age").is_between(_SNAPSHOT_FROM_AGE, window - 1)).group_by(
        ["channel", "age"], maintain_order=True
    )
    joined = young.agg(pl.col("conversions_milli").sum().alias("count"), pl.col("clicks").sum()).join(
        mature, on="channel"
    )
    kept = joined.filter(pl.col("rate").is_finite())
    return kept.with_columns((pl.col("clicks") * pl.col("rate")).alias("expected"))


def _fit(
    pairs: pl.DataFrame, snapshot: pl.DataFrame, *, centre: tuple[float, float], spread: tuple[float, float]
) -> tuple[float, float]:
    from scipy.optimize import minimize

    if float(pairs["later"].sum() or 0.0) >= _MIN_PAIRED_CONVERSIONS:
        columns = [pairs[name].to_numpy().astype(np.float64) for name in ("age", "later_age", "count", "later")]

        def misfit(theta: Floats) -> float:
            return _binomial_misfit((theta[0], theta[1]), *columns)
    else:
        young = [snapshot[name].to_numpy().astype(np.float64) for name in ("age", "count", "expected")]

        def misfit(theta: Floats) -> float:
            return _snapshot_misfit((theta[0], theta[1]), *young)

    def objective(theta: Floats) -> float:
        away = sum(((t - c) / s) ** 2 for t, c, s in zip(theta, centre, spread, strict=True))
        return float(misfit(theta) + 0.5 * away)

    found = minimize(objective, np.array(centre), method="Nelder-Mead", options={"maxiter": 200, "xatol": 1e-3})
    return float(found.x[0]), float(found.x[1])


def _binomial_misfit(theta: tuple[float, float], age: Floats, later_age: Floats, count: Floats, later: Floats) -> float:
    share = np.clip(_weibull(age, theta) / _weibull(later_age, theta), 1e-6, 1 - 1e-6)
    arrived = np.minimum(count, later)
    return float(-np.sum(arrived * np.log(share) + (later - arrived) * np.log1p(-share)))


def _snapshot_misfit(theta: tuple[float, float], age: Floats, count: Floats, expected: Floats) -> float:
    predicted = expected * _weibull(age, theta)
    # The extra tenth stands for demand that moves from day to day; the soft loss for days that are broken.
    residual = (count - predicted) / np.sqrt(predicted + (0.1 * predicted) ** 2 + 1.0)
    return float(np.sum(np.sqrt(1 + residual**2) - 1))
