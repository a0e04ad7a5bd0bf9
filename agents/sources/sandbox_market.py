"""The sandbox market as a source: what its platforms report, and nothing of its truth."""

from datetime import date, datetime

import polars as pl

from agents.market.calendar import ZONE
from agents.market.facts import SOURCE
from agents.market.platform import Platform
from agents.market.requests import EditInvalid, LoggedChange, ServerFault
from agents.sources.source import ForeignChange, SourceUnavailable
from storage.records.executions import FieldState
from storage.records.facts import CampaignState
from storage.records.plans import Resource

_OURS = "countersign"


class ResourceUnknown(Exception):
    """Raised when the source has no such resource or field; whoever named it must look again."""


class SandboxMarketSource:
    """Reads all four channels and the shop's own orders.

    `zone` is the shop's; each channel's days are those of its own calendar (agents.market.roster.TRAITS), which a
    fact keeps as the date that the platform shows.
    """

    name = SOURCE
    simulated = True
    zone = ZONE

    def __init__(self, platform: Platform, *, restatement_days: int = 30) -> None:
        """`restatement_days` is the conversion window that the market was made with."""
        self._platform = platform
        self.restatement_days = restatement_days

    async def today(self) -> date:
        return await self._platform.today()

    async def now(self) -> datetime:
        return await self._platform.now()

    async def campaigns(self) -> tuple[CampaignState, ...]:
        return await self._platform.campaigns()

    async def read(self, resource: Resource, field: str) -> FieldState:
        """Raises ResourceUnknown, and SourceUnavailable while the channel is out."""
        try:
            return await self._platform.read(resource.channel, resource.id, field)
        except EditInvalid as unknown:
            raise ResourceUnknown(str(unknown)) from unknown
        except ServerFault as fault:
            raise SourceUnavailable(str(fault)) from fault

    async def metrics(self, first: date, last: date) -> pl.DataFrame:
        return await self._platform.reported(first, last)

    async def changes_since(self, moment: datetime) -> tuple[ForeignChange, ...]:
        """Edits by others than us, later than the moment, oldest first."""
        changes = await self._platform.changes_since(moment)
        return tuple(_foreign(change) for change in changes if change.actor != _OURS)


def _foreign(change: LoggedChange) -> ForeignChange:
    return ForeignChange(
        resource=Resource(channel=change.channel, id=change.campaign_id, name=change.campaign),
        field=change.field,
        before=change.before,
        after=change.after,
        actor=change.actor,
        at=change.at,
    )
