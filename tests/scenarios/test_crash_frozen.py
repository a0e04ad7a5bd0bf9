"""`kill -9` while a plan is frozen half-way: after the restart it stays stopped, and a thaw lets it go on once."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

from agents.lifecycle.people.freeze import Stopped
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from storage.records.people import Person
from storage.records.plans import Plan, PlanState, PlanStatus
from tests.conftest import reopened

REPO = Path(__file__).parents[2]
CAMPAIGNS = ("em-101", "ps-2002", "ws-4001")


async def a_plan(home: Settings, clock) -> Plan:
    async with open_office(home, clock=clock) as office:
        budgets = {
            one.id: Decimal(one.daily_budget.minor * 110 // 10000)
            for one in await office.readers.campaigns()
            if one.id in CAMPAIGNS
        }
        made = await office.proposer.request(budgets, await person(office, "olivia"))
    assert isinstance(made, PlanStatus)
    assert made.state is PlanState.WAITING, made.note
    return made.plan


async def person(office: Office, person_id: str) -> Person:
    async with office.ledger.read() as tx:
        found = await tx.people.get(person_id)
    assert found is not None
    return found


async def status_of(office: Office, plan: Plan) -> PlanStatus:
    async with office.ledger.read() as tx:
        found = await tx.plans.get(plan.id)
    assert found is not None
    return found


async def written(office: Office, plan: Plan) -> int:
    """By the platforms' own campaigns: how many changes are there, each one version later than planned."""
    now = {one.id: one for one in await office.readers.campaigns()}
    count = 0
    for change in plan.changes:
        state = now[change.resource.id]
        moved = int(state.version[1:]) - int(change.expected_version[1:])
        assert moved == (state.daily_budget == change.after)
        count += moved
    return count


async def settled(office: Office) -> None:
    async with asyncio.timeout(60):
        while await office.queue.unfinished():  # noqa: ASYNC110 - another thread does the work
            await asyncio.sleep(0.02)


async def test_killed_while_frozen_it_stays_stopped_and_goes_on_once_when_it_is_thawed(home, clock):
    plan = await a_plan(home, clock)
    command = [sys.executable, "-W", "ignore", "-m", "tests.scenarios.freeze_child"]
    ended = await asyncio.to_thread(
        subprocess.run, [*command, str(home.home), plan.id, plan.digest], cwd=REPO, check=False, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL
    async with reopened(home, clock) as office:
        await settled(office)
        status = await status_of(office, plan)
        assert status.state is PlanState.EXECUTING
        assert status.note == "stopped by FREEZE-1 (wrong prices); 1 of 3 changes were applied before"
        assert await written(office, plan) == 1
        said = await office.freezer.thaw(None, await person(office, "aaron"), via="test")
        assert isinstance(said, Stopped)
        await settled(office)
        assert (await status_of(office, plan)).state is PlanState.DONE
        assert await written(office, plan) == 3
        async with office.ledger.read() as tx:
            actions = Counter(entry.action for entry in await tx.audit.of(plan.id))
            assert (await tx.audit.verify()).ok
        once = ("plan.executing", "plan.stopped", "plan.resumed", "plan.done")
        assert {name: actions[name] for name in once} == dict.fromkeys(once, 1)
        assert actions["change.applied"] == 3
        assert (await office.attester.account()).flaws == ()
