"""Taking texts of a forgotten person out of whatever was written about them."""

import re
from collections.abc import Collection
from typing import Any

ERASED = "(erased)"
_SHORTEST = 4
"""Letters: a shorter text, such as an id of two digits, would be found in what has nothing to do with the person."""


def searchable(texts: Collection[str]) -> list[str]:
    """Those long enough to be looked for inside other texts, longest first."""
    return sorted({text for text in texts if len(text) >= _SHORTEST}, key=lambda text: (-len(text), text))


def without(value: Any, texts: Collection[str]) -> Any:
    """The value with a word in place of the texts, whatever their case, in every string in it."""
    wanted = searchable(texts)
    if not wanted:
        return value
    # Not inside a longer word or address: ann@x.com stays where joann@x.com is forgotten, and the other way round.
    listed = "|".join(re.escape(text) for text in wanted)
    return _without(value, re.compile(rf"(?<![\w.+-])(?:{listed})(?![\w-]|\.\w)", re.IGNORECASE))


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, dict):
        return {name: _without(item, pattern) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_without(item, pattern) for item in value)
    return value
