"""Questions in plain words, answered without any model: a parser over the KPI definitions.

It answers only what it has understood whole. Words that would change which number is meant (a filter it does not
know, a split it cannot make, a time it cannot place) end in a question back, never in the number of something else.
"""

import re
from datetime import date
from typing import Literal

from agents.kpis.definitions import Kpi
from agents.kpis.doubts import NAMES, dimension_of, first_doubt, kpi_doubt, without_kpi
from agents.kpis.query import KpiQuery
from agents.kpis.sentence import Sentence, read
from agents.kpis.understanding import (
    Clarify,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    Question,
    WaitingQuestion,
)
from agents.kpis.vocabulary import Vocabulary
from agents.kpis.windows import Window, normalised, parse_window, recent

__all__ = [
    "Clarify",
    "HelpQuestion",
    "KpiQuestion",
    "NotUnderstood",
    "Question",
    "Vocabulary",
    "WaitingQuestion",
    "parse_question",
]

LONGEST_QUESTION = 1_000
"""Characters; what lies beyond could change the meaning, so a longer text is not answered."""
_DEFAULT_DAYS = 7
_TOP = 5


_WAITING = re.compile(
    r"\bwaiting\b|\bpending\b|\bmy (?:approvals?|queue|tasks|to-?dos?|inbox|turn)\b|\bto approve\b|\bapprovals?\b"
    r"|\bneeds? (?:my|me|an?|any)?\s?(?:approval|attention|decision|sign-?off|approving)\b|\bopen plans?\b"
    r"|\bneeds? me\b|\bto decide\b"
)
_HELP = re.compile(
    r"^(?:(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening))(?: there| countersign)?"
    r"|(?:please )?help(?: me)?(?: please)?|\?+|commands?|examples?|usage|who are you|what are you"
    r"|what can (?:you|i) (?:do|ask)(?: you)?|how do(?:es)? (?:you|this|it) work"
    r"|(?:which|what|list|show)(?: me)?(?: the| all)? (?:kpis?|metrics)(?: (?:do you know|are there|can i ask))?"
    r")[ ?!.]*$"
)
_MEANING = re.compile(
    r"\b(?:mean|means|meaning|define|defined|definition|computed|calculated|calculate|compute|formula|explain)\b"
)
_VERSUS = r"(?:\b(?:vs\.?|versus|compared? (?:to|with)|against) )?(?:the )?"
_SAME_LAST_YEAR = re.compile(
    _VERSUS + r"(?:\bsame (?:period|time|days?|week|month|quarter) (?:of )?(?:last|the previous) year\b"
    r"|\byoy\b|\byear over year\b)"
)
_PERIOD_BEFORE = re.compile(_VERSUS + r"\b(?:(?:previous|prior|last|preceding) period|period before)\b")
_AGAINST = re.compile(r"(?:\bvs\.?|\bversus|\bcompared (?:to|with)|\bcompare (?:to|with)|\bagainst|\bthan)(?: the)? ?$")


def parse_question(text: str, *, vocabulary: Vocabulary, today: date) -> Question:
    """What a text asks for; never raises. `today` is the data day, the source's current and unfinished day."""
    asked = normalised(text)
    if not asked or len(asked) > LONGEST_QUESTION:
        return NotUnderstood()
    if _HELP.match(asked):
        return HelpQuestion()
    asked, year_before = _cut(asked, _SAME_LAST_YEAR)
    asked, _ = _cut(asked, _PERIOD_BEFORE)
    sentence = read(asked, vocabulary, today=today)
    kpis = sentence.of_kind("kpi")
    if not kpis:
        return WaitingQuestion() if _WAITING.search(asked) else without_kpi(sentence, vocabulary)
    doubt = kpi_doubt(sentence, vocabulary)
    if doubt is None and _MEANING.search(asked):
        return HelpQuestion(kpi=kpis[0].meanings[0].value)
    doubt = doubt or first_doubt(sentence, vocabulary)
    return doubt or _question(sentence, vocabulary, today=today, year_before=year_before)


def asked_kpi(question: Question) -> str | None:
    """The KPI that a question is about, where it is about one."""
    return question.query.kpi if isinstance(question, KpiQuestion) else None


def _cut(text: str, pattern: re.Pattern[str]) -> tuple[str, bool]:
    """The text without the words of a comparison, and whether they stood there."""
    cut, count = pattern.subn(" ", text)
    return normalised(cut), count > 0


def _question(sentence: Sentence, vocabulary: Vocabulary, *, today: date, year_before: bool) -> Question:
    kpi = vocabulary.kpis[sentence.of_kind("kpi")[0].meanings[0].value]
    by = dimension_of(sentence)
    if sentence.rank in ("best", "worst", "highest", "lowest") and by is None:
        return Clarify(tuple(f"{sentence.text.rstrip(' ?!.')} by {name}" for name in ("channel", "campaign")))
    windows = _windows(sentence, kpi, today)
    if isinstance(windows, Clarify):
        return windows
    window, compare = windows
    if year_before:
        compare = _a_year_before(window)
    return KpiQuestion(
        KpiQuery(
            kpi=kpi.name,
            window=window,
            by=by,
            where={kind: values[0] for kind in NAMES if (values := sentence.values(kind))},
            compare=compare,
            order=_order(sentence, kpi) if by else "size",
            limit=(sentence.rank_limit or _TOP) if by and sentence.rank else None,
        ),
        ignored=tuple(sentence.words_in(*run) for run in sentence.left_over()),
    )


def _order(sentence: Sentence, kpi: Kpi) -> Literal["size", "highest", "lowest"]:
    """How to rank; the best cost per click is the lowest."""
    if sentence.rank is None:
        return "size"
    highest = {"highest": True, "lowest": False}.get(sentence.rank)
    if highest is None:
        highest = (sentence.rank == "best") != (kpi.direction == "lower")
    return "highest" if highest else "lowest"


def _windows(sentence: Sentence, kpi: Kpi, today: date) -> tuple[Window, Window | None] | Clarify:
    """The window asked for and the one to compare with; of two, the later is the one asked for."""
    found = [(one, one.window) for one in sentence.windows if one.window is not None]
    if not found:
        return recent(_DEFAULT_DAYS, today=today), None
    if len(found) == 1:
        one, window = found[0]
        if not _AGAINST.search(sentence.text[: one.start].rstrip() + " "):
            return window, None
        unit = re.fullmatch(r"last (week|month|quarter|year)", window.words)
        current = parse_window(f"this {unit[1]}", today=today) if unit else None
        if current is None:
            return Clarify((f"{kpi.label} {window.words}", f"{kpi.label} this week vs last week"))
        return current, window
    later, earlier = sorted((window for _, window in found), key=lambda one: (one.first, one.last), reverse=True)[:2]
    if later.first == earlier.first:
        return Clarify(tuple(f"{kpi.label} {one.words}" for one in (later, earlier)))
    return later, earlier


def _a_year_before(window: Window) -> Window | None:
    try:
        first = window.first.replace(year=window.first.year - 1)
    except ValueError:
        if window.first.year == 1:
            return None
        # 29 February has no namesake the year before.
        first = window.first.replace(year=window.first.year - 1, day=28)
    return Window(first=first, last=first + (window.last - window.first), words="the same days last year")
