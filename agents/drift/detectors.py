"""Drift of the main KPIs: findings for people, one an event, with numbers, likely cause and the plan to suspect."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from agents.drift import maturity
from agents.drift.causes import Case, cases_of
from agents.drift.columns import columns_of
from agents.drift.plans import ExecutedPlan
from agents.drift.signals import ALL, signals_of
from agents.drift.thresholds import DEFAULT, Thresholds
from agents.drift.wording import detail_of, title_of
from storage.records.alerts import AlertKind, Finding, Severity


def detect(
    frame: pl.DataFrame,
    *,
    data_day: date,
    restatement_days: int,
    plans: Sequence[ExecutedPlan] = (),
    thresholds: Thresholds = DEFAULT,
) -> tuple[Finding, ...]:
    """Judge the newest one to three complete days of one source.

    `frame` has the columns of `storage.lake.facts.FACTS`; older versions of its rows show how fast conversions arrive,
    and young days are compared at equal maturity. Budgets that `plans` changed are not drift. Currencies are judged
    apart. Empty with less history than the thresholds ask for.
    """
    currencies = sorted(frame["currency"].drop_nulls().unique().to_list())
    findings: list[Finding] = []
    for currency in currencies:
        own = frame.filter(pl.col("currency") == currency)
        arrival = maturity.measure(own, data_day=data_day, restatement_days=restatement_days)
        rows = maturity.newest_rows(own)
        columns = columns_of(rows, data_day=data_day, maturity=arrival, plans=plans)
        signals = signals_of(columns, maturity=arrival, thresholds=thresholds)
        newest = rows.filter(pl.col("day") == data_day)
        suffix = f"/{currency}" if len(currencies) > 1 else ""
        findings += [
            _finding(
                case, newest, currency=currency, suffix=suffix, data_day=data_day, plans=plans, thresholds=thresholds
            )
            for case in cases_of(columns, signals, thresholds)
        ]
    return tuple(findings)


def _finding(
    case: Case,
    newest: pl.DataFrame,
    *,
    currency: str,
    suffix: str,
    data_day: date,
    plans: Sequence[ExecutedPlan],
    thresholds: Thresholds,
) -> Finding:
    loads = sorted(set(newest["load_id"].drop_nulls().to_list()))
    suspect = _suspect(case, plans, data_day=data_day, days=thresholds.plan_days)
    return Finding(
        key=f"drift/{case.kpi}/{case.entity}{suffix}",
        kind=AlertKind.DRIFT,
        severity=_severity(case, thresholds),
        kpi=case.kpi,
        entity=case.entity,
        title=title_of(case),
        detail=detail_of(case, currency=currency, data_day=data_day, suspect=suspect),
        cause=case.cause,
        suspect_plan=suspect.plan_id if suspect else None,
        seen_on=data_day,
        evidence=tuple(load if load.startswith("load:") else f"load:{load}" for load in loads),
        simulated=bool(newest["simulated"].any()),
    )


def _severity(case: Case, thresholds: Thresholds) -> Severity:
    if case.always_critical:
        return Severity.CRITICAL
    if case.lead is None:
        return Severity.WARNING
    rule, size = thresholds.rule(case.lead.kpi), abs(case.lead.effect)
    if size >= rule.critical_effect and (case.lead.streak >= 2 or rule.bad != "both"):
        return Severity.CRITICAL
    if size >= 1.5 * rule.min_effect or case.lead.streak >= 2:
        return Severity.WARNING
    return Severity.NOTE


def _suspect(case: Case, plans: Sequence[ExecutedPlan], *, data_day: date, days: int) -> ExecutedPlan | None:
    """The newest plan that touched the channel shortly before; None where a plan cannot be the cause."""
    if not case.ours:
        return None
    channel = case.entity.split("/", 1)[0]
    recent = [
        plan
        for plan in plans
        if 0 <= (data_day - plan.executed_on).days <= days and (case.entity == ALL or channel in plan.channels)
    ]
    return max(recent, key=lambda plan: (plan.executed_on, _number(plan.plan_id)), default=None)


def _number(plan_id: str) -> int:
    digits = plan_id.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
