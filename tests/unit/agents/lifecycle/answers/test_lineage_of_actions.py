"""Fifty random actions: each is walked back to the data and on to what came of it, and no link can go unseen."""

import random
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from sqlalchemy import delete

from agents.lifecycle.answers.why import why
from agents.lifecycle.decide import Accepted, Seen
from bot.office import Office
from bot.settings import Settings
from storage.audit.log import AuditLog
from storage.database import Database
from storage.records.audit import Tampering
from storage.records.lineage import Link, decision_id, execution_id, outcome_id, verdict_id
from storage.records.people import Person
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.tables.provenance import lineage
from tests.fakes.clock import HandClock
from tests.fakes.hasty_disk import hasty

ACTIONS = 50
ORIGINS = ("source:", "person:", "agent:", "product:", "edition:", "feature:", "model:")
"""What a way back may end in; everything about data ends in a source."""


class Players:
    """People and the clock, who do something at random; everything they do leaves links."""

    def __init__(self, office: Office, clock: HandClock, people: dict[str, Person], seed: int) -> None:
        self.office = office
        self.clock = clock
        self.people = people
        self.dice = random.Random(seed)
        self.acted: set[str] = set()
        """Plans of which anything is known."""

    async def act(self) -> None:
        self.clock.pass_(minutes=self.dice.randint(1, 30))
        await self.dice.choice(
            [self.propose, self.request, self.request, self.approve, self.approve, self.approve, self.reject,
             self.edit, self.take_back, self.another_day]
        )()  # fmt: skip

    async def propose(self) -> None:
        status = await self.office.proposer.propose()
        if isinstance(status, PlanStatus):
            self.acted.add(status.plan.id)

    async def request(self) -> None:
        campaign = self.dice.choice(await self.office.readers.campaigns())
        amount = (campaign.daily_budget.amount * Decimal(self.dice.choice(["0.9", "1.05", "1.1"]))).quantize(Decimal(1))
        person = self.people[self.dice.choice(["olivia", "carla"])]
        status = await self.office.proposer.request({campaign.id: amount}, person)
        if isinstance(status, PlanStatus):
            self.acted.add(status.plan.id)

    async def approve(self) -> None:
        for plan in await self.plans(PlanState.WAITING):
            for name in ("aaron", "carla"):
                await self.office.decider.approve(seen(plan), self.people[name], via="test")
            status = await self.office.executor.execute(plan.id, plan.revision)
            if status.state is PlanState.DONE:
                return

    async def reject(self) -> None:
        for plan in (await self.plans(PlanState.WAITING))[:1]:
            await self.office.decider.reject(seen(plan), self.people["aaron"], reason="not now", via="test")

    async def edit(self) -> None:
        for plan in (await self.plans(PlanState.WAITING))[:1]:
            first = plan.changes[0]
            wanted = {first.id: first.after + (first.after - first.before)}
            done = await self.office.decider.edit(seen(plan), self.people["olivia"], wanted=wanted, via="test")
            assert isinstance(done, Accepted) or done.words

    async def take_back(self) -> None:
        for plan in (await self.plans(PlanState.DONE))[:1]:
            made = await self.office.rollback.request(plan.id, self.people["aaron"], via="test")
            if isinstance(made, Accepted):
                self.acted.add(made.status.plan.id)

    async def another_day(self) -> None:
        await self.office.advance(1)
        self.clock.pass_(days=1)

    async def plans(self, *states: PlanState) -> list[Plan]:
        async with self.office.ledger.read() as tx:
            found = [one.plan for one in await tx.plans.in_states(*states)]
        self.dice.shuffle(found)
        return found


def seen(plan: Plan) -> Seen:
    return Seen(plan_id=plan.id, revision=plan.revision, digest=plan.digest)


async def played(office: Office, clock: HandClock) -> Players:
    async with office.ledger.read() as tx:
        people = {one.id: one for one in await tx.people.all()}
    players = Players(office, clock, people, seed=4)
    await office.advance(1)
    await players.propose()
    for _ in range(ACTIONS):
        await players.act()
    await office.advance(9)  # forecasts come out
    return players


