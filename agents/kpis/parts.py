"""A part of a formula: what is counted, summed or timed over business objects or over our own work.

of: ticket                         the table, see tables.py
count: rows                        or the column whose different values are counted
sum: gross_micros                  a column of amounts or numbers; with `missing: unknown` one gap makes all unknown
median: first_touch_at - created_at     the time between two moments, or a column; also p90 and largest
in: business minutes               what a time is told in: business minutes, minutes, hours or days
on: created_at                     the moment that places a row in a window; without it the table's own
until: closed_at                   counts what had begun and not ended at the window's end instead
when: {state: won, amount: known}  which rows; a value, several, `known` or `unknown`
window: before                     the days of equal number just before; `both`: who is in both
open: kept                         what has not ended is kept as "longer than that"; `left out` drops it
"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from agents.kpis.formula import Measure
from agents.kpis.query import FILTERS
from agents.kpis.tables import TABLES, Table
from storage.records.record import Record

Scalar = str | bool | int
TIMES: Mapping[str, int] = {
    "business minutes": 60_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
}
"""Unit of a time → microseconds in one."""
How = Literal["count", "sum", "median", "p90", "largest", "gap", "lifetime"]
_HOWS: tuple[How, ...] = ("count", "sum", "median", "p90", "largest", "gap", "lifetime")
_SPAN = re.compile(r"([a-z_]+) - ([a-z_]+)")
LIFETIME_SCALE = 1_000_000


class Part(Record):
    """One named part of a formula."""

    of: str
    count: str | None = None
    sum: str | None = None
    median: str | None = None
    p90: str | None = None
    largest: str | None = None
    gap: str | None = None
    """The most days between one such moment and the next."""
    lifetime: str | None = None
    """The column of who may stay: how many days they do on average, by the share that did not come again."""
    unit: str = Field(default="", alias="in")
    on: str | None = None
    until: str | None = None
    when: dict[str, Scalar | tuple[Scalar, ...]] = Field(default_factory=dict)
    window: Literal["this", "before", "both"] = "this"
    open: Literal["kept", "left out"] = "kept"
    missing: Literal["left out", "unknown"] = "left out"
    at_most: int | None = Field(default=None, ge=1)
    """The most days that a lifetime counts."""

    @field_validator("of")
    @classmethod
    def _table_is_known(cls, name: str) -> str:
        if name not in TABLES:
            raise ValueError(f"{name!r} is no table; there are {', '.join(TABLES)}")
        return name

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Part":
        said = [name for name in _HOWS if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError(f"say exactly one of {', '.join(_HOWS)}")
        table, columns = TABLES[self.of], TABLES[self.of].columns
        named = [*self._columns, *self.when, *([self.on] if self.on else []), *([self.until] if self.until else [])]
        for name in named:
            if name not in columns:
                raise ValueError(f"{self.of} has no column {name!r}; there are {', '.join(columns)}")
        for name in ("on", "until"):
            if (column := getattr(self, name)) and columns[column] not in ("moment", "day"):
                raise ValueError(f"{name}: {column} is no moment")
        if self.on is None and table.happened is None and self.how != "largest":
            raise ValueError(f"on: {self.of} does not say when it happens; name a moment")
        if (self.at_most is not None) != (self.how == "lifetime"):
            raise ValueError("at_most: the most days belong to a lifetime, and a lifetime needs them")
        if self.window == "both" and (self.how != "count" or self.count == "rows"):
            raise ValueError("window: who is in both windows is counted by a column")
        self._check_unit(columns)
        return self

    @property
    def how(self) -> How:
        return next(name for name in _HOWS if getattr(self, name) is not None)

    @property
    def table(self) -> Table:
        return TABLES[self.of]

    @property
    def placed(self) -> str | None:
        """The moment that places a row in time."""
        return self.on or self.table.happened

    @property
    def span(self) -> tuple[str, str] | None:
        """End and begin of a time between two moments."""
        match = _SPAN.fullmatch(getattr(self, self.how))
        return (match[1], match[2]) if match else None

    @property
    def column(self) -> str:
        said: str = getattr(self, self.how)
        return said

    @property
    def columns(self) -> frozenset[str]:
        """Every column of its table that it looks at."""
        moments = (self.placed, self.until)
        return frozenset((*self._columns, *self.when, *(name for name in moments if name)))

    @property
    def timed(self) -> bool:
        return self.how in ("median", "p90", "largest")

    @property
    def measure(self) -> Measure:
        """What the formula knows of it."""
        kind = self.table.columns.get(self.column, "")
        scale = 1
        if self.how == "lifetime":
            scale = LIFETIME_SCALE
        elif self.span or kind == "time":
            scale = TIMES[self.unit]
        elif kind in ("micros", "ppm") and self.how != "count":
            scale = 1_000_000
        money = kind == "micros" and self.how != "count"
        return Measure(self.column, scale, money=money, part=True)

    @property
    def _columns(self) -> tuple[str, ...]:
        if self.span:
            return self.span
        return () if self.column == "rows" and self.how == "count" else (self.column,)

    def _check_unit(self, columns: Mapping[str, str]) -> None:
        kinds = [columns[name] for name in self._columns]
        timed = self.timed and (self.span is not None or kinds == ["time"])
        if self.span and (not self.timed or any(kind != "moment" for kind in kinds)):
            raise ValueError(f"{self.column!r}: only median, p90 and largest take the time between two moments")
        if timed and self.unit not in TIMES:
            raise ValueError(f"in: say {', '.join(TIMES)}")
        if self.unit and not timed:
            raise ValueError("in: belongs to a time")
        if self.how == "sum" and kinds[0] not in ("micros", "number", "ppm"):
            raise ValueError(f"sum: {self.column} is no amount and no number")
        if self.how == "gap" and kinds[0] not in ("moment", "day"):
            raise ValueError(f"gap: {self.column} is no moment")


def can_be_told_by(part: Part | None, dimension: str) -> bool:
    """Whether a part can be split and narrowed by a dimension; None stands for a measure of daily facts."""
    if dimension not in ("day", "week"):
        return dimension in (FILTERS if part is None else part.table.dimensions)
    if part is None:
        return True
    of_a_day = part.until is None and part.window == "this" and part.how not in ("gap", "lifetime")
    return of_a_day and part.placed is not None


DAYS = "days"
"""What a formula calls the number of days of its window."""


def measures_of(parts: Mapping[str, Part]) -> dict[str, Measure]:
    """The names that a definition with these parts adds to formulas; none without parts."""
    if not parts:
        return {}
    return {DAYS: Measure(DAYS, 1, part=True), **{name: part.measure for name, part in parts.items()}}
