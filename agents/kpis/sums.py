"""Exact sums over rows of the lake, whole or split by a dimension; numerators and denominators, divided once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from agents.kpis.figures import format_days
from agents.kpis.formula import MEASURES, Figures, Formula
from agents.kpis.query import Dimension
from storage.records.kpis import KpiRow

_CAMPAIGN = ("source", "account", "channel", "campaign_id")
_TIME = ("day", "week")


def total(frame: pl.DataFrame, formula: Formula) -> Figures:
    """The formula over all rows."""
    return formula.figures(frame.select(_sums(formula)).row(0, named=True))


def split(frame: pl.DataFrame, formula: Formula, by: Dimension, *, per_currency: bool = False) -> tuple[KpiRow, ...]:
    """The formula for every member of a dimension; the sums of the rows add up to the total's.

    `per_currency` splits once more, with the currency in the label, where sums across currencies mean nothing.
    """
    keys = _keys(by) | ({"currency": pl.col("currency")} if per_currency else {})
    names = [pl.col("campaign").sort_by("day").last().alias("campaign")] if by == "campaign" else []
    groups = (
        frame.group_by(expression.alias(name) for name, expression in keys.items())
        .agg(*_sums(formula), *names)
        .sort(*keys)
    )
    members = list(groups.iter_rows(named=True))
    apart = per_currency and by != "currency"
    return tuple(
        _row(f"{label} · {member['currency'] or '?'}" if apart else label, formula, member)
        for label, member in zip(_labels(members, by), members, strict=True)
    )


def ranked(rows: Iterable[KpiRow], by: Dimension, *, order: str, limit: int | None) -> tuple[KpiRow, ...]:
    """Rows as asked; those without a value come last; days and weeks stay in order of time unless ranked by value."""
    listed = list(rows)
    if order == "size":
        if by not in _TIME:
            listed.sort(key=_size, reverse=True)
    else:
        sign = -1 if order == "highest" else 1
        listed.sort(key=lambda row: (row.value is None, sign * (row.value or Decimal(0))))
    return tuple(listed[:limit])


def daily(frame: pl.DataFrame, formula: Formula, first: date, last: date) -> tuple[KpiRow, ...]:
    """One row for every day from the first known one, None in gaps; rows over a period belong to no day."""
    days = frame.filter(pl.col("day") == pl.col("last_day"))
    if days.is_empty():
        return ()
    known = {row.label: row for row in split(days, formula, "day")}
    start = max(first, date.fromisoformat(min(known)))
    labels = (day.isoformat() for day in pl.date_range(start, last, "1d", eager=True))
    return tuple(
        known.get(label, KpiRow(label=label, value=None, numerator=None, denominator=None)) for label in labels
    )


def currencies_of(frame: pl.DataFrame, formula: Formula) -> tuple[str, ...]:
    """The currencies of rows that say anything about the formula's money, sorted."""
    money = [MEASURES[name].column for name in formula.measures if MEASURES[name].money]
    if not money:
        return ()
    rows = frame.filter(pl.any_horizontal(pl.col(money).is_not_null()))
    found: list[str] = rows.get_column("currency").unique().sort().to_list()
    return tuple(found)


def _sums(formula: Formula) -> list[pl.Expr]:
    """128-bit sums, since 64-bit ones wrap silently; null, not 0, where no row says anything."""
    return [
        pl.when(pl.col(column).count() > 0).then(pl.col(column).cast(pl.Int128).sum()).alias(name)
        for name in formula.measures
        for column in (MEASURES[name].column,)
    ]


def _keys(by: Dimension) -> dict[str, pl.Expr]:
    if by == "campaign":
        return {name: pl.col(name) for name in _CAMPAIGN}
    if by == "day":
        return {"day": pl.col("day"), "last_day": pl.col("last_day")}
    if by == "week":
        first, last = pl.col("day").dt.truncate("1w"), pl.col("last_day").dt.truncate("1w")
        # A row over several weeks cannot be split: it keeps its own span.
        whole = first == last
        return {
            "day": pl.when(whole).then(first).otherwise("day"),
            "last_day": pl.when(whole).then(first).otherwise("last_day"),
        }
    return {by: pl.col(by)}


def _labels(members: Sequence[Mapping[str, object]], by: Dimension) -> list[str]:
    if by in _TIME:
        return [_span(member) for member in members]
    if by != "campaign":
        return [str(member[by]) if member[by] not in (None, "") else "(none)" for member in members]
    names = [str(member["campaign"] or member["campaign_id"] or "(none)") for member in members]
    uses = Counter(names)
    return [
        f"{name} ({member['channel']}, {member['campaign_id']})" if uses[name] > 1 else name
        for name, member in zip(names, members, strict=True)
    ]


def _span(member: Mapping[str, object]) -> str:
    first, last = member["day"], member["last_day"]
    assert isinstance(first, date)
    assert isinstance(last, date)
    return first.isoformat() if first == last else format_days(first, last)


def _row(label: str, formula: Formula, member: Mapping[str, object]) -> KpiRow:
    sums = {name: value for name in formula.measures if isinstance(value := member[name], int)}
    figures = formula.figures(sums)
    return KpiRow(label=label, value=figures.value, numerator=figures.numerator, denominator=figures.denominator)


def _size(row: KpiRow) -> tuple[bool, Decimal]:
    size = row.denominator if row.denominator is not None else row.value
    return size is not None, size or Decimal(0)
