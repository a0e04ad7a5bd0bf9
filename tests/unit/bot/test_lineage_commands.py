"""`audit why` and `audit lineage`: three lines and the whole way, both ways, and OpenLineage in a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.commands import lineage
from bot.commands.shell import BadInput
from bot.office import Office
from bot.settings import Settings


@pytest.fixture
async def planned(office: Office, home: Settings) -> Path:
    """A home with PLAN-1 waiting."""
    await office.proposer.propose()
    return home.home


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    return lambda: json.loads(capsys.readouterr().out)


async def test_a_plan_is_told_in_three_lines_and_led_back_to_its_source(planned: Path, said: Callable[[], Any]):
    await lineage.why(subject="PLAN-1", home=planned, json=True)
    document = said()
    assert len(document["lines"]) == 3
    assert "source:sandbox" in [one["id"] for one in document["came_from"]]
    assert document["led_to"] == []
    assert document["versions"]["data"].startswith("facts@")
    assert document["entries"][0]["action"] == "plan.proposed"


async def test_a_source_is_led_on_to_the_plan(planned: Path, said: Callable[[], Any]):
    await lineage.why(subject="source:sandbox", home=planned, forward=True, json=True)
    document = said()
    assert document["came_from"] == []
    assert "PLAN-1" in [one["id"] for one in document["led_to"]]


async def test_words_come_first_and_the_trail_last(planned: Path, capsys: pytest.CaptureFixture[str]):
    await lineage.why(subject="plan-1", home=planned, json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("PLAN-1: ")
    assert lines[3] == "What PLAN-1 came from:"
    assert "Made with: agent budget_planner" in "\n".join(lines)
    assert "plan.waiting" in lines[-1]


async def test_what_nobody_knows_is_bad_input(planned: Path):
    with pytest.raises(BadInput, match="nothing is recorded about 'PLAN-99'"):
        await lineage.why(subject="PLAN-99", home=planned, json=False)


async def test_the_lineage_is_written_as_events_and_over_nothing(
    planned: Path, tmp_path: Path, said: Callable[[], Any]
):
    out = tmp_path / "lineage.jsonl"
    await lineage.lineage(home=planned, out=out, json=True)
    events = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert said() == {"file": str(out), "events": len(events)}
    assert {"ingest", "append", "propose", "review"} <= {event["job"]["name"] for event in events}
    with pytest.raises(BadInput, match="is there already: name a new file"):
        await lineage.lineage(home=planned, out=out, json=True)
