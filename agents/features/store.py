"""The feature store: values are made once, kept with what was known then, served to planning and monitoring alike."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from agents.features.compute import from_nano, values_on
from agents.features.definitions import Definitions, FeatureChanged
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import FactSlice
from storage.features import VALUES, FeatureValues
from storage.ledger import Ledger
from storage.records.facts import Load
from storage.records.features import FeatureProfile, FeatureRun
from storage.records.record import digest_of

_DAY = timedelta(days=1)
_REACH = timedelta(days=35)
"""How far back values are made: an older restatement changes the past, which nobody plans with."""
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_KEY = ["feature", "version", "entity", "day"]


@dataclass(frozen=True)
class Served:
    """The features of all campaigns at one moment."""

    day: date | None
    """The newest day that any value counts; None where there is none."""
    values: Mapping[str, Mapping[str, Decimal | None]]
    """`Resource.key` of a campaign → name of a feature → value; a value past its time to live is not there."""
    versions: Mapping[str, str]
    """`feature:NAME` → version, of those served: what a plan made from them pins."""

    def of(self, entity: str, feature: str) -> Decimal | None:
        """One value; None where it is undefined, unknown or too old."""
        return self.values.get(entity, {}).get(feature)


NOTHING_SERVED = Served(day=None, values={}, versions={})


class FeatureStore:
    """Makes, keeps and serves the values of one set of definitions."""

    def __init__(self, ledger: Ledger, facts: LakeReader, values: FeatureValues, *, definitions: Definitions) -> None:
        self._ledger = ledger
        self._facts = facts
        self._values = values
        self._definitions = definitions

    @property
    def definitions(self) -> Definitions:
        return self._definitions

    @property
    def _wanted(self) -> list[tuple[str, int]]:
        return [(one.name, one.version) for one in self._definitions.values()]

    async def materialise(self, *, simulated: bool) -> FeatureRun | None:
        """Make the values that new or restated facts call for; None where nothing changed.

        Only days that a new load touches, and those whose windows reach back to them, are made again, and only values
        that differ are written. Raises FeatureChanged.
        """
        async with self._ledger.read() as tx:
            loads = [one for one in await tx.loads.known(simulated=simulated) if one.holds("facts")]
            runs = await tx.features.runs(simulated=simulated)
            known = await tx.features.definitions()
        for one in self._definitions.values():
            if one.id in known and known[one.id].digest != one.digest:
                raise FeatureChanged(one, known[one.id])
        taken_in = {load_id for run in runs for load_id in run.loads}
        if any(one.id not in known for one in self._definitions.values()):
            taken_in = set()  # a new definition is wanted of the past, too
        news = [load for load in loads if load.id not in taken_in]
        if not news:
            return None
        last = max(load.last_day for load in loads)
        first = max(min(load.first_day for load in news), last - _REACH)
        made = await self._made(first, last, simulated=simulated)
        before = await self._values.read(runs, simulated=simulated, first=first, last=last, features=self._wanted)
        fresh = _changed(made, before)
        run = self._run(news, fresh, last=last, known_at=max(load.known_at for load in loads), simulated=simulated)
        version = await self._values.append(fresh, run.id, run.known_at) if fresh.height else -1
        async with self._ledger.write() as tx:
            newest = await tx.features.newest_run(simulated=simulated)
            if (newest.id if newest else None) != (runs[-1].id if runs else None):
                return None  # another process made them in the meantime
            used = await tx.features.definitions()
            for one in self._definitions.values():
                if one.id not in used:
                    await tx.features.define(one)
            stored = run.model_copy(update={"lake_version": version})
            await tx.features.add_run(stored)
            await tx.features.put_profiles(_profiles(made, fresh), simulated=simulated)
        return stored

    async def serve(self, *, simulated: bool, day: date, as_of: datetime | None = None) -> Served:
        """The newest values of each feature up to `day`, as they were known at `as_of` (now, if None)."""
        async with self._ledger.read() as tx:
            runs = await tx.features.runs(simulated=simulated, as_of=as_of)
        reach = max(one.ttl_days for one in self._definitions.values()) * _DAY
        rows = await self._values.read(runs, simulated=simulated, first=day - reach, last=day, features=self._wanted)
        return _served(rows, day, self._definitions)

    async def latest(self, *, simulated: bool, days: Iterable[date]) -> pl.DataFrame:
        """Every value of some days as it is known now; columns as of `FeatureValues.read`."""
        async with self._ledger.read() as tx:
            runs = await tx.features.runs(simulated=simulated)
        read = [
            await self._values.read(runs, simulated=simulated, first=day, last=day, features=self._wanted)
            for day in days
        ]
        return pl.concat(read)

    async def recomputed(self, *, simulated: bool, day: date, as_of: datetime) -> Served:
        """The same from raw facts as they were known at that moment: what `serve` must equal."""
        frames = [
            values_on(await self._slice(one_day, one_day, simulated=simulated, as_of=as_of), one_day, [one])
            for one in self._definitions.values()
            for one_day in (day - step * _DAY for step in range(one.ttl_days, -1, -1))
        ]
        return _served(pl.concat(frames).drop("simulated"), day, self._definitions)

    async def history(self, *, simulated: bool, first: date, last: date) -> pl.DataFrame:
        """Every version of every value, with `known_at`, oldest run first."""
        async with self._ledger.read() as tx:
            runs = await tx.features.runs(simulated=simulated)
        return await self._values.history(runs, simulated=simulated, first=first, last=last)

    def _run(
        self, news: list[Load], fresh: pl.DataFrame, *, last: date, known_at: datetime, simulated: bool
    ) -> FeatureRun:
        loads = tuple(load.id for load in news)
        # The same loads give the same values: an append that was not registered before a crash is found again.
        made_of = [simulated, *loads, *(one.digest for one in self._definitions.values())]
        changed = fresh["day"].min() if fresh.height else last
        assert isinstance(changed, date)
        return FeatureRun(
            id=f"features-{digest_of(made_of)[:16]}",
            simulated=simulated,
            day=last,
            first_changed_day=changed,
            known_at=known_at,
            loads=loads,
            rows=fresh.height,
            lake_version=-1,
        )

    async def _made(self, first: date, last: date, *, simulated: bool) -> pl.DataFrame:
        facts = await self._slice(first, last, simulated=simulated, as_of=None)
        days = [first + step * _DAY for step in range((last - first).days + 1)]

        def make() -> pl.DataFrame:
            return pl.concat([values_on(facts, day, self._definitions.values()) for day in days])

        return await asyncio.to_thread(make)

    async def _slice(self, first: date, last: date, *, simulated: bool, as_of: datetime | None) -> FactSlice:
        longest = max(one.window_days for one in self._definitions.values())
        return await self._facts.facts(first=first - longest * _DAY, last=last, as_of=as_of, simulated=simulated)


def _changed(made: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Values that are new or differ from the newest word on them; what is not made any more becomes null."""
    old = before.select(*_KEY, pl.col("value_nano").alias("_old"), pl.lit(value=True).alias("_known"))
    joined = made.join(old, on=_KEY, how="left")
    differs = pl.col("_known").is_null() | ~pl.col("value_nano").eq_missing(pl.col("_old"))
    gone = before.filter(pl.col("value_nano").is_not_null()).join(made, on=_KEY, how="anti")
    simulated = made["simulated"].first() if made.height else False
    nulled = gone.select(pl.lit(simulated).alias("simulated"), *_KEY, pl.lit(None, dtype=pl.Int64).alias("value_nano"))
    return pl.concat([joined.filter(differs).select(VALUES.names()), nulled])


