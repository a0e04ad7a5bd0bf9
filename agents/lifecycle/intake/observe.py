"""Observe: sources are read into the lake, and only a registered load becomes readable."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from agents.lifecycle.intake.register import enter
from agents.sources.readers import Readers
from agents.sources.source import Source, SourceUnavailable
from storage.lake.store import Lake
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
        """Land what is new or restated in each source; empty where nothing changed.

        Raises SourceUnavailable once every other source is read.
        """
        landed, silent = [], None
        for source in self._readers.sources:
            try:
                landed.append(await self._pull(source))
            except SourceUnavailable as error:
                silent = error
        if silent is not None:
            raise silent
        return tuple(load for load in landed if load is not None)

    async def _pull(self, source: Source) -> Load | None:
        newest = await source.today() - timedelta(days=1)
        async with self._ledger.read() as tx:
            known = [one for one in await tx.loads.known(simulated=source.simulated) if one.source == source.name]
        # What we have not seen yet, and what the source may have restated since; also after weeks of not reading.
        seen_to = min([newest, *(load.last_day for load in known[-1:])])
        restated = timedelta(days=source.restatement_days)
        frame = await source.metrics(seen_to - (restated if known else FIRST_REACH), newest)
        # Over the days that any read covers, so that the first read and the next one see the same state alike.
        fingerprint = _fingerprint(source, frame.filter(pl.col("day") >= newest - restated))
        async with self._ledger.read() as tx:
            if frame.is_empty() or await tx.loads.by_fingerprint(fingerprint) is not None:
                return None
        load = _load_of(source, frame, known_at=await source.now(), fingerprint=fingerprint)
        version = await self._lake.append([frame], load.id, load.known_at)
        load = load.model_copy(update={"versions": {"facts": version}})
        async with self._ledger.write() as tx:
            if await tx.loads.by_fingerprint(fingerprint) is not None:
                return None  # another process landed the same state in the meantime
            await enter(tx, load, fingerprint=fingerprint, lines=None, now=self._clock())
        return load


def _fingerprint(source: Source, frame: pl.DataFrame) -> str:
    return hashlib.sha256(f"{source.name}\n".encode() + frame.write_csv().encode()).hexdigest()


def _day(value: object) -> date:
    assert isinstance(value, date), "a frame with rows has days"
    return value


def _load_of(source: Source, frame: pl.DataFrame, *, known_at: datetime, fingerprint: str) -> Load:
    ads = frame.filter(pl.col("channel") != "store")
    first_day, last_day = _day(frame["day"].min()), _day(frame["last_day"].max())
    spend = ads.group_by("currency").agg(pl.col("spend_micros").sum()).sort("currency")
    return Load(
        id=f"{source.name}-{last_day}-{fingerprint[:8]}",
        source=source.name,
        path=f"{first_day} to {last_day}",
        content_sha256=_fingerprint(source, frame),
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
        rows={"facts": frame.height},
        spend={currency: Decimal(micros) / MICROS for currency, micros in spend.iter_rows()},
    )
