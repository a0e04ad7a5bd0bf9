"""Survey: the picture of the business that all landed data gives: what there is, from whom, for when, how fresh."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from agents.kpis.lacking import gap_words
from agents.kpis.selection import STORE
from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.intake.source_picture import (
    FACT_COLUMNS,
    FACTS,
    SourcePicture,
    Things,
    missing_from,
    source_picture,
    things_of,
)
from storage.contracts.entities import BY_DATASET
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.facts import Load
from storage.records.questions import Question
from storage.records.record import Record, UtcDatetime


class Survey(Record):
    """Everything at once, sources by name; the simulated market only where nothing real is there."""

    sources: tuple[SourcePicture, ...]
    campaigns: int
    spend: dict[str, Decimal]
    quarantined: int
    questions: tuple[Question, ...]
    """What waits for a person."""
    missing: tuple[str, ...]
    """What cannot be answered yet and which data it would take, one sentence each."""
    notes: tuple[str, ...]
    """Files of the watched folder that were refused, and other things that somebody has to see to."""
    as_of: UtcDatetime


class Surveyor:
    """Draws the picture from the registered loads and the lake."""

    def __init__(self, ledger: Ledger, lake: Lake, *, freshness: Freshness, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._lake = lake
        self._freshness = freshness
        self._clock = clock

    async def survey(self, *, simulated: bool | None = None) -> Survey:
        """The picture of one world: the one asked for, else the real one if it has any data."""
        async with self._ledger.read() as tx:
            if simulated is None:
                simulated = not await tx.loads.any_real()
            loads = await tx.loads.known(simulated=simulated)
            waiting, questions = await tx.quarantine.counts(), await tx.questions.open()
            positions = await tx.cursors.all()
        # A simulated world has a clock of its own: it is now what its newest load says.
        now = max((load.known_at for load in loads), default=self._clock()) if simulated else self._clock()
        facts = await self._facts(loads, simulated=simulated)
        rows = await self._rows(loads, simulated=simulated)
        fresh = {one.source: one for one in await self._freshness.of(loads)}
        sources = tuple(
            source_picture(
                [load for load in loads if load.source == name],
                facts.filter(pl.col("source") == name),
                rows.get(name, {}),
                fresh[name],
                now=now,
                quarantined=sum(waiting.get(load.id, 0) for load in loads if load.source == name),
            )
            for name in sorted({load.source for load in loads})
        )
        return Survey(
            sources=sources,
            campaigns=sum(one.campaigns for one in sources),
            spend=_added(one.spend for one in sources),
            quarantined=sum(one.quarantined for one in sources),
            questions=tuple(one for one in questions if one.simulated == simulated),
            missing=(*missing_from(sources, shop_totals=_tells_of_shop(facts)), *gap_words(loads)),
            notes=_notes(positions),
            as_of=now,
        )

    async def _facts(self, loads: Sequence[Load], *, simulated: bool) -> pl.DataFrame:
        used = [load for load in loads if load.holds(FACTS)]
        first = min((load.first_day for load in used), default=date.min)
        last = max((load.last_day for load in used), default=date.min)
        return await self._lake.read(used, first, last, simulated=simulated, columns=FACT_COLUMNS)

    async def _rows(self, loads: Sequence[Load], *, simulated: bool) -> dict[str, dict[str, Things]]:
        """Source → dataset → what there is of it."""
        found: dict[str, dict[str, Things]] = {}
        for name, entity in BY_DATASET.items():
            used = [load for load in loads if load.holds(name)]
            if not used:
                continue
            happened = [entity.happened] if entity.happened else []
            frame = await self._lake.dataset(name).read(used, simulated=simulated, columns=["source", *happened])
            for source, things in things_of(frame, entity.happened).items():
                found.setdefault(source, {})[name] = things
        return found


def _tells_of_shop(facts: pl.DataFrame) -> bool:
    return not facts.filter(pl.col("channel") == STORE).is_empty()


def _added(amounts: Iterable[dict[str, Decimal]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for of_source in amounts:
        for currency, amount in of_source.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return dict(sorted(total.items()))


def _notes(positions: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """What the last look at each folder and each source could not read."""
    return tuple(str(line) for place in positions.values() for line in place.get("refused", {}).values())
