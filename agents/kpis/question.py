"""Questions in plain words, answered without any model: a parser over the KPI definitions.

It answers only what it has understood whole. Words that would change which number is meant (a filter it does not
know, a split it cannot make, a time it cannot place) end in a question back, never in the number of something else.
"""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from agents.kpis.definitions import Kpi
from agents.kpis.doubts import NAMES, dimension_of, first_doubt, kpi_doubt, names_doubt, without_kpi
from agents.kpis.follow_up import following
from agents.kpis.intents import Intent, intent_of
from agents.kpis.languages import in_english
from agents.kpis.query import KpiQuery
from agents.kpis.sentence import AGAINST, Sentence, hidden, read
from agents.kpis.understanding import (
    Asked,
    ChangesQuestion,
    Clarify,
    ForecastQuestion,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    Question,
    TargetQuestion,
    WaitingQuestion,
    WhyQuestion,
)
from agents.kpis.vocabulary import Vocabulary
from agents.kpis.windows import Window, normalised, parse_window, recent

__all__ = [
    "ChangesQuestion",
    "Clarify",
    "ForecastQuestion",
    "HelpQuestion",
    "KpiQuestion",
    "NotUnderstood",
    "Question",
    "TargetQuestion",
    "Vocabulary",
    "WaitingQuestion",
    "WhyQuestion",
    "asked_kpi",
    "asked_of",
    "parse_question",
]

LONGEST_QUESTION = 1_000
"""Characters; what lies beyond could change the meaning, so a longer text is not answered."""
_DEFAULT_DAYS = 7
_TOP = 5
_AHEAD_WORDS = {
    "the whole week": "end of the week",
    "the whole month": "end of the month",
    "the whole quarter": "end of the quarter",
    "the whole year": "end of the year",
}
"""How spans to come are asked for, where they are called otherwise."""

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


def parse_question(text: str, *, vocabulary: Vocabulary, today: date, earlier: Asked | None = None) -> Question:
    """What a text asks for; never raises. `today` is the data day, the source's current and unfinished day.

    `earlier` is what was asked before in the same thread: "and by channel?" then is a question about it.
    """
    asked = normalised(text)
    if not asked or len(asked) > LONGEST_QUESTION:
        return NotUnderstood()
    if not earlier and _HELP.match(asked):
        return HelpQuestion()
    asked = in_english(asked, vocabulary).text
    follow_up = None if earlier is None else following(asked, earlier, vocabulary, today=today)
    if _HELP.match(asked) and follow_up is None:
        return HelpQuestion()
    if follow_up is not None:
        asked = follow_up.text
    asked, year_before = _cut(asked, _SAME_LAST_YEAR)
    asked, _ = _cut(asked, _PERIOD_BEFORE)
    whole = read(asked, vocabulary, today=today)
    intent = intent_of(asked, hidden=hidden(whole), today=today)
    sentence = whole if intent.text == asked else read(intent.text, vocabulary, today=today, shown=asked)
    if intent.amounts:
        return Clarify(intent.amounts)
    question = _wanted(intent, sentence, vocabulary, asked=asked, today=today, year_before=year_before)
    return question if follow_up is None else follow_up.inherited(question)


def asked_kpi(question: Question) -> str | None:
    """The KPI that a question is about, where it is about one."""
    asked = asked_of(question)
    return None if asked is None else asked.query.kpi


def asked_of(question: Question) -> Asked | None:
    """What the next question in a conversation may go on from; None where it is about no one number."""
    match question:
        case KpiQuestion(query=query):
            return Asked(kind="number", query=query)
        case WhyQuestion(query=query):
            return Asked(kind="why", query=query)
        case ForecastQuestion(query=query):
            return Asked(kind="forecast", query=query)
    return None


def _cut(text: str, pattern: re.Pattern[str]) -> tuple[str, bool]:
    """The text without the words of a comparison, and whether they stood there."""
    cut, count = pattern.subn(" ", text)
    return normalised(cut), count > 0


