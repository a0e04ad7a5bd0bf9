"""From a situation to Cedar questions: one for the plan, one for each change, in typed integers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from agents.governance.budgets import may_spend
from agents.governance.calendar import Calendar
from agents.governance.engine import Question
from agents.governance.limits import CurrencyLimits, Limits
from agents.governance.phrases import Phrases, blackout_words, cap_of
from agents.governance.situation import (
    SCOPES,
    TOTAL,
    AnyStep,
    AudienceStep,
    BudgetStep,
    CampaignStep,
    ContentStep,
    DiscountStep,
    PriceStep,
    RulesStep,
    Situation,
    StatusStep,
)
from storage.records.money import Money
from storage.records.people import Role
from storage.records.plans import Plan, PlanKind
from storage.records.reviews import Intervention

ACTIONS = {
    "budget": ("set_budget", "restore_budget"),
    "status": ("set_status", "restore_status"),
    "content": ("publish", "restore_content"),
    "price": ("set_price", "restore_price"),
    "discount": ("set_discount", "restore_discount"),
    "audience": ("set_audience", "restore_audience"),
    "rules": ("amend_policy", "restore_policy"),
}
"""What a change of each area is called, and what taking it back is called."""


def questions_of(
    situation: Situation, limits: Limits | None, calendar: Calendar, *, now: datetime
) -> tuple[Question, ...]:
    """The question for the plan first, then one for each change; `now` is for blackouts."""
    asking = Asking(situation, limits, calendar, now)
    return (asking.of_plan(), *(asking.of_step(step) for step in situation.steps))


class Asking:
    """One situation beside what the team allows."""

    def __init__(self, situation: Situation, limits: Limits | None, calendar: Calendar, now: datetime) -> None:
        self._situation = situation
        self._limits = limits
        self._amounts: CurrencyLimits | None = (
            limits.currencies.get(situation.at_risk.currency) if limits is not None else None
        )
        self._calendar = calendar
        self._now = now
        self._phrases = Phrases(situation, limits, self._amounts, zone=calendar.zone)
        by_person = situation.kind in (PlanKind.ROLLBACK, PlanKind.POLICY)
        self._principal = (
            {"type": "User", "id": situation.requested_by or ""}
            if by_person
            else {"type": "Agent", "id": situation.agent}
        )

    def of_plan(self) -> Question:
        here, total = self._situation, self._situation.sums[TOTAL]
        actions = {PlanKind.ROLLBACK: "plan_rollback", PlanKind.POLICY: "plan_policy"}
        context: dict[str, Any] = {
            "moves_money": any(isinstance(step, BudgetStep | StatusStep) for step in here.steps),
            "changes_rules": here.changes_rules,
            "total_now": total.now,
            "total_after": total.after,
            "raised": here.raised,
            "at_risk": here.at_risk.minor,
            "data_sla_days": here.data_sla_days,
            "late_sources": len(here.late),
            "protective": _is_protective(here, self._limits),
            "glass": here.glass,
        }
        context |= _known(
            month_now=total.month_now,
            month_after=total.month_after,
            data_age_days=here.data_age_days,
            evaluation_age_days=here.evaluation_age_days,
        )
        if self._limits is not None and self._amounts is not None:
            context["limits"] = _plan_limits(self._limits, self._amounts)
        return Question(
            principal=self._principal,
            action=actions.get(here.kind, "plan_change"),
            resource={"type": "Plan", "id": here.plan},
            context=context,
            words=self._phrases.of_plan,
        )

    def of_step(self, step: AnyStep) -> Question:
        brand = step.brand if isinstance(step, CampaignStep) else ""
        blackout = self._calendar.blackout_at(self._now, channel=step.channel, brand=brand)
        context: dict[str, Any] = {
            "known": step.known,
            "as_planned": step.as_planned,
            "plan_simulated": self._situation.simulated,
            "repeated": step.repeated,
            "restores_original": step.restores_original,
            "blackout": blackout is not None,
            "glass": self._situation.glass,
            **self._of_area(step),
        }
        forwards, back = ACTIONS[step.area]
        return Question(
            principal=self._principal,
            action=back if self._situation.kind is PlanKind.ROLLBACK else forwards,
            resource={"type": _RESOURCES[step.area], "id": step.key},
            context=context,
            words=lambda: self._phrases.of_step(step, blackout_words(blackout, self._calendar, self._now)),
        )

    def _of_area(self, step: AnyStep) -> dict[str, Any]:
        if isinstance(step, BudgetStep):
            return self._of_budget(step)
        if isinstance(step, StatusStep):
            return {"status": step.after, "same_currency": step.same_currency, **self._of_money(step)}
        if isinstance(step, ContentStep):
            return {"empty": not step.after}
        if isinstance(step, AudienceStep):
            return self._of_audience(step)
        if isinstance(step, RulesStep):
            return {"files": len(step.files)}
        return self._of_product(step)

    def _of_budget(self, step: BudgetStep) -> dict[str, Any]:
        context = self._of_money(step)
        if self._limits is not None and self._amounts is not None:
            context["limits"] |= _step_limits(self._limits, self._amounts)
        return {
            **context,
            "before": step.before.minor,
            "after": step.after.minor,
            "week_before": step.week_before.minor,
            "same_currency": step.same_currency,
            "learning": step.learning,
        }

    def _of_money(self, step: CampaignStep) -> dict[str, Any]:
        context: dict[str, Any] = {}
        caps: dict[str, int] = {}
        # Asked of every change, and of the changes of thousands of plans when rules are tried on the past.
        for kind, name in (("channel", step.channel), ("account", step.account), ("brand", step.brand)):
            sums, keys = self._situation.sums_of(kind, name), _MONEY_KEYS[kind]
            context[keys.now] = sums.now
            context[keys.after] = sums.after
            if sums.month_now is not None:
                context[keys.month_now] = sums.month_now
            if sums.month_after is not None:
                context[keys.month_after] = sums.month_after
            for span, key in (("daily", keys.cap), ("monthly", keys.month_cap)):
                cap = cap_of(self._amounts, kind, span, name)
                if cap is not None:
                    caps[key] = cap.minor
        if self._amounts is not None:
            context["limits"] = caps
        return context

    def _of_audience(self, step: AudienceStep) -> dict[str, Any]:
        return {
            "audience_known": step.audience_known,
            "consented": step.consented,
            "people": step.people,
            "excluded": self._limits is not None and step.after in self._limits.excluded_audiences,
        }

    def _of_product(self, step: PriceStep | DiscountStep) -> dict[str, Any]:
        values = (step.before.minor, step.after.minor) if isinstance(step, PriceStep) else (step.before, step.after)
        context: dict[str, Any] = {
            "before": values[0],
            "after": values[1],
            "net": step.net.minor,
            "net_now": step.net_now.minor,
            "unit_cost": step.unit_cost.minor,
            "stacked_bp": step.stacked_bp,
            "same_currency": step.same_currency,
        }
        if self._limits is not None:
            context["limits"] = _known(
                margin_floor_bp=self._limits.margin_floor_bp,
                discount_cap_bp=self._limits.discount_cap_bp,
                stacked_cap_bp=self._limits.stacked_discount_cap_bp,
            )
        return context


class _MoneyKeys(NamedTuple):
    """What the sums and caps of one scope are called in a question."""

    now: str
    after: str
    month_now: str
    month_after: str
    cap: str
    month_cap: str


_MONEY_KEYS = {kind: _MoneyKeys(*(f"{kind}_{name}" for name in _MoneyKeys._fields)) for kind in SCOPES}
_RESOURCES = {
    **dict.fromkeys(("budget", "status", "content", "audience"), "Campaign"),
    **dict.fromkeys(("price", "discount"), "Product"),
    "rules": "Rules",
}


def _is_protective(here: Situation, limits: Limits | None) -> bool:
    """Whether it does no more than pause what a large case is about, where the team lets that happen by itself.

    A monitor that was not held against what came for too long has lost that right.
    """
    case, age = here.case, here.evaluation_age_days
    if limits is None or case is None or not case.large or age is None or age > limits.evaluation_sla_days:
        return False
    return all(
        isinstance(step, StatusStep)
        and not may_spend(step.after)
        and case.channel in ("", step.channel)
        and limits.alerts.of(kpi=case.kpi, brand=step.brand, channel=step.channel).automatic is Intervention.PAUSE
        for step in here.steps
    )


def _plan_limits(limits: Limits, amounts: CurrencyLimits) -> dict[str, Any]:
    by_month = (amounts.channel_monthly_caps, amounts.account_monthly_caps, amounts.brand_monthly_caps)
    return {
        "daily_cap": amounts.daily_cap.minor,
        "at_risk_gate": amounts.at_risk_gate.minor,
        "by_month": amounts.monthly_cap is not None or any(by_month),
        "evaluation_sla_days": limits.evaluation_sla_days,
        **_known(
            monthly_cap=_minor(amounts.monthly_cap),
            two_people_gate=_minor(amounts.two_people_gate),
        ),
    }


def _step_limits(limits: Limits, amounts: CurrencyLimits) -> dict[str, int]:
    return {
        "step_cap": amounts.step_cap.minor,
        "step_share_cap_bp": limits.step_share_cap_bp,
        "step_share_gate_bp": limits.step_share_gate_bp,
        "min_budget": amounts.min_budget.minor,
        **_known(week_share_cap_bp=limits.week_share_cap_bp, learning_share_bp=limits.learning_share_bp),
    }


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor


def _known(**values: int | None) -> dict[str, int]:
    return {key: value for key, value in values.items() if value is not None}


def entities_of(situation: Situation) -> list[dict[str, Any]]:
    """Everyone and everything that the questions of a situation speak of, as Cedar's entities."""
    agent = {
        "uid": {"type": "Agent", "id": situation.agent},
        "attrs": {"skills": list(situation.skills)},
        "parents": [],
    }
    asker = situation.asker
    asking = [user_entity(asker.id, asker.roles, active=asker.active)] if asker else []
    plan = _plan_entity(situation.plan, situation.kind, situation.requested_by, simulated=situation.simulated)
    resources = {step.key: _resource_entity(step) for step in situation.steps}
    return [agent, *asking, plan, *resources.values()]


def user_entity(person_id: str, roles: Iterable[Role], *, active: bool) -> dict[str, Any]:
    return {
        "uid": {"type": "User", "id": person_id},
        "attrs": {"active": active},
        "parents": [{"type": "Role", "id": role.value} for role in sorted(roles)],
    }


def plan_entity(plan: Plan) -> dict[str, Any]:
    return _plan_entity(plan.id, plan.kind, plan.requested_by, simulated=plan.simulated)


def _plan_entity(plan_id: str, kind: PlanKind, requested_by: str | None, *, simulated: bool) -> dict[str, Any]:
    attrs: dict[str, Any] = {"kind": kind.value, "simulated": simulated}
    if requested_by is not None:
        attrs["requested_by"] = {"__entity": {"type": "User", "id": requested_by}}
    return {"uid": {"type": "Plan", "id": plan_id}, "attrs": attrs, "parents": []}


def _resource_entity(step: AnyStep) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    if not isinstance(step, RulesStep):
        attrs = {"channel": step.channel, "simulated": step.simulated}
    if isinstance(step, CampaignStep):
        attrs |= {"account": step.account, "brand": step.brand}
    return {"uid": {"type": _RESOURCES[step.area], "id": step.key}, "attrs": attrs, "parents": []}
