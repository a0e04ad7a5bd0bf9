"""A small world that every rule is content with; tests change the one thing they are about."""

from copy import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

from agents.governance.approvals import Approvals
from agents.governance.calendar import ALWAYS, Calendar
from agents.governance.facts import Facts
from agents.governance.limits import CurrencyLimits, Limits
from agents.governance.rules import Rules, load_rules
from storage.records.facts import AudienceState, CampaignState, ProductState
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import Change, Plan, PlanKind, Resource
from storage.records.policies import value_of_texts
from storage.records.verdicts import Answer, Decision

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

OLIVIA = Person(id="olivia", name="Olivia Reed", roles=frozenset({Role.OPERATOR}))
AARON = Person(id="aaron", name="Aaron Blake", roles=frozenset({Role.APPROVER}))
ANNA = Person(id="anna", name="Anna Berg", roles=frozenset({Role.APPROVER}))
CARLA = Person(id="carla", name="Carla Mendes", roles=frozenset({Role.CMO}))
VICTOR = Person(id="victor", name="Victor Hale", roles=frozenset({Role.VIEWER}))
ADA = Person(id="ada", name="Ada Novak", roles=frozenset({Role.ADMIN}))
PEOPLE = (OLIVIA, AARON, ANNA, CARLA, VICTOR, ADA)

CMO_APPROVED = Approvals(roles=frozenset({Role.CMO, Role.APPROVER}), distinct=1)
APPROVER_APPROVED = Approvals(roles=frozenset({Role.APPROVER}), distinct=1)


def gbp(minor: int) -> Money:
    return Money(minor=minor, currency="GBP")


def a_campaign(key: str, minor: int, *, channel: str = "email", **other: Any) -> CampaignState:
    values = {
        "channel": channel, "id": key, "name": key.title(), "status": "active", "daily_budget": gbp(minor),
        "version": "v1", "account": "acc", "simulated": True,
    }  # fmt: skip
    return CampaignState(**{**values, **other})


def a_change(name: str, before: Any, after: Any, *, channel: str = "email", **other: Any) -> Change:
    values = {
        "id": name,
        "resource": Resource(channel=channel, id=name, name=name.title()),
        "field": "daily_budget",
        "before": gbp(before) if isinstance(before, int) else before,
        "after": gbp(after) if isinstance(after, int) else after,
        "unit": "GBP/day",
        "expected_version": "v1",
    }
    return Change(**{**values, **other})


def a_plan(*changes: Change, at_risk: int = 1_000_00, **other: Any) -> Plan:
    values = {
        "id": "PLAN-7", "title": "Move money to email", "why": ("it pays more",), "agent": "budget_planner",
        "agent_version": "1", "changes": changes or A_CHANGES, "money_at_risk": gbp(at_risk),
        "created_at": NOW, "expires_at": NOW + timedelta(hours=24), "data_day": date(2026, 3, 1),
        "simulated": True,
    }  # fmt: skip
    return Plan(**{**values, **other})


def a_rollback(*changes: Change, requested_by: str = "aaron", **other: Any) -> Plan:
    return a_plan(
        *(changes or tuple(back(change) for change in A_CHANGES)),
        kind=PlanKind.ROLLBACK, requested_by=requested_by, restores="PLAN-6", at_risk=0, **other,
    )  # fmt: skip


def back(change: Change) -> Change:
    return change.model_copy(update={"before": change.after, "after": change.before})


def some_facts(**other: Any) -> Facts:
    values = {
        "now": NOW, "campaigns": CAMPAIGNS, "data_age_days": 1, "data_sla_days": 2,
        "agent_skills": frozenset({"budget", "content", "offer", "audience"}), "spent_this_month": {}, "days_left": 30,
    }  # fmt: skip
    return Facts(**{**values, **other})


def rollback_facts(requester: Person | None = AARON, **other: Any) -> Facts:
    """As after A_CHANGES were applied."""
    values = {
        "campaigns": (a_campaign("news", 110_00), a_campaign("brand", 180_00, channel="paid_search")),
        "requester": requester,
        "taken_back": A_CHANGES,
        "agent_skills": frozenset(),
    }
    return some_facts(**{**values, **other})


def some_limits(**other: Any) -> Limits:
    amounts = {
        "daily_cap": gbp(400_00), "step_cap": gbp(90_00), "at_risk_gate": gbp(2_000_00),
        "min_budget": gbp(5_00), "channel_daily_caps": {"email": gbp(200_00)},
    }  # fmt: skip
    shares = {"step_share_gate_bp": 2500, "step_share_cap_bp": 5000}
    shares |= {key: other.pop(key) for key in list(other) if key in Limits.model_fields}
    return Limits(**shares, currencies={"GBP": CurrencyLimits(**{**amounts, **other})})


def under(limits: Limits | None, calendar: Calendar = ALWAYS) -> Rules:
    """The shipped policies with other limits; loaded once."""
    rules = copy(RULES)
    rules.limits, rules.calendar = limits, calendar
    return rules


def a_product(**other: Any) -> ProductState:
    values = {
        "channel": "website", "id": "mug", "name": "Mug", "price": gbp(20_00), "unit_cost": gbp(8_00), "simulated": True,
    }  # fmt: skip
    return ProductState(**{**values, **other})


def rules_plan(*, before="in force", asked_by="ada", kind=PlanKind.POLICY, **other):
    """A change of caps.cedar, from what is in force to something else."""
    text = RULES.texts["caps.cedar"] if before == "in force" else before
    values = [value_of_texts({"caps.cedar": each}) for each in (text, "// nothing is capped")]
    changed = a_change("edition", *values, resource=_BOOK, field="text", unit="")
    return a_plan(changed, kind=kind, requested_by=asked_by, at_risk=0, **other)


def an_audience(**other: Any) -> AudienceState:
    values = {
        "channel": "email", "id": "fans", "name": "Fans", "people": 5_000, "consented": True, "simulated": True,
    }  # fmt: skip
    return AudienceState(**{**values, **other})


def an_offer(field: str, before: Any, after: Any, **other: Any) -> Change:
    """A change of the mug: money for its price, text of basis points for a discount."""
    mug = Resource(channel="website", kind="product", id="mug", name="Mug")
    return a_change("mug", before, after, field=field, unit="", **{"resource": mug, **other})


def a_decision(plan: Plan, person: Person, **other: Any) -> Decision:
    values = {
        "plan_id": plan.id, "revision": plan.revision, "digest": plan.digest, "answer": Answer.APPROVE,
        "person_id": person.id, "roles": person.roles, "via": "slack", "decided_at": NOW, "policy_version": "v",
    }  # fmt: skip
    return Decision(**{**values, **other})


CAMPAIGNS = (a_campaign("news", 100_00), a_campaign("brand", 200_00, channel="paid_search"))
A_CHANGES = (a_change("news", 100_00, 110_00), a_change("brand", 200_00, 180_00, channel="paid_search"))
LIMITS = some_limits()
RULES = load_rules(limits=LIMITS)
_BOOK = Resource(channel="policies", kind="policy", id="edition", name="caps.cedar")
