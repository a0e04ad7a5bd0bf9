"""Rules of Block Kit's layout blocks, and of the surfaces each may stand on."""

from typing import Any

from bot.workspace.blocks.check import (
    Check,
    Rule,
    Surface,
    anything,
    boolean,
    by_type,
    enum,
    items,
    link,
    shape,
    string,
)
from bot.workspace.blocks.data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.workspace.blocks.elements import (
    BUTTON,
    IN_ACCESSORY,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
)
from bot.workspace.blocks.rich_text import RICH_TEXT, RICH_TEXT_PART
from bot.workspace.blocks.texts import IMAGE_BLOCK, IMAGE_ELEMENT, plain, text

Json = dict[str, Any]

_TYPE: dict[str, Rule] = {"type": anything}
_ID: dict[str, Rule] = {"block_id": anything}
_ELEMENT_KEYS = ("accessory", "element", "elements", "actions")


def _block(required: dict[str, Rule], optional: dict[str, Rule] | None = None, *extra: Rule) -> Rule:
    return shape({**_TYPE, **required}, {**_ID, **(optional or {})}, *extra)


def _text_or_fields(value: Json, at: str, check: Check) -> None:
    if value.get("text") is None and value.get("fields") is None:
        check.note(at, "must define either `text` or `fields`")


def _card_has_content(value: Json, at: str, check: Check) -> None:
    if all(value.get(key) is None for key in ("hero_image", "title", "actions", "body")):
        check.note(at, "must define one of `hero_image`, `title`, `actions`, `body`")


def _container_is_consistent(value: Json, at: str, check: Check) -> None:
    if value.get("title") is None and value.get("rich_text_title") is None:
        check.note(at, "must define either `title` or `rich_text_title`")
    if value.get("is_collapsible") is True and value.get("has_header_divider") is True:
        check.note(at, "`has_header_divider` is not allowed with `is_collapsible`")
    if value.get("default_collapsed") is True and value.get("is_collapsible") is not True:
        check.note(at, "`default_collapsed` needs `is_collapsible`")


def _action_ids(value: Json, at: str, check: Check) -> None:
    """Action ids are unique within their block."""
    seen: set[str] = set()
    for key in _ELEMENT_KEYS:
        part = value.get(key)
        elements = part if isinstance(part, list) else [part]
        for index, element in enumerate(elements):
            name = element.get("action_id") if isinstance(element, dict) else None
            if not isinstance(name, str):
                continue
            if name in seen:
                where = f"{at}/{key}/{index}" if isinstance(part, list) else f"{at}/{key}"
                check.note(f"{where}/action_id", f"`action_id` {name} already exists for this block")
            seen.add(name)


_IMAGE = by_type({"image": IMAGE_ELEMENT})
_SOURCE = by_type({"url": shape({**_TYPE, "url": link(), "text": string(255)})})
_TASK = _block(
    {"task_id": string(255), "title": string(255), "status": enum("pending", "in_progress", "complete", "error")},
    {"details": RICH_TEXT_PART, "output": RICH_TEXT_PART, "sources": items(_SOURCE, least=0, most=50)},
)
_CARD = _block(
    {},
    {
        "hero_image": _IMAGE,
        "icon": _IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": items(by_type({"button": BUTTON}), most=25),
    },
    _card_has_content,
    _action_ids,
)


def _children(value: Any, at: str, check: Check) -> None:
    items(_nested, most=10)(value, at, check)


def _nested(value: Any, at: str, check: Check) -> None:
    if isinstance(value, dict) and value.get("type") in ("container", "carousel"):  # a set would need hashing
        check.note(f"{at}/type", f"unsupported type: {value['type']}")
    else:
        block(value, at, check)


_CONTAINER = _block(
    {"child_blocks": _children},
    {
        "title": plain(150),
        "rich_text_title": RICH_TEXT_PART,
        "subtitle": text(150),
        "icon": _IMAGE,
        "width": enum("narrow", "standard", "wide", "full"),
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    _container_is_consistent,
)
_VIDEO = _block(
    {"title": plain(199), "video_url": link(), "thumbnail_url": link(), "alt_text": string(2000)},
    {
        "title_url": link(),
        "description": plain(199),
        "provider_icon_url": link(),
        "provider_name": string(49),
        "author_name": string(49),
    },
)

BLOCKS: dict[str, Rule] = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": items(text(2000), most=10),
            "accessory": IN_ACCESSORY,
            "expand": boolean,
        },
        _text_or_fields,
    ),
    "header": _block({"text": plain(150)}),
    "divider": _block({}),
    "markdown": _block({"text": string(12_000)}),
    "image": IMAGE_BLOCK,
    "context": _block({"elements": items(IN_CONTEXT, most=10)}),
    "actions": _block({"elements": items(IN_ACTIONS, most=25)}),
    "context_actions": _block({"elements": items(IN_CONTEXT_ACTIONS, most=5)}),
    "input": _block(
        {"label": plain(2000), "element": IN_INPUT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
    "table": TABLE,
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "task_card": _TASK,
    "plan": _block({"title": string(255)}, {"tasks": items(by_type({"task_card": _TASK}), least=0, most=50)}),
    "alert": _block({"text": text(3000)}, {"level": enum("default", "info", "warning", "error", "success")}),
    "card": _CARD,
    "carousel": _block({"elements": items(by_type({"card": _CARD}), most=10)}),
    "container": _CONTAINER,
    "video": _VIDEO,
}
_MESSAGES_ONLY: frozenset[str] = frozenset(
    {"markdown", "table", "data_table", "task_card", "plan", "context_actions", "card", "carousel"}
)
_REFUSED: dict[Surface, frozenset[str]] = {
    "message": frozenset({"input", "alert"}),
    "modal": _MESSAGES_ONLY,
    "home": _MESSAGES_ONLY | {"alert"},
}


def block(value: Any, at: str, check: Check) -> None:
    """The rule of any block: known, allowed on this surface, right in itself, its ids unique."""
    if not isinstance(value, dict):
        check.note(at, "must provide an object")
        return
    kind = value.get("type")
    if kind is None:
        check.note(at, "missing required field: type")
        return
    if not isinstance(kind, str) or kind not in BLOCKS:
        check.note(f"{at}/type", f"unsupported type: {kind}")
        return
    if kind in _REFUSED[check.surface]:
        check.note(f"{at}/type", f"unsupported type: {kind} in a {check.surface}")
        return
    before = len(check.problems)
    BLOCKS[kind](value, at, check)
    _block_id(value, at, check)
    if len(check.problems) == before:
        if kind != "card":  # its own rule has looked
            _action_ids(value, at, check)
        if kind == "input" and value["element"]["type"] == "file_input" and check.surface != "modal":
            check.note(f"{at}/element/type", f"unsupported type: file_input in a {check.surface}")


def _block_id(value: Json, at: str, check: Check) -> None:
    name = value.get("block_id")
    if name is None:
        return
    string(255)(name, f"{at}/block_id", check)
    if isinstance(name, str):
        if name in check.block_ids:
            check.note(f"{at}/block_id", f"`block_id` {name} already exists")
        check.block_ids.add(name)
