"""Words of answers and cards are written without figures: what stands in a text of the code comes from no record."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEAKING = sorted(
    [
        *(ROOT / "bot" / "slack" / "cards").glob("*.py"),
        *(
            ROOT / "agents" / "kpis" / name
            for name in ("document.py", "telling.py", "reply.py", "finish.py", "remarks.py")
        ),
        *(
            ROOT / "agents" / "lifecycle" / "answers" / name
            for name in ("respond.py", "account.py", "foresee.py", "happened.py")
        ),
        ROOT / "bot" / "slack" / "conversation.py",
    ]
)
TOLD = re.compile(r"(?<![\w#\\{:.%&/-])\d[\d.,]*(?![\w}])")
"""A figure among words; not one in a format, an entity, an id of ours such as PLAN-12, or a name."""
ALLOWED = {
    "95 % interval": "the level of agents.kpis.intervals",
    "/market tick 7": "an example of what can be typed",
    "1,000 ": "thousands in a KPI's unit",
    "Enter an amount of 0 or more": "what a field takes",
    "such as 250 or 250.50": "an example of what a field takes",
    "250.50": "an example of what a field takes",
    "Quiet for me: 1 hour": "a choice, and what it does",
    "Quiet for me: 4 hours": "a choice, and what it does",
    "until tomorrow 9:00": "a choice, and what it does",
    "never taken for 0": "what a gap is not",
    "different 24 hours": "a day",
    " last 7 days": "a question that can be asked next",
    "*KPIs of the last 7 days*": "the days that the tiles are asked for",
}
"""Words with a figure that are meant so, and why."""


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts of the code but for docstrings, patterns and keys."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            skipped |= {id(one.value) for one in node.body if isinstance(one, ast.Expr)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compile":
            skipped |= {id(one) for argument in node.args for one in ast.walk(argument)}
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            skipped |= {id(one) for one in ast.walk(node.format_spec)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Decimal":
            skipped |= {id(one) for one in node.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", SPEAKING, ids=[path.name for path in SPEAKING])
def test_no_text_of_the_code_holds_a_figure(path: Path) -> None:
    found = []
    for line, text in _literals(ast.parse(path.read_text(encoding="utf-8"))):
        if re.search(r"[a-zA-Z]{3}", text) and TOLD.search(_without_allowed(text)):
            found.append(f"{path.name}:{line}: {text}")
    assert found == []


def _without_allowed(text: str) -> str:
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    return text
