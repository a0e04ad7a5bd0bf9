"""What is put in a transaction runs once it commits, never if it does not, and survives `kill -9`."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from storage.database import Database
from storage.ledger import Ledger
from storage.work_queue import Handler, WorkQueue
from tests.fakes.work_queue import HandWorkQueue
from tests.unit.storage.undone import undone

REPO = Path(__file__).parents[3]


class Queue(Protocol):
    def handle(self, kind: str, handler: Handler) -> None: ...

    async def put(self, connection, kind: str, work_id: str, payload: dict[str, str]) -> None: ...


class Rig:
    """One implementation under test; `drain` comes back when nothing is left to do."""

    def __init__(self, queue: Queue, ledger: Ledger, drain: Callable[[], Awaitable[object]]) -> None:
        self.queue, self.ledger, self.drain = queue, ledger, drain
        self.ran: list[dict[str, str]] = []


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Other threads do the work, so there is no event to wait for."""
    async with asyncio.timeout(60):
        while not await done():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def finished(queue: WorkQueue) -> bool:
    return await queue.unfinished() == 0


@asynccontextmanager
async def by_hand(database: Database) -> AsyncIterator[Rig]:
    queue = HandWorkQueue(database)
    yield Rig(queue, Ledger(database, queue), queue.run)


@asynccontextmanager
async def durable(database: Database) -> AsyncIterator[Rig]:
    queue = WorkQueue(database)

    async def drain() -> None:
        await queue.start()
        await until(lambda: finished(queue))
        await queue.stop()

    yield Rig(queue, Ledger(database, queue), drain)


@pytest.fixture(params=[by_hand, durable])
async def rig(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Rig]:
    async with request.param(database) as made:

        async def note(payload: dict[str, str]) -> None:
            made.ran.append(payload)

        made.queue.handle("note", note)
        yield made


async def test_what_commits_runs_once_and_what_rolls_back_never(rig: Rig):
    """Also a repeated id, in one transaction or over several: one piece of work, the first."""
    async with undone(rig.ledger.write()) as tx:
        await tx.enqueue("note", "gone", {"n": "rolled back"})
    async with rig.ledger.write() as tx:
        await tx.enqueue("note", "one", {"n": "1"})
        await tx.enqueue("note", "one", {"n": "again"})
        await tx.enqueue("note", "two", {"n": "2"})
    async with rig.ledger.write() as tx:
        await tx.enqueue("note", "one", {"n": "later"})
    assert rig.ran == []
    await rig.drain()
    assert sorted(rig.ran, key=str) == [{"n": "1"}, {"n": "2"}]
    async with rig.ledger.write() as tx:
        await tx.enqueue("note", "one", {"n": "after it ran"})
    if isinstance(rig.queue, HandWorkQueue):
        assert await rig.queue.run() == 0
    else:
        assert await rig.queue.unfinished() == 0


async def test_a_rolled_back_id_can_be_put_again(rig: Rig):
    async with undone(rig.ledger.write()) as tx:
        await tx.enqueue("note", "one", {"n": "rolled back"})
    async with rig.ledger.write() as tx:
        await tx.enqueue("note", "one", {"n": "committed"})
    await rig.drain()
    assert rig.ran == [{"n": "committed"}]


async def test_work_brings_about_work_fails_and_is_tried_again_and_the_loop_survives(database: Database):
    """One start for several promises, because a stop takes seconds."""
    queue = WorkQueue(database)
    ledger = Ledger(database, queue)
    ran: list[str] = []

    async def first(payload: dict[str, str]) -> None:
        ran.append("first")
        async with ledger.write() as tx:
            await tx.enqueue("second", "second", payload)

    async def second(payload: dict[str, str]) -> None:
        ran.append("second")
        if ran.count("second") < 3:
            raise ConnectionError("not yet")

    queue.handle("first", first)
    queue.handle("second", second)
    await queue.start()
    async with ledger.write() as tx:
        await tx.enqueue("first", "first", {})
    await until(lambda: finished(queue))
    await queue.stop()
    assert ran == ["first", "second", "second", "second"]
    assert await asyncio.to_thread(lambda: "others still have threads") == "others still have threads"


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from storage.database import Database
from storage.ledger import Ledger
from storage.work_queue import WorkQueue

async def main():
    database = Database(Path(sys.argv[1]))
    queue = WorkQueue(database)
    ledger = Ledger(database, queue)

    async def die(payload):
        async with ledger.write() as tx:
            await tx.home.put("started", "yes")
        os.kill(os.getpid(), signal.SIGKILL)

    queue.handle("die", die)
    async with ledger.write() as tx:
        await tx.enqueue("die", "one", {"n": "1"})
    await queue.start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_work_that_was_running_at_a_kill_runs_again_after_the_restart(database: Database, tmp_path: Path):
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(database.path), cwd=REPO, env={"PYTHONPATH": str(REPO)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, errors = await asyncio.wait_for(child.communicate(), 90)
    assert child.returncode == -signal.SIGKILL, errors.decode()
    queue = WorkQueue(database)
    ledger = Ledger(database, queue)
    async with ledger.read() as tx:
        assert await tx.home.get("started") == "yes"
    ran: list[str] = []

    async def now_it_goes(payload: dict[str, str]) -> None:
        ran.append(json.dumps(payload))

    queue.handle("die", now_it_goes)
    assert await queue.unfinished() == 1
    await queue.start()
    await until(lambda: finished(queue))
    await queue.stop()
    assert ran == ['{"n": "1"}']
