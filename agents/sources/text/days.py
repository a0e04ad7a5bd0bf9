"""Days as exports write them: ISO, numeric in either order, month names of several languages, ranges.

Whether 03/04/2026 is in March or April cannot be told from one cell. `Order` is decided once for a whole file, and
asked for where the file leaves it open.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl


class Order(StrEnum):
    """Order of day and month in numeric dates."""

    DMY = "dmy"
    MDY = "mdy"


class Period(NamedTuple):
    """Days first to last, inclusive."""

    first: date
    last: date


ALL_TIME_FIRST = date(2000, 10, 23)
"""The day Google began to sell ads: no "All time" report begins earlier."""

_MONTH_NAMES = """
january jan januar jänner janvier janv enero ene gennaio gen janeiro januari styczeń stycznia
february feb februar février févr fév fevrier febrero febbraio febb fevereiro fev februari luty lutego
march mar märz mrz mars marzo março maart mrt marzec marca
april apr avril avr abril abr aprile kwiecień kwietnia
may mai mayo maggio mag maio mei maj maja
june jun juni juin junio giugno giu junho czerwiec czerwca
july jul juli juillet juil julio luglio lug julho lipiec lipca
august aug août aout agosto ago augustus sierpień sierpnia
september sep sept septembre septiembre settembre set setembro wrzesień września
october oct oktober okt octobre octubre ottobre ott outubro out październik października
november nov novembre noviembre novembro listopad listopada
december dec dezember dez décembre déc diciembre dic dicembre dezembro desember grudzień grudnia
"""
_MONTHS = {
    name: number for number, names in enumerate(_MONTH_NAMES.strip().splitlines(), start=1) for name in names.split()
}
_ALL_TIME = frozenset(
    (
        "all time",
        "gesamter zeitraum",
        "gesamte laufzeit",
        "toute la période",
        "depuis le début",
        "todo el período",
        "todo el periodo",
        "siempre",
        "sempre",
        "tutto il periodo",
        "todo o período",
        "todo o periodo",
        "hele periode",
        "altijd",
    )
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,].*)?")
_MONTH_FIRST = re.compile(r"(?:[^\W\d]+\.?,?\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?")
_DAY_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})(?:\.|er)?\s+(?:de\s+)?([^\W\d]+)\.?(?:,?\s+(?:del?\s+)?(\d{4}))?"
)
_IN_NAME = re.compile(r"\((\d{4})[._-](\d{2})[._-](\d{2})(?:\s*[-–_]\s*(\d{4})[._-](\d{2})[._-](\d{2}))?\)")
_TIME = re.compile(r",?\s+(?:at\s+|um\s+|à\s+)?\d{1,2}:\d{2}.*$", re.IGNORECASE)
_MOMENT = re.compile(r".*[T ]\d{1,2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})")


class UndecidedOrder(Exception):
    """Raised when a numeric date is met and the order of day and month is not known."""


def read_day(text: str, order: Order | None, zone: str | None = None) -> date | None:
    """The day a cell names, None if it names none; a moment with an offset is counted in the zone.

    Raises UndecidedOrder.
    """
    bare = " ".join(text.split())
    if zone and _MOMENT.fullmatch(bare):
        return _moment(bare, zone)
    if match := _ISO.fullmatch(bare):
        return _date(match[1], match[3], match[4])
    if match := _COMPACT.fullmatch(bare):
        return _date(*match.groups())
    if match := _NUMERIC.fullmatch(bare):
        return _numeric(match, order)
    return _named(_TIME.sub("", bare), None)


def read_days(texts: pl.Series, order: Order | None, zone: str | None, known: dict[str, date | None]) -> pl.Series:
    """A column of days; null where a cell names none. `known` carries answers from block to block.

    Raises UndecidedOrder.
    """
    distinct = texts.unique().to_list()
    for text in distinct:
        if text not in known:
            known[text] = read_day(text, order, zone)
    return texts.replace_strict(distinct, [known[text] for text in distinct], return_dtype=pl.Date)


def read_period(text: str, today: date | None = None) -> Period | None:
    """The range a preamble names: one day, two days with a dash between, or "All time" (which ends today)."""
    bare = " ".join(text.split()).strip(' "')
    if bare.casefold() in _ALL_TIME:
        return Period(ALL_TIME_FIRST, today) if today else None
    ends = re.split(r"\s+[-–—]\s+", bare)
    if len(ends) > 2:
        return None
    last = _range_end(ends[-1], None)
    first = _range_end(ends[0], last.year if last else None)
    return Period(first, last) if first and last and first <= last else None


def is_all_time(text: str) -> bool:
    return " ".join(text.split()).strip(' "').casefold() in _ALL_TIME


def period_in_name(name: str) -> Period | None:
    """The range in a file name as Google Ads writes it: `Time_series(2026.02.05-2026.03.04).csv`."""
    match = _IN_NAME.search(name)
    if match is None:
        return None
    first = _date(match[1], match[2], match[3])
    last = _date(match[4], match[5], match[6]) if match[4] else first
    return Period(first, last) if first and last and first <= last else None


class OrderEvidence:
    """Collects what the dates of a whole file say about the order of day and month."""

    def __init__(self, today: date | None = None, bounds: Period | None = None) -> None:
        """No day lies after `today` or outside `bounds`, the range that the file itself names."""
        self._today = today
        self._bounds = bounds
        self.possible = set(Order)
        self.matters = False
        """Some cell reads differently in the two orders."""

    @property
    def decided(self) -> bool:
        return len(self.possible) < 2

    def see(self, texts: Iterable[str]) -> None:
        for text in texts:
            if match := _NUMERIC.fullmatch(" ".join(text.split())):
                both = {order: _numeric(match, order) for order in Order}
                self.possible = {order for order in self.possible if self._may_be(both[order])}
                self.matters |= both[Order.DMY] != both[Order.MDY]

    def see_ranges(self, ranges: Iterable[tuple[str, str]]) -> None:
        """A range whose end would lie before its start rules an order out."""
        for ends in ranges:
            for order in tuple(self.possible):
                first, last = (read_day(end, order) for end in ends)
                if first and last and last < first:
                    self.possible.discard(order)

    def _may_be(self, day: date | None) -> bool:
        if day is None or (self._today and day > self._today):
            return False
        return self._bounds is None or self._bounds.first <= day <= self._bounds.last


def _numeric(match: re.Match[str], order: Order | None) -> date | None:
    if match[2] == ".":
        order = Order.DMY  # Nobody writes month.day.year.
    if order is None:
        raise UndecidedOrder
    day, month = (match[1], match[3]) if order is Order.DMY else (match[3], match[1])
    year = match[4] if len(match[4]) == 4 else f"20{match[4]}"
    return _date(year, month, day)


def _named(bare: str, year: int | None) -> date | None:
    if match := _MONTH_FIRST.fullmatch(bare):
        month, day, said = match.groups()
    elif match := _DAY_FIRST.fullmatch(bare):
        day, month, said = match.groups()
    else:
        return None
    number = _MONTHS.get(month.casefold())
    if number is None or not (said or year):
        return None
    return _date(said or str(year), str(number), day)


def _range_end(text: str, year: int | None) -> date | None:
    try:
        return read_day(text, None) or _named(" ".join(text.split()), year)
    except UndecidedOrder:
        return None


def _moment(text: str, zone: str) -> date | None:
    try:
        moment = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(ZoneInfo(zone)).date()


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
