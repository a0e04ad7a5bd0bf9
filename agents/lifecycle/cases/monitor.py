"""Monitor: watches the KPIs for drift and scores executed plans against their forecasts, one alert a case."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from agents.drift.occasions import Occasions
from agents.drift.plans import ExecutedPlan
from agents.features.signs import silent_conversions
from agents.features.store import FeatureStore
from agents.knowledge.divergence import Divergence
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.cases.business import BusinessWatch
from agents.lifecycle.cases.cases import file_findings, file_states
from agents.lifecycle.cases.findings import without_conversions
from agents.lifecycle.cases.grade import Grader
from agents.lifecycle.cases.judge import Judge
from agents.lifecycle.cases.rollup import rolled_up
from agents.lifecycle.cases.score import SUSPECT_FOR, Scorer
from agents.lifecycle.cases.watched import Watched, watched
from agents.lifecycle.review import Rulebook
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.sources.readers import Readers
from agents.team.brief import resource_of
from storage.ledger import Ledger
from storage.records.alerts import AlertKind, Finding
from storage.records.plans import PlanStatus

SCORED_FOR = timedelta(days=120)
"""How long after its execution a plan is scored: a forecast's window and the late conversions after it end before."""
_TRACKING = frozenset({"tracking", "cvr", "conversions"})


class Monitor:
    """Checks every source once per day of data; the same day checked twice changes nothing."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        facts: LakeReader,
        kpis: KpiEngine,
        features: FeatureStore,
        readers: Readers,
        clock: Callable[[], datetime],
        divergence: Divergence | None = None,
        grader: Grader | None = None,
        rulebook: Rulebook | None = None,
    ) -> None:
        """Without a `grader`, findings matter as much as their detectors say; without `rulebook` all days are alike."""
        self._ledger = ledger
        self._judge = Judge(ledger, facts, features)
        self._business = BusinessWatch(ledger, kpis, clock=clock)
        self._scorer = Scorer(ledger, kpis, clock=clock)
        self._features = features
        self._readers = readers
        self._clock = clock
        self._divergence = divergence
        self._grader = grader
        self._rulebook = rulebook

    async def check(self) -> tuple[Finding, ...]:
        """Look at the newest complete day of every source; returns what was found."""
        found: list[Finding] = []
        every = await watched(self._ledger, self._readers, clock=self._clock)
        occasions = await self._occasions()
        for simulated in (False, True):
            world = [one for one in every if one.simulated is simulated]
            if world:
                await self._features.materialise(simulated=simulated)
            executed = await self._executed(max((one.data_day for one in world), default=self._clock().date()))
            seen = [finding for one in world for finding in await self._findings(one, executed, occasions)]
            business = await self._business.look(
                simulated=simulated, plans=_carried_out(executed), beside=seen, occasions=occasions
            )
            if not world and not business.read_to:
                continue
            seen += business.findings
            if self._grader is not None:
                seen = list(await self._grader.graded(tuple(seen)))
            # All sources of a world together: what one of them does not show may be the case of another.
            cases = await self._rolled_up(tuple({one.key: one for one in seen}.values()), executed)
            # Nobody can say of a special day that a case is over by it.
            plain = [one for one in world if not occasions.name_of(one.data_day)]
            await file_findings(
                self._ledger,
                cases,
                data_day=self._all_read_to(world, simulated=simulated) if len(plain) == len(world) else None,
                read_to={**business.read_to, **{one.name: one.data_day for one in plain if one.read}},
                simulated=simulated,
                now=self._clock(),
            )
            found += cases
        if self._divergence is not None:
            pushed = await self._divergence.look()
            await file_states(self._ledger, pushed, kind=AlertKind.DIVERGENCE, now=self._clock())
            found += pushed
        return tuple(found)

    def _all_read_to(self, world: Sequence[Watched], *, simulated: bool) -> date | None:
        """The day to which every connected source of the world was read, as were the files that keep coming."""
        connected = {one.name for one in self._readers.sources if one.simulated is simulated}
        if not all(one.read for one in world) or not connected <= {one.name for one in world}:
            return None
        return min((one.data_day for one in world), default=None)

    async def _occasions(self) -> Occasions:
        """Days unlike others, by the team's calendar; none where no rules can be trusted."""
        if self._rulebook is None:
            return Occasions()
        async with self._ledger.read() as tx:
            try:
                return (await self._rulebook.of(tx)).calendar.occasions
            except RulesUntrusted:
                return Occasions()

    async def _findings(
        self, one: Watched, executed: Sequence[tuple[PlanStatus, date]], occasions: Occasions
    ) -> tuple[Finding, ...]:
        plans = tuple(plan for plan in _carried_out(executed) if plan.executed_on >= one.data_day - SUSPECT_FOR)
        drift = await self._judge.findings(one, plans, occasions=occasions) if one.read else ()
        if one.source is None:
            return tuple(finding.model_copy(update={"source": one.name}) for finding in drift)
        shown = (*drift, *await self._silent(one, told=drift))
        return (
            *(finding.model_copy(update={"source": one.name}) for finding in shown),
            *await self._scorer.outcomes(one.source, one.data_day, tuple(executed)),
        )

    async def _executed(self, data_day: date) -> tuple[tuple[PlanStatus, date], ...]:
        async with self._ledger.read() as tx:
            return await tx.plans.done_since(data_day - SCORED_FOR)

    async def _rolled_up(
        self, findings: tuple[Finding, ...], executed: Sequence[tuple[PlanStatus, date]]
    ) -> tuple[Finding, ...]:
        if len(findings) < 2:
            return findings
        async with self._ledger.read() as tx:
            known = [one.finding.key for one in await tx.alerts.unrecovered()]
        channels = {
            status.plan.id: frozenset(key.split("/", 1)[0] for key in status.plan.resource_keys)
            for status, _ in executed
        }
        return rolled_up(findings, open_keys=known, channels=channels)

    async def _silent(self, one: Watched, *, told: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Campaigns that report no conversions any more, by the features that planning reads; one case for all.

        Nothing where the whole channel's tracking is a case already.
        """
        if one.source is None or any(finding.kpi in _TRACKING for finding in told):
            return ()
        served = await self._features.serve(simulated=one.simulated, day=one.data_day)
        if served.day != one.data_day:
            return ()
        usual = {entity: silent_conversions(served, entity) for entity in served.values}
        silent = {entity: expected for entity, expected in sorted(usual.items()) if expected is not None}
        if not silent:
            return ()
        names = {resource_of(state).key: state.name for state in await one.source.campaigns()}
        return (without_conversions(one.source, silent, served, names, one.data_day),)


def _carried_out(executed: Sequence[tuple[PlanStatus, date]]) -> tuple[ExecutedPlan, ...]:
    return tuple(
        ExecutedPlan(plan_id=status.plan.id, resource_keys=status.plan.resource_keys, executed_on=day)
        for status, day in executed
    )
