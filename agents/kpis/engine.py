"""The KPI engine: the only source of numbers. It reads facts as of a moment and answers one question at a time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from agents.kpis.by_day import HISTORY_DAYS, ByDay, by_day, needs_facts, tables_of
from agents.kpis.contribution import Contribution, Moved, contributions
from agents.kpis.definitions import Kpi, Kpis, kpi_named
from agents.kpis.exchange import converted
from agents.kpis.finish import beside, finished
from agents.kpis.formula import Formula
from agents.kpis.measure import Differences, earlier_window, measure, no_differences
from agents.kpis.objects import NoObjects, ObjectReader, Objects
from agents.kpis.query import BadKpiQuery, Dimension, FactReader, FactSlice, KpiQuery
from agents.kpis.question import Question, asked_kpi, parse_question
from agents.kpis.selection import STORE
from agents.kpis.tally import tally
from agents.kpis.understanding import Asked
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
        objects: ObjectReader | None = None,
    ) -> None:
        """`differences` says what sources that are added up mean by a measure, where that is not the same."""
        self._reader = reader
        self._objects = objects or NoObjects()
        self._kpis = kpis
        self._clock = clock
        self._differences = differences
        self._words: tuple[object, Vocabulary] | None = None

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
        answer = await self._answer(kpi, query)
        plain = query.model_copy(update={"by": None, "limit": None, "order": "size"})
        others = [
            (other, await self._answer(other, plain.model_copy(update={"kpi": other.name})))
            for other in (self._kpis[name] for name in kpi.beside)
        ]
        answer = finished(answer, kpi, now=self._clock())
        return answer.model_copy(update={"beside": tuple(beside(other, said) for other, said in others)})

    async def understood(self, text: str, *, earlier: Asked | None = None) -> Question:
        """What a question asks, its times read by the newest day of what the KPI is of. Never raises.

        `earlier` is what was asked before in the same thread.
        """
        words, today = await self.vocabulary(), await self.data_day() or self._clock().date()
        question = parse_question(text, vocabulary=words, today=today, earlier=earlier)
        name = asked_kpi(question)
        theirs = today if name is None else await self.data_day(kpi=name) or today
        if theirs == today:
            return question
        return parse_question(text, vocabulary=words, today=theirs, earlier=earlier)

    async def moved(self, query: KpiQuery, *, by: Dimension) -> Moved:
        """How the KPI went from the window before to the one asked for, and which members of `by` moved it.

        Raises as `ask`.
        """
        kpi = self.definition(query.kpi)
        plain = query.model_copy(update={"by": None, "limit": None, "order": "size"})
        now = await self.ask(plain)
        window = query.window.model_copy(update={"first": now.first, "last": now.last})
        earlier = earlier_window(window, query.compare)
        before = await self.ask(plain.model_copy(update={"window": earlier, "compare": None}))
        parts: tuple[Contribution, ...] = ()
        if by in kpi.dimensions:
            split = plain.model_copy(update={"by": by, "window": window, "compare": None})
            theirs = await self._answer(kpi, split)
            then = await self._answer(kpi, split.model_copy(update={"window": earlier}))
            parts = contributions(theirs, then, factor=kpi.formulas[0].factor)
        return Moved(now=now, before=before, by=by, contributions=parts)

    async def _answer(self, kpi: Kpi, query: KpiQuery) -> KpiAnswer:
        """By the first formula that has data; where none has, by the first one."""
        answers: list[KpiAnswer] = []
        refused: BadKpiQuery | None = None
        for formula in kpi.formulas:
            try:
                by_it = self._of_facts(kpi, query) if formula.of_facts else self._of_objects(kpi, formula, query)
                answers.append(await by_it)
            except BadKpiQuery as error:
                refused = refused or error
            # Formulas of facts go through the others of their kind by themselves.
            if formula.of_facts or (answers and not answers[-1].no_data):
                break
        if not answers:
            assert refused is not None
            raise refused
        return answers[0] if answers[-1].no_data else answers[-1]

    async def _of_objects(self, kpi: Kpi, formula: Formula, query: KpiQuery) -> KpiAnswer:
        objects = await self._world(kpi, formula, query)
        as_of = query.as_of or objects.as_of or self._clock()
        answer = await asyncio.to_thread(tally, objects, kpi, formula, query, as_of=as_of)
        if len(kpi.formulas) < 2 or answer.no_data:
            return answer
        used = f"Computed as {formula.text.replace('_', ' ')}."
        return answer.model_copy(update={"notes": (used, *answer.notes)})

    async def _world(self, kpi: Kpi, formula: Formula, query: KpiQuery) -> Objects:
        """What is real if any of it is, else what is simulated; facts and rates where the formula needs them."""
        with_facts = any(not formula.known[name].part for name in formula.measures)
        tables = sorted({part.of for name, part in kpi.parts.items() if name in formula.measures})
        worlds = (False, True) if query.simulated is None else (query.simulated,)
        first = earlier_window(query.window, query.compare).first
        objects = Objects(tables={})
        for simulated in worlds:
            objects = await self._objects.objects(tables, as_of=query.as_of, simulated=simulated)
            facts: FactSlice | None = None
            if with_facts:
                facts = await self._reader.facts(
                    first=first, last=query.window.last, as_of=query.as_of, simulated=simulated
                )
                objects = replace(objects, facts=facts, sources=tuple(dict.fromkeys(facts.sources + objects.sources)))
            if objects.tables or (facts and facts.newest_day):
                break
        if query.currency is None:
            return objects
        rates = await self._reader.rates(as_of=query.as_of, simulated=objects.simulated)
        return replace(objects, rates=rates)

    async def _of_facts(self, kpi: Kpi, query: KpiQuery) -> KpiAnswer:
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

    async def by_day(self, *, told: Mapping[str, datetime], simulated: bool, today: date | None) -> ByDay:
        """The daily series of every KPI that is to be watched, of one world; see `by_day`."""
        watched = [kpi for kpi in self._kpis.values() if kpi.watch]
        objects = await self._objects.objects(tables_of(watched), as_of=None, simulated=simulated)
        if needs_facts(watched) and (day := await self.data_day(simulated=simulated)) is not None:
            first = day - timedelta(days=2 * HISTORY_DAYS)
            objects = replace(
                objects, facts=await self._reader.facts(first=first, last=day, as_of=None, simulated=simulated)
            )
        return await asyncio.to_thread(by_day, objects, watched, told=told, today=today)

    async def world(self) -> FactSlice:
        """The newest day of the facts that answer now: real or simulated, and in whose zone."""
        day = self._clock().date()
        return await self._facts(first=day, last=day, as_of=None, simulated=None)

    async def data_day(self, *, simulated: bool | None = None, kpi: str | None = None) -> date | None:
        """The day after the newest complete day: "today" in the data's own calendar; None without any data.

        With a KPI, of the data that it is of: our own work goes on by the clock on the wall. Raises UnknownKpi.
        """
        if kpi is not None and not (named := self.definition(kpi)).of_facts:
            return await self._objects_day(named)
        day = self._clock().date()
        facts = await self._facts(first=day, last=day, as_of=None, simulated=simulated)
        return None if facts.newest_day is None else facts.newest_day + _DAY

    async def _objects_day(self, kpi: Kpi) -> date | None:
        if kpi.of_our_work:
            return self._clock().date() + _DAY
        tables = sorted({part.of for part in kpi.parts.values()})
        for simulated in (False, True):
            objects = await self._objects.objects(tables, as_of=None, simulated=simulated)
            if objects.newest:
                return max(objects.newest.values()) + _DAY
        return await self.data_day()

    async def vocabulary(self, *, days: int = 400, simulated: bool | None = None) -> Vocabulary:
        """The names that the newest days of data know, for reading questions; empty without data.

        Kept until the reader knows more: the names of thousands of campaigns are not looked up for every question.
        """
        day = self._clock().date()
        world = await self._facts(first=day, last=day, as_of=None, simulated=simulated)
        if world.newest_day is None:
            return Vocabulary(kpis=self._kpis)
        mark = None if world.as_of is None else (days, world.simulated, world.as_of, world.newest_day, world.sources)
        if mark is None or self._words is None or self._words[0] != mark:
            today = world.newest_day + _DAY
            facts = await self._facts(first=today - days * _DAY, last=today, as_of=None, simulated=simulated)
            self._words = (mark, await asyncio.to_thread(_vocabulary, self._kpis, facts))
        return self._words[1]

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
