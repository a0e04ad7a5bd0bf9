"""The budget planner: next week's daily budgets at the same total, from the measured response of each campaign."""

from datetime import timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np

from agents.forecasts.allocation import Allocation, TotalOutOfReachError, allocate
from agents.forecasts.history import AHEAD_DAYS, Floats
from agents.forecasts.week import Week, forecast_week
from agents.team.agent import JUDGED_AFTER_DAYS, Answer, KeepThePlan, NotEnoughData, Proposal
from agents.team.brief import Brief, resource_of
from agents.team.desk import Desk, Key, measure, options_of
from agents.team.wording import percent, title_of, too_little_of, why_of
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Change, ExitCriterion, Forecast, PlanKind, raised_per_day

START_DAYS = 2
"""The forecast begins so many days after the newest complete day: the first whole day of the new budgets."""
_MOST_LATE = AHEAD_DAYS - JUDGED_AFTER_DAYS + 1 - START_DAYS
"""The calendar of a forecast reaches no further; the rules refuse a plan on data that are so old."""


class BudgetPlanner:
    """Proposes a re-allocation of daily budgets, or says why not. Its draws are seeded by the brief."""

    @property
    def name(self) -> str:
        return "budget_planner"

    @property
    def version(self) -> str:
        return "1"

    @property
    def does(self) -> str:
        return "Moves daily budgets to where one more pound brings more, at the same total"

    @property
    def kinds(self) -> tuple[PlanKind, ...]:
        return (PlanKind.BUDGET,)

    def propose(self, brief: Brief) -> Answer:
        rng = np.random.default_rng(brief.seed)
        desk = measure(brief, rng)
        if len(desk.responses) < 2:
            return self._not_enough(brief, _missing(desk))
        if len(desk.free) < 2:
            held = "; ".join(f"{desk.name_of(key)}: {reason}" for key, reason in sorted(desk.held.items()))
            return self._keep(brief, f"fewer than two campaigns may be moved ({held})")
        try:
            allocation = _allocation(desk)
        except TotalOutOfReachError as error:
            return self._keep(brief, _out_of_reach(brief, error))
        changes = _changes(desk, allocation)
        reason = too_little_of(desk, allocation, moved=len(changes))
        if reason and not (desk.is_forced and changes):
            return self._keep(brief, reason)
        return self._proposal(desk, allocation, changes, rng)

    def _keep(self, brief: Brief, reason: str) -> KeepThePlan:
        return KeepThePlan(reason=reason, agent=self.name, agent_version=self.version, data_day=brief.data_day)

    def _not_enough(self, brief: Brief, reason: str) -> NotEnoughData:
        return NotEnoughData(reason=reason, agent=self.name, agent_version=self.version, data_day=brief.data_day)

    def _proposal(
        self, desk: Desk, allocation: Allocation, changes: tuple[Change, ...], rng: np.random.Generator
    ) -> Proposal:
        brief, week = desk.brief, _week(desk, allocation, rng)
        risk = raised_per_day(changes, brief.currency) * JUDGED_AFTER_DAYS
        return Proposal(
            title=title_of(changes, brief.currency),
            why=(
                *why_of(desk, allocation, changes),
                f"At risk: what the raised budgets add a day × {JUDGED_AFTER_DAYS} days.",
            ),
            agent=self.name,
            agent_version=self.version,
            changes=changes,
            forecasts=_forecasts(brief, week),
            kpis=("roas", "revenue"),
            slas=(f"judged {JUDGED_AFTER_DAYS} days after execution, once their conversions have arrived",),
            exit_criteria=(_exit_criterion(week),),
            evidence=brief.evidence,
            money_at_risk=risk,
            irreversible=("Money already spent cannot be taken back.",),
            data_day=brief.data_day,
            data_known_at=brief.data_known_at,
            simulated=brief.simulated,
            versions={
                "agent": f"{self.name}/{self.version}",
                "model": "response/1",
                "seed": str(brief.seed),
                **brief.versions,
                **brief.features.versions,
            },
        )


