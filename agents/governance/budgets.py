"""Sums of daily budgets, which Cedar cannot compute: over what sources show, never over an agent's claims."""

from collections import Counter

from agents.governance.facts import Facts, campaign_key
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Change, Plan

_NOT_SPENDING = frozenset({"paused", "removed", "deleted", "ended", "archived"})
"""A campaign in any other state, known to us or not, counts against the caps."""


class Budgets:
    """Daily budgets in the plan's currency, now and after it, by channel, in minor units.

    A campaign that the plan changes always counts, whatever its state; any other only if it may spend.
    """

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self.currency = plan.money_at_risk.currency
        self.now: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.times = Counter((change.resource.key, change.field) for change in plan.changes)
        """How often the plan changes each field."""
        self.raised = 0
        """The raises alone, without the cuts that pay for them."""
        touched = {change.resource.key for change in plan.changes}
        for state in facts.campaigns:
            self._count(state, in_plan=campaign_key(state) in touched)
        for change in plan.changes:
            after = self._minor(change.after)
            self.after[change.resource.channel] += after
            self.raised += max(0, after - self._minor(change.before))

    def money(self, minor: int) -> Money:
        return Money(minor=minor, currency=self.currency)

    def restores(self, change: Change, facts: Facts) -> bool:
        """Whether the change leaves what was there before the plan that is taken back."""
        original = [
            taken.before
            for taken in facts.taken_back
            if (taken.resource.key, taken.field) == (change.resource.key, change.field)
        ]
        return original == [change.after]

    def _count(self, state: CampaignState, *, in_plan: bool) -> None:
        minor = max(0, self._minor(state.daily_budget))
        may_spend = state.status.casefold() not in _NOT_SPENDING
        if in_plan or may_spend:
            self.now[state.channel] += minor
        if may_spend and not in_plan:
            self.after[state.channel] += minor

    def _minor(self, value: object) -> int:
        return value.minor if isinstance(value, Money) and value.currency == self.currency else 0
