"""The rows that a part of a formula counts: placed in a window, narrowed, each with its value and who it is of.

Columns that come back: day, last_day, value, going, member, currency (only where the table has one) and the
dimensions of the table; `before` marks rows of the earlier window.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from agents.kpis.formula import Formula, parse_formula
from agents.kpis.objects import Objects
from agents.kpis.opening import open_time
from agents.kpis.parts import Part, can_be_told_by
from agents.kpis.query import DIMENSIONS, FILTERS, BadKpiQuery
from agents.kpis.selection import narrowed, rows_for, spellings, within
from agents.kpis.windows import Window


@dataclass(frozen=True)
class Placed:
    """Rows of one part, and how many there are in its window before its own conditions."""

    frame: pl.DataFrame
    any_rows: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """The days that are asked for, those just before, and what narrows both."""

    window: Window
    before: Window
    where: Mapping[str, str]


def check_dimensions(parts: Mapping[str, Part | None], by: str | None, where: Mapping[str, str]) -> None:
    """Raises BadKpiQuery for a split or filter that not every part has."""
    common = [name for name in DIMENSIONS if all(can_be_told_by(part, name) for part in parts.values())]
    if by is not None and by not in common:
        raise BadKpiQuery(f"cannot split by {by!r}; this KPI can be split by {', '.join(common) or 'nothing'}")
    for name in where:
        filters = [one for one in common if one not in ("day", "week")]
        if name not in filters:
            raise BadKpiQuery(f"cannot filter by {name!r}; this KPI has {', '.join(filters) or 'no filters'}")


def placed_facts(objects: Objects, name: str, scope: Scope) -> Placed:
    """The rows of a measure of daily facts."""
    if objects.facts is None:
        return Placed(pl.DataFrame(schema={"day": pl.Date, "value": pl.Int64}), any_rows=False)
    formula: Formula = parse_formula(name)
    frame, notes = narrowed(rows_for(objects.facts, formula), scope.where)
    inside = within(frame, scope.window)
    column = formula.known[name].column
    rows = inside.frame.select(
        "day",
        "last_day",
        *FILTERS,
        value=pl.col(column),
        going=pl.lit(value=False),
        member=pl.lit(""),
        before=pl.lit(value=False),
    ).filter(pl.col("value").is_not_null())
    return Placed(rows, any_rows=rows.height > 0, notes=notes + inside.notes)


def placed(objects: Objects, part: Part, scope: Scope) -> Placed:
    """The rows of a part over business objects or our own work."""
    table = objects.tables.get(part.of)
    if table is None or table.is_empty():
        return Placed(pl.DataFrame(schema={"day": pl.Date, "value": pl.Int64}), any_rows=False)
    kept, notes = _narrowed(table, part, scope.where)
    in_time = _in_window(_dated(kept, part, objects.zone), part, scope, objects.zone)
    chosen = in_time.filter(*conditions(part))
    dimensions = {name: pl.col(column).cast(pl.String).fill_null("") for name, column in part.table.dimensions.items()}
    rows = chosen.with_columns(value=_value(chosen, part, objects), _going=_going(part), _member=_member(part))
    rows = rows.select(
        day=pl.col("_day"),
        last_day=pl.col("_day"),
        value="value",
        going="_going",
        member="_member",
        before="_before",
        **dimensions,
    )
    if part.timed and part.open == "left out":
        rows = rows.filter(~pl.col("going"))
    if part.timed:
        rows = rows.filter(pl.col("value").is_not_null())
    return Placed(rows, any_rows=in_time.height > 0, notes=notes)


def _narrowed(table: pl.DataFrame, part: Part, where: Mapping[str, str]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    notes = []
    for name, wanted in where.items():
        column = part.table.dimensions[name]
        found = spellings(table, column, wanted)
        if not found:
            notes.append(f"The data knows no {name} {wanted!r}.")
        table = table.filter(pl.col(column).is_in(found))
    return table, tuple(notes)


def _dated(frame: pl.DataFrame, part: Part, zone: str) -> pl.DataFrame:
    """With the local day that places each row; rows that do not say when are left out."""
    if part.placed is None:
        return frame.with_columns(_day=pl.lit(None, dtype=pl.Date))
    return frame.with_columns(_day=day_of(part, part.placed, zone)).filter(pl.col("_day").is_not_null())


def day_of(part: Part, column: str, zone: str) -> pl.Expr:
    """The local day of a moment or day of the part's table."""
    if part.table.columns[column] == "day":
        return pl.col(column)
    return pl.col(column).dt.convert_time_zone(zone).dt.date()


def _in_window(frame: pl.DataFrame, part: Part, scope: Scope, zone: str) -> pl.DataFrame:
    day, this, before = pl.col("_day"), scope.window, scope.before
    if part.placed is None:
        return frame.with_columns(_before=pl.lit(value=False))
    if part.until is not None:
        ended = day_of(part, part.until, zone)
        begun = frame.filter(day <= this.last)
        return begun.filter(ended.is_null() | (ended > this.last)).with_columns(_before=pl.lit(value=False))
    if part.how == "gap":
        return frame.filter(day <= this.last).with_columns(_before=day < this.first)
    inside, earlier = day.is_between(this.first, this.last), day.is_between(before.first, before.last)
    if part.how == "lifetime" or part.window == "both":
        return frame.filter(inside | earlier).with_columns(_before=earlier)
    return frame.filter(earlier if part.window == "before" else inside).with_columns(
        _before=pl.lit(value=part.window == "before")
    )


def conditions(part: Part) -> list[pl.Expr]:
    """Which rows of its table the part counts; null, like false, is no."""
    found = []
    for name, wanted in part.when.items():
        column, several = pl.col(name), wanted if isinstance(wanted, tuple) else (wanted,)
        if several == ("known",):
            found.append(column.is_not_null())
        elif several == ("unknown",):
            found.append(column.is_null())
        else:
            found.append(column.is_in(list(several)))
    return found


def _going(part: Part) -> pl.Expr:
    return pl.col(part.span[0]).is_null() if part.timed and part.span else pl.lit(value=False)


def _member(part: Part) -> pl.Expr:
    if part.how == "lifetime" or (part.how == "count" and part.column != "rows"):
        return pl.col(part.column).cast(pl.String)
    return pl.lit("")


def _value(frame: pl.DataFrame, part: Part, objects: Objects) -> pl.Expr | pl.Series:
    if part.span is not None:
        until = objects.observed.get(part.of)
        end, begin = part.span
        last = frame.get_column(end).fill_null(until) if until is not None else frame.get_column(end)
        first = frame.get_column(begin)
        if part.unit == "business minutes":
            return open_time(first, last, objects.hours)
        taken = (last - first).dt.total_microseconds()
        return pl.select(pl.when(taken < 0).then(0).otherwise(taken)).to_series()
    if part.how in ("count", "lifetime"):
        return pl.lit(1, dtype=pl.Int64)
    if part.how == "gap":
        return pl.col("_day").dt.epoch("d").cast(pl.Int64)
    return pl.col(part.column).cast(pl.Int64)
