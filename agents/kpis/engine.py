"""The KPI engine: the only source of numbers. It reads facts as of a moment and answers one question at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from agents.kpis.definitions import Kpi, Kpis, kpi_named
from agents.kpis.exchange import converted
from agents.kpis.measure import Differences, earlier_window, measure, no_differences
from agents.kpis.query import FactReader, FactSlice, KpiQuery
from agents.kpis.selection import STORE
from agents.kpis.vocabulary import Vocabulary
from storage.records.kpis import KpiAnswer

_DAY = timedelta(days=1)


class KpiEngine:
    """Answers KPI questions over whatever the reader brings.

    Real data wins over simulated data wherever any exists; the two are never summed.
    """

    def __init__(
        self,
        reader: FactReader,
        *,
        kpis: Kpis,
        clock: Callable[[], datetime],
        differences: Differences = no_differences,
    ) -> None:
        """`differences` says what sources that are added up mean by a measure, where that is not the same."""
        self._reader = reader
        self._kpis = kpis
        self._clock = clock
        self._differences = differences

    @property
    def kpis(self) -> Kpis:
        return self._kpis

    def definition(self, name: str) -> Kpi:
        """Raises UnknownKpi."""
        return kpi_named(self._kpis, name)

    async def ask(self, query: KpiQuery) -> KpiAnswer:
        """One answer with value, rows, series and comparison.

        Raises UnknownKpi, or BadKpiQuery for a dimension, filter or comparison that cannot be.
        """
        kpi = self.definition(query.kpi)
        # The part of the window that is complete is never longer, so neither is what it is compared with.
        first = earlier_window(query.window, query.compare).first
        facts = await self._facts(first=first, last=query.window.last, as_of=query.as_of, simulated=query.simulated)
        if query.currency is not None:
            facts = await self._in_one_currency(facts, query.currency, as_of=query.as_of)
        as_of = query.as_of or facts.as_of or self._clock()
        return await asyncio.to_thread(measure, facts, kpi, query, as_of=as_of, differences=self._differences)

    async def _in_one_currency(self, facts: FactSlice, wanted: str, *, as_of: datetime | None) -> FactSlice:
        rates = await self._reader.rates(as_of=as_of, simulated=facts.simulated)
        changed = await asyncio.to_thread(converted, facts.frame, rates, wanted)
        return replace(facts, frame=changed.frame, notes=facts.notes + changed.notes)

    async def data_day(self, *, simulated: bool | None = None) -> date | None:
        """The day after the newest complete day: "today" in the data's own calendar; None without any data."""
        day = self._clock().date()
        facts = await self._facts(first=day, last=day, as_of=None, simulated=simulated)
        return None if facts.newest_day is None else facts.newest_day + _DAY

    async def vocabulary(self, *, days: int = 400, simulated: bool | None = None) -> Vocabulary:
        """The names that the newest days of data know, for reading questions; empty without data."""
        today = await self.data_day(simulated=simulated)
        if today is None:
            return Vocabulary(kpis=self._kpis)
        facts = await self._facts(first=today - days * _DAY, last=today, as_of=None, simulated=simulated)
        return await asyncio.to_thread(_vocabulary, self._kpis, facts)

    async def _facts(self, *, first: date, last: date, as_of: datetime | None, simulated: bool | None) -> FactSlice:
        """Facts of the world that was forced, else of the real one if it has any data, else of the simulated one."""
        real = await self._reader.facts(first=first, last=last, as_of=as_of, simulated=bool(simulated))
        if simulated is not None or real.newest_day is not None:
            return real
        return await self._reader.facts(first=first, last=last, as_of=as_of, simulated=True)


def _vocabulary(kpis: Kpis, facts: FactSlice) -> Vocabulary:
    def names(column: str) -> tuple[str, ...]:
        found = facts.frame.get_column(column).drop_nulls().unique().sort().to_list()
        return tuple(name for name in found if name)

    return Vocabulary(
        kpis=kpis,
        channels=tuple(name for name in names("channel") if name != STORE),
        campaigns=names("campaign"),
        currencies=names("currency"),
        sources=names("source"),
    )
