"""WordPress exports (WXR): posts and pages of a site with their states, dates, authors and translations."""

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import islice
from pathlib import Path

import polars as pl

from agents.sources.entities.again import Corrections
from agents.sources.entities.emitting import Emitter
from agents.sources.entities.layout import EntityLayout, Field
from agents.sources.entities.moments import read_moments
from agents.sources.entities.recognised import EntityTally, SetAside, Take
from agents.sources.entities.wxr import READ, Item, Site
from agents.sources.text.columns import Column, seen
from agents.sources.text.declared import Declared
from agents.sources.text.rows import LINE
from agents.sources.text.setting_aside import SettingAside
from agents.sources.text.sniff import Progress
from agents.sources.text.unreadable import UnreadableExport
from storage.contracts.checks import REASON
from storage.records.quarantine import Quarantined

_ROWS = 5_000
_STATES = {
    "publish": "published",
    "future": "scheduled",
    "draft": "draft",
    "pending": "draft",
    "auto-draft": "draft",
    "private": "private",
    "trash": "trash",
    "inherit": "published",
}
_NO_CONTENT = frozenset(
    [
        "attachment",
        "revision",
        "nav_menu_item",
        "custom_css",
        "customize_changeset",
        "oembed_cache",
        "user_request",
        "wp_block",
        "wp_template",
        "wp_template_part",
        "wp_global_styles",
        "wp_navigation",
        "wp_font_family",
        "wp_font_face",
        "acf-field",
        "acf-field-group",
        "shop_order",
        "shop_order_refund",
        "shop_coupon",
        "feedback",
        "scheduled-action",
    ]
)
"""Kinds of items that nobody reads as a page: media, versions, menus, the furniture of themes, records of plugins."""
LAYOUT = EntityLayout(
    name="wordpress/wxr",
    source="wordpress",
    datasets=("content",),
    fields=tuple(Field(name, header) for name, header in READ.items()),
    needs=("post_id",),
    shape=lambda rows, _: {"content": rows},
)


@dataclass(frozen=True)
class WordPressFile:
    """A WXR document; `sha256` is of the file's bytes."""

    path: Path
    declared: Declared
    sha256: str
    name: str = LAYOUT.name
    source: str = LAYOUT.source
    datasets: tuple[str, ...] = LAYOUT.datasets

    def read(
        self, take: Take, set_aside: SetAside, progress: Progress | None = None, *, again: Corrections | None = None
    ) -> EntityTally:
        """Hand over all items; with `again`, only those that begin on these lines, as corrected.

        Raises UnreadableExport; then nothing that was handed over may be used.
        """
        site = Site(self.path)
        items = list(site.items(progress))
        if again is not None:
            items = [_corrected(item, again[item.line]) for item in items if item.line in again]
        today = self.declared.today
        now = datetime.combine(today, time(23, 59), UTC) if today else None
        bad: dict[int, str] = {}

        def refuse(_dataset: str, rows: pl.DataFrame) -> None:
            bad.update(rows.select(LINE, REASON).rows())

        emitter = Emitter(LAYOUT, self.declared.account or site.url, False, now, take, refuse)
        self._emit(items, emitter, refuse, site)
        self._set_aside(items, bad, set_aside, None if again else emitter)
        return EntityTally(
            layout=self.name,
            source=self.source,
            datasets=self.datasets,
            rows_read=len(items),
            rows_by_dataset=dict(emitter.rows),
            rows_quarantined=len(bad),
            rows_dropped=emitter.dropped(),
            columns=_columns(items),
            personal=(),
            content_sha256=self.sha256,
            how=(),
            account=emitter.account,
            first_day=emitter.first_day,
            last_day=emitter.last_day,
            days=emitter.days,
            notes=tuple(site.notes()),
        )

    def _emit(
        self, items: list["Item"], emitter: Emitter, refuse: Callable[[str, pl.DataFrame], None], site: "Site"
    ) -> None:
        content = []
        for item in items:
            kind = item.cells.get("post_type", "")
            if kind in _NO_CONTENT:
                emitter.drop(_one(item.line, f"no page: {kind}"))
            else:
                content.append(item)
        if not content:
            raise UnreadableExport(self.path, None, "the export holds no posts or pages", "export all content again")
        originals = _originals(content)
        for start in range(0, len(content), _ROWS):
            frame, broken = _frame(content[start : start + _ROWS], originals, site.language)
            refuse("content", broken)
            emitter.emit({"content": frame})

    def _set_aside(
        self, items: list["Item"], bad: dict[int, str], set_aside: SetAside, emitter: Emitter | None
    ) -> None:
        setting = SettingAside(self.path, set_aside)
        for item in items:
            if item.line in bad:
                cells = {READ[name]: text for name, text in item.cells.items() if name in READ}
                setting(Quarantined(dataset="content", line=item.line, reason=bad[item.line], cells=cells))
        if emitter is not None:
            setting.done(len(items), emitter.kept)


