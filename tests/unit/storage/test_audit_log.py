"""The trail is a chain over the stored bytes: whatever is done to it with other tools is found and named."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from storage.audit.chain import GENESIS, chain_hash
from storage.audit.log import AuditLog
from storage.database import Database
from storage.records.audit import Tampering, Verification
from tests.builders import NOW
from tests.unit.storage.undone import undone

ENTRIES = 8
TRIGGERS = (
    "audit_refuses_update", "audit_refuses_delete", "audit_head_refuses_delete", "audit_head_moves_forward",
)  # fmt: skip


@pytest.fixture
async def trail(database: Database) -> Database:
    """A database with eight entries."""
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        for number in range(1, ENTRIES + 1):
            await log.append(
                at=NOW, actor=f"person:p{number}", action="plan.approved", subject=f"PLAN-{number}",
                facts={"number": number, "who": f"p{number}", "amount": Decimal("1.50"), "text": "Café “x”"},
            )  # fmt: skip
    return database


async def verify(database: Database) -> Verification:
    async with database.reading.begin() as connection:
        return await AuditLog(connection).verify()


def tamper(database: Database, *statements: str) -> None:
    """What someone with the file and a plain sqlite3 could do."""
    with closing(sqlite3.connect(database.path)) as connection, connection:
        for trigger in TRIGGERS:
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DROP INDEX uq_audit_prev_hash")
        for statement in statements:
            connection.execute(statement)


async def test_an_empty_trail_is_whole(database: Database):
    assert await verify(database) == Verification(ok=True, entries=0)


async def test_a_trail_that_nobody_touched_is_whole(trail: Database):
    assert await verify(trail) == Verification(ok=True, entries=ENTRIES)


async def test_every_entry_holds_the_hash_of_the_one_before_over_the_exact_stored_bytes(trail: Database):
    with closing(sqlite3.connect(trail.path)) as connection:
        rows = connection.execute("SELECT seq, body, prev_hash, hash FROM audit ORDER BY seq").fetchall()
        head = connection.execute("SELECT seq, hash FROM audit_head").fetchone()
    previous = GENESIS
    for number, (seq, body, prev_hash, digest) in enumerate(rows, start=1):
        assert (seq, prev_hash, digest) == (number, previous, chain_hash(previous, seq, body))
        previous = digest
    assert head == (ENTRIES, previous)


async def test_what_was_appended_is_read_back(trail: Database):
    async with trail.reading.begin() as connection:
        log = AuditLog(connection)
        (entry,) = await log.of("PLAN-3")
        assert [each.seq async for each in log.entries()] == list(range(1, ENTRIES + 1))
    assert (entry.seq, entry.at, entry.actor, entry.action) == (3, NOW, "person:p3", "plan.approved")
    assert (entry.facts["number"], entry.facts["text"]) == (3, "Café “x”")


async def test_two_moments_that_are_one_are_stored_alike(database: Database):
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        here = await log.append(at=NOW, actor="a", action="b", subject="c", facts={})
        away = await log.append(
            at=NOW.astimezone(timezone(timedelta(hours=9))), actor="a", action="b", subject="c", facts={}
        )
    assert here.body == away.body
    assert (await verify(database)).ok


async def test_whole_seconds_and_microseconds_both_verify(database: Database):
    async with database.writing.begin() as connection:
        for moment in (NOW, NOW.replace(microsecond=7), datetime(2025, 1, 1, tzinfo=UTC)):
            await AuditLog(connection).append(at=moment, actor="a", action="b", subject="c", facts={})
    assert (await verify(database)).ok


async def test_an_entry_that_is_rolled_back_leaves_the_chain_whole(trail: Database):
    async with undone(trail.writing.begin()) as connection:
        await AuditLog(connection).append(at=NOW, actor="a", action="b", subject="c", facts={})
    assert await verify(trail) == Verification(ok=True, entries=ENTRIES)


COLUMNS = {
    "at": "'2025-06-03T09:30:00.000001+00:00'",
    "actor": "'person:someone-else'",
    "action": "'plan.rejected'",
    "subject": "'PLAN-999'",
    "body": "replace(body, 'p5', 'p6')",
    "prev_hash": f"'{GENESIS}'",
    "hash": f"'{GENESIS}'",
}


@pytest.mark.parametrize("column", sorted(COLUMNS))
@pytest.mark.parametrize("victim", [1, 5, ENTRIES])
async def test_an_edit_of_any_column_of_any_entry_is_found_there(trail: Database, column: str, victim: int):
    value = COLUMNS[column].replace("p5", f"p{victim}").replace("p6", "p0")
    if column == "prev_hash" and victim == 1:
        value = f"'{'f' * 64}'"
    tamper(trail, f"UPDATE audit SET {column} = {value} WHERE seq = {victim}")
    found = await verify(trail)
    assert (found.ok, found.first_bad, found.entries) == (False, victim, victim - 1)
    assert found.problem


@pytest.mark.parametrize(
    "value",
    ["NULL || 'x'", "''", "'not json'", "x'00ff'", "body || ' '", "replace(body, '1.5', '1.50')", "12"],
)
async def test_any_other_body_is_found(trail: Database, value: str):
    tamper(trail, f"UPDATE audit SET body = coalesce({value}, 'null') WHERE seq = 4")
    found = await verify(trail)
    assert (found.ok, found.first_bad) == (False, 4)


@pytest.mark.parametrize("value", ["'yesterday'", "''", "0", "x'ff'"])
async def test_a_moment_that_is_none_is_found_and_does_not_break_the_walk(trail: Database, value: str):
    tamper(trail, f"UPDATE audit SET at = {value} WHERE seq = 4")
    found = await verify(trail)
    assert (found.ok, found.first_bad) == (False, 4)


def moved(first: int, second: int) -> tuple[str, ...]:
    return (
        f"UPDATE audit SET seq = -1 WHERE seq = {first}",
        f"UPDATE audit SET seq = {first} WHERE seq = {second}",
        f"UPDATE audit SET seq = {second} WHERE seq = -1",
    )


def contents_moved(first: int, second: int) -> tuple[str, ...]:
    """Swap two entries but for their place and their links."""
    columns = ("at", "actor", "action", "subject", "body")
    old = "CREATE TEMP TABLE old AS SELECT * FROM audit"
    swap = [
        f"UPDATE audit SET {name} = (SELECT {name} FROM old WHERE old.seq = {source}) WHERE seq = {target}"
        for name in columns
        for source, target in ((first, second), (second, first))
    ]
    return (old, *swap)


INSERTED = (
    "INSERT INTO audit (seq, at, actor, action, subject, body, prev_hash, hash) "
    "SELECT {seq}, at, actor, action, subject, body, prev_hash, hash FROM audit WHERE seq = 3"
)
DRILLS: dict[str, tuple[Callable[[], tuple[str, ...]], int, Tampering]] = {
    "delete the first": (lambda: ("DELETE FROM audit WHERE seq = 1",), 1, Tampering.DELETED),
    "delete in the middle": (lambda: ("DELETE FROM audit WHERE seq = 4",), 4, Tampering.DELETED),
    "delete a run": (lambda: ("DELETE FROM audit WHERE seq BETWEEN 3 AND 6",), 3, Tampering.DELETED),
    "delete the newest": (lambda: (f"DELETE FROM audit WHERE seq = {ENTRIES}",), ENTRIES, Tampering.TRUNCATED),
    "delete the tail": (lambda: ("DELETE FROM audit WHERE seq > 5",), 6, Tampering.TRUNCATED),
    "delete everything": (lambda: ("DELETE FROM audit",), 1, Tampering.TRUNCATED),
    "delete and close the gap": (
        lambda: ("DELETE FROM audit WHERE seq = 4", "UPDATE audit SET seq = seq - 1 WHERE seq > 4"), 4, Tampering.DELETED,
    ),
    "swap neighbours": (lambda: moved(3, 4), 3, Tampering.REORDERED),
    "swap far apart": (lambda: moved(2, 7), 2, Tampering.REORDERED),
    "swap contents": (lambda: contents_moved(3, 6), 3, Tampering.REORDERED),
    "reverse all": (
        lambda: ("UPDATE audit SET seq = -seq", f"UPDATE audit SET seq = seq + {ENTRIES + 1}"), 1, Tampering.REORDERED,
    ),
    "insert at the end": (lambda: (INSERTED.format(seq=ENTRIES + 1),), ENTRIES + 1, Tampering.INSERTED),
    "insert before the first": (lambda: (INSERTED.format(seq=0),), 0, Tampering.INSERTED),
    "insert far ahead": (lambda: (INSERTED.format(seq=1000),), ENTRIES + 1, Tampering.DELETED),
    "move the head": (lambda: ("UPDATE audit_head SET seq = 3",), ENTRIES + 1, Tampering.EDITED),
    "forge the head": (lambda: (f"UPDATE audit_head SET hash = '{GENESIS}'",), ENTRIES + 1, Tampering.EDITED),
    "drop the head": (lambda: ("DELETE FROM audit_head",), ENTRIES + 1, Tampering.EDITED),
}  # fmt: skip


@pytest.mark.parametrize("drill", sorted(DRILLS))
async def test_every_drill_is_found_and_named(trail: Database, drill: str):
    statements, first_bad, kind = DRILLS[drill]
    tamper(trail, *statements())
    found = await verify(trail)
    assert (found.ok, found.first_bad, found.findings[0].kind) == (False, first_bad, kind), found
    assert found.problem


async def test_rewriting_one_entry_with_its_own_hash_is_found_at_the_next(trail: Database):
    """Whoever knows how the hash is made must rewrite all that follows, and the head."""
    with closing(sqlite3.connect(trail.path)) as connection:
        body, prev_hash = connection.execute("SELECT body, prev_hash FROM audit WHERE seq = 4").fetchone()
    forged = body.replace('"p4"', '"p9"')
    digest = chain_hash(prev_hash, 4, forged)
    tamper(trail, f"UPDATE audit SET body = '{forged}', hash = '{digest}' WHERE seq = 4")
    found = await verify(trail)
    assert (found.ok, found.first_bad) == (False, 5)
