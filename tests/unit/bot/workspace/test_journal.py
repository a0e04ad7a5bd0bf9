"""The workspace's memory on disk stays small and survives a failing disk."""

from pathlib import Path

import pytest

from bot.workspace import journal as module
from bot.workspace.journal import Journal


def remembered(folder: Path) -> dict[tuple[str, str], object]:
    return {(kind, key): value for kind, key, value in Journal(folder).read()}


async def test_the_last_value_wins_and_none_forgets(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert list(journal.read()) == []
    journal.put("message", "1", {"text": "a\u2028b"})
    journal.put("message", "1", {"text": "c\nd"})
    journal.put("message", "2", {"text": "gone"})
    journal.put("message", "2", None)
    await journal.close()
    assert remembered(tmp_path) == {("message", "1"): {"text": "c\nd"}}


async def test_the_file_is_rewritten_when_most_of_it_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REWRITE_AFTER_CHARACTERS", 1_000)
    for _ in range(5):
        journal = Journal(tmp_path)
        list(journal.read())
        for number in range(100):
            journal.put("home", "U1", {"number": number})
        await journal.close()
    journal = Journal(tmp_path)
    list(journal.read())
    journal.put("home", "U1", {"number": 1})
    for number in range(100):
        journal.put("home", "U1", {"number": number})
    await journal.close()
    journal.put("home", "U1", {"number": 100})
    await journal.close()
    assert (tmp_path / "workspace.jsonl").stat().st_size < 1_000
    assert remembered(tmp_path) == {("home", "U1"): {"number": 100}}


async def test_a_disk_that_cannot_be_written_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path)
    list(journal.read())
    (tmp_path / "workspace.jsonl").unlink()
    (tmp_path / "workspace.jsonl").mkdir()
    journal.put("home", "U1", {"number": 1})
    await journal.close()
    assert "workspace.journal_not_written" in caplog.text


async def test_without_a_folder_nothing_is_kept() -> None:
    journal = Journal(None)
    journal.put("home", "U1", {})
    await journal.close()
    assert list(journal.read()) == []
