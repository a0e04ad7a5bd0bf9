"""Facts out of the lake: only loads that are registered, each as it was known at the moment asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from agents.kpis.query import FactSlice
from storage.lake import Lake
from storage.ledger import Ledger
from storage.records.facts import Load

_NAMED = 3  # more sources than this are counted, not listed


@dataclass(frozen=True)
class FactHistory:
    """Facts with the loads they came from, oldest load first."""

    frame: pl.DataFrame
    loads: tuple[Load, ...]


class LakeReader:
    """Reads facts for the KPI engine, for briefs and for monitors."""

    def __init__(self, ledger: Ledger, lake: Lake) -> None:
        self._ledger = ledger
        self._lake = lake

    async def facts(self, *, first: date, last: date, as_of: datetime | None, simulated: bool) -> FactSlice:
        """As the engine's FactReader; `as_of` None is everything known, in whatever clock the source keeps."""
        async with self._ledger.read() as tx:
            loads = await tx.loads.known(simulated=simulated, as_of=as_of)
        used = tuple(load for load in loads if load.last_day >= first and load.first_day <= last)
        frame = await self._lake.read(used, first, last, simulated=simulated, touching=True)
        return FactSlice(
            frame=frame,
            sources=_words(used),
            newest_day=max((load.last_day for load in loads), default=None),
            restatement_days=max((load.restatement_days for load in loads), default=0),
            zone=loads[-1].zone if loads else "UTC",
            simulated=simulated,
            as_of=as_of or max((load.known_at for load in loads), default=None),
        )

    async def mark(self, *, simulated: bool) -> str:
        """Changes whenever more is known: what was read under the same mark need not be read again."""
        async with self._ledger.read() as tx:
            return await tx.loads.mark(simulated=simulated)

    async def history(self, *, first: date, last: date, simulated: bool) -> FactHistory:
        """Every version of everything about the days: older versions show how fast conversions arrive."""
        async with self._ledger.read() as tx:
            loads = await tx.loads.known(simulated=simulated)
        used = tuple(load for load in loads if load.last_day >= first and load.first_day <= last)
        frame = await self._lake.read(used, first, last, simulated=simulated, every_version=True)
        return FactHistory(frame, used)


def _words(loads: Sequence[Load]) -> tuple[str, ...]:
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
