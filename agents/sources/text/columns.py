"""The columns of a file as they were seen: what a feed is held against when its next file comes."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import polars as pl

from agents.sources.text.currencies import SYMBOLS
from agents.sources.text.rows import column
from storage.records.record import Record

Kind = Literal["text", "number", "money", "day", "moment", "flag", "empty"]

_SEEN = 2_000
"""Different values of a column that are looked at."""
_SKETCH = 32
_MOST_ODD = 0.1
"""Share of the values that may be no number in a column of numbers: marks such as "< 10%", a stray word."""
_SYMBOLS = "|".join((*sorted(map(re.escape, SYMBOLS), key=len, reverse=True), "[A-Z]{3}"))
_NUMBER = re.compile(r"[-+−]?[0-9][0-9.,'’\u00a0\u202f ]*%?|[-+−]?\.[0-9]+%?")
_MONEY = re.compile(
    rf"[-+−]?\s*(?:{_SYMBOLS})\s*[-+−]?[0-9][0-9.,' \u00a0]*|[-+−]?[0-9][0-9.,' \u00a0]*\s*(?:{_SYMBOLS})"
)
_DAY = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})")
_MOMENT = re.compile(rf"(?:{_DAY.pattern})[T ,]+\d{{1,2}}:\d{{2}}.*")
_FLAGS = frozenset(("true", "false", "yes", "no", "ja", "nein", "oui", "non", "0", "1"))
_MISSING = frozenset(("", "--", "-", "–", "—", "n/a", "nan", "null", "none", "(not set)"))


class Column(Record):
    """One column of a file: its header, the kind of its cells, and a sketch of its values."""

    name: str
    kind: Kind
    sketch: tuple[int, ...] = ()
    """16-bit hashes of some of its values, smallest first: two columns of like values share many of them.

    Too short to say what a value was.
    """
    reads: str = ""
    """The figure or field that it is read as; empty for a column that is not read, or tells rows apart alone."""

    def likeness(self, other: "Column") -> float:
        """Share of values that both sketches hold, from 0 to 1; 0 where one has none."""
        mine, theirs = set(self.sketch), set(other.sketch)
        return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


class ColumnsSeen:
    """Looks at the values of every column while the blocks of a file go by."""

    def __init__(self, header: Sequence[str], reads: Mapping[int, str] = MappingProxyType({})) -> None:
        """`reads`: position → what the column is read as."""
        self._header = tuple(header)
        self._reads = reads
        self._values: list[set[str]] = [set() for _ in header]
        self._found: dict[int, Column] = {}

    def see(self, block: pl.DataFrame) -> None:
        """Columns are named by position, as `rows.blocks` gives them."""
        for place, values in enumerate(self._values):
            if place not in self._found:
                values.update(block[column(place)].head(_SEEN).unique().to_list())
                if len(values) >= _SEEN:
                    self._found[place] = self._column(place)

    def columns(self) -> tuple[Column, ...]:
        """In the order of the file."""
        return tuple(self._found.get(place) or self._column(place) for place in range(len(self._header)))

    def _column(self, place: int) -> Column:
        found = seen(self._header[place], self._values[place])
        return found.model_copy(update={"reads": self._reads.get(place, "")})


def seen(name: str, values: Iterable[str]) -> Column:
    """A column with these different values."""
    texts = {text.strip() for text in values}
    told = {text for text in texts if text.casefold() not in _MISSING}
    return Column(name=name, kind=_kind(told), sketch=_sketch(told))


def _kind(texts: set[str]) -> Kind:
    if not texts:
        return "empty"
    if {text.casefold() for text in texts} <= _FLAGS and any(not text.isdigit() for text in texts):
        return "flag"
    shapes: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("moment", _MOMENT),
        ("day", _DAY),
        ("number", _NUMBER),
        ("money", _MONEY),
    )
    for kind, shape in shapes:
        if _nearly_all(texts, shape):
            return kind
    return "money" if _nearly_all(texts, _NUMBER, _MONEY) else "text"


def _nearly_all(texts: Collection[str], *shapes: re.Pattern[str]) -> bool:
    """Whether all but few of the texts have one of the shapes; looks no further once too many have none."""
    odd = 0
    for text in texts:
        odd += not any(shape.fullmatch(text) for shape in shapes)
        if len(texts) - odd < len(texts) * (1 - _MOST_ODD):
            return False
    return True


def _sketch(texts: set[str]) -> tuple[int, ...]:
    hashes = {int.from_bytes(hashlib.sha256(text.casefold().encode("utf-8", "replace")).digest()[:2]) for text in texts}
    return tuple(sorted(hashes)[:_SKETCH])
