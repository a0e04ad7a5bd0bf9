"""All sources behind one door, asked by channel."""

import asyncio
from collections.abc import Mapping
from datetime import date

from agents.sources.source import Source
from storage.records.executions import FieldState
from storage.records.facts import CampaignState
from storage.records.plans import Resource


class UnknownChannel(LookupError):
    """Raised when a plan names a channel that no source reads; the channel must be connected first."""

    def __init__(self, channel: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no source reads channel {channel!r}; connected: {', '.join(known) or 'none'}")


class Readers:
    """Which source answers for which channel."""

    def __init__(self, by_channel: Mapping[str, Source]) -> None:
        self._by_channel = dict(by_channel)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Each source once, in the order of the channels."""
        return tuple({id(source): source for source in self._by_channel.values()}.values())

    def source_of(self, channel: str) -> Source:
        """Raises UnknownChannel."""
        if channel not in self._by_channel:
            raise UnknownChannel(channel, tuple(self._by_channel))
        return self._by_channel[channel]

    async def campaigns(self) -> tuple[CampaignState, ...]:
        """Every campaign of every source as it is now."""
        found = await asyncio.gather(*(source.campaigns() for source in self.sources))
        return tuple(campaign for campaigns in found for campaign in campaigns)

    async def read(self, resource: Resource, field: str) -> FieldState:
        return await self.source_of(resource.channel).read(resource, field)

    async def today(self, channel: str) -> date:
        """The unfinished day in the calendar of the channel's source."""
        return await self.source_of(channel).today()
