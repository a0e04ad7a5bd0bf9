"""Passages: a text cut where a reader would, into pieces that can be quoted whole."""

import re
from collections.abc import Iterator

MOST_CHARACTERS = 900
_ENDS = (re.compile(r"\n\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))
"""Where a text may be cut, best first: between paragraphs, lines, sentences, words."""


def cut(text: str, *, most: int = MOST_CHARACTERS) -> Iterator[tuple[int, int]]:
    """First and last offset of each passage; together they hold every character that is no blank, in order."""
    at = 0
    while at < len(text):
        end = len(text) if len(text) - at <= most else _end(text, at, at + most)
        first, last = at, end
        while first < last and text[first].isspace():
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        if first < last:
            yield first, last
        at = end


def _end(text: str, first: int, limit: int) -> int:
    """The best place to cut in the second half of what may be taken; anywhere, in a text without blanks."""
    middle = first + (limit - first) // 2
    for pattern in _ENDS:
        found = [match.end() for match in pattern.finditer(text, middle, limit)]
        if found:
            return found[-1]
    return limit
