"""Route: everything known of a plan, and the people it waits for."""

from collections.abc import Callable, Mapping
from datetime import datetime

from agents.governance.approvals import Panel, progress_of, starts_at
from agents.governance.approvers import approvers_of
from agents.governance.calendar import Calendar
from agents.governance.ladder import rungs_of
from agents.lifecycle.convene import convene
from agents.lifecycle.review import Rulebook, known_plan
from agents.lifecycle.stops import brands_of, freezes_on
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.dossiers import Dossier
from storage.records.nudges import Nudge, NudgeKind
from storage.records.people import Person
from storage.records.plans import PlanKind, PlanState, PlanStatus
from storage.records.stops import Freeze, FreezeScope
from storage.records.verdicts import Decision, GateProgress, Verdict

_STOPPABLE = (PlanState.WAITING, PlanState.HELD, PlanState.APPROVED, PlanState.EXECUTING)


class Router:
    """Puts plans before the people who may decide them."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, readers: Readers, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._readers = readers
        self._clock = clock

    async def dossier(self, plan_id: str) -> Dossier:
        """Raises LookupError if there is no such plan."""
        brands = await self._brands()
        async with self._ledger.read() as tx:
            return await self._dossier(tx, await known_plan(tx, plan_id), brands)

    async def waiting_for(self, person: Person) -> tuple[Dossier, ...]:
        """Plans this person may approve now, the one that expires first first."""
        brands = await self._brands()
        async with self._ledger.read() as tx:
            waiting = await tx.plans.in_states(PlanState.WAITING)
            dossiers = [await self._dossier(tx, status, brands) for status in waiting]
        mine = [one for one in dossiers if any(approver.id == person.id for approver in one.approvers)]
        return tuple(sorted(mine, key=lambda one: one.status.plan.expires_at))

    async def _dossier(self, tx: Transaction, status: PlanStatus, brands: Mapping[str, str]) -> Dossier:
        plan, now = status.plan, self._clock()
        panel = await convene(tx, plan, now=now)
        verdict = await tx.approvals.verdict(plan.id, plan.revision)
        decisions = await tx.approvals.decisions(plan.id, plan.revision)
        nudges = await tx.nudges.of(plan.id, plan.revision)
        approved = status.state is PlanState.APPROVED
        return Dossier(
            status=status,
            verdict=verdict,
            decisions=decisions,
            executions=await tx.executions.of(plan.id, plan.revision),
            outcomes=await tx.executions.outcomes(plan.id),
            people={one.id: one for one in panel.people},
            approvers=await self._approvers(tx, status, verdict, decisions, panel),
            rolled_back_by=(await tx.plans.rolled_back_by([plan.id])).get(plan.id),
            progress=await self._progress(tx, status, verdict, decisions, nudges, panel) if verdict else (),
            starts_at=starts_at(verdict, plan, decisions, panel) if verdict and approved else None,
            freezes=await _freezes(tx, status, brands, now=now),
            impact=await tx.policies.impact(plan.id) if plan.kind is PlanKind.POLICY else None,
            nudges=nudges,
        )

    async def _approvers(
        self,
        tx: Transaction,
        status: PlanStatus,
        verdict: Verdict | None,
        decisions: tuple[Decision, ...],
        panel: Panel,
    ) -> tuple[Person, ...]:
        if verdict is None or status.state is not PlanState.WAITING:
            return ()
        return approvers_of(await self._rulebook.of(tx), verdict, status.plan, panel, decisions)

    async def _progress(
        self,
        tx: Transaction,
        status: PlanStatus,
        verdict: Verdict,
        decisions: tuple[Decision, ...],
        nudges: tuple[Nudge, ...],
        panel: Panel,
    ) -> tuple[GateProgress, ...]:
        progress = progress_of(verdict, status.plan, decisions, panel)
        if status.state is not PlanState.WAITING:
            return progress
        calendar = (await self._rulebook.of(tx)).calendar
        climbed = any(one.kind is NudgeKind.ESCALATION for one in nudges)
        return tuple(_with_clock(one, calendar, status, climbed=climbed, now=panel.now) for one in progress)

    async def _brands(self) -> dict[str, str]:
        """Whose brand each campaign is; asked only while a brand is frozen, and unknown where no source answers."""
        async with self._ledger.read() as tx:
            if not any(one.scope is FreezeScope.BRAND for one in await tx.stops.in_force()):
                return {}
        try:
            return brands_of(await self._readers.campaigns())
        except SourceUnavailable:
            return {}


async def _freezes(
    tx: Transaction, status: PlanStatus, brands: Mapping[str, str], *, now: datetime
) -> tuple[Freeze, ...]:
    return await freezes_on(tx, status.plan, now=now, brands=brands) if status.state in _STOPPABLE else ()


def _with_clock(
    one: GateProgress, calendar: Calendar, status: PlanStatus, *, climbed: bool, now: datetime
) -> GateProgress:
    """When the next rung is asked, and whether one was, of a gate that is still open."""
    if one.met:
        return one
    rungs = rungs_of(one.gate, calendar, since=status.since)
    to_come = next((rung for rung in rungs if rung.at > now), None)
    return one.model_copy(
        update={
            "escalates_at": to_come.at if to_come else None,
            "escalates_to": to_come.roles if to_come else frozenset(),
            "escalated": climbed and any(rung.at <= now for rung in rungs),
        }
    )
