"""The brief: exactly what an agent is given, frozen, so that equal briefs give equal proposals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import polars as pl
from pydantic import Field, model_validator

from agents.features.store import NOTHING_SERVED, Served
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Evidence, Resource
from storage.records.record import Record


class Limits(Record):
    """What a proposal must stay within; governance judges again and may be stricter."""

    max_step_share: Decimal = Field(default=Decimal("0.20"), gt=0, le=1)
    """Largest change of one campaign's daily budget, as a share of that budget."""
    min_budget: Money
    """No proposed daily budget goes below it; a campaign that is already below it is left alone."""
    total_budget: Money | None = None
    """Cap on the sum of the daily budgets; None: the sum of today."""
    min_gain_share: Decimal = Field(default=Decimal("0.01"), ge=0)
    """A smaller expected gain in attributed revenue is not worth a change."""
    min_gain_probability: Decimal = Field(default=Decimal("0.80"), ge=0, le=1)
    """A change is proposed only if the gain is positive with at least this probability."""
    min_move_share: Decimal = Field(default=Decimal("0.03"), ge=0)
    """Moves smaller than this share of a campaign's budget are dropped."""
    range_scale: Decimal = Field(default=Decimal(1), gt=0, le=5)
    """How many times as wide as its draws say the planner makes the range of a forecast, after what came so far."""

    @model_validator(mode="after")
    def _one_currency(self) -> "Limits":
        if self.total_budget is not None and self.total_budget.currency != self.min_budget.currency:
            raise ValueError(f"limits in {self.total_budget.currency} and {self.min_budget.currency}: use one currency")
        return self


class PlannerSettings(Record):
    """What people chose for the planner; an artefact with versions, as thresholds are."""

    max_step_share: Decimal = Field(default=Decimal("0.20"), gt=0, le=1)
    min_budget: Decimal = Field(default=Decimal(1), gt=0)
    """Currency units a day."""
    min_gain_share: Decimal = Field(default=Decimal("0.01"), ge=0)
    min_gain_probability: Decimal = Field(default=Decimal("0.80"), ge=0, le=1)
    min_move_share: Decimal = Field(default=Decimal("0.03"), ge=0)
    range_scale: Decimal = Field(default=Decimal(1), gt=0, le=5)

    def limits(self, currency: str) -> Limits:
        return Limits(
            max_step_share=self.max_step_share,
            min_budget=Money.of(self.min_budget, currency),
            min_gain_share=self.min_gain_share,
            min_gain_probability=self.min_gain_probability,
            min_move_share=self.min_move_share,
            range_scale=self.range_scale,
        )


@dataclass(frozen=True, slots=True)
class Brief:
    """All an agent may know. It holds no clock, no connection and no randomness of its own."""

    campaigns: tuple[CampaignState, ...]
    facts: pl.DataFrame
    """Rows of `storage.lake.facts.FACTS`. Older versions of a row may be among them: they show how fast conversions
    arrive. Only the newest version of a row counts as its value."""
    data_day: date
    """The newest complete day that was read, in the source's calendar."""
    restatement_days: int
    """Days back from `data_day` that the source may still change."""
    currency: str
    limits: Limits
    evidence: tuple[Evidence, ...] = ()
    """Lineage of the facts, such as `load:01J…`."""
    data_known_at: datetime | None = None
    seed: int = 0
    """Of the generator that draws the uncertainty; part of the brief, so that a proposal can be repeated."""
    fixed: frozenset[str] = field(default_factory=frozenset)
    """Resource keys that must keep their budget: locked by a person, held by another plan."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the settings that the limits come from: what a plan made from this brief pins."""
    features: Served = NOTHING_SERVED
    """Of the campaigns, as they were known when the brief was made; monitoring reads the same."""
    late_days: int = 0
    """Days that are complete at the source and were not read: what is planned begins so many days later."""

    @property
    def simulated(self) -> bool:
        """True if any campaign is simulated: a mixed plan is never passed off as real."""
        return any(campaign.simulated for campaign in self.campaigns)


def resource_of(campaign: CampaignState) -> Resource:
    """The resource whose fields a plan changes for this campaign."""
    return Resource(channel=campaign.channel, id=campaign.id, name=campaign.name)
