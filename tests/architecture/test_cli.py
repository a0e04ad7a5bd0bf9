"""The command line as scripts rely on it: quick help, one JSON document, one clear line for bad input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.command_line import ROOT, Ran, run_all

HEAVY = (
    "slack_bolt", "slack_sdk", "aiohttp", "polars", "deltalake", "sqlalchemy", "alembic", "dbos", "networkx", "numpy",
    "matplotlib", "scipy", "pydantic", "pydantic_settings", "cedarpy", "openai", "apscheduler", "cryptography", "structlog",
)  # fmt: skip
LISTED = """
import sys
from bot.__main__ import main
try:
    main()
except SystemExit:
    pass
print(*sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""
"""Runs a command and then says on stderr which packages it imported."""


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "countersign up" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    # typer reads the options of a single command by pydantic.
    [(["--help"], set()), (["kpi", "--help"], {"pydantic"}), (["audit", "--help"], {"pydantic"})],
)
def test_help_loads_nothing_heavy(arguments: list[str], allowed: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTED, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    loaded = set(done.stderr.split())
    assert "typer" in loaded
    assert sorted(loaded & set(HEAVY) - allowed) == []


@pytest.fixture(scope="module")
def bad(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Ran]:
    """What every bad input did, in a folder that holds a home in `.countersign` and files that cannot be read."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / ".countersign").symlink_to(made_folder / ".countersign")
    (folder / "notes.csv").write_text("just some notes\nno header here\n", encoding="utf-8")
    (folder / "mapping.yml").write_text("columns: [", encoding="utf-8")
    (folder / "file").write_text("not a folder", encoding="utf-8")
    people, limits, full = folder / "people", folder / "limits", folder / "full"
    for home, name, text in (
        (people, "people.yml", "people: {a: {roles: [boss]}}"),
        (limits, "limits.yml", "steps: 1"),
    ):
        home.mkdir()
        (home / name).write_text(text, encoding="utf-8")
    full.mkdir()
    (full / "something").write_text("here", encoding="utf-8")
    return dict(zip(BAD, run_all(BAD, folder=folder), strict=True))


BAD: dict[tuple[str, ...], str] = {
    ("up", "--scenario", "rain", "--home", "new"): "healthy-month",
    ("ingest", "nowhere.csv"): "nowhere.csv",
    ("ingest", "notes.csv"): "notes.csv: no known export",
    ("ingest", "notes.csv", "--mapping", "mapping.yml"): "mapping.yml",
    ("ingest", "notes.csv", "--dates", "ymd"): "dmy",
    ("kpi", "nonsense"): "roas",
    ("kpi", "roas", "--by", "mood"): "channel",
    ("kpi", "roas", "--where", "channel"): "KEY=VALUE",
    ("kpi", "roas", "--from", "2026-03-09", "--to", "2026-03-01"): "2026-03-09",
    ("kpi", "roas", "--as-of", "yesterday"): "--as-of",
    ("plan", "--set", "em-101=120"): "--as",
    ("plan", "--set", "em-101=lots", "--as", "olivia"): "CAMPAIGN=AMOUNT",
    ("plan", "--set", "nothing-like-it=1", "--as", "olivia"): "nothing-like-it",
    ("plan", "--set", "em-101=120", "--as", "nobody"): "people.yml",
    ("plan", "--set", "em-101=120", "--as", "victor"): "Victor Hale",
    ("show", "PLAN-99"): "PLAN-99",
    ("show", "the-plan"): "PLAN-12",
    ("approve", "PLAN-99", "--as", "aaron"): "PLAN-99",
    ("approve", "PLAN-1", "--as", "nobody"): "people.yml",
    ("reject", "PLAN-99", "--as", "aaron", "--reason", "no"): "PLAN-99",
    ("withdraw", "PLAN-99", "--as", "aaron"): "PLAN-99",
    ("plan", "--change", "em-101=paused", "--as", "olivia"): "CAMPAIGN",
    ("plan", "--change", "em-101.colour=red", "--as", "olivia"): "colour",
    ("freeze", "planet", "--reason", "x", "--as", "olivia"): "planet",
    ("freeze", "channel", "--reason", "x", "--as", "olivia"): "channel",
    ("thaw", "yesterday", "--as", "aaron"): "FREEZE-3",
    ("review-glass", "x", "--as", "aaron"): "GLASS-3",
    ("review-glass", "GLASS-1", "--wrong", "--as", "aaron"): "--words",
    ("break-glass", "--reason", "x", "--as", "nobody"): "people.yml",
    ("delegate", "aaron", "--to", "soon", "--as", "carla"): "soon",
    ("policy", "show", "no-such-rule"): "no-such-rule",
    ("policy", "what-if", "nowhere.cedar"): "nowhere.cedar",
    ("policy", "propose", "notes.csv", "--as", "ada"): "notes.csv",
    ("audit", "verify", "--against", "nowhere.txt"): "nowhere.txt",
    ("audit", "export", "--format", "xlsx"): "jsonl",
    ("audit", "report", "--from", "2026-03-09", "--to", "2026-03-01"): "2026-03-09",
    ("rollback", "PLAN-99", "--preview"): "PLAN-99",
    ("rollback", "PLAN-1"): "--as",
    ("audit", "verify", "--home", "none"): "--home",
    ("audit", "export", "--home", "none"): "--home",
    ("audit", "why", "PLAN-99"): "PLAN-99",
    ("check", "--home", "none"): "none",
    ("backup", "copy", "--home", "none"): "none",
    ("backup", "full"): "full",
    ("market", "tick", "soon"): "7d",
    ("market", "tick", "0"): "1 to",
    ("market", "tick", "--home", "none-here"): "up",
    ("market", "scenario", "rain"): "healthy-month",
    ("market", "truth", "--home", "none-here"): "none-here",
    ("ingest", "notes.csv", "--home", "people"): "people.yml",
    ("kpi", "roas", "--home", "none"): "none",
    ("plans", "--home", "none"): "none",
    ("plans", "--home", "file"): "file",
}
"""Arguments → what the one line must name."""


@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    arguments: tuple[str, ...], bad: dict[tuple[str, ...], Ran]
) -> None:
    done = bad[arguments]
    assert (done.code, done.out) == (2, ""), done.err
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("countersign: ")
    assert BAD[arguments] in done.err
    assert "Traceback" not in done.err


def test_bad_limits_are_a_finding_that_names_the_file(folder: Path) -> None:
    (folder / ".countersign" / "limits.yml").write_text("steps: 1\n", encoding="utf-8")

    check, policy = run_all([["check", "--json"], ["policy", "check", "--json"]], folder=folder)

    assert (check.code, policy.code) == (1, 1)
    drafts = next(one for one in check.document["checks"] if one["what"] == "drafts")
    assert not drafts["ok"]
    assert "limits.yml: steps is not known" in drafts["words"]


def test_unknown_options_and_missing_arguments_are_exit_code_2_without_a_trace(tmp_path: Path) -> None:
    for done in run_all([["approve", "PLAN-1"], ["up", "--portt", "1"], ["nonsense"], ["kpi"]], folder=tmp_path):
        assert (done.code, done.out) == (2, ""), done.arguments
        assert done.err
        assert "Traceback" not in done.err


def test_every_json_answer_is_exactly_one_document(folder: Path) -> None:
    commands = [
        ["plans"], ["show", "1"], ["kpi", "roas"], ["ask", "spend by channel last month"], ["ask", "zzz"], ["check"],
        ["ingest", "newsletter.csv"], ["approve", "1", "--as", "olivia"], ["audit", "verify"], ["audit", "why", "PLAN-1"],
        ["reject", "1", "--as", "aaron", "--reason", "sale ends"], ["rollback", "1", "--as", "olivia"], ["policy", "check"],
    ]  # fmt: skip
    for done in run_all([[*command, "--json"] for command in commands], folder=folder):
        assert isinstance(json.loads(done.out), dict), done.arguments
        assert done.out.count("\n") == 1
        assert done.err == ""
        assert done.code in {0, 1}


def test_a_refused_click_is_exit_code_1_and_changes_nothing(folder: Path) -> None:
    before, refused, after = run_all(
        [["plans", "--json"], ["approve", "PLAN-1", "--as", "victor"], ["plans", "--json"]], folder=folder
    )
    assert refused.code == 1
    assert "Victor Hale" in refused.out
    assert before.document == after.document


def test_a_broken_trail_is_exit_code_1_and_names_the_first_bad_entry(folder: Path) -> None:
    import sqlite3

    with sqlite3.connect(folder / ".countersign" / "countersign.db") as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%audit%'")
        for (name,) in triggers.fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE audit SET body = body || ' ' WHERE seq = 2")
    connection.close()

    done = run_all([["audit", "verify", "--json"]], folder=folder)[0]

    assert done.code == 1
    assert (done.document["ok"], done.document["first_bad"]) == (False, 2)


def test_a_mistyped_home_is_not_created_by_reading_it(tmp_path: Path) -> None:
    run_all([["audit", "verify", "--home", "typo"], ["check", "--home", "typo"]], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
