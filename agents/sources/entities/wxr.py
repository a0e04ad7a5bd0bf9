"""The items of a WordPress export (WXR), read element by element in bounded memory.

A document that declares entities or a document type is refused before anything of it is expanded: an export has none,
and what has is either no export or an attack. Texts of posts and comments are skipped, not kept.
"""

import html
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from agents.sources.text.sniff import Progress
from agents.sources.text.unreadable import UnreadableExport

_BLOCK = 1 << 18
_LONGEST = 100_000
"""Characters of one field of an item; the texts of posts are not read at all."""
_NO_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13))
READ = {
    "title": "title",
    "link": "link",
    "pubdate": "pubDate",
    "creator": "dc:creator",
    "post_id": "wp:post_id",
    "post_date": "wp:post_date",
    "post_date_gmt": "wp:post_date_gmt",
    "post_modified": "wp:post_modified",
    "post_modified_gmt": "wp:post_modified_gmt",
    "status": "wp:status",
    "post_type": "wp:post_type",
}
"""Our name for a field of an item → its element. Names without a namespace are compared in lower case."""
_META = frozenset(("_locale", "_translation_of", "locale", "business_unit", "_business_unit", "_icl_lang"))
_UNITS = frozenset(("business_unit", "business-unit", "brand", "division", "unit"))


@dataclass
class Item:
    line: int
    cells: dict[str, str] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    language: str = ""
    unit: str = ""
    group: str = ""
    """Name of the group of translations that it belongs to."""
    meta: dict[str, str] = field(default_factory=dict)


class Site:
    """Reads one document; of it only the fields that are asked for."""

    def __init__(self, path: Path) -> None:
        self.url = ""
        self.language: str | None = None
        self._path = path
        self._ready: list[Item] = []
        self._item: Item | None = None
        self._names: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._attributes: dict[str, str] = {}
        self._key = ""
        self._controls = 0
        self._long = Counter[str]()

    def items(self, progress: Progress | None) -> Iterator[Item]:
        """All items in their order. Raises UnreadableExport."""
        parser = self._parser()
        size, done = self._path.stat().st_size, 0
        with self._path.open("rb") as file:
            wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
            file.seek(0)
            while block := file.read(_BLOCK):
                done += len(block)
                self._feed(parser, block if wide else self._clean(block))
                yield from self._taken()
                if progress:
                    progress(done, size)
        self._feed(parser, b"", last=True)
        yield from self._taken()

    def notes(self) -> Iterator[str]:
        if self._controls:
            yield f"{self._controls} control characters that XML forbids were left out"
        if self._long:
            yield f"{sum(self._long.values())} overlong fields were cut"

    def _clean(self, block: bytes) -> bytes:
        clean = block.translate(None, _NO_CONTROLS)
        self._controls += len(block) - len(clean)
        return clean

    def _taken(self) -> list[Item]:
        ready, self._ready = self._ready, []
        return ready

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._at = parser
        return parser

    def _feed(self, parser: expat.XMLParserType, block: bytes, *, last: bool = False) -> None:
        try:
            parser.Parse(block, last)
        except expat.ExpatError as error:
            problem = f"the XML is broken ({expat.ErrorString(error.code)})"
            remedy = "the file is cut off or was edited: export it again"
            raise UnreadableExport(self._path, error.lineno, problem, remedy) from error

    def _doctype(self, *_: object) -> None:
        problem = "the XML declares a document type or entities, which no WordPress export does"
        raise UnreadableExport(self._path, self._at.CurrentLineNumber, problem, "export it again from Tools → Export")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2].lower()
        self._names.append(local)
        depth = len(self._names)
        if local == "item" and depth == 3:
            self._item = Item(self._at.CurrentLineNumber)
        wanted = (
            local in READ or local in ("category", "meta_key", "meta_value")
            if self._item is not None
            else depth == 3 and local in ("base_site_url", "base_blog_url", "language")
        )
        if wanted and (depth > 3 or self._item is None):
            self._text, self._length, self._attributes = [], 0, attributes

    def _characters(self, text: str) -> None:
        if self._text is not None and self._length < _LONGEST:
            self._text.append(text[: _LONGEST - self._length])
            self._length += len(text)
            if self._length >= _LONGEST:
                self._long[self._names[-1]] += 1

    def _end(self, _name: str) -> None:
        local = self._names.pop()
        text = None if self._text is None else " ".join("".join(self._text).split())
        self._text = None
        if local == "item" and len(self._names) == 2 and self._item is not None:
            self._ready.append(self._item)
            self._item = None
        elif text is not None and self._item is not None:
            self._field(self._item, local, text)
        elif text and local == "language":
            self.language = text
        elif text and (local == "base_blog_url" or not self.url):
            self.url = text

    def _field(self, item: Item, local: str, text: str) -> None:
        if local == "category":
            self._category(item, text)
        elif local == "meta_key":
            self._key = text
        elif local == "meta_value":
            if self._key in _META:
                item.meta[self._key] = text
        elif len(self._names) == 3:
            item.cells.setdefault(local, text)

    def _category(self, item: Item, text: str) -> None:
        domain = self._attributes.get("domain", "category")
        nicename = self._attributes.get("nicename", "")
        if domain == "language":
            item.language = nicename or text
        elif domain == "post_translations":
            item.group = nicename or text
        elif domain in _UNITS:
            item.unit = text
        elif domain in ("category", "product_cat"):
            item.categories.append(html.unescape(text))
