"""A state change, its audit entry and the next piece of work commit together or not at all."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from storage.database import Database
from storage.ledger import Ledger
from storage.records.plans import PlanState
from storage.work_queue import WorkQueue
from tests.builders import NOW, a_plan
from tests.unit.storage.undone import undone


@pytest.fixture
def queue(database: Database) -> WorkQueue:
    return WorkQueue(database)


@pytest.fixture
def ledger(database: Database, queue: WorkQueue) -> Ledger:
    return Ledger(database, queue)


async def step(tx, number: int = 1) -> None:
    await tx.plans.add(a_plan(id=f"PLAN-{number}"), now=NOW)
    await tx.audit.append(at=NOW, actor="system", action="plan.proposed", subject=f"PLAN-{number}", facts={})
    await tx.enqueue("review", f"review:PLAN-{number}", {"plan_id": f"PLAN-{number}"})


async def what_is_there(ledger: Ledger, queue: WorkQueue) -> tuple[int, int, int]:
    """Plans, audit entries, pieces of work."""
    async with ledger.read() as tx:
        return len(await tx.plans.recent()), (await tx.audit.verify()).entries, await queue.unfinished()


async def test_a_commit_has_all_three(ledger: Ledger, queue: WorkQueue):
    async with ledger.write() as tx:
        await step(tx)
    assert await what_is_there(ledger, queue) == (1, 1, 1)


async def test_a_block_that_raises_leaves_nothing(ledger: Ledger, queue: WorkQueue):
    heard = []
    ledger.on_commit(lambda: heard.append(1))
    async with undone(ledger.write()) as tx:
        await step(tx)
    assert await what_is_there(ledger, queue) == (0, 0, 0)
    assert heard == []


async def test_a_cancelled_block_leaves_nothing(ledger: Ledger, queue: WorkQueue):
    inside = asyncio.Event()

    async def never_ends():
        async with ledger.write() as tx:
            await step(tx)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await what_is_there(ledger, queue) == (0, 0, 0)
    async with ledger.write() as tx:
        await step(tx)
    assert await what_is_there(ledger, queue) == (1, 1, 1)


async def test_listeners_hear_of_every_commit_and_only_of_commits(ledger: Ledger):
    heard = []
    ledger.on_commit(lambda: heard.append(1))
    async with ledger.write() as tx:
        await tx.home.put("a", "1")
        assert heard == []
    async with ledger.read() as tx:
        await tx.home.get("a")
    assert heard == [1]


async def test_writers_decide_one_after_the_other_on_rows_that_do_not_change_under_them(ledger: Ledger):
    async def count_up():
        async with ledger.write() as tx:
            now = int(await tx.home.get("n") or 0)
            await asyncio.sleep(0)
            await tx.home.put("n", str(now + 1))

    await asyncio.gather(*(count_up() for _ in range(20)))
    async with ledger.read() as tx:
        assert await tx.home.get("n") == "20"


async def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(ledger: Ledger):
    async with ledger.write() as tx:
        await step(tx)
    async with ledger.read() as reading:
        before = await reading.plans.get("PLAN-1")
        async with ledger.write() as tx:
            await tx.plans.move("PLAN-1", revision=1, origins=(PlanState.PROPOSED,), to=PlanState.WAITING, now=NOW)
        assert await reading.plans.get("PLAN-1") == before
    async with ledger.read() as reading:
        found = await reading.plans.get("PLAN-1")
    assert found is not None
    assert found.state is PlanState.WAITING


async def test_appends_at_once_make_one_chain(ledger: Ledger):
    async def append(number: int):
        async with ledger.write() as tx:
            await tx.audit.append(at=NOW, actor="system", action="a", subject=str(number), facts={})

    await asyncio.gather(*(append(number) for number in range(20)))
    async with ledger.read() as tx:
        assert (await tx.audit.verify()).entries == 20


async def test_the_file_is_opened_safely(database: Database):
    for engine in (database.writing, database.reading):
        async with engine.begin() as connection:
            pragmas = {
                name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


async def test_a_revision_of_no_plan_is_refused_by_the_database(ledger: Ledger):
    with pytest.raises(DBAPIError, match="FOREIGN KEY"):
        async with ledger.write() as tx:
            await tx.plans._add_revision(a_plan(id="PLAN-9"))
