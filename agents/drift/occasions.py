"""Days that are unlike others: public holidays by country, and days that the team names, such as its sales.

Public holidays are those of the package `holidays`, by ISO 3166 code of a country (GB) or of a part of it (GB-ENG); a
country alone has those that hold in all of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, model_validator

from storage.records.record import Record

LONGEST_DAYS = 14
"""What lasts longer becomes the normal state of things, and would leave detectors nothing to compare with."""
_CODE = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")
_LEAP_YEAR = 2024
_DAY = timedelta(days=1)


def _month_day(text: str) -> str:
    date.fromisoformat(f"{_LEAP_YEAR}-{text}")
    return text


MonthDay: TypeAlias = Annotated[str, AfterValidator(_month_day)]
"""Month and day as MM-DD; such texts stand in the order of the days."""


class Dates(Record):
    """Once, both days included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _short(self) -> Self:
        _check_length((self.last - self.first).days + 1)
        return self

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


class Yearly(Record):
    """Every year from one day to another, both included; over the year's end if need be."""

    first: MonthDay
    last: MonthDay

    @model_validator(mode="after")
    def _short(self) -> Self:
        over = _LEAP_YEAR + (self.last < self.first)
        _check_length((date.fromisoformat(f"{over}-{self.last}") - self._begins).days + 1)
        return self

    @property
    def _begins(self) -> date:
        return date.fromisoformat(f"{_LEAP_YEAR}-{self.first}")

    def holds(self, day: date) -> bool:
        at = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


class Movable(StrEnum):
    """Events of retail that follow Thanksgiving, the fourth Thursday of November."""

    BLACK_FRIDAY = "Black Friday"
    CYBER_MONDAY = "Cyber Monday"
    CYBER_WEEK = "Cyber Week"
    """Monday before Thanksgiving to Cyber Monday."""

    def holds(self, day: date) -> bool:
        november = date(day.year, 11, 1)
        thanksgiving = november + ((3 - november.weekday()) % 7 + 21) * _DAY
        first, last = _AFTER_THANKSGIVING[self]
        return first <= (day - thanksgiving).days <= last


_AFTER_THANKSGIVING = {Movable.BLACK_FRIDAY: (1, 1), Movable.CYBER_MONDAY: (4, 4), Movable.CYBER_WEEK: (-3, 4)}


class SpecialDay(Record):
    """What the team calls a day, or some, on which its figures are not those of other days."""

    name: str
    when: tuple[Dates | Yearly | Movable, ...]

    def holds(self, day: date) -> bool:
        return any(one.holds(day) for one in self.when)


@dataclass(frozen=True, slots=True)
class Occasions:
    """All such days of a team; none by default."""

    countries: tuple[str, ...] = ()
    """Codes that are known (`is_known`)."""
    special_days: tuple[SpecialDay, ...] = ()
    dates: frozenset[date] = frozenset()
    """Days without a name of their own."""

    def __bool__(self) -> bool:
        return bool(self.countries or self.special_days or self.dates)

    def name_of(self, day: date) -> str:
        """What the day is called; empty for a day like others."""
        public = public_holiday(day, self.countries)
        named = public or next((one.name for one in self.special_days if one.holds(day)), "")
        return named or ("a holiday" if day in self.dates else "")


def public_holiday(day: date, codes: tuple[str, ...]) -> str:
    """The day's name, in English where there is one, in the first country in which it is a holiday; else empty."""
    return next((name for code in codes if (name := _of_year(code, day.year).get(day))), "")


def is_known(code: str) -> bool:
    """Whether holidays are known for this code."""
    try:
        _of_year(code, _LEAP_YEAR)
    except UnknownCountry:
        return False
    return True


class UnknownCountry(ValueError):
    """Raised for a code that is no country's, nor of a part of one, as far as holidays are known."""


def called_alike(name: str) -> str:
    """The name of a holiday without the note that it was moved to a working day."""
    return name.partition(" (")[0]


def last_time(occasions: Occasions, day: date) -> date | None:
    """The day of the same name about a year before; None for an ordinary day, or where there was none."""
    name = called_alike(occasions.name_of(day))
    if not name:
        return None
    about = (day - days * _DAY for days in sorted(range(300, 431), key=lambda days: abs(days - 365)))
    return next((one for one in about if called_alike(occasions.name_of(one)) == name), None)


@cache
def _of_year(code: str, year: int) -> Mapping[date, str]:
    match = _CODE.fullmatch(code)
    if match is None:
        raise UnknownCountry(code)
    from holidays import country_holidays

    try:
        return dict(country_holidays(match[1], subdiv=match[2], years=year, language="en_US"))
    except NotImplementedError:
        raise UnknownCountry(code) from None


def _check_length(days: int) -> None:
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"a special day ends on its first day or up to {LONGEST_DAYS - 1} days after it")
