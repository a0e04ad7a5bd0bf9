"""The sandbox market as a channel: the contract of a real adapter over the simulated platforms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.channels.channel import (
    Capability,
    ChangeRefused,
    Channel,
    ChannelUnavailable,
    OutcomeUnknown,
    Reversibility,
    VersionConflict,
)
from agents.market.platform import Platform
from agents.market.requests import (
    EditInvalid,
    EditRequest,
    EditsBlocked,
    ServerFault,
    TimedOut,
    VersionStale,
)
from agents.market.roster import CHANNELS, TRAITS
from agents.market.rules import BUDGET, BUDGET_EDITS_PER_HOUR, CREATIVE, STATUS
from storage.records.executions import FieldState, Receipt
from storage.records.plans import Change, Resource, Value

ACTOR = "countersign"
"""The name under which our edits stand in the platforms' change logs."""
_GONE = {
    "email": "Mail already sent cannot be recalled, and the money spent on it stays spent.",
    "website": "Money already spent stays spent; visitors who saw the page saw it.",
}
_SPENT = "Money already spent stays spent."
_CREATIVE = Capability(
    field=CREATIVE,
    reversible=Reversibility.PARTLY,
    max_per_hour=None,
    resets_learning=False,
    irreversible_note=(
        f"{_SPENT} Once the new creative is shown, the old one has to pass the platform's review again, "
        "and people have seen the new one."
    ),
)
"""A creative is set at once and shown only when the platform's review has taken it."""


class SandboxMarketChannel:
    """One of the market's four channels; `name` is one of agents.market.roster.CHANNELS."""

    simulated = True

    def __init__(self, name: str, platform: Platform) -> None:
        self.name = name
        self._platform = platform

    def capabilities(self) -> tuple[Capability, ...]:
        note = _GONE.get(self.name, _SPENT)
        creative = (_CREATIVE,) if TRAITS[self.name].reviews_creatives else ()
        return (
            Capability(
                field=BUDGET,
                reversible=Reversibility.FULL,
                max_per_hour=BUDGET_EDITS_PER_HOUR.get(self.name),
                resets_learning=TRAITS[self.name].learns,
                irreversible_note=note,
            ),
            Capability(
                field=STATUS,
                reversible=Reversibility.FULL,
                max_per_hour=None,
                resets_learning=False,
                irreversible_note=note,
            ),
            *creative,
        )

    async def read(self, resource: Resource, field: str) -> FieldState:
        """The field now; raises ChangeRefused for a resource or field that the channel does not have."""
        async with _translated(resource, expected=""):
            self._own(resource)
            return await self._platform.read(self.name, resource.id, field)

    async def preview(self, change: Change) -> tuple[FieldState, Value]:
        """The field now and as `apply` would leave it; writes nothing, raises as `apply` would."""
        async with _translated(change.resource, expected=change.expected_version):
            self._own(change.resource)
            return await self._platform.check(_request(change, "", change.expected_version))

    async def apply(self, change: Change, *, key: str, expected_version: str) -> Receipt:
        """Write once under the key; see agents.channels.channel.Channel for what it raises."""
        async with _translated(change.resource, expected=expected_version):
            self._own(change.resource)
            return await self._platform.apply(_request(change, key, expected_version))

    async def find(self, key: str) -> Receipt | None:
        """What was applied under the key; raises ChannelUnavailable while out, at most twice in a row."""
        try:
            return await self._platform.find(self.name, key)
        except ServerFault as fault:
            raise ChannelUnavailable(str(fault)) from fault

    def _own(self, resource: Resource) -> None:
        if resource.channel != self.name or resource.kind != "campaign":
            raise ChangeRefused(f"{resource.key} is no campaign of {self.name}")


def sandbox_channels(platform: Platform) -> dict[str, Channel]:
    """Name → channel, for all four."""
    return {name: SandboxMarketChannel(name, platform) for name in CHANNELS}


def _request(change: Change, key: str, expected_version: str) -> EditRequest:
    return EditRequest(
        channel=change.resource.channel,
        campaign_id=change.resource.id,
        field=change.field,
        value=change.after,
        key=key,
        expected_version=expected_version,
        actor=ACTOR,
    )


@asynccontextmanager
async def _translated(resource: Resource, *, expected: str) -> AsyncIterator[None]:
    """A platform's way of saying no, in the words of the channel contract."""
    try:
        yield
    except VersionStale as stale:
        raise VersionConflict(resource, expected, stale.found) from stale
    except EditInvalid as invalid:
        raise ChangeRefused(str(invalid)) from invalid
    except EditsBlocked as blocked:
        raise ChannelUnavailable(str(blocked), retry_after_s=blocked.wait_s) from blocked
    except ServerFault as fault:
        raise ChannelUnavailable(str(fault)) from fault
    except TimedOut as silence:
        raise OutcomeUnknown(str(silence)) from silence
