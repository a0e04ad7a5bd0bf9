"""Monitor: watches the KPIs for drift and scores executed plans against their forecasts, one alert a case."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.drift.detectors import detect
from agents.drift.plans import ExecutedPlan
from agents.features.signs import silent_conversions
from agents.features.store import FeatureStore
from agents.knowledge.divergence import Divergence
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.artefacts import thresholds_in
from agents.lifecycle.cases import file_diverging, file_findings
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.findings import stale, without_conversions
from agents.lifecycle.review import Rulebook
from agents.lifecycle.score import SUSPECT_FOR, Scorer
from agents.sources.readers import Readers
from agents.sources.source import Source, SourceUnavailable
from agents.team.brief import resource_of
from storage.ledger import Ledger
from storage.records.alerts import Alert, AlertState, Finding
from storage.records.people import Person
from storage.records.plans import PlanStatus

REACH = timedelta(days=120)
"""How far back the detectors look for what is normal."""
SCORED_FOR = timedelta(days=120)
"""How long after its execution a plan is scored: a forecast's window and the late conversions after it end before."""
_TRACKING = frozenset({"tracking", "cvr", "conversions"})


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
        self._scorer = Scorer(ledger, kpis, clock=clock)
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
                *await self._scorer.outcomes(source, data_day, executed),
            ]
            day, before = worlds.get(source.simulated, (data_day, ()))
            worlds[source.simulated] = max(day, data_day), (*before, *findings)
            found += findings
        # All sources of a world together: what one of them does not show may be the case of another.
        for simulated, (data_day, seen) in worlds.items():
            cases = {finding.key: finding for finding in seen}
            await file_findings(
                self._ledger, tuple(cases.values()), data_day=data_day, simulated=simulated, now=self._clock()
            )
        if self._divergence is not None:
            pushed = await self._divergence.look()
            await file_diverging(self._ledger, pushed, now=self._clock())
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


def _due(alerts: tuple[Alert, ...], now: datetime) -> list[Alert]:
    return [
        alert
        for alert in alerts
        if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None and alert.snoozed_until <= now
    ]
