"""Rows of the lake for KPI tests, and a reader that answers from memory."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from agents.kpis.query import FactSlice
from storage.lake.facts import FACTS

MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
NEWEST = date(2026, 3, 10)

_PLAIN: dict[str, Any] = {
    "source": "sandbox",
    "simulated": False,
    "account": "main",
    "channel": "paid_search",
    "campaign_id": "c1",
    "campaign": "Brand",
    "grain": "campaign",
    "breakdown": "",
    "day": MONDAY,
    "currency": "GBP",
    "flags": "",
    "line": 0,
    "load_id": "L1",
    "known_at": NOW,
}


def row(**values: Any) -> dict[str, Any]:
    """One fact; columns that are not given are null, as where a source says nothing."""
    return {**dict.fromkeys(FACTS.names()), **_PLAIN, "last_day": values.get("day", MONDAY), **values}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=FACTS)


def facts(*rows: dict[str, Any], **slice_values: Any) -> FactSlice:
    values: dict[str, Any] = {
        "frame": frame(*rows),
        "sources": ("sandbox, load L1 (9 days)",),
        "newest_day": NEWEST,
        "restatement_days": 0,
        "zone": "Europe/London",
        "simulated": False,
    }
    return FactSlice(**{**values, **slice_values})


class InMemoryFacts:
    """A FactReader over fixed rows; real and simulated ones apart, each known from its known_at on."""

    def __init__(self, *rows: dict[str, Any], restatement_days: int = 0) -> None:
        self._rows = frame(*rows)
        self._restatement_days = restatement_days
        self.asked: list[tuple[date, date, datetime | None, bool]] = []

    async def facts(self, *, first: date, last: date, as_of: datetime | None, simulated: bool) -> FactSlice:
        self.asked.append((first, last, as_of, simulated))
        world = self._rows.filter(pl.col("simulated") == simulated)
        if as_of is not None:
            world = world.filter(pl.col("known_at") <= as_of)
        return FactSlice(
            frame=world.filter(pl.col("day") <= last, pl.col("last_day") >= first),
            sources=tuple(world.get_column("source").unique().sort().to_list()),
            newest_day=world.get_column("last_day").max(),  # type: ignore[arg-type]
            restatement_days=self._restatement_days,
            zone="Europe/London",
            simulated=simulated,
        )
