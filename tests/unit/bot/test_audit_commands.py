"""The trail on the command line: exit codes, words and documents, also where the office would not open."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.commands import audit
from bot.commands.shell import NEGATIVE, BadInput
from bot.settings import Settings
from storage.audit.notes import read_notes
from storage.database import Database
from storage.signing import Keyring
from tests.unit.storage.trails import grow, recompute, tamper

Out = Callable[[], Any]


@pytest.fixture
def folder(migrated: Path, tmp_path: Path) -> Path:
    """A home with nothing but a database."""
    (tmp_path / "home").mkdir()
    shutil.copy(migrated, tmp_path / "home" / "countersign.db")
    return tmp_path / "home"


@pytest.fixture
async def home(folder: Path) -> AsyncIterator[Path]:
    """Five entries by two people."""
    database = Database(Settings(home=folder).database)
    await grow(database, 5)
    yield folder
    await database.close()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Out:
    """The JSON document of the last command."""
    return lambda: json.loads(capsys.readouterr().out.splitlines()[-1])


def database_of(home: Path) -> Database:
    return Database(Settings(home=home).database)


async def test_a_whole_trail_is_said_to_be_whole(home: Path, capsys: pytest.CaptureFixture[str]):
    assert await audit.verify(home=home, json=False) is None
    words = capsys.readouterr().out
    assert words.startswith("The trail is whole: 5 entries.")
    assert "Without --against FILE nobody can tell" in words


async def test_a_copy_kept_outside_is_taken_into_account(home: Path, said: Out, tmp_path: Path):
    await audit.checkpoint(home=home, json=True)
    kept = tmp_path / "kept.txt"
    kept.write_text(said()["note"])
    assert await audit.verify(home=home, json=True, against=[kept]) is None
    found = said()
    assert (found["ok"], found["checkpoints"], found["outside"], found["signatures_checked"]) == (True, 1, 1, True)
    database = database_of(home)
    tamper(database, "DELETE FROM audit WHERE seq > 3", "DELETE FROM audit_checkpoint")
    recompute(database)
    assert await audit.verify(home=home, json=True, against=[kept]) == NEGATIVE
    found = said()
    assert [one["kind"] for one in found["findings"]] == ["rolled back"]
    assert (found["first_bad"], found["ok"]) == (4, False)


async def test_every_finding_is_said_in_words(home: Path, capsys: pytest.CaptureFixture[str]):
    tamper(database_of(home), "DELETE FROM audit WHERE seq = 2")
    assert await audit.verify(home=home, json=False) == NEGATIVE
    words = capsys.readouterr().out
    assert "The trail is broken at entry 2: entry 2 is missing." in words
    assert "deleted (at 2)" in words


async def test_keys_that_somebody_kept_are_believed_instead_of_the_home_s(home: Path, said: Out, tmp_path: Path):
    await audit.export(home=home, out=tmp_path / "export", json=True)
    keys = tmp_path / "export" / "keys.txt"
    shutil.rmtree(home / "keys")
    Keyring(home / "keys").sign(b"")
    assert await audit.verify(home=home, json=True) == NEGATIVE
    assert said()["findings"][0]["kind"] == "another home"
    assert await audit.verify(home=home, json=True, key=[keys]) is None


async def test_checkpoints_are_not_believed_where_the_keys_are_gone(home: Path, said: Out):
    await audit.checkpoint(home=home, json=True)
    shutil.rmtree(home / "keys")
    assert await audit.verify(home=home, json=True) == NEGATIVE
    assert "without keys" in said()["problem"]


async def test_a_checkpoint_is_printed_as_the_note_that_others_keep(home: Path, capsys: pytest.CaptureFixture[str]):
    await audit.checkpoint(home=home, json=False)
    (note,) = read_notes(capsys.readouterr().out)
    assert (note.size, note.origin) == (5, Keyring(home / "keys").origin)


async def test_an_empty_trail_has_nothing_to_sign(folder: Path, capsys: pytest.CaptureFixture[str]):
    await audit.checkpoint(home=folder, json=False)
    assert "nothing to sign" in capsys.readouterr().out


async def test_a_broken_trail_is_not_signed(home: Path, said: Out):
    tamper(database_of(home), "UPDATE audit SET body = 'x' WHERE seq = 2")
    assert await audit.checkpoint(home=home, json=True) == NEGATIVE
    assert "content of entry 2 was changed" in said()["problem"]


async def test_checkpoints_go_to_the_file_of_the_team_s_choice(
    home: Path, said: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COUNTERSIGN_AUDIT_WITNESS_FILE", str(tmp_path / "copies.txt"))
    await audit.checkpoint(home=home, json=True)
    assert said()["copies"] == 1
    assert [note.size for note in read_notes((tmp_path / "copies.txt").read_text())] == [5]


async def test_an_export_is_verified_by_command_and_by_its_own_copies(home: Path, said: Out, tmp_path: Path):
    out = tmp_path / "export"
    await audit.export(home=home, out=out, json=True)
    assert said()["files"] == ["audit.csv", "audit.jsonl", "checkpoints.txt", "keys.txt", "verify.py"]
    kept = out / "checkpoints.txt"
    assert await audit.verify(home=home, json=True, export=out, against=[kept]) is None
    assert said()["ok"]
    (out / "audit.jsonl").write_text((out / "audit.jsonl").read_text().replace("p1", "p9"))
    assert await audit.verify(home=home, json=True, export=out) == NEGATIVE
    assert said()["problem"] == "entry 2 was changed, taken out or moved"


async def test_a_broken_trail_can_be_exported_and_the_script_says_what_is_wrong(home: Path, said: Out, tmp_path: Path):
    tamper(database_of(home), "DELETE FROM audit WHERE seq = 2")
    await audit.export(home=home, out=tmp_path / "export", json=True)
    assert await audit.verify(home=home, json=True, export=tmp_path / "export") == NEGATIVE
    assert said()["problem"] == "entry 2 was changed, taken out or moved"


async def test_without_a_folder_the_export_goes_to_standard_output(home: Path, capsys: pytest.CaptureFixture[str]):
    await audit.export(home=home)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    await audit.export(home=home, form="csv")
    assert capsys.readouterr().out.startswith("seq,at,actor,")
    with pytest.raises(BadInput, match="jsonl and csv"):
        await audit.export(home=home, form="xlsx")


async def test_rotating_the_key_is_in_the_trail_and_breaks_nothing(home: Path, said: Out):
    await audit.checkpoint(home=home, json=True)
    await audit.rotate_key(home=home, json=True, person="ada")
    told = said()
    old, new = Keyring(home / "keys").public_keys()
    assert (told["from"], told["to"]) == (old.key_id, new.key_id)
    assert await audit.verify(home=home, json=True) is None
    assert (said()["entries"], new.since) == (6, old.until)
    await audit.export(home=home)


async def test_a_person_is_forgotten_and_the_trail_stays_whole(home: Path, said: Out):
    await audit.checkpoint(home=home, json=True)
    assert await audit.erase(value="aaron", home=home, json=True) is None
    assert said()["erased"]
    assert await audit.erase(value="aaron", home=home, json=True) == NEGATIVE
    assert not said()["erased"]
    assert await audit.verify(home=home, json=True) is None
    assert b"aaron" not in Settings(home=home).database.read_bytes()


async def test_a_home_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="there is no home"):
        await audit.verify(home=tmp_path / "nowhere", json=False)


async def test_a_copy_that_is_no_text_is_refused(home: Path, tmp_path: Path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(BadInput, match="no text"):
        await audit.verify(home=home, json=False, against=[tmp_path / "picture.png"])
