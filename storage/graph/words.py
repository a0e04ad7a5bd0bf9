"""How one source's statements about one thing add up over time: pure, on half-open intervals of microseconds.

What a source believes about an edge (or a node) is a sorted list of disjoint words. A new statement gives a new list;
words that stay are the same objects, so that a row is written only where something changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.tables.knowledge import FOREVER


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One row: what holds from `start` up to, without, `end`."""

    start: int
    end: int
    content: str
    """Properties (and name) in canonical form."""
    load: str
    id: int = 0
    """Of the row; 0 if it is not written yet."""

    @property
    def is_open(self) -> bool:
        return self.end == FOREVER


def restated(words: Sequence[Word], said: Word, *, limit: int = FOREVER) -> list[Word]:
    """The words after a statement; `limit`: where the source's next word on a rival begins.

    Until further notice: from its start on, up to the next end or change that the source gave. For a time: adds to
    what the source said for other times, takes over where the content differs, and ends what was open then. So
    saying the same again changes nothing, whatever was said in between about other times.
    """
    return _until_further_notice(words, said, limit) if said.is_open else _for_a_time(words, said)


def carved(words: Sequence[Word], start: int, end: int) -> list[Word]:
    """The words without that time."""
    kept: list[Word] = []
    for word in words:
        if word.end <= start or end <= word.start:
            kept.append(word)
        else:
            kept += _outside(word, start, end)
    return kept


def _until_further_notice(words: Sequence[Word], said: Word, limit: int) -> list[Word]:
    within = next((word for word in words if word.start <= said.start < word.end), None)
    if within is not None:
        if within.content == said.content:
            return list(words)
        before = [_cut(within, within.start, said.start)] if within.start < said.start else []
        return _sorted([*(word for word in words if word is not within), *before, _cut(said, said.start, within.end)])
    after = next((word for word in words if word.start > said.start), None)
    if after is not None and after.start <= limit and after.content == said.content:
        return _sorted([*(word for word in words if word is not after), _cut(said, said.start, after.end)])
    end = min(limit, FOREVER if after is None else after.start)
    return _sorted([*words, _cut(said, said.start, end)])


def _for_a_time(words: Sequence[Word], said: Word) -> list[Word]:
    start, end = said.start, said.end
    kept: list[Word] = []
    for word in words:
        apart = word.end < start or end < word.start or (word.is_open and word.start == end)
        if apart or (word.content != said.content and (word.end == start or word.start == end)):
            kept.append(word)
        elif word.content == said.content:
            if not word.is_open and word.start <= start and end <= word.end:
                return list(words)
            start, end = min(start, word.start), end if word.is_open else max(end, word.end)
        else:
            # What was open then ends with this statement: nothing of it goes on beyond.
            kept += _outside(word, said.start, FOREVER if word.is_open else said.end)
    return _sorted([*kept, _cut(said, start, end)])


def _outside(word: Word, start: int, end: int) -> list[Word]:
    pieces = []
    if word.start < start:
        pieces.append(_cut(word, word.start, start))
    if end < word.end:
        pieces.append(_cut(word, end, word.end))
    return pieces


def _cut(word: Word, start: int, end: int) -> Word:
    return Word(start, end, word.content, word.load)


def _sorted(words: list[Word]) -> list[Word]:
    return sorted(words, key=lambda word: word.start)
