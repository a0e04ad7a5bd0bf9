"""A platform in memory, its channels and its source: obeys the contracts, and fails when told to."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

import polars as pl

from agents.channels.channel import (
    Capability,
    ChangeRefused,
    ChannelUnavailable,
    OutcomeUnknown,
    Reversibility,
    VersionConflict,
)
from agents.sources.source import ForeignChange
from storage.lake.facts import REPORTED
from storage.records.executions import FieldState, Receipt
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Change, Resource, Value
from tests.builders import NOW, TODAY, pounds

GONE = "Money already spent stays spent."


class Failure(StrEnum):
    """How one call goes wrong."""

    UNAVAILABLE = "refused before anything happened"
    TIMED_OUT_BEFORE = "no answer, and nothing happened"
    TIMED_OUT_AFTER = "no answer, but it happened"


@dataclass(frozen=True)
class Written:
    """One write that reached the platform."""

    campaign_id: str
    key: str | None
    value: Money


@dataclass
class FakePlatform:
    """Campaigns by id with what was written to them; the simulated day is moved by tests."""

    campaigns: dict[str, CampaignState]
    day: date = TODAY
    receipts: dict[str, Receipt] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)

    def by_hand(self, campaign_id: str, value: Money) -> None:
        """Somebody edits the budget in the platform's own pages."""
        self._write(campaign_id, None, value)

    def budget(self, campaign_id: str) -> Money:
        return self.campaigns[campaign_id].daily_budget

    def pause(self, campaign_id: str) -> None:
        """Somebody pauses the campaign: a new version, the same budget."""
        found = self.campaigns[campaign_id]
        self.campaigns[campaign_id] = found.model_copy(update={"status": "paused", "version": _next(found.version)})

    def ours(self) -> list[Written]:
        """What was written under a key."""
        return [one for one in self.written if one.key is not None]

    def apply(self, change: Change, key: str, expected_version: str) -> Receipt:
        if key in self.receipts:
            return self._repeated(change, key)
        found = self.state(change.resource, change.field)
        if found.version != expected_version:
            raise VersionConflict(change.resource, expected_version, found)
        if not isinstance(change.after, Money) or change.after.currency != "GBP" or change.after.minor <= 0:
            raise ChangeRefused(f"{change.resource.id} cannot have {change.after}")
        after = self._write(change.resource.id, key, change.after)
        self.receipts[key] = Receipt(
            key=key, reference=f"op-{len(self.written)}", value=change.after, version=after.version,
            applied_at=NOW + timedelta(seconds=len(self.written)), simulated=True,
        )  # fmt: skip
        return self.receipts[key]

    def state(self, resource: Resource, name: str) -> FieldState:
        found = self.campaigns.get(resource.id)
        if found is None or found.channel != resource.channel or name != "daily_budget":
            raise ChangeRefused(f"there is no {name} of {resource.key}")
        return FieldState(value=found.daily_budget, version=found.version)

    def _write(self, campaign_id: str, key: str | None, value: Money) -> CampaignState:
        found = self.campaigns[campaign_id]
        after = found.model_copy(update={"daily_budget": value, "version": _next(found.version)})
        self.campaigns[campaign_id] = after
        self.written.append(Written(campaign_id, key, value))
        return after

    def _repeated(self, change: Change, key: str) -> Receipt:
        known = self.receipts[key]
        if known.value != change.after:
            raise ChangeRefused(f"key {key} was used for another change")
        return known


class FakeChannel:
    """One channel of the platform; `fail` says how its next calls of one kind go wrong."""

    simulated = True

    def __init__(self, name: str, platform: FakePlatform) -> None:
        self.name = name
        self.platform = platform
        self._failures: dict[str, deque[Failure]] = {}

    def fail(self, call: str, *failures: Failure) -> None:
        """The next calls of `read`, `preview`, `apply` or `find` fail in this order, then they work again."""
        self._failures.setdefault(call, deque()).extend(failures)

    def capabilities(self) -> tuple[Capability, ...]:
        budget = Capability(
            field="daily_budget", reversible=Reversibility.PARTLY, max_per_hour=None, resets_learning=False,
            irreversible_note=GONE,
        )  # fmt: skip
        return (budget,)

    async def read(self, resource: Resource, field: str) -> FieldState:
        self._before("read")
        self._own(resource)
        return self.platform.state(resource, field)

    async def preview(self, change: Change) -> tuple[FieldState, Value]:
        self._before("preview")
        self._own(change.resource)
        trial = FakePlatform(dict(self.platform.campaigns))
        found = trial.state(change.resource, change.field)
        trial.apply(change, "trial", change.expected_version)
        return found, change.after

    async def apply(self, change: Change, *, key: str, expected_version: str) -> Receipt:
        failure = self._before("apply")
        self._own(change.resource)
        receipt = self.platform.apply(change, key, expected_version)
        if failure is Failure.TIMED_OUT_AFTER:
            raise OutcomeUnknown(f"{self.name} did not answer")
        return receipt

    async def find(self, key: str) -> Receipt | None:
        self._before("find")
        return self.platform.receipts.get(key)

    def _before(self, call: str) -> Failure | None:
        waiting = self._failures.get(call)
        failure = waiting.popleft() if waiting else None
        if failure is Failure.UNAVAILABLE:
            raise ChannelUnavailable(f"{self.name} answered 503")
        if failure is Failure.TIMED_OUT_BEFORE:
            raise OutcomeUnknown(f"{self.name} did not answer")
        return failure

    def _own(self, resource: Resource) -> None:
        if resource.channel != self.name or resource.kind != "campaign":
            raise ChangeRefused(f"{resource.key} is no campaign of {self.name}")


class FakeSource:
    """Reads the platform; `frame` is what it reports, and may be set to anything."""

    name = "fake"
    simulated = True
    zone = "UTC"

    def __init__(self, platform: FakePlatform, *, restatement_days: int = 14) -> None:
        self.platform = platform
        self.restatement_days = restatement_days
        self.frame = REPORTED.to_frame()

    async def today(self) -> date:
        return self.platform.day

    async def now(self) -> datetime:
        return datetime.combine(self.platform.day, NOW.timetz())

    async def campaigns(self) -> tuple[CampaignState, ...]:
        return tuple(self.platform.campaigns.values())

    async def read(self, resource: Resource, field: str) -> FieldState:
        return self.platform.state(resource, field)

    async def metrics(self, first: date, last: date) -> pl.DataFrame:
        return self.frame.filter(pl.col("day") >= first, pl.col("last_day") <= last)

    async def changes_since(self, moment: datetime) -> tuple[ForeignChange, ...]:
        return ()


def a_campaign(campaign_id: str, budget: int, channel: str) -> CampaignState:
    return CampaignState(
        channel=channel, id=campaign_id, name=campaign_id.title(), status="active", daily_budget=pounds(budget),
        version="v1", account="acc", simulated=True,
    )  # fmt: skip


def a_platform(campaigns: Iterable[CampaignState] = ()) -> FakePlatform:
    """Four campaigns on four channels, £1,000 a day together, unless told otherwise."""
    listed = tuple(campaigns) or (
        a_campaign("news", 100, "email"),
        a_campaign("brand", 400, "paid_search"),
        a_campaign("video", 300, "paid_social"),
        a_campaign("hero", 200, "website"),
    )
    return FakePlatform({one.id: one for one in listed})


def _next(version: str) -> str:
    return f"v{int(version.removeprefix('v')) + 1}"