async def test_fifty_random_actions_are_walked_both_ways_and_no_link_goes_unseen(
    office: Office, home: Settings, clock: HandClock, tmp_path: Path
) -> None:
    players = await played(office, clock)
    async with office.ledger.read() as tx:
        found = await tx.audit.verify()
        assert found.ok, found.problem
        every = [one async for one in tx.lineage.all()]
        subjects = sorted({one.child for one in every})
        chosen = random.Random(1).sample(subjects, min(ACTIONS, len(subjects)))
        assert len(chosen) == ACTIONS
        for subject in chosen:
            back, on = await why(tx, subject), await why(tx, subject, forward=True)
            assert back is not None
            assert on is not None
            ends = {one.id for one in back.steps} - {link.child for link in back.links}
            assert ends
            assert all(end.startswith(ORIGINS) for end in ends), (subject, ends)
            for end in ends:
                assert subject in {one.id for one in await tx.lineage.descendants(end)}
            for step in on.steps:
                assert subject in {one.id for one in await tx.lineage.ancestors(step.id)}
        await nothing_is_missing(players, every)
    await each_missing_link_is_named(home, tmp_path, every)


async def nothing_is_missing(players: Players, every: list[Link]) -> None:
    """Every verdict that was filed, word, write and score of every plan has its links, and reaches a source by them."""
    children = {one.child for one in every}
    kinds = set()
    async with players.office.ledger.read() as tx:
        for plan_id in sorted(players.acted):
            status = await tx.plans.get(plan_id)
            assert status is not None
            for revision in range(1, status.plan.revision + 1):
                words = await tx.approvals.decisions(plan_id, revision)
                wanted = [decision_id(plan_id, revision, number) for number in range(1, len(words) + 1)]
                wanted += [execution_id(one.key) for one in await tx.executions.of(plan_id, revision) if one.receipt]
                if await tx.approvals.verdicts(plan_id, revision):
                    wanted.append(verdict_id(plan_id, revision, 1))
                assert set(wanted) <= children, plan_id
                assert all(one.versions["data"].startswith("facts@") and one.versions["agent"] for one in words)
                assert all(one.versions["policy"] == one.policy_version for one in words)
                kinds |= {one.partition(":")[0] for one in wanted}
            for outcome in await tx.executions.outcomes(plan_id):
                child = outcome_id(plan_id, outcome.kpi)
                reached = {one.id.partition(":")[0] for one in await tx.lineage.ancestors(child)}
                assert {"source", "load", "execution", "decision", "verdict", "person"} <= reached
                kinds.add("outcome")
    assert kinds == {"verdict", "decision", "execution", "outcome"}


async def each_missing_link_is_named(home: Settings, folder: Path, every: list[Link]) -> None:
    """In a copy, one after the other: taken out, looked for, put back."""
    copy = folder / "copy.db"
    with closing(sqlite3.connect(home.database)) as whole, closing(sqlite3.connect(copy)) as target:
        whole.backup(target)
    database = hasty(Database(copy))
    for link in every:
        async with database.writing.connect() as connection, connection.begin() as transaction:
            where = (lineage.c.child == link.child) & (lineage.c.parent == link.parent)
            assert (await connection.execute(delete(lineage).where(where))).rowcount == 1
            found = await AuditLog(connection).verify()
            await transaction.rollback()
        assert not found.ok
        gone = [one.words for one in found.findings if one.kind is Tampering.LINK_GONE]
        assert len(gone) == 1
        assert link.words in gone[0]
    await database.close()


async def test_what_a_decision_was_made_with_stays_when_newer_data_arrives(office: Office, clock: HandClock) -> None:
    await office.advance(1)
    status = await office.proposer.propose()
    assert isinstance(status, PlanStatus)
    async with office.ledger.read() as tx:
        aaron = await tx.people.get("aaron")
        before = await tx.lineage.newest_version("facts", simulated=True)
    assert aaron is not None
    await office.decider.approve(seen(status.plan), aaron, via="test")
    clock.pass_(days=1)
    await office.advance(1)
    async with office.ledger.read() as tx:
        after = await tx.lineage.newest_version("facts", simulated=True)
        (word,) = await tx.approvals.decisions(status.plan.id, 1)
        back = {one.id for one in await tx.lineage.ancestors(decision_id(status.plan.id, 1, 1))}
    assert before != after
    assert status.plan.versions["data"] == word.versions["data"] == before
    assert before in back
    assert after not in back
