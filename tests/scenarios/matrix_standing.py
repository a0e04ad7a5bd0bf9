"""What stands in a home of the matrix before a payload arrives; made anew only where it was used up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from agents.lifecycle.decide import Accepted, Declined, Seen
from agents.lifecycle.questions.ask import Inquiry
from bot.slack.buttons import PlanRef
from bot.slack.cards.plan_card import reference
from storage.ledger import Transaction
from storage.records.people import Person
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.records.questions import Option, Question, QuestionKind
from storage.records.stops import FreezeScope
from tests.builders import a_finding
from tests.scenarios.matrix_people import ANTON, CLAUDE, RITA
from tests.scenarios.matrix_state import Onlooker, State
from tests.scenarios.team import Team

PATIENCE_S = 20.0
"""How long an effect may take on a busy machine; only a failure waits so long."""


@dataclass
class Standing:
    """A team, and what can be put before it."""

    team: Team
    _names: "count[int]" = field(default_factory=lambda: count(1))
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._onlooker = Onlooker(self.team.home)

    def look(self) -> State:
        """How all is, straight from the files."""
        return self._onlooker.look()

    def close(self) -> None:
        self._onlooker.close()

    async def person(self, name: str) -> Person:
        async with self.team.office.ledger.read() as tx:
            found = await tx.people.get(name)
        assert found is not None, name
        return found

    async def asked(self, campaign: str = "em-102") -> Plan:
        """A fresh plan of Rita's that moves a campaign by a pound, and waits for an approver, as nothing else does."""
        for state in (PlanState.WAITING, PlanState.HELD, PlanState.APPROVED):
            for status in await self._in(state):
                if campaign in {one.resource.id for one in status.plan.changes}:
                    await self.says("reject", status.plan, CLAUDE)
        budgets = {one.id: one.daily_budget for one in await self.team.office.readers.campaigns()}
        amount = budgets[campaign].amount
        status = await self.team.office.proposer.request(
            {campaign: amount + (1 if int(amount) % 2 == 0 else -1)}, await self.person(RITA)
        )
        assert isinstance(status, PlanStatus), status
        assert status.state is PlanState.WAITING, status
        return status.plan

    async def waiting(self) -> Plan:
        """A plan that waits as it was asked for."""
        for status in await self._in(PlanState.WAITING):
            if status.plan.requested_by == RITA and status.plan.restores is None and status.plan.revision == 1:
                async with self.team.office.ledger.read() as tx:
                    touched = await tx.approvals.decisions(status.plan.id, 1) or await tx.nudges.of(status.plan.id, 1)
                if not touched:
                    return status.plan
        return await self.asked()

    async def done(self) -> Plan:
        """A plan of Rita's that was carried out and not taken back."""
        for status in await self._in(PlanState.DONE):
            async with self.team.office.ledger.read() as tx:
                taken = await tx.plans.rolled_back_by([status.plan.id])
            if status.plan.restores is None and not taken:
                return status.plan
        plan = await self.asked("em-103")
        await self.says("approve", plan, ANTON)
        await self.until(lambda: self.look()[f"plan {plan.id}"] == "done")
        return plan

    async def stopped(self, *approved_by: str) -> Plan:
        """A plan that these people approved and that a freeze of everything keeps from being carried out."""
        await self.frozen()
        plan = await self.asked("so-3001")
        for name in approved_by:
            await self.says("approve", plan, name)
        return plan

    async def frozen(self) -> str:
        """The id of a freeze of everything."""
        for one in await self.team.office.freezer.in_force():
            return one.id
        made = await self.team.office.freezer.freeze(
            FreezeScope.ALL, "", await self.person(CLAUDE), reason="because", via="test"
        )
        assert not isinstance(made, Declined), made.words
        return made.freezes[0].id

    async def thawed(self) -> None:
        """Nothing frozen, and nothing left that a thaw would have carried out."""
        if await self.team.office.freezer.in_force():
            for status in await self._in(PlanState.APPROVED):
                await self.says("reject", status.plan, CLAUDE)
            await self.team.office.freezer.thaw(None, await self.person(CLAUDE), via="test")

    async def glass(self) -> str:
        """The id of glass that Claude broke and nobody has reviewed."""
        for one in await self.team.office.emergency.open():
            return one.id
        made = await self.team.office.emergency.break_glass(await self.person(CLAUDE), reason="because", via="test")
        assert not isinstance(made, Declined), made.words
        return made.glass.id

    async def delegation(self, giver: str, taker: str) -> str:
        """The id of a delegation between these two, in force or to come."""
        for one in await self.team.office.delegator.list():
            if (one.from_person, one.to_person) == (giver, taker):
                return one.id
        now, by = self.team.wall(), await self.person(giver)
        first = now + timedelta(days=30 if giver != ANTON else 0)
        made = await self.team.office.delegator.delegate(
            giver, taker, first, first + timedelta(days=20), by=by, via="test"
        )
        assert not isinstance(made, Declined), made.words
        return made.delegation.id

    async def alert(self) -> str:
        async with self.team.office.ledger.write() as tx:
            opened = await tx.alerts.open(a_finding(key=f"drift/{next(self._names)}"), now=self.team.wall())
        return opened.id

    async def question(self) -> Question:
        """A question that waits, and whose answer comes to nothing."""

        async def settle(_tx: Transaction, _asked: Question, _option: Option, _person: Person) -> str:
            return "So be it."

        office = self.team.office
        office.asker.handle(QuestionKind.MERGE, settle)
        for one in await office.asker.open():
            if one.kind is QuestionKind.MERGE:
                return one
        asked = Inquiry(
            key=f"merge:{next(self._names)}",
            kind=QuestionKind.MERGE,
            title="Are these two one?",
            options=(Option(id="yes", label="They are one"), Option(id="no", label="They are two")),
            if_nobody_answers="They stay two.",
        )
        async with office.ledger.write() as tx:
            return await office.asker.ask(tx, asked)

    async def says(self, word: str, plan: Plan, name: str) -> None:
        """Have somebody approve or reject, not over Slack."""
        seen, decider = Seen(plan_id=plan.id, revision=plan.revision, digest=plan.digest), self.team.office.decider
        if word == "approve":
            said = await decider.approve(seen, await self.person(name), via="test")
        else:
            said = await decider.reject(seen, await self.person(name), reason="because", via="test")
        assert isinstance(said, Accepted), said.words

    async def refused_by_claude(self, plan_id: str) -> None:
        """A plan is out of the way."""
        status = await self.team.status(plan_id)
        if status.state is PlanState.WAITING:
            await self.says("reject", status.plan, CLAUDE)

    async def reference(self, plan: Plan) -> PlanRef:
        """What a button of the plan's card carries now."""
        dossier = await self.team.office.router.dossier(plan.id)
        return reference(plan, dossier.verdict)

    async def _in(self, state: PlanState) -> list[PlanStatus]:
        async with self.team.office.ledger.read() as tx:
            return list(await tx.plans.in_states(state))

    async def until(self, happened: Callable[[], bool], *, patient: bool = True) -> None:
        """Wait for something in the home's files, looking again after every commit."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not happened():
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            if patient:
                raise

    def stir(self) -> None:
        """Listen to the commits of this office, which is another one after every start."""
        self.team.office.ledger.on_commit(self._stirred.set)
