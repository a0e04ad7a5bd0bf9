"""Words for spans of days, read relative to the data day: the source's own current, unfinished day.

Weeks start on Monday. A span that is still running ends on the newest complete day, the day before the data day.
All days are plain dates in the source's own calendar, so daylight saving time does not matter.

    parse_window("last 7 days", today=date(2026, 3, 11))   4–10 March
    parse_window("in february", today=...)                 1–28 February
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import model_validator

from agents.kpis import calendar_words as cal
from agents.kpis.figures import format_days
from storage.records.record import Record

LONGEST_DAYS = 3_700
"""A span counted in days, weeks or months may reach back about ten years."""

_DAY = timedelta(days=1)


class Window(Record):
    """Days from first to last, both included."""

    first: date
    last: date
    words: str
    """What the person called it: "last week", "March 2026"."""

    @model_validator(mode="after")
    def _runs_forward(self) -> "Window":
        if self.first > self.last:
            raise ValueError(f"the first day, {self.first}, is after the last, {self.last}")
        return self

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Found:
    """A stretch of text that speaks of time."""

    start: int
    end: int
    window: Window | None
    """None where the words name no span that exists (31 February) or more than one."""
    options: tuple[str, ...] = ()
    """Clearer wordings, where the text can be read in more than one way (3/4/2026)."""


def normalised(text: str) -> str:
    """Text as the parsers read it: compatibility forms folded, lower case, one kind of quote and of space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = folded.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return re.sub(r"\s+", " ", folded).strip()


def parse_window(text: str, *, today: date) -> Window | None:
    """The one span that a text names; None where it names none, an impossible one or several."""
    found = find_windows(normalised(text), today=today)
    return found[0].window if len(found) == 1 else None


def recent(days: int, *, today: date) -> Window:
    """The newest complete days before the data day."""
    last = max(today.toordinal() - 1, 1)
    first = date.fromordinal(max(last - days + 1, 1))
    return Window(first=first, last=date.fromordinal(last), words=f"the last {days} days")


def find_windows(text: str, *, today: date) -> tuple[Found, ...]:
    """Every stretch of normalised text that speaks of time, in order, without overlaps."""
    left = text
    found: list[Found] = []
    for pattern, build in _RULES:
        for match in pattern.finditer(left):
            found.append(_built(match, build, today))
            left = left[: match.start()] + "\0" * (match.end() - match.start()) + left[match.end() :]
    return tuple(sorted(found, key=lambda one: one.start))


def _built(match: re.Match[str], build: "_Build", today: date) -> Found:
    options: tuple[str, ...] = ()
    window = None
    try:
        first, last, words = build(match, today)
        if first <= last and (last - first).days <= LONGEST_DAYS:
            window = Window(first=first, last=last, words=words or format_days(first, last))
    except cal.AmbiguousDate as ambiguous:
        options = tuple(match.group().replace(ambiguous.text, day.isoformat()) for day in ambiguous.days)
    except (ValueError, OverflowError):
        # A date that the calendar does not have: said by window None.
        window = None
    return Found(start=match.start(), end=match.end(), window=window, options=options)


_Span = tuple[date, date, str]
_Build = Callable[[re.Match[str], date], _Span]


def _range(match: re.Match[str], today: date) -> _Span:
    last = cal.read_day(match["last"], today=today)
    # The first day is the latest such day that is not after the last: "28 december to 3 january".
    first = cal.read_day(match["first"], today=last)
    return first, last, ""


def _days_of_month(match: re.Match[str], today: date) -> _Span:
    month, year = match["month"], match["year"] or ""
    last = cal.read_day(f"{match['to']} {month} {year}".strip(), today=today)
    return last.replace(day=int(match["from"])), last, ""


def _months(match: re.Match[str], today: date) -> _Span:
    last = cal.month_of(match["last"], match["last_year"], today=today)
    first = cal.month_of(match["first"], match["first_year"], today=last)
    return first, cal.month_end(last), ""


def _since(match: re.Match[str], today: date) -> _Span:
    if match["day"]:
        first = cal.read_day(match["day"], today=today)
    else:
        first = cal.month_of(match["month"], match["year"], today=today)
    return first, _to_date(first, today), f"since {format_days(first, first)}"


def _count(match: re.Match[str], today: date) -> _Span:
    number = cal.number_of(match["number"])
    unit = match["unit"].rstrip("s")
    if not 1 <= number <= LONGEST_DAYS:
        raise ValueError(number)
    words = f"the last {number} {unit}{'s' if number > 1 else ''}"
    if unit in ("day", "week", "fortnight"):
        days = number * {"day": 1, "week": 7, "fortnight": 14}[unit]
        return today - days * _DAY, today - _DAY, words
    start, months = cal.period_start(unit, today), number * cal.MONTHS_IN[unit]
    return cal.months_before(start, months), start - _DAY, f"the last {number} whole {unit}{'s' if number > 1 else ''}"


def _named(match: re.Match[str], today: date) -> _Span:
    unit = match["unit"]
    start = cal.period_start(unit, today)
    if match["which"] in ("this", "current"):
        return start, _to_date(start, today), f"this {unit}"
    return cal.period_start(unit, start - _DAY), start - _DAY, f"last {unit}"


def _past(match: re.Match[str], today: date) -> _Span:
    days = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 90, "year": 365}[match["unit"]]
    return today - days * _DAY, today - _DAY, f"the last {days} days"


