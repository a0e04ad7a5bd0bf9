"""From a plan and its facts to Cedar questions: one for the plan, one for each change, in typed integers."""

from typing import Any

from pydantic import Field

from agents.governance import wording
from agents.governance.approvals import Approvals
from agents.governance.budgets import Budgets
from agents.governance.facts import Facts
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.people import Person
from storage.records.plans import Change, Plan, PlanKind
from storage.records.record import Record


class Question(Record):
    """One request to Cedar, and the words that a policy's text may need if it fires."""

    principal: dict[str, str]
    action: str
    resource: dict[str, str]
    context: dict[str, Any]
    words: dict[str, str] = Field(default_factory=dict)

    def request(self, approvals: Approvals | None = None) -> dict[str, Any]:
        """As cedarpy takes it; a question about a plan carries the approvals given."""
        context = self.context
        if approvals is not None:
            given = {"roles": sorted(approvals.roles), "distinct": approvals.distinct}
            context = {**context, "approvals": given}
        return {
            "principal": self.principal,
            "action": {"type": "Action", "id": self.action},
            "resource": self.resource,
            "context": context,
        }


def questions_of(plan: Plan, facts: Facts) -> tuple[Question, ...]:
    """The question for the plan first, then one for each change. The plan has passed `ingress_reasons`."""
    budgets = Budgets(plan, facts)
    return (
        _plan_question(plan, facts, budgets),
        *(_change_question(plan, facts, budgets, change) for change in plan.changes),
    )


def entities_of(plan: Plan, facts: Facts) -> list[dict[str, Any]]:
    """Everyone and everything that the questions of a plan speak of, as Cedar's entities."""
    agent = {
        "uid": {"type": "Agent", "id": plan.agent},
        "attrs": {"skills": sorted(facts.agent_skills)},
        "parents": [],
    }
    campaigns = {change.resource.key: _campaign_entity(plan, facts, change) for change in plan.changes}
    asking = [user_entity(facts.requester)] if facts.requester else []
    return [agent, *asking, plan_entity(plan), *campaigns.values()]


def user_entity(person: Person) -> dict[str, Any]:
    return {
        "uid": {"type": "User", "id": person.id},
        "attrs": {"active": person.active},
        "parents": [{"type": "Role", "id": role.value} for role in sorted(person.roles)],
    }


def plan_entity(plan: Plan) -> dict[str, Any]:
    attrs: dict[str, Any] = {"kind": plan.kind.value, "simulated": plan.simulated}
    if plan.requested_by is not None:
        attrs["requested_by"] = {"__entity": {"type": "User", "id": plan.requested_by}}
    return {"uid": {"type": "Plan", "id": plan.id}, "attrs": attrs, "parents": []}


def _campaign_entity(plan: Plan, facts: Facts, change: Change) -> dict[str, Any]:
    state = facts.by_key.get(change.resource.key)
    return {
        "uid": {"type": "Campaign", "id": change.resource.key},
        "attrs": {
            "channel": change.resource.channel,
            "simulated": state.simulated if state else plan.simulated,
        },
        "parents": [],
    }


def _principal(plan: Plan) -> dict[str, str]:
    if plan.kind is PlanKind.ROLLBACK:
        return {"type": "User", "id": plan.requested_by or ""}
    return {"type": "Agent", "id": plan.agent}


def _plan_question(plan: Plan, facts: Facts, budgets: Budgets) -> Question:
    context: dict[str, Any] = {
        "total_now": budgets.now.total(),
        "total_after": budgets.after.total(),
        "raised": budgets.raised,
        "at_risk": plan.money_at_risk.minor,
        "data_sla_days": facts.data_sla_days,
    }
    if facts.data_age_days is not None:
        context["data_age_days"] = facts.data_age_days
    limits = facts.limits_in(budgets.currency)
    if limits:
        context["limits"] = {"daily_cap": limits.daily_cap.minor, "at_risk_gate": limits.at_risk_gate.minor}
    return Question(
        principal=_principal(plan),
        action="plan_rollback" if plan.kind is PlanKind.ROLLBACK else "plan_budget",
        resource={"type": "Plan", "id": plan.id},
        context=context,
        words=_plan_words(plan, facts, budgets),
    )


