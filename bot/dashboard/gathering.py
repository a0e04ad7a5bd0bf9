"""What a new view shows, read from where it is known: KPIs from the engine, everything else from the database."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.governance.report import Account
from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.windows import Window, recent
from agents.lifecycle.rules.enact import RulesUntrusted
from bot.dashboard import waits
from bot.office import Office
from storage.ledger import Transaction
from storage.records.alerts import Alert
from storage.records.dashboards import (
    CaseLine,
    EvaluationLine,
    FlawLine,
    GovernanceLine,
    Header,
    ModelLine,
    PlanLine,
    PlanStep,
    RuleLine,
    Snapshot,
    Tally,
    Totals,
)
from storage.records.executions import ExecutionState
from storage.records.kpis import KpiAnswer
from storage.records.models import Stage
from storage.records.plans import PlanState
from storage.records.reviews import Review
from storage.repositories.tallies import Refusal

USUAL_DAYS = 28
HEADLINES = (
    "roas", "revenue", "spend", "conversions", "cpa", "cvr", "cpc", "ctr", "store_revenue", "aov", "new_leads",
    "cost_per_new_lead", "win_rate", "csat", "plan_approval_wait", "plan_execution_time", "plan_accuracy",
    "forecast_error", "governance_compliance", "freshness",
)  # fmt: skip
"""KPIs that are shown where there are data, besides those that the team aims at."""
MOST_CASES, MOST_PLANS = 40, 40
_CANDIDATES = 3
_OVER = (
    PlanState.REFUSED, PlanState.REJECTED, PlanState.EXPIRED, PlanState.SUPERSEDED,
    PlanState.DONE, PlanState.FAILED, PlanState.ROLLED_BACK,
)  # fmt: skip
_STEPS = {
    "plan.proposed": "proposed",
    "plan.edited": "edited",
    "plan.waiting": "waits for approval",
    "plan.approve": "approved",
    "plan.reject": "rejected",
    "plan.executing": "execution began",
    "change.applied": "change applied",
    "plan.done": "done",
    "plan.failed": "failed",
    "plan.expired": "expired",
    "plan.stopped": "stopped by a freeze",
    "plan.resumed": "resumed",
    "plan.rolled_back": "rolled back",
}


async def gathered(office: Office, *, days: int, zone: ZoneInfo) -> Snapshot:
    """Everything that is known now, over the newest complete days of data and the newest days of the clock.

    KPIs are read one by one: where a load lands meanwhile, they are read once more, so that all tell of one moment.
    """
    seen, whole = await _read(office, days=days, zone=zone)
    return seen if whole else (await _read(office, days=days, zone=zone))[0]


async def _read(office: Office, *, days: int, zone: ZoneInfo) -> tuple[Snapshot, bool]:
    """What is known, and whether no load landed while it was read."""
    async with office.ledger.read() as tx:
        before = await _marks(tx)
    today = await office.kpis.data_day()
    window = None if today is None else recent(days, today=today)
    trends = await _trends(office, days, window)
    since = office.clock() - timedelta(days=days)
    first = since.date() if window is None else window.first
    account = await office.attester.account(first=since.astimezone(zone).date() + timedelta(days=1))
    pending = office.meters.pending()
    async with office.ledger.read() as tx:
        now = office.clock()
        cases, open_cases, ended_cases = await _cases(tx, first, since)
        plans, all_plans = await _plans(tx, first, since)
        refusals = await tx.tallies.refusals(since=since)
        latencies = await waits.lines(tx, pending, first=since.date() + timedelta(days=1), last=now.date())
        seen = Snapshot(
            header=Header(
                as_of=now,
                days=days,
                first=None if window is None else window.first,
                last=None if window is None else window.last,
                zone=zone.key,
                simulated=office.sandbox is not None,
                rules=await _rules(office, tx),
            ),
            trends=trends,
            cases=cases,
            plans=plans,
            latencies=latencies,
            successes=(*await _successes(tx, since), *waits.runs(latencies)),
            governance=_governance(account),
            rules=_refusing_rules(refusals),
            flaws=tuple(
                FlawLine(plan_id=one.plan_id, key=one.key, words=one.words, at=one.at) for one in account.flaws
            ),
            models=await _models(tx),
            totals=Totals(open_cases=open_cases, ended_cases=ended_cases, plans=all_plans),
        )
        return seen, await _marks(tx) == before


async def _marks(tx: Transaction) -> tuple[str, str]:
    """Changes with every load of either world."""
    return await tx.loads.mark(simulated=False), await tx.loads.mark(simulated=True)


async def _rules(office: Office, tx: Transaction) -> str:
    try:
        edition = await office.rulebook.edition(tx)
    except RulesUntrusted:
        return ""
    return f"edition {edition.number} ({edition.version[:12]})"


async def _trends(office: Office, days: int, window: Window | None) -> tuple[KpiAnswer, ...]:
    """Of every KPI that has data and is a headline or has a target, in that order."""
    aimed = [name for name, kpi in office.kpis.kpis.items() if kpi.target is not None]
    wanted = [name for name in dict.fromkeys((*HEADLINES, *aimed)) if name in office.kpis.kpis]
    answers = [await _answer(office, name, window, days) for name in wanted]
    return tuple(one for one in answers if one is not None and not one.no_data)


async def _answer(office: Office, name: str, window: Window | None, days: int) -> KpiAnswer | None:
    """One at a time, and other work in between: a view may take a second, a click may not."""
    await asyncio.sleep(0)
    if office.kpis.definition(name).of_our_work:
        day = await office.kpis.data_day(kpi=name)
        window = window if day is None else recent(days, today=day)
    if window is None:
        return None
    try:
        return await office.kpis.ask(KpiQuery(kpi=name, window=window))
    except BadKpiQuery:  # such as amounts in two currencies that no rate joins
        return None


async def _cases(tx: Transaction, first: date, since: datetime) -> tuple[tuple[CaseLine, ...], int, int]:
    """Cases that are not over, then those of the days that are, each newest first; how many there are of either."""
    unrecovered = (await tx.alerts.unrecovered())[::-1]
    ended, over = await tx.alerts.over(seen_from=first, ended_from=since, limit=MOST_CASES)
    reviews = {one.alert_id: one for one in await tx.reviews.all()}
    ids = {alert.finding.key: alert.id for alert in unrecovered}
    lines = tuple(_case(alert, reviews.get(alert.id), ids) for alert in (*unrecovered, *over)[:MOST_CASES])
    return lines, len(unrecovered), ended


def _case(alert: Alert, review: Review | None, ids: Mapping[str, str]) -> CaseLine:
    """`ids` are those of open cases, by key."""
    finding = alert.finding
    return CaseLine(
        id=alert.id,
        severity=finding.severity,
        state=alert.state,
        kpi=finding.kpi,
        entity=finding.entity,
        title=finding.title,
        cause=finding.cause,
        suspect_plan=finding.suspect_plan,
        opened_on=alert.opened_on,
        last_seen_on=finding.seen_on,
        times_seen=alert.times_seen,
        review=None if review is None else review.state,
        due_at=None if review is None else review.due_at,
        pattern=finding.pattern,
        reading=finding.reading,
        candidates=finding.candidates[:_CANDIDATES],
        part_of=None if finding.part_of is None else ids.get(finding.part_of),
        escalated=alert.escalated > 0,
        learnt=alert.learnt,
    )


async def _plans(tx: Transaction, first: date, since: datetime) -> tuple[tuple[PlanLine, ...], int]:
    """Plans that were proposed, decided or carried out in the days of the view, and all that are open; newest first.

    With how many there are.
    """
    number, shown = await tx.plans.of_days(day=first, moment=since, over=_OVER, limit=MOST_PLANS)
    ids = tuple(status.plan.id for status in shown)
    done = {one: day for one in ids if (day := await tx.plans.done_on(one)) is not None}
    taken_back, traces = await tx.plans.rolled_back_by(ids), await tx.tallies.traces(ids)
    steps: dict[str, list[PlanStep]] = {}
    for entry in await tx.audit.of(*ids) if ids else ():
        if entry.action in _STEPS:
            steps.setdefault(entry.subject, []).append(PlanStep(words=_STEPS[entry.action], at=entry.at))
    lines = tuple(
        PlanLine(
            id=status.plan.id,
            kind=status.plan.kind,
            title=status.plan.title,
            state=status.state,
            agent=status.plan.agent,
            proposed_on=status.plan.data_day,
            done_on=done.get(status.plan.id),
            restores=status.plan.restores,
            rolled_back_by=taken_back.get(status.plan.id),
            steps=tuple(steps.get(status.plan.id, ())),
            trace_id=traces[status.plan.id].split("-")[1] if status.plan.id in traces else None,
        )
        for status in shown
    )
    return lines, number


async def _successes(tx: Transaction, since: datetime) -> tuple[Tally, ...]:
    """How plans and changes of the days ended; what is still open counts for nothing."""
    ended = Counter(await tx.plans.counts(since=since))
    carried_out = ended[PlanState.DONE] + ended[PlanState.ROLLED_BACK]
    decided = carried_out + ended[PlanState.FAILED] + ended[PlanState.REJECTED]
    states = await tx.tallies.executions()
    applied, failed = states.get(ExecutionState.APPLIED, 0), states.get(ExecutionState.FAILED, 0)
    return tuple(
        tally
        for tally in (
            Tally(
                what="plans carried out, of those begun", well=carried_out, all=carried_out + ended[PlanState.FAILED]
            ),
            Tally(what="plans agreed to, of those decided", well=decided - ended[PlanState.REJECTED], all=decided),
            Tally(what="changes applied, of those tried (ever)", well=applied, all=applied + failed),
        )
        if tally.all
    )


def _governance(account: Account) -> GovernanceLine:
    figures = account.overall
    return GovernanceLine(
        changes=figures.changes,
        valid=figures.valid,
        decided=figures.decided,
        median_minutes=figures.median_minutes,
        rejected=figures.rejected,
        expired=figures.expired,
        escalated=figures.escalated,
        overridden=figures.overridden,
        freezes=figures.freezes,
    )


def _refusing_rules(refusals: Iterable[Refusal]) -> tuple[RuleLine, ...]:
    """One line a rule that refused something, most first."""
    texts: dict[str, str] = {}
    plans: dict[str, list[str]] = {}
    for refusal in refusals:
        for reason in refusal.verdict.reasons:
            texts[reason.policy] = reason.text
            plans.setdefault(reason.policy, []).append(refusal.plan_id)
    lines = [
        RuleLine(
            policy=policy,
            text=texts[policy],
            refused=len(concerned),
            plans=tuple(dict.fromkeys(reversed(concerned)))[:5],
        )
        for policy, concerned in plans.items()
    ]
    return tuple(sorted(lines, key=lambda one: (-one.refused, one.policy)))


async def _models(tx: Transaction) -> tuple[ModelLine, ...]:
    """What is in production, each with the newest evaluation of each measure."""
    taken: dict[str, list[EvaluationLine]] = {}
    for one in await tx.evaluations.newest():
        line = EvaluationLine(measure=one.measure, words=one.words, passed=one.passed, at=one.at)
        if all(line.measure != known.measure for known in taken.setdefault(one.subject, [])):
            taken[one.subject].append(line)
    lines = []
    for name in sorted({one.name for one in await tx.models.versions()}):
        used = await tx.models.in_production(name)
        if used is None:
            continue
        moved = [one for one in await tx.models.moves(name) if one.stage is Stage.PRODUCTION]
        lines.append(
            ModelLine(
                name=name,
                version=used.version,
                kind=used.kind,
                owner=used.owner,
                since=moved[-1].at,
                sha256=used.sha256,
                evaluations=tuple(taken.get(name, ())),
            )
        )
    return tuple(lines)
