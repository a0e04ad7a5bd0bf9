"""From plans to the graph: what each wants of which campaign, on whose behalf, what it is steered by and what came."""

from collections.abc import Iterable, Mapping, Sequence

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.alerts import Outcome
from storage.records.graph import NodeRef
from storage.records.money import Money
from storage.records.plans import Change, Plan, PlanStatus

SOURCE = "countersign"


def chart_plan(
    status: PlanStatus, outcomes: Iterable[Outcome], resources: Mapping[str, NodeRef], kpis: frozenset[str]
) -> tuple[Update, ...]:
    """A plan as it stands; `resources` are nodes by `Resource.key`, as far as known, `kpis` those that have a node."""
    plan, sheet = status.plan, Sheet(SOURCE)
    ref = sheet.node(
        things.plan(plan.id),
        f"{plan.id}: {plan.title}",
        first=status.since,
        state=status.state.value,
        kind=plan.kind.value,
        revision=plan.revision,
    )
    intent = _intent(sheet, plan)
    sheet.edge(ref, "carries_out", intent)
    for change in plan.changes:
        if (thing := resources.get(change.resource.key)) is not None:
            sheet.edge(ref, "changes", thing, first=plan.created_at, field=change.field)
            sheet.edge(intent, "wants", thing, first=plan.created_at, field=change.field)
    for name in sorted({*plan.kpis, *(one.kpi for one in plan.forecasts)} & kpis):
        sheet.edge(ref, "measured_by", things.kpi(name))
    if plan.requested_by:
        owner = sheet.node(things.owner(plan.requested_by), plan.requested_by)
        sheet.edge(ref, "owned_by", owner, first=plan.created_at)
    if plan.restores:
        sheet.edge(ref, "restores", things.plan(plan.restores))
    for outcome in outcomes:
        _outcome(sheet, ref, outcome, kpis)
    return sheet.updates


def chart_holds(plan_id: str, winners: Sequence[str], reasons: Mapping[str, str]) -> tuple[Update, ...]:
    """That a plan cannot be carried out beside others, as found in review."""
    sheet = Sheet(SOURCE)
    for winner in winners:
        sheet.edge(things.plan(plan_id), "conflicts_with", things.plan(winner), reason=reasons.get(winner, ""))
    return sheet.updates


def _intent(sheet: Sheet, plan: Plan) -> NodeRef:
    (field, direction) = _aim(plan.changes)
    return sheet.node(
        things.intent(plan.id),
        plan.title,
        first=plan.created_at,
        agent=plan.agent,
        field=field,
        direction=direction,
        at_risk_minor=plan.money_at_risk.minor,
        currency=plan.money_at_risk.currency,
    )


def _aim(changes: Sequence[Change]) -> tuple[str, str]:
    """The field that most changes are of, and whether it goes up or down, where that can be said."""
    fields = [change.field for change in changes]
    field = max(set(fields), key=lambda one: (fields.count(one), one))
    steps = [
        change.after.minor - change.before.minor
        for change in changes
        if isinstance(change.after, Money) and isinstance(change.before, Money)
    ]
    total = sum(steps)
    return field, "up" if total > 0 else "down" if total < 0 else "across"


def _outcome(sheet: Sheet, ref: NodeRef, outcome: Outcome, kpis: frozenset[str]) -> None:
    node = sheet.node(
        things.outcome(outcome.plan_id, outcome.kpi),
        f"{outcome.kpi}: {outcome.text}",
        score=outcome.score.value,
        final=outcome.final,
    )
    sheet.edge(ref, "resulted_in", node)
    if outcome.kpi in kpis:
        sheet.edge(node, "scored_on", things.kpi(outcome.kpi))
