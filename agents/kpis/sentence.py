"""Reading a question into its pieces: spans of time, names, dimension, ranking, and the words left over."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from agents.kpis.vocabulary import AFTER_BY, DIMENSION_WORDS, LONGEST_TERM, Kind, Meaning, Vocabulary, Word, spread
from agents.kpis.windows import Found, find_windows

SCOPE = frozenset({"for", "in", "on", "of", "from", "at", "within", "campaign", "channel", "source", "account", "with"})
SPLIT = frozenset({"by", "per", "each", "every", "across", "which", "split"})
_BY = frozenset({"by", "per", "each", "every"})
_SCOPE_KINDS: dict[str, Kind] = {"campaign": "campaign", "channel": "channel", "source": "source"}
RANKS = {
    **dict.fromkeys(("top", "best"), "best"),
    **dict.fromkeys(("worst", "bottom", "poorest"), "worst"),
    **dict.fromkeys(("highest", "largest", "biggest", "most"), "highest"),
    **dict.fromkeys(("lowest", "smallest", "least", "cheapest"), "lowest"),
}
AGAINST = re.compile(r"(?:\bvs\.?|\bversus|\bcompared (?:to|with)|\bcompare (?:to|with)|\bagainst|\bthan)(?: the)? ?$")
"""Words of a comparison, right before what is compared with."""
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
FILLER = frozenset(
    """a about all am an and any are as be been being board boss brief by can could did do does doing each ever every
    far for fine from get give go going good got had has have having hello her hey hi his how i if in into is it
    its just kindly know let like look looking lot many may me might morning much my near need now of off ok okay
    on one only or our out over overall per please pls quick quickly really right s say see seem she should show
    so some still sure t team tell than thank thanks that the their them then there these they thing this those to
    today together total totals up us value values want was we well were what whats when where which while who
    whole will with would yes you your re ve ll m d afternoon evening company business everyone everything
    currently lately recently moment average avg altogether combined number numbers figure figures rate level
    compare compared comparison versus vs against between difference change changed check update report status
    state performance performing result results kpi kpis metric metrics stats ads ad marketing curious performs
    perform wondering again came come looks trending trend developed develop went goes across split broken down
    breakdown generate generated make made bring brought cost drive driven chart graph plot table display drop
    dropped drops fall fell falls rise rises rose high low why ask asking""".split()  # noqa: SIM905 (quoting each word is no easier to read)
)
"""Words that change nothing about which number is asked for."""


@dataclass(frozen=True)
class Term:
    """Words that mean something, or one of several things."""

    start: int
    """Index of the first word."""
    end: int
    """Index after the last word."""
    meanings: tuple[Meaning, ...]
    guessed: bool = False
    """Whether a single word was taken for part of a longer name, which needs asking."""

    @property
    def kind(self) -> Kind:
        return self.meanings[0].kind


@dataclass
class Sentence:
    """A question taken apart."""

    text: str
    words: tuple[Word, ...]
    windows: tuple[Found, ...]
    shown: str = ""
    """The text as it was before words of it were blanked out, for clearer wordings; as long as `text`."""
    terms: list[Term] = field(default_factory=list)
    rank: str | None = None
    """best, worst, highest or lowest."""
    rank_limit: int | None = None
    used: set[int] = field(default_factory=set)

    def of_kind(self, *kinds: Kind) -> list[Term]:
        return [term for term in self.terms if term.kind in kinds]

    def values(self, kind: Kind) -> list[str]:
        """What unambiguous terms of a kind mean, each once, in order."""
        found = [term.meanings[0].value for term in sorted(self.of_kind(kind), key=lambda term: term.start)]
        return list(dict.fromkeys(found))

    def replaced(self, term: Term, replacement: str) -> str:
        """The question with other words in place of a term's."""
        return self.replaced_words(term.start, term.end, replacement)

    def replaced_words(self, start: int, end: int, replacement: str) -> str:
        return self.replaced_text(self.words[start].start, self.words[end - 1].end, replacement)

    def replaced_text(self, start: int, end: int, replacement: str) -> str:
        return f"{self.shown[:start]}{replacement}{self.shown[end:]}".rstrip(" ?!.")

    def times(self) -> list[str]:
        """The spans of time in the person's own words."""
        return [self.text[one.start : one.end].strip() for one in self.windows]

    def words_in(self, start: int, end: int) -> str:
        return " ".join(word.text for word in self.words[start:end])

    def left_over(self) -> list[tuple[int, int]]:
        """Runs of words (start, end) that nothing has explained; filler parts and is left out."""
        runs: list[tuple[int, int]] = []
        for at, word in enumerate(self.words):
            if at in self.used or word.text in FILLER or word.text in SCOPE or word.text in SPLIT:
                continue
            if runs and runs[-1][1] == at:
                runs[-1] = (runs[-1][0], at + 1)
            else:
                runs.append((at, at + 1))
        return runs

    def before(self, at: int) -> str:
        """The word before, articles skipped; empty at the start."""
        at -= 1
        while at >= 0 and self.words[at].text in ("the", "our", "all", "a", "my"):
            at -= 1
        return self.words[at].text if at >= 0 and not self._in_window(at) else ""

    def _in_window(self, at: int) -> bool:
        return any(one.start <= self.words[at].start < one.end for one in self.windows)


