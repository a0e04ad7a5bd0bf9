"""The text of a document: plain text, Markdown, HTML, CSV, Word and PDF, read with limits and never run."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePath
from typing import Any

from agents.sources.documents.unreadable import UnreadableDocument

MOST_BYTES = 30 << 20
_MOST_UNPACKED = 120 << 20
_MOST_CHARACTERS = 5_000_000
_MOST_PAGES = 2_000
_BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "br", "tr", "table", "section", "article", "header", "footer", "blockquote", "pre")
) | {f"h{level}" for level in range(1, 7)}
_UNSEEN = frozenset(("script", "style", "noscript", "template"))
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Extracted:
    """What a document says."""

    kind: str
    title: str
    text: str
    pages: tuple[int, ...] = ()
    """Offset in the text at which each page begins; empty where the format has none."""

    def page_at(self, offset: int) -> int | None:
        """The page, from 1, that holds a character."""
        return sum(begin <= offset for begin in self.pages) or None


def extract(name: str, content: bytes) -> Extracted:
    """Read a document by its name's ending. Raises UnreadableDocument."""
    if len(content) > MOST_BYTES:
        raise UnreadableDocument(
            name, f"it has more than {MOST_BYTES >> 20} MB", "split it, or save it without pictures"
        )
    ending = PurePath(name).suffix.casefold().lstrip(".")
    if ending not in READERS:
        raise UnreadableDocument(
            name, f"“.{ending}” is no document we read", f"save it as one of {', '.join(sorted(READERS))}"
        )
    found = READERS[ending](name, content)
    if not found.text.strip():
        problem = "no text was found in it"
        raise UnreadableDocument(name, problem, "a scanned page holds a picture only: export it with its text")
    if len(found.text) > _MOST_CHARACTERS:
        raise UnreadableDocument(name, f"it has more than {_MOST_CHARACTERS:,} characters", "split it")
    return found


def _plain(kind: str) -> Callable[[str, bytes], Extracted]:
    def read(name: str, content: bytes) -> Extracted:
        text = _tidy(_decoded(name, content))
        first = next((line.strip("# \t") for line in text.splitlines() if line.strip("# \t")), "")
        return Extracted(kind, first[:200] or name, text)

    return read


def _html(name: str, content: bytes) -> Extracted:
    reader = _Seen()
    reader.feed(_decoded(name, content))
    reader.close()
    text = _tidy("".join(reader.pieces))
    return Extracted("html", (reader.title.strip() or next(iter(text.splitlines()), name))[:200], text)


def _docx(name: str, content: bytes) -> Extracted:
    from xml.etree import ElementTree as ET

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            part = archive.getinfo("word/document.xml")
            if part.file_size > _MOST_UNPACKED:
                raise UnreadableDocument(name, "it unpacks to far more than its size", "save it again in Word")
            with archive.open(part) as stream:
                xml = stream.read(_MOST_UNPACKED + 1)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise UnreadableDocument(name, "it is no Word document, or damaged", "save it again as .docx") from error
    if len(xml) > _MOST_UNPACKED or b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise UnreadableDocument(name, "its inside is not what Word writes", "save it again in Word")
    try:
        body = ET.fromstring(xml)  # noqa: S314 - entities were refused above
    except ET.ParseError as error:
        raise UnreadableDocument(name, "its inside is damaged", "save it again in Word") from error
    lines = ["".join(_runs(paragraph)) for paragraph in body.iter(f"{_WORD}p")]
    text = _tidy("\n".join(lines))
    return Extracted("docx", next((line for line in text.splitlines() if line.strip()), name)[:200], text)


def _runs(paragraph: Any) -> list[str]:
    marks = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n"}
    return [node.text or "" if node.tag == f"{_WORD}t" else marks.get(node.tag, "") for node in paragraph.iter()]


def _pdf(name: str, content: bytes) -> Extracted:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        document = PdfReader(io.BytesIO(content))
        if document.is_encrypted and not document.decrypt(""):
            raise UnreadableDocument(name, "it is locked with a password", "save it without one")
        if len(document.pages) > _MOST_PAGES:
            raise UnreadableDocument(name, f"it has more than {_MOST_PAGES:,} pages", "split it")
        texts = [_tidy(page.extract_text() or "") for page in document.pages]
        title = (document.metadata.title if document.metadata else None) or ""
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        # Damaged files fail anywhere in the reader, as whatever the damage makes of them.
        raise UnreadableDocument(name, "it is no PDF, or damaged", "export it again") from error
    begins, at = [], 0
    for text in texts:
        begins.append(at)
        at += len(text) + 2
    whole = "\n\n".join(texts)
    return Extracted("pdf", (title.strip() or next(iter(whole.split("\n")), name))[:200], whole, tuple(begins))


class _Seen(HTMLParser):
    """The text that a reader of the page would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.title = ""
        self._hidden = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in _UNSEEN
        self._in_title = tag == "title"
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _UNSEEN))
        self._in_title = False
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._hidden:
            self.pieces.append(data)


def _decoded(name: str, content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    if content.count(0) > len(content) // 100:
        raise UnreadableDocument(name, "it holds binary data, not text", "save it as text")
    return content.decode("cp1252", errors="replace")


def _tidy(text: str) -> str:
    """One kind of line end, no runs of blanks or empty lines, no control characters."""
    lines = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINES.sub("\n\n", "\n".join(_SPACES.sub(" ", line).strip() for line in lines.split("\n"))).strip()


READERS: dict[str, Callable[[str, bytes], Extracted]] = {
    "txt": _plain("text"),
    "md": _plain("markdown"),
    "markdown": _plain("markdown"),
    "csv": _plain("csv"),
    "html": _html,
    "htm": _html,
    "docx": _docx,
    "pdf": _pdf,
}
"""Ending of a file's name → how it is read."""
