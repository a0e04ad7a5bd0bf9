"""Monitor: watches the KPIs for drift and scores executed plans against their forecasts, one alert a case."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.drift.detectors import detect
from agents.drift.plans import ExecutedPlan
from agents.features.signs import silent_conversions
from agents.features.store import FeatureStore
from agents.forecasts.outcome import Measured, exit_reached, score
from agents.knowledge.divergence import Divergence
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_value
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from agents.lifecycle.artefacts import thresholds_in
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.findings import missed, stale, without_conversions
from agents.lifecycle.learn import keep_outcome
from agents.lifecycle.link import link_alert, link_outcome
from agents.lifecycle.review import Rulebook
from agents.sources.readers import Readers
from agents.sources.source import Source, SourceUnavailable
from agents.team.brief import resource_of
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState, Finding, Outcome, OutcomeScore, Severity
from storage.records.lineage import SEALED
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
_TRACKING = frozenset({"tracking", "cvr", "conversions"})
_OF_THEIR_OWN = (AlertKind.GOVERNANCE, AlertKind.DIVERGENCE)
"""Cases that do not pass because a source's data is quiet."""
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
        features: FeatureStore,
        readers: Readers,
        clock: Callable[[], datetime],
        divergence: Divergence | None = None,
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._facts = facts
        self._kpis = kpis
        self._features = features
        self._readers = readers
        self._clock = clock
        self._divergence = divergence

    async def check(self) -> tuple[Finding, ...]:
        """Look at the newest complete day of every source; returns what was found."""
        found: list[Finding] = []
        worlds: dict[bool, tuple[date, tuple[Finding, ...]]] = {}
        for source in self._readers.sources:
            data_day = await self._data_day(source)
            if data_day is None:
                continue
            executed = await self._executed(data_day)
            drift = await self._drift(source, data_day, executed)
            findings = [
                *drift,
                *await self._silent(source, data_day, told=drift),
                *await self._outcomes(source, data_day, executed),
            ]
            day, before = worlds.get(source.simulated, (data_day, ()))
            worlds[source.simulated] = max(day, data_day), (*before, *findings)
            found += findings
        # All sources of a world together: what one of them does not show may be the case of another.
        for simulated, (data_day, seen) in worlds.items():
            cases = {finding.key: finding for finding in seen}
            await self._file(tuple(cases.values()), data_day=data_day, simulated=simulated)
        if self._divergence is not None:
            pushed = await self._divergence.look()
            await self._file_divergence(pushed)
            found += pushed
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

    async def _data_day(self, source: Source) -> date | None:
        """Its newest complete day; by our clock where it does not answer, None where its clock is not ours."""
        try:
            today = await source.today()
        except SourceUnavailable:
            if source.simulated:
                return None
            today = self._clock().astimezone(ZoneInfo(source.zone)).date()
        return today - timedelta(days=1)

    async def _executed(self, data_day: date) -> tuple[tuple[PlanStatus, date], ...]:
        async with self._ledger.read() as tx:
            return await tx.plans.done_since(data_day - SCORED_FOR)

    async def _drift(
        self, source: Source, data_day: date, executed: tuple[tuple[PlanStatus, date], ...]
    ) -> tuple[Finding, ...]:
        history = await self._facts.history(first=data_day - REACH, last=data_day, simulated=source.simulated)
        newest = history.read_to(source.name)
        if newest is None or newest < data_day:
            return (stale(source, data_day, newest),)
        plans = tuple(
            ExecutedPlan(plan_id=status.plan.id, resource_keys=status.plan.resource_keys, executed_on=day)
            for status, day in executed
            if day >= data_day - SUSPECT_FOR
        )
        async with self._ledger.read() as tx:
            thresholds, version = await thresholds_in(tx)
        found = await asyncio.to_thread(
            lambda: detect(
                history.frame,
                data_day=data_day,
                restatement_days=source.restatement_days,
                plans=plans,
                thresholds=thresholds,
            )
        )
        judged_by = () if version is None else (version,)
        return tuple(one.model_copy(update={"evidence": (*one.evidence, *judged_by)}) for one in found)

    async def _silent(self, source: Source, data_day: date, *, told: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Campaigns that report no conversions any more, by the features that planning reads; one case for all.

        Nothing where the whole channel's tracking is a case already.
        """
        await self._features.materialise(simulated=source.simulated)
        if any(finding.kpi in _TRACKING for finding in told):
            return ()
        served = await self._features.serve(simulated=source.simulated, day=data_day)
        if served.day != data_day:
            return ()
        usual = {entity: silent_conversions(served, entity) for entity in served.values}
        silent = {entity: expected for entity, expected in sorted(usual.items()) if expected is not None}
        if not silent:
            return ()
        names = {resource_of(one).key: one.name for one in await source.campaigns()}
        return (without_conversions(source, silent, served, names, data_day),)

    async def _outcomes(
        self, source: Source, data_day: date, executed: tuple[tuple[PlanStatus, date], ...]
    ) -> tuple[Finding, ...]:
        """Score the forecasts and exit criteria of plans that are still in force."""
        found: list[Finding] = []
        for status, executed_on in executed:
            if status.state is not PlanState.DONE or await self._told_long_ago(status, executed_on, data_day):
                continue
            outcomes = [await self._score(source, status, forecast, data_day) for forecast in status.plan.forecasts]
            await self._keep(status, outcomes)
            failed = await self._exits(status, executed_on, data_day)
            if failed or any(one.score is OutcomeScore.MISSED for one in outcomes):
                found.append(missed(status, outcomes, failed, data_day))
        return tuple(found)

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
            plan_id=status.plan.id,
            kpi=forecast.kpi,
            score=scored,
            text=text,
            scored_on=data_day,
            final=final,
            measured=None if scored is OutcomeScore.CANNOT_TELL else answer.value,
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
                sealed = await link_outcome(tx, status.plan, outcome.kpi, first=outcome.kpi not in known)
                await tx.audit.append(
                    at=now,
                    actor="system",
                    action="outcome.scored",
                    subject=status.plan.id,
                    facts={"kpi": outcome.kpi, "score": outcome.score.value, "text": outcome.text, SEALED: sealed},
                )
            await tx.plans.touch(status.plan.id)

    async def _file(self, findings: tuple[Finding, ...], *, data_day: date, simulated: bool) -> None:
        """Open new cases, bring known ones up to date, close those that are quiet."""
        async with self._ledger.read() as tx:
            if not findings and not await tx.alerts.unrecovered():
                return
        now = self._clock()
        async with self._ledger.write() as tx:
            open_now = await tx.alerts.unrecovered()
            # A breach of governance is no state of the data, and does not pass because the data is quiet.
            known = {one.finding.key: one for one in open_now if _is_of(one, simulated=simulated)}
            for finding in findings:
                if finding.key not in known:
                    await _open(tx, finding, now=now)
                elif known[finding.key].finding.seen_on < finding.seen_on:
                    await _renew(tx, known[finding.key], finding, now=now)
            seen = {finding.key for finding in findings}
            for key, alert in known.items():
                # Stale data are over once they were read; of what the data show, some quiet days have to pass.
                quiet = 0 if alert.finding.kind is AlertKind.FRESHNESS else QUIET_DAYS
                if key not in seen and (data_day - alert.finding.seen_on).days >= quiet:
                    await _recover(tx, alert, now=now)

    async def _file_divergence(self, findings: tuple[Finding, ...]) -> None:
        """As `_file`, but what no longer diverges is over at once: it is a state, not a sighting."""
        async with self._ledger.read() as tx:
            if not findings and not _diverging(await tx.alerts.unrecovered()):
                return
        now = self._clock()
        async with self._ledger.write() as tx:
            known = _diverging(await tx.alerts.unrecovered())
            for finding in findings:
                alert = known.pop(finding.key, None)
                if alert is None:
                    await _open(tx, finding, now=now)
                elif (alert.finding.title, alert.finding.detail) != (finding.title, finding.detail):
                    await _renew(tx, alert, finding, now=now)
            for alert in known.values():
                await _recover(tx, alert, now=now)


def _is_of(alert: Alert, *, simulated: bool) -> bool:
    """Whether it is a case of this world's data; each world has a calendar of its own."""
    return alert.finding.kind not in _OF_THEIR_OWN and alert.finding.simulated == simulated


def _diverging(alerts: tuple[Alert, ...]) -> dict[str, Alert]:
    return {one.finding.key: one for one in alerts if one.finding.kind is AlertKind.DIVERGENCE}


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
            SEALED: await link_alert(tx, alert),
        },
    )


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


def _due(alerts: tuple[Alert, ...], now: datetime) -> list[Alert]:
    return [
        alert
        for alert in alerts
        if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None and alert.snoozed_until <= now
    ]


def _said(outcome: Outcome) -> tuple[OutcomeScore, str, bool]:
    return outcome.score, outcome.text, outcome.final
