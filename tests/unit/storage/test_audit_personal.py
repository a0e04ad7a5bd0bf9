"""People are in the trail as commitments: readable until they are erased, provable after that."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.audit.log import AuditLog
from storage.audit.personal import commitment_to
from storage.database import Database
from storage.records.audit import AuditEntry, Personal
from storage.signing import Keyring
from tests.builders import NOW
from tests.unit.storage.trails import grow, judge, sign


async def write(database: Database, actor: str, **facts: object) -> AuditEntry:
    async with database.writing.begin() as connection:
        return await AuditLog(connection).append(
            at=NOW, actor=actor, action="plan.approved", subject="PLAN-1", facts=facts
        )


async def read(database: Database) -> tuple[AuditEntry, ...]:
    async with database.reading.begin() as connection:
        return await AuditLog(connection).of("PLAN-1")


async def erase(database: Database, value: str) -> str | None:
    async with database.writing.begin() as connection:
        return await AuditLog(connection).erase(value)


def actors(entries: tuple[AuditEntry, ...]) -> list[str]:
    return [json.loads(entry.body)["actor"] for entry in entries]


async def test_readers_see_people_and_the_hashed_text_does_not(database: Database):
    written = await write(database, "person:aaron", reason=Personal("sale ends Friday"), by=["person:carla"], note="n")
    (entry,) = await read(database)
    assert entry == written
    assert entry.actor == "person:aaron"
    assert entry.facts == {"reason": "sale ends Friday", "by": ["person:carla"], "note": "n"}
    assert not any(word in entry.body for word in ("aaron", "carla", "Friday"))


async def test_agents_and_the_machine_stand_in_the_open(database: Database):
    assert '"actor":"agent:planner"' in (await write(database, "agent:planner")).body
    assert '"actor":"system"' in (await write(database, "system")).body


async def test_two_approvers_can_be_told_apart_and_one_is_recognised(database: Database):
    for actor in ("person:aaron", "person:carla", "person:aaron"):
        await write(database, actor)
    first, second, third = actors(await read(database))
    assert first == third != second


async def test_two_homes_commit_to_the_same_person_differently(database: Database, migrated: Path, tmp_path: Path):
    import shutil

    other = Database(Path(shutil.copy(migrated, tmp_path / "other.db")))
    here, there = await write(database, "person:aaron"), await write(other, "person:aaron")
    await other.close()
    assert here.body != there.body


async def test_after_erasure_the_person_is_gone_and_the_chain_is_whole(database: Database, tmp_path: Path):
    keyring = Keyring(tmp_path / "keys")
    for actor in ("person:aaron", "person:carla", "person:aaron"):
        await write(database, actor, reason=Personal("mine"))
    checkpoint = await sign(database, keyring)
    before = actors(await read(database))
    commitment = await erase(database, "person:aaron")
    assert await erase(database, "mine")
    entries = await read(database)
    gone = f"{commitment[:9]}… (erased)"
    assert [entry.actor for entry in entries] == [f"person:{gone}", "person:carla", f"person:{gone}"]
    assert all(entry.facts["reason"].endswith("… (erased)") for entry in entries)
    assert actors(entries) == before, "that two approvers were two can still be seen"
    assert (await judge(database, keyring, checkpoint)).ok
    assert b"aaron" not in database.path.read_bytes()


async def test_erasing_what_the_trail_never_held_does_nothing(database: Database):
    await write(database, "person:aaron")
    assert await erase(database, "nobody") is None
    assert (await read(database))[0].actor == "person:aaron"


async def test_who_comes_back_after_erasure_is_a_new_person(database: Database):
    await write(database, "person:aaron")
    await erase(database, "aaron")
    await write(database, "person:aaron")
    first, second = actors(await read(database))
    assert first != second


async def test_a_person_can_be_erased_and_named_again_in_one_transaction(database: Database):
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        for _ in range(2):
            await log.append(at=NOW, actor="person:aaron", action="a", subject="PLAN-1", facts={})
            await log.erase("aaron")
    first, second = actors(await read(database))
    assert first != second


async def test_entries_about_a_person_are_found_by_name(database: Database):
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        await log.append(at=NOW, actor="system", action="person.suspended", subject="person:aaron", facts={})
        (entry,) = await log.of("person:aaron")
        assert await log.of("person:carla") == ()
    assert entry.subject == "person:aaron"
    assert "aaron" not in entry.body


async def test_a_commitment_is_sha256_over_salt_and_value(database: Database):
    entry = await write(database, "person:aaron")
    async with database.reading.begin() as connection:
        ((commitment, kept),) = (await AuditLog(connection).kept([entry])).items()
    assert kept.value == "aaron"
    assert commitment == commitment_to("aaron", kept.salt)
    assert f"person:{commitment}" in entry.body


async def test_entries_of_earlier_versions_stay_as_they_are_and_are_read(database: Database, tmp_path: Path):
    """They hold people in the open; the chain over them must still be that."""
    from storage.audit.chain import GENESIS, body_of, chain_hash

    content = {"actor": "person:aaron", "action": "plan.approved", "subject": "PLAN-1", "facts": {"reason": "#1"}}
    body = body_of(at=NOW, content=content)
    digest = chain_hash(GENESIS, 1, body)
    with closing(sqlite3.connect(database.path)) as connection, connection:
        at = NOW.isoformat(timespec="microseconds")
        row = (at, "person:aaron", "plan.approved", "PLAN-1", body, GENESIS, digest)
        connection.execute("INSERT INTO audit VALUES (1, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("UPDATE audit_head SET seq = 1, hash = ?", (digest,))
    await grow(database, 2)
    old = (await read(database))[0]
    assert (old.actor, old.facts) == ("person:aaron", {"reason": "#1"})
    keyring = Keyring(tmp_path / "keys")
    assert (await judge(database, keyring, await sign(database, keyring))).ok


async def test_a_long_text_is_no_hindrance(database: Database):
    entry = await write(database, "system", reason=Personal("long " * 5000))
    assert entry.facts["reason"] == "long " * 5000
    assert len(entry.body) < 300


async def test_a_text_that_looks_like_a_commitment_stays_that_text(database: Database):
    entry = await write(database, "system", colour="#" + "ab" * 32, other={"personal": 1})
    assert entry.facts == {"colour": "#" + "ab" * 32, "other": {"personal": 1}}
