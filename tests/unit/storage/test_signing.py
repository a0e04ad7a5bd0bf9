"""A home signs with one key at a time, remembers all of them, and nobody can slip in another."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from storage.signing import Keyring, KeysUnreadable, Signature
from tests.builders import NOW

LATER = NOW + timedelta(days=90)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keyring(folder: Path) -> Keyring:
    return Keyring(folder)


def test_looking_makes_no_key(keyring: Keyring, folder: Path):
    assert keyring.public_keys() == ()
    assert not keyring.verify(Signature(key_id="0" * 16, hex="00" * 64), b"text")
    assert not folder.exists()


def test_a_signature_holds_for_exactly_the_message(keyring: Keyring):
    signature = keyring.sign(b"text")
    assert keyring.verify(signature, b"text")
    assert not keyring.verify(signature, b"texu")
    assert not keyring.verify(signature.model_copy(update={"hex": "00" * 64}), b"text")
    assert not keyring.verify(signature.model_copy(update={"hex": "no hex"}), b"text")
    assert not keyring.verify(signature.model_copy(update={"key_id": "f" * 16}), b"text")


def test_the_private_half_is_for_the_owner_alone(keyring: Keyring, folder: Path):
    keyring.sign(b"text")
    (private,) = folder.glob("*.private")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_process_signs_with_the_same_key(keyring: Keyring, folder: Path):
    assert Keyring(folder).verify(keyring.sign(b"text"), b"text")
    assert Keyring(folder).sign(b"text").key_id == keyring.sign(b"text").key_id


def test_many_first_uses_at_once_make_one_key(folder: Path):
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda number: Keyring(folder).sign(b"%d" % number), range(8)))
    assert len({one.key_id for one in signatures}) == 1
    assert len(list(folder.glob("*.private"))) == 1
    assert all(Keyring(folder).verify(one, b"%d" % number) for number, one in enumerate(signatures))


def test_after_a_rotation_old_signatures_hold_and_the_home_keeps_its_name(keyring: Keyring, folder: Path):
    origin, before = keyring.origin, keyring.sign(b"text")
    other = Keyring(folder)
    assert other.verify(before, b"text")
    new = keyring.rotate(LATER)
    old, current = keyring.public_keys()
    assert (current, old.until, current.since, current.until) == (new, LATER, LATER, None)
    assert keyring.origin == origin
    assert keyring.verify(before, b"text")
    assert other.sign(b"text").key_id == new.key_id != before.key_id
    assert [path.stem for path in folder.glob("*.private")] == [new.key_id]


def test_rotations_at_once_leave_one_unbroken_line_of_keys(keyring: Keyring, folder: Path):
    keyring.sign(b"text")
    with ThreadPoolExecutor(4) as pool:
        made = {one.key_id for one in pool.map(lambda _: Keyring(folder).rotate(LATER), range(4))}
    keys = Keyring(folder).public_keys()
    assert {key.key_id for key in keys[1:]} == made
    assert len(keys) == 5


def edit(folder: Path, **changes: object) -> None:
    path = folder / "public.json"
    keys = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps([*keys[:-1], {**keys[-1], **changes}]))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"introduction": None}, "not introduced"),
        ({"introduction": {"key_id": "0" * 16, "hex": "00"}}, "not introduced"),
        ({"since": "2020-01-01T00:00:00Z"}, "forged"),
        ({"hex": "ab" * 32}, "not called after"),
        ({"colour": "red"}, "ValidationError"),
    ],
)
def test_a_key_that_nobody_vouches_for_stops_everything(
    keyring: Keyring, folder: Path, changes: dict[str, object], problem: str
):
    keyring.rotate(LATER)
    edit(folder, **changes)
    with pytest.raises(KeysUnreadable, match=problem):
        Keyring(folder).sign(b"text")


def test_a_missing_private_half_is_said_and_old_signatures_still_hold(keyring: Keyring, folder: Path):
    signature = keyring.sign(b"text")
    next(folder.glob("*.private")).unlink()
    assert Keyring(folder).verify(signature, b"text")
    with pytest.raises(KeysUnreadable, match="restore"):
        Keyring(folder).sign(b"text")


def test_the_private_half_of_another_key_is_refused(keyring: Keyring, folder: Path, tmp_path: Path):
    keyring.sign(b"text")
    other = Keyring(tmp_path / "other")
    other.sign(b"text")
    theirs = next((tmp_path / "other").glob("*.private"))
    theirs.replace(next(folder.glob("*.private")))
    with pytest.raises(KeysUnreadable, match="another key"):
        Keyring(folder).sign(b"text")
