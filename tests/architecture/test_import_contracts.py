"""The walls of the house: they hold, and each of them bites when someone builds through it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.command_line import ROOT

FORBIDDEN = (
    ("storage/records/money.py", "import agents.kpis.formula", "bot talks, agents think"),
    ("agents/kpis/formula.py", "import bot.settings", "bot talks, agents think"),
    ("agents/kpis/formula.py", "import agents.lifecycle.states", "rooms of agents"),
    ("agents/team/roster.py", "import agents.governance.rules", "rooms of agents"),
    ("agents/governance/policy.py", "import agents.team.brief", "rooms of agents"),
    ("storage/records/money.py", "import storage.tables.base", "records are plain facts"),
    ("agents/team/budget_planner.py", "import agents.channels.channel", "only execute, rollback and wiring"),
    ("agents/lifecycle/cases/monitor.py", "import agents.channels.channel", "only execute, rollback and wiring"),
    ("bot/jobs.py", "import agents.channels.sandbox_market", "only execute, rollback and wiring"),
    ("agents/team/budget_planner.py", "import agents.market.market", "the market is reached through"),
    ("agents/sources/sandbox_market.py", "import agents.market.truth", "no thinking code reads the market's truth"),
    ("agents/sources/sandbox_market.py", "import storage.market_ledger.hidden", "the file that holds the truth"),
    ("agents/lifecycle/decide.py", "import slack_sdk", "Slack, web serving and the timetable"),
    ("storage/ledger.py", "import apscheduler", "Slack, web serving and the timetable"),
    ("agents/team/budget_planner.py", "import openai", "HTTP clients live only"),
    ("agents/lifecycle/intake/observe.py", "import aiohttp", "HTTP clients live only"),
    ("bot/office.py", "import sqlalchemy", "SQL, DBOS and networkx"),
    ("agents/lifecycle/intake/observe.py", "import sqlite3", "SQL, DBOS and networkx"),
    ("agents/kpis/engine.py", "import networkx", "SQL, DBOS and networkx"),
    ("agents/lifecycle/execute.py", "import dbos", "SQL, DBOS and networkx"),
    ("bot/slack/desk.py", "import bot.workspace.server", "the workspace stands for Slack"),
    ("bot/workspace/server.py", "import bot.slack.app", "the workspace stands for Slack"),
    ("agents/kpis/formula.py", "import agents.kpis.engine", "no cycles"),
)
"""A file, a line someone might add to it, and part of the name of the contract that must refuse it."""


def lint(root: Path) -> tuple[int, dict[str, bool]]:
    """Run import-linter in a tree: exit code, and contract → kept."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())",
         "--no-cache"],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    kept = {}
    for line in done.stdout.splitlines():
        name, _, verdict = line.rpartition(" ")
        if verdict in {"KEPT", "BROKEN"}:
            kept[name] = verdict == "KEPT"
    assert kept, done.stdout + done.stderr
    return done.returncode, kept


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three packages, to build through walls in; each test leaves it as it found it."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("bot", "agents", "storage"):
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__", "page", "pictures")
        )
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def test_every_wall_holds() -> None:
    code, kept = lint(ROOT)
    assert [name for name, holds in kept.items() if not holds] == []
    assert code == 0


@pytest.mark.parametrize(("file", "line", "wall"), FORBIDDEN)
def test_a_forbidden_import_is_caught(file: str, line: str, wall: str, copied_tree: Path) -> None:
    path = copied_tree / file
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        code, kept = lint(copied_tree)
    finally:
        path.write_text(before, encoding="utf-8")

    assert code == 1
    assert any(wall in name for name, holds in kept.items() if not holds), kept


def test_every_wall_is_tried() -> None:
    _, kept = lint(ROOT)
    assert [name for name in kept if not any(wall in name for _, _, wall in FORBIDDEN)] == []


def test_a_new_room_must_be_given_its_place(copied_tree: Path) -> None:
    room = copied_tree / "agents" / "attic"
    room.mkdir()
    try:
        (room / "__init__.py").touch()
        code, _ = lint(copied_tree)
    finally:
        shutil.rmtree(room)
    assert code == 1
