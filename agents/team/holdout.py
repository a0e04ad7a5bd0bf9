"""Hold-out: weeks that are over are forecast as if they had not happened, and held against what came in them."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.drift import maturity
from agents.forecasts.calibration import Hit
from agents.forecasts.history import ArrivedShares, Floats, History, history_of
from agents.forecasts.response import Response, fit_response
from agents.forecasts.week import forecast_week
from agents.team.agent import JUDGED_AFTER_DAYS
from agents.team.budget_planner import START_DAYS
from storage.records.record import Record

WEEKS = 12
"""Held-out weeks at most, back to back: enough to tell a range that is much too narrow."""
_LEAST_DAYS = 42
"""Days of history that a week needs before it."""
_LEAST_ARRIVED = 0.8
"""Weeks of which less has arrived would be held against a guess."""
_DRAWS = 200
_DAY = timedelta(days=1)
_MICROS = 1e6
Key = tuple[str, str]


class HeldOut(Record):
    """One week forecast without it; revenue in currency units."""

    first: date
    last: date
    hit: Hit


class _Since:
    """What has arrived by now of days that a history counts from an earlier one."""

    def __init__(self, arrival: ArrivedShares, days: int) -> None:
        self._arrival = arrival
        self._days = days

    def share(self, channel: str, ages: NDArray[np.int64]) -> Floats:
        return self._arrival.share(channel, ages + self._days)


def held_out_weeks(
    facts: pl.DataFrame,
    *,
    data_day: date,
    restatement_days: int,
    currency: str,
    range_scale: Decimal = Decimal(1),
    weeks: int = WEEKS,
    seed: int = 0,
) -> tuple[HeldOut, ...]:
    """Forecast past weeks from the days before each, newest first; fewer where history is short.

    `facts` have the columns of `storage.lake.facts.FACTS`, older versions of rows among them. The forecast is told the
    budgets that were in force in the week, as it is when a plan is made; whatever else happened it is not told. What
    came is counted with the conversions that are still to arrive, and weeks in which those are many are left out.
    """
    own = facts.filter(pl.col("currency").is_null() | (pl.col("currency") == currency))
    arrival = maturity.measure(own, data_day=data_day, restatement_days=restatement_days)
    rows = maturity.newest_rows(own.filter(pl.col("day") <= data_day))
    earliest = rows.filter(pl.col("channel") != "store")["day"].min()
    found = []
    for number in range(weeks):
        last = data_day - timedelta(days=JUDGED_AFTER_DAYS * number)
        origin = last - timedelta(days=JUDGED_AFTER_DAYS - 1 + START_DAYS)
        if not isinstance(earliest, date) or (origin - earliest).days < _LEAST_DAYS:
            break
        first = last - timedelta(days=JUDGED_AFTER_DAYS - 1)
        week = rows.filter(pl.col("day").is_between(first, last) & (pl.col("channel") != "store"))
        came = _came(week, arrival, data_day)
        if came is None:
            continue
        history = history_of(
            rows.filter(pl.col("day") <= origin), data_day=origin, shares=_Since(arrival, (data_day - origin).days)
        )
        rng = np.random.default_rng((seed, number))
        hit = _hit(history, _budgets(week), came, scale=float(range_scale), rng=rng)
        if hit is not None:
            found.append(HeldOut(first=first, last=last, hit=hit))
    return tuple(found)


def _came(week: pl.DataFrame, arrival: ArrivedShares, data_day: date) -> dict[Key, float] | None:
    """Revenue of each campaign in the week, currency units; None while too little of it has arrived."""
    daily = week.group_by("channel", "campaign_id", "day").agg(pl.col("revenue_micros").sum())
    came: dict[Key, float] = {}
    for channel, name, day, micros in daily.sort("channel", "campaign_id", "day").iter_rows():
        share = float(arrival.share(str(channel), np.array([(data_day - day).days]))[0])
        if share < _LEAST_ARRIVED:
            return None
        key = (str(channel), str(name))
        came[key] = came.get(key, 0.0) + float(micros or 0) / _MICROS / share
    return came


def _hit(
    history: History,
    in_force: Mapping[Key, float],
    came: Mapping[Key, float],
    *,
    scale: float,
    rng: np.random.Generator,
) -> Hit | None:
    budgets = {key: each for key, each in in_force.items() if key in history.campaigns}
    if not budgets:
        return None
    drawn = forecast_week(
        history, _responses(history, budgets, rng), before=budgets, after=budgets, start=START_DAYS,
        days=JUDGED_AFTER_DAYS, rng=rng,
    ).revenue_after  # fmt: skip
    lowest, median, highest = np.quantile(drawn, [0.1, 0.5, 0.9])
    low, middle, high = (_units(max(median + scale * off, 0.0)) for off in (lowest - median, 0.0, highest - median))
    return Hit(low=low, middle=middle, high=high, measured=_units(sum(came.get(key, 0.0) for key in budgets)))


def _responses(history: History, budgets: Mapping[Key, float], rng: np.random.Generator) -> dict[Key, Response]:
    fitted = {
        key: fit_response(history.campaigns[key], history.demand, draws=_DRAWS, rng=rng) for key in sorted(budgets)
    }
    return {key: one for key, one in fitted.items() if isinstance(one, Response)}


def _budgets(week: pl.DataFrame) -> dict[Key, float]:
    """Mean daily budget of each campaign in the week, currency units; its spend where the source names no budget."""
    daily = week.group_by("channel", "campaign_id", "day").agg(
        pl.col("budget_micros").max(), pl.col("spend_micros").sum()
    )
    mean = daily.with_columns(pl.coalesce("budget_micros", "spend_micros").alias("micros"))
    sums = (
        mean.group_by("channel", "campaign_id")
        .agg(pl.col("micros").sum() / JUDGED_AFTER_DAYS)
        .sort("channel", "campaign_id")
    )
    return {(str(channel), str(name)): float(micros) / _MICROS for channel, name, micros in sums.iter_rows() if micros}


def _units(value: float) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal("0.01"))
