"""Names: what counts as the same name, and which names are so alike that a person should look at them."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

_NOT_WORD = re.compile(r"[^\w]+|_+")
_DIGITS = re.compile(r"\d+")
_WORTH_COMPARING = 0.4
"""Share of three-letter pieces in common below which two names are never alike."""
_LONGEST = 300


def folded(name: str) -> str:
    """The name without case, accents, punctuation and repeated blanks; itself if nothing else remains."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return (" ".join(_NOT_WORD.sub(" ", plain).split()) or name.strip())[:_LONGEST]


def likeness(one: str, other: str) -> int:
    """0 to 100 for two folded names; 100 for the same words in any order, 0 where they differ in a number.

    "Summer 2024" and "Summer 2025" are two things however alike they look.
    """
    first, second = sorted(one.split()), sorted(other.split())
    if first == second:
        return 100
    if sorted(_DIGITS.findall(one)) != sorted(_DIGITS.findall(other)):
        return 0
    spelled = SequenceMatcher(None, " ".join(first), " ".join(second), autojunk=False).ratio()
    closed_up = SequenceMatcher(None, one.replace(" ", ""), other.replace(" ", ""), autojunk=False).ratio()
    return min(99, round(100 * max(spelled, closed_up)))


class NameIndex:
    """Folded names found by the pieces that they share with a name, so that few need comparing."""

    def __init__(self, names: Mapping[str, Iterable[int]]) -> None:
        """`names`: folded name → nodes that are called so."""
        self._names = {name: tuple(nodes) for name, nodes in names.items()}
        self._by_piece: dict[str, list[str]] = defaultdict(list)
        self._sizes: dict[str, int] = {}
        for name in self._names:
            pieces = _pieces(name)
            self._sizes[name] = len(pieces)
            for piece in pieces:
                self._by_piece[piece].append(name)

    def like(self, name: str, *, least: int) -> Iterator[tuple[int, str, tuple[int, ...]]]:
        """(likeness, folded name, nodes) of every name at least so like this one, in no order."""
        wanted = folded(name)
        pieces = _pieces(wanted)
        common: Counter[str] = Counter()
        for piece in pieces:
            common.update(self._by_piece.get(piece, ()))
        for found, shared in common.items():
            if 2 * shared < _WORTH_COMPARING * (len(pieces) + self._sizes[found]):
                continue
            score = likeness(wanted, found)
            if score >= least:
                yield score, found, self._names[found]


def _pieces(name: str) -> set[str]:
    return {padded[at : at + 3] for word in name.split() for padded in (f"  {word} ",) for at in range(len(padded) - 2)}
