"""The columns of a contract as the lake keeps them: polars types and what the marks say, read once a contract."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from pydantic.fields import FieldInfo

from storage.contracts.entity import Entity
from storage.contracts.marks import Allowed, AtLeast, Key, Personal, Unit

MOMENT = pl.Datetime("us", "UTC")
STAMPS: dict[str, DataType | DataTypeClass] = {"load_id": pl.String, "known_at": MOMENT}
"""What the lake adds to every row."""
_TYPES: dict[type, DataType | DataTypeClass] = {
    str: pl.String,
    bool: pl.Boolean,
    int: pl.Int64,
    date: pl.Date,
    datetime: MOMENT,
}


@dataclass(frozen=True)
class ContractColumn:
    """One column of a contract."""

    name: str
    kind: DataType | DataTypeClass
    optional: bool
    """Whether it may be null."""
    default: Any
    """What stands in a column that a source does not hand in; None where that is null or not allowed."""
    has_default: bool
    key: bool
    unit: str
    """Empty where it has none."""
    least: int | None
    allowed: tuple[str, ...]
    """Empty where anything goes."""
    personal: Personal | None


@cache
def columns_of(entity: type[Entity]) -> tuple[ContractColumn, ...]:
    """In the order of the contract; source, simulated, account and line come first."""
    return tuple(_column(name, field) for name, field in entity.model_fields.items())


@cache
def schema_of(entity: type[Entity]) -> pl.Schema:
    """What a source hands in: the contract's columns without those that the lake adds."""
    return pl.Schema({one.name: one.kind for one in columns_of(entity)})


@cache
def stored_schema_of(entity: type[Entity]) -> pl.Schema:
    """What the lake keeps: with `load_id` and `known_at`."""
    return pl.Schema({**schema_of(entity), **STAMPS})


@cache
def key_of(entity: type[Entity]) -> tuple[str, ...]:
    """The columns that tell rows apart: of equal ones the newest load wins."""
    return ("source", "simulated", "account", *(one.name for one in columns_of(entity) if one.key))


@cache
def personal_of(entity: type[Entity]) -> dict[str, str]:
    """Column → kind of personal data, for the columns that hold any."""
    return {one.name: one.personal.kind for one in columns_of(entity) if one.personal is not None}


@cache
def may_see(entities: tuple[type[Entity], ...], kind: str) -> frozenset[str]:
    """Roles that every contract lets see personal data of a kind; admin always may."""
    marks = [one.personal for entity in entities for one in columns_of(entity) if one.personal is not None]
    named = [frozenset(mark.roles) for mark in marks if mark.kind == kind]
    return frozenset({"admin"}).union(frozenset.intersection(*named) if named else ())


def _column(name: str, field: FieldInfo) -> ContractColumn:
    kind, optional, inner = _bare(field.annotation)
    marks = [*field.metadata, *inner]
    allowed = next((mark.values for mark in marks if isinstance(mark, Allowed)), ())
    return ContractColumn(
        name=name,
        kind=_TYPES[kind],
        optional=optional,
        default=None if field.is_required() else field.default,
        has_default=not field.is_required(),
        key=any(isinstance(mark, Key) for mark in marks),
        unit=next((mark.name for mark in marks if isinstance(mark, Unit)), ""),
        least=next((mark.least for mark in marks if isinstance(mark, AtLeast)), None),
        allowed=allowed,
        personal=next((mark for mark in marks if isinstance(mark, Personal)), None),
    )


def _bare(annotation: Any) -> tuple[type, bool, list[Any]]:
    """The plain type below Annotated and `| None`, whether None is allowed, and the marks on the way."""
    marks: list[Any] = []
    optional = False
    while not isinstance(annotation, type) or get_args(annotation):
        if get_origin(annotation) in (Union, UnionType):
            optional = True
            (annotation,) = (one for one in get_args(annotation) if one is not type(None))
        else:  # Annotated
            marks += annotation.__metadata__
            annotation = annotation.__origin__
    return annotation, optional, marks
