"""Propose: an agent is briefed, thinks off the event loop, and what it returns becomes a plan under review."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from agents.features.store import FeatureStore
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.artefacts import planner_in
from agents.lifecycle.link import link_plan, pinned
from agents.lifecycle.review import Reviewer, Rulebook, known_plan
from agents.lifecycle.states import UNDECIDED, ask_for_review, move
from agents.sources.readers import Readers
from agents.team.agent import Agent, KeepThePlan, NotEnoughData, Proposal
from agents.team.brief import Brief, resource_of
from agents.team.requests import Unplannable, Wish, requested_proposal
from storage.ledger import Ledger, Transaction
from storage.records.facts import CampaignState
from storage.records.lineage import SEALED
from storage.records.people import Person
from storage.records.plans import Evidence, Plan, PlanKind, PlanState, PlanStatus

HISTORY = timedelta(days=180)
"""How far back a brief reaches."""

Proposed = PlanStatus | KeepThePlan | NotEnoughData


class NobodyToAsk(LookupError):
    """Raised when an agent is named that is not on the team."""


class Proposer:
    """Briefs agents and files their proposals."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        team: Mapping[str, Agent],
        facts: LakeReader,
        features: FeatureStore,
        readers: Readers,
        reviewer: Reviewer,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._team = team
        self._facts = facts
        self._features = features
        self._readers = readers
        self._reviewer = reviewer
        self._clock = clock

    async def propose(self, agent_name: str = "budget_planner") -> Proposed:
        """Have one agent look at everything and file its plan, or give its reason for none.

        A plan it already has open with the same changes is returned as it is; an open one with other changes is
        superseded. Raises NobodyToAsk.
        """
        if agent_name not in self._team:
            raise NobodyToAsk(f"there is no agent {agent_name!r}; the team: {', '.join(sorted(self._team))}")
        agent = self._team[agent_name]
        campaigns = await self._readers.campaigns()
        if not campaigns:
            return NotEnoughData(
                reason="no channel is connected, so there are no campaigns to plan for",
                agent=agent.name,
                agent_version=agent.version,
                data_day=self._clock().date(),
            )
        answer = await asyncio.to_thread(agent.propose, await self._brief(campaigns))
        if not isinstance(answer, Proposal):
            return answer
        return await self.file(answer)

    async def request(
        self, budgets: Mapping[str, Decimal], person: Person, *, changes: Sequence[Wish] = ()
    ) -> PlanStatus | Unplannable:
        """File a plan that a person asks for: campaign → daily budget in its currency, and what else is wished.

        A campaign is named by its id, its exact name, or channel/id.
        """
        campaigns = await self._readers.campaigns()
        wishes = (*(Wish(campaign=name, value=str(amount)) for name, amount in budgets.items()), *changes)
        made = requested_proposal(campaigns, wishes, person=person, data_day=self._clock().date())
        if isinstance(made, Unplannable):
            return made
        today = await self._readers.today(made.changes[0].resource.channel)
        dated = made.model_copy(update={"data_day": today - timedelta(days=1)})
        return await self.file(dated, requested_by=person.id)

    async def file(self, proposal: Proposal, *, requested_by: str | None = None, replaces: bool = True) -> PlanStatus:
        """Store a proposal as a plan and have it reviewed; people have the calendar's time to decide it.

        An open plan of the same proposer is superseded, unless the proposal `replaces` nothing.
        """
        now = self._clock()
        async with self._ledger.write() as tx:
            calendar = (await self._rulebook.of(tx)).calendar
            open_plans = await _open_plans(tx, proposal.agent, requested_by)
            for status in open_plans:
                if _wanted(status.plan) == _wanted(proposal):
                    return status
            plan = proposal.as_plan(
                id=await tx.plans.new_id(),
                created_at=now,
                expires_at=calendar.add(now, calendar.expire_after_minutes),
                requested_by=requested_by,
            )
            plan = await pinned(tx, plan)
            for status in open_plans if replaces else ():
                await move(
                    tx,
                    status,
                    PlanState.SUPERSEDED,
                    now=now,
                    note=f"{plan.id} was made from newer data and replaces it",
                )
                await tx.audit.append(
                    at=now,
                    actor=f"agent:{plan.agent}",
                    action="plan.superseded",
                    subject=status.plan.id,
                    facts={"by": plan.id},
                )
            await _store(tx, plan, now=now)
        return await self._reviewer.review(plan.id)

    async def _brief(self, campaigns: tuple[CampaignState, ...]) -> Brief:
        source = self._readers.source_of(campaigns[0].channel)
        newest = await source.today() - timedelta(days=1)
        history = await self._facts.history(first=newest - HISTORY, last=newest, simulated=source.simulated)
        # Days that were not read are no days without spend: the plan says how old what it rests on is.
        data_day = min(newest, history.read_to(source.name) or newest)
        currency = campaigns[0].daily_budget.currency
        await self._features.materialise(simulated=source.simulated)
        async with self._ledger.read() as tx:
            settings, versions = await planner_in(tx)
        return Brief(
            campaigns=campaigns,
            facts=history.frame,
            data_day=data_day,
            restatement_days=source.restatement_days,
            currency=currency,
            limits=settings.limits(currency),
            versions=versions,
            evidence=tuple(
                Evidence(id=f"load:{load.id}", label=f"{load.source}, {load.path}") for load in history.loads[-3:]
            ),
            data_known_at=history.loads[-1].known_at if history.loads else None,
            # A budget that campaigns share cannot be set for one of them: the channel would refuse the plan.
            fixed=frozenset(resource_of(one).key for one in campaigns if one.shared_with),
            features=await self._features.serve(simulated=source.simulated, day=data_day),
            late_days=(newest - data_day).days,
        )


async def _open_plans(tx: Transaction, agent: str, requested_by: str | None) -> list[PlanStatus]:
    """Undecided budget plans of the same proposer; people's own requests are never superseded by another's."""
    return [
        status
        for status in await tx.plans.in_states(*UNDECIDED)
        if status.plan.kind is PlanKind.BUDGET
        and status.plan.agent == agent
        and status.plan.revision == 1
        and requested_by is None
    ]


def _wanted(plan: Plan | Proposal) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (one.resource.key, one.field, str(one.before), str(one.after), one.expected_version) for one in plan.changes
    )


async def _store(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    await tx.plans.add(plan, now=now)
    await ask_for_review(tx, await known_plan(tx, plan.id))
    actor = f"person:{plan.requested_by}" if plan.requested_by else f"agent:{plan.agent}"
    await tx.audit.append(
        at=now,
        actor=actor,
        action="plan.proposed",
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "digest": plan.digest,
            "title": plan.title,
            "agent": plan.agent,
            "agent_version": plan.agent_version,
            "versions": plan.versions,
            "evidence": [one.id for one in plan.evidence],
            SEALED: await link_plan(tx, plan),
        },
    )
