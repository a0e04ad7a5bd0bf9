"""JSON Lines and JSON arrays as blocks of text: one object a row, nested names joined by dots, in bounded memory."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self, TextIO

import polars as pl

from agents.sources.text.rows import LINE, column
from agents.sources.text.sniff import Progress
from agents.sources.text.unreadable import UnreadableExport
from storage.records.record import Record

_PIECE = 1 << 20
_LONGEST = 8 << 20
"""Characters of one object; a longer one is refused, so that no file can fill the memory."""
_ROWS = 20_000
_DEEPEST = 3
_SAMPLE = 200
"""Objects that the columns are taken from."""
_WRAPPERS = ("data", "results", "items", "tickets", "conversations", "orders", "events", "records", "contacts")


class JsonRows(Record):
    """A JSON file whose objects are rows."""

    path: Path
    sha256: str
    header: tuple[str, ...]
    """Names of fields in the order in which they first appear; nested ones with dots."""

    def blocks(self, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """All objects: columns c0, c1, … as text and `line`. Raises UnreadableExport."""
        size = self.path.stat().st_size
        objects = _objects(self.path)
        while rows := list(islice(objects, _ROWS)):
            yield block_of(rows, self.header)
            if progress:
                progress(size, size)


def is_json(head: bytes) -> bool:
    """Whether a file that begins so holds JSON objects, alone or in an array."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:1] == b"{" or (start[:1] == b"[" and start[1:].lstrip()[:1] in (b"{", b"]", b""))


def open_json(path: Path) -> JsonRows:
    """A JSON file with its hash and columns. Raises UnreadableExport."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_PIECE):
            digest.update(block)
    names: dict[str, None] = {}
    for _, one in islice(_objects(path), _SAMPLE):
        names.update(dict.fromkeys(_flat(one)))
    if not names:
        raise UnreadableExport(path, 1, "the JSON holds no objects", "export it again")
    return JsonRows(path=path, sha256=digest.hexdigest(), header=tuple(names))


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every object with the line on which it begins."""
    with path.open(encoding="utf-8-sig", errors="strict", newline="") as file:
        text = _Text(path, file)
        text.skip(" \t\r\n\ufeff")
        yield from _array(text) if text.peek() == "[" else _lines(text)


def _lines(text: "_Text") -> Iterator[tuple[int, dict[str, Any]]]:
    first = True
    while text.peek():
        line = text.line
        one = text.value()
        if first and isinstance(one, dict) and (rows := _wrapped(one)) is not None:
            yield from ((line, row) for row in rows)
        else:
            yield line, _object(one, text, line)
        first = False
        text.skip(" \t\r\n,")


def _array(text: "_Text") -> Iterator[tuple[int, dict[str, Any]]]:
    text.take()
    text.skip(" \t\r\n")
    while text.peek() != "]":
        if not text.peek():
            raise UnreadableExport(text.path, text.line, "the JSON array is never closed", _CUT)
        line = text.line
        yield line, _object(text.value(), text, line)
        text.skip(" \t\r\n")
        if text.peek() == ",":
            text.take()
            text.skip(" \t\r\n")
        elif text.peek() not in ("]", ""):
            raise UnreadableExport(text.path, text.line, "the objects of the array are not parted by commas", _CUT)


def _object(one: Any, text: "_Text", line: int) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise UnreadableExport(text.path, line, "there is a JSON value that is no object", "export one object a line")
    return one


def _wrapped(one: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an answer of an API: {"data": [{…}, …]}."""
    for name in _WRAPPERS:
        rows = one.get(name)
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return rows
    return None


_CUT = "the file is cut off or was edited: export it again"


class _Number(float):
    """A number that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_DECODER = json.JSONDecoder(parse_float=_Number, parse_constant=lambda _: None)


class _Text:
    """Text of a file read piece by piece, with the line that it has come to."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self.path = path
        self.line = 1
        self._file = file
        self._rest = ""
        self._at = 0
        self._ended = False
        self._more()

    def peek(self) -> str:
        """The next character, "" at the end."""
        if self._at >= len(self._rest):
            self._more()
        return self._rest[self._at : self._at + 1]

    def take(self) -> None:
        self.line += self._rest[self._at] == "\n"
        self._at += 1

    def skip(self, blanks: str) -> None:
        while (letter := self.peek()) and letter in blanks:
            self.take()

    def value(self) -> Any:
        """The JSON value that begins here. Raises UnreadableExport."""
        while True:
            try:
                one, end = _DECODER.raw_decode(self._rest, self._at)
            except (ValueError, RecursionError) as error:
                deep = isinstance(error, RecursionError)
                if deep or len(self._rest) - self._at > _LONGEST or not self._more(double=True):
                    raise self._broken(error) from error
                continue
            # A number or word may go on in the next piece; an object is whole.
            self.line += self._rest.count("\n", self._at, end)
            self._at = end
            return one

    def _broken(self, error: Exception) -> UnreadableExport:
        if isinstance(error, RecursionError):
            return UnreadableExport(self.path, self.line, "the JSON is nested too deeply", "export it again")
        if len(self._rest) - self._at > _LONGEST:
            problem = f"an object of more than {_LONGEST >> 20} MB, or JSON that is broken"
            return UnreadableExport(self.path, self.line, problem, "export one object a line")
        line = self.line + self._rest.count("\n", self._at, getattr(error, "pos", self._at))
        return UnreadableExport(self.path, line, f"the JSON is broken ({getattr(error, 'msg', error)})", _CUT)

    def _more(self, *, double: bool = False) -> bool:
        """Read on, twice as far where one value needs it; False at the end."""
        if self._ended:
            return False
        size = max(_PIECE, len(self._rest) - self._at) if double else _PIECE
        try:
            piece = self._file.read(size)
        except UnicodeDecodeError as error:
            raise UnreadableExport(self.path, self.line, "the bytes are no UTF-8 text", "export it again") from error
        if not piece:
            self._ended = True
            return False
        self._rest = self._rest[self._at :] + piece
        self._at = 0
        return True


def _flat(one: dict[str, Any], *, prefix: str = "", depth: int = 1) -> dict[str, str]:
    """Field → text; of an object inside both its JSON under its own name and its fields with dots."""
    cells: dict[str, str] = {}
    for key, value in one.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            cells[name] = _canonical(value)
            if depth < _DEEPEST:
                cells.update(_flat(value, prefix=f"{name}.", depth=depth + 1))
        else:
            cells[name] = _text(value)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return "; ".join(value)
        return _canonical(value)
    return str(value)


def _canonical(value: Any) -> str:
    return _ENCODER.encode(value)


def header_of(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The columns that objects have together, nested names with dots."""
    return tuple(dict.fromkeys(name for one in rows for name in _flat(one)))


def block_of(rows: Sequence[tuple[int, dict[str, Any]]], header: Sequence[str]) -> pl.DataFrame:
    """Objects with their lines as one block of text columns."""
    flat = [(line, _flat(one)) for line, one in rows]
    data: dict[str, list[Any]] = {
        column(place): [cells.get(name, "") for _, cells in flat] for place, name in enumerate(header)
    }
    data[LINE] = [line for line, _ in flat]
    return pl.DataFrame(data, schema={**{name: pl.String for name in data if name != LINE}, LINE: pl.Int64})
