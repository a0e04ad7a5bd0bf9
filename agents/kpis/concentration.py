"""Whether a movement of a sum comes from one member of a dimension: what is told of a departure beside its size."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from agents.kpis.by_day import ByDay, Daily
from agents.kpis.parts import Part
from agents.kpis.placed import conditions, day_of

_WEEKS = 4
"""The same days of so many weeks before say what is usual."""
_MOST_OF_IT = 0.7
_PART_OF_ALL = 0.6
"""A member that is most of the business anyway tells nothing by being most of the movement."""
_WAYS = ("source", "channel", "origin", "campaign", "country", "type", "pipeline", "product", "priority", "locale")


@dataclass(frozen=True)
class Concentrated:
    """One member that the movement mostly comes from; figures are sums over its days, in the KPI's unit."""

    by: str
    member: str
    """Untrusted text."""
    observed: float
    expected: float
    share: float
    """Of the whole movement; more than 1 where others went the other way."""


def concentrated(found: ByDay, one: Daily, *, first: date, last: date) -> Concentrated | None:
    """The narrowest member that most of the movement from `first` to `last` comes from; None where there is none."""
    if one.formula.denominator or len(one.formula.numerator) != 1:
        return None
    term = one.formula.numerator[0]
    part = one.kpi.parts.get(term.measure)
    if part is None or part.placed is None or (part.how == "count" and part.column != "rows"):
        return None
    scale = float(one.formula.factor * term.weight) / one.formula.known[term.measure].scale
    members = [each for by in _WAYS if by in part.table.dimensions for each in _members(found, part, by, first, last)]
    told = [each for each in members if _tells(each)]
    most = max(told, key=lambda each: each.share, default=None)
    if most is None:
        return None
    return Concentrated(most.by, most.member, most.observed * scale, most.expected * scale, most.share)


def _tells(one: "_Member") -> bool:
    return one.share >= _MOST_OF_IT and one.of_all <= _PART_OF_ALL


@dataclass(frozen=True)
class _Member:
    by: str
    member: str
    observed: float
    expected: float
    share: float
    of_all: float


def _members(found: ByDay, part: Part, by: str, first: date, last: date) -> Iterator[_Member]:
    assert part.placed is not None
    column = part.table.dimensions[by]
    table = found.objects.tables[part.of].filter(pl.col("source").is_in(list(found.sources.get(part.of, ()))))
    day = pl.col("_day")
    dated = table.with_columns(_day=day_of(part, part.placed, found.objects.zone)).filter(*conditions(part))
    weeks = pl.any_horizontal(
        day.is_between(first - timedelta(weeks=back), last - timedelta(weeks=back)) for back in range(1, _WEEKS + 1)
    )
    value = pl.lit(1.0) if part.how == "count" else pl.col(part.column).cast(pl.Float64).fill_null(0.0)
    sums = (
        dated.with_columns(_value=value, _now=day.is_between(first, last), _then=weeks)
        .filter(pl.col("_now") | pl.col("_then"))
        .group_by(pl.col(column).cast(pl.String).fill_null("").alias("member"))
        .agg(
            pl.col("_value").filter("_now").sum().alias("now"),
            (pl.col("_value").filter("_then").sum() / _WEEKS).alias("then"),
        )
    )
    seen, usual = float(sums["now"].sum()), float(sums["then"].sum())
    moved = seen - usual
    if sums.height < 2 or not moved or usual <= 0:
        return
    for member, now, then in sums.sort("member").iter_rows():
        if member:
            yield _Member(by, member, now, then, (now - then) / moved, then / usual)