def _served(rows: pl.DataFrame, day: date, definitions: Definitions) -> Served:
    values: dict[str, dict[str, Decimal | None]] = {}
    versions: dict[str, str] = {}
    newest: date | None = None
    for row in rows.sort("day").iter_rows(named=True):
        definition = definitions.get(row["feature"])
        fits = definition is not None and row["version"] == definition.version
        if not fits or definition is None or (day - row["day"]).days > definition.ttl_days:
            continue
        values.setdefault(row["entity"], {})[definition.name] = from_nano(row["value_nano"])
        versions[f"feature:{definition.name}"] = str(definition.version)
        newest = row["day"] if newest is None else max(newest, row["day"])
    return Served(day=newest, values=values, versions=dict(sorted(versions.items())))


def _profiles(made: pl.DataFrame, fresh: pl.DataFrame) -> list[FeatureProfile]:
    """Distributions of the days on which anything changed."""
    days = ["feature", "version", "day"]
    touched = made.join(fresh.select(days).unique(), on=days, how="semi")
    at = [pl.col("value_nano").quantile(q, "nearest").cast(pl.Int64).alias(f"q{i}") for i, q in enumerate(_QUANTILES)]
    grouped = touched.group_by(days).agg(
        pl.len().alias("count"), pl.col("value_nano").null_count().alias("missing"), *at
    )
    return [
        FeatureProfile(
            feature=row["feature"],
            version=row["version"],
            day=row["day"],
            count=row["count"],
            missing=row["missing"],
            quantiles=tuple(value for i in range(len(_QUANTILES)) if (value := from_nano(row[f"q{i}"])) is not None),
        )
        for row in grouped.sort(days).iter_rows(named=True)
    ]
