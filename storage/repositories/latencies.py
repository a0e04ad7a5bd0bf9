"""How long what people wait for took: a histogram a day and kind of wait, of all processes of a home."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.dashboards import LatencyBucket
from storage.tables.dashboards import latency


class Latencies:
    """Adds and sums on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, seen: Iterable[LatencyBucket]) -> None:
        """Count further waits; the transaction must hold the write lock."""
        for one in seen:
            key = (latency.c.day == one.day) & (latency.c.what == one.what) & (latency.c.bound_ms == one.bound_ms)
            more = {name: latency.c[name] + getattr(one, name) for name in ("count", "failed", "total_us")}
            counted = await self._connection.execute(update(latency).where(key).values(more))
            if counted.rowcount == 0:
                await self._connection.execute(insert(latency).values(one.model_dump()))

    async def between(self, first: date, last: date) -> tuple[LatencyBucket, ...]:
        """Of the days (UTC) from first to last, by day, kind and bound."""
        rows = await self._connection.execute(
            select(latency)
            .where(latency.c.day.between(first, last))
            .order_by(latency.c.day, latency.c.what, latency.c.bound_ms)
        )
        return tuple(LatencyBucket.model_validate(row._asdict()) for row in rows)

    async def totals(self) -> tuple[LatencyBucket, ...]:
        """Of all days together, each under its newest day; by kind and bound."""
        rows = await self._connection.execute(
            select(
                func.max(latency.c.day).label("day"),
                latency.c.what,
                latency.c.bound_ms,
                func.sum(latency.c.count).label("count"),
                func.sum(latency.c.failed).label("failed"),
                func.sum(latency.c.total_us).label("total_us"),
            )
            .group_by(latency.c.what, latency.c.bound_ms)
            .order_by(latency.c.what, latency.c.bound_ms)
        )
        return tuple(LatencyBucket.model_validate(row._asdict()) for row in rows)
