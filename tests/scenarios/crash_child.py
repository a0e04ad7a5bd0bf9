"""A process that dies by `kill -9` at the n-th step of an execution; the wrapping is here, the product knows nothing.

Started once, it forks a child for every line on stdin, because importing the product takes longer than dying. A line
is JSON: {"home", "plan_id", "digest", "die_at"}; with die_at null nothing is approved, the child is the restart and
finishes what it finds. The answer is {"signal", "seen"}: how the child ended, and the checkpoints passed so far.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from agents.channels.channel import Channel
from agents.lifecycle.decide import Accepted, Seen
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.worker import working
from storage.ledger import Ledger, Transaction
from storage.records.executions import Receipt
from storage.records.plans import Change, PlanState
from tests.fakes.clock import HandClock

LOG = "checkpoints"
_charting: ContextVar[bool] = ContextVar("charting", default=False)


class Checkpoints:
    """Counts the places where a process may die, notes each, and dies at one of them."""

    def __init__(self, log: Path, die_at: int) -> None:
        self._log = log
        self._die_at = die_at
        self._count = 0

    def pass_(self, name: str) -> None:
        self._count += 1
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{name}\n")
        if self._count == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def watch_writes(ledger: Ledger, checkpoints: Checkpoints) -> None:
    """Before and after every commit is a checkpoint; inside, the transaction is open and holds all its changes."""
    real = ledger.write

    @asynccontextmanager
    async def write() -> AsyncIterator[Transaction]:
        async with real() as tx:
            yield tx
            if not _charting.get():
                checkpoints.pass_("before a commit")
        if not _charting.get():
            checkpoints.pass_("after a commit")

    ledger.write = write  # type: ignore[method-assign]


def leave_out_charting(office: Office) -> None:
    """The graph follows beside the execution, whenever it comes to it, so its commits stand in no fixed place."""
    real = office.charter.catch_up

    async def catch_up() -> Any:
        token = _charting.set(True)
        try:
            return await real()
        finally:
            _charting.reset(token)

    office.charter.catch_up = catch_up  # type: ignore[method-assign]


def watch_writes_to(channels: Mapping[str, Channel], checkpoints: Checkpoints) -> None:
    for channel in channels.values():
        channel.apply = _watched(channel.apply, checkpoints)  # type: ignore[method-assign]


def _watched(real: Callable[..., Any], checkpoints: Checkpoints) -> Callable[..., Any]:
    async def apply(change: Change, *, key: str, expected_version: str) -> Receipt:
        receipt: Receipt = await real(change, key=key, expected_version=expected_version)
        checkpoints.pass_("after an apply")
        return receipt

    return apply


async def approve_and_work(order: dict[str, Any]) -> None:
    settings = Settings(home=Path(order["home"]))
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(open_office(settings, clock=HandClock()))
        leave_out_charting(office)
        await stack.enter_async_context(working(office, settings.worker_lock))
        if order["die_at"] is not None:
            checkpoints = Checkpoints(settings.home / LOG, order["die_at"])
            while await office.queue.unfinished():  # noqa: ASYNC110 - the trail of a new home is signed first
                await asyncio.sleep(0.02)
            await _approve(office, order)
            watch_writes(office.ledger, checkpoints)
            watch_writes_to(office.executor._channels, checkpoints)
            checkpoints.pass_("after the approval")
        async with asyncio.timeout(120):
            while await _is_open(office, order["plan_id"]) or await office.queue.unfinished():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        os._exit(0)  # the queue takes seconds to stop, and there is nothing left to stop


async def _approve(office: Office, order: dict[str, Any]) -> None:
    async with office.ledger.read() as tx:
        aaron = await tx.people.get("aaron")
    assert aaron is not None
    seen = Seen(plan_id=order["plan_id"], revision=1, digest=order["digest"])
    said = await office.decider.approve(seen, aaron, via="test")
    assert isinstance(said, Accepted), said


async def _is_open(office: Office, plan_id: str) -> bool:
    async with office.ledger.read() as tx:
        found = await tx.plans.get(plan_id)
    return found is not None and found.state in (PlanState.APPROVED, PlanState.EXECUTING)


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            asyncio.run(approve_and_work(order))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        log = Path(order["home"]) / LOG
        seen = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.waitstatus_to_exitcode(status)
        sys.stdout.write(json.dumps({"signal": ended, "seen": seen}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
