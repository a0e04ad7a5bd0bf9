"""Block Kit's building blocks as small functions; nobody else spells out a block.

All mrkdwn is `verbatim`: Slack then makes no links or mentions out of plain words. Plain text carries
`emoji: false`: codes such as `:fire:` stay words. Callers pass text that is cleaned already; lengths are
cut here once more, so that no card is ever refused for its size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.slack.cards.markup import cut, within

Block = dict[str, Any]
View = dict[str, Any]

_NEVER = date(3000, 1, 1)
MOST_SECTION = 3000
MOST_FIELD = 2000
MOST_HEADER = 150
MOST_TITLE = 24
MOST_BUTTON = 75
MOST_OPTION_VALUE = 150
MOST_OPTIONS = 100


@dataclass(frozen=True)
class Message:
    """What is posted: blocks, and a text for notifications and screen readers, which read no blocks."""

    text: str
    blocks: tuple[Block, ...]


def plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": cut(text, most), "emoji": False}


def mrkdwn(text: str, most: int = MOST_SECTION) -> Block:
    return {"type": "mrkdwn", "text": within(text.split("\n"), most, rest="…"), "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, MOST_HEADER)}


def section(text: str, *, accessory: Block | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | {"accessory": accessory} if accessory else block


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Up to ten pairs of a name and a value, side by side on a wide screen."""
    return columns([f"*{name}*\n{text}" for name, text in pairs])


def columns(texts: Sequence[str]) -> Block:
    """Up to ten texts, side by side on a wide screen."""
    return {"type": "section", "fields": [mrkdwn(text, MOST_FIELD) for text in texts[:10]]}


def context(*texts: str) -> Block:
    """Small print, one element a text."""
    return {"type": "context", "elements": [mrkdwn(text, MOST_FIELD) for text in texts[:10]]}


def divider() -> Block:
    return {"type": "divider"}


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(
    label: str,
    action_id: str,
    value: str,
    *,
    style: str = "",
    confirm: Block | None = None,
    visible_to: Sequence[str] = (),
    spoken: str = "",
) -> Block:
    """`spoken` replaces the label for screen readers; `visible_to` names the only users who see it."""
    block: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain(label, MOST_BUTTON),
        "value": value,
    }
    if style:
        block["style"] = style
    if confirm:
        block["confirm"] = confirm
    if visible_to:
        block["visible_to_user_ids"] = list(visible_to)
    if spoken:
        block["accessibility_label"] = cut(spoken, MOST_BUTTON)
    return block


def confirmation(title: str, text: str, yes: str, no: str, *, style: str = "primary") -> Block:
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
        "style": style,
    }


def option(label: str, value: str) -> Block:
    return {"text": plain(label, 75), "value": value}


def select(placeholder: str, action_id: str, options: Sequence[Block]) -> Block:
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "options": list(options)[:MOST_OPTIONS],
    }


def grouped_select(placeholder: str, action_id: str, groups: Sequence[tuple[str, Sequence[Block]]]) -> Block:
    """A select whose options stand under names; groups without options are left out."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "option_groups": [
            {"label": plain(name, 75), "options": list(held)[:MOST_OPTIONS]} for name, held in groups if held
        ],
    }


def users_select(placeholder: str, action_id: str) -> Block:
    return {"type": "users_select", "action_id": action_id, "placeholder": plain(placeholder, 150)}


def datepicker(action_id: str, initial: date) -> Block:
    return {"type": "datepicker", "action_id": action_id, "initial_date": initial.isoformat()}


def overflow(action_id: str, options: Sequence[Block]) -> Block:
    """The three dots: up to five choices."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)[:5]}


def checkboxes(action_id: str, options: Sequence[Block]) -> Block:
    return {"type": "checkboxes", "action_id": action_id, "options": list(options)[:10]}


def radio_buttons(action_id: str, options: Sequence[Block]) -> Block:
    """The first is chosen already."""
    return {
        "type": "radio_buttons",
        "action_id": action_id,
        "options": list(options)[:10],
        "initial_option": options[0],
    }


def text_input(action_id: str, placeholder: str, *, most: int, multiline: bool = True, initial: str = "") -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": most,
        "placeholder": plain(placeholder, 150),
    }
    return element | {"initial_value": initial} if initial else element


def code(text: str) -> Block:
    """Text exactly as it is, in equal widths: nothing in it is markup."""
    part = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


def input_block(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    return block | {"hint": plain(hint, 2000)} if hint else block


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int = 1) -> Block:
    """A table of raw text, in which nothing is markup; columns from `numbers_from` are right-aligned."""
    settings = [{"align": "left" if n < numbers_from else "right", "is_wrapped": n == 0} for n in range(len(heads))]
    cells = [[{"type": "raw_text", "text": cell} for cell in row] for row in (heads, *rows[:99])]
    return {"type": "table", "column_settings": settings, "rows": cells}


def modal(
    title: str,
    callback_id: str,
    blocks: Sequence[Block],
    *,
    metadata: str = "",
    submit: str = "",
    close: str = "Close",
) -> View:
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, MOST_TITLE),
        "close": plain(close, MOST_TITLE),
        "blocks": list(blocks)[:100],
        "private_metadata": metadata,
    }
    return view | {"submit": plain(submit, MOST_TITLE)} if submit else view


def entered(values: Mapping[str, Any], block_id: str, action_id: str) -> Mapping[str, Any]:
    """What a submitted view holds for one input (`view["state"]["values"]`); empty if it has none."""
    held = values.get(block_id, {}).get(action_id, {})
    return held if isinstance(held, Mapping) else {}


def written(values: Mapping[str, Any], block_id: str, action_id: str) -> str:
    """What was typed into a text input, without spaces around it; empty if nothing."""
    return str(entered(values, block_id, action_id).get("value") or "").strip()


def chosen(values: Mapping[str, Any], block_id: str, action_id: str) -> str:
    """The value of the option chosen in a select or among radio buttons; empty if none."""
    return str((entered(values, block_id, action_id).get("selected_option") or {}).get("value") or "")


def chosen_person(values: Mapping[str, Any], block_id: str, action_id: str) -> str:
    """The Slack id of the person chosen in a select of users; empty if none."""
    return str(entered(values, block_id, action_id).get("selected_user") or "")


def chosen_day(values: Mapping[str, Any], block_id: str, action_id: str) -> date | None:
    """The day chosen in a date picker; None if none, or one that no calendar here reaches."""
    try:
        day = date.fromisoformat(str(entered(values, block_id, action_id).get("selected_date") or ""))
    except ValueError:
        return None
    return day if day < _NEVER else None


def too_long(text: str, most: int, block_id: str) -> dict[str, str]:
    """What a dialog says beside an input of more than so many characters; empty if it fits."""
    return {} if len(text) <= most else {block_id: f"At most {most} characters; these are {len(text)}."}
