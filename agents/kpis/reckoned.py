"""One number for each group of rows: counts, sums, quantiles. The formula divides afterwards, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from agents.kpis.parts import LIFETIME_SCALE, Part
from agents.kpis.quantiles import quantile

Key = tuple[Any, ...]
_SHARES = {"median": Decimal("0.5"), "p90": Decimal("0.9")}


@dataclass(frozen=True)
class Reckoned:
    """What a part comes to, in its raw integer unit."""

    value: int | None
    unknown: bool = False
    """Whether a row that belongs to it says nothing, so that nobody knows."""
    low: int | None = None
    high: int | None = None
    count: int = 0
    """Times that a quantile is of."""
    going: int = 0
    """How many of them have not ended."""
    silent: int = 0
    """Rows without a value that were left out."""


NOT_THERE = Reckoned(None)


def reckoned(
    frame: pl.DataFrame, part: Part | None, keys: Sequence[str], *, any_rows: bool, days: int
) -> Mapping[Key, Reckoned]:
    """By the values of the keys; with none there is one group, (). `part` None is a sum of daily facts."""
    if not any_rows:
        return {}
    if not keys:
        return {(): _one(frame, part, days)}
    return {key: _one(group, part, days) for key, group in frame.sort(keys).group_by(keys, maintain_order=True)}


def empty(part: Part | None, *, any_rows: bool) -> Reckoned:
    """What stands for a group that has no rows of a part while others have."""
    counted = part is None or part.how in ("count", "sum")
    return Reckoned(0) if any_rows and counted else NOT_THERE


def _one(frame: pl.DataFrame, part: Part | None, days: int) -> Reckoned:
    if part is None:
        return _sum(frame, unknown=False)
    if part.how == "sum":
        return _sum(frame, unknown=part.missing == "unknown")
    if part.how == "count":
        return Reckoned(_count(frame, part))
    if part.how == "gap":
        return _gap(frame)
    if part.how == "lifetime":
        assert part.at_most is not None
        return _lifetime(frame, days, part.at_most)
    if part.how == "largest":
        return Reckoned(_integer(frame.get_column("value").max()), count=frame.height)
    going = frame.get_column("going")
    values = frame.get_column("value")
    found = quantile(values.filter(~going).to_list(), values.filter(going).to_list(), _SHARES[part.how])
    return Reckoned(found.value, low=found.low, high=found.high, count=found.count, going=found.open)


def _sum(frame: pl.DataFrame, *, unknown: bool) -> Reckoned:
    """128-bit, since 64-bit sums wrap silently; with no rows at all it is 0, with rows that say nothing not known."""
    values = frame.get_column("value")
    silent = values.null_count()
    if unknown and silent:
        return Reckoned(None, unknown=True, silent=silent)
    if frame.height and silent == frame.height:
        return Reckoned(None, silent=silent)
    return Reckoned(_integer(values.cast(pl.Int128).sum()) or 0, silent=silent)


def _count(frame: pl.DataFrame, part: Part) -> int:
    if part.column == "rows":
        return frame.height
    members = frame.filter(pl.col("member").is_not_null())
    if part.window != "both":
        return members.get_column("member").n_unique()
    eras = members.group_by("member").agg(pl.col("before").n_unique().alias("eras"))
    return eras.filter(pl.col("eras") == 2).height


def _gap(frame: pl.DataFrame) -> Reckoned:
    """Between one and the next inside the window, and from the last one before it to the first."""
    days = frame.select(pl.col("value").alias("at"), "before").unique().sort("at")
    steps = days.with_columns(step=pl.col("at").diff()).filter(~pl.col("before"))
    return Reckoned(_integer(steps.get_column("step").max()), count=steps.height)


def _lifetime(frame: pl.DataFrame, days: int, at_most: int) -> Reckoned:
    """Days ÷ the share of the cohort that did not come again, which is capped: with no loss at all it has no end."""
    members = frame.filter(pl.col("member").is_not_null())
    cohort = set(members.filter(pl.col("before")).get_column("member"))
    lost = len(cohort - set(members.filter(~pl.col("before")).get_column("member")))
    if not cohort:
        return Reckoned(None)
    most = at_most * LIFETIME_SCALE
    return Reckoned(min(days * len(cohort) * LIFETIME_SCALE // lost, most) if lost else most, count=len(cohort))


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None
