"""Monitor: watches the KPIs for drift and scores executed plans against their forecasts, one alert a case."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta

from agents.drift.detectors import detect
from agents.drift.plans import ExecutedPlan
from agents.forecasts.outcome import Measured, exit_reached, score
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_value
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.learn import keep_outcome
from agents.lifecycle.review import Rulebook
from agents.sources.readers import Readers
from agents.sources.source import Source
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState, Finding, Outcome, OutcomeScore, Severity
from storage.records.people import Person
from storage.records.plans import Forecast, PlanState, PlanStatus

REACH = timedelta(days=120)
"""How far back the detectors look for what is normal."""
SUSPECT_FOR = timedelta(days=14)
"""How long after its execution a plan can be suspected, and how long a missed forecast stays a case."""
SCORED_FOR = timedelta(days=120)
"""How long after its execution a plan is scored: a forecast's window and the late conversions after it end before."""
QUIET_DAYS = 3
"""A case that no monitor saw for so many days of data has recovered."""
_RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class Monitor:
    """Checks every source once per day of data; the same day checked twice changes nothing."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        facts: LakeReader,
        kpis: KpiEngine,
        readers: Readers,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._facts = facts
        self._kpis = kpis
        self._readers = readers
        self._clock = clock

    async def check(self) -> tuple[Finding, ...]:
        """Look at the newest complete day of every source; returns what was found."""
        found: list[Finding] = []
        for source in self._readers.sources:
            data_day = await source.today() - timedelta(days=1)
            executed = await self._executed(data_day)
            findings = [
                *await self._drift(source, data_day, executed),
                *await self._outcomes(source, data_day, executed),
            ]
            await self._file(tuple(findings), data_day=data_day)
            found += findings
        return tuple(found)

    async def acknowledge(self, alert_id: str, person: Person) -> Declined | Alert:
        """Say that a person is on it."""
        return await self._answer(alert_id, person, act="acknowledge", snoozed_until=None)

    async def snooze(self, alert_id: str, person: Person, *, days: int) -> Declined | Alert:
        """Keep the case quiet for so many days of the team's own time."""
        return await self._answer(alert_id, person, act="snooze", snoozed_until=self._clock() + timedelta(days=days))

    async def wake_snoozed(self) -> int:
        """Open what was snoozed until now; returns how many."""
        now = self._clock()
        async with self._ledger.read() as tx:
            if not _due(await tx.alerts.unrecovered(), now):
                return 0
        async with self._ledger.write() as tx:
            due = _due(await tx.alerts.unrecovered(), now)
            for alert in due:
                woken = {"state": AlertState.OPEN, "snoozed_until": None, "updated_at": now}
                await tx.alerts.save(alert.model_copy(update=woken))
                await tx.audit.append(
                    at=now, actor="system", action="alert.woken", subject=alert.id, facts={"key": alert.finding.key}
                )
            return len(due)

    async def _answer(
        self, alert_id: str, person: Person, *, act: str, snoozed_until: datetime | None
    ) -> Declined | Alert:
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, act)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            alert = await tx.alerts.get(alert_id)
            if alert is None:
                return Declined(cause=Cause.UNKNOWN, words=f"There is no {alert_id} here.")
            if alert.state is AlertState.RECOVERED:
                return Declined(cause=Cause.LATE, words=f"{alert_id} has recovered by itself; nothing was changed.")
            state = AlertState.ACKNOWLEDGED if snoozed_until is None else AlertState.SNOOZED
            if alert.state is state and alert.acknowledged_by == person.id and snoozed_until is None:
                return alert
            saved = await tx.alerts.save(
                alert.model_copy(
                    update={
                        "state": state,
                        "acknowledged_by": person.id,
                        "snoozed_until": snoozed_until,
                        "updated_at": now,
                    }
                )
            )
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action=f"alert.{state.value}",
                subject=alert_id,
                facts={"key": alert.finding.key, "until": snoozed_until},
            )
            return saved

    async def _executed(self, data_day: date) -> tuple[tuple[PlanStatus, date], ...]:
        async with self._ledger.read() as tx:
            return await tx.plans.done_since(data_day - SCORED_FOR)

    async def _drift(
        self, source: Source, data_day: date, executed: tuple[tuple[PlanStatus, date], ...]
    ) -> tuple[Finding, ...]:
        history = await self._facts.history(first=data_day - REACH, last=data_day, simulated=source.simulated)
        if not history.loads or history.loads[-1].last_day < data_day:
            return (_stale(source, data_day, history.loads[-1].last_day if history.loads else None),)
        plans = tuple(
            ExecutedPlan(plan_id=status.plan.id, resource_keys=status.plan.resource_keys, executed_on=day)
            for status, day in executed
            if day >= data_day - SUSPECT_FOR
        )
        return await asyncio.to_thread(
            lambda: detect(history.frame, data_day=data_day, restatement_days=source.restatement_days, plans=plans)
        )

    async def _outcomes(
        self, source: Source, data_day: date, executed: tuple[tuple[PlanStatus, date], ...]
    ) -> tuple[Finding, ...]:
        """Score the forecasts and exit criteria of plans that are still in force."""
        missed: list[Finding] = []
        for status, executed_on in executed:
            if status.state is not PlanState.DONE or await self._told_long_ago(status, executed_on, data_day):
                continue
            outcomes = [await self._score(source, status, forecast, data_day) for forecast in status.plan.forecasts]
            await self._keep(status, outcomes)
            failed = await self._exits(status, executed_on, data_day)
            if failed or any(one.score is OutcomeScore.MISSED for one in outcomes):
                missed.append(_missed(status, outcomes, failed, data_day))
        return tuple(missed)

    async def _exits(self, status: PlanStatus, executed_on: date, data_day: date) -> tuple[str, ...]:
        """Exit criteria that the plan has reached, in words; judged over the whole days since its execution."""
        reached = []
        for criterion in status.plan.exit_criteria:
            last = executed_on + timedelta(days=criterion.after_days)
            if data_day < last:
                continue
            window = Window(first=executed_on + timedelta(days=1), last=last, words="since execution")
            answer = await self._kpis.ask(KpiQuery(kpi=criterion.kpi, window=window, simulated=status.plan.simulated))
            if exit_reached(criterion, Measured.of(answer), days_since=(data_day - executed_on).days):
                value = format_value(answer.value, answer.unit)
                limit = format_value(criterion.threshold, criterion.unit)
                reached.append(
                    f"Exit criterion reached: {answer.label} {value} from {window.first} to {window.last} is"
                    f" {criterion.side} {limit}."
                )
        return tuple(reached)

    async def _told_long_ago(self, status: PlanStatus, executed_on: date, data_day: date) -> bool:
        """Whether every forecast of the plan has its final score, and people have had time to read it."""
        async with self._ledger.read() as tx:
            told = [one for one in await tx.executions.outcomes(status.plan.id) if one.final]
        if not status.plan.forecasts:
            return executed_on < data_day - SUSPECT_FOR
        everything = {forecast.kpi for forecast in status.plan.forecasts} == {one.kpi for one in told}
        return everything and all(one.scored_on < data_day - SUSPECT_FOR for one in told)

    async def _score(self, source: Source, status: PlanStatus, forecast: Forecast, data_day: date) -> Outcome:
        window = Window(first=forecast.first, last=forecast.last, words="forecast window")
        answer = await self._kpis.ask(KpiQuery(kpi=forecast.kpi, window=window, simulated=status.plan.simulated))
        scored, text, final = score(
            forecast, Measured.of(answer), data_day=data_day, restatement_days=source.restatement_days
        )
        return Outcome(
            plan_id=status.plan.id, kpi=forecast.kpi, score=scored, text=text, scored_on=data_day, final=final
        )

    async def _keep(self, status: PlanStatus, outcomes: list[Outcome]) -> None:
        async with self._ledger.read() as tx:
            known = {one.kpi: one for one in await tx.executions.outcomes(status.plan.id)}
        news = [one for one in outcomes if one.kpi not in known or _said(known[one.kpi]) != _said(one)]
        news = [one for one in news if one.kpi not in known or not known[one.kpi].final]
        if not news:
            return
        now = self._clock()
        async with self._ledger.write() as tx:
            for outcome in news:
                await tx.executions.score(outcome)
                await keep_outcome(tx, status.plan, outcome)
                await tx.audit.append(
                    at=now,
                    actor="system",
                    action="outcome.scored",
                    subject=status.plan.id,
                    facts={"kpi": outcome.kpi, "score": outcome.score.value, "text": outcome.text},
                )
                await tx.lineage.link(
                    f"outcome:{status.plan.id}:{outcome.kpi}", [(status.plan.id, f"forecast of {status.plan.id}")]
                )
            await tx.plans.touch(status.plan.id)

    async def _file(self, findings: tuple[Finding, ...], *, data_day: date) -> None:
        """Open new cases, bring known ones up to date, close those that are quiet."""
        async with self._ledger.read() as tx:
            if not findings and not await tx.alerts.unrecovered():
                return
        now = self._clock()
        async with self._ledger.write() as tx:
            open_now = await tx.alerts.unrecovered()
            # A breach of governance is no state of the data, and does not pass because the data is quiet.
            known = {one.finding.key: one for one in open_now if one.finding.kind is not AlertKind.GOVERNANCE}
            for finding in findings:
                if finding.key not in known:
                    await _open(tx, finding, now=now)
                elif known[finding.key].finding.seen_on < finding.seen_on:
                    await _renew(tx, known[finding.key], finding, now=now)
            seen = {finding.key for finding in findings}
            for key, alert in known.items():
                if key not in seen and (data_day - alert.finding.seen_on).days >= QUIET_DAYS:
                    await _recover(tx, alert, now=now)


