"""What a contract says about a column beyond its type: key, unit, range, allowed values, personal data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """The column is part of what tells rows apart: of equal keys the newest load wins."""


@dataclass(frozen=True)
class Unit:
    """What one is worth: `micros` of the row's currency, `milli`, `count`, `minutes`, `percent`."""

    name: str


@dataclass(frozen=True)
class Personal:
    """The column holds data of a person: it is a pseudonym in the lake and text only in the vault.

    `role`s besides admin that may see the text.
    """

    kind: str
    """`email`, `phone`, `name`, `id`, `ids` (several, separated by blanks), `text` (in which people may be named)."""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """The only values there may be."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class AtLeast:
    """No smaller number may stand here."""

    least: int
