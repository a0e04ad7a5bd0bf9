"""The narrow door: only whole, bounded amounts and known people are judged; all else is refused here.

Cedar would skip a rule that meets a wrong type or overflows, and a skipped rule guards nothing.
"""

from agents.governance import wording
from agents.governance.facts import Facts
from agents.governance.limits import LARGEST_MINOR
from storage.records.money import Money
from storage.records.plans import Change, Plan, PlanKind
from storage.records.verdicts import Reason

BUDGET_FIELD = "daily_budget"
"""The one field that budget plans change."""
_LARGEST_TOTAL = 2**53


def ingress_reasons(plan: Plan, facts: Facts) -> tuple[Reason, ...]:
    """Everything that keeps the plan from being judged at all."""
    problems = [
        f"{wording.label(change.resource.name, change.resource.channel)}: {problem}"
        for change in plan.changes
        if (problem := _malformed(change))
    ]
    if not _is_amount(plan.money_at_risk):
        problems.append("the money at risk is not an amount of money that can be judged")
    if sum(abs(state.daily_budget.minor) for state in facts.campaigns) > _LARGEST_TOTAL:
        problems.append("the daily budgets of all campaigns together are too large to judge")
    if plan.kind is PlanKind.ROLLBACK and facts.requester is None:
        problems.append("nobody known asked for this rollback; a person must")
    if facts.requester is not None and facts.requester.id != plan.requested_by:
        problems.append("the facts name another requester than the plan")
    return tuple(Reason(policy="ingress", text=problem) for problem in problems)


def _malformed(change: Change) -> str:
    if change.field != BUDGET_FIELD or change.resource.kind != "campaign":
        return f"only the {BUDGET_FIELD} of a campaign can be changed"
    if not (_is_amount(change.before) and _is_amount(change.after)):
        return "its daily budget is not an amount of money that can be judged"
    return ""


def _is_amount(value: object) -> bool:
    # A bool is an int to Python, and Cedar's integers end where Python's do not.
    return isinstance(value, Money) and type(value.minor) is int and abs(value.minor) <= LARGEST_MINOR
