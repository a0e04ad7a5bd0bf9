"""The narrow door: only whole, bounded amounts, short texts and known people are judged; all else is refused here.

Cedar would skip a rule that meets a wrong type or overflows, and a skipped rule guards nothing.
"""

import re
from collections.abc import Callable

from agents.governance import wording
from agents.governance.facts import Facts
from agents.governance.situation import LARGEST_TOTAL, changes_rules, is_amount
from storage.records.plans import Change, Plan, PlanKind
from storage.records.policies import is_file_name, texts_of_value
from storage.records.verdicts import Reason

AREAS = {
    ("campaign", "daily_budget"): "budget",
    ("campaign", "status"): "status",
    ("campaign", "creative"): "content",
    ("campaign", "audience"): "audience",
    ("product", "price"): "price",
    ("product", "discount"): "discount",
    ("policy", "text"): "rules",
}
"""What can be changed, by kind of resource and field; nothing else is let through."""
RULES_KEY = "policies/policy/edition"
"""The `Resource.key` of the rules themselves."""
_LONGEST_TEXT = 5_000
_LONGEST_RULES = 1_000_000
_DISCOUNT = re.compile(r"\d{1,5}", re.ASCII)
_WHOLE_BP = 10_000
_LONGEST_MONTH = 31


def ingress_reasons(plan: Plan, facts: Facts) -> tuple[Reason, ...]:
    """Everything that keeps the plan from being judged at all."""
    problems = [
        f"{wording.label(change.resource.name or change.resource.id, change.resource.channel)}: {problem}"
        for change in plan.changes
        if (problem := _malformed(change))
    ]
    problems += [*_kind_problems(plan), *_fact_problems(facts)]
    if not is_amount(plan.money_at_risk):
        problems.append("the money at risk is not an amount of money that can be judged")
    if plan.kind in (PlanKind.ROLLBACK, PlanKind.POLICY) and facts.requester is None:
        what = "rollback" if plan.kind is PlanKind.ROLLBACK else "change of the rules"
        problems.append(f"nobody known asked for this {what}; a person must")
    if facts.requester is not None and facts.requester.id != plan.requested_by:
        problems.append("the facts name another requester than the plan")
    return tuple(Reason(policy="ingress", text=problem) for problem in problems)


def discount_bp(value: object) -> int | None:
    """Basis points of a discount's text, such as `1500`; None if it is none."""
    if not isinstance(value, str) or not _DISCOUNT.fullmatch(value) or int(value) > _WHOLE_BP:
        return None
    return int(value)


def _malformed(change: Change) -> str:
    if "/" in change.resource.channel:
        # Parts of a key are told apart by it: caps of one channel must not be looked up under another's name.
        return "its channel is none: a channel's name has no “/”"
    area = AREAS.get((change.resource.kind, change.field))
    if area is None:
        known = ", ".join(f"{field} of a {kind}" for kind, field in AREAS if kind != "policy")
        return f"its {wording.short(change.field)} cannot be changed; what can is {known}"
    fits, problem = _VALUES[area]
    if not (fits(change.before) and fits(change.after)):
        return problem
    return _rules_problem(change) if area == "rules" else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT


def _is_rules(value: object) -> bool:
    try:
        texts = texts_of_value(value)
    except (ValueError, RecursionError):
        return False
    size = sum(len(text or "") for text in texts.values())
    return bool(texts) and all(is_file_name(name) for name in texts) and size <= _LONGEST_RULES


_VALUES: dict[str, tuple[Callable[[object], bool], str]] = {
    "budget": (is_amount, "its daily budget is not an amount of money that can be judged"),
    "price": (is_amount, "its price is not an amount of money that can be judged"),
    "status": (_is_text, "its status is not a short text"),
    "content": (_is_text, f"its creative is not a text of at most {_LONGEST_TEXT:,} characters"),
    "audience": (_is_text, "its audience is not named by a short text"),
    "discount": (
        lambda value: discount_bp(value) is not None,
        "its discount is not a share of the price in basis points, from 0 to 10000",
    ),
    "rules": (_is_rules, "the new texts are not files of rules by name"),
}


def _rules_problem(change: Change) -> str:
    if change.resource.key != RULES_KEY:
        return f"rules are changed as {RULES_KEY} only"
    if texts_of_value(change.before).keys() != texts_of_value(change.after).keys():
        return "the texts before and after are of different files"
    return ""


def _kind_problems(plan: Plan) -> list[str]:
    """A plan is about the rules or about the market, never both: their approvals are not the same."""
    of_rules = sum(change.resource.kind == "policy" for change in plan.changes)
    if 0 < of_rules < len(plan.changes):
        return ["the plan changes the rules and something else: make two plans of it"]
    if plan.kind is not PlanKind.ROLLBACK and changes_rules(plan) != (plan.kind is PlanKind.POLICY):
        return [f"a plan of the kind “{plan.kind.value}” cannot change this"]
    return []


def _fact_problems(facts: Facts) -> list[str]:
    problems = []
    if not all(is_amount(state.daily_budget) for state in facts.campaigns):
        problems.append("a campaign's daily budget is not an amount of money that can be judged")
    elif sum(abs(state.daily_budget.minor) for state in facts.campaigns) > LARGEST_TOTAL // _LONGEST_MONTH:
        problems.append("the daily budgets of all campaigns together are too large to judge")
    spent = (facts.spent_this_month or {}).values()
    if not all(type(minor) is int and abs(minor) <= LARGEST_TOTAL for minor in spent):
        problems.append("what was spent this month is not in amounts that can be judged")
    if not (type(facts.days_left) is int and 1 <= facts.days_left <= _LONGEST_MONTH):
        problems.append("the days left of the month are none that a month has")
    return problems
