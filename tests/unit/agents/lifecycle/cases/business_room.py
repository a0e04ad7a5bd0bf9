"""A business whose CRM and shop are read day by day, over a house: made by hand, looked at by the monitor."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from agents.drift import level
from agents.drift.signals import Signal
from agents.drift.thresholds import KpiRule
from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.kpis.by_day import Daily
from agents.kpis.concentration import Concentrated
from agents.kpis.definitions import Kpis, load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.object_reader import LakeObjects, TeamTime
from agents.lifecycle.cases.business_words import Moved
from agents.lifecycle.cases.grade import Grader
from agents.lifecycle.cases.monitor import Monitor
from agents.sources.readers import Readers
from storage.features import FeatureValues
from storage.lake.store import Lake
from storage.records.alerts import Alert, Finding
from storage.records.facts import Load
from tests.unit.agents.lifecycle.house import House

FIRST = date(2026, 1, 5)
"""A Monday."""
DAYS = 90
DAY = timedelta(days=1)
Rows = list[dict[str, Any]]


class NoWork:
    """A home without plans or costs."""

    async def work(
        self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool
    ) -> Mapping[str, pl.DataFrame]:
        return {}


@dataclass
class BusinessRoom:
    house: House
    lake: Lake
    kpis: KpiEngine
    monitor: Monitor
    loads: list[Load] = field(default_factory=list)

    def at(self, day: int) -> datetime:
        """The midnight that begins a day."""
        return datetime.combine(FIRST + day * DAY, time(), UTC)

    async def landed(self, dataset: str, rows: Rows, *, source: str, known_at: datetime) -> None:
        """One export with these rows, as of a moment."""
        schema = self.lake.dataset(dataset).table.schema
        plain = {"source": source, "simulated": False, "account": "", "line": 0}
        told = [{**plain, **row} for row in rows]
        frame = pl.DataFrame(told, schema={name: schema[name] for name in dict.fromkeys(k for r in told for k in r)})
        load = Load(
            id=f"load-{len(self.loads) + 1}", source=source, path=f"{dataset}-{len(self.loads) + 1}.csv",
            content_sha256="", layout="", simulated=False, known_at=known_at, first_day=FIRST,
            last_day=known_at.date() - DAY, campaigns=0, days=0, rows_read=len(rows), rows={dataset: len(rows)},
            spend={},
        )  # fmt: skip
        await self.lake.dataset(dataset).append([frame], load.id, known_at)
        async with self.house.ledger.write() as tx:
            await tx.loads.add(load, fingerprint=load.id, lake_version=0)
        self.loads.append(load)

    async def look(self, day: int, dataset: str, rows: Rows, *, source: str = "hubspot") -> tuple[Finding, ...]:
        """Read everything up to the end of a day, in the small hours of the next but one, and look."""
        now = datetime.combine(FIRST + (day + 1) * DAY, time(9), UTC)
        self.house.clock.now = now
        moment = {"lead": "created_at", "order": "ordered_at", "ticket": "opened_at"}[dataset]
        await self.landed(dataset, [row for row in rows if row[moment] < now], source=source, known_at=now)
        return await self.monitor.check()

    async def alerts(self) -> list[Alert]:
        found = []
        async with self.house.ledger.read() as tx:
            while (alert := await tx.alerts.get(f"ALERT-{len(found) + 1}")) is not None:
                found.append(alert)
        return found


def a_business_room(house: House, folder: Path, *, kpis: Kpis | None = None) -> BusinessRoom:
    lake, readers = Lake(str(folder / "lake")), Readers({})

    async def team() -> TeamTime:
        return TeamTime(zone="Europe/London")

    facts = LakeReader(house.ledger, lake)
    engine = KpiEngine(
        facts, kpis=kpis or load_kpis(), clock=house.clock,
        objects=LakeObjects(house.ledger, lake, team=team, own=NoWork(), clock=house.clock),
    )  # fmt: skip
    monitor = Monitor(
        house.ledger, facts=facts, kpis=engine, readers=readers, clock=house.clock,
        features=FeatureStore(house.ledger, facts, FeatureValues(lake.uri), definitions=load_features()),
        grader=Grader(house.ledger, house.rulebook, readers=readers), rulebook=house.rulebook,
    )  # fmt: skip
    return BusinessRoom(house=house, lake=lake, kpis=engine, monitor=monitor)


def a_moved(*, member: Concentrated | None = None) -> Moved:
    """New leads on Friday 20 March 2026: 4 instead of 60."""
    kpi, days = load_kpis()["new_leads"], np.ones(60)
    daily = Daily(kpi, kpi.formulas[0], None, date(2026, 3, 20), days * 60, days, days * 60, ())
    reading = level.Reading(
        days=1, observed=4.0, expected=60.0, effect=-0.93, z=-9.0, record=4.0, usual=0.0, scale=0.1, largest=0.2
    )
    signal = Signal("new_leads", "all", (reading,), reading, 1, quiet=(30.0, 110.0))
    rule = KpiRule(kpi="new_leads", unit="count", bad="down", min_effect=0.25, critical_effect=0.6)
    return Moved(
        daily=daily, rule=rule, signal=signal, streak=1, since=daily.last, growing=False, simulated=False, member=member
    )


def each_day(a_day: Callable[[int], float], make: Callable[[int, datetime], dict[str, Any]], *, seed: int = 1) -> Rows:
    """So many things a day, by chance around what is usual, within its working hours."""
    random = np.random.default_rng(seed)
    rows: Rows = []
    for day in range(DAYS):
        for _ in range(random.poisson(a_day(day))):
            at = datetime.combine(FIRST + day * DAY, time(9), UTC) + timedelta(minutes=int(random.integers(0, 480)))
            rows.append(make(len(rows) + 1, at))
    return rows


def on_weekdays(usual: float, *, changed: Sequence[int] = (), to: float = 0.0) -> Callable[[int], float]:
    """A usual number on weekdays, another on changed days, next to none on weekends."""
    return lambda day: 0.2 if day % 7 > 4 else (to if day in changed else usual)
