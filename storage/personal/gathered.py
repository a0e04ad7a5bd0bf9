"""The texts of people in one frame: which cell holds which, which of them are one person's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from storage.personal.texts import Hashing, Text, is_email, is_telling, is_token

ANY = "any"
"""The kind of a cell that nobody knows more of: an e-mail address if it looks like one, else the row's own."""
_FIRST = {"id": 0, "email": 1, "ids": 2}
"""Ids before addresses: a person changes their address and keeps their id."""


@dataclass
class Gathered:
    """What is to be hidden. Tokens in a frame stand for what they stood for before."""

    texts: dict[str, Text] = field(default_factory=dict)
    """Lookup → text."""
    people: set[tuple[str, ...]] = field(default_factory=set)
    """Lookups that one row names together: they are one person's."""
    owners: dict[str, str] = field(default_factory=dict)
    """Lookup of a text that other people may have, too → lookup of one that tells the row's person, or the row."""
    cells: dict[str, list[tuple[str, ...] | None]] = field(default_factory=dict)
    """Column → for each row the lookups in it; None for a cell that stays as it is."""


def gather(
    frame: pl.DataFrame,
    kinds: Mapping[str, str],
    *,
    sources: Iterable[str],
    rows: Iterable[str],
    hashing: Hashing,
    known: Mapping[str, str],
) -> Gathered:
    """Find the texts of a frame.

    `kinds`: column → kind of personal data. `sources` and `rows`: for each row who said it, and its hash.
    `known`: token → lookup, for tokens that the frame holds already.
    """
    found = Gathered(cells={name: [] for name in kinds})
    reader = _Reader(found, hashing, known)
    ordered = sorted(kinds, key=lambda name: _FIRST.get(kinds[name], len(_FIRST)))
    columns = [frame[name].to_list() for name in ordered]
    for source, row, *cells in zip(sources, rows, *columns, strict=True):
        reader.begin(source, row)
        for name, cell in zip(ordered, cells, strict=True):
            found.cells[name].append(reader.read(kinds[name], cell) if cell is not None and cell.strip() else None)
        reader.end()
    return found


def tokens_in(frame: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """Tokens that stand in these columns already."""
    found: set[str] = set()
    for name in columns:
        held = frame[name].filter(frame[name].str.contains(r"^\s*p_[a-z2-7]{26}")).to_list()
        found.update(part for cell in held for part in cell.split() if is_token(part))
    return sorted(found)


class _Reader:
    """Reads cell by cell and remembers what the row at hand has told so far."""

    def __init__(self, found: Gathered, hashing: Hashing, known: Mapping[str, str]) -> None:
        self._found = found
        self._hashing = hashing
        self._known = known
        self._seen: dict[tuple[str, str, str], Text] = {}
        self._source = ""
        self._row = ""
        self._told: list[str] = []
        self._belonging: list[str] = []

    def begin(self, source: str, row: str) -> None:
        self._source, self._row = source, row
        self._told, self._belonging = [], []

    def read(self, kind: str, cell: str) -> tuple[str, ...]:
        """The lookups in one cell, in order."""
        if kind == "ids":
            return tuple(self._lookup("id", part) for part in cell.split())
        if kind == ANY:
            kind = "email" if is_email(cell) else "cell"
        return (self._lookup(kind, cell.strip()),)

    def end(self) -> None:
        if self._told:
            self._found.people.add(tuple(dict.fromkeys(self._told)))
        for lookup in self._belonging:
            if self._told or lookup not in self._found.owners:
                self._found.owners[lookup] = self._told[0] if self._told else self._row

    def _lookup(self, kind: str, part: str) -> str:
        if is_token(part):
            lookup = self._known.get(part, part)  # an erased one stays what it is: it stands for nothing
            if is_telling(kind) and part in self._known:
                self._told.append(lookup)
            return lookup
        text = self._text(kind, part)
        self._found.texts[text.lookup] = text
        (self._told if is_telling(kind) else self._belonging).append(text.lookup)
        return text.lookup

    def _text(self, kind: str, part: str) -> Text:
        if not is_telling(kind):
            return self._hashing.belonging(kind, part, owner=self._row)
        text = self._seen.get((kind, self._source, part))
        if text is None:
            text = self._seen[(kind, self._source, part)] = self._hashing.telling(kind, part, source=self._source)
        return text
