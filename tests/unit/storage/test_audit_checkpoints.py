"""Drills with signed checkpoints: each says what somebody did to the trail, and what verification calls it."""

import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from storage.audit.checkpoints import TrailBroken
from storage.audit.log import AuditLog
from storage.audit.notes import NoteUnreadable, key_hash, read_notes
from storage.database import Database, copy_database
from storage.records.audit import Checkpoint, Tampering
from storage.signing import Keyring
from tests.builders import NOW
from tests.unit.storage.trails import grow, judge, kinds, recompute, sign, tamper

EDIT = "UPDATE audit SET body = replace(body, '\"p1\"', '\"p9\"') WHERE seq = 7"
FORGET_LAST = "DELETE FROM audit_checkpoint WHERE size > 5"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.fixture
async def signed(database: Database, keyring: Keyring) -> tuple[Database, Checkpoint, Checkpoint]:
    """Eight entries, signed after the fifth and after the last; the two checkpoints are those kept outside."""
    await grow(database, 5)
    first = await sign(database, keyring)
    await grow(database, 3)
    second = await sign(database, keyring, minutes=5)
    assert first is not None
    assert second is not None
    return database, first, second


Signed = tuple[Database, Checkpoint, Checkpoint]


async def test_a_trail_that_nobody_touched_agrees_with_its_copies(signed: Signed, keyring: Keyring):
    database, *outside = signed
    found = await judge(database, keyring, *outside)
    assert (found.ok, found.entries, found.checkpoints, found.outside) == (True, 8, 2, 2)
    assert found.signatures_checked


async def test_without_new_entries_there_is_no_checkpoint(signed: Signed, keyring: Keyring):
    assert await sign(signed[0], keyring) is None


async def test_an_empty_trail_is_not_signed(database: Database, keyring: Keyring):
    assert await sign(database, keyring) is None


async def test_a_note_has_the_form_that_log_tools_read(signed: Signed, keyring: Keyring):
    _, first, second = signed
    lines = second.note.split("\n")
    (note,) = read_notes(second.note)
    assert lines[:2] == [keyring.origin, "8"]
    assert lines[5].split(" ")[:2] == ["previous", "5"]
    assert lines[6] == ""
    assert lines[7].startswith(f"— {keyring.origin} ")
    assert (note.size, note.root, note.previous, note.head) == (8, second.root, 5, second.head)
    assert [one.size for one in read_notes(f"{first.note}\n{second.note}")] == [5, 8]


async def test_a_checkpoint_reads_new_entries_only(signed: Signed, keyring: Keyring):
    """What came before is in the compact range: a damaged old entry is the verifier's business, not the signer's."""
    database = signed[0]
    tamper(database, "UPDATE audit SET body = 'x' WHERE seq = 2")
    await grow(database, 1)
    assert (await sign(database, keyring)).size == 9
    assert kinds(await judge(database, keyring)) == [Tampering.EDITED]


async def test_an_edit_is_named(signed: Signed, keyring: Keyring):
    database, *outside = signed
    tamper(database, EDIT)
    found = await judge(database, keyring, *outside)
    assert (kinds(found), found.first_bad, found.problem) == ([Tampering.EDITED], 7, "its content was changed")


async def test_a_deletion_is_named(signed: Signed, keyring: Keyring):
    database, *outside = signed
    tamper(database, "DELETE FROM audit WHERE seq = 3")
    found = await judge(database, keyring, *outside)
    assert (kinds(found), found.first_bad, found.problem) == ([Tampering.DELETED], 3, "entry 3 is missing")


async def test_a_swap_is_named(signed: Signed, keyring: Keyring):
    database, *outside = signed
    tamper(
        database,
        "UPDATE audit SET seq = -1 WHERE seq = 6",
        "UPDATE audit SET seq = 6 WHERE seq = 7",
        "UPDATE audit SET seq = 7 WHERE seq = -1",
    )
    found = await judge(database, keyring, *outside)
    assert (kinds(found), found.first_bad) == ([Tampering.REORDERED], 6)
    assert found.problem == "entry 7 stands in its place"


async def test_a_recomputed_chain_is_named_by_the_checkpoints_of_the_database_alone(signed: Signed, keyring: Keyring):
    database = signed[0]
    tamper(database, EDIT)
    recompute(database)
    found = await judge(database, keyring)
    assert (kinds(found), found.first_bad) == ([Tampering.RECOMPUTED], 6)
    assert "entries 6 to 8 are not those that were signed at 2025-06-03 09:35:00Z" in found.problem


async def test_a_deletion_with_the_rest_moved_up_and_recomputed_is_named(signed: Signed, keyring: Keyring):
    database = signed[0]
    tamper(database, "DELETE FROM audit WHERE seq = 2")
    recompute(database)
    assert kinds(await judge(database, keyring))[0] is Tampering.RECOMPUTED


