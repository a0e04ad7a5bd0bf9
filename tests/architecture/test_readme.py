"""README.md says what is so: its commands exist, its JSON documents have the keys that commands print."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.governance.alert_limits import parse_alerts
from agents.governance.calendar_text import parse_calendar
from agents.governance.limits import parse_limits
from agents.governance.loading import SHIPPED, read_files
from agents.governance.rules import Rules
from agents.kpis.costs import load_costs
from agents.kpis.definitions import load_kpis
from agents.market.scenarios import Scenario
from bot.__main__ import app
from bot.staff import load_people
from storage.records.people import Role
from storage.records.plans import PlanState
from storage.records.policies import PolicyFile
from tests.architecture.command_line import ROOT, run_all

README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = "→"
"""Starts a text that stands for an object shown elsewhere in the README."""
FREE_KEYS = {
    "spend",
    "amounts",
    "rows",
    "total_row_difference",
    "where",
    "versions",
    "facts",
    "budgets",
    "props",
    "columns",
    "texts",
    "elsewhere",
    "values",
    "data_versions",
    "evaluations",
}
"""Mappings whose keys are data: currencies, campaigns, dimensions."""
SETUP = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/countersign up"
TESTS = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest -n 2"

COMMANDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("kpi NAME", ("kpi", "roas", "--by", "channel", "--where", "channel=email")),
    ("ask QUESTION", ("ask", "roas by channel last week")),
    ("show PLAN", ("approve", "PLAN-1", "--as", "aaron")),
    ("market tick DAYS", ("market", "tick", "1")),
    ("show PLAN", ("show", "PLAN-1")),
    ("rollback PLAN --preview", ("rollback", "PLAN-1", "--preview")),
    ("approve PLAN --as PERSON", ("approve", "PLAN-1", "--as", "victor")),
    ("plans", ("plans",)),
    ("audit verify", ("audit", "verify")),
    ("audit why ID", ("audit", "why", "PLAN-1")),
    ("audit lineage --out FILE", ("audit", "lineage", "--out", "lineage.jsonl")),
    ("market scenario NAME", ("market", "scenario", "tracking-tag-breaks")),
    ("market truth", ("market", "truth")),
    ("check", ("check",)),
    ("policy check", ("policy", "check")),
    ("agents list", ("agents", "list")),
    ("migrate", ("migrate",)),
    ("backup DIR", ("backup", "copy")),
    (
        "bench graph",
        ("bench", "graph", "--nodes", "2000", "--edges", "4000", "--questions", "20", "--intents", "20"),
    ),
    ("bench ingest", ("bench", "ingest", "--rows", "2000")),
    ("freeze WHAT [NAME] --reason WHY --as PERSON", ("freeze", "channel", "email", "--reason", "x", "--as", "olivia")),
    ("freezes", ("freezes",)),
    ("thaw FREEZE --as PERSON", ("thaw", "FREEZE-1", "--as", "aaron")),
    ("break-glass --reason WHY --as PERSON", ("break-glass", "--reason", "x", "--as", "carla")),
    ("review-glass GLASS --as PERSON", ("review-glass", "GLASS-1", "--as", "aaron")),
    ("delegate PERSON --to DAY --as PERSON", ("delegate", "aaron", "--to", "2199-01-04", "--as", "carla")),
    ("delegations", ("delegations",)),
    ("owners set ARTEFACT PERSON --as PERSON", ("owners", "set", "kpi:roas", "carla", "--as", "ada")),
    ("owners", ("owners",)),
    ("alerts list", ("alerts", "list", "--all")),
    ("alerts acknowledge ALERT --as PERSON", ("alerts", "acknowledge", "ALERT-999", "--as", "olivia")),
    ("alerts mute --as PERSON", ("alerts", "mute", "--days", "7", "--as", "olivia")),
    ("alerts digest", ("alerts", "digest")),
    ("end-delegation DELEGATION --as PERSON", ("end-delegation", "DELEGATION-1", "--as", "carla")),
    ("policy show", ("policy", "show")),
    ("policy test", ("policy", "test")),
    ("policy what-if FILE…", ("policy", "what-if", "stricter/limits.yml")),
    ("audit report", ("audit", "report")),
    ("audit checkpoint", ("audit", "checkpoint")),
    ("audit export --out DIR", ("audit", "export", "--out", "exported")),
    ("audit rotate-key", ("audit", "rotate-key")),
    ("audit erase PERSON", ("audit", "erase", "aaron")),
    ("ingest PATH…", ("ingest", "newsletter.csv", "--home", "files")),
    ("data", ("data", "--home", "files")),
    ("questions", ("questions", "--home", "files")),
    ("answer QUESTION OPTION --as PERSON", ("answer", "Q-1", "accept", "--as", "olivia", "--home", "files")),
    ("quarantine list", ("quarantine", "list", "--home", "files")),
    ("quarantine replay LOAD --as PERSON", ("quarantine", "replay", "none", "--as", "olivia", "--home", "files")),
    ("plan", ("plan", "--home", "files")),
    ("graph show NAME", ("graph", "show", "ps-2001")),
    ("graph reach NAME", ("graph", "reach", "ps-2001")),
    ("graph path FROM TO", ("graph", "path", "ps-2001", "ps-2005")),
    ("graph explain NAME", ("graph", "explain", "roas")),
    ("graph conflicts", ("graph", "conflicts")),
    ("features [NAME]", ("features", "roas_28d")),
    ("models list", ("models", "list")),
    ("models show NAME [VERSION]", ("models", "show", "planner_settings")),
    ("models register NAME FILE --as PERSON", ("models", "register", "planner_settings", "bolder.json", "--as", "ada")),
    ("models promote NAME VERSION --as PERSON", ("models", "promote", "planner_settings", "2", "--as", "ada")),
    ("reviews list", ("reviews", "list")),
    ("reviews diagnose ALERT CAUSE --as PERSON", ("reviews", "diagnose", "ALERT-1", "noise", "--as", "olivia")),
    ("evaluations run", ("evaluations", "run")),
    ("evaluations list", ("evaluations", "list")),
    ("documents add FILE… --as PERSON", ("documents", "add", "guide.md", "--as", "olivia")),
    ("documents remove DOCUMENT --as PERSON", ("documents", "remove", "DOC-1", "--as", "olivia")),
    ("lake versions", ("lake", "versions")),
    ("lake schema", ("lake", "schema")),
    ("lake compact", ("lake", "compact", "--older-than", "30")),
    ("erase --person WHO --as PERSON", ("erase", "--person", "jane@example.com", "--as", "ada")),
    ("detect FILE.csv", ("detect", "clicks.csv")),
    ("bench detect", ("bench", "detect", "--each", "1")),
    ("bench monitor", ("bench", "monitor", "--series", "200", "--history", "20")),
    ("bench features", ("bench", "features", "--events", "2000", "--labels", "500")),
)
"""What the README calls a command, and how it is run here, in this order."""


def documents() -> dict[str, Any]:
    """Command as the README writes it → its example document."""
    found = re.findall(r"^`countersign ([^`]+?) --json`.*?```json\n(.*?)```", README, flags=re.MULTILINE | re.DOTALL)
    return {command: json.loads(text) for command, text in found}


def differences(example: Any, printed: Any, where: str = "") -> Iterator[str]:
    """Where the keys of two documents differ; null and empty lists say nothing about what could stand there."""
    if isinstance(example, str) and example.startswith(ELSEWHERE):
        return
    if isinstance(example, dict) and isinstance(printed, dict):
        if where.rsplit(".", 1)[-1] in FREE_KEYS:
            return
        if set(example) != set(printed):
            yield f"{where}: README {sorted(set(example) - set(printed))}, printed {sorted(set(printed) - set(example))}"
        for key in set(example) & set(printed):
            yield from differences(example[key], printed[key], f"{where}.{key}")
    elif isinstance(example, list) and isinstance(printed, list):
        for entry in printed if example else ():
            yield from differences(example[0], entry, f"{where}[]")
    elif example is not None and printed is not None and type(example) is not type(printed):
        yield f"{where}: README shows {example!r}, printed was {printed!r}"


def test_the_two_commands_stand_on_the_first_screen() -> None:
    first_screen = README.splitlines()[:25]
    assert SETUP in first_screen
    assert TESTS in first_screen


def test_documented_documents_have_the_keys_that_commands_print(folder: Path) -> None:
    shown = documents()
    _stricter(folder)
    (folder / "bolder.json").write_text('{"max_step_share": "0.35"}', encoding="utf-8")
    (folder / "clicks.csv").write_text(_clicks(), encoding="utf-8")
    (folder / "guide.md").write_text("# Brand guide\n\nWe say trail.", encoding="utf-8")
    arguments = [(*run, "--json") for _, run in COMMANDS]
    ran = run_all(arguments, folder=folder)

    wrong = [
        f"{command}{difference}"
        for (command, _), done in zip(COMMANDS, ran, strict=True)
        for difference in differences({**shown[command], **_extra(done.document)}, done.document)
    ]
    assert wrong == []
    assert [(done.arguments, done.err) for done in ran if done.err] == []


def _clicks() -> str:
    """Hourly clicks with one wild hour."""
    values = [900 if row == 200 else 90 + row * 7919 % 21 for row in range(240)]
    rows = (f"2026-03-{1 + row // 24:02d} {row % 24:02d}:00:00,{value}" for row, value in enumerate(values))
    return "timestamp,value\n" + "\n".join(rows) + "\n"


def _stricter(folder: Path) -> None:
    """Other limits, to ask what they would have meant."""
    text = (folder / ".countersign" / "limits.yml").read_text(encoding="utf-8")
    (folder / "stricter").mkdir()
    (folder / "stricter" / "limits.yml").write_text(
        text.replace("step_share_cap: 50%", "step_share_cap: 26%"), encoding="utf-8"
    )


def _extra(printed: dict[str, Any]) -> dict[str, Any]:
    """The keys in front of the document of `show` that other commands print as well, as the README says in words."""
    return {key: printed[key] for key in ("accepted", "words") if "plan" in printed and key in printed}


def test_every_documented_document_is_compared_but_the_slow_one() -> None:
    assert set(documents()) - {command for command, _ in COMMANDS} == {
        "bench click",
        "bench drift",
        "bench policy",
        "bench what-if",
    }


@pytest.mark.parametrize(
    ("example", "printed"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": {"b": 1}}, {"a": {}}),
        ({"a": [{"b": 1}]}, {"a": [{"c": 1}]}),
        ({"a": "1"}, {"a": 1}),
    ],
)
def test_the_comparison_sees_a_difference(example: Any, printed: Any) -> None:
    assert list(differences(example, printed))


def test_every_command_that_the_readme_names_exists() -> None:
    known = _commands()
    named = {line.split("#")[0] for line in re.findall(r"^countersign (.+)$", README, flags=re.MULTILINE)}
    assert len(named) > 15
    for line in named:
        words = line.split()
        assert words[0] in known or " ".join(words[:2]) in known, line


def test_every_command_is_named_in_the_readme() -> None:
    unnamed = {command for command in _commands() if f"countersign {command}" not in README}
    assert unnamed - {"worker"} == set()


def _commands() -> set[str]:
    return {
        f"{group.name or ''} {one.name or one.callback.__name__}".strip()
        for group in app.registered_groups
        for one in group.typer_instance.registered_commands  # type: ignore[union-attr]
        if one.callback
    } | {
        # A group that does something of its own is a command, too.
        str(group.name)
        for group in app.registered_groups
        if (own := group.typer_instance.registered_callback) and own.invoke_without_command is True  # type: ignore[union-attr]
    }


def test_every_link_into_the_project_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_examples_of_people_limits_calendar_and_policies_are_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    people_text = next(block for block in blocks if "people:" in block)
    limits_text = next(block for block in blocks if "step_share_gate" in block)

    (tmp_path / "people.yml").write_text(people_text, encoding="utf-8")
    olivia, carla = load_people(tmp_path / "people.yml")
    limits = parse_limits(limits_text, file="README.md", channels=frozenset({"paid_social"}))
    calendar = parse_calendar(next(block for block in blocks if "opens:" in block), file="README.md")
    alerts = parse_alerts(next(block for block in blocks if "automatic:" in block), file="README.md")
    own = PolicyFile(name="own.cedar", text=re.findall(r"```cedar\n(.*?)```", README, flags=re.DOTALL)[0], own=True)
    rules = Rules((*read_files(SHIPPED), own))

    assert (olivia.roles, carla.roles) == ({Role.OPERATOR}, {Role.CMO})
    assert limits is not None
    assert [one.name for one in calendar.blackouts] == ["weekend", "Black Friday"]
    assert any(one.file == "own.cedar" for one in rules.policies)
    assert limits.currencies["GBP"].channel_daily_caps["paid_social"].minor == 80_000
    assert alerts.of(kpi="cpc", channel="paid_search").automatic == "hold"


def test_the_example_of_own_kpis_is_read(tmp_path: Path) -> None:
    block = next(one for one in re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL) if "vip_answer_time" in one)
    (tmp_path / "kpis.yml").write_text(block, encoding="utf-8")

    kpis, (cost,) = load_kpis(own=tmp_path / "kpis.yml"), load_costs(tmp_path / "kpis.yml")

    assert (kpis["roas"].target, kpis["roas"].version, kpis["vip_answer_time"].unit) == (4, 2, "business minutes")
    assert (cost.name, cost.amount, cost.each) == ("agency", 3000, "month")


def test_the_example_of_an_own_file_is_read_with_its_mapping(tmp_path: Path) -> None:
    csv = re.search(r"```csv\n(.*?)```", README, flags=re.DOTALL)
    mapping = next(block for block in re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL) if "mail_tool" in block)
    assert csv is not None
    assert yaml.safe_load(mapping)["columns"]["spend"] == "Cost"
    (tmp_path / "newsletter.csv").write_text(csv[1], encoding="utf-8")
    (tmp_path / "newsletter.csv.mapping.yml").write_text(mapping, encoding="utf-8")

    done = run_all([["ingest", "newsletter.csv", "--json"]], folder=tmp_path)[0]

    assert done.document["files"][0]["spend"] == {"EUR": "26.50"}


def test_kpis_scenarios_roles_and_states_are_listed_whole() -> None:
    for name in load_kpis():
        assert re.search(rf"\b{name}\b", README.split("KPIs: ", 1)[1].split(".", 1)[0]), name
    for scenario in Scenario:
        assert f"`{scenario.value}`" in README or f"--scenario {scenario.value}" in README
    named = {role for line in re.findall(r"^\| ([a-z, ]+) \|", README, flags=re.MULTILINE) for role in line.split(", ")}
    assert {role.value for role in Role} <= named
    for state in PlanState:
        assert f"`{state.value}`" in README
