"""Judges the blocks of a message and whole views as strictly as Slack's servers do.

Limits: docs.slack.dev/reference/block-kit; a message has 50 blocks, a view 100 and 250 kB.
"""

import json
from collections.abc import Set as AbstractSet
from typing import Any

from bot.workspace.blocks.check import Check, Surface, anything, boolean, shape, string
from bot.workspace.blocks.data import characters
from bot.workspace.blocks.layouts import block
from bot.workspace.blocks.texts import plain
from bot.workspace.errors import ApiError, refused_with

Json = dict[str, Any]

MOST_MESSAGE_BLOCKS = 50
MOST_MESSAGE_CHARACTERS = 13_000
MOST_VIEW_BLOCKS = 100
MOST_VIEW_BYTES = 250_000

_COMMON = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
_VIEWS = {
    "modal": shape(
        {"type": anything, "title": plain(24), "blocks": anything},
        {
            **_COMMON,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
        },
    ),
    "home": shape({"type": anything, "blocks": anything}, _COMMON),
}


def check_message_blocks(blocks: Any, *, files: AbstractSet[str] | None = None, at: str = "/blocks") -> None:
    """Raise ApiError (`invalid_blocks_format`, `invalid_blocks`, `msg_blocks_too_…`) unless Slack would post these.

    `files`: ids and URLs of uploaded files that pictures may show; None does not check them.
    """
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if len(blocks) > MOST_MESSAGE_BLOCKS:
        raise ApiError("msg_blocks_too_many")
    check = Check("message", known_files=files)
    for index, part in enumerate(blocks):
        block(part, f"{at}/{index}", check)
    if check.problems:
        raise refused_with("invalid_blocks", check.problems)
    if characters(blocks) > MOST_MESSAGE_CHARACTERS:
        raise ApiError("msg_blocks_too_long")


def check_view(view: Any, *, wanted: Surface, files: AbstractSet[str] | None = None) -> None:
    """Raise ApiError (`invalid_arguments`, `view_too_large`) unless Slack would show this view."""
    check = Check(wanted, known_files=files)
    if not isinstance(view, dict):
        raise refused_with("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    if view.get("type") != wanted:
        check.note("/view/type", f"must be {wanted}")
        raise refused_with("invalid_arguments", check.problems)
    _VIEWS[wanted](view, "/view", check)
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        _check_view_blocks(blocks, check)
    elif blocks is not None:
        check.note("/view/blocks", "must be an array")
    if wanted == "modal" and view.get("submit") is None and _has_input(blocks):
        check.note("/view", "missing required field: submit (the view has input blocks)")
    if check.problems:
        raise refused_with("invalid_arguments", check.problems)
    if len(json.dumps(view).encode()) > MOST_VIEW_BYTES:
        raise ApiError("view_too_large")


def _check_view_blocks(blocks: list[Any], check: Check) -> None:
    if len(blocks) > MOST_VIEW_BLOCKS:
        check.note("/view/blocks", f"no more than {MOST_VIEW_BLOCKS} items allowed")
        return
    for index, part in enumerate(blocks):
        block(part, f"/view/blocks/{index}", check)


def _has_input(blocks: Any) -> bool:
    found = blocks if isinstance(blocks, list) else []
    return any(isinstance(part, dict) and part.get("type") == "input" for part in found)
