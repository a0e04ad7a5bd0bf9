"""What a person reads of a message or view: every text in it, without ids, values and addresses."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.slack.cards.blocks import Message


def read_by_people(shown: Message | Mapping[str, Any]) -> str:
    """All texts of a message or view, one a line."""
    if isinstance(shown, Message):
        return "\n".join([shown.text, *_texts(list(shown.blocks))])
    return "\n".join(_texts(shown))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, held in value.items():
            if key in ("text", "alt_text", "title", "placeholder", "label", "hint") and isinstance(held, str):
                yield held
            elif key not in ("private_metadata", "value", "action_id", "block_id"):
                yield from _texts(held)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
