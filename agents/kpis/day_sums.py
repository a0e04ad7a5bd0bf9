"""Sums a day of what formulas name: every part of every KPI in one query a table and moment, all collected at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.kpis.definitions import Kpi
from agents.kpis.formula import MEASURES, Formula, parse_formula
from agents.kpis.objects import Objects
from agents.kpis.parts import DAYS, Part
from agents.kpis.placed import conditions, day_of
from agents.kpis.selection import rows_for
from agents.kpis.tables import TABLES

Floats = NDArray[np.float64]
_Days = Mapping[date, tuple[float, float, float]]


@dataclass(frozen=True)
class SummedPart:
    """One part, newest day last."""

    values: Floats
    """In the part's raw unit."""
    rows: Floats
    """Things that were counted or summed."""
    first: date | None
    """The oldest day that anything is told of; None for none."""
    unknown: bool
    """Whether something that must not be missing is."""

    def newest(self, days: int) -> "SummedPart":
        return SummedPart(self.values[-days:], self.rows[-days:], self.first, self.unknown)


class DaySums:
    """What was summed, by part."""

    def __init__(self, held: Mapping[str, Mapping[str, _Days]], first: Mapping[str, date]) -> None:
        self._held = held
        self._first = first

    def currencies(self, kpi: Kpi, name: str) -> set[str]:
        return {code for code in self._held.get(_key(kpi, name), {}) if code}

    def of(self, kpi: Kpi, name: str, currency: str | None, *, last: date, days: int = 400) -> SummedPart:
        """The newest `days` up to `last`; without a currency all of them together."""
        values, rows = np.zeros(days), np.zeros(days)
        unknown, key, part = False, _key(kpi, name), kpi.parts.get(name)
        for code, told in self._held.get(key, {}).items():
            if currency is not None and code not in (currency, ""):
                continue
            for day, (value, count, silent) in told.items():
                if 0 <= (at := (last - day).days) < days:
                    values[days - 1 - at] += value
                    rows[days - 1 - at] += count
                    unknown = unknown or (silent > 0 and part is not None and part.missing == "unknown")
        return SummedPart(values, rows, self._first.get(key), unknown)


def day_sums(
    objects: Objects,
    wanted: Iterable[tuple[Kpi, Formula]],
    sources: Mapping[str, Sequence[str]],
    *,
    since: date,
) -> DaySums:
    """Days from `since` on, of the sources that count."""
    named = [(kpi, name) for kpi, formula in wanted for name in formula.measures if name != DAYS]
    parts = {_key(kpi, name): kpi.parts[name] for kpi, name in named if name in kpi.parts}
    groups: dict[tuple[str, str], dict[str, Part]] = {}
    for key, part in parts.items():
        groups.setdefault((part.of, part.placed or ""), {})[key] = part
    queries = [_query(objects, of, group, sources.get(of, ()), since) for (of, _), group in groups.items()]
    held: dict[str, dict[str, _Days]] = {}
    first: dict[str, date] = {}
    for group, frame in zip(groups.values(), pl.collect_all(queries), strict=True):
        for at, key in enumerate(group):
            held[key], begun = _held(frame, at)
            if begun is not None:
                first[key] = begun
    for name in {name for kpi, name in named if name not in kpi.parts}:
        frame = _facts(objects, name, sources.get("facts", ()))
        held[name], begun = _held(frame, 0)
        if begun is not None:
            first[name] = begun
    return DaySums(held, first)


def _key(kpi: Kpi, name: str) -> str:
    """The same for parts that say the same, whatever they are called."""
    part = kpi.parts.get(name)
    return name if part is None else part.model_dump_json(exclude_defaults=True, by_alias=True)


def _query(
    objects: Objects, table: str, parts: Mapping[str, Part], sources: Sequence[str], since: date
) -> pl.LazyFrame:
    some = next(iter(parts.values()))
    assert some.placed is not None
    told = objects.tables[table].lazy().filter(pl.col("source").is_in(list(sources)))
    dated = told.with_columns(
        _day=day_of(some, some.placed, objects.zone),
        _currency=pl.col("currency").fill_null("") if "currency" in TABLES[table].columns else pl.lit(""),
    ).filter(pl.col("_day") >= since)
    return dated.group_by("_day", "_currency").agg(
        expression for at, part in enumerate(parts.values()) for expression in _summed(part, at)
    )


def _summed(part: Part, at: int) -> tuple[pl.Expr, ...]:
    met = pl.all_horizontal(pl.col("_day").is_not_null(), *conditions(part)).fill_null(value=False)
    if part.how == "count":
        rows = met.sum()
        value = rows if part.column == "rows" else pl.col(part.column).filter(met).drop_nulls().n_unique()
        silent = pl.lit(0)
    else:
        column = pl.col(part.column)
        value, rows = column.filter(met).cast(pl.Float64).sum(), (met & column.is_not_null()).sum()
        silent = (met & column.is_null()).sum()
    return value.cast(pl.Float64).alias(f"v{at}"), rows.alias(f"n{at}"), silent.alias(f"s{at}")


def _facts(objects: Objects, measure: str, sources: Sequence[str]) -> pl.DataFrame:
    """A measure of daily facts; rows over a period belong to no day."""
    assert objects.facts is not None
    column = pl.col(MEASURES[measure].column)
    rows = rows_for(objects.facts, parse_formula(measure))
    daily = rows.filter(pl.col("day") == pl.col("last_day"), pl.col("source").is_in(list(sources)))
    summed = column.cast(pl.Float64).sum()
    # Money and views say nothing of how many things there were; what is counted does.
    counted = pl.lit(0.0) if MEASURES[measure].money else summed / MEASURES[measure].scale
    return daily.group_by(pl.col("day").alias("_day"), pl.col("currency").fill_null("").alias("_currency")).agg(
        summed.alias("v0"), counted.alias("n0"), pl.lit(0).alias("s0")
    )


def _held(frame: pl.DataFrame, at: int) -> tuple[dict[str, _Days], date | None]:
    """Currency → day → value, things, and things that say nothing; and the oldest day."""
    found: dict[str, dict[date, tuple[float, float, float]]] = {}
    for day, currency, value, rows, silent in frame.select(
        "_day", "_currency", f"v{at}", f"n{at}", f"s{at}"
    ).iter_rows():
        found.setdefault(currency, {})[day] = float(value or 0), float(rows or 0), float(silent or 0)
    oldest = frame["_day"].min()
    return dict(found), oldest if isinstance(oldest, date) else None
