"""Drift of the main KPIs: findings for people, one an event, with numbers, likely cause and the plan to suspect."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

import polars as pl

from agents.drift import maturity
from agents.drift.campaigns import campaign_cases
from agents.drift.case import Case
from agents.drift.causes import cases_of
from agents.drift.columns import Columns, columns_of
from agents.drift.excuses import NONE, Excuses
from agents.drift.maturity import Maturity
from agents.drift.occasions import Occasions
from agents.drift.plans import ExecutedPlan
from agents.drift.signals import ALL, Normals, signals_of
from agents.drift.suspicion import candidates_of, special_days_near
from agents.drift.thresholds import DEFAULT, Thresholds
from agents.drift.wording import detail_of, title_of
from agents.drift.words import unit_of
from storage.records.alerts import AlertKind, Finding, Pattern, Reading, Severity

_LASTING_DAYS = 3


def detect(
    frame: pl.DataFrame,
    *,
    data_day: date,
    restatement_days: int,
    plans: Sequence[ExecutedPlan] = (),
    thresholds: Thresholds = DEFAULT,
    normals: Normals = MappingProxyType({}),
    flagged: Collection[tuple[str, str]] | None = None,
    paused: Collection[str] = (),
    excuses: Excuses = NONE,
) -> tuple[Finding, ...]:
    """Judge the newest one to three complete days of one source.

    `frame` has the columns of `storage.lake.facts.FACTS`; older versions of its rows show how fast conversions arrive,
    and young days are compared at equal maturity. Budgets that `plans` changed are not drift, and a level in `normals`
    is the usual one from its day on; special days are judged as `excuses` says. Of `flagged` and `paused` campaigns see
    `campaign_cases`. Currencies are judged apart. Empty with less history than the thresholds ask for.
    """
    arranged = arrange(frame, data_day=data_day, restatement_days=restatement_days, plans=plans)
    return tuple(
        finding
        for one in arranged
        for finding in judge(
            one, plans=plans, thresholds=thresholds, normals=normals, flagged=flagged, paused=paused, excuses=excuses
        )
    )


@dataclass(frozen=True)
class Arranged:
    """One currency of one source, arranged to be judged."""

    currency: str
    suffix: str
    """Of keys, where the source has other currencies, too."""
    arrival: Maturity
    newest: pl.DataFrame
    """Rows of the judged day."""
    columns: Columns


def arrange(
    frame: pl.DataFrame, *, data_day: date, restatement_days: int, plans: Sequence[ExecutedPlan] = ()
) -> tuple[Arranged, ...]:
    """The facts of one source as columns, by currency; see `detect`."""
    currencies = sorted(frame["currency"].drop_nulls().unique().to_list())
    arranged = []
    for currency in currencies:
        own = frame.filter(pl.col("currency") == currency)
        arrival = maturity.measure(own, data_day=data_day, restatement_days=restatement_days)
        rows = maturity.newest_rows(own)
        columns = columns_of(rows, data_day=data_day, maturity=arrival, plans=plans)
        newest = rows.filter(pl.col("day") == data_day)
        suffix = f"/{currency}" if len(currencies) > 1 else ""
        arranged.append(Arranged(currency, suffix, arrival, newest, columns))
    return tuple(arranged)


def judge(
    one: Arranged,
    *,
    plans: Sequence[ExecutedPlan],
    thresholds: Thresholds,
    normals: Normals,
    flagged: Collection[tuple[str, str]] | None,
    paused: Collection[str],
    excuses: Excuses = NONE,
) -> tuple[Finding, ...]:
    """All cases of the newest day; see `detect`."""
    signals = signals_of(one.columns, maturity=one.arrival, thresholds=thresholds, normals=normals, excuses=excuses)
    cases = cases_of(one.columns, signals, thresholds)
    alone = campaign_cases(
        one.columns,
        cases,
        maturity=one.arrival,
        thresholds=thresholds,
        normals=normals,
        flagged=flagged,
        paused=paused,
        excuses=excuses,
    )
    telling = _Telling(
        newest=one.newest,
        currency=one.currency,
        suffix=one.suffix,
        data_day=one.columns.last,
        plans=plans,
        thresholds=thresholds,
        occasions=excuses.occasions,
    )
    return tuple(telling.finding(case) for case in (*cases, *alone))


@dataclass(frozen=True)
class _Telling:
    """Cases of one day and currency as findings."""

    newest: pl.DataFrame
    currency: str
    suffix: str
    data_day: date
    plans: Sequence[ExecutedPlan]
    thresholds: Thresholds
    occasions: Occasions

    def finding(self, case: Case) -> Finding:
        loads = sorted(set(self.newest["load_id"].drop_nulls().to_list()))
        days = self.thresholds.plan_days
        suspect = _suspect(case, self.plans, data_day=self.data_day, days=days)
        since = self._since(case)
        channel = None if case.entity == ALL else case.entity.split("/", 1)[0]
        return Finding(
            key=f"drift/{_key_of(case)}{self.suffix}",
            kind=AlertKind.DRIFT,
            severity=_severity(case, self.thresholds),
            kpi=case.kpi,
            entity=_entity_of(case),
            title=title_of(case),
            detail=detail_of(case, currency=self.currency, data_day=self.data_day, suspect=suspect),
            cause=case.cause,
            suspect_plan=suspect.plan_id if suspect else None,
            seen_on=self.data_day,
            evidence=tuple(load if load.startswith("load:") else f"load:{load}" for load in loads),
            reading=self._reading(case),
            candidates=candidates_of(
                case,
                plans=self.plans,
                data_day=self.data_day,
                since=since,
                plan_days=days,
                special=special_days_near(self.occasions, since or self.data_day, self.data_day),
            ),
            pattern=case.pattern or _pattern(case),
            channel=channel,
            campaign_id=_campaign_of(case),
            since=since,
            simulated=bool(self.newest["simulated"].any()),
        )

    def _since(self, case: Case) -> date | None:
        if case.jump is not None:
            return case.jump.day
        if case.missing:
            return self.data_day
        if case.pattern is Pattern.VARIANCE_CHANGE and case.lead and case.lead.unrest:
            return self.data_day - timedelta(days=case.lead.unrest.days - 1)
        if case.lead is None or case.lead.strongest is None:
            return None if case.lead is None else self.data_day - timedelta(days=case.lead.told.days - 1)
        # Of an average over days, the first may be a healthy one: the row of days tells.
        return self.data_day - timedelta(days=max(case.lead.streak, 1) - 1)

    def _reading(self, case: Case) -> Reading | None:
        if case.jump is not None:
            after, before = (
                Decimal(micros) / 1_000_000 for micros in (case.jump.after_micros, case.jump.before_micros)
            )
            return Reading(
                unit=f"{self.currency}/day",
                currency=self.currency,
                observed=after,
                expected=before,
                first=case.jump.day,
                last=self.data_day,
            )
        if case.lead is None or not case.lead.readings:
            return None
        if case.lead.unrest is not None and case.pattern is Pattern.VARIANCE_CHANGE:
            swing = case.lead.unrest
            return Reading(
                kpi=_NAMES.get(case.lead.kpi, case.lead.kpi),
                unit="% from day to day",
                observed=_exact(swing.now * 100),
                expected=_exact(swing.before * 100),
                first=self.data_day - timedelta(days=swing.days - 1),
                last=self.data_day,
            )
        told, unit = case.lead.told, unit_of(case.lead.kpi, self.currency)
        low, high = case.lead.quiet or (None, None)
        return Reading(
            kpi=_NAMES.get(case.lead.kpi, case.lead.kpi),
            unit=unit or "ratio",
            currency=self.currency if unit.startswith(self.currency) else None,
            observed=_exact(told.observed),
            expected=_exact(told.expected),
            low=None if low is None else _exact(low),
            high=None if high is None else _exact(high),
            first=self.data_day - timedelta(days=told.days - 1),
            last=self.data_day,
        )


_NAMES = {"orders": "store_orders"}
"""Signals that kpis.yml calls otherwise."""


def _key_of(case: Case) -> str:
    """Of single campaigns one case a KPI and channel, so that the key stays as campaigns join and leave."""
    if case.missing:
        return f"missing/{case.entity}"
    if case.campaigns:
        return f"{case.kpi}/{case.entity.split('/', 1)[0]}/campaigns"
    return f"{case.kpi}/{case.entity}"


def _entity_of(case: Case) -> str:
    if len(case.campaigns) > 1:
        return f"{len(case.campaigns)} campaigns of {case.entity.split('/', 1)[0]}"
    return case.campaigns[0][1] if case.campaigns else case.entity


def _campaign_of(case: Case) -> str | None:
    if case.jump is not None:
        return case.jump.campaign_id
    return case.campaigns[0][0] if len(case.campaigns) == 1 else None


def _pattern(case: Case) -> Pattern | None:
    if case.jump is not None:
        return Pattern.LEVEL_SHIFT
    if case.lead is None:
        return None
    if case.lead.growing:
        return Pattern.TREND_BREAK
    return Pattern.LEVEL_SHIFT if case.lead.streak >= _LASTING_DAYS else Pattern.SPIKE


def _exact(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


def _severity(case: Case, thresholds: Thresholds) -> Severity:
    if case.always_critical:
        return Severity.CRITICAL
    if case.pattern is Pattern.VARIANCE_CHANGE:
        return Severity.NOTE
    if case.lead is None or case.lead.strongest is None:
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