async def _open(tx: Transaction, finding: Finding, *, now: datetime) -> None:
    alert = await tx.alerts.open(finding, now=now)
    await tx.audit.append(
        at=now,
        actor="system",
        action="alert.opened",
        subject=alert.id,
        facts={
            "key": finding.key,
            "severity": finding.severity.value,
            "title": finding.title,
            "cause": finding.cause,
            "suspect_plan": finding.suspect_plan,
            "seen_on": finding.seen_on,
        },
    )
    parents = [(one, one) for one in finding.evidence]
    if finding.suspect_plan:
        parents.append((finding.suspect_plan, f"suspect {finding.suspect_plan}"))
    await tx.lineage.link(alert.id, parents)


async def _renew(tx: Transaction, alert: Alert, finding: Finding, *, now: datetime) -> None:
    """A later sighting; a rise in severity wakes a case that people had put aside."""
    worse = _RANK[finding.severity] > _RANK[alert.finding.severity]
    state = AlertState.OPEN if worse else alert.state
    kept = {} if not worse else {"acknowledged_by": None, "snoozed_until": None}
    await tx.alerts.save(
        alert.model_copy(
            update={"finding": finding, "state": state, "times_seen": alert.times_seen + 1, "updated_at": now, **kept}
        )
    )


async def _recover(tx: Transaction, alert: Alert, *, now: datetime) -> None:
    await tx.alerts.save(alert.model_copy(update={"state": AlertState.RECOVERED, "updated_at": now}))
    await tx.audit.append(
        at=now, actor="system", action="alert.recovered", subject=alert.id, facts={"key": alert.finding.key}
    )


