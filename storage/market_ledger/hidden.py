"""market_truth.db: what nobody inside the simulated world can see. Only the market's own side opens it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.market_ledger.file import LedgerFile, insert, replace_all
from storage.market_ledger.rows import BaselineDayRow, TruthDayRow, WorldRow

_metadata = sa.MetaData()
_world = sa.Table(
    "world",
    _metadata,
    sa.Column("seed", sa.Integer, primary_key=True),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("scenario_first", sa.Date),
    sa.Column("scenario_last", sa.Date),
)
_truth_days = sa.Table(
    "truth_days",
    _metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("exposure_micros", sa.Integer, nullable=False),
    sa.Column("impressions", sa.Integer, nullable=False),
    sa.Column("efficiency_milli", sa.Integer, nullable=False),
    sa.Column("new_creative", sa.Boolean, nullable=False),
    sa.Column("adstock_micros", sa.Integer, nullable=False),
    sa.Column("creative_impressions", sa.Integer, nullable=False),
    sa.Column("expected_orders_micro", sa.Integer, nullable=False),
    sa.Column("orders", sa.Integer, nullable=False),
    sa.Column("revenue_micros", sa.Integer, nullable=False),
)
_baseline_days = sa.Table(
    "baseline_days",
    _metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("expected_orders_micro", sa.Integer, nullable=False),
    sa.Column("orders", sa.Integer, nullable=False),
    sa.Column("revenue_micros", sa.Integer, nullable=False),
)


class TruthLedger(LedgerFile):
    """The truth's file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _metadata)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["TruthBook"]:
        """One consistent view of the file."""
        async with self._connection(write=False) as connection:
            yield TruthBook(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["TruthBook"]:
        """One transaction that holds the write lock from its start."""
        async with self._connection(write=True) as connection:
            yield TruthBook(connection)


class TruthBook:
    """The rows of market_truth.db within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def world(self) -> WorldRow | None:
        row = (await self._connection.execute(sa.select(_world))).one_or_none()
        return None if row is None else WorldRow(*row)

    async def set_world(self, world: WorldRow) -> None:
        await replace_all(self._connection, _world, [world])

    async def replace_days(
        self, first: date, truth_days: Iterable[TruthDayRow], baseline_days: Iterable[BaselineDayRow]
    ) -> None:
        """Write the days from `first` on, dropping what a broken-off run may have left of them."""
        for table in (_truth_days, _baseline_days):
            await self._connection.execute(sa.delete(table).where(table.c.day >= first))
        await insert(self._connection, _truth_days, truth_days)
        await insert(self._connection, _baseline_days, baseline_days)

    async def truth_days(self, first: date, last: date) -> tuple[TruthDayRow, ...]:
        """Days, inclusive, by day and campaign."""
        columns = [_truth_days.c[field.name] for field in fields(TruthDayRow)]
        query = (
            sa.select(*columns)
            .where(_truth_days.c.day.between(first, last))
            .order_by(_truth_days.c.day, _truth_days.c.campaign_id)
        )
        return tuple(TruthDayRow(*row) for row in await self._connection.execute(query))

    async def baseline_days(self, first: date, last: date) -> tuple[BaselineDayRow, ...]:
        between = _baseline_days.c.day.between(first, last)
        query = sa.select(_baseline_days).where(between).order_by(_baseline_days.c.day)
        return tuple(BaselineDayRow(*row) for row in await self._connection.execute(query))
