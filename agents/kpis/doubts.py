"""What speaks against answering: names, words or times that are unknown or can be meant in more than one way.

Each check gives a question back, with near spellings or clearer wordings, or None where it has no doubt.
"""

import re

from agents.kpis.definitions import Kpi
from agents.kpis.query import DIMENSIONS, Dimension
from agents.kpis.sentence import SCOPE, SPLIT, Sentence
from agents.kpis.understanding import Clarify, NotUnderstood
from agents.kpis.vocabulary import Kind, Vocabulary

NAMES: tuple[Kind, ...] = ("channel", "campaign", "source", "currency")
"""Kinds of names that narrow an answer."""
_MOST = 5
_LONGEST_NEAR = 4
_EXCLUSION = re.compile(
    r"\b(?:not|other than|all but|apart from|outside|ignoring|without|minus|excl(?:uding|ude|uded)?|except(?: for)?)\b"
)
_COMPARISON = re.compile(r"\b(?:vs|versus|against|compared?|comparison)\b")
_PERFORMANCE = re.compile(
    r"\b(?:performance|performing|perform|results?|numbers|figures|kpis?|metrics|stats|report|summary|overview"
    r"|how are (?:we|things|our)|doing|going)\b"
)
_CHANGES_MEANING = frozenset(
    """incremental forecast forecasts forecasted predict predicted prediction expected projected projection next
    tomorrow upcoming future target targets goal goals benchmark benchmarks plan planned without excluding except
    exclude excluded excl minus net gross organic unique cumulative hourly monthly quarterly yearly annual annually
    hour hours month months quarter quarters year years day days week weeks weekend last past previous prior ago
    since until before after fortnight christmas easter today yesterday margin profit ltv cac first second median
    half above below under exceeding more less fewer greater ytd mtd""".split()  # noqa: SIM905 (quoting each word is no easier to read)
)
"""Left unexplained, any of these would make the answer one to another question."""


def first_doubt(sentence: Sentence, vocabulary: Vocabulary) -> Clarify | NotUnderstood | None:
    """The first reason not to answer for the KPI that was named."""
    for check in (_splittable, _half_a_name, _names, _times, _words):
        if (doubt := check(sentence, vocabulary)) is not None:
            return doubt
    return None


def kpi_doubt(sentence: Sentence, vocabulary: Vocabulary) -> Clarify | NotUnderstood | None:
    """Whether the KPI is certain: one is named, in words that mean nothing else, and none is misspelled."""
    for term in sentence.of_kind("kpi"):
        if len(term.meanings) > 1:
            labels = [vocabulary.kpis[one.value].label for one in term.meanings]
            return Clarify(tuple(sentence.replaced(term, label) for label in labels))
    values = sentence.values("kpi")
    if len(values) > 1:
        return Clarify(tuple(_about(sentence, vocabulary.kpis[value]) for value in values))
    return _misspelled_kpi(sentence, vocabulary)


def without_kpi(sentence: Sentence, vocabulary: Vocabulary) -> Clarify | NotUnderstood:
    """No KPI is named: offer near spellings, or the main KPIs where the rest makes sense."""
    runs = sentence.left_over()
    kinds: tuple[tuple[Kind, ...], ...] = (("kpi",), NAMES)
    for of_kind in kinds:
        near = _near_spelling(sentence, vocabulary, kinds=of_kind, runs=runs)
        if near is not None:
            return near
    general = _PERFORMANCE.search(sentence.text) is not None
    told = bool(sentence.terms or sentence.windows or sentence.rank or general)
    if not told or (runs and not general):
        return NotUnderstood(unknown=" ".join(sentence.words_in(*run) for run in runs))
    main = [name for name in ("roas", "spend", "revenue") if name in vocabulary.kpis] or list(vocabulary.kpis)[:3]
    return Clarify(tuple(_about(sentence, vocabulary.kpis[name]) for name in main))


