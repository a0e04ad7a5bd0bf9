"""The contract of everything we read: metrics by day and the state of campaigns; nothing here can write."""

from datetime import date, datetime
from typing import Protocol

import polars as pl

from storage.records.executions import FieldState
from storage.records.facts import CampaignState
from storage.records.plans import Resource, Value
from storage.records.record import Record, UtcDatetime


class SourceUnavailable(Exception):
    """Raised when a source does not answer; what was known before stays, and grows stale."""


class ForeignChange(Record):
    """A change on a channel that someone other than us made."""

    resource: Resource
    field: str
    before: Value
    after: Value
    actor: str
    at: UtcDatetime


class Source(Protocol):
    """Read access to one outside system."""

    name: str
    simulated: bool
    zone: str
    """IANA zone in which the source counts its days."""
    restatement_days: int
    """Days back from its newest day that the source may still change."""

    async def today(self) -> date:
        """The source's current, unfinished day in its own calendar."""

    async def now(self) -> datetime:
        """The source's own clock, aware, UTC: simulated for a simulated source."""

    async def campaigns(self) -> tuple[CampaignState, ...]: ...

    async def read(self, resource: Resource, field: str) -> FieldState: ...

    async def metrics(self, first: date, last: date) -> pl.DataFrame:
        """Daily facts of complete days, inclusive, as they are reported now.

        Columns: those of storage.lake.facts.FACTS except load_id and known_at.
        """

    async def changes_since(self, moment: datetime) -> tuple[ForeignChange, ...]: ...
