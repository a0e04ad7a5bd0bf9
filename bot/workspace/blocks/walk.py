"""Finding the interactive elements in blocks, naming the unnamed and hiding what a person may not see."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from bot.workspace.blocks.layouts import BLOCKS

Json = dict[str, Any]

INTERACTIVE = frozenset(
    {
        "button", "icon_button", "feedback_buttons", "workflow_button", "overflow", "checkboxes", "radio_buttons",
        "datepicker", "timepicker", "datetimepicker", "static_select", "external_select", "users_select",
        "conversations_select", "channels_select", "multi_static_select", "multi_external_select",
        "multi_users_select", "multi_conversations_select", "multi_channels_select", "plain_text_input",
        "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input",
    }
)  # fmt: skip
BUTTONS = frozenset({"button", "icon_button", "feedback_buttons", "workflow_button", "overflow"})


def each_block(blocks: list[Json]) -> Iterator[Json]:
    """Every block, also those inside a container or carousel."""
    for block in blocks:
        yield block
        inner = block.get("child_blocks") or []
        if block.get("type") == "carousel":
            inner = block.get("elements") or []
        yield from each_block(inner)


def elements_of(block: Json) -> Iterator[Json]:
    """The interactive elements standing directly in a block."""
    parts = [block.get("accessory"), block.get("element"), *(block.get("actions") or [])]
    parts += block.get("elements") or []
    for part in parts:
        if isinstance(part, dict) and part.get("type") in INTERACTIVE:
            yield part


def find_element(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json] | None:
    """The block and element with these ids."""
    for block in each_block(blocks):
        if block.get("block_id") == block_id:
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    return None


def with_ids(blocks: list[Json], mint: Callable[[], str]) -> list[Json]:
    """A copy in which every block has a block_id and every interactive element an action_id, as Slack gives."""
    named = copy.deepcopy(blocks)
    for block in each_block(named):
        if block.get("type") in BLOCKS:
            block.setdefault("block_id", mint()[:5])
        for element in elements_of(block):
            element.setdefault("action_id", mint()[:5])
    return named


def may_see(element: Json, user: str) -> bool:
    """Whether a control is shown to this person (`visible_to_user_ids`; absent means to all)."""
    named = element.get("visible_to_user_ids")
    return named is None or user in named


def seen_by(blocks: list[Json], user: str) -> list[Json]:
    """The blocks as this person sees them: controls for others are left out, and blocks emptied by that."""
    if not any(not may_see(e, user) for block in each_block(blocks) for e in elements_of(block)):
        return blocks
    shown = copy.deepcopy(blocks)
    return _without_hidden(shown, user)


def _without_hidden(blocks: list[Json], user: str) -> list[Json]:
    kept = []
    for block in blocks:
        for key in ("elements", "actions", "child_blocks"):
            if isinstance(block.get(key), list):
                parts = [part for part in block[key] if may_see(part, user)]
                block[key] = _without_hidden(parts, user) if key != "actions" else parts
        if isinstance(block.get("accessory"), dict) and not may_see(block["accessory"], user):
            del block["accessory"]
        if block.get("type") != "actions" or block["elements"]:
            kept.append(block)
    return kept
