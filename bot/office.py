"""The use cases that every edge calls: Slack listeners, jobs and the command line alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from agents.governance.rules import Rules
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.decide import Decider
from agents.lifecycle.execute import Executor
from agents.lifecycle.monitor import Monitor
from agents.lifecycle.observe import FileObserver, Observer
from agents.lifecycle.propose import Proposer
from agents.lifecycle.review import Reviewer
from agents.lifecycle.rollback import Rollback
from agents.lifecycle.route import Router
from agents.sources.readers import Readers
from agents.team.agent import Agent
from storage.ledger import Ledger
from storage.records.alerts import Finding
from storage.work_queue import WorkQueue

MOST_DAYS = 92
"""Days the simulated clock moves in one go: a quarter."""


class MarketRefused(ValueError):
    """Raised when the simulated market cannot do what was asked; says what it can."""


class Sandbox(Protocol):
    """The simulated market's controls, which only people have."""

    async def today(self) -> date: ...

    async def tick(self) -> date:
        """Finish one day; returns the new unfinished one."""

    async def set_scenario(self, name: str, *, starts_in_days: int = 0) -> str:
        """Choose what happens next; returns words for people. Raises MarketRefused for an unknown name."""

    async def truth(self) -> dict[str, Any]:
        """What each campaign really brought, for scoring after an episode."""


@dataclass(frozen=True)
class Moved:
    """What came of moving the market's clock."""

    today: date
    events: tuple[str, ...]


@dataclass(frozen=True)
class Office:
    """One home opened: its ledger and all that can be done with it."""

    ledger: Ledger
    queue: WorkQueue
    rules: Rules
    readers: Readers
    facts: LakeReader
    kpis: KpiEngine
    observer: Observer
    files: FileObserver
    proposer: Proposer
    reviewer: Reviewer
    router: Router
    decider: Decider
    executor: Executor
    monitor: Monitor
    rollback: Rollback
    team: tuple[Agent, ...]
    clock: Callable[[], datetime]
    sandbox: Sandbox | None
    """The simulated market of this home; None where real channels are connected."""

    async def advance(self, days: int) -> Moved:
        """Move the simulated clock day by day, reading and checking after each as the schedule would.

        Raises MarketRefused where there is no sandbox, or for a number of days it does not take.
        """
        if self.sandbox is None:
            raise MarketRefused("there is no simulated market in this home; `countersign up` makes one")
        if not 1 <= days <= MOST_DAYS:
            raise MarketRefused(f"the clock moves by 1 to {MOST_DAYS} days at a time, not {days}")
        events: dict[str, None] = {}
        for _ in range(days):
            await self.sandbox.tick()
            events.update(dict.fromkeys(finding.title for finding in await self.look()))
        return Moved(await self.sandbox.today(), tuple(events))

    async def look(self) -> tuple[Finding, ...]:
        """Read every source and check what it says: what the schedule does."""
        await self.observer.pull()
        return await self.monitor.check()
