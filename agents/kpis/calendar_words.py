"""Names of days and months, and the calendar arithmetic behind windows."""

import re
from datetime import date, timedelta

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NUMBERS = {name[:letters]: at for at, name in enumerate(MONTHS, 1) for letters in (3, len(name))} | {"sept": 9}
_NUMBERS = {
    word: at
    for at, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
} | {"couple of": 2, "fourteen": 14, "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90}
MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}

# "may" and "march" are verbs too: alone they count as months only after a word of time or beside a number.
_SURE = "|".join(sorted((name for name in _MONTH_NUMBERS if name != "may"), key=len, reverse=True))
_UNSURE = (
    r"(?:(?<=in )|(?<=for )|(?<=since )|(?<=during )|(?<=of )|(?<=from )|(?<=to )|(?<=last )|(?<=until )|(?<=this )"
    r"|(?<=vs )|(?<=versus )|(?<=with )|(?<=-)|(?<=–)|(?<=\d )|(?<=\dst )|(?<=\dnd )|(?<=\drd )|(?<=\dth ))may"
    r"|may(?= \d)"
)
MONTH = rf"(?:(?:{_SURE})\b\.?|(?:{_UNSURE})\b)"
NUMBER = rf"(?:\d{{1,4}}|{'|'.join(_NUMBERS)})"
_ORDINAL = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?:19|20)\d\d)?"
DAY = (
    r"(?:(?<![\d-])\d{4}-\d{1,2}-\d{1,2}(?![\d-])"
    r"|(?<![\d/.])\d{1,2}[/.]\d{1,2}[/.]\d{4}(?![\d/.])"
    rf"|(?<!\d)\d{{1,2}}{_ORDINAL} (?:of )?{MONTH}{_YEAR}"
    rf"|\b{MONTH} (?:the )?\d{{1,2}}{_ORDINAL}(?!\d){_YEAR}"
    rf"|\b(?:last )?(?:{'|'.join(WEEKDAYS)})\b|\bday before yesterday\b|\byesterday\b|\btoday\b)"
)
"""Pattern of one day in normalised text."""


class AmbiguousDate(ValueError):
    """Raised for a day like 3/4/2026, which is one day in London and another in New York."""

    def __init__(self, text: str, days: tuple[date, date]) -> None:
        self.text = text
        self.days = days
        super().__init__(text)


def read_day(text: str, *, today: date) -> date:
    """The day that a text matching DAY names; without a year the latest such day that is not after `today`.

    Raises AmbiguousDate, or ValueError where the calendar has no such day.
    """
    relative = {"today": 0, "yesterday": 1, "day before yesterday": 2}
    if text in relative:
        return today - timedelta(days=relative[text])
    weekday = text.removeprefix("last ")
    if weekday in WEEKDAYS:
        back = (today.weekday() - WEEKDAYS.index(weekday)) % 7
        return today - timedelta(days=back or 7)
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    if re.fullmatch(r"\d{1,2}[/.]\d{1,2}[/.]\d{4}", text):
        return _numeric(text)
    return _worded(text, today)


def month_of(name: str, year: str | None, *, today: date) -> date:
    """The first day of a month; without a year the latest one that is not after `today`."""
    number = _MONTH_NUMBERS[name.rstrip(".")]
    if year:
        return date(int(year), number, 1)
    first = date(today.year, number, 1)
    return first if first <= today else first.replace(year=first.year - 1)


def month_end(first: date) -> date:
    return months_before(first.replace(day=1), -1) - timedelta(days=1)


def months_before(first: date, months: int) -> date:
    """The first day of the month so many months earlier (later where negative)."""
    index = first.year * 12 + first.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def period_start(unit: str, day: date) -> date:
    """The first day of the week (Monday), month, quarter or year that holds the day."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def number_of(text: str) -> int:
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _numeric(text: str) -> date:
    left, right, year = (int(part) for part in re.split(r"[/.]", text))
    if "." in text or left > 12 or left == right:
        return date(year, right, left)
    if right > 12:
        return date(year, left, right)
    raise AmbiguousDate(text, (date(year, right, left), date(year, left, right)))


def _worded(text: str, today: date) -> date:
    name = next(word for word in re.findall(r"[a-z]+", text) if word in _MONTH_NUMBERS)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    day = next(number for number in numbers if number < 1000)
    years = [number for number in numbers if number >= 1000]
    if years:
        return date(years[0], _MONTH_NUMBERS[name], day)
    for year in range(today.year, today.year - 9, -1):
        # Nine years reach over a leap day that a century skips.
        try:
            found = date(year, _MONTH_NUMBERS[name], day)
        except ValueError:
            continue
        if found <= today:
            return found
    raise ValueError(text)
