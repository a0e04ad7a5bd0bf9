"""Recount: what became of plans, as the tables that KPI definitions name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import polars as pl

from agents.governance.limits import Limits
from agents.kpis.costs import Cost, daily
from agents.kpis.object_reader import TeamTime
from agents.kpis.tables import TABLES
from agents.kpis.views import DiscountCaps
from agents.lifecycle.cases.attest import Attester
from agents.lifecycle.rules.enact import Rulebook, RulesUntrusted
from storage.ledger import Ledger
from storage.records.alerts import Outcome, OutcomeScore
from storage.records.executions import Execution
from storage.records.plans import PlanState, PlanStatus
from storage.records.verdicts import Answer, Decision

Row = dict[str, Any]


class Recounter:
    """Reads plans, decisions, executions and outcomes; changes nothing."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        attester: Attester,
        *,
        costs: Sequence[Cost],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._attester = attester
        self._costs = costs
        self._clock = clock

    async def team(self) -> TeamTime:
        """The team's calendar and caps, as the rules in force have them; round the clock where none is trusted."""
        async with self._ledger.read() as tx:
            try:
                rules = await self._rulebook.of(tx)
            except RulesUntrusted:
                return TeamTime()
        return TeamTime(zone=rules.calendar.zone, hours=rules.calendar.hours_between, caps=_caps(rules.limits))

    async def work(
        self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool
    ) -> Mapping[str, pl.DataFrame]:
        """As the KPI reader's OwnWork."""
        wanted, until = set(tables), as_of or self._clock()
        found: dict[str, list[Row]] = {name: [] for name in wanted}
        if wanted & {"plan", "change", "forecast"}:
            async with self._ledger.read() as tx:
                statuses = await tx.plans.in_states(*PlanState)
                decisions = await tx.approvals.all_decisions()
                applied = await tx.executions.applied()
                scored = await tx.executions.scored()
            plans = {
                one.plan.id: one for one in statuses if one.plan.simulated is simulated and one.plan.created_at <= until
            }
            applied = tuple(one for one in applied if one.plan_id in plans and one.updated_at <= until)
            said = [one for one in decisions if one.plan_id in plans and one.decided_at <= until]
            found |= {"plan": list(plan_rows(plans.values(), said, applied))} if "plan" in wanted else {}
            if "change" in wanted:
                flawed = {flaw.key for flaw in (await self._attester.account()).flaws}
                found["change"] = [_change(one, plans[one.plan_id], valid=one.key not in flawed) for one in applied]
            if "forecast" in wanted:
                known = [one for one in scored if one.plan_id in plans and one.scored_on <= until.date()]
                found["forecast"] = [row for one in known for row in _forecast(one, plans[one.plan_id])]
        if "cost" in wanted and not simulated:
            found["cost"] = [row for cost in self._costs for row in daily(cost, until=until.date())]
        return {name: pl.DataFrame(rows, schema=TABLES[name].schema) for name, rows in found.items()}


def plan_rows(
    plans: Iterable[PlanStatus], decisions: Sequence[Decision], applied: Sequence[Execution]
) -> Iterable[Row]:
    """One row a plan: when it was made, fully approved, first applied, and what it reacted to.

    The signal is the end of the newest day of data that the plan was made with, and it is acted on by the channel's
    own clock, so that both are of one clock in a simulated market too.
    """
    said, written = _by_plan(decisions), _by_plan(applied)
    for status in plans:
        plan = status.plan
        answers, done = said.get(plan.id, []), written.get(plan.id, [])
        approvals = [
            one.decided_at for one in answers if one.revision == plan.revision and one.answer is Answer.APPROVE
        ]
        rejections = [one.decided_at for one in answers if one.answer is Answer.REJECT]
        receipts = [one.receipt.applied_at for one in done if one.receipt is not None]
        first = min((one.updated_at for one in done), default=None)
        before = [at for at in approvals if first is None or at <= first]
        decided = status.state in (PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE, PlanState.FAILED)
        yield {
            "id": plan.id,
            "state": status.state.value,
            "kind": plan.kind.value,
            "agent": plan.agent,
            "channel": _one({change.resource.channel for change in plan.changes}),
            "created_at": plan.created_at,
            "approved_at": max(before, default=None) if done or decided else None,
            "applied_at": first,
            "signal_at": _day_end(plan.data_day),
            "acted_at": min(receipts, default=None),
            "rejected_at": max(rejections, default=None) if status.state is PlanState.REJECTED else None,
        }


_OfPlan = TypeVar("_OfPlan", Decision, Execution)


def _by_plan(rows: Iterable[_OfPlan]) -> dict[str, list[_OfPlan]]:
    found: dict[str, list[_OfPlan]] = {}
    for row in rows:
        found.setdefault(row.plan_id, []).append(row)
    return found


def _change(done: Execution, status: PlanStatus, *, valid: bool) -> Row:
    return {
        "plan": done.plan_id,
        "at": done.updated_at,
        "valid": valid,
        "agent": status.plan.agent,
        "channel": done.change.resource.channel,
        "kind": status.plan.kind.value,
    }


def _forecast(outcome: Outcome, status: PlanStatus) -> Iterable[Row]:
    """A forecast whose days are over and whose score is final; better than its range is outside of it too."""
    if not outcome.final or outcome.score is OutcomeScore.CANNOT_TELL:
        return
    for forecast in status.plan.forecasts:
        if forecast.kpi == outcome.kpi:
            measured = outcome.measured
            inside = outcome.score is OutcomeScore.MET
            if measured is not None:
                inside = forecast.low <= measured <= forecast.high
            yield {
                "plan": outcome.plan_id,
                "kpi": outcome.kpi,
                "day": outcome.scored_on,
                "inside": inside,
                "error_ppm": _error(forecast.middle, measured),
                "agent": status.plan.agent,
            }


def _error(expected: Decimal, measured: Decimal | None) -> int | None:
    """Millionths of what was measured; None where that is nothing, of which no share can be taken."""
    if not measured:
        return None
    return int(abs(expected - measured) / abs(measured) * 1_000_000)


def _caps(limits: Limits | None) -> DiscountCaps:
    if limits is None:
        return DiscountCaps()
    return DiscountCaps(single=limits.discount_cap_bp, stacked=limits.stacked_discount_cap_bp)


def _one(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else "several"


def _day_end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), UTC)
