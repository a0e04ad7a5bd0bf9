"""The rows of the market's two files; days are the market's own, money is minor units or micros."""

from dataclasses import dataclass
from datetime import date, datetime

from storage.records.plans import Value


@dataclass(frozen=True, slots=True)
class ClockRow:
    """Where the simulated time stands; `edits_today` moves it on by a second each."""

    today: date
    edits_today: int
    first_day: date
    fault_salt: str
    """Seeds the drawing of injected faults, so that this file does not hold the seed of the truth."""


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the platform stores it; `position` fixes the order of iteration.

    `creative` is what it shows, `creative_since` the day since which, None if it was there from the start. A creative
    that was handed in waits in `submitted` until it is shown, or stays there `rejected`. Campaigns with the same
    `shared_budget` spend from one budget, and each `daily_budget_minor` is an equal part of it.
    """

    campaign_id: str
    position: int
    channel: str
    account: str
    name: str
    status: str
    daily_budget_minor: int
    currency: str
    version: int
    learning_until: date | None
    creative: str | None = None
    creative_since: date | None = None
    submitted: str | None = None
    submitted_on: date | None = None
    rejected: bool = False
    shared_budget: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One entry of a platform's change log; `version` is the campaign's version after it."""

    campaign_id: str
    field: str
    before: Value
    after: Value
    actor: str
    at: datetime
    version: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What was applied under an idempotency key; written in the transaction of the change itself."""

    key: str
    campaign_id: str
    field: str
    value: Value
    version: int
    reference: str
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """What one campaign delivered on one day; a budget of 0 means it was paused.

    `eligible` counts the searches in which it could have been shown, on channels that tell their share of them.
    """

    campaign_id: str
    day: date
    spend_micros: int
    budget_micros: int
    impressions: int
    clicks: int
    leads: int
    eligible: int | None = None


@dataclass(frozen=True, slots=True)
class PostingRow:
    """Conversions that arrived on one day for the clicks of an earlier one."""

    campaign_id: str
    click_day: date
    arrival_day: date
    conversions: int
    revenue_micros: int


@dataclass(frozen=True, slots=True)
class StoreDayRow:
    """What the shop itself took on one day."""

    day: date
    orders: int
    revenue_micros: int


@dataclass(frozen=True, slots=True)
class OutageRow:
    """Days, inclusive, on which a channel's interface fails; open-ended without a last day."""

    channel: str
    first_day: date
    last_day: date | None


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """One campaign day as the platform reports it at some moment."""

    campaign: CampaignRow
    delivery: DeliveryRow
    conversions: int
    revenue_micros: int


@dataclass(frozen=True, slots=True)
class WorldRow:
    """The hidden world: its seed, its parameters as canonical JSON, and the scenario in force."""

    seed: int
    parameters: str
    scenario: str
    scenario_first: date | None
    scenario_last: date | None


@dataclass(frozen=True, slots=True)
class TruthDayRow:
    """What one campaign truly did on one day.

    Exposure is pounds at a price index of 1, in micros; adstock and creative impressions stand at the day's
    end; expected orders are millionths of an order. `new_creative`: it first showed an edited creative on this day.
    """

    campaign_id: str
    day: date
    exposure_micros: int
    impressions: int
    efficiency_milli: int
    new_creative: bool
    adstock_micros: int
    creative_impressions: int
    expected_orders_micro: int
    orders: int
    revenue_micros: int


@dataclass(frozen=True, slots=True)
class BaselineDayRow:
    """Orders that would have come without any campaign."""

    day: date
    expected_orders_micro: int
    orders: int
    revenue_micros: int
