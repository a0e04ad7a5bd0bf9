"""Observe: sources are read into the lake, and only a registered load becomes readable."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from agents.sources.readers import Readers
from agents.sources.source import Source
from storage.lake import Lake
from storage.ledger import Ledger
from storage.records.facts import Load
from storage.records.money import MICROS

FIRST_REACH = timedelta(days=400)
"""How far back the first read of a source goes."""


class Observer:
    """Pulls every source once; the same state of a source is landed once."""

    def __init__(self, ledger: Ledger, lake: Lake, *, readers: Readers, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._lake = lake
        self._readers = readers
        self._clock = clock

    async def pull(self) -> tuple[Load, ...]:
        """Land what is new or restated in each source; empty where nothing changed. Raises SourceUnavailable."""
        landed = [await self._pull(source) for source in self._readers.sources]
        return tuple(load for load in landed if load is not None)

    async def _pull(self, source: Source) -> Load | None:
        newest = await source.today() - timedelta(days=1)
        async with self._ledger.read() as tx:
            known = [one for one in await tx.loads.known(simulated=source.simulated) if one.source == source.name]
        reach = timedelta(days=source.restatement_days) if known else FIRST_REACH
        frame = await source.metrics(newest - reach, newest)
        fingerprint = _fingerprint(source, frame)
        async with self._ledger.read() as tx:
            if frame.is_empty() or await tx.loads.by_fingerprint(fingerprint) is not None:
                return None
        load = _load_of(source, frame, known_at=await source.now(), fingerprint=fingerprint)
        version = await self._lake.append([frame], load.id, load.known_at)
        async with self._ledger.write() as tx:
            if await tx.loads.by_fingerprint(fingerprint) is not None:
                return None  # another process landed the same state in the meantime
            await tx.loads.add(load, fingerprint=fingerprint, lake_version=version)
            await tx.audit.append(
                at=self._clock(), actor="system", action="data.loaded", subject=f"load:{load.id}",
                facts={
                    "source": load.source, "first_day": load.first_day, "last_day": load.last_day,
                    "rows": load.rows_read, "fingerprint": fingerprint, "lake_version": version,
                },
            )
            await tx.lineage.link(f"load:{load.id}", [(f"source:{load.source}", f"source {load.source}")])
        return load


def _fingerprint(source: Source, frame: pl.DataFrame) -> str:
    return hashlib.sha256(f"{source.name}\n".encode() + frame.write_csv().encode()).hexdigest()


def _load_of(source: Source, frame: pl.DataFrame, *, known_at: datetime, fingerprint: str) -> Load:
    ads = frame.filter(pl.col("channel") != "store")
    first_day, last_day = frame["day"].min(), frame["last_day"].max()
    spend = ads.group_by("currency").agg(pl.col("spend_micros").sum()).sort("currency")
    return Load(
        id=f"{source.name}-{last_day}-{fingerprint[:8]}",
        source=source.name,
        path=f"{first_day} to {last_day}",
        content_sha256=fingerprint,
        layout="api",
        simulated=source.simulated,
        known_at=known_at,
        zone=source.zone,
        restatement_days=source.restatement_days,
        first_day=first_day,
        last_day=last_day,
        campaigns=ads["campaign_id"].n_unique(),
        days=frame["day"].n_unique(),
        rows_read=frame.height,
        spend={currency: Decimal(micros) / MICROS for currency, micros in spend.iter_rows()},
    )