def read(text: str, vocabulary: Vocabulary, *, today: date, shown: str = "") -> Sentence:
    """Take normalised text apart; nothing is decided yet. `shown` is the whole text where parts are blanked out."""
    words = spread(text)
    names = list(_campaign_names(words, vocabulary, today))
    hidden = text
    for name in names:
        start, end = words[name.start].start, words[name.end - 1].end
        hidden = hidden[:start] + "\0" * (end - start) + hidden[end:]
    sentence = Sentence(text=text, words=words, windows=find_windows(hidden, today=today), shown=shown or text)
    for name in names:
        _take(sentence, name)
    sentence.used |= {
        at for at, word in enumerate(words) if any(one.start <= word.start < one.end for one in sentence.windows)
    }
    _take_parts_of_names(sentence, vocabulary)
    _take_terms(sentence, vocabulary)
    _take_dimensions(sentence)
    _take_rank(sentence)
    return sentence


def hidden(sentence: Sentence) -> str:
    """The text with its names and KPIs of several words blanked out, so that no other meaning is read into them."""
    text = sentence.text
    for term in sentence.terms:
        if term.kind == "campaign" or (term.kind == "kpi" and term.end - term.start > 1):
            start, end = sentence.words[term.start].start, sentence.words[term.end - 1].end
            text = text[:start] + "\0" * (end - start) + text[end:]
    return text


def _campaign_names(words: tuple[Word, ...], vocabulary: Vocabulary, today: date) -> Iterable[Term]:
    """Whole names of several words come before time: "March Madness" is no month."""
    at = 0
    while at < len(words):
        size = next(
            (
                size
                for size in range(min(LONGEST_TERM, len(words) - at), 1, -1)
                if _is_campaign(tuple(word.text for word in words[at : at + size]), vocabulary, today)
            ),
            0,
        )
        if size:
            key = tuple(word.text for word in words[at : at + size])
            yield Term(at, at + size, vocabulary.of_kind(key, "campaign")[:1])
        at += size or 1


def _is_campaign(key: tuple[str, ...], vocabulary: Vocabulary, today: date) -> bool:
    if any(one.kind != "campaign" for one in vocabulary.meanings(key)) or not vocabulary.of_kind(key, "campaign"):
        return False
    whole = " ".join(key)
    spans = find_windows(whole, today=today)
    return not spans or sum(one.end - one.start for one in spans) < len(whole)


def _take(sentence: Sentence, term: Term) -> None:
    sentence.terms.append(term)
    sentence.used |= set(range(term.start, term.end))