def _plan_words(plan: Plan, facts: Facts, budgets: Budgets) -> dict[str, str]:
    limits = facts.limits_in(budgets.currency)
    return {
        "plan": plan.id,
        "agent": plan.agent,
        "currency": budgets.currency,
        "total_now": str(budgets.money(budgets.now.total())),
        "total_after": str(budgets.money(budgets.after.total())),
        "raised": str(budgets.money(budgets.raised)),
        "at_risk": str(plan.money_at_risk),
        "data_age": wording.data_age(facts.data_age_days),
        "data_sla": wording.days(facts.data_sla_days),
        "daily_cap": _text(limits.daily_cap if limits else None),
        "at_risk_gate": _text(limits.at_risk_gate if limits else None),
    }


def _change_question(plan: Plan, facts: Facts, budgets: Budgets, change: Change) -> Question:
    before, after, channel = _money(change.before), _money(change.after), change.resource.channel
    state = facts.by_key.get(change.resource.key)
    context: dict[str, Any] = {
        "before": before.minor,
        "after": after.minor,
        "same_currency": before.currency == after.currency == budgets.currency,
        "known": state is not None,
        "as_planned": state is not None and state.daily_budget in (before, after),
        "plan_simulated": plan.simulated,
        "repeated": budgets.times[change.resource.key, change.field] > 1,
        "restores_original": budgets.restores(change, facts),
        "channel_now": budgets.now[channel],
        "channel_after": budgets.after[channel],
    }
    limits = _step_limits(facts, budgets.currency, channel)
    if limits:
        context["limits"] = limits
    return Question(
        principal=_principal(plan),
        action="restore_budget" if plan.kind is PlanKind.ROLLBACK else "set_budget",
        resource={"type": "Campaign", "id": change.resource.key},
        context=context,
        words=_change_words(plan, facts, budgets, change),
    )


def _step_limits(facts: Facts, currency: str, channel: str) -> dict[str, int]:
    amounts = facts.limits_in(currency)
    if facts.limits is None or amounts is None:
        return {}
    limits = {
        "step_cap": amounts.step_cap.minor,
        "step_share_cap_bp": facts.limits.step_share_cap_bp,
        "step_share_gate_bp": facts.limits.step_share_gate_bp,
        "min_budget": amounts.min_budget.minor,
    }
    if channel in amounts.channel_daily_caps:
        limits["channel_cap"] = amounts.channel_daily_caps[channel].minor
    return limits


def _change_words(plan: Plan, facts: Facts, budgets: Budgets, change: Change) -> dict[str, str]:
    before, after, channel = _money(change.before), _money(change.after), change.resource.channel
    state, limits = facts.by_key.get(change.resource.key), facts.limits_in(budgets.currency)
    return {
        "plan": plan.id,
        "campaign": _campaign(change, state),
        "channel": channel,
        "currency": budgets.currency,
        "before": str(before),
        "after": str(after),
        "live": _text(state.daily_budget if state else None),
        "step": str(Money(minor=abs(after.minor - before.minor), currency=before.currency)),
        "step_share": wording.step_share(before.minor, after.minor),
        "channel_after": str(budgets.money(budgets.after[channel])),
        "step_cap": _text(limits.step_cap if limits else None),
        "step_share_cap": wording.percent(facts.limits.step_share_cap_bp) if facts.limits else "not set",
        "step_share_gate": wording.percent(facts.limits.step_share_gate_bp) if facts.limits else "not set",
        "min_budget": _text(limits.min_budget if limits else None),
        "channel_cap": _text(limits.channel_daily_caps.get(channel) if limits else None),
        "campaign_mark": _mark(state.simulated if state else plan.simulated),
        "plan_mark": _mark(plan.simulated),
    }


def _money(value: object) -> Money:
    assert isinstance(value, Money), "ingress lets only amounts of money through"
    return value


def _text(amount: Money | None) -> str:
    return "not set" if amount is None else str(amount)


def _campaign(change: Change, state: CampaignState | None) -> str:
    """The name that the source gives, not the plan: the plan's was chosen by whoever wrote the plan."""
    name = state.name if state else change.resource.name
    return wording.label(name or change.resource.id, change.resource.channel)


def _mark(simulated: bool) -> str:
    return "simulated" if simulated else "live"
