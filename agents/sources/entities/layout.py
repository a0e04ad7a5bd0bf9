"""How one kind of file of one product is read: its headers, what each means, and what its rows come to."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import polars as pl

from agents.sources.entities.kinds import Kind
from agents.sources.text.aliases import plain_header
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET

_ENTRY = re.compile(r"(\w+) (\w+)([*?]*): (.+)")
_CURRENCY = re.compile(r"(.+?)\s*(?:[(\[]([A-Z]{3})[)\]]|in ([A-Z]{3}))")


@dataclass(frozen=True)
class Field:
    """One thing that a row says."""

    name: str
    """In the layout's own frames; the name of the contract's column where it goes there as it is."""
    headers: str
    """All headers that it is known by, separated by " | ", the likeliest first."""
    kind: Kind = Kind.TEXT
    personal: bool = False
    """Whether it may name or describe a person."""
    lenient: bool = False
    """Whether a cell that cannot be read counts as empty: it merely adds to the row."""


def fields_of(table: str) -> tuple[Field, ...]:
    """Fields from lines of text: `name kind: Header | Other header`, goes on in lines that begin with "|".

    Behind the kind "*" marks what may be personal, "?" what merely adds to a row.
    """
    fields = []
    for entry in re.split(r"\n(?!\s*\|)", table.strip()):
        match = _ENTRY.fullmatch(" ".join(entry.split()))
        assert match, f"no entry of a table of fields: {entry}"
        name, kind, marks, headers = match.groups()
        fields.append(Field(name, headers, Kind(kind), personal="*" in marks, lenient="?" in marks))
    return tuple(fields)


@dataclass(frozen=True)
class Shaping:
    """What the rows of a file are shaped with besides themselves."""

    path: Path
    account: str
    has: frozenset[str]
    """Fields that the file has a column for."""
    drop: Callable[[pl.DataFrame], None]
    """Takes rows that say nothing of their own: columns line, reason."""
    refuse: Callable[[str, pl.DataFrame], None]
    """Takes rows of a dataset that cannot be used: columns line, reason."""
    note: Callable[[str], None]
    """Takes a caveat for people; the same one is said once."""


Shape = Callable[[pl.DataFrame, Shaping], Mapping[str, pl.DataFrame]]
"""From typed rows (fields, `line`, and `currency` where the file has money) to frames of the contracts, by dataset."""


@dataclass(frozen=True)
class EntityLayout:
    """One kind of file."""

    name: str
    """`hubspot/contacts`"""
    source: str
    datasets: tuple[str, ...]
    fields: tuple[Field, ...]
    needs: tuple[str, ...]
    """Fields without which it is not this kind of file; of "a|b" either will do."""
    shape: Shape
    musts: tuple[str, ...] = ()
    """Fields without which a file of this kind is refused with a word on how to add them."""
    signs: str = ""
    """Headers that tell the product from others, separated by " | "; one is needed, empty if `needs` tell enough."""
    folds: bool = False
    """Whether rows far apart belong together, so that they are shaped all at once at the end."""
    group: str = ""
    """Field that says which rows belong together, so that one that cannot be read takes the others with it."""
    currency: str = ""
    """Field with the code of a row's currency; empty if the file has none."""
    zone: str = "UTC"
    """In which moments without an offset are read, unless the person says otherwise."""
    notes: tuple[str, ...] = ()

    def is_personal(self, one: Field) -> bool:
        """Whether a field may hold data of a person, by its own mark or by that of the contract's column."""
        return one.personal or any(
            column.name == one.name and column.personal is not None
            for dataset in self.datasets
            for column in columns_of(BY_DATASET[dataset])
        )


@dataclass(frozen=True)
class Places:
    """Where the fields of a layout stand in one file."""

    layout: EntityLayout
    at: Mapping[str, int]
    """Field → position of its column; of several headers the likeliest."""
    currencies: Mapping[str, str]
    """Field → the currency that its header names: "Amount (EUR)"."""
    known: int
    """Headers of the file that the layout knows."""
    header: tuple[str, ...]

    def header_of(self, name: str) -> str:
        return self.header[self.at[name]]


def places_of(layout: EntityLayout, header: Sequence[str]) -> Places | None:
    """Where the layout's fields stand in this header; None if it is another kind of file."""
    currencies, plain, first = _read(tuple(header))
    at: dict[str, int] = {}
    for one in layout.fields:
        position = next((first[name] for name in names_in(one.headers) if name in first), None)
        if position is not None:
            at[one.name] = position
    if not all(any(name in at for name in group.split("|")) for group in layout.needs):
        return None
    if layout.signs and not any(name in first for name in names_in(layout.signs)):
        return None
    every = {name for one in layout.fields for name in names_in(one.headers)} | set(names_in(layout.signs))
    return Places(
        layout,
        at,
        {name: currency for name, position in at.items() if (currency := currencies[position])},
        sum(text in every for text in plain),
        tuple(header),
    )


@lru_cache(maxsize=256)
def _read(header: tuple[str, ...]) -> tuple[list[str], list[str], dict[str, int]]:
    """The currencies that headers name, their squeezed forms, and where each of these stands first.

    Every layout asks it of the same header.
    """
    bare = [_without_currency(text) for text in header]
    plain = [squeezed(text) for text, _ in bare]
    first = {text: position for position, text in reversed(list(enumerate(plain))) if text}
    return [currency for _, currency in bare], plain, first


@cache
def names_in(headers: str) -> tuple[str, ...]:
    """The squeezed forms of headers separated by " | "."""
    return tuple(squeezed(name) for name in headers.split(" | ")) if headers else ()


@lru_cache(maxsize=20_000)
def squeezed(header: str) -> str:
    """Letters and digits alone: "Create Date", "createdate" and "create_date" are one header."""
    return "".join(letter for letter in plain_header(header) if letter.isalnum())


def _without_currency(text: str) -> tuple[str, str]:
    match = _CURRENCY.fullmatch(text.strip())
    return (match[1], match[2] or match[3]) if match else (text, "")
