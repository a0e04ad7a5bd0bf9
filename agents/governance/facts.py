"""What governance is told beside the plan: everything the rules need and an agent must not supply itself."""

from functools import cached_property

from agents.governance.approvals import Approvals
from agents.governance.limits import CurrencyLimits, Limits
from storage.records.facts import CampaignState
from storage.records.people import Person
from storage.records.plans import Change
from storage.records.record import Record, UtcDatetime


class Facts(Record):
    """The world at the moment of judging; gathered by the caller, so that judging does no I/O."""

    now: UtcDatetime
    """Wall clock; becomes the verdict's `judged_at`."""
    limits: Limits | None
    """What the team allows; None refuses every plan."""
    campaigns: tuple[CampaignState, ...]
    """All campaigns as their sources show them now, the plan's included: caps are on the sum of all."""
    data_age_days: int | None
    """Days of the source's calendar from the plan's `data_day` to the newest possible; None if unknown."""
    data_sla_days: int
    """How old the data behind a budget plan may be, in days."""
    agent_skills: frozenset[str] = frozenset()
    """What the proposing agent was given; `budget` to change budgets."""
    requester: Person | None = None
    """The person of `plan.requested_by` as known now; a rollback is judged by their roles."""
    approvals: Approvals = Approvals()
    """See `approvals_given`; empty at review, filled at execution."""
    taken_back: tuple[Change, ...] = ()
    """For a rollback: the changes of the plan that it takes back, as executed."""

    @cached_property
    def by_key(self) -> dict[str, CampaignState]:
        """The campaigns by `Resource.key`."""
        return {campaign_key(state): state for state in self.campaigns}

    def limits_in(self, currency: str) -> CurrencyLimits | None:
        return self.limits.currencies.get(currency) if self.limits else None


def campaign_key(state: CampaignState) -> str:
    """The `Resource.key` of a campaign."""
    return f"{state.channel}/campaign/{state.id}"
