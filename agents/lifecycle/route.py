"""Route: everything known of a plan, and the people it waits for."""

from agents.governance.rules import Rules
from agents.lifecycle.review import known_plan
from storage.ledger import Ledger, Transaction
from storage.records.dossiers import Dossier
from storage.records.people import Person
from storage.records.plans import PlanState, PlanStatus


class Router:
    """Puts plans before the people who may decide them."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules

    async def dossier(self, plan_id: str) -> Dossier:
        """Raises LookupError if there is no such plan."""
        async with self._ledger.read() as tx:
            return await self._dossier(tx, await known_plan(tx, plan_id), await tx.people.all())

    async def waiting_for(self, person: Person) -> tuple[Dossier, ...]:
        """Plans this person may approve now, the one that expires first first."""
        async with self._ledger.read() as tx:
            people = await tx.people.all()
            waiting = await tx.plans.in_states(PlanState.WAITING)
            dossiers = [await self._dossier(tx, status, people) for status in waiting]
        mine = [one for one in dossiers if any(approver.id == person.id for approver in one.approvers)]
        return tuple(sorted(mine, key=lambda one: one.status.plan.expires_at))

    async def _dossier(self, tx: Transaction, status: PlanStatus, people: tuple[Person, ...]) -> Dossier:
        plan = status.plan
        verdict = await tx.approvals.verdict(plan.id, plan.revision)
        decisions = await tx.approvals.decisions(plan.id, plan.revision)
        waiting = status.state is PlanState.WAITING
        return Dossier(
            status=status,
            verdict=verdict,
            decisions=decisions,
            executions=await tx.executions.of(plan.id, plan.revision),
            outcomes=await tx.executions.outcomes(plan.id),
            people={one.id: one for one in people},
            approvers=self._rules.approvers_of(verdict, plan, people, decisions) if verdict and waiting else (),
            rolled_back_by=(await tx.plans.rolled_back_by([plan.id])).get(plan.id),
        )
