"""What is wanted of a number beyond the number: its reasons, its future, its target, or what changed meanwhile.

The words of an intention are cut out of the question, so that the rest is read as any question about a KPI.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal

from agents.kpis import calendar_words as cal
from agents.kpis.understanding import Beyond
from agents.kpis.windows import Window

MOST_AHEAD_DAYS = 92
"""How far ahead a forecast may reach: a quarter."""
_DAY = timedelta(days=1)

_MOVED = r"(?:drop|drops|rise|rises|fall|falls|increase|decrease|change|jump|spike|decline|movement|growth)"
_WHY = re.compile(
    r"\b(?:why|how come|what (?:is|was|are) (?:behind|driving)|what (?:caused|causes|drove|drives|explains|explained)"
    rf"|(?:the )?reasons? (?:for|behind|why)|explain (?:the|this|that|our) (?:\w+ )?(?={_MOVED}\b))"
)
_ROSE = re.compile(
    r"\b(?:rise|rises|rose|risen|rising|increas\w+|grow|grew|grown|growing|jump\w*|spik\w*|climb\w*|up|higher"
    r"|more expensive|dearer|soar\w*|went up)\b"
)
_FELL = re.compile(
    r"\b(?:drop|drops|dropped|dropping|fall|falls|fell|fallen|falling|declin\w+|decreas\w+|down|lower|cheaper"
    r"|crash\w*|plung\w*|slump\w*|shrink|shrank|went down)\b"
)
_MOVEMENT = re.compile(
    rf"{_ROSE.pattern}|{_FELL.pattern}|\b(?:change|changed|movement|move|moved|so (?:high|low|bad|good)|worse|better)\b"
)
_CHANGES = re.compile(
    r"\bwhat(?:'s| is| was| has| have| all)?(?: (?:we|you|they|been|there))?"
    r" (?:changed|new|happened|different|happening)\b"
    r"|\bwhat did (?:we|you|they|anyone|anybody|the agents|countersign) (?:change|do)\b"
    r"|\b(?:(?:show|list|give)(?: me)? )?(?:the |all |any |which |recent |latest |what )*changes\b"
    r"(?: were(?: there| made)?)?"
    r"|\b(?:(?:show|list)(?: me)? )?(?:the |all |any )?(?:new|latest|recent) (?:cases|alerts)\b"
    r"|\b(?:the |any |what |which )?(?:cases|alerts) (?:were |have been |have |that )?(?:opened|came up|come up)\b"
)
_TARGET = re.compile(
    r"\b(?:not |do not |don't |which )?(?:are |is |being )?(?:on|off|above|over|below|under|behind|ahead of|beyond"
    r"|miss(?:es|ing|ed)?|meet(?:s|ing)?|met|hit(?:s|ting)?|reach(?:es|ing)?|vs\.?|versus|against"
    r"|compared? (?:to|with)|at|beat|beats|beating|far from|from|to|near)"
    r" (?:the |our |its |their |a |any )*(?:targets?|goals?)\b|\b(?:on|off) (?:track|target)\b"
    r"|\b(?:what (?:is|are) )?(?:the |our )?(?:targets?|goals?)\b"
)
_FORECAST = re.compile(
    r"\b(?:forecast(?:s|ed|ing)?|predict(?:s|ed|ion|ions)?|project(?:ed|ion|ions)|outlook|expected|expect"
    r"|(?:what |how (?:much |many )?)?will(?: we| our| the)?(?: be| have| get| make)?|going to be)\b"
)
_AHEAD = re.compile(
    r"\b(?:(?:for|in|over|of|during|by|on) )*(?:the )?(?:"
    rf"(?P<tomorrow>tomorrow)"
    rf"|(?:next|coming|upcoming|following) (?P<number>{cal.NUMBER}) (?P<unit>day|week|month)s?"
    r"|(?:next|coming|upcoming|following) (?P<named>week|month|quarter)"
    r"|(?:rest|remainder) of (?:the |this )?(?P<rest>week|month|quarter|year)"
    r"|(?:until |till |to )?(?:the )?end of (?:the |this )?(?P<end>week|month|quarter|year)"
    r"|(?P<this>this) (?P<current>week|month|quarter)"
    r")\b"
)
_SIDES: dict[str, tuple[Literal["above", "below"], bool]] = {
    **dict.fromkeys(
        ("above", "over", "more than", "greater than", "higher than", "larger than", "exceeding", "exceeds", ">"),
        ("above", False),
    ),
    **dict.fromkeys(("at least", ">=", "≥"), ("above", True)),
    **dict.fromkeys(
        ("below", "under", "less than", "fewer than", "lower than", "smaller than", "cheaper than", "<"),
        ("below", False),
    ),
    **dict.fromkeys(("at most", "<=", "≤", "no more than"), ("below", True)),
}
_SIGNS = {"€": "EUR", "£": "GBP", "$": None}
_BEYOND = re.compile(
    rf"(?:\b(?:of|with|is|are|was|were|that|have|has|had) )*"
    rf"(?<!\w)(?P<side>{'|'.join(sorted((re.escape(one) for one in _SIDES), key=len, reverse=True))}) ?"
    r"(?P<sign>[€£$])? ?(?P<number>\d[\d.,]*\d|\d)(?P<times>k|m)?\b ?"
    r"(?P<after>%|[€£$]|percent|(?:eur|gbp|usd|chf)\b|euros?\b|pounds?\b|dollars?\b)?"
    r"(?! ?(?:days?|weeks?|months?|quarters?|years?|hours?|/|-))"
)
_NAMED_CURRENCY = {
    "eur": "EUR",
    "gbp": "GBP",
    "usd": "USD",
    "chf": "CHF",
    "euro": "EUR",
    "euros": "EUR",
} | dict.fromkeys(("pound", "pounds"), "GBP")


@dataclass(frozen=True)
class Intent:
    """What is wanted, and the question with the words that said so blanked out, as long as it was."""

    kind: Literal["why", "changes", "target", "forecast", "number"]
    text: str
    rose: bool | None = None
    ahead: Window | None = None
    beyond: Beyond | None = None
    amounts: tuple[str, ...] = ()
    """The question with each way to read an amount that can be read in two ways."""


def intent_of(text: str, *, hidden: str, today: date) -> Intent:
    """The intention of normalised text; `hidden` is the text with the names in it blanked out, as long as it is."""
    if _WHY.search(hidden):
        rose = True if _ROSE.search(hidden) else False if _FELL.search(hidden) else None
        return Intent("why", _cut(text, _spans(hidden, _WHY, _MOVEMENT)), rose=rose)
    ahead, said = _ahead(hidden, today), _spans(hidden, _FORECAST)
    if ahead is not None and (said or ahead.certain):
        return Intent("forecast", _cut(text, [*said, ahead.span]), ahead=ahead.window)
    if said:
        week = Window(first=today, last=today + 6 * _DAY, words="the next 7 days")
        return Intent("forecast", _cut(text, said), ahead=week)
    if found := _spans(hidden, _CHANGES):
        return Intent("changes", _cut(text, found))
    if found := _spans(hidden, _TARGET):
        return Intent("target", _cut(text, found))
    return _limited(text, hidden)


def stands_alone(hidden: str) -> bool:
    """Whether it asks what changed, or who is off target: whole questions without any KPI."""
    return not _WHY.search(hidden) and bool(_CHANGES.search(hidden) or _TARGET.search(hidden))


def _limited(text: str, hidden: str) -> Intent:
    """A number, perhaps of those members alone that are beyond an amount."""
    found = _BEYOND.search(hidden)
    if found is None or (found["side"] == "over" and re.fullmatch(r"(?:19|20)\d\d", found["number"])):
        return Intent("number", text)
    rest = _cut(text, [found.span()])
    if re.fullmatch(r"\d{1,3}\.\d{3}", found["number"]):
        # One thousand to some, one to others.
        whole = found["number"].replace(".", "")
        start, end = found.span("number")
        return Intent(
            "number", text, amounts=tuple(f"{text[:start]}{one}{text[end:]}" for one in (whole, found["number"] + "0"))
        )
    side, inclusive = _SIDES[found["side"]]
    amount = _amount(found["number"])
    if amount is None:
        return Intent("number", text)
    times = {"k": 1_000, "m": 1_000_000}.get(found["times"] or "", 1)
    after = found["after"] or ""
    currency = _SIGNS.get(found["sign"] or after) or _NAMED_CURRENCY.get(after)
    beyond = Beyond(side=side, amount=amount * times, inclusive=inclusive, currency=currency)
    return Intent("number", rest, beyond=beyond)


def _amount(text: str) -> Decimal | None:
    """1,234.56 and 1.234,56 and 12,5; None where it is no number."""
    if "," in text and "." in text:
        thousands, point = (",", ".") if text.rindex(".") > text.rindex(",") else (".", ",")
    elif re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        thousands, point = ",", "."
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", text):
        thousands, point = ".", ","
    else:
        thousands, point = "\0", "," if "," in text else "."
    try:
        return Decimal(text.replace(thousands, "").replace(point, "."))
    except InvalidOperation:
        return None


def _spans(hidden: str, *patterns: re.Pattern[str]) -> list[tuple[int, int]]:
    return [match.span() for pattern in patterns for match in pattern.finditer(hidden)]


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with those stretches blanked out."""
    dropped = {at for start, end in spans for at in range(start, end)}
    return "".join(" " if at in dropped else char for at, char in enumerate(text))