def _missing(desk: Desk) -> str:
    reasons = [f"{desk.name_of(key)}: {reason}" for key, reason in sorted(desk.unmeasured.items())]
    if not reasons:
        return f"needs two running campaigns in {desk.brief.currency}, has {len(desk.states)}"
    more = f"; and {len(reasons) - 4} more" if len(reasons) > 4 else ""
    return f"needs two campaigns with a measured response, has {len(desk.responses)} ({'; '.join(reasons[:4])}{more})"


def _out_of_reach(brief: Brief, error: TotalOutOfReachError) -> str:
    total, least = (Money(minor=minor, currency=brief.currency) for minor in (error.total, error.least))
    return (
        f"the cap of {total}/day cannot be reached in one step: within {percent(brief.limits.max_step_share)} a"
        f" campaign the smallest total is {least}/day; raise the cap or allow larger steps"
    )


def _allocation(desk: Desk) -> Allocation:
    return allocate(
        options_of(desk),
        total=desk.total,
        unit=desk.minor_units,
        min_move_share=float(desk.brief.limits.min_move_share),
    )


def _after(allocation: Allocation, state: CampaignState) -> Money:
    return Money(minor=allocation.after[f"{state.channel}/{state.id}"], currency=state.daily_budget.currency)


def _changes(desk: Desk, allocation: Allocation) -> tuple[Change, ...]:
    moved = [state for state in desk.states.values() if _after(allocation, state) != state.daily_budget]
    return tuple(
        Change(
            id=f"c{number}",
            resource=resource_of(state),
            field="daily_budget",
            before=state.daily_budget,
            after=_after(allocation, state),
            unit=f"{desk.brief.currency}/day",
            expected_version=state.version,
        )
        for number, state in enumerate(moved, start=1)
    )


def _week(desk: Desk, allocation: Allocation, rng: np.random.Generator) -> Week:
    before: dict[Key, float] = {key: float(state.daily_budget.amount) for key, state in desk.states.items()}
    after = {key: float(_after(allocation, state).amount) for key, state in desk.states.items()}
    start = _start_days(desk.brief)
    return forecast_week(
        desk.history, desk.responses, before=before, after=after, start=start, days=JUDGED_AFTER_DAYS, rng=rng
    )


def _start_days(brief: Brief) -> int:
    return START_DAYS + min(brief.late_days, _MOST_LATE)


def _forecasts(brief: Brief, week: Week) -> tuple[Forecast, ...]:
    roas = (week.revenue_before / week.spend_before, week.revenue_after / week.spend_after)
    return (
        _forecast(brief, "roas", "ratio", *roas, step="0.001"),
        _forecast(brief, "revenue", brief.currency, week.revenue_before, week.revenue_after, step="1"),
    )


def _forecast(brief: Brief, kpi: str, unit: str, before: Floats, after: Floats, *, step: str) -> Forecast:
    first = brief.data_day + timedelta(days=_start_days(brief))
    lowest, median, highest = np.quantile(after, [0.1, 0.5, 0.9])
    scale = float(brief.limits.range_scale)
    low, middle, high = (
        _rounded(max(median + scale * off, 0.0), step) for off in (lowest - median, 0.0, highest - median)
    )
    return Forecast(
        kpi=kpi,
        unit=unit,
        first=first,
        last=first + timedelta(days=JUDGED_AFTER_DAYS - 1),
        baseline=_rounded(float(np.median(before)), step),
        low=low,
        middle=middle,
        high=high,
        coverage=Decimal("0.8"),
    )


def _exit_criterion(week: Week) -> ExitCriterion:
    """ROAS that the plan would miss by chance only once in forty weeks."""
    lowest = float(np.quantile(week.revenue_after / week.spend_after, 0.025))
    return ExitCriterion(
        kpi="roas",
        unit="ratio",
        side="below",
        threshold=Decimal(repr(lowest)).quantize(Decimal("0.01"), rounding=ROUND_FLOOR),
        after_days=JUDGED_AFTER_DAYS,
    )


def _rounded(value: float, step: str) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(step), rounding=ROUND_HALF_EVEN)
