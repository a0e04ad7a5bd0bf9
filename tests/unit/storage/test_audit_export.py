"""An export is checked by its own script, in a Python that knows nothing of us, and says in plain words what is wrong."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storage.audit import verify_export
from storage.audit.export import (
    ExportExists,
    KeysRefused,
    csv_lines,
    json_lines,
    key_lines,
    neutral,
    read_key_lines,
    write_export,
)
from storage.audit.log import AuditLog
from storage.database import Database
from storage.records.audit import Personal
from storage.signing import Keyring
from tests.builders import NOW
from tests.unit.storage.trails import grow, sign


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.fixture
async def folder(database: Database, keyring: Keyring, tmp_path: Path) -> Path:
    """Eight entries, two checkpoints, a key rotated in between."""
    await grow(database, 5)
    await sign(database, keyring)
    keyring.rotate(NOW + timedelta(minutes=2))
    await grow(database, 3)
    await sign(database, keyring, minutes=5)
    return await exported(database, keyring, tmp_path / "export")


async def exported(database: Database, keyring: Keyring, folder: Path, *, personal: bool = True) -> Path:
    async with database.reading.begin() as connection:
        await write_export(AuditLog(connection), folder, keys=keyring.public_keys(), personal=personal)
    return folder


def run(folder: Path, *more: Path) -> tuple[int, str]:
    """The script as a stranger runs it: no package of ours within reach."""
    done = subprocess.run(
        [sys.executable, "-I", folder / "verify.py", folder, *more],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).strip()


def test_the_script_is_short_and_needs_nothing_but_python_and_cryptography():
    source = Path(verify_export.__file__).read_text()
    assert len(source.splitlines()) < 60
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert {name.split(".")[0].rstrip(",") for name in imported} <= {"base64", "functools", "pathlib", "cryptography"}


async def test_a_good_export_is_found_whole(folder: Path, keyring: Keyring):
    assert run(folder) == (0, f"Whole: 8 entries, the first 8 of them signed by {keyring.origin}.")


def test_an_export_holds_all_that_is_needed(folder: Path):
    assert sorted(path.name for path in folder.iterdir()) == [
        "audit.csv", "audit.jsonl", "checkpoints.txt", "keys.txt", "verify.py",
    ]  # fmt: skip


async def test_entries_after_the_last_checkpoint_are_said_to_be_unsigned(
    database: Database, keyring: Keyring, tmp_path: Path
):
    await grow(database, 2)
    await sign(database, keyring)
    await grow(database, 1)
    code, words = run(await exported(database, keyring, tmp_path / "export"))
    assert (code, words.startswith("Whole: 3 entries, the first 2 of them signed")) == (0, True)


async def test_an_export_without_people_verifies_too(database: Database, keyring: Keyring, tmp_path: Path):
    await grow(database, 4)
    await sign(database, keyring)
    folder = await exported(database, keyring, tmp_path / "export", personal=False)
    assert run(folder)[0] == 0
    assert not any(b"aaron" in path.read_bytes() for path in folder.iterdir())


async def test_an_export_after_erasure_verifies_and_names_nobody(database: Database, keyring: Keyring, tmp_path: Path):
    await grow(database, 4)
    await sign(database, keyring)
    async with database.writing.begin() as connection:
        await AuditLog(connection).erase("aaron")
    folder = await exported(database, keyring, tmp_path / "export")
    assert run(folder)[0] == 0
    text = (folder / "audit.jsonl").read_text() + (folder / "audit.csv").read_text()
    assert "aaron" not in text
    assert "carla" in text


def lines_of(folder: Path) -> list[str]:
    return (folder / "audit.jsonl").read_text().splitlines(keepends=True)


def put(folder: Path, lines: list[str]) -> None:
    (folder / "audit.jsonl").write_text("".join(lines))


def swap(folder: Path) -> None:
    lines = lines_of(folder)
    put(folder, [*lines[:2], lines[3], lines[2], *lines[4:]])


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return change


def recompute(folder: Path) -> None:
    """Edit one entry and make the chain fit again."""
    from storage.audit.chain import GENESIS, chain_hash

    lines, prev = [], GENESIS
    for line in lines_of(folder):
        entry = json.loads(line)
        body = entry["body"].replace('"p1"', '"p9"')
        digest = chain_hash(prev, entry["seq"], body)
        lines.append(json.dumps({"seq": entry["seq"], "prev_hash": prev, "hash": digest, "body": body}) + "\n")
        prev = digest
    put(folder, lines)


def foreign_key(folder: Path) -> None:
    other = Keyring(folder / "other")
    other.sign(b"")
    (folder / "keys.txt").write_text(key_lines(other.public_keys()))


def forged_introduction(folder: Path) -> None:
    other = Keyring(folder / "other")
    other.rotate(NOW)
    first, _ = (folder / "keys.txt").read_text().splitlines()
    (folder / "keys.txt").write_text(f"{first}\n{key_lines(other.public_keys()).splitlines()[1]}\n")


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "edit": (replace("audit.jsonl", "p1", "p9"), "entry 2 was changed"),
    "delete": (lambda folder: put(folder, [*lines_of(folder)[:3], *lines_of(folder)[4:]]), "entry 4 was changed, taken out"),
    "swap": (swap, "entry 3 was changed, taken out or moved"),
    "truncate": (lambda folder: put(folder, lines_of(folder)[:6]), "8 entries were signed and the newest of them are cut off"),
    "recompute": (recompute, "entries up to 5 were changed after signing"),
    "another name": (replace("audit.jsonl", '"value": "aaron"', '"value": "carla"'), "does not speak of 'carla'"),
    "no checkpoints": (lambda folder: (folder / "checkpoints.txt").write_text(""), "holds no checkpoint"),
    "edited checkpoint": (replace("checkpoints.txt", "head ", "head 0"), "a signature is forged"),
    "keys of another home": (foreign_key, "was not signed by this home"),
    "a key that nobody introduced": (forged_introduction, "a signature is forged"),
    "a missing file": (lambda folder: (folder / "keys.txt").unlink(), "keys.txt"),
    "no JSON": (lambda folder: put(folder, ["hello\n"]), "JSON"),
}  # fmt: skip


@pytest.mark.parametrize("drill", sorted(TAMPERED))
async def test_a_tampered_export_is_named_and_fails(folder: Path, drill: str):
    change, problem = TAMPERED[drill]
    change(folder)
    code, words = run(folder)
    assert code == 1
    assert words.startswith("BROKEN: ")
    assert problem in words


async def test_a_copy_kept_elsewhere_shows_what_a_cut_export_hides(folder: Path, tmp_path: Path):
    """Entries and their checkpoints cut off together look whole, until somebody brings the note they kept."""
    copy = tmp_path / "kept.txt"
    copy.write_text((folder / "checkpoints.txt").read_text().split("\n\ncountersign/")[1].join(["countersign/", ""]))
    assert run(folder, copy)[0] == 0
    put(folder, lines_of(folder)[:5])
    notes = (folder / "checkpoints.txt").read_text()
    (folder / "checkpoints.txt").write_text(notes.split("\n\ncountersign/")[0] + "\n")
    assert run(folder)[0] == 0
    code, words = run(folder, copy)
    assert (code, "cut off" in words) == (1, True)


async def test_a_copy_that_holds_nothing_is_no_proof(folder: Path, tmp_path: Path):
    (tmp_path / "empty.txt").write_text("")
    assert run(folder, tmp_path / "empty.txt") == (1, "BROKEN: empty.txt holds no checkpoint (ValueError)")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(start: str):
    assert neutral(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"
    assert neutral(f"a{start}") == f"a{start}"


async def test_the_table_is_for_reading(database: Database):
    async with database.writing.begin() as connection:
        log = AuditLog(connection)
        await log.append(
            at=NOW, actor="person:aaron", action="=1+1", subject="@SUM(A1)", facts={"reason": Personal('a,\n"b"')}
        )
        rows = list(csv.DictReader(io.StringIO("".join([line async for line in csv_lines(log)]), newline="")))
    (row,) = rows
    assert (row["actor"], row["action"], row["subject"]) == ("person:aaron", "'=1+1", "'@SUM(A1)")
    assert json.loads(row["facts"]) == {"reason": 'a,\n"b"'}


async def test_lines_hold_commitments_with_what_they_stand_for_beside_the_body(database: Database):
    await grow(database, 1203)
    async with database.reading.begin() as connection:
        log = AuditLog(connection)
        lines = [json.loads(line) async for line in json_lines(log)]
        bare = [json.loads(line) async for line in json_lines(log, personal=False)]
    assert [line["seq"] for line in lines] == list(range(1, 1204))
    assert {kept["value"] for kept in lines[600]["personal"].values()} == {"aaron", "because of 600"}
    assert all("personal" not in line for line in bare)


async def test_an_export_never_mixes_with_another(folder: Path, database: Database, keyring: Keyring):
    with pytest.raises(ExportExists, match="not empty"):
        await exported(database, keyring, folder)


def test_keys_are_read_back_as_they_were_written(keyring: Keyring):
    keyring.rotate(NOW)
    keyring.rotate(NOW + timedelta(days=1))
    assert read_key_lines(key_lines(keyring.public_keys())) == keyring.public_keys()


@pytest.mark.parametrize("text", ["", "hello\n", "a+b+??? - -\n", "a+b+AAAA - -\n"])
def test_a_list_of_keys_that_does_not_hold_together_is_refused(text: str):
    with pytest.raises(KeysRefused):
        read_key_lines(text)


def test_a_key_without_its_introduction_is_refused(keyring: Keyring):
    keyring.rotate(NOW)
    first, second = key_lines(keyring.public_keys()).splitlines()
    with pytest.raises(KeysRefused, match="forged"):
        read_key_lines(f"{first}\n{second[:-4]}0000\n")
