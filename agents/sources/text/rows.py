"""The rows of a delimited file as blocks of text columns with their line numbers, in bounded memory.

Blocks are parsed by polars. It forgives rows that are too short and does not know line numbers, so each block is
checked (rows against line ends, separators against cells); a block that does not add up is read again row by row,
strictly, which finds the line at fault.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import polars as pl

from agents.sources.text.sniff import Progress, Table, bom_length
from agents.sources.text.totals import is_footer, is_total_label
from agents.sources.text.unreadable import UnreadableExport

LINE = "line"
_BYTES = 12 << 20
"""About 100,000 rows of an ad report at a time."""
_FIRST = 4 << 20
"""Less to begin with: until the first rows are there, whoever takes them waits."""
_PART = 1 << 18
_LONGEST = 16 << 20
"""No row of a table is that long."""


def column(position: int) -> str:
    """The name of the text column at this position in a block."""
    return f"c{position}"


class Row(NamedTuple):
    line: int
    cells: list[str]


class Piece(NamedTuple):
    """Whole rows of the file as UTF-8."""

    text: bytes
    line: int
    """Where it begins."""
    ends: int
    """Line ends in it."""
    quotes: int


def blocks(table: Table, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
    """All rows below the header: columns c0, c1, … as text (never null) and `line`.

    Blank lines are skipped. Raises UnreadableExport for a row with too few or too many cells, a quote that is
    never closed, and bytes that are no text.
    """
    for piece in _texts(table, progress):
        frame = _fast(piece, table)
        yield _slow(piece.text, table, piece.line) if frame is None else frame


def _texts(table: Table, progress: Progress | None) -> Iterator[Piece]:
    """The file below the header, piece by piece, each ending at the end of a row."""
    rest = b""
    skip = table.header_line
    line = 1
    for piece in _below(table, progress):
        rest += piece
        if skip:
            rest, skipped = _without_lines(rest, skip)
            skip, line = skip - skipped, line + skipped
        if skip == 0 and len(rest) >= min(_FIRST, _BYTES) // 2 and b"\n" in rest:
            cut, quotes = _row_end(rest)
            text, rest = rest[:cut], rest[cut:]
            ends = _count(text, b"\n")
            yield Piece(text, line, ends, quotes)
            line += ends
        if len(rest) > _LONGEST:
            _refuse_endless(rest, table, line)
    if skip == 0 and rest:
        yield Piece(rest, line, rest.count(b"\n"), rest.count(b'"'))


def _without_lines(text: bytes, most: int) -> tuple[bytes, int]:
    """The text without so many first lines, or as many whole ones as it has, and how many those are."""
    begin = skipped = 0
    while skipped < most and (end := text.find(b"\n", begin)) >= 0:
        begin, skipped = end + 1, skipped + 1
    return text[begin:], skipped


def _below(table: Table, progress: Progress | None) -> Iterator[bytes]:
    """The text of the file to the last line of the table."""
    left = table.last_line
    for piece in _decoded(table, progress):
        if left is None:
            yield piece
        elif left > 0:
            yield _first_lines(piece, left)
            left -= piece.count(b"\n")


def _first_lines(text: bytes, count: int) -> bytes:
    end = -1
    for _ in range(count):
        end = text.find(b"\n", end + 1)
        if end < 0:
            return text
    return text[: end + 1]


def _refuse_endless(rest: bytes, table: Table, line: int) -> None:
    problem = f"a row is longer than {_LONGEST >> 20} MB"
    if b"\n" in rest[: 1 << 16]:
        problem = "a quoted value is never closed"
    raise UnreadableExport(table.path, line, problem, "the file is damaged or no table: export it again")


def _decoded(table: Table, progress: Progress | None) -> Iterator[bytes]:
    raw = table.raw
    decoder = None if raw.encoding == "utf-8" else codecs.getincrementaldecoder(raw.encoding)()
    done = bom_length(raw)
    lines = 1
    size = min(_FIRST, _BYTES)
    with raw.path.open("rb") as file:
        file.seek(done)
        while block := file.read(size if decoder else _to_line_end(file, size)):
            size = _BYTES
            done += len(block)
            if decoder is not None:
                block = _recoded(block, decoder, table, lines, last=done >= raw.size)
                lines += block.count(b"\n")
            yield block
            if progress:
                progress(raw.size if done >= raw.size else raw.size // 10 + done * 9 // 10, raw.size)
    if done != raw.size:
        raise UnreadableExport(raw.path, None, "the file changed while it was read", "try again")


def _to_line_end(file: BinaryIO, size: int) -> int:
    """How many bytes to read, about `size`, for a block that ends with a line: then it is not put together of two."""
    begin, tail = file.tell(), max(size >> 7, 1)
    file.seek(begin + size - tail)
    last = file.read(tail).rfind(b"\n")
    file.seek(begin)
    return size - tail + last + 1


def _recoded(block: bytes, decoder: codecs.IncrementalDecoder, table: Table, lines: int, *, last: bool) -> bytes:
    try:
        text: str = decoder.decode(block, last)
        return text.encode()
    except UnicodeError as error:
        line = lines + block[: getattr(error, "start", 0)].count(b"\n")
        problem = f"the bytes are no {table.raw.encoding}: the file is damaged or cut off"
        raise UnreadableExport(table.path, line, problem, "export it again") from error


def _row_end(text: bytes) -> tuple[int, int]:
    """Where the last whole row ends, after a newline with an even number of quotes before it, and that number."""
    end = text.rfind(b"\n") + 1 or len(text)
    quotes = before = _count(text, b'"', end)
    cut = end
    while before % 2 and cut:
        line = text.rfind(b"\n", 0, cut - 1) + 1
        before -= text.count(b'"', line, cut)
        cut = line
    # A quote that is open all along is no quote: the strict reader will say what it is.
    return (cut, before) if cut else (end, quotes)


def _count(text: bytes, letter: bytes, end: int | None = None) -> int:
    """How often a byte comes, up to `end`: four times as fast as `bytes.count` for one that comes often."""
    found = np.frombuffer(text, np.uint8, count=-1 if end is None else end)
    # Part by part: what is compared is as large again, and memory never touched before is dear.
    return sum(int(np.count_nonzero(found[at : at + _PART] == letter[0])) for at in range(0, len(found), _PART))


def _fast(piece: Piece, table: Table) -> pl.DataFrame | None:
    text, line, ends, _ = piece
    width = len(table.header)
    names = [column(index) for index in range(width)]
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            separator=table.delimiter,
            schema=dict.fromkeys(names, pl.String),
            infer_schema=False,
            empty_string_is_null=False,
            missing_columns="insert",
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.height != ends + (not text.endswith(b"\n")) or b"\x00" in text:
        return None
    if not _adds_up(frame, piece) and _separators(frame, text, table.delimiter) != frame.height * (width - 1):
        return None
    return frame.rechunk().with_columns(pl.int_range(line, line + frame.height, dtype=pl.Int64).alias(LINE))


def _adds_up(frame: pl.DataFrame, piece: Piece) -> bool:
    """Whether the text is as long as its cells, its line ends, every quote and all separators a full table has.

    Rows that are too long were refused, so neither a missing separator nor a quote inside a cell can be made up for.
    """
    text = piece.text
    length = int(frame.select(pl.sum_horizontal(pl.all().str.len_bytes().cast(pl.Int64).sum())).item())
    returns = text.count(b"\r\n") if b"\r" in text else 0
    return len(text) == length + piece.ends + returns + piece.quotes + frame.height * (frame.width - 1)


def _separators(frame: pl.DataFrame, text: bytes, delimiter: str) -> int:
    """The separators of a piece that stand between cells."""
    inside = pl.sum_horizontal(pl.all().str.count_matches(delimiter, literal=True).sum())
    return text.count(delimiter.encode()) - int(frame.select(inside).item())


def _slow(text: bytes, table: Table, line: int) -> pl.DataFrame:
    width = len(table.header)
    rows = [_fitted(row, table, width) for row in _strict(text, table, line)]
    columns = list(zip(*(row.cells for row in rows), strict=True)) or [() for _ in range(width)]
    data = {column(index): list(cells) for index, cells in enumerate(columns)}
    data[LINE] = [row.line for row in rows]
    return pl.DataFrame(data, schema={**dict.fromkeys(data, pl.String), LINE: pl.Int64})


def _strict(text: bytes, table: Table, line: int) -> Iterator[Row]:
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        at = line + text.count(b"\n", 0, error.start)
        raise UnreadableExport(table.path, at, "the bytes are no text", "export it again as CSV") from error
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=table.delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line + before, cells)
            before = reader.line_num
    except csv.Error as error:
        problem = "a quoted value is never closed" if "end of data" in str(error) else f"broken quoting ({error})"
        remedy = "the file is cut off or was edited: export it again"
        raise UnreadableExport(table.path, line + before, problem, remedy) from error


def _fitted(row: Row, table: Table, width: int) -> Row:
    cells = row.cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    if len(cells) == width:
        return Row(row.line, cells)
    if is_footer(cells) or is_total_label(cells):
        return Row(row.line, (cells + [""] * width)[:width])
    if is_total_label(cells[width:]):
        # Google Analytics writes the word behind the sums, in a column without a header.
        return Row(row.line, [cells[0].strip() or cells[width], *cells[1:width]])
    problem = (
        f"the row has {len(cells)} cell{'s' * (len(cells) != 1)}, the header on line {table.header_line} has {width}"
    )
    remedy = "put quotes around values that hold the separator, or export it again"
    if len(cells) < width:
        remedy = "the file is cut off or was edited: export it again"
    raise UnreadableExport(table.path, row.line, problem, remedy)