async def test_a_cut_tail_is_named_though_the_head_was_moved(signed: Signed, keyring: Keyring):
    database = signed[0]
    tamper(database, "DELETE FROM audit WHERE seq > 6")
    recompute(database)
    found = await judge(database, keyring)
    assert (kinds(found), found.first_bad) == ([Tampering.TRUNCATED], 7)
    assert found.problem == "entries 7 to 8 were signed and are cut off"


async def test_a_tail_cut_together_with_its_checkpoints_is_named_by_a_copy_outside(signed: Signed, keyring: Keyring):
    database, _, second = signed
    tamper(database, "DELETE FROM audit WHERE seq > 6", FORGET_LAST)
    recompute(database)
    assert (await judge(database, keyring)).ok
    found = await judge(database, keyring, second)
    assert (kinds(found), found.first_bad) == ([Tampering.ROLLED_BACK], 7)


async def test_a_database_rolled_back_to_a_backup_is_named(database: Database, keyring: Keyring, tmp_path: Path):
    await grow(database, 5)
    await sign(database, keyring)
    async with reopened_copy(database, tmp_path) as backup:
        await grow(database, 3)
        later = await sign(database, keyring)
        assert (await judge(backup, keyring)).ok
        found = await judge(backup, keyring, later)
        assert kinds(found) == [Tampering.ROLLED_BACK]
        assert "ends at entry 5, a checkpoint kept outside says 8" in found.problem
        await grow(backup, 4, word="rejected")
        await sign(backup, keyring)
        found = await judge(backup, keyring, later)
        assert Tampering.RECOMPUTED in kinds(found), "life went on from the backup"


async def test_the_database_of_another_home_is_named(signed: Signed, keyring: Keyring, tmp_path: Path):
    database = signed[0]
    theirs = Keyring(tmp_path / "theirs")
    theirs.sign(b"")
    found = await judge(database, theirs)
    assert kinds(found) == [Tampering.OTHER_HOME]
    assert keyring.origin in found.problem
    assert theirs.origin in found.problem
    with pytest.raises(TrailBroken, match="another home"):
        await sign(database, theirs)


async def test_a_copy_of_another_home_is_named(signed: Signed, keyring: Keyring, tmp_path: Path):
    database, first, _ = signed
    theirs = first.model_copy(update={"note": first.note.replace(keyring.origin, "countersign/" + "0" * 32)})
    assert kinds(await judge(database, keyring, theirs)) == [Tampering.OTHER_HOME]


async def test_a_stolen_key_is_given_away_by_a_copy_outside(signed: Signed, keyring: Keyring):
    """Whoever has the key can sign a new story in the old one's place; only what was kept elsewhere contradicts it."""
    database, _, second = signed
    tamper(database, EDIT, FORGET_LAST)
    recompute(database)
    await sign(database, keyring, minutes=5)
    assert (await judge(database, keyring)).ok
    found = await judge(database, keyring, second)
    assert kinds(found) == [Tampering.TWO_STORIES, Tampering.RECOMPUTED]
    assert "somebody else has a key" in found.problem
    assert found.findings[1].seq == 6


async def test_what_was_cut_after_the_last_copy_is_not_found_by_anyone(signed: Signed, keyring: Keyring):
    """The time between two copies outside is the exposure; this says so."""
    database, first, _ = signed
    tamper(database, "DELETE FROM audit WHERE seq > 6", FORGET_LAST)
    recompute(database)
    assert (await judge(database, keyring, first)).ok


@pytest.mark.parametrize("victim", [5, 8])
async def test_a_checkpoint_taken_out_of_the_database_is_named(signed: Signed, keyring: Keyring, victim: int):
    database, *outside = signed
    tamper(database, f"DELETE FROM audit_checkpoint WHERE size = {victim}")
    found = await judge(database, keyring, *outside)
    assert (kinds(found), found.first_bad) == ([Tampering.CHECKPOINT_REMOVED], victim)


@pytest.mark.parametrize("column", ["root", "head", "size", "note"])
async def test_a_changed_checkpoint_is_named_and_nothing_is_signed_after_it(
    signed: Signed, keyring: Keyring, column: str
):
    database = signed[0]
    value = "9" if column == "size" else f"'{'0' * 64}'"
    tamper(database, f"UPDATE audit_checkpoint SET {column} = {value} WHERE size = 8")
    found = await judge(database, keyring)
    assert kinds(found) == [Tampering.FORGED_CHECKPOINT]
    await grow(database, 2)
    with pytest.raises(TrailBroken):
        await sign(database, keyring)