def _stale(source: Source, data_day: date, newest: date | None) -> Finding:
    since = f"its newest complete day is {newest}" if newest else "it has never been read"
    return Finding(
        key=f"freshness/{source.name}",
        kind=AlertKind.FRESHNESS,
        severity=Severity.WARNING,
        kpi="freshness",
        entity=source.name,
        title=f"Data of {source.name} is stale",
        detail=(f"{data_day} is complete at the source, but {since} here.", "Plans on stale data are refused."),
        cause="the source has not been read",
        seen_on=data_day,
        simulated=source.simulated,
    )


def _missed(status: PlanStatus, outcomes: list[Outcome], failed: tuple[str, ...], data_day: date) -> Finding:
    """`failed`: the exit criteria it has reached; without any, a forecast that it missed."""
    bad = [one.kpi for one in outcomes if one.score is OutcomeScore.MISSED]
    what = "counts as failed by its own exit criterion" if failed else "missed its forecast"
    return Finding(
        key=f"outcome/{status.plan.id}",
        kind=AlertKind.OUTCOME,
        severity=Severity.WARNING,
        kpi=bad[0] if bad else status.plan.exit_criteria[0].kpi,
        entity=status.plan.id,
        title=f"{status.plan.id} {what}",
        detail=(*failed, *(one.text for one in outcomes)),
        cause="the plan's own forecast; see its evidence",
        suspect_plan=status.plan.id,
        seen_on=data_day,
        simulated=status.plan.simulated,
    )


def _due(alerts: tuple[Alert, ...], now: datetime) -> list[Alert]:
    return [
        alert
        for alert in alerts
        if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None and alert.snoozed_until <= now
    ]


def _said(outcome: Outcome) -> tuple[OutcomeScore, str, bool]:
    return outcome.score, outcome.text, outcome.final