def _so_far(match: re.Match[str], today: date) -> _Span:
    unit = (
        {"w": "week", "m": "month", "q": "quarter", "y": "year"}[match["short"][0]] if match["short"] else match["unit"]
    )
    start = cal.period_start(unit, today)
    return start, _to_date(start, today), f"{unit} to date"


def _quarter(match: re.Match[str], today: date) -> _Span:
    groups = match.groupdict()
    number = int(groups["q1"] or groups["q2"])
    written = groups["y1"] or groups["y2"]
    first = date(int(written) if written else today.year, 3 * number - 2, 1)
    if not written and first > today:
        first = first.replace(year=first.year - 1)
    return first, cal.months_before(first, -3) - _DAY, f"Q{number} {first.year}"


def _week_of(match: re.Match[str], today: date) -> _Span:
    start = cal.period_start("week", cal.read_day(match["day"], today=today))
    return start, start + 6 * _DAY, ""


def _iso_week(match: re.Match[str], today: date) -> _Span:
    year = int(match["year"]) if match["year"] else today.isocalendar().year
    start = date.fromisocalendar(year, int(match["week"]), 1)
    return start, start + 6 * _DAY, f"week {int(match['week'])} of {year}"


def _weekend(_match: re.Match[str], today: date) -> _Span:
    saturday = cal.period_start("week", today) - 2 * _DAY
    return saturday, saturday + _DAY, "last weekend"


def _single(match: re.Match[str], today: date) -> _Span:
    day = cal.read_day(match["day"], today=today)
    relative = match["day"] in ("today", "yesterday", "day before yesterday")
    return day, day, match["day"] if relative else ""


def _month(match: re.Match[str], today: date) -> _Span:
    before = today.replace(day=1) - _DAY if match["which"] in ("last", "previous") else today
    first = cal.month_of(match["month"], match["year"], today=before)
    return first, cal.month_end(first), f"{first:%B} {first.year}"


def _year(match: re.Match[str], _today: date) -> _Span:
    year = int(match["year"])
    return date(year, 1, 1), date(year, 12, 31), str(year)


def _to_date(first: date, today: date) -> date:
    """The newest complete day; a span that only starts today has none yet and is named by its first day."""
    return max(first, today - _DAY)


def _rules() -> Iterator[tuple[re.Pattern[str], _Build]]:
    """Patterns in order: the more they say, the earlier they are tried."""
    day, month, year = cal.DAY, cal.MONTH, r"(?:19|20)\d\d"
    to = r"\s?(?:to|until|till|through|–|—|-)\s?"
    unit = "day|week|fortnight|month|quarter|year"
    number = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
    lead = r"\b(?:(?:in|on|for|during|over|of|from|the|within)\s)*"
    last = "last|past|previous|latest|trailing|recent"
    table: tuple[tuple[str, _Build], ...] = (
        (rf"\bbetween (?P<first>{day}) and (?P<last>{day})", _range),
        (rf"{lead}(?P<first>{day}){to}(?P<last>{day})", _range),
        (
            rf"{lead}(?P<from>\d{{1,2}}){to}(?P<to>{number}) (?P<month>{month})(?: (?P<year>{year}))?\b",
            _days_of_month,
        ),
        (
            rf"{lead}(?P<month>{month}) (?P<from>\d{{1,2}}){to}(?P<to>{number})(?:,? (?P<year>{year}))?\b",
            _days_of_month,
        ),
        (
            rf"{lead}(?P<first>{month})(?: (?P<first_year>{year}))?{to}"
            rf"(?P<last>{month})(?: (?P<last_year>{year}))?\b",
            _months,
        ),
        (
            rf"\b(?:since|starting|from) (?:the )?"
            rf"(?:(?P<day>{day})|(?<=since )(?P<month>{month})(?: (?P<year>{year}))?\b)",
            _since,
        ),
        (
            rf"{lead}(?:{last}) (?P<number>{cal.NUMBER}) (?:full |whole |complete )?(?P<unit>(?:{unit})s?)\b",
            _count,
        ),
        (rf"{lead}week (?:of|starting|beginning|from) (?:the )?(?P<day>{day})", _week_of),
        (rf"{lead}(?:(?P<year>{year})[- ]?w|week (?:number )?|cw ?|kw ?)(?P<week>\d{{1,2}})\b", _iso_week),
        (r"\b(?P<short>[wmqy]td)\b|\b(?P<unit>week|month|quarter|year)[- ]to[- ]date\b", _so_far),
        (rf"{lead}(?:this|last|past|previous) weekend\b", _weekend),
        (
            rf"{lead}(?P<which>this|current|last|previous|prior) (?P<unit>week|month|quarter|year)(?:'s)?\b"
            r"(?: so far| to date)?",
            _named,
        ),
        (rf"{lead}(?:past|latest) (?P<unit>{unit})\b", _past),
        (
            rf"{lead}(?:q(?P<q1>[1-4])(?:[ /-]?(?P<y1>{year}))?|(?P<y2>{year})[ /-]?q(?P<q2>[1-4]))\b",
            _quarter,
        ),
        (rf"{lead}(?P<day>{day})(?:'s)?", _single),
        (
            rf"{lead}(?:(?P<which>last|previous|this) )?(?P<month>{month})(?:,? (?P<year>{year}))?(?:'s)?\b",
            _month,
        ),
        (rf"\b(?:in|for|during|year|over|since) (?P<year>{year})\b", _year),
    )
    for pattern, build in table:
        yield re.compile(pattern), build


_RULES = tuple(_rules())