def names_doubt(sentence: Sentence, vocabulary: Vocabulary) -> Clarify | NotUnderstood | None:
    """Doubts of a question that names no KPI: names that several things share, times that cannot be."""
    for term in sentence.of_kind(*NAMES):
        asks = tuple(sentence.replaced(term, one.value) for one in term.meanings[:_MOST])
        if len(asks) > 1 or term.guessed:
            return NotUnderstood(did_you_mean=asks, unknown=sentence.words_in(term.start, term.end))
    for one in sentence.windows:
        if one.options:
            return Clarify(tuple(sentence.replaced_text(one.start, one.end, option) for option in one.options))
        if one.window is None:
            return NotUnderstood(unknown=sentence.text[one.start : one.end].strip())
    for start, end in sentence.left_over():
        unknown = sentence.words_in(start, end)
        near = _near_spelling(sentence, vocabulary, kinds=("channel", "campaign"), runs=[(start, end)])
        if near is not None or sentence.before(start) in SCOPE or _CHANGES_MEANING & set(unknown.split()):
            return near or NotUnderstood(unknown=unknown)
    return None


def dimension_of(sentence: Sentence) -> Dimension | None:
    """What the question asks to split by."""
    found = sentence.values("dimension")[:1]
    return next((name for name in DIMENSIONS if name in found), None)


def _about(sentence: Sentence, kpi: Kpi) -> str:
    """A question for one KPI with what else was understood."""
    by = dimension_of(sentence)
    parts = [kpi.label]
    if by and sentence.rank:
        parts = [f"{sentence.rank} {by}s by {kpi.label}"]
    elif by:
        parts.append(f"by {by}")
    names = [value for kind in NAMES for value in sentence.values(kind)]
    parts += [f"for {name}" for name in names[:1]]
    return " ".join([*parts, *sentence.times()])


def _splittable(sentence: Sentence, vocabulary: Vocabulary) -> NotUnderstood | None:
    """A split that the KPI has not got: spend belongs to no country."""
    kpi, by = vocabulary.kpis[sentence.values("kpi")[0]], dimension_of(sentence)
    if by is None or by in kpi.dimensions:
        return None
    return NotUnderstood(did_you_mean=_splits(sentence, kpi), unknown=f"by {by.replace('_', ' ')}")


def _names(sentence: Sentence, vocabulary: Vocabulary) -> Clarify | NotUnderstood | None:
    """Names that several things share, several names of a kind, and names that are to be left out."""
    for term in sentence.of_kind(*NAMES):
        asks = tuple(sentence.replaced(term, one.value) for one in term.meanings[:_MOST])
        if len(asks) > 1:
            return Clarify(asks)
        if term.guessed:
            return NotUnderstood(did_you_mean=asks, unknown=sentence.words_in(term.start, term.end))
    label = vocabulary.kpis[sentence.values("kpi")[0]].label
    times = sentence.times()
    for kind in NAMES:
        names = sentence.values(kind)
        if len(names) > 1:
            ways = [f"{label} for {name}" for name in names[:_MOST]] + [f"{label} by {kind}"]
            return Clarify(tuple(" ".join([way, *times]) for way in ways))
        if names and _EXCLUSION.search(sentence.text):
            return NotUnderstood(did_you_mean=(" ".join([f"{label} by {kind}", *times]),), unknown=f"not {names[0]}")
    splits = sentence.values("dimension")
    if len(splits) > 1:
        return Clarify(tuple(" ".join([f"{label} by {split}", *times]) for split in splits))
    return None


def _half_a_name(sentence: Sentence, vocabulary: Vocabulary) -> NotUnderstood | None:
    """Words that with their neighbours are nearly a name, though a neighbour means something else: March Maddness."""
    for start, end in sentence.left_over():
        for first in range(max(start - 2, 0), start + 1):
            for last in range(end, min(end + 2, len(sentence.words)) + 1):
                if (first, last) == (start, end):
                    continue
                spelled = sentence.words_in(first, last)
                if found := vocabulary.near(spelled, kinds=("campaign",), cutoff=0.88):
                    asks = tuple(sentence.replaced_words(first, last, one.value) for one in found)
                    return NotUnderstood(did_you_mean=asks, unknown=spelled)
    return None


