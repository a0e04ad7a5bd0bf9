"""Whatever the database and however many write at once, there is one chain with each entry in it exactly once."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.audit.log import AuditLog
from storage.audit.sequencer import chain_waiting, lead
from storage.database import Database, DatabaseUnknown
from storage.migrations.runner import current, revisions, upgrade
from storage.records.audit import Personal, Tampering
from storage.signing import Keyring
from tests.builders import NOW
from tests.contracts.audit_writer import opened

pytest_plugins = ("tests.contracts.postgres",)

WRITERS, EACH = 8, 30
PATIENCE_S = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of either kind at the newest schema."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        upgrade(url)
        return url
    path = tmp_path / "countersign.db"
    upgrade(path)
    return str(path)


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.contracts.audit_writer", *arguments)


async def until(holds: Callable[[], object]) -> None:
    """Ask until it holds; another process makes it so."""
    deadline = time.monotonic() + PATIENCE_S
    while not await holds():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.05)


async def count(database: Database, table: str) -> int:
    async with database.reading.begin() as connection:
        return (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


@asynccontextmanager
async def sequencers(where: str, number: int) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """On PostgreSQL, processes that chain; SQLite needs none."""
    running = [await start("sequence", where) for _ in range(number if where.startswith("postgresql") else 0)]
    try:
        yield running
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def subjects(database: Database) -> list[str]:
    async with database.reading.begin() as connection:
        return [entry.subject async for entry in AuditLog(connection).entries()]


async def settled(database: Database, total: int) -> None:
    async def all_chained() -> bool:
        return await count(database, "audit") >= total and await count(database, "audit_outbox") == 0

    await until(all_chained)


async def test_writers_at_once_make_one_chain_with_each_entry_once_and_in_its_order(where: str):
    database = opened(where)
    async with sequencers(where, 2):
        writers = [await start("write", where, f"w{number}", str(EACH)) for number in range(WRITERS)]
        assert [await process.wait() for process in writers] == [0] * WRITERS
        await settled(database, WRITERS * EACH)
    listed = await subjects(database)
    assert Counter(listed) == Counter(f"w{number}-{each}" for number in range(WRITERS) for each in range(EACH))
    for number in range(WRITERS):
        own = [subject for subject in listed if subject.startswith(f"w{number}-")]
        assert own == [f"w{number}-{each}" for each in range(EACH)]
    async with database.reading.begin() as connection:
        found = await AuditLog(connection).verify()
    await database.close()
    assert (found.ok, found.entries, found.waiting) == (True, WRITERS * EACH, 0), found


async def test_a_killed_sequencer_is_replaced_and_nothing_is_chained_twice_or_lost(postgres_url: str):
    upgrade(postgres_url)
    database = opened(postgres_url)
    async with sequencers(postgres_url, 2) as running:
        # Half as many that write twice as much: they go on through all the kills, and starting them takes longest.
        writers = [await start("write", postgres_url, f"w{number}", str(2 * EACH)) for number in range(WRITERS // 2)]
        killed = 0
        while any(process.returncode is None for process in writers):
            seen = await count(database, "audit")
            if seen and killed < 4:
                # Whichever of the two leads: kill the elder, the other takes over, a new one stands by.
                running[0].kill()
                await running[0].wait()
                running[:] = [running[1], await start("sequence", postgres_url)]
                killed += 1
            await asyncio.wait([asyncio.ensure_future(one.wait()) for one in writers], timeout=0.2)
        await settled(database, WRITERS * EACH)
    listed = await subjects(database)
    async with database.reading.begin() as connection:
        found = await AuditLog(connection).verify()
    await database.close()
    assert killed
    assert len(listed) == len(set(listed)) == WRITERS * EACH
    assert (found.ok, found.entries) == (True, WRITERS * EACH), found


async def test_an_entry_is_chained_within_about_a_second(postgres_url: str):
    upgrade(postgres_url)
    database = opened(postgres_url)
    async with sequencers(postgres_url, 1):
        await append(database, 1)
        await settled(database, 1)
        began = time.monotonic()
        await append(database, 1)
        await settled(database, 2)
        took = time.monotonic() - began
    await database.close()
    assert took < 3, "measured 0.2 s; the rest is for a busy machine"


async def append(database: Database, number: int) -> None:
    async with database.writing.begin() as connection:
        for each in range(number):
            await AuditLog(connection).append(
                at=NOW + timedelta(seconds=each), actor="person:aaron", action="plan.approved",
                subject=f"PLAN-{each}", facts={"reason": Personal("mine")},
            )  # fmt: skip


@asynccontextmanager
async def chained(database: Database) -> AsyncIterator[None]:
    """After the block, what waits has been chained; on SQLite nothing waits."""
    yield
    if database.writing.dialect.name == "postgresql":
        async with database.writing.connect() as connection:
            assert await lead(connection)
            while await chain_waiting(connection):
                pass
            await connection.invalidate()


async def test_the_trail_works_the_same_on_both(where: str, tmp_path: Path):
    """Reading, signing, publishing, erasing and verifying."""
    database, keyring = opened(where), Keyring(tmp_path / "keys")
    async with chained(database):
        await append(database, 5)
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        made = await log.checkpoint(NOW, keyring=keyring)
        await log.published(5, "slack", NOW)
        assert await log.unpublished("slack") == ()
        assert [one.size for one in await log.unpublished("file")] == [5]
        assert [entry.actor for entry in await log.of("PLAN-3")] == ["person:aaron"]
        assert await log.erase("aaron")
        assert "erased" in (await log.of("PLAN-3"))[0].actor
    async with chained(database):
        await append(database, 2)
    async with database.writing.begin() as connection:
        assert (await AuditLog(connection).checkpoint(NOW, keyring=keyring)).size == 7
    async with database.reading.begin() as connection:
        found = await AuditLog(connection).verify(against=[made.note], keys=keyring.public_keys())
        bodies = {json.loads(entry.body)["actor"] async for entry in AuditLog(connection).entries()}
    await database.close()
    assert (found.ok, found.entries, found.checkpoints) == (True, 7, 2), found
    assert len(bodies) == 2


async def test_what_waits_is_counted_and_not_yet_read(postgres_url: str):
    upgrade(postgres_url)
    database = opened(postgres_url)
    await append(database, 3)
    async with database.reading.begin() as connection:
        found = await AuditLog(connection).verify()
        assert await AuditLog(connection).of("PLAN-1") == ()
    await database.close()
    assert (found.ok, found.entries, found.waiting) == (True, 0, 3)


async def test_one_leads_and_another_follows_when_it_is_gone(postgres_url: str):
    database = opened(postgres_url)
    async with database.writing.connect() as first, database.writing.connect() as second:
        assert await lead(first)
        assert not await lead(second)
        await first.invalidate()

        async def led() -> bool:
            return await lead(second)

        await until(led)
        await second.invalidate()
    await database.close()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET body = 'x'",
        "DELETE FROM audit",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 0",
        "UPDATE audit_head SET hash = 'x'",
        "UPDATE audit_checkpoint SET note = 'x'",
        "DELETE FROM audit_checkpoint",
        "INSERT INTO audit SELECT seq + 100, at, actor, action, subject, body, prev_hash, hash FROM audit",
    ],
)
async def test_the_database_itself_refuses_to_change_or_fork_the_trail(where: str, tampering: str, tmp_path: Path):
    database = opened(where)
    async with chained(database):
        await append(database, 3)
    async with database.writing.begin() as connection:
        await AuditLog(connection).checkpoint(NOW, keyring=Keyring(tmp_path / "keys"))
    with pytest.raises(IntegrityError):
        async with database.writing.begin() as connection:
            await connection.execute(text(tampering))
    await database.close()


@pytest.mark.parametrize("table", ["audit", "audit_head"])
async def test_postgresql_refuses_to_empty_the_trail(postgres_url: str, table: str):
    upgrade(postgres_url)
    database = opened(postgres_url)
    with pytest.raises(IntegrityError, match="append-only"):
        async with database.writing.begin() as connection:
            await connection.execute(text(f"TRUNCATE {table}"))
    await database.close()


async def test_a_tampered_trail_is_named_on_postgresql_as_well(postgres_url: str):
    upgrade(postgres_url)
    database = opened(postgres_url)
    async with chained(database):
        await append(database, 4)
    async with database.writing.begin() as connection:
        await connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        await connection.execute(text("DELETE FROM audit WHERE seq = 2"))
    async with database.reading.begin() as connection:
        found = await AuditLog(connection).verify()
    await database.close()
    assert (found.findings[0].kind, found.first_bad) == (Tampering.DELETED, 2)


def test_every_migration_runs_up_to_the_newest(postgres_url: str):
    for revision in revisions():
        upgrade(postgres_url, revision)
        assert current(postgres_url) == revision


def test_another_kind_of_database_is_refused():
    with pytest.raises(DatabaseUnknown, match="mysql"):
        Database("mysql://localhost/x")
