"""The contract of everything that is pulled row by row: pages of text, and how far each page brings us."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

Position = dict[str, Any]
"""What a source gives to go on from; JSON."""


@dataclass(frozen=True)
class Page:
    """Some rows of text in the order of `header`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    position: Position | None = field(default=None)
    """From here a later read goes on if all rows up to here are kept; None where only the last page can say."""


class PulledSource(Protocol):
    """One database or web service that is read in pages."""

    name: str

    def pull(self, position: Position | None) -> AsyncIterator[Page]:
        """All rows from the position on, the ones at it included; None is from the start.

        Raises SourceUnavailable; what was yielded before holds.
        """


def position_of(value: Any) -> Position:
    """A cursor's value as JSON that keeps its kind. Raises ValueError for what has no order."""
    if isinstance(value, bool) or value is None:
        raise ValueError(f"{value!r} is no place to go on from")
    if isinstance(value, datetime):
        return {"kind": "moment", "value": value.isoformat()}
    if isinstance(value, date):
        return {"kind": "day", "value": value.isoformat()}
    if isinstance(value, Decimal | float):
        return {"kind": "decimal", "value": str(value)}
    if isinstance(value, int):
        return {"kind": "whole", "value": value}
    return {"kind": "text", "value": str(value)}


def value_of(position: Position | None) -> Any:
    """The cursor's value again; None where there is none."""
    if position is None:
        return None
    value = position["value"]
    match position["kind"]:
        case "moment":
            return datetime.fromisoformat(value)
        case "day":
            return date.fromisoformat(value)
        case "decimal":
            return Decimal(value)
        case _:
            return value


def later(one: Any, other: Any) -> Any:
    """The larger of two cursor values; moments without a zone are taken as UTC, other kinds as text."""
    if other is None:
        return one
    if one is None:
        return other
    if isinstance(one, datetime) and isinstance(other, datetime):
        return max(one, other, key=lambda moment: moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    numbers = (int, Decimal)
    if type(one) is type(other) or (isinstance(one, numbers) and isinstance(other, numbers)):
        return max(one, other)
    return max(one, other, key=str)
