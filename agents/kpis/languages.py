"""Questions in German, French and Spanish, put into the English that the parser reads: words, dates and numbers.

A language is taken only where more words speak for it than for English, so that an English question is never changed.
Names from data are left as they are.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from agents.kpis.calendar_words import MONTHS, WEEKDAYS
from agents.kpis.lined import SAFE_LOADER
from agents.kpis.sentence import FILLER, RANKS, SCOPE, SPLIT
from agents.kpis.vocabulary import DIMENSION_WORDS, Vocabulary, Word, spread

_TABLE = Path(__file__).with_name("languages.yml")
_GAP = re.compile(r"[\s'.\-]*")
_ENGLISH = (
    FILLER | SCOPE | SPLIT | frozenset(RANKS) | frozenset(DIMENSION_WORDS) | frozenset(MONTHS) | frozenset(WEEKDAYS)
) | frozenset(
    """last this next since until previous between week weeks month months year years quarter day days yesterday today
    tomorrow spend spent cost click target targets forecast than above below more less changed changes help
    not""".split()  # noqa: SIM905 (quoting each word is no easier to read)
)
"""Words that speak for English."""
_MONTH = "|".join(MONTHS)
_NUMBER = r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d+,\d+"
_REWRITTEN: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(rf"\b(\d{{1,2}})(?:\.|er|º|°) (?={_MONTH})"), r"\1 "),
    (re.compile(r"(?<![\d.])(\d{1,2})(?:er|º|°)(?= )"), r"\1"),
    (re.compile(rf"\b(\d{{1,2}})\.? (?:of )?({_MONTH})(?: (?:of|from))? (\d{{4}})\b"), r"\1 \2 \3"),
    (re.compile(rf"\b(\d{{1,2}}) of (?={_MONTH})"), r"\1 "),
    (re.compile(rf"\b({_MONTH}) (?:of|from) (\d{{4}})\b"), r"\1 \2"),
    (re.compile(r"\b(\d{1,2})\. ?(?=to \d{1,2}\b)"), r"\1 "),
    (re.compile(r"\b(\d+) (last|next) (?=days|weeks|month|months|quarters|years)"), r"\2 \1 "),
    (re.compile(r"\b((?:last|next) \d+) month\b"), r"\1 months"),
    (re.compile(r"\bwhat (?:is |has )?((?!is|has|was)\S.*?) (changed|happened)\b"), r"what \2 \1"),
    (re.compile(r"\b(?:from|of|in|on) the (?=this|last|next)"), "in "),
)


@dataclass(frozen=True)
class Read:
    """A question in English, and in which language it was asked."""

    text: str
    language: str


def in_english(text: str, vocabulary: Vocabulary) -> Read:
    """Normalised text in the parser's English; unchanged where it is English already, or none of the languages."""
    words = spread(text)
    kept = _named(words, vocabulary)
    matches = {name: _matches(text, words, phrases, kept) for name, phrases in _languages().items()}
    name, found = max(matches.items(), key=lambda one: _weight(one[1], words))
    covered = {at for start, end, _ in found for at in range(start, end)}
    english = sum(word.text in _ENGLISH and at not in covered | kept for at, word in enumerate(words))
    weight = _weight(found, words)
    if not weight or weight < english:
        return Read(text, "english")
    return Read(_rewritten(_replaced(text, words, found)), name)


def _weight(found: Sequence[tuple[int, int, str]], words: Sequence[Word]) -> int:
    """How many words are of the language and of no other that people write here."""
    return sum(words[at].text not in _ENGLISH for start, end, _ in found for at in range(start, end))


def _named(words: Sequence[Word], vocabulary: Vocabulary) -> frozenset[int]:
    """Words of names of campaigns, of several words."""
    kept: set[int] = set()
    for start in range(len(words)):
        for end in range(len(words), start + 1, -1):
            if vocabulary.of_kind(tuple(word.text for word in words[start:end]), "campaign"):
                kept |= set(range(start, end))
                break
    return frozenset(kept)


def _matches(
    text: str, words: Sequence[Word], phrases: Mapping[tuple[str, ...], str], kept: frozenset[int]
) -> list[tuple[int, int, str]]:
    """The phrases of a language, longest first from the left: (first word, after the last, English)."""
    bare = [_bare(word.text) for word in words]
    longest = max(map(len, phrases))
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(words):
        for size in range(min(longest, len(words) - at), 0, -1):
            said = phrases.get(tuple(bare[at : at + size]))
            if said is None or kept & set(range(at, at + size)) or not _together(text, words[at : at + size]):
                continue
            found.append((at, at + size, said))
            at += size
            break
        else:
            at += 1
    return found


def _together(text: str, words: Sequence[Word]) -> bool:
    return all(_GAP.fullmatch(text[one.end : two.start]) for one, two in pairwise(words))


def _replaced(text: str, words: Sequence[Word], found: Sequence[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, said in found:
        parts += [text[at : words[start].start], said]
        at = words[end - 1].end
        # The apostrophe of an elision goes with its word: "l'email".
        if not said and text[at : at + 1] == "'":
            at += 1
    return " ".join("".join([*parts, text[at:]]).split())


def _rewritten(text: str) -> str:
    """Days, spans and numbers as English writes them: 1. march, 5 of march of 2026, 11/3/2026, 1.234,56."""
    text = re.sub(r"(?<![\d/.])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/.])", r"\1.\2.\3", text)
    text = re.sub(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(?!\d)", _day, text)
    for pattern, said in _REWRITTEN:
        text = pattern.sub(said, text)
    return " ".join(re.sub(rf"(?<![\d.,/-])(?:{_NUMBER})(?![\d/-]|[.,]\d)", _number, text).split())


def _day(match: re.Match[str]) -> str:
    month = int(match[2])
    return f"{match[1]} {MONTHS[month - 1]} " if 1 <= month <= 12 else match[0]


def _number(match: re.Match[str]) -> str:
    return match[0].replace(".", "").replace(" ", "").replace(",", ".")


@cache
def _languages() -> Mapping[str, Mapping[tuple[str, ...], str]]:
    """Language → its phrases, words without accents."""
    held: dict[str, dict[str, str]] = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=SAFE_LOADER)  # noqa: S506
    return {
        language: {tuple(_bare(word) for word in str(said).split()): str(english) for said, english in phrases.items()}
        for language, phrases in held.items()
    }


def _bare(word: str) -> str:
    """A word without accents, as it is typed in a hurry; German letters may be written as two."""
    folded = unicodedata.normalize("NFD", word.casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))
