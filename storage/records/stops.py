"""What stops the machine, and what lets one person through: freezes and broken glass."""

from datetime import datetime
from enum import StrEnum

from storage.records.plans import Change
from storage.records.record import Record, UtcDatetime


class FreezeScope(StrEnum):
    ALL = "all"
    BRAND = "brand"
    CHANNEL = "channel"
    AGENT = "agent"


class Freeze(Record):
    """No write within its scope while it holds, also not by plans that have begun."""

    id: str
    scope: FreezeScope
    value: str = ""
    """The brand, channel or agent; empty for all."""
    reason: str
    frozen_by: str
    at: UtcDatetime
    case: str | None = None
    """The alert that set it by itself; what takes a plan back passes it, being the cure."""
    thawed_by: str | None = None
    thawed_at: UtcDatetime | None = None

    def stops(self, change: Change, *, agent: str, brand: str) -> bool:
        """Whether it forbids writing the change for this agent; `brand` is that of the changed resource."""
        held = {
            FreezeScope.ALL: "",
            FreezeScope.BRAND: brand,
            FreezeScope.CHANNEL: change.resource.channel,
            FreezeScope.AGENT: agent,
        }
        return self.thawed_at is None and held[self.scope] == self.value


class Glass(Record):
    """One person alone in an emergency, for an hour, never above a hard cap, and looked at afterwards."""

    id: str
    person_id: str
    reason: str
    broken_at: UtcDatetime
    until: UtcDatetime
    closed_at: UtcDatetime | None = None
    reviewed_by: str | None = None
    reviewed_at: UtcDatetime | None = None
    review: str = ""
    """What the reviewer said: nothing to object to, or what was wrong."""
    version: int = 1
    """Rises with every change that its card should show."""

    def holds(self, now: datetime) -> bool:
        return self.closed_at is None and self.broken_at <= now < self.until
