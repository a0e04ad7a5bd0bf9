"""Sums of daily budgets, which Cedar cannot compute: over what sources show, never over an agent's claims."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from agents.governance.facts import Facts, campaign_key
from agents.governance.situation import SCOPES, TOTAL, Sums, scope
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Plan

_NOT_SPENDING = frozenset({"paused", "removed", "deleted", "ended", "archived"})
"""A campaign in any other state, known to us or not, counts against the caps."""


def may_spend(status: str) -> bool:
    return status.casefold() not in _NOT_SPENDING


class Budgets:
    """Daily budgets in the plan's currency, now and after it, by scope, in minor units.

    A campaign whose budget the plan changes counts whatever its state, unless the plan pauses or resumes it, too; any
    other counts if it may spend.
    """

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self.currency = plan.money_at_risk.currency
        self._facts = facts
        self._budgets: defaultdict[str, int] = defaultdict(int)
        """Of each campaign whose budget is changed: what the plan would give it."""
        self._moves: dict[str, tuple[str, str]] = {}
        """Of each campaign that is paused or resumed: from which status to which."""
        self._raises: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._after: Counter[str] = Counter()
        self._spent: Counter[str] = Counter()
        self._plan_keys = set(plan.resource_keys)
        self._touched = {TOTAL}
        self._read(plan)
        for state in facts.campaigns:
            self._count(campaign_key(state), state)
        self._count_unseen(plan)

    @property
    def raised(self) -> int:
        """The raises alone, without the cuts that pay for them."""
        return sum(self._raises.values())

    @property
    def sums(self) -> dict[str, Sums]:
        """By scope, of every scope that the plan touches."""
        return {key: self._sums(key) for key in sorted(self._touched)}

    def _sums(self, key: str) -> Sums:
        now, after = self._now[key], self._after[key]
        if self._facts.spent_this_month is None:
            return Sums(now=now, after=after)
        spent, days = self._spent[key], self._facts.days_left
        return Sums(now=now, after=after, month_now=spent + now * days, month_after=spent + after * days)

    def _read(self, plan: Plan) -> None:
        for change in plan.changes:
            key = change.resource.key
            if change.field == "status":
                self._moves[key] = (str(change.before), str(change.after))
            elif change.field == "daily_budget":
                after = self._minor(change.after)
                self._budgets[key] += after
                self._raises[key] += max(0, after - self._minor(change.before))

    def _count(self, key: str, state: CampaignState) -> None:
        now = max(0, self._minor(state.daily_budget))
        after = self._budgets.get(key, now)
        counts_now = counts_after = may_spend(state.status) or key in self._budgets
        if key in self._moves:
            before, wanted = self._moves[key]
            counts_now, counts_after = may_spend(state.status), may_spend(wanted)
            if counts_after and not may_spend(before):
                self._raises[key] = after
        spent = (self._facts.spent_this_month or {}).get(key, 0) if self._is_ours(state) else 0
        scopes = (TOTAL, *_scopes_of(state))
        if key in self._plan_keys:
            self._touched.update(scopes)
        for name in scopes:
            self._now[name] += now if counts_now else 0
            self._after[name] += after if counts_after else 0
            self._spent[name] += max(0, spent)

    def _count_unseen(self, plan: Plan) -> None:
        """What no source shows now: campaigns that the plan names, and money that removed ones have spent."""
        channels = {change.resource.key: change.resource.channel for change in plan.changes}
        for key in self._budgets.keys() - self._facts.by_key.keys():
            channel = scope("channel", channels[key])
            self._touched.add(channel)
            for name in (TOTAL, channel):
                self._after[name] += self._budgets[key]
        for key, spent in (self._facts.spent_this_month or {}).items():
            if key not in self._facts.by_key:
                for name in (TOTAL, scope("channel", key.split("/", maxsplit=1)[0])):
                    self._spent[name] += max(0, spent)

    def _is_ours(self, state: CampaignState) -> bool:
        return state.daily_budget.currency == self.currency

    def _minor(self, value: object) -> int:
        return value.minor if isinstance(value, Money) and value.currency == self.currency else 0


def _scopes_of(state: CampaignState) -> Iterator[str]:
    names = {"channel": state.channel, "account": state.account, "brand": state.brand}
    return (scope(kind, names[kind]) for kind in SCOPES if names[kind])