def _take_parts_of_names(sentence: Sentence, vocabulary: Vocabulary) -> None:
    """In "for spring sale" the campaign "Spring Sale 2026 | UK" is meant, whatever "sale" means elsewhere."""
    for at in range(len(sentence.words)):
        end = at
        while end < len(sentence.words) and end not in sentence.used and sentence.words[end].text not in _STOPS:
            end += 1
        if end == at or sentence.before(at) not in SCOPE:
            continue
        for size in range(min(end - at, LONGEST_TERM), 0, -1):
            key = tuple(word.text for word in sentence.words[at : at + size])
            if vocabulary.meanings(key):
                break
            if found := vocabulary.campaigns_containing(key):
                _take(
                    sentence, Term(at, at + size, tuple(Meaning("campaign", name) for name in found), guessed=size == 1)
                )
                break


def _take_terms(sentence: Sentence, vocabulary: Vocabulary) -> None:
    """Longest first, so that "cost per click" is not spend."""
    count = len(sentence.words)
    for size in range(min(LONGEST_TERM, count), 0, -1):
        for at in range(count - size + 1):
            span = range(at, at + size)
            if any(index in sentence.used for index in span):
                continue
            key = tuple(sentence.words[index].text for index in span)
            before = sentence.before(at)
            named = vocabulary.of_kind(key, _SCOPE_KINDS[before]) if before in _SCOPE_KINDS else ()
            meanings = named[:1] or vocabulary.meanings(key)
            if meanings and not _is_noise(key, meanings, named=bool(named)):
                several = meanings if meanings[0].kind == "kpi" else meanings[:1]
                _take(sentence, Term(at, at + size, several))


def _is_noise(key: tuple[str, ...], meanings: tuple[Meaning, ...], *, named: bool) -> bool:
    """A campaign called "The" or "A" is meant only after the word "campaign"."""
    only_filler = all(word in FILLER or word in SCOPE or word in SPLIT or len(word) < 2 for word in key)
    return meanings[0].kind != "kpi" and only_filler and not named


def _take_dimensions(sentence: Sentence) -> None:
    for at, word in enumerate(sentence.words):
        before = sentence.before(at)
        dimension = DIMENSION_WORDS.get(word.text) or (AFTER_BY.get(word.text) if before in _BY else None)
        if dimension is None or at in sentence.used:
            continue
        explicit = before in SPLIT or before in RANKS or before.isdigit() or before in _NUMBERS
        plural = word.text.endswith("s") and dimension not in ("day", "week")
        if explicit or plural or word.text in ("daily", "weekly"):
            _take(sentence, Term(at, at + 1, (Meaning("dimension", dimension),)))
        elif dimension not in ("day", "week"):
            # "the email channel": the noun beside a name adds nothing; "lowest CPA channel" asks for a ranking.
            beside = any(term.kind != "kpi" and at in (term.start - 1, term.end) for term in sentence.terms)
            if not beside and any(other.text in RANKS for other in sentence.words):
                _take(sentence, Term(at, at + 1, (Meaning("dimension", dimension),)))
            sentence.used.add(at)
    for match in re.finditer(r"\b(day|week) (?:by|over) \1\b|\bover time\b", sentence.text):
        span = [at for at, word in enumerate(sentence.words) if match.start() <= word.start < match.end()]
        if not any(at in sentence.used and not _is_dimension(sentence, at) for at in span):
            sentence.terms = [term for term in sentence.terms if term.start not in span]
            _take(sentence, Term(span[0], span[-1] + 1, (Meaning("dimension", match[1] or "day"),)))


def _is_dimension(sentence: Sentence, at: int) -> bool:
    return any(term.kind == "dimension" and term.start <= at < term.end for term in sentence.terms)


def _take_rank(sentence: Sentence) -> None:
    for at, word in enumerate(sentence.words):
        if at in sentence.used or word.text not in RANKS:
            continue
        sentence.rank = RANKS[word.text]
        sentence.used.add(at)
        for beside in (at + 1, at - 1):
            if 0 <= beside < len(sentence.words) and beside not in sentence.used:
                text = sentence.words[beside].text
                number = int(text) if text.isdecimal() and len(text) < 4 else _NUMBERS.get(text)
                if number:
                    sentence.rank_limit = number
                    sentence.used.add(beside)
                    break


_STOPS = FILLER | SCOPE | SPLIT
