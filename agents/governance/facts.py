"""What governance is told beside the plan: everything the rules need and an agent must not supply itself."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field

from agents.governance.approvals import Approvals
from agents.governance.situation import Case
from storage.records.facts import AudienceState, CampaignState, ProductState
from storage.records.freshness import StaleSource
from storage.records.money import Money
from storage.records.people import Person
from storage.records.plans import Change
from storage.records.record import Record, UtcDatetime


class Facts(Record):
    """The world at the moment of judging; gathered by the caller, so that judging does no I/O.

    What the team allows is no fact: limits and calendar belong to the rules.
    """

    now: UtcDatetime
    """Wall clock; becomes the verdict's `judged_at`."""
    campaigns: tuple[CampaignState, ...]
    """All campaigns as their sources show them now, the plan's included: caps are on the sum of all.

    What other plans are about to write is counted in, or two plans could pass a cap together.
    """
    products: tuple[ProductState, ...] = ()
    """The products that the plan's offers are about, and any others."""
    audiences: tuple[AudienceState, ...] = ()
    data_age_days: int | None
    """Days of the source's calendar from the plan's `data_day` to the newest possible; None if unknown."""
    data_sla_days: int
    """How old the data behind a budget plan may be, in days."""
    late: tuple[StaleSource, ...] = ()
    """The sources behind the plan that are older than was promised, the longest late first."""
    spent_this_month: Mapping[str, int] | None = None
    """`Resource.key` of a campaign → minor units spent in the source's calendar month so far; None if unknown."""
    days_left: int = 31
    """Days left of that month, today included."""
    week_before: Mapping[str, Money] = Field(default_factory=dict)
    """`Resource.key` → daily budget before the first change of ours in the last 7 days of the source's calendar.

    A campaign that is not here was not changed by us in that time.
    """
    evaluation_age_days: int | None = None
    """Days since the agent was last held against what came, by an outcome or an evaluation; None if it never was."""
    agent_skills: frozenset[str] = frozenset()
    """What the proposing agent was given: `budget`, `content`, `offer`, `audience`."""
    requester: Person | None = None
    """The person of `plan.requested_by` as known now; rollbacks and changes of the rules are judged by their roles."""
    approvals: Approvals = Approvals()
    """See `approvals_given`; empty at review, filled at execution."""
    taken_back: tuple[Change, ...] = ()
    """For a rollback: the changes of the plan that it takes back, as executed."""
    case: Case | None = None
    """For a plan that a monitor made by itself: the case, while it is open."""
    glass: bool = False
    """Whether somebody with broken glass answers for this plan."""

    @cached_property
    def by_key(self) -> dict[str, CampaignState]:
        """The campaigns by `Resource.key`."""
        return {campaign_key(state): state for state in self.campaigns}


def campaign_key(state: CampaignState) -> str:
    """The `Resource.key` of a campaign."""
    return f"{state.channel}/campaign/{state.id}"
