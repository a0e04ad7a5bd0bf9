"""What a picture shows, before any ink: plain values, told apart by a digest, so that the same is never drawn twice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Literal

MOST_ALT = 1000
"""Characters of the words for who cannot see."""
_LOOK = "2"
"""Of the drawing itself: raised when the same facts are drawn in another way."""


class NothingToDraw(ValueError):
    """Raised when there are fewer than two numbers that could be drawn."""


@dataclass(frozen=True)
class Chart:
    """A picture to upload, with the words that go with it."""

    png: bytes
    alt_text: str
    title: str


class MarkKind(StrEnum):
    """What an annotation marks; each has a colour and a shape of its own."""

    PLAN = "plan"
    ROLLBACK = "rollback"
    DRIFT = "drift"
    EVENT = "event"


@dataclass(frozen=True)
class Annotation:
    """Something that happened on a day of the picture; `words` are short and untrusted: "PLAN-12"."""

    at: date
    words: str
    kind: MarkKind | Literal["plan", "rollback", "drift", "event"]


@dataclass(frozen=True)
class Level:
    """A value that holds for all days, as a line across them."""

    value: Decimal
    words: str
    kind: Literal["target", "previous", "expected"]


@dataclass(frozen=True)
class Band:
    """A range of values that holds from one day to another; an end that is None is open."""

    first: date
    last: date
    low: Decimal | None
    high: Decimal | None
    words: str


@dataclass(frozen=True)
class LineSketch:
    """One number a day; None is a day without a value, which leaves a gap."""

    title: str
    under: str
    full_title: str
    alt_text: str
    unit: str
    days: tuple[date, ...]
    values: tuple[Decimal | None, ...]
    last_words: str
    """The newest number as people write it, set beside its point."""
    firm: int
    """How many of the days the source will not change any more."""
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    flagged: tuple[date, date] | None = None
    """First and last of the days that a monitor speaks of."""
    annotations: tuple[Annotation, ...] = ()
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class BarSketch:
    """One bar a member, with its number beside it."""

    title: str
    under: str
    full_title: str
    alt_text: str
    unit: str
    names: tuple[str, ...]
    values: tuple[Decimal, ...]
    words: tuple[str, ...]
    target: Level | None = None
    provisional: bool = False
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tile:
    """The days of one KPI among several; its number stands beside the picture, in words."""

    label: str
    unit: str
    values: tuple[Decimal | None, ...]
    target: Decimal | None = None


@dataclass(frozen=True)
class TilesSketch:
    """Several KPIs at a glance."""

    title: str
    under: str
    full_title: str
    alt_text: str
    tiles: tuple[Tile, ...]
    captions: tuple[str, ...] = ()


Sketch = LineSketch | BarSketch | TilesSketch


def digest_of(sketch: object) -> str:
    """Names what is drawn: equal for equal pictures, in every process. For any value whose `repr` says all of it."""
    return sha256(f"{_LOOK}:{sketch!r}".encode()).hexdigest()
