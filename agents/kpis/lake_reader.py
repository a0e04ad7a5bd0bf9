"""Facts out of the lake: only loads that are registered, each as it was known at the moment asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from agents.kpis.exchange import NO_RATES, RATES
from agents.kpis.figures import format_days
from agents.kpis.query import FactSlice
from storage.facts_once import KEY
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.facts import Load

_TOLD = ("spend_micros", "impressions", "clicks", "conversions_milli", "leads_milli", "revenue_micros")
_NAMED = 3  # more sources than this are counted, not listed


@dataclass(frozen=True)
class FactHistory:
    """Facts with the loads they came from, oldest load first."""

    frame: pl.DataFrame
    loads: tuple[Load, ...]

    def read_to(self, source: str) -> date | None:
        """The newest day that was read of one source; None if nothing was."""
        return max((load.last_day for load in self.loads if load.source == source), default=None)


class LakeReader:
    """Reads facts for the KPI engine, for briefs and for monitors."""

    def __init__(self, ledger: Ledger, lake: Lake) -> None:
        self._ledger = ledger
        self._lake = lake

    async def facts(self, *, first: date, last: date, as_of: datetime | None, simulated: bool) -> FactSlice:
        """As the engine's FactReader; `as_of` None is everything known, in whatever clock the source keeps."""
        async with self._ledger.read() as tx:
            loads = _of_facts(await tx.loads.known(simulated=simulated, as_of=as_of))
        used = tuple(load for load in loads if load.last_day >= first and load.first_day <= last)
        frame = await self._lake.read(used, first, last, simulated=simulated, touching=True)
        return FactSlice(
            frame=frame,
            sources=source_words(used),
            newest_day=max((load.last_day for load in loads), default=None),
            restatement_days=max((load.restatement_days for load in loads), default=0),
            zone=loads[-1].zone if loads else "UTC",
            simulated=simulated,
            as_of=as_of or max((load.known_at for load in loads), default=None),
            notes=(*_zone_notes(used), *await self._restated(used, first, last, simulated=simulated)),
        )

    async def rates(self, *, as_of: datetime | None, simulated: bool) -> pl.DataFrame:
        """Exchange rates that the team provides, each in its newest version known then."""
        async with self._ledger.read() as tx:
            loads = await tx.loads.known(simulated=simulated, as_of=as_of)
        used = [load for load in loads if load.holds("exchange_rate")]
        if not used:
            return NO_RATES
        rows = await self._lake.dataset("exchange_rate").read(
            used, simulated=simulated, columns=[*RATES.names(), "source"]
        )
        # Where two sources give a rate for a day, it is the last one's by name, always the same one.
        return rows.sort("source").unique(["day", "base", "quote"], keep="last").select(RATES.names()).sort("day")

    async def mark(self, *, simulated: bool) -> str:
        """Changes whenever more is known: what was read under the same mark need not be read again."""
        async with self._ledger.read() as tx:
            return await tx.loads.mark(simulated=simulated)

    async def _restated(self, used: Sequence[Load], first: date, last: date, *, simulated: bool) -> tuple[str, ...]:
        """Says which days a later file told otherwise than the one before; sources that are pulled always do."""
        twice = [load for load in used if load.layout != "api" and _told_by_another(load, used)]
        if not twice:
            return ()
        columns = [*KEY, *_TOLD, "load_id"]
        frame = await self._lake.read(twice, first, last, simulated=simulated, columns=columns, every_version=True)
        return await asyncio.to_thread(restated_notes, frame, twice)

    async def history(self, *, first: date, last: date, simulated: bool) -> FactHistory:
        """Every version of everything about the days: older versions show how fast conversions arrive."""
        async with self._ledger.read() as tx:
            loads = _of_facts(await tx.loads.known(simulated=simulated))
        used = tuple(load for load in loads if load.last_day >= first and load.first_day <= last)
        frame = await self._lake.read(used, first, last, simulated=simulated, every_version=True)
        return FactHistory(frame, used)


def restated_notes(frame: pl.DataFrame, loads: Sequence[Load]) -> tuple[str, ...]:
    """One sentence a load that changed what an earlier one had told of the same things; every version is in `frame`."""
    order = {load.id: rank for rank, load in enumerate(loads)}
    sums = frame.group_by(*KEY, "load_id").agg(pl.col(_TOLD).sum())
    ranked = sums.with_columns(
        pl.col("load_id").replace_strict(order, return_dtype=pl.UInt32).alias("rank"),
        pl.concat_str(pl.col(_TOLD).cast(pl.String).fill_null("–"), separator="|").alias("told"),
    ).sort("rank")
    changed = ranked.with_columns(pl.col("told").shift(1).over(KEY).alias("before"))
    changed = changed.filter(pl.col("before").is_not_null() & (pl.col("before") != pl.col("told")))
    notes = []
    for load in loads:
        days = changed.filter(pl.col("load_id") == load.id)["day"].unique().sort().to_list()
        if days:
            when = format_days(days[0], days[-1])
            notes.append(
                f"Restated: {load.source} changed its figures for {when} with {load.path}; as of before, the "
                "earlier ones are still given."
            )
    return tuple(notes)


def _told_by_another(load: Load, loads: Sequence[Load]) -> bool:
    return any(
        other.id != load.id
        and other.source == load.source
        and other.first_day <= load.last_day
        and other.last_day >= load.first_day
        for other in loads
    )


def _zone_notes(loads: Sequence[Load]) -> tuple[str, ...]:
    """A day is that of its source; where sources count in different zones, an answer over both says so."""
    zones = {load.source: load.zone for load in loads}
    if len(set(zones.values())) < 2:
        return ()
    listed = ", ".join(f"{source} in {zone}" for source, zone in sorted(zones.items()))
    return (f"Days are counted in different zones: {listed}.",)


def _of_facts(loads: Sequence[Load]) -> tuple[Load, ...]:
    return tuple(load for load in loads if load.holds("facts"))


def source_words(loads: Sequence[Load]) -> tuple[str, ...]:
    """One line a source: a file is named, a source that is pulled daily is counted."""
    by_source: dict[str, list[Load]] = {}
    for load in loads:
        by_source.setdefault(load.source, []).append(load)
    return tuple(line for source, of_source in by_source.items() for line in _source_words(source, of_source))


def _source_words(source: str, loads: list[Load]) -> list[str]:
    if len(loads) <= _NAMED:
        return [f"{source}, {load.path} (load {load.id})" for load in loads]
    newest = loads[-1]
    return [f"{source}, {len(loads)} loads, the newest {newest.path} (load {newest.id})"]