def _wanted(
    intent: Intent, sentence: Sentence, vocabulary: Vocabulary, *, asked: str, today: date, year_before: bool
) -> Question:
    """The question that the intention makes of the sentence."""
    kpis = sentence.of_kind("kpi")
    if intent.kind == "target":
        return _target(sentence, vocabulary, today=today)
    if not kpis and intent.kind == "changes":
        return _changes(sentence, vocabulary, today=today)
    if not kpis:
        return (
            WaitingQuestion()
            if _WAITING.search(asked)
            else _with_intention(without_kpi(sentence, vocabulary), intent, asked)
        )
    doubt = kpi_doubt(sentence, vocabulary)
    if doubt is None and intent.kind == "number" and intent.beyond is None and _MEANING.search(sentence.text):
        return HelpQuestion(kpi=kpis[0].meanings[0].value)
    doubt = doubt or first_doubt(sentence, vocabulary)
    question = doubt or _question(sentence, vocabulary, today=today, year_before=year_before)
    if not isinstance(question, KpiQuestion):
        return _with_intention(question, intent, asked)
    if intent.kind == "why":
        return WhyQuestion(question.query, rose=intent.rose, ignored=question.ignored)
    if intent.ahead is not None:
        return _forecast(question, intent.ahead, sentence, vocabulary)
    if intent.beyond is None:
        return question
    if question.query.by is None:
        return Clarify(tuple(f"{asked.rstrip(' ?!.')} by {name}" for name in ("channel", "campaign")))
    order: Literal["highest", "lowest"] = "highest" if intent.beyond.side == "above" else "lowest"
    return replace(question, query=question.query.model_copy(update={"order": order}), beyond=intent.beyond)


def _with_intention(doubt: Question, intent: Intent, asked: str) -> Question:
    """Clearer wordings with what was wanted of the number put in front again, where they are no wording of the text."""
    lead = {"why": "why did it change: ", "forecast": "forecast "}.get(intent.kind, "")
    tail = f" {_AHEAD_WORDS.get(intent.ahead.words, intent.ahead.words)}" if intent.ahead else ""

    def whole(option: str) -> str:
        return option if option.split(" ", 1)[0] == asked.split(" ", 1)[0] else f"{lead}{option}{tail}"

    match doubt:
        case Clarify(options=options) if lead:
            return Clarify(tuple(whole(option) for option in options))
        case NotUnderstood(did_you_mean=near, unknown=unknown) if lead:
            return NotUnderstood(did_you_mean=tuple(whole(one) for one in near), unknown=unknown)
    return doubt


def _target(sentence: Sentence, vocabulary: Vocabulary, *, today: date) -> Question:
    """Everything with a target, or the KPIs that are named."""
    named = tuple(sentence.values("kpi"))
    doubt = first_doubt(sentence, vocabulary) if named else names_doubt(sentence, vocabulary)
    if doubt is not None:
        return doubt
    found = [one.window for one in sentence.windows if one.window is not None]
    window = found[0] if found else recent(_DEFAULT_DAYS, today=today)
    return TargetQuestion(kpis=named, window=window, by=dimension_of(sentence), where=_scope(sentence))


def _changes(sentence: Sentence, vocabulary: Vocabulary, *, today: date) -> Question:
    doubt = names_doubt(sentence, vocabulary)
    if doubt is not None:
        return doubt
    found = [one.window for one in sentence.windows if one.window is not None]
    window = found[0] if found else recent(_DEFAULT_DAYS, today=today)
    # Changes are known at once, numbers only for whole days.
    if window.last == today - timedelta(days=1):
        window = window.model_copy(update={"last": today})
    return ChangesQuestion(window, where=_scope(sentence))


def _scope(sentence: Sentence) -> tuple[tuple[str, str], ...]:
    return tuple((kind, values[0]) for kind in ("channel", "campaign") if (values := sentence.values(kind)))


def _forecast(question: KpiQuestion, ahead: Window, sentence: Sentence, vocabulary: Vocabulary) -> Question:
    """Days to come of one number; it is not split, and days that were have no forecast."""
    query = question.query
    label = vocabulary.kpis[query.kpi].label
    if query.by is not None or sentence.windows:
        names = [value for kind in NAMES for value in sentence.values(kind)][:1]
        scope = "".join(f" for {name}" for name in names)
        ways = (f"forecast {label}{scope} {_AHEAD_WORDS.get(ahead.words, ahead.words)}",)
        return NotUnderstood(did_you_mean=ways, unknown=f"by {query.by}" if query.by else sentence.times()[0])
    return ForecastQuestion(query.model_copy(update={"window": ahead, "compare": None}), ignored=question.ignored)


def _question(sentence: Sentence, vocabulary: Vocabulary, *, today: date, year_before: bool) -> Question:
    kpi = vocabulary.kpis[sentence.of_kind("kpi")[0].meanings[0].value]
    by = dimension_of(sentence)
    if sentence.rank in ("best", "worst", "highest", "lowest") and by is None:
        return Clarify(tuple(f"{sentence.shown.rstrip(' ?!.')} by {name}" for name in ("channel", "campaign")))
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
        if not AGAINST.search(sentence.text[: one.start].rstrip() + " "):
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
