"""KPIs as daily series, for monitors: all that is watched in one query a table. Floats here are for estimation alone.

A day is that of the team, or of the source for daily facts. A source counts as long as it keeps telling, and once it
has told for weeks: its coming or going would else look like a rise or a fall of the business.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.kpis.day_sums import DaySums, SummedPart, day_sums
from agents.kpis.definitions import Kpi
from agents.kpis.formula import Formula, Term
from agents.kpis.objects import Objects
from agents.kpis.parts import DAYS
from agents.kpis.tables import TABLES

Floats = NDArray[np.float64]
HISTORY_DAYS = 120
STILL_TELLING = timedelta(days=14)
"""A source that has told nothing for longer is history."""
_NEW_FOR = timedelta(days=42)
_LONGER_FOR = {"buyer": timedelta(days=180)}
"""Whoever buys for the first time that we know of may have bought before: at first everybody does, then ever fewer."""
_AHEAD = frozenset({"due_at", "planned_at"})
"""Moments that lie ahead of what tells them."""
_CLOSED_SHARE = 0.1
"""A weekday with less than this share of an average day's is one on which nobody works."""
_EVENT_DAYS = 14
"""The newest days may hold what is looked for, and do not say on which weekdays nobody works."""
_FACTS = "facts"


@dataclass(frozen=True)
class Daily:
    """One watched KPI, in one currency, day by day without gaps: value = numerator ÷ denominator, in the KPI's unit."""

    kpi: Kpi
    formula: Formula
    currency: str | None
    last: date
    """The newest day, complete and settled."""
    numerator: Floats
    """With the formula's constant factor; never below zero."""
    denominator: Floats
    """1 for plain amounts and counts; 0 on weekdays on which nobody works."""
    counts: Floats
    """Things behind each day's figure: what the denominator counts, else the numerator."""
    idle: tuple[int, ...]
    """Weekdays, 0 for Monday, that are left out because hardly anything ever comes."""

    @property
    def name(self) -> str:
        """Of the series: the KPI, and the currency where it has several."""
        return self.kpi.name if self.currency is None else f"{self.kpi.name}/{self.currency}"

    @property
    def unit(self) -> str:
        return self.kpi.unit_in(self.currency)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Of the lake, that it is of; `facts` for daily facts alone."""
        parts = [self.kpi.parts[name] for name in self.formula.measures if name in self.kpi.parts]
        return tuple(sorted({part.table.datasets[0] for part in parts})) or (_FACTS,)

    def shorter(self, days: int) -> "Daily":
        """Without its newest days."""
        return replace(
            self,
            last=self.last - timedelta(days=days),
            numerator=self.numerator[:-days],
            denominator=self.denominator[:-days],
            counts=self.counts[:-days],
        )


@dataclass(frozen=True)
class ByDay:
    """All series of one world, and the tables that they are of."""

    series: tuple[Daily, ...]
    objects: Objects
    sources: Mapping[str, tuple[str, ...]]
    """Table → sources that are counted."""


def tables_of(kpis: Iterable[Kpi]) -> tuple[str, ...]:
    """What the series of these KPIs are made of: their tables, and those that say how far these are told."""
    named = {part.of for kpi in kpis for part in kpi.parts.values()}
    return tuple(sorted(named | {TABLES[name].datasets[0] for name in named if TABLES[name].datasets}))


def needs_facts(kpis: Iterable[Kpi]) -> bool:
    """Whether any of their series is of daily facts."""
    return any(name not in kpi.parts and name != DAYS for kpi in kpis for name in kpi.formulas[0].measures)


def by_day(objects: Objects, kpis: Collection[Kpi], *, told: Mapping[str, datetime], today: date | None) -> ByDay:
    """The series of every KPI that has data, by its first formula that has.

    `told` are moments up to which sources were read to their end, where that is known; else a source has told all up to
    the day before its newest moment. `today` is by the clock on the wall, None in a world that has a clock of its own.
    """
    reach = {name: _told_to(objects, name, told) for name in objects.tables}
    reach[_FACTS] = _facts_told_to(objects)
    newest = today or max((day for of_table in reach.values() for day, _ in of_table.values()), default=None)
    if newest is None:
        return ByDay((), objects, {})
    counted = {
        name: {
            source: last
            for source, (last, first) in of_table.items()
            if newest - last <= STILL_TELLING and last - first >= _LONGER_FOR.get(name, _NEW_FOR)
        }
        for name, of_table in reach.items()
    }
    lasts = {name: min(days.values()) for name, days in counted.items() if days}
    chosen = [(kpi, formula) for kpi in kpis if (formula := _formula(kpi, lasts)) is not None]
    sources = {name: tuple(sorted(days)) for name, days in counted.items()}
    sums = day_sums(objects, chosen, sources, since=min(lasts.values(), default=newest) - timedelta(days=400))
    series = [one for kpi, formula in chosen for one in _series(kpi, formula, lasts, sums)]
    return ByDay(tuple(series), objects, sources)


def _told_to(objects: Objects, table: str, told: Mapping[str, datetime]) -> dict[str, tuple[date, date]]:
    """Source → the newest day that it has told all of, and its oldest."""
    if not TABLES[table].datasets:
        return {}
    base = TABLES[table].datasets[0]
    frame, until = objects.tables.get(base), objects.observed.get(base)
    happened = TABLES[base].happened
    if frame is None or until is None or happened is None:
        return {}
    names = [name for name, kind in TABLES[base].columns.items() if kind == "moment" and name not in _AHEAD]
    ends = [pl.col(name).filter(pl.col(name) <= until).max().alias(name) for name in names]
    first = pl.col(happened).min().alias("_first")
    zone, day = ZoneInfo(objects.zone), timedelta(days=1)
    found: dict[str, tuple[date, date]] = {}
    for row in frame.group_by("source").agg(first, *ends).iter_rows(named=True):
        moments = [value for name in names if isinstance(value := row[name], datetime)]
        if moments and isinstance(row["_first"], datetime):
            newest = max(*moments, told.get(row["source"], moments[0]))
            last = newest.astimezone(zone).date() - day
            found[row["source"]] = last, row["_first"].astimezone(zone).date()
    return found


def _facts_told_to(objects: Objects) -> dict[str, tuple[date, date]]:
    if objects.facts is None or objects.facts.frame.is_empty():
        return {}
    days = objects.facts.frame.group_by("source").agg(pl.col("last_day").max(), pl.col("day").min())
    return {source: (last, first) for source, last, first in days.iter_rows()}


def _formula(kpi: Kpi, lasts: Mapping[str, date]) -> Formula | None:
    """The first one of which everything is told, as answers take it; None where that one has no days to follow.

    Daily facts that stand in for business objects are followed as what they are, by the detectors of daily facts.
    """
    found = next((one for one in kpi.formulas if all(place in lasts for place in _places(kpi, one))), None)
    if found is None or kpi.unwatchable(found) or (found.of_facts and not kpi.of_facts):
        return None
    return found


def _places(kpi: Kpi, formula: Formula) -> set[str]:
    """The tables that a formula takes its sums from."""
    return {kpi.parts[name].of if name in kpi.parts else _FACTS for name in formula.measures if name != DAYS}


def _series(kpi: Kpi, formula: Formula, lasts: Mapping[str, date], sums: DaySums) -> Iterator[Daily]:
    """One, or one a currency where it is about money in several."""
    last = min(lasts[place] for place in _places(kpi, formula)) - timedelta(days=kpi.settles_in_days)
    names = [name for name in formula.measures if name != DAYS]
    money = [name for name in names if formula.known[name].money]
    currencies = sorted({code for name in money for code in sums.currencies(kpi, name)})
    for currency in currencies if money else (None,):
        found = {name: sums.of(kpi, name, currency if name in money else None, last=last) for name in names}
        begun = max((one.first for one in found.values() if one.first is not None), default=None)
        if begun is None or any(one.unknown for one in found.values()):
            continue
        # The first day that is told of may be told of in part.
        days = min((last - begun).days, HISTORY_DAYS)
        if days > 0:
            yield _daily(kpi, formula, currency, last, {name: one.newest(days) for name, one in found.items()}, days)


def _daily(
    kpi: Kpi, formula: Formula, currency: str | None, last: date, found: Mapping[str, SummedPart], days: int
) -> Daily:
    factor = float(formula.factor)
    numerator = np.maximum(_total(formula.numerator, formula, found, days) * factor, 0.0)
    rows = [found[term.measure].rows for term in formula.denominator or formula.numerator if term.measure in found]
    counts = np.max(rows, axis=0) if rows else np.zeros(days)
    idle: tuple[int, ...] = ()
    if formula.denominator:
        denominator = np.maximum(_total(formula.denominator, formula, found, days), 0.0)
    else:
        weekdays = (np.arange(days) + last.weekday() - days + 1) % 7
        idle = _idle(counts, weekdays)
        denominator = np.where(np.isin(weekdays, idle), 0.0, 1.0)
    worked = denominator > 0
    return Daily(
        kpi=kpi,
        formula=formula,
        currency=currency,
        last=last,
        numerator=np.where(worked, numerator, 0.0),
        denominator=denominator,
        counts=np.where(worked, counts, 0.0),
        idle=idle,
    )


def _idle(counts: Floats, weekdays: NDArray[np.int64]) -> tuple[int, ...]:
    past, on = counts[:-_EVENT_DAYS], weekdays[:-_EVENT_DAYS]
    if len(past) < 3 * 7 or past.sum() <= 0:
        return ()
    return tuple(day for day in range(7) if past[on == day].mean() < _CLOSED_SHARE * past.mean())


def _total(terms: Iterable[Term], formula: Formula, found: Mapping[str, SummedPart], days: int) -> Floats:
    total = np.zeros(days)
    for term in terms:
        scale = Decimal(formula.known[term.measure].scale)
        values = np.ones(days) if term.measure == DAYS else found[term.measure].values / float(scale)
        total = total + values * float(term.weight)
    return total
