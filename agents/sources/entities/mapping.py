"""The declared mapping of a plain file of business objects: a YAML file that says which column is what.

Like the mapping of ad figures (`agents.sources.text.mapping`), with the dataset named:

    source: helpdesk            # who says it; names the source in every answer
    dataset: ticket             # product, order, lead, deal, ticket, content, usage_event, audience, handoff …
    account: main               # optional
    currency: EUR               # for money: a code, or the column that holds it: {column: Currency}
    zone: Europe/Berlin         # optional: of times without an offset, and of the days that are counted; else UTC
    dates: dmy                  # optional: dmy or mdy, asked for where the file leaves it open
    decimal: ","                # optional: the mark before the decimals, "." (default) or ","
    columns:                    # the contract's column: the file's column
      id: Case
      opened_at: Opened
      state: Status
    values:                     # optional: texts of the file in our words
      state: {Neu: open, Erledigt: resolved}
    fixed:                      # optional: what is the same in every row and stands in no column
      resolution: assumed
"""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import polars as pl
import yaml
from pydantic import Field as Default
from pydantic import ValidationError, field_validator, model_validator

from agents.sources.entities.kinds import Kind, Notation, read_kind
from agents.sources.entities.layout import EntityLayout, Field, Shape, Shaping
from agents.sources.entities.shaping import digests, only
from agents.sources.text.cells import Style
from agents.sources.text.days import Order, UndecidedOrder
from agents.sources.text.declared import Declared
from agents.sources.text.unreadable import UnreadableExport
from storage.contracts.columns import ContractColumn, columns_of
from storage.contracts.entities import BY_DATASET
from storage.records.record import Record, ZoneName, digest_of

OWN = ("source", "simulated", "account", "line", "currency")
"""Columns of every contract that a mapping does not fill from a column of the file like others."""
_REMEDY = "see the example under Your own files in README.md"


class CurrencyColumn(Record):
    """The column that holds the currency's code."""

    column: str


