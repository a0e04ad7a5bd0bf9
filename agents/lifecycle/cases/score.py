"""Score: executed plans against their forecasts and exit criteria, for as long as they are in force."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from agents.forecasts.outcome import Measured, exit_reached, score
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_value
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from agents.lifecycle.cases.findings import missed
from agents.lifecycle.learn import keep_outcome
from agents.lifecycle.link import link_outcome
from agents.sources.source import Source
from storage.ledger import Ledger
from storage.records.alerts import Finding, Outcome, OutcomeScore
from storage.records.lineage import SEALED
from storage.records.plans import Forecast, PlanState, PlanStatus

SUSPECT_FOR = timedelta(days=14)
"""How long after its execution a plan can be suspected, and how long a missed forecast stays a case."""


class Scorer:
    """Scores plans by what the KPI engine says, and keeps the score once it is news."""

    def __init__(self, ledger: Ledger, kpis: KpiEngine, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._kpis = kpis
        self._clock = clock
        self._scored: dict[tuple[str, bool], dict[str, tuple[object, Finding | None]]] = {}

    async def outcomes(
        self, source: Source, data_day: date, executed: tuple[tuple[PlanStatus, date], ...]
    ) -> tuple[Finding, ...]:
        """Score the forecasts and exit criteria of plans that are still in force.

        While nothing more is known and the day is the same, a plan is not scored again.
        """
        async with self._ledger.read() as tx:
            marks = {simulated: await tx.loads.mark(simulated=simulated) for simulated in (False, True)}
        before = self._scored.get((source.name, source.simulated), {})
        scored: dict[str, tuple[object, Finding | None]] = {}
        for status, executed_on in executed:
            plan = status.plan
            if status.state is not PlanState.DONE or plan.simulated is not source.simulated:
                continue
            state = (marks[plan.simulated], data_day, executed_on, plan.revision, source.restatement_days)
            known = before.get(plan.id)
            if known is None or known[0] != state:
                known = state, await self._outcome(source, status, executed_on, data_day)
            scored[plan.id] = known
        self._scored[source.name, source.simulated] = scored
        return tuple(finding for _, finding in scored.values() if finding is not None)

    async def _outcome(self, source: Source, status: PlanStatus, executed_on: date, data_day: date) -> Finding | None:
        """What came of one plan, kept if it is news; a finding if it failed."""
        if await self._told_long_ago(status, executed_on, data_day):
            return None
        outcomes = [await self._score(source, status, forecast, data_day) for forecast in status.plan.forecasts]
        await self._keep(status, outcomes)
        failed = await self._exits(status, executed_on, data_day)
        if failed or any(one.score is OutcomeScore.MISSED for one in outcomes):
            return missed(status, outcomes, failed, data_day)
        return None

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


def _said(outcome: Outcome) -> tuple[OutcomeScore, str, bool]:
    return outcome.score, outcome.text, outcome.final