@pytest.mark.parametrize("peaks", ["''", "'zz'", f"'{'0' * 64}'"])
async def test_a_changed_range_is_not_built_on(signed: Signed, keyring: Keyring, peaks: str):
    tamper(signed[0], f"UPDATE audit_checkpoint SET peaks = {peaks}")
    await grow(signed[0], 1)
    with pytest.raises(TrailBroken, match="of 8 entries was changed"):
        await sign(signed[0], keyring)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit SET body = 'x' WHERE seq = 9", "content of entry 9"),
        ("DELETE FROM audit WHERE seq = 9", "entry 10 does not continue entry 8"),
        ("DELETE FROM audit WHERE seq > 8", "entry 9 is missing"),
        ("UPDATE audit_head SET seq = 4", "are gone"),
        ("DELETE FROM audit_head", "are gone"),
        ("UPDATE audit_head SET seq = 8", "not the one that was signed"),
    ],
)
async def test_what_was_tampered_with_is_not_signed(signed: Signed, keyring: Keyring, statement: str, problem: str):
    await grow(signed[0], 2)
    tamper(signed[0], statement)
    with pytest.raises(TrailBroken, match=problem):
        await sign(signed[0], keyring)


async def test_a_forged_signature_is_named(signed: Signed, keyring: Keyring):
    database, first, _ = signed
    lied = first.model_copy(update={"note": first.note.replace(f"head {first.head}", f"head {'0' * 64}")})
    found = await judge(database, keyring, lied)
    assert (kinds(found), found.first_bad) == ([Tampering.FORGED_CHECKPOINT], 5)
    assert found.problem == "the signature of the checkpoint of 5 entries kept outside is forged"


async def test_a_key_that_the_home_never_had_is_named(signed: Signed, keyring: Keyring, tmp_path: Path):
    """Somebody signs in the home's name with a key of their own."""
    database, first, _ = signed
    signature = Keyring(tmp_path / "theirs").sign(b"x")
    lines = first.note.rsplit("— ", 1)[0]
    mine = Keyring(tmp_path / "mine")
    mine.rotate(NOW)
    stranger = mine.public_keys()[1]
    raw = bytes.fromhex(key_hash(keyring.origin, stranger) + signature.hex)
    forged = first.model_copy(update={"note": f"{lines}— {keyring.origin} {b64encode(raw).decode()}\n"})
    assert kinds(await judge(database, keyring, forged)) == [Tampering.UNKNOWN_KEY]


async def test_checkpoints_before_and_after_a_rotation_are_believed(signed: Signed, keyring: Keyring):
    database, *outside = signed
    keyring.rotate(NOW + timedelta(minutes=30))
    await grow(database, 1)
    third = await sign(database, keyring, minutes=40)
    found = await judge(database, keyring, *outside, third)
    assert (found.ok, found.checkpoints) == (True, 3)


async def test_a_retired_key_signs_nothing_later(database: Database, keyring: Keyring, tmp_path: Path):
    await grow(database, 1)
    keyring.sign(b"")
    stolen = Keyring(Path(shutil.copytree(tmp_path / "keys", tmp_path / "stolen")))
    keyring.rotate(NOW)
    await sign(database, stolen, minutes=60)
    found = await judge(database, keyring)
    assert kinds(found) == [Tampering.RETIRED_KEY]


async def test_text_that_is_no_checkpoint_is_refused_and_named(signed: Signed, keyring: Keyring):
    database, first, _ = signed
    for text in ("", "hello", "a\nb\nc\n\n— x y\n", "o\n1\n???\n\n— o AAAA\n", "o\n1\nAAAA\n\n— o ?\n"):
        with pytest.raises(NoteUnreadable):
            read_notes(text)
    found = await judge(database, keyring, first.model_copy(update={"note": "hello"}))
    assert kinds(found) == [Tampering.UNREADABLE]


async def test_without_keys_roots_are_compared_and_signatures_are_not(signed: Signed):
    database, first, _ = signed
    async with database.reading.begin() as connection:
        found = await AuditLog(connection).verify(against=[first.note])
    assert (found.ok, found.signatures_checked) == (True, False)


async def test_the_chain_is_the_same_however_often_it_is_signed(database: Database, keyring: Keyring, tmp_path: Path):
    """A checkpoint after every entry gives the root that one checkpoint after all of them gives."""
    for _ in range(11):
        await grow(database, 1)
        last = await sign(database, keyring)
    tamper(database, "DELETE FROM audit_checkpoint")
    again = await sign(database, keyring)
    assert (again.size, again.root) == (last.size, last.root) == (11, last.root)


async def test_a_place_is_owed_what_it_was_not_told(signed: Signed):
    database = signed[0]
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        assert [one.size for one in await log.unpublished("slack")] == [5, 8]
        await log.published(5, "slack", NOW)
        await log.published(5, "slack", NOW)
        assert [one.size for one in await log.unpublished("slack")] == [8]
        assert [one.size for one in await log.unpublished("file")] == [5, 8]
        await log.published(8, "file", NOW)
        assert await log.unpublished("file") == ()


@asynccontextmanager
async def reopened_copy(database: Database, tmp_path: Path) -> AsyncIterator[Database]:
    copy_database(database.path, tmp_path / "backup.db")
    backup = Database(tmp_path / "backup.db")
    yield backup
    await backup.close()