class EntityMapping(Record):
    """Which column of a plain file is what; unknown keys are refused."""

    source: str = Default(pattern=r"^[a-z][a-z0-9_]*$")
    dataset: str
    account: str = ""
    currency: str | CurrencyColumn | None = None
    zone: ZoneName = "UTC"
    dates: Literal["iso", "dmy", "mdy"] = "iso"
    decimal: Literal[".", ","] = "."
    simulated: bool = False
    columns: dict[str, str]
    values: dict[str, dict[str, str]] = Default(default_factory=dict)
    fixed: dict[str, str] = Default(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes if the mapping does."""
        return digest_of(self)

    @property
    def currency_column(self) -> str | None:
        return self.currency.column if isinstance(self.currency, CurrencyColumn) else None

    @property
    def named(self) -> tuple[str, ...]:
        """Columns that the file must have."""
        more = (self.currency_column,) if self.currency_column else ()
        return tuple(dict.fromkeys((*self.columns.values(), *more)))

    @property
    def style(self) -> Style:
        return Style.COMMA if self.decimal == "," else Style.POINT

    def declared(self, said: Declared) -> Declared:
        """What the person says, completed by what the mapping says."""
        dates = said.dates or (None if self.dates == "iso" else Order(self.dates))
        code = self.currency if isinstance(self.currency, str) else None
        return replace(said, dates=dates, currency=said.currency or code)

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, currency: str | CurrencyColumn | None) -> str | CurrencyColumn | None:
        if isinstance(currency, str) and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
            raise ValueError(f"{currency} is no currency code; write three capital letters such as EUR")
        return currency

    @model_validator(mode="after")
    def _enough(self) -> "EntityMapping":
        if self.dataset not in BY_DATASET:
            raise ValueError(f"dataset: {self.dataset} is none; there are {', '.join(BY_DATASET)}")
        own = [one for one in columns_of(BY_DATASET[self.dataset]) if one.name not in OWN]
        names = [one.name for one in own]
        for part in (self.columns, self.values, self.fixed):
            if unknown := sorted(set(part) - set(names)):
                raise ValueError(f"{unknown[0]} is no column of {self.dataset}; there are {', '.join(names)}")
        if missing := [one.name for one in own if _needed(one) and one.name not in {**self.columns, **self.fixed}]:
            raise ValueError(f"columns: {', '.join(missing)} needed for {self.dataset}")
        for one in own:
            if one.name in self.fixed and not _readable(self.fixed[one.name], one, self):
                raise ValueError(f"fixed: “{self.fixed[one.name]}” cannot be {one.name}")
        money = [one.name for one in own if one.unit == "micros" and one.name in self.columns]
        if money and self.currency is None:
            raise ValueError(f"currency is needed, because columns names money ({', '.join(money)})")
        return self


def read_entity_mapping(path: Path) -> EntityMapping | None:
    """Read a mapping file; None if it is one of ad figures, which names no dataset.

    Raises UnreadableExport that names the key at fault.
    """
    try:
        # Every scalar stays the text that it was written as; the model turns into flags what is one.
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - makes only text
    except OSError as error:
        raise UnreadableExport(path, None, f"cannot be opened ({error.strerror})", "check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise UnreadableExport(path, mark.line + 1 if mark else None, "is not valid YAML", _REMEDY) from error
    if not isinstance(loaded, dict) or loaded.get("dataset", "facts") == "facts":
        return None
    try:
        return EntityMapping.model_validate(loaded)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("str", "CurrencyColumn"))
        message = first["msg"].removeprefix("Value error, ")
        raise UnreadableExport(path, None, f"{key}: {message}" if key else message, _REMEDY) from error


def layout_of_mapping(mapping: EntityMapping) -> EntityLayout:
    """The layout that reads a file as the mapping says."""
    entity = BY_DATASET[mapping.dataset]
    own = [one for one in columns_of(entity) if one.name not in OWN]
    fields = [Field(one.name, "", kind_of(one), personal=one.personal is not None) for one in own]
    if any(one.unit == "micros" for one in own):
        fields.append(Field("currency", ""))
    return EntityLayout(
        name=f"{mapping.source}/{mapping.dataset}",
        source=mapping.source,
        datasets=(mapping.dataset,),
        fields=tuple(fields),
        needs=(),
        shape=_shape(mapping),
        currency="currency" if mapping.currency_column else "",
        zone=mapping.zone,
    )


def kind_of(column: ContractColumn) -> Kind:
    """How cells for this column of a contract are read."""
    if column.unit in ("micros", "nano"):
        return Kind.MONEY if column.unit == "micros" else Kind.RATE
    by_type = {pl.Int64: Kind.WHOLE, pl.Boolean: Kind.FLAG, pl.Date: Kind.MOMENT, pl.Datetime: Kind.MOMENT}
    for one, kind in by_type.items():
        if column.kind == one:
            return kind
    if column.key:
        return Kind.ID
    return Kind.EMAIL if column.personal and column.personal.kind == "email" else Kind.TEXT


def _needed(column: ContractColumn) -> bool:
    return not column.optional and not column.has_default


def _notation(mapping: EntityMapping) -> Notation:
    return Notation(mapping.style, None if mapping.dates == "iso" else Order(mapping.dates), mapping.zone)


def _readable(text: str, column: ContractColumn, mapping: EntityMapping) -> bool:
    try:
        read = read_kind(pl.Series([text]), kind_of(column), _notation(mapping))
    except UndecidedOrder:
        return False
    return read.values[0] is not None and (not column.allowed or text in column.allowed)


def _shape(mapping: EntityMapping) -> Shape:
    columns = columns_of(BY_DATASET[mapping.dataset])
    notation = _notation(mapping)
    of_people = {mapping.columns[one.name] for one in columns if one.personal and one.name in mapping.columns}
    keys = [
        one.name for one in columns if one.key and one.personal is None and mapping.columns.get(one.name) in of_people
    ]

    def shape(rows: pl.DataFrame, _: Shaping) -> dict[str, pl.DataFrame]:
        for name, values in mapping.values.items():
            folded = {text.strip().casefold(): ours for text, ours in values.items()}
            said = pl.col(name).str.to_lowercase().replace_strict(folded, default=None, return_dtype=pl.String)
            rows = rows.with_columns(pl.coalesce(said, name).alias(name))
        for column in columns:
            if column.name in rows.columns and column.kind == pl.Date:
                local = pl.col(column.name).dt.convert_time_zone(mapping.zone).dt.date()
                rows = rows.with_columns(local.alias(column.name))
            if column.name in mapping.fixed:
                read = read_kind(pl.Series([mapping.fixed[column.name]]), kind_of(column), notation)
                rows = rows.with_columns(pl.lit(read.values[0], dtype=column.kind).alias(column.name))
        if keys:
            # An address that serves as the id is still a person's: a digest stands for it.
            rows = rows.with_columns(digests(rows[name]).alias(name) for name in keys)
        # What no column was named for takes the contract's default.
        given = {*mapping.columns, *mapping.fixed, "line", "currency"}
        return {mapping.dataset: only(rows.select(name for name in rows.columns if name in given), mapping.dataset)}

    return shape