def _times(sentence: Sentence, vocabulary: Vocabulary) -> Clarify | NotUnderstood | None:
    """Days that do not exist, that can be read in two ways, or that are too many to compare."""
    for one in sentence.windows:
        said = sentence.text[one.start : one.end].strip()
        if one.options:
            return Clarify(tuple(sentence.replaced_text(one.start, one.end, option) for option in one.options))
        if one.window is None:
            return NotUnderstood(did_you_mean=_recent_times(sentence, vocabulary), unknown=said)
    if len(sentence.windows) > 2:
        return NotUnderstood(did_you_mean=_recent_times(sentence, vocabulary), unknown=", ".join(sentence.times()))
    return None


def _words(sentence: Sentence, vocabulary: Vocabulary) -> NotUnderstood | None:
    """Words left over that would change the number."""
    kpi = vocabulary.kpis[sentence.values("kpi")[0]]
    for start, end in sentence.left_over():
        unknown, before = sentence.words_in(start, end), sentence.before(start)
        near = _near_spelling(sentence, vocabulary, kinds=("channel", "campaign"), runs=[(start, end)])
        if near is not None:
            return near
        if before in SPLIT:
            return NotUnderstood(did_you_mean=_splits(sentence, kpi), unknown=f"{before} {unknown}")
        if any(text in _CHANGES_MEANING or text.isdecimal() for text in unknown.split()):
            return NotUnderstood(did_you_mean=_recent_times(sentence, vocabulary), unknown=unknown)
        if before in SCOPE or _COMPARISON.search(sentence.text):
            return NotUnderstood(did_you_mean=_splits(sentence, kpi), unknown=unknown)
    return None


def _misspelled_kpi(sentence: Sentence, vocabulary: Vocabulary) -> NotUnderstood | None:
    """As it stands "cost per clik" names spend, but it is nearer to another KPI."""
    for term in sentence.of_kind("kpi"):
        for start, end in sentence.left_over():
            first, last = min(start, term.start), max(end, term.end)
            if last - first > _LONGEST_NEAR + 1:
                continue
            near = vocabulary.near(sentence.words_in(first, last), kinds=("kpi",), cutoff=0.85)
            if near and near[0].value != term.meanings[0].value:
                ask = sentence.replaced_words(first, last, vocabulary.kpis[near[0].value].label)
                return NotUnderstood(did_you_mean=(ask,), unknown=sentence.words_in(start, end))
    return None


def _near_spelling(
    sentence: Sentence, vocabulary: Vocabulary, *, kinds: tuple[Kind, ...], runs: list[tuple[int, int]]
) -> NotUnderstood | None:
    """The first words, longest first, that are spelled nearly like a term."""
    for start, end in runs:
        for size in range(min(end - start, _LONGEST_NEAR), 0, -1):
            for at in range(start, end - size + 1):
                spelled = sentence.words_in(at, at + size)
                if len(spelled) < 3 or spelled.isdecimal():
                    continue
                # A slip in three or four letters changes a third of them.
                short = len(spelled) < 5 and kinds == ("kpi",)
                cutoff = 0.66 if short else 0.76
                if found := vocabulary.near(spelled, kinds=kinds, cutoff=cutoff, slack=1 if short else 3):
                    names = [vocabulary.kpis[one.value].label if one.kind == "kpi" else one.value for one in found]
                    asks = tuple(sentence.replaced_words(at, at + size, name) for name in names)
                    return NotUnderstood(did_you_mean=asks, unknown=spelled)
    return None


def _splits(sentence: Sentence, kpi: Kpi) -> tuple[str, ...]:
    ways = ("channel", "campaign", "owner", "type", "source", "week")
    known = [name for name in ways if name in kpi.dimensions][:2]
    return tuple(" ".join([f"{kpi.label} by {name}", *sentence.times()]) for name in known)


def _recent_times(sentence: Sentence, vocabulary: Vocabulary) -> tuple[str, ...]:
    label = vocabulary.kpis[sentence.values("kpi")[0]].label
    return tuple(f"{label} {when}" for when in ("last 7 days", "last week", "last month"))
