"""A small lake and ledger in which things become known, and the graph that is charted from them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from agents.knowledge.charted import Charted, Shown
from agents.knowledge.charting import Charter
from agents.knowledge.charts.measures import Measure
from storage.contracts.entities import BY_DATASET
from storage.database import Database
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.facts import CampaignState, Load
from storage.records.graph import EdgeView, NodeRef, NodeView
from tests.fakes.clock import HandClock
from tests.fakes.work_queue import HandWorkQueue

FIRST, LAST = date(2025, 3, 2), date(2025, 3, 29)
MEASURES = (
    Measure(name="spend", label="Spend", unit="currency", direction="neutral", owner="marketing operations"),
    Measure(name="revenue", label="Revenue", unit="currency", direction="higher", owner="marketing operations"),
    Measure(
        name="roas", label="ROAS", unit="ratio", direction="higher", owner="marketing operations",
        parts=("revenue", "spend"),
    ),
)  # fmt: skip


@dataclass
class Study:
    """Where data lands and is charted."""

    ledger: Ledger
    lake: Lake
    clock: HandClock
    declared: Path
    charter: Charter
    states: dict[str, tuple[CampaignState, ...]] = field(default_factory=dict)
    loads: int = 0

    async def facts(self, *rows: dict[str, Any], source: str = "google_ads", last: date = LAST) -> Load:
        """Land ad figures: each row needs campaign_id at least."""
        frame = pl.DataFrame([fact(source=source, **row) for row in rows], schema=dict(REPORTED))
        load = self._load(source, {"facts": frame.height}, last=last)
        await self.lake.append([frame], load.id, load.known_at)
        return await self.register(load)

    async def entities(self, dataset: str, *rows: dict[str, Any], source: str = "shopify") -> Load:
        """Land rows of one dataset."""
        load = self._load(source, {dataset: len(rows)})
        await self._append(dataset, rows, load)
        return await self.register(load)

    async def orders(self, orders: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Load:
        load = self._load("shopify", {"order": len(orders), "order_line": len(lines)})
        await self._append("order", orders, load)
        await self._append("order_line", lines, load)
        return await self.register(load)

    async def register(self, load: Load) -> Load:
        async with self.ledger.write() as tx:
            await tx.loads.add(load, fingerprint=load.id, lake_version=0)
            await tx.audit.append(
                at=self.clock(), actor="system", action="data.loaded", subject=f"load:{load.id}", facts={}
            )
        return load

    async def chart(self) -> Charted:
        return await self.charter.catch_up()

    async def edges(self, ref: NodeRef, at: datetime | None = None) -> tuple[EdgeView, ...]:
        async with self.ledger.read() as tx:
            found = await tx.graph.as_of(ref, valid_at=at or self.clock(), hops=1)
        return () if found is None else tuple(one for one in found.edges if ref in (one.src, one.dst))

    async def node(self, ref: NodeRef, at: datetime | None = None) -> NodeView:
        async with self.ledger.read() as tx:
            found = await tx.graph.get(ref, valid_at=at or self.clock())
        assert found is not None, ref
        return found

    async def all_edges(self) -> set[str]:
        """Every edge that holds now, as text."""
        found: set[str] = set()
        async with self.ledger.read() as tx:
            for kind in ("campaign", "product", "audience", "kpi", "plan", "event", "lead", "content_item", "ad_group"):
                for view in await tx.graph.nodes(kind, valid_at=self.clock()):
                    around = await tx.graph.as_of(view.ref, valid_at=self.clock(), hops=1)
                    assert around is not None
                    found |= {f"{one.src} {one.relation} {one.dst}{_said(one)}" for one in around.edges}
        return found

    async def _append(self, dataset: str, rows: Any, load: Load) -> None:
        entity = BY_DATASET[dataset]
        known = [{"source": load.source, "simulated": False, "account": "", "line": 0, **row} for row in rows]
        schema = self.lake.dataset(dataset).table.schema
        frame = pl.DataFrame(known, schema={name: schema[name] for name in known[0]})
        assert entity.dataset == dataset
        await self.lake.dataset(dataset).append([frame], load.id, load.known_at)

    def _load(self, source: str, rows: dict[str, int], *, last: date = LAST) -> Load:
        self.loads += 1
        self.clock.pass_(hours=1)
        return Load(
            id=f"load-{self.loads}", source=source, path=f"{self.loads}.csv", content_sha256="", layout="",
            simulated=False, known_at=self.clock(), first_day=FIRST, last_day=last, campaigns=0, days=0,
            rows_read=sum(rows.values()), rows=rows, spend={},
        )  # fmt: skip


def a_study(database: Database, folder: Path, clock: HandClock) -> Study:
    ledger, lake, declared = Ledger(database, HandWorkQueue(database)), Lake(str(folder / "lake")), folder / "know.yml"
    states: dict[str, tuple[CampaignState, ...]] = {}

    async def shown() -> tuple[Shown, ...]:
        return tuple(Shown(source=source, at=clock(), states=each) for source, each in states.items())

    charter = Charter(ledger, lake, shown=shown, measures=MEASURES, declared=declared, clock=clock)
    return Study(ledger, lake, clock, declared, charter, states)


def fact(**changes: Any) -> dict[str, Any]:
    base = {
        "source": "google_ads", "simulated": False, "account": "", "channel": "paid_search", "grain": "campaign",
        "breakdown": "", "day": FIRST, "last_day": LAST, "currency": "GBP", "spend_micros": 1_000_000, "flags": "",
        "line": 0,
    } | changes  # fmt: skip
    return {"campaign": base["campaign_id"]} | base


def day(number: int) -> datetime:
    """Midnight of a day of March 2025."""
    return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=number - 1)


def _said(edge: EdgeView) -> str:
    return f" {dict(sorted(edge.props.items()))}" if edge.props else ""
