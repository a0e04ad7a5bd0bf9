"""market.db: what the simulated platforms show and store; nothing in it knows the truth."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.market_ledger.file import LedgerFile, insert, replace_all
from storage.market_ledger.rows import (
    CampaignRow,
    ChangeRow,
    ClockRow,
    DeliveryRow,
    OutageRow,
    PostingRow,
    ReceiptRow,
    ReportedRow,
    StoreDayRow,
)
from storage.records.money import Money
from storage.records.plans import Value


class _ValueText(sa.TypeDecorator[Value]):
    """A field's value as JSON: text stays text, money keeps its currency."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Value | None, dialect: sa.Dialect) -> str | None:
        del dialect
        return json.dumps(value.model_dump() if isinstance(value, Money) else value, sort_keys=True)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Value | None:
        del dialect
        plain = json.loads(value)
        return Money.model_validate(plain) if isinstance(plain, dict) else str(plain)


class _Moment(sa.TypeDecorator[datetime]):
    """An aware moment as ISO text in UTC, which sorts as time does."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        del dialect
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        del dialect
        return None if value is None else datetime.fromisoformat(value)


_metadata = sa.MetaData()
_clock = sa.Table(
    "clock",
    _metadata,
    sa.Column("today", sa.Date, primary_key=True),
    sa.Column("edits_today", sa.Integer, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("fault_salt", sa.Text, nullable=False),
)
_campaigns = sa.Table(
    "campaigns",
    _metadata,
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False, unique=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("daily_budget_minor", sa.Integer, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("learning_until", sa.Date),
    sa.Column("creative", sa.Text),
    sa.Column("creative_since", sa.Date),
    sa.Column("submitted", sa.Text),
    sa.Column("submitted_on", sa.Date),
    sa.Column("rejected", sa.Boolean, nullable=False),
    sa.Column("shared_budget", sa.Text),
)
_changes = sa.Table(
    "changes",
    _metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("campaign_id", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("before", _ValueText, nullable=False),
    sa.Column("after", _ValueText, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", _Moment, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("key", sa.Text),
)
_receipts = sa.Table(
    "receipts",
    _metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("campaign_id", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("value", _ValueText, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("applied_at", _Moment, nullable=False),
)
_attempts = sa.Table(
    "attempts",
    _metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)
_deliveries = sa.Table(
    "deliveries",
    _metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("spend_micros", sa.Integer, nullable=False),
    sa.Column("budget_micros", sa.Integer, nullable=False),
    sa.Column("impressions", sa.Integer, nullable=False),
    sa.Column("clicks", sa.Integer, nullable=False),
    sa.Column("leads", sa.Integer, nullable=False),
    sa.Column("eligible", sa.Integer),
)
_postings = sa.Table(
    "postings",
    _metadata,
    sa.Column("click_day", sa.Date, primary_key=True),
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("arrival_day", sa.Date, primary_key=True),
    sa.Column("conversions", sa.Integer, nullable=False),
    sa.Column("revenue_micros", sa.Integer, nullable=False),
)
_store_days = sa.Table(
    "store_days",
    _metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("orders", sa.Integer, nullable=False),
    sa.Column("revenue_micros", sa.Integer, nullable=False),
)
_outages = sa.Table(
    "outages",
    _metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("first_day", sa.Date, primary_key=True),
    sa.Column("last_day", sa.Date),
)
_CHANGE_COLUMNS = [column for column in _changes.columns if column.name != "seq"]


class MarketLedger(LedgerFile):
    """The platforms' file; several processes may hold it open at once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _metadata)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["MarketBook"]:
        """One consistent view of the file."""
        async with self._connection(write=False) as connection:
            yield MarketBook(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["MarketBook"]:
        """One transaction that holds the write lock from its start; an exception undoes all of it."""
        async with self._connection(write=True) as connection:
            yield MarketBook(connection)


class MarketBook:
    """The rows of market.db within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def clock(self) -> ClockRow | None:
        """None as long as no market was made in this file."""
        row = (await self._connection.execute(sa.select(_clock))).one_or_none()
        return None if row is None else ClockRow(*row)

    async def set_clock(self, clock: ClockRow) -> None:
        await replace_all(self._connection, _clock, [clock])

    async def campaigns(self) -> tuple[CampaignRow, ...]:
        """All campaigns in their fixed order."""
        found = await self._connection.execute(sa.select(_campaigns).order_by(_campaigns.c.position))
        return tuple(CampaignRow(*row) for row in found)

    async def campaign(self, campaign_id: str) -> CampaignRow | None:
        query = sa.select(_campaigns).where(_campaigns.c.campaign_id == campaign_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else CampaignRow(*row)

    async def add_campaigns(self, campaigns: Iterable[CampaignRow]) -> None:
        await insert(self._connection, _campaigns, campaigns)

    async def save_campaign(self, campaign: CampaignRow) -> None:
        matching = _campaigns.c.campaign_id == campaign.campaign_id
        await self._connection.execute(sa.update(_campaigns).where(matching).values(**asdict(campaign)))

    async def log_changes(self, changes: Iterable[ChangeRow]) -> None:
        await insert(self._connection, _changes, changes)

    async def changes_after(self, moment: datetime) -> tuple[ChangeRow, ...]:
        """Changes later than the moment, oldest first."""
        query = sa.select(*_CHANGE_COLUMNS).where(_changes.c.at > moment).order_by(_changes.c.seq)
        return tuple(ChangeRow(*row) for row in await self._connection.execute(query))

    async def latest_changes(self, campaign_id: str, field: str, count: int) -> tuple[ChangeRow, ...]:
        """The last so many changes of one field of one campaign, newest first."""
        mine = sa.and_(_changes.c.campaign_id == campaign_id, _changes.c.field == field)
        query = sa.select(*_CHANGE_COLUMNS).where(mine).order_by(_changes.c.seq.desc()).limit(count)
        return tuple(ChangeRow(*row) for row in await self._connection.execute(query))

    async def latest_keyed_change(self) -> ChangeRow | None:
        """The last change that came with an idempotency key, so from a program and not from a person."""
        keyed = sa.select(*_CHANGE_COLUMNS).where(_changes.c.key.is_not(None))
        row = (await self._connection.execute(keyed.order_by(_changes.c.seq.desc()).limit(1))).one_or_none()
        return None if row is None else ChangeRow(*row)

    async def receipt(self, key: str) -> ReceiptRow | None:
        row = (await self._connection.execute(sa.select(_receipts).where(_receipts.c.key == key))).one_or_none()
        return None if row is None else ReceiptRow(*row)

    async def add_receipt(self, receipt: ReceiptRow) -> None:
        await insert(self._connection, _receipts, [receipt])

    async def count_attempt(self, key: str) -> int:
        """Count one more call under this key and return how many there were, this one included."""
        counted = await self._connection.scalar(sa.select(_attempts.c.number).where(_attempts.c.key == key))
        if counted is None:
            await self._connection.execute(sa.insert(_attempts).values(key=key, number=1))
            return 1
        again = sa.update(_attempts).where(_attempts.c.key == key).values(number=counted + 1)
        await self._connection.execute(again)
        return int(counted) + 1

    async def add_days(
        self,
        deliveries: Iterable[DeliveryRow],
        postings: Iterable[PostingRow],
        store_days: Iterable[StoreDayRow],
    ) -> None:
        await insert(self._connection, _deliveries, deliveries)
        await insert(self._connection, _postings, postings)
        await insert(self._connection, _store_days, store_days)

    async def deliveries(self, first: date, last: date) -> tuple[DeliveryRow, ...]:
        """Deliveries of the days, inclusive, by day and campaign."""
        between = _deliveries.c.day.between(first, last)
        columns = [_deliveries.c[field.name] for field in fields(DeliveryRow)]
        query = sa.select(*columns).where(between).order_by(_deliveries.c.day, _deliveries.c.campaign_id)
        return tuple(DeliveryRow(*row) for row in await self._connection.execute(query))

    async def posted(self, first: date, last: date, *, before: date) -> dict[tuple[str, date], tuple[int, int]]:
        """(campaign, click day) → conversions and revenue micros that had arrived before a day."""
        query = (
            sa.select(
                _postings.c.campaign_id,
                _postings.c.click_day,
                sa.func.sum(_postings.c.conversions),
                sa.func.sum(_postings.c.revenue_micros),
            )
            .where(_postings.c.click_day.between(first, last), _postings.c.arrival_day < before)
            .group_by(_postings.c.campaign_id, _postings.c.click_day)
        )
        found = await self._connection.execute(query)
        return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in found}

    async def reported(self, first: date, last: date, *, before: date) -> tuple[ReportedRow, ...]:
        """Campaign days, inclusive, as they were reported when `before` was the unfinished day."""
        campaigns = {row.campaign_id: row for row in await self.campaigns()}
        posted = await self.posted(first, last, before=before)
        return tuple(
            ReportedRow(campaigns[row.campaign_id], row, *posted.get((row.campaign_id, row.day), (0, 0)))
            for row in await self.deliveries(first, last)
            if row.day < before
        )

    async def store_days(self, first: date, last: date) -> tuple[StoreDayRow, ...]:
        query = sa.select(_store_days).where(_store_days.c.day.between(first, last)).order_by(_store_days.c.day)
        return tuple(StoreDayRow(*row) for row in await self._connection.execute(query))

    async def outages(self) -> tuple[OutageRow, ...]:
        query = sa.select(_outages).order_by(_outages.c.channel, _outages.c.first_day)
        return tuple(OutageRow(*row) for row in await self._connection.execute(query))

    async def set_outages(self, outages: Iterable[OutageRow]) -> None:
        await replace_all(self._connection, _outages, outages)
