"""From bytes to a table: encoding, delimiter and the line of the header, with what stands above it."""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from agents.sources.text.unreadable import UnknownExport, UnreadableExport, shown

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""
Hash = Callable[[], str]
"""The sha256 of a file's bytes; waits until it is known. Raises UnreadableExport."""

HEADER_WITHIN = 20
"""The header is looked for in this many lines."""
_MOST_COLUMNS = 2_000
DELIMITERS = (",", "\t", ";", "|")
_BLOCK = 1 << 20
_HEAD = 1 << 17
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "export or save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save it as CSV"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"%PDF", "a PDF document", "export the report as CSV"),
    (b"SQLite format 3", "a database", "export the report as CSV"),
)


@dataclass(frozen=True)
class Raw:
    """The bytes of a file and how they become text."""

    path: Path
    size: int
    sha256: Hash
    encoding: str
    """utf-8, utf-16-le, utf-16-be or cp1252."""
    head: str
    """Its beginning as text, without a byte order mark."""
    ends_in_newline: bool


@dataclass(frozen=True)
class Table:
    """A file whose header was found."""

    raw: Raw
    delimiter: str
    preamble: tuple[str, ...]
    """Lines above the header."""
    header: tuple[str, ...]
    header_line: int
    last_line: int | None = None
    """Where it ends, if other tables or remarks follow in the file."""

    @property
    def path(self) -> Path:
        return self.raw.path


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet does."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


def _sha256_of(path: Path) -> str:
    """The hash of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashed(path: Path) -> Hash:
    """The hash of a file, being made from now on in a thread that ends with it."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="sha256")
    making = thread.submit(_sha256_of, path)
    thread.shutdown(wait=False)

    def made() -> str:
        try:
            return making.result()
        except OSError as error:
            raise _unopened(path, error) from error

    return made


def examine(path: Path, progress: Progress | None = None) -> Raw:
    """Read a file once for its encoding; its hash, which takes far longer, is made meanwhile and afterwards.

    Raises UnreadableExport for what is no text: workbooks, archives, pictures, an empty file.
    """
    try:
        size = path.stat().st_size
        sha256 = hashed(path)
        head, valid_utf8, tail = _survey(path, size, progress)
    except OSError as error:
        raise _unopened(path, error) from error
    if not head.strip():
        raise UnreadableExport(path, None, "the file is empty", "export the report again")
    for magic, kind, remedy in _KINDS:
        if head.startswith(magic):
            raise UnreadableExport(path, None, f"the file is {kind}, not a CSV", remedy)
    encoding, skip = _encoding(head, valid_utf8=valid_utf8)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head[skip:])
    _refuse_binary(path, text)
    return Raw(path, size, sha256, encoding, text, tail in (b"\n", b"\r"))


def _unopened(path: Path, error: OSError) -> UnreadableExport:
    return UnreadableExport(path, None, f"cannot be opened ({error.strerror})", "check the path and the permissions")


def _survey(path: Path, size: int, progress: Progress | None) -> tuple[bytes, bool, bytes]:
    text = _Utf8()
    head = tail = b""
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            head = head or block[:_HEAD]
            tail = block.rstrip(b"\x00")[-1:] or tail
            done += len(block)
            text.see(block, final=done >= size)
            if progress:
                # This pass is quick: it counts as a tenth of the work.
                progress(done // 10, size)
    return head, text.valid, tail


class _Utf8:
    """Whether the blocks of a file are UTF-8; polars looks at them several times as fast as a decoder does."""

    def __init__(self) -> None:
        self.valid = True
        self._rest = b""

    def see(self, block: bytes, *, final: bool) -> None:
        if not self.valid:
            return
        text = self._rest + block
        end = len(text) if final else _letter_end(text)
        text, self._rest = text[:end], text[end:]
        try:
            pl.Series([text], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.PolarsError:
            self.valid = False


def _letter_end(text: bytes) -> int:
    """Where the last letter begins if its bytes may go on in the next block, else the end."""
    for back in range(1, min(3, len(text)) + 1):
        if text[-back] >= 0xC0:
            return len(text) - back
        if text[-back] < 0x80:
            break
    return len(text)


def _encoding(head: bytes, *, valid_utf8: bool) -> tuple[str, int]:
    """The encoding and how many bytes of byte order mark to skip."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    if odd > 4 * even + 2:
        return "utf-16-le", 0
    if even > 4 * odd + 2:
        return "utf-16-be", 0
    if valid_utf8:
        return "utf-8", 3 if head.startswith(codecs.BOM_UTF8) else 0
    return "cp1252", 0


def _refuse_binary(path: Path, text: str) -> None:
    match = _CONTROL.search(text)
    if match:
        line = text.count("\n", 0, match.start()) + 1
        raise UnreadableExport(path, line, "the file holds binary data, not text", "export the report as CSV")
    start = text.lstrip()[:200].casefold()
    if start.startswith(("<!doctype", "<html", "<?xml")):
        raise UnreadableExport(path, 1, "the file is a web page or XML", "export the report as CSV")


def bom_length(raw: Raw) -> int:
    """Bytes to skip before the text begins."""
    with raw.path.open("rb") as file:
        return _encoding(file.read(_HEAD), valid_utf8=raw.encoding == "utf-8")[1]


def find_header(
    raw: Raw, known: Callable[[list[str]], int], delimiters: tuple[str, ...] = DELIMITERS
) -> tuple[int, Table] | None:
    """The line among the first 20 with the most cells that `known` counts, at least two, and that count."""
    best: tuple[int, int, str, list[str]] | None = None
    lines = list(_lines(raw.head))
    for number, line in enumerate(lines, start=1):
        # Delimiters that a line lacks all read it alike, and knowing headers is dear.
        readings: dict[tuple[str, ...], str] = {}
        for delimiter in delimiters:
            readings.setdefault(tuple(cells_of(line, delimiter)), delimiter)
        for reading, delimiter in readings.items():
            cells = list(reading)
            score = known(cells)
            if score >= 2 and (best is None or score > best[0]):
                best = (score, number, delimiter, cells)
    if best is None:
        return None
    score, number, delimiter, cells = best
    header = tuple(cell.strip() for cell in cells)
    return score, Table(raw, delimiter, tuple(lines[: number - 1]), header, number)


def lines_of(raw: Raw) -> Iterator[str]:
    """Every line of the file without its end; what is no text is replaced, for a first look."""
    with raw.path.open("rb") as file:
        file.seek(bom_length(raw))
        with io.TextIOWrapper(file, encoding=raw.encoding, errors="replace", newline="\n") as text:
            yield from (line.rstrip("\r\n") for line in text)


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n")[:HEADER_WITHIN]:
        yield line.rstrip("\r")


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line; none for a line that no table begins with."""
    if not line or line.count(delimiter) > _MOST_COLUMNS:
        return []
    try:
        return next(iter(csv.reader([line], delimiter=delimiter)), [])
    except csv.Error:
        return []


def no_header(raw: Raw, remedy: str) -> UnknownExport:
    """The refusal of a text file that is none of the known exports."""
    first = next((line for line in _lines(raw.head) if line.strip()), "")
    problem = f"no known export: the first {HEADER_WITHIN} lines hold no header we know (it begins {shown(first)})"
    return UnknownExport(raw.path, 1, problem, remedy)
