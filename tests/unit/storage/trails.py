"""A trail to tamper with: entries, keys and signed checkpoints, and what someone with the file could do to them."""

import sqlite3
from contextlib import closing
from datetime import timedelta

from storage.audit.chain import GENESIS, body_of, chain_hash
from storage.audit.log import AuditLog
from storage.database import Database
from storage.records.audit import Checkpoint, Personal, Tampering, Verification
from storage.signing import Keyring
from tests.builders import NOW

PEOPLE = ("aaron", "carla")


async def grow(database: Database, count: int, *, word: str = "approved") -> None:
    """Append entries by two people, each with a reason in their own words."""
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        for number in range(count):
            await log.append(
                at=NOW + timedelta(minutes=number),
                actor=f"person:{PEOPLE[number % 2]}",
                action=f"plan.{word}",
                subject=f"PLAN-{number}",
                facts={"number": number, "reason": Personal(f"because of {number}"), "who": f"p{number}"},
            )


async def sign(database: Database, keyring: Keyring, *, minutes: int = 0) -> Checkpoint | None:
    async with database.writing.begin() as connection:
        return await AuditLog(connection).checkpoint(NOW + timedelta(minutes=minutes), keyring=keyring)


async def judge(database: Database, keyring: Keyring, *outside: Checkpoint | None) -> Verification:
    async with database.reading.begin() as connection:
        notes = [one.note for one in outside if one is not None]
        return await AuditLog(connection).verify(against=notes, keys=keyring.public_keys())


def kinds(found: Verification) -> list[Tampering]:
    return [one.kind for one in found.findings]


def tamper(database: Database, *statements: str) -> None:
    """What someone with the file and a plain sqlite3 could do: first let down every guard, then go about it."""
    with closing(sqlite3.connect(database.path)) as connection, connection:
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DROP INDEX IF EXISTS uq_audit_prev_hash")
        for statement in statements:
            connection.execute(statement)


def recompute(database: Database) -> None:
    """Make the chain and its head fit again, as whoever knows the recipe can."""
    tamper(database)
    with closing(sqlite3.connect(database.path)) as connection, connection:
        prev, rows = GENESIS, connection.execute("SELECT seq, body FROM audit ORDER BY seq").fetchall()
        for number, (seq, body) in enumerate(rows, 1):
            digest = chain_hash(prev, number, body)
            connection.execute(
                "UPDATE audit SET seq = ?, prev_hash = ?, hash = ? WHERE seq = ?", (number, prev, digest, seq)
            )
            prev = digest
        connection.execute("UPDATE audit_head SET seq = ?, hash = ?", (len(rows), prev))


def pour(database: Database, count: int) -> None:
    """Fill an empty trail with many entries at once, chained as they should be."""
    prev, rows, at = GENESIS, [], NOW.isoformat(timespec="microseconds")
    for seq in range(1, count + 1):
        said = {"actor": "system", "action": "test.done", "subject": f"PLAN-{seq}"}
        body = body_of(at=NOW, content={**said, "facts": {"number": seq}})
        digest = chain_hash(prev, seq, body)
        rows.append((seq, at, *said.values(), body, prev, digest))
        prev = digest
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("DROP TRIGGER audit_head_moves_forward")
        connection.execute("UPDATE audit_head SET seq = ?, hash = ?", (count, prev))
