"""From a plan and its facts to a situation: everything is measured once, in the words and numbers of the sources."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from agents.governance import wording
from agents.governance.budgets import Budgets
from agents.governance.facts import Facts
from agents.governance.ingress import AREAS, RULES_KEY, discount_bp, ingress_reasons
from agents.governance.situation import (
    NO_MONEY,
    AnyStep,
    Asker,
    AudienceStep,
    BudgetStep,
    ContentStep,
    DiscountStep,
    PriceStep,
    RulesStep,
    Situation,
    StatusStep,
    changes_rules,
    is_amount,
)
from storage.records.facts import CampaignState, ProductState
from storage.records.money import Money
from storage.records.plans import Change, Plan
from storage.records.policies import texts_of_value
from storage.records.verdicts import Reason

_WHOLE_BP = 10_000


def situation_of(plan: Plan, facts: Facts, texts: Mapping[str, str] | None = None) -> Situation:
    """What the rules judge of this revision; `texts` are those of the rules in force, by name.

    A plan that cannot be measured gives a situation that says why. Raises whatever facts of wrong types may raise.
    """
    problems = ingress_reasons(plan, facts)
    if problems:
        return unjudgeable(plan, problems)
    return _Measuring(plan, facts, texts or {}).situation()


def unjudgeable(plan: Plan, problems: tuple[Reason, ...]) -> Situation:
    """The situation of a plan that is refused before any rule is asked."""
    at_risk = plan.money_at_risk if is_amount(plan.money_at_risk) else NO_MONEY
    return Situation(
        plan=plan.id,
        kind=plan.kind,
        simulated=plan.simulated,
        agent=plan.agent,
        requested_by=plan.requested_by,
        at_risk=at_risk,
        problems=problems,
    )


class _Measuring:
    """One plan beside its facts."""

    def __init__(self, plan: Plan, facts: Facts, texts: Mapping[str, str]) -> None:
        self._plan = plan
        self._facts = facts
        self._texts = texts
        self._budgets = Budgets(plan, facts)
        self._times = Counter((change.resource.key, change.field) for change in plan.changes)
        self._products = {f"{state.channel}/product/{state.id}": state for state in facts.products}

    def situation(self) -> Situation:
        plan, facts = self._plan, self._facts
        asker = facts.requester
        return Situation(
            plan=plan.id,
            kind=plan.kind,
            simulated=plan.simulated,
            agent=plan.agent,
            skills=tuple(sorted(facts.agent_skills)),
            requested_by=plan.requested_by,
            asker=Asker(id=asker.id, roles=tuple(sorted(asker.roles)), active=asker.active) if asker else None,
            at_risk=plan.money_at_risk,
            raised=self._budgets.raised,
            sums=self._budgets.sums,
            data_age_days=facts.data_age_days,
            data_sla_days=facts.data_sla_days,
            late=facts.late,
            evaluation_age_days=facts.evaluation_age_days,
            case=facts.case,
            glass=False if changes_rules(plan) else facts.glass,
            steps=tuple(self._step(change) for change in plan.changes),
        )

    def _step(self, change: Change) -> AnyStep:
        area = AREAS[change.resource.kind, change.field]
        if area in ("price", "discount"):
            return self._product_step(change, self._products.get(change.resource.key))
        if area == "rules":
            return self._rules_step(change)
        steps: dict[str, Callable[[Change, CampaignState | None], AnyStep]] = {
            "budget": self._budget_step,
            "status": self._status_step,
            "content": self._content_step,
            "audience": self._audience_step,
        }
        return steps[area](change, self._facts.by_key.get(change.resource.key))

    def _budget_step(self, change: Change, state: CampaignState | None) -> BudgetStep:
        before, after, live = _money(change.before), _money(change.after), state.daily_budget if state else None
        week_before = self._facts.week_before.get(change.resource.key, before)
        currencies = {each.currency for each in (before, after, week_before, live or before)}
        return BudgetStep(
            area="budget",
            **self._campaign(change, state, as_planned=live in (before, after)),
            before=before,
            after=after,
            live=live,
            week_before=week_before,
            same_currency=currencies == {self._budgets.currency},
            learning=state is not None and self._is_learning(state),
        )

    def _status_step(self, change: Change, state: CampaignState | None) -> StatusStep:
        live = state.status if state else None
        return StatusStep(
            area="status",
            **self._campaign(change, state, as_planned=live in (change.before, change.after)),
            before=str(change.before),
            after=str(change.after),
            live=live,
            same_currency=state is not None and state.daily_budget.currency == self._budgets.currency,
        )

    def _content_step(self, change: Change, state: CampaignState | None) -> ContentStep:
        live = state.creative if state else None
        return ContentStep(
            area="content",
            **self._campaign(change, state, as_planned=live in (change.before, change.after)),
            before=wording.short(str(change.before)),
            after=wording.short(str(change.after)),
            live=None if live is None else wording.short(live),
        )

    def _audience_step(self, change: Change, state: CampaignState | None) -> AudienceStep:
        known = {(one.channel, one.id): one for one in self._facts.audiences}
        audience = known.get((change.resource.channel, str(change.after)))
        # No source says whom a campaign addresses: that nothing about it has changed must do.
        unchanged = state is not None and state.version == change.expected_version
        return AudienceStep(
            area="audience",
            **self._campaign(change, state, as_planned=unchanged),
            before=str(change.before),
            after=str(change.after),
            audience_name=wording.short(audience.name if audience else str(change.after)),
            audience_known=audience is not None and audience.simulated == self._plan.simulated,
            consented=audience is not None and audience.consented,
            people=audience.people if audience else 0,
        )

    def _product_step(self, change: Change, state: ProductState | None) -> PriceStep | DiscountStep:
        price, discounts = self._offered(change, state)
        cost = state.unit_cost if state else NO_MONEY
        shared: dict[str, Any] = {
            **self._shared(change, state),
            "net": _net(price, discounts),
            "net_now": _net(state.price, state.discounts_bp) if state else NO_MONEY,
            "unit_cost": cost,
            "stacked_bp": sum(discounts),
            "same_currency": {price.currency, cost.currency} == {self._budgets.currency},
        }
        if change.field == "price":
            before, after = _money(change.before), _money(change.after)
            live = state.price if state else None
            shared["as_planned"] = live in (before, after)
            shared["same_currency"] = shared["same_currency"] and before.currency == after.currency == price.currency
            return PriceStep(area="price", **shared, before=before, after=after, live=live)
        before_bp, after_bp, in_force = _bp(change.before), _bp(change.after), state.discounts_bp if state else ()
        # From nothing to a discount always holds: others may be in force beside it.
        shared["as_planned"] = before_bp == 0 or before_bp in in_force or after_bp in in_force
        return DiscountStep(area="discount", **shared, before=before_bp, after=after_bp, live=in_force)

    def _offered(self, change: Change, state: ProductState | None) -> tuple[Money, list[int]]:
        """Price and discounts of the product as the whole plan would leave them."""
        price = state.price if state else NO_MONEY
        discounts = list(state.discounts_bp) if state else []
        for other in self._plan.changes:
            if other.resource.key != change.resource.key:
                continue
            if other.field == "price":
                price = _money(other.after)
                continue
            before_bp, after_bp = _bp(other.before), _bp(other.after)
            if before_bp in discounts:
                discounts.remove(before_bp)
            # Where it is not known which discount this replaces, it comes on top: never too little is counted.
            discounts.append(after_bp)
        return price, discounts

    def _rules_step(self, change: Change) -> RulesStep:
        before, after = texts_of_value(change.before), texts_of_value(change.after)
        live = {name: self._texts.get(name) for name in before}
        shared = {**self._shared(change, None), "known": change.resource.key == RULES_KEY}
        return RulesStep(area="rules", **{**shared, "as_planned": live in (before, after)}, files=tuple(sorted(after)))

    def _campaign(self, change: Change, state: CampaignState | None, *, as_planned: bool) -> dict[str, Any]:
        named = {"account": state.account, "brand": state.brand} if state else {}
        return {**self._shared(change, state), "as_planned": state is not None and as_planned, **named}

    def _shared(self, change: Change, state: CampaignState | ProductState | None) -> dict[str, Any]:
        name = state.name if state else change.resource.name
        return {
            "key": change.resource.key,
            "channel": change.resource.channel,
            "name": wording.short(name or change.resource.id),
            "simulated": state.simulated if state else self._plan.simulated,
            "known": state is not None,
            "repeated": self._times[change.resource.key, change.field] > 1,
            "restores_original": self._restores(change),
        }

    def _restores(self, change: Change) -> bool:
        """Whether the change leaves what was there before the plan that is taken back."""
        original = [
            taken.before
            for taken in self._facts.taken_back
            if (taken.resource.key, taken.field) == (change.resource.key, change.field)
        ]
        return original == [change.after]

    def _is_learning(self, state: CampaignState) -> bool:
        """Where today is not known, a phase that was announced counts as going on."""
        if state.learning_until is None or self._facts.data_age_days is None:
            return state.learning_until is not None
        today = self._plan.data_day + timedelta(days=self._facts.data_age_days + 1)
        return state.learning_until >= today


def _net(price: Money, discounts_bp: Iterable[int]) -> Money:
    """What is paid: every discount is taken off the price itself, which is never too much to pay."""
    left_bp = max(0, _WHOLE_BP - sum(discounts_bp))
    return Money(minor=price.minor * left_bp // _WHOLE_BP, currency=price.currency)


def _money(value: object) -> Money:
    assert isinstance(value, Money), "ingress lets only amounts of money through"
    return value


def _bp(value: object) -> int:
    share_bp = discount_bp(value)
    assert share_bp is not None, "ingress lets only basis points through"
    return share_bp
