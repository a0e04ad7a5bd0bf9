"""Facts out of the lake: only loads that are registered, each as it was known at the moment asked for."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from agents.kpis import shop
from agents.kpis.exchange import NO_RATES, RATES
from agents.kpis.figures import format_days
from agents.kpis.lacking import lacking_in
from agents.kpis.query import FactSlice
from storage.facts_once import KEY
from storage.lake.facts import FACTS
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.facts import Load

_TOLD = ("spend_micros", "impressions", "clicks", "conversions_milli", "leads_milli", "revenue_micros")
_NAMED = 3  # more sources than this are counted, not listed
_MANY = 3  # so many sources that count in the same zone are told together


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
            known = await tx.loads.known(simulated=simulated, as_of=as_of)
        loads, sold = _of_facts(known), tuple(load for load in known if load.holds(shop.ORDERS))
        used = tuple(load for load in loads if load.last_day >= first and load.first_day <= last)
        frame = await self._lake.read(used, first, last, simulated=simulated, touching=True)
        orders, own = await self._orders(sold, first, last, simulated=simulated)
        told = tuple(load for load in known if load.holds("facts") or load.holds(shop.ORDERS))
        return FactSlice(
            frame=pl.concat([frame, orders.select(frame.columns)]) if orders.height else frame,
            sources=source_words((*used, *own)),
            # The clock of the shop may be on its next day when it is not yet in UTC.
            newest_day=max((*(load.last_day for load in told), *orders["day"]), default=None),
            restatement_days=max((load.restatement_days for load in loads), default=0),
            zone=(loads or told)[-1].zone if told else "UTC",
            simulated=simulated,
            as_of=as_of or max((load.known_at for load in told), default=None),
            notes=(*_zone_notes((*used, *own)), *await self._restated(used, first, last, simulated=simulated)),
            lacking=lacking_in(used, set(frame["load_id"].unique())),
            shop_zone=own[-1].zone if own else None,
            shop_notes=(shop.NOTE, *await self._changed(sold, first, last, simulated=simulated)) if own else (),
        )

    async def _orders(
        self, loads: Sequence[Load], first: date, last: date, *, simulated: bool
    ) -> tuple[pl.DataFrame, tuple[Load, ...]]:
        """The shop's orders of the days as facts, each as its newest load tells it, and the loads that told them."""
        if not loads:
            return FACTS.to_frame(), ()
        since, until = shop.between(first, last)
        orders = await self._lake.dataset(shop.ORDERS).read(
            loads, simulated=simulated, since=since, until=until, columns=shop.COLUMNS
        )
        zones = {load.source: load.zone for load in loads}
        dated = await asyncio.to_thread(shop.dated, orders, zones, first=first, last=last)
        told = set(dated["load_id"])
        return shop.shop_facts(dated), tuple(load for load in loads if load.id in told)

    async def _changed(self, loads: Sequence[Load], first: date, last: date, *, simulated: bool) -> tuple[str, ...]:
        """Says how many orders of the days a later file told otherwise than the one before."""
        if not any(_told_by_another(load, loads) for load in loads):
            return ()
        since, until = shop.between(first, last)
        versions = await self._lake.dataset(shop.ORDERS).read(
            loads, simulated=simulated, since=since, until=until, columns=shop.VERSION_COLUMNS, every_version=True
        )
        zones = {load.source: load.zone for load in loads}
        return await asyncio.to_thread(
            lambda: shop.restated_notes(shop.dated(versions, zones, first=first, last=last), loads)
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
    # Of many sources, those that most agree with are told together.
    (usual, count), *_ = Counter(sorted(zones.values())).most_common()
    apart = {source: zone for source, zone in sorted(zones.items()) if count < _MANY or zone != usual}
    listed = ", ".join(f"{source} in {zone}" for source, zone in apart.items())
    others = "" if len(apart) == len(zones) else f", all others in {usual}"
    return (f"Days are counted in different zones: {listed}{others}.",)


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
