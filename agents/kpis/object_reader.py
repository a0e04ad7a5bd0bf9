"""Business objects out of the lake and our own work out of the ledger, as the tables that definitions name."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import polars as pl

from agents.kpis.lacking import lacking_in
from agents.kpis.lake_reader import source_words
from agents.kpis.objects import Objects
from agents.kpis.opening import Hours, round_the_clock
from agents.kpis.tables import TABLES
from agents.kpis.views import DiscountCaps, Raw, observed, view
from storage.contracts.columns import stored_schema_of
from storage.contracts.entities import BY_DATASET
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.facts import Load

OWN = "plans and executions of this home"


@dataclass(frozen=True)
class TeamTime:
    """The team's day, its business hours, and what its limits allow."""

    zone: str = "UTC"
    hours: Hours = round_the_clock
    caps: DiscountCaps = field(default_factory=DiscountCaps)


class OwnWork(Protocol):
    """Where the tables of our own work come from."""

    async def work(
        self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool
    ) -> Mapping[str, pl.DataFrame]:
        """The named ones of `plan`, `change`, `forecast` and `cost`, in the columns of TABLES."""


class LakeObjects:
    """Reads tables for the KPI engine."""

    def __init__(
        self,
        ledger: Ledger,
        lake: Lake,
        *,
        team: Callable[[], Awaitable[TeamTime]],
        own: OwnWork,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._lake = lake
        self._team = team
        self._own = own
        self._clock = clock
        self._kept: dict[tuple[str, bool], tuple[tuple[bool, tuple[str, ...]], pl.DataFrame]] = {}

    async def objects(self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool) -> Objects:
        """As the engine's ObjectReader."""
        names, team = tuple(tables), await self._team()
        async with self._ledger.read() as tx:
            loads = await tx.loads.known(simulated=simulated, as_of=as_of)
        datasets = sorted({dataset for name in names for dataset in TABLES[name].datasets})
        of_lake = [name for name in names if TABLES[name].datasets]
        used = tuple(load for load in loads if any(load.holds(dataset) for dataset in datasets))
        raw = await self._raw(datasets, loads, team, simulated=simulated)
        known = [name for name in of_lake if not raw.rows[TABLES[name].datasets[0]].is_empty()]
        found = {name: await asyncio.to_thread(view, name, raw) for name in known}
        ours = [name for name in names if TABLES[name].ours and name != "reading"]
        told = await self._own.work(ours, as_of=as_of, simulated=simulated) if ours else {}
        work = {name: frame for name, frame in told.items() if not frame.is_empty()}
        moments = {name: at for name in found if (at := observed(base := TABLES[name].datasets[0], raw.rows[base]))}
        if "refund" in found and isinstance(latest := found["refund"].get_column("refunded_at").max(), datetime):
            # A refund that a later export told of is news of the orders too.
            moments |= {name: max(at, latest) for name, at in moments.items() if TABLES[name].datasets[0] == "order"}
        zone, now = ZoneInfo(team.zone), as_of or self._clock()
        newest: dict[str, date] = {name: at.astimezone(zone).date() for name, at in moments.items()}
        newest |= dict.fromkeys(work, now.astimezone(zone).date())
        if "reading" in names and loads:
            found["reading"] = readings(
                loads, now=now if not simulated else max((one.known_at for one in loads), default=now)
            )
            newest["reading"] = now.astimezone(zone).date()
        return Objects(
            tables={**found, **work},
            observed={**moments, **dict.fromkeys(work, now)},
            newest=newest,
            sources=(*source_words(used), *((OWN,) if work else ())),
            zone=team.zone,
            hours=team.hours,
            simulated=simulated,
            as_of=as_of or max((load.known_at for load in used), default=None),
            lacking=lacking_in(used, _counted(raw)),
        )

    async def _raw(self, datasets: Sequence[str], loads: Sequence[Load], team: TeamTime, *, simulated: bool) -> Raw:
        rows, versions = {}, stored_schema_of(BY_DATASET["order"]).to_frame()
        for dataset in datasets:
            holding = [load for load in loads if load.holds(dataset)]
            rows[dataset] = await self._read(dataset, holding, simulated=simulated)
            if dataset == "order":
                versions = await self._read(dataset, holding, simulated=simulated, every_version=True)
                versions = versions.sort("known_at", "updated_at", "line", nulls_last=False, maintain_order=True)
        return Raw(rows=rows, order_versions=versions, zone=team.zone, caps=team.caps)

    async def _read(
        self, dataset: str, loads: Sequence[Load], *, simulated: bool, every_version: bool = False
    ) -> pl.DataFrame:
        """The rows of these loads; what was read last of a dataset is kept until another load comes."""
        place, wanted = (dataset, every_version), (simulated, tuple(load.id for load in loads))
        kept = self._kept.get(place)
        if kept is not None and kept[0] == wanted:
            return kept[1]
        frame = await self._lake.dataset(dataset).read(loads, simulated=simulated, every_version=every_version)
        if loads:
            self._kept[place] = wanted, frame
        return frame


def _counted(raw: Raw) -> set[str]:
    """Loads of which any row is the newest word on what it tells of."""
    return {load for rows in raw.rows.values() for load in rows.get_column("load_id").unique()}


def readings(loads: Iterable[Load], *, now: datetime) -> pl.DataFrame:
    """How long ago the newest complete day of each dataset of each source ended, in that source's own zone."""
    ends: dict[tuple[str, str], datetime] = {}
    for load in loads:
        for dataset in [name for name in load.rows if load.holds(name)] if load.rows else ["facts"]:
            last = datetime.combine(load.last_day, datetime.max.time(), ZoneInfo(load.zone))
            ends[load.source, dataset] = max(last, ends.get((load.source, dataset), last))
    rows = [
        {"source": source, "dataset": dataset, "age": max(0, int((now - end).total_seconds())) * 1_000_000}
        for (source, dataset), end in sorted(ends.items())
    ]
    return pl.DataFrame(rows, schema=TABLES["reading"].schema)
