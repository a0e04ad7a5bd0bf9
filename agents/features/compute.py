"""Feature values from facts: the same rows and the same division as the KPI engine, one campaign at a time."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from agents.kpis.formula import MEASURES, Formula, parse_formula
from agents.kpis.query import FactSlice
from agents.kpis.selection import comparable, rows_for, with_planned_budget, within
from agents.kpis.windows import Window
from storage.features import NANO, VALUES
from storage.records.features import FeatureDefinition

_CAMPAIGN = ("channel", "campaign_id")


def values_on(facts: FactSlice, day: date, definitions: Iterable[FeatureDefinition]) -> pl.DataFrame:
    """Every feature of every campaign with facts in its window, as of one day; columns of storage.features.VALUES.

    `facts` reach back at least as far as the longest window. A campaign whose money is in several currencies has no
    value of a formula with money in it.
    """
    frames = [_values(facts, day, one) for one in definitions]
    return pl.concat(frames) if frames else VALUES.to_frame()


def _values(facts: FactSlice, day: date, definition: FeatureDefinition) -> pl.DataFrame:
    formula = parse_formula(definition.formula)
    rows = rows_for(facts, formula)
    if "budget" in formula.measures:
        rows = with_planned_budget(rows)
    first = day - timedelta(days=definition.window_days - 1)
    counted = comparable(within(rows, Window(first=first, last=day, words="")).frame, formula).frame
    values = [
        {
            "simulated": facts.simulated,
            "feature": definition.name,
            "version": definition.version,
            "entity": f"{group['channel']}/campaign/{group['campaign_id']}",
            "day": day,
            "value_nano": _nano(formula, group),
        }
        for group in _sums(counted, formula).iter_rows(named=True)
    ]
    return pl.DataFrame(values, schema=VALUES)


def _sums(rows: pl.DataFrame, formula: Formula) -> pl.DataFrame:
    """128-bit sums, since 64-bit ones wrap silently; null, not 0, where no row says anything."""
    sums = [
        pl.when(pl.col(column).count() > 0).then(pl.col(column).cast(pl.Int128).sum()).alias(name)
        for name in formula.measures
        for column in (MEASURES[name].column,)
    ]
    return rows.group_by(_CAMPAIGN).agg(*sums, pl.col("currency").n_unique().alias("_currencies")).sort(_CAMPAIGN)


def _nano(formula: Formula, group: dict[str, int | None]) -> int | None:
    if formula.money and (group["_currencies"] or 0) > 1:
        return None
    value = formula.figures({name: group[name] for name in formula.measures}).value
    return None if value is None else int((value * NANO).to_integral_value())


def from_nano(value: int | None) -> Decimal | None:
    """The value as people and formulas know it."""
    if value is None:
        return None
    exact = Decimal(value) / NANO
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()