def _corrected(item: Item, texts: Mapping[str, str]) -> Item:
    cells = item.cells | {name: texts[element] for name, element in READ.items() if element in texts}
    return replace(item, cells=cells)


def _originals(items: list[Item]) -> dict[str, str]:
    """Of each group of translations the item with the smallest id: the one that was written first."""
    first: dict[str, str] = {}
    for item in items:
        post = item.cells.get("post_id", "")
        if item.group and post.isdigit() and (item.group not in first or int(post) < int(first[item.group])):
            first[item.group] = post
    return first


def _frame(items: list[Item], originals: dict[str, str], language: str | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [_row(item, originals, language) for item in items]
    frame = pl.DataFrame(rows, schema={**dict.fromkeys(_TEXTS, pl.String), LINE: pl.Int64}, infer_schema_length=None)
    problems = []
    for name in ("made", "changed"):
        # The GMT fields are moments of Greenwich; a draft has never been dated and says 0000-00-00.
        read = read_moments(frame[name], None, "UTC")
        frame = frame.with_columns(read.values.alias(name))
        problems.append(pl.Series([None if p is None else f"{name} {p}" for p in read.problems], dtype=pl.String))
    reason = problems[0].fill_null("") + problems[1].fill_null("")
    shaped = frame.with_columns(
        created_at=pl.col("made"),
        updated_at=pl.col("changed"),
        published_at=pl.when(pl.col("status").is_in(["published", "private"])).then(pl.col("made")),
        planned_at=pl.when(pl.col("status") == "scheduled").then(pl.col("made")),
    ).with_columns(created_at=pl.when(pl.col("status") != "scheduled").then(pl.col("created_at")))
    broken = pl.DataFrame({LINE: frame[LINE], REASON: reason}).filter(reason != "")
    return shaped.filter(reason == "").drop("made", "changed"), broken


_TEXTS = (
    "id", "title", "kind", "status", "locale", "business_unit", "author", "made", "changed", "url", "categories",
    "translation_of",
)  # fmt: skip


def _row(item: Item, originals: dict[str, str], language: str | None) -> dict[str, str | int | None]:
    cells = item.cells
    post = cells.get("post_id", "")
    original = item.meta.get("_translation_of") or originals.get(item.group, "")
    state = cells.get("status", "").lower()
    return {
        "id": post or None,
        # WordPress itself shows this for what was never named.
        "title": html.unescape(cells.get("title", "")) or "(no title)",
        "kind": cells.get("post_type") or "post",
        "status": _STATES.get(state, state),
        "locale": item.language
        or item.meta.get("_locale")
        or item.meta.get("locale")
        or item.meta.get("_icl_lang")
        or language,
        "business_unit": item.unit or item.meta.get("business_unit") or item.meta.get("_business_unit"),
        "author": cells.get("creator") or None,
        "made": cells.get("post_date_gmt", ""),
        "changed": cells.get("post_modified_gmt", ""),
        "url": cells.get("link") or None,
        "categories": "; ".join(item.categories) or None,
        "translation_of": original if original and original != post else None,
        LINE: item.line,
    }


def _columns(items: list[Item]) -> tuple[Column, ...]:
    """The fields that items have, in the order of the format."""
    values = {name: {item.cells[name] for item in items[:2_000] if name in item.cells} for name in READ}
    return tuple(seen(READ[name], found) for name, found in values.items() if found)


def read_cells(path: Path) -> Iterator[pl.DataFrame]:
    """What is read of the items, one column an element, and `line`; raises UnreadableExport.

    The document itself holds far more: whoever commented, with address, and what plugins keep of customers.
    """
    items = Site(path).items(None)
    while some := list(islice(items, _ROWS)):
        told = {READ[name]: [item.cells.get(name, "") for item in some] for name in READ}
        told["category"] = ["; ".join(item.categories) for item in some]
        told["language"] = [item.language for item in some]
        lines = pl.Series(LINE, [item.line for item in some], dtype=pl.Int64)
        yield pl.DataFrame(told, schema=dict.fromkeys(told, pl.String)).with_columns(lines)


def _one(line: int, reason: str) -> pl.DataFrame:
    return pl.DataFrame({LINE: [line], REASON: [reason]}, schema={LINE: pl.Int64, REASON: pl.String})


def is_wxr(head: bytes) -> bool:
    """Whether a file that begins so is a WordPress export."""
    marks = rb"wordpress\.org/export/|<!--\s*This is a WordPress"
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and re.search(marks, head) is not None


def open_wxr(path: Path, declared: Declared) -> WordPressFile:
    """A WXR file with its hash."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return WordPressFile(path, declared, digest.hexdigest())
