"""`kill -9` at every step of an execution: after the restart each change has been applied exactly once."""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from storage.records.executions import ExecutionState
from storage.records.plans import Plan, PlanState, PlanStatus
from tests.fakes.clock import HandClock

REPO = Path(__file__).parents[2]
CAMPAIGNS = ("em-101", "ps-2002", "ws-4001")
ONE_CHANGE = [
    "before a commit", "after a commit",  # the intention is written down
    "after an apply",
    "before a commit", "after a commit",  # what was applied is written down
]  # fmt: skip
STEPS = [
    "after the approval",
    "before a commit", "after a commit",  # judged again: executing
    *ONE_CHANGE * len(CAMPAIGNS),
    "before a commit", "after a commit",  # done
]  # fmt: skip
"""Where a process can die between the approval and the end; the uninterrupted run below proves that it is all."""


@pytest.fixture(scope="module")
def mother() -> Iterator[subprocess.Popen[str]]:
    """The process that forks the ones that die."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.scenarios.crash_child"]
    with subprocess.Popen(command, cwd=REPO, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process


@pytest.fixture
async def plan(home: Settings, clock: HandClock) -> Plan:
    """A plan with three changes that waits for Aaron, in a home that nobody has open."""
    async with open_office(home, clock=clock) as office:
        budgets = {
            one.id: Decimal(one.daily_budget.minor * 110 // 10000)
            for one in await office.readers.campaigns()
            if one.id in CAMPAIGNS
        }
        async with office.ledger.read() as tx:
            olivia = await tx.people.get("olivia")
        assert olivia is not None
        made = await office.proposer.request(budgets, olivia)
    assert isinstance(made, PlanStatus)
    assert (made.state, len(made.plan.changes)) == (PlanState.WAITING, 3)
    return made.plan


async def start(mother: subprocess.Popen[str], home: Settings, plan: Plan, *, die_at: int | None) -> dict[str, Any]:
    """Approve and work until death, or, without a place to die at, start again and finish what was begun."""
    order = {"home": str(home.home), "plan_id": plan.id, "digest": plan.digest, "die_at": die_at}
    assert mother.stdin is not None
    assert mother.stdout is not None
    mother.stdin.write(json.dumps(order) + "\n")
    mother.stdin.flush()
    answer = await asyncio.to_thread(mother.stdout.readline)
    ended: dict[str, Any] = json.loads(answer)
    return ended


async def status_of(office: Office, plan: Plan) -> PlanStatus:
    async with office.ledger.read() as tx:
        found = await tx.plans.get(plan.id)
    assert found is not None
    return found


async def all_is_as_if_nothing_had_happened(office: Office, plan: Plan) -> None:
    status = await status_of(office, plan)
    assert (status.state, status.note) == (PlanState.DONE, "")
    async with office.ledger.read() as tx:
        executions = await tx.executions.of(plan.id, 1)
        actions = Counter(entry.action for entry in await tx.audit.of(plan.id))
        assert (await tx.audit.verify()).ok
    for item in executions:
        assert (item.state, item.error) == (ExecutionState.APPLIED, "")
        assert item.before_image is not None
        assert item.before_image.value == item.change.before
        assert item.read_back is not None
        assert item.read_back.value == item.change.after
        assert item.receipt is not None
        assert item.receipt.version == item.read_back.version
    once = ("plan.proposed", "plan.waiting", "plan.approve", "plan.executing", "plan.done")
    assert {name: actions[name] for name in once} == dict.fromkeys(once, 1)
    assert actions["change.applied"] == 3
    await every_change_is_on_the_market_once(office, plan)


async def every_change_is_on_the_market_once(office: Office, plan: Plan) -> None:
    """By the platforms' own campaigns: the value wanted, one version later than planned."""
    now = {one.id: one for one in await office.readers.campaigns()}
    for change in plan.changes:
        state = now[change.resource.id]
        assert state.daily_budget == change.after
        assert int(state.version[1:]) == int(change.expected_version[1:]) + 1


async def test_a_run_that_nobody_interrupts_passes_just_these_steps(mother, home, clock, plan):
    """If execution gains a step, this fails, and the kills below gain one too."""
    ended = await start(mother, home, plan, die_at=len(STEPS) + 1)
    assert ended == {"signal": 0, "seen": STEPS}
    async with open_office(home, clock=clock) as office:
        await all_is_as_if_nothing_had_happened(office, plan)


@pytest.mark.parametrize("die_at", range(1, len(STEPS) + 1), ids=lambda at: f"{at:02d} {STEPS[at - 1]}")
async def test_killed_at_any_step_each_change_is_applied_once_after_the_restart(mother, home, clock, plan, die_at):
    ended = await start(mother, home, plan, die_at=die_at)
    assert ended == {"signal": signal.SIGKILL, "seen": STEPS[:die_at]}
    assert (await start(mother, home, plan, die_at=None))["signal"] == 0
    async with open_office(home, clock=clock) as office:
        await all_is_as_if_nothing_had_happened(office, plan)