@dataclass(frozen=True)
class _Ahead:
    span: tuple[int, int]
    certain: bool
    """Whether the words alone ask for what will be; "this week" may mean what was."""
    window: Window


def _ahead(hidden: str, today: date) -> _Ahead | None:
    """Days to come, and where they are said."""
    for match in _AHEAD.finditer(hidden):
        first, last, words = _days_ahead(match, today)
        if first <= last and (last - today).days <= MOST_AHEAD_DAYS:
            window = Window(first=first, last=last, words=words)
            return _Ahead(match.span(), certain=match["this"] is None, window=window)
    return None


def _days_ahead(match: re.Match[str], today: date) -> tuple[date, date, str]:
    if match["tomorrow"]:
        return today + _DAY, today + _DAY, "tomorrow"
    if match["number"]:
        days = cal.number_of(match["number"]) * {"day": 1, "week": 7, "month": 30}[match["unit"]]
        return today, today + (days - 1) * _DAY, f"the next {days} days"
    if match["named"]:
        first = _next(match["named"], today)
        return first, _next(match["named"], first) - _DAY, f"next {match['named']}"
    unit = match["rest"] or match["end"] or match["current"]
    end = _next(unit, today) - _DAY
    if match["rest"]:
        return today, end, f"the rest of the {unit}"
    return cal.period_start(unit, today), end, f"the whole {unit}"


def _next(unit: str, day: date) -> date:
    """The first day of the week, month, quarter or year after the one that holds the day."""
    start = cal.period_start(unit, day)
    return start + 7 * _DAY if unit == "week" else cal.months_before(start, -cal.MONTHS_IN[unit])
