"""The checks of a contract over whole frames: rows that hold go on, the others come back with their reasons."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from storage.contracts.columns import ContractColumn, columns_of, key_of, schema_of
from storage.contracts.entity import Entity
from storage.records.quarantine import Quarantined

REASON = "reason"
_CLOCKS_DIFFER = timedelta(days=1)
"""A moment this far ahead is taken: it may have been written in another zone."""


class Checked(NamedTuple):
    good: pl.DataFrame
    """Rows that hold, in the columns of `schema_of`."""
    broken: pl.DataFrame
    """The others, with all their reasons, separated by "; ", in a column `reason` more."""


class FrameMisfit(ValueError):
    """Raised for a frame whose columns are not the contract's: a mistake of the reader, not of a row."""

    def __init__(self, dataset: str, problems: list[str]) -> None:
        super().__init__(f"a frame does not fit {dataset}: {'; '.join(problems)}")
        self.dataset = dataset
        self.problems = tuple(problems)


def conform(frame: pl.DataFrame, entity: type[Entity]) -> pl.DataFrame:
    """The frame in the columns of the contract: what it lacks is added empty or with its default.

    Raises FrameMisfit for a column that the contract does not know, lacks and cannot do without, or of another
    type: nothing is ever cast in silence.
    """
    schema = schema_of(entity)
    problems = [f"column {name} is unknown" for name in frame.schema if name not in schema]
    for column in columns_of(entity):
        kind = frame.schema.get(column.name)
        if kind is None and not column.has_default:
            problems.append(f"column {column.name} is missing")
        elif kind not in (None, column.kind, pl.Null):
            problems.append(f"{column.name} is {kind}, not {column.kind}")
    if problems:
        raise FrameMisfit(entity.dataset, problems)
    return frame.select(_whole(column, frame) for column in columns_of(entity))


def check(frame: pl.DataFrame, entity: type[Entity], *, now: datetime | None = None) -> Checked:
    """Hold every row against the contract; with `now`, what lies in the future breaks it too.

    Raises FrameMisfit.
    """
    whole = conform(frame, entity)
    reasons = pl.concat_str(_reasons(entity, now), separator="; ", ignore_nulls=True)
    judged = whole.with_columns(reasons.alias(REASON))
    holds = pl.col(REASON) == ""
    return Checked(judged.filter(holds).drop(REASON), judged.filter(~holds))


def quarantined(broken: pl.DataFrame, entity: type[Entity]) -> Iterator[Quarantined]:
    """Broken rows as they are set aside, for a source that has no text of its own to keep."""
    personal = tuple(one.name for one in columns_of(entity) if one.personal is not None)
    for row in broken.iter_rows(named=True):
        cells = {name: str(value) for name, value in row.items() if value is not None and name != REASON}
        yield Quarantined(
            dataset=entity.dataset,
            line=row["line"] or 0,
            reason=row[REASON],
            cells=cells,
            personal=tuple(name for name in personal if name in cells),
        )


def _whole(column: ContractColumn, frame: pl.DataFrame) -> pl.Expr:
    if column.name not in frame.schema:
        return pl.lit(column.default, dtype=column.kind).alias(column.name)
    given = pl.col(column.name)
    if frame.schema[column.name] == pl.Null:
        given = given.cast(column.kind)
    return given if column.optional or column.default is None else given.fill_null(column.default)


def _reasons(entity: type[Entity], now: datetime | None) -> list[pl.Expr]:
    """One text a rule, null where the row holds."""
    rules = [rule for column in columns_of(entity) for rule in _of_column(column)]
    amounts = [one.name for one in columns_of(entity) if one.unit == "micros"]
    if amounts:
        some = pl.any_horizontal(pl.col(name).is_not_null() for name in amounts)
        rules.append(pl.when(some & pl.col("currency").is_null()).then(pl.lit("an amount has no currency")))
    if now is not None:
        rules += [_in_future(name, now) for name in _past(entity)]
    return rules


def _of_column(column: ContractColumn) -> Iterator[pl.Expr]:
    value, name = pl.col(column.name), column.name
    if column.key and column.kind == pl.String:
        yield pl.when(value.is_null() | (value.str.strip_chars() == "")).then(pl.lit(f"{name} is missing"))
    elif not column.optional:
        yield pl.when(value.is_null()).then(pl.lit(f"{name} is missing"))
    if column.least is not None:
        wrong = pl.format(f"{name} is {{}}, must be at least {column.least}", value)
        yield pl.when(value < column.least).then(wrong)
    if column.allowed:
        names = ", ".join(column.allowed)
        wrong = pl.format("{} is {}, must be one of {}", pl.lit(name), value.str.slice(0, 80), pl.lit(names))
        yield pl.when(~value.is_in(list(column.allowed))).then(wrong)
    if name == "currency":
        wrong = pl.format("currency is {}, must be three capital letters", value.str.slice(0, 80))
        yield pl.when(~value.str.contains(r"^[A-Z]{3}$")).then(wrong)


def _past(entity: type[Entity]) -> list[str]:
    """Columns that cannot lie in the future: when it happened, and the days that tell rows apart."""
    schema = schema_of(entity)
    days = [name for name in key_of(entity) if schema[name] == pl.Date]
    return [*([entity.happened] if entity.happened else []), *days]


def _in_future(name: str, now: datetime) -> pl.Expr:
    latest = now + _CLOCKS_DIFFER
    late = pl.col(name).cast(pl.Date) > latest.date()
    return pl.when(late).then(pl.format(f"{name} is {{}}, which lies in the future", pl.col(name).cast(pl.Date)))
