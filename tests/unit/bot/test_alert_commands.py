"""Alerts on the command line: the acts of the cards, words for people, one document for programs."""

import contextlib
import io
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.commands import alerts
from bot.commands.shell import NEGATIVE, BadInput
from bot.opening import open_office
from bot.settings import Settings
from storage.records.alerts import Severity
from tests.builders import a_finding


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> Path:
    """A home with a medium case and a small one that it explains."""
    async with open_office(Settings(home=tmp_path), seed=7) as office, office.ledger.write() as tx:
        now = office.clock()
        await tx.alerts.open(a_finding(), now=now)
        part = a_finding(key="drift/ctr/email", severity=Severity.NOTE, part_of="drift/cpc/paid_search")
        await tx.alerts.open(part, now=now, has_card=False)
    return tmp_path


async def ran(command: Awaitable[int | None]) -> tuple[int | None, Any]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = await command
    return code, json.loads(out.getvalue())


async def test_a_case_is_listed_shown_taken_handed_on_and_put_aside(home: Path) -> None:
    _, listed = await ran(alerts.listing(every=False, home=home, json=True))
    assert [(one["id"], one["has_card"]) for one in listed["alerts"]] == [("ALERT-1", True), ("ALERT-2", False)]
    _, taken = await ran(alerts.acknowledge(alert="1", person="olivia", home=home, json=True))
    assert (taken["accepted"], taken["alert"]["acknowledged_by"]) == (True, "olivia")
    code, second = await ran(alerts.acknowledge(alert="alert-1", person="aaron", home=home, json=True))
    assert (code, second["accepted"], second["alert"]) == (NEGATIVE, False, None)
    _, handed = await ran(alerts.assign(alert="1", to="aaron", words="", person="olivia", home=home, json=True))
    assert handed["alert"]["assigned_to"] == "aaron"
    _, asleep = await ran(alerts.snooze(alert="1", days=3, until=None, person="olivia", home=home, json=True))
    assert asleep["alert"]["state"] == "snoozed"
    _, called = await ran(alerts.escalate(alert="1", words="", person="olivia", home=home, json=True))
    assert "Carla" in called["words"], "Aaron has it already"
    _, shown = await ran(alerts.show(alert="1", home=home, json=True))
    assert shown["explains"] == ["ALERT-2"]
    assert {one["person"] for one in shown["told"]} == {"aaron", "carla"}
    assert [one["action"] for one in shown["history"]] == [
        "alert.acknowledged",
        "alert.assigned",
        "alert.snoozed",
        "alert.escalated",
    ]


async def test_normal_is_learnt_with_what_it_explains(home: Path) -> None:
    _, said = await ran(alerts.expect(alert="1", reason="the sale", person="olivia", home=home, json=True))
    assert (said["alert"]["state"], said["alert"]["learnt"]) == ("recovered", "expected")
    _, left = await ran(alerts.listing(every=False, home=home, json=True))
    assert left == {"alerts": []}
    code, late = await ran(alerts.rebaseline(alert="1", reason="x", since=None, person="olivia", home=home, json=True))
    assert (code, "said already" in late["words"]) == (NEGATIVE, True)


async def test_quiet_is_for_one_person_or_for_the_team(home: Path) -> None:
    _, muted = await ran(alerts.mute(days=7, alert="", off=False, person="victor", home=home, json=True))
    assert muted["until"] is not None
    code, refused = await ran(
        alerts.quiet(hours="20:00-08:00", weekends=False, off=False, person="olivia", home=home, json=True)
    )
    assert (code, refused["accepted"]) == (NEGATIVE, False)
    await ran(alerts.quiet(hours="20:00-08:00", weekends=True, off=False, person="aaron", home=home, json=True))
    _, shown = await ran(alerts.quiet(hours=None, weekends=False, off=False, person=None, home=home, json=True))
    assert (shown["hours"]["first"], shown["hours"]["weekends"]) == ("20:00:00", True)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (lambda home: alerts.show(alert="ALERT-9", home=home, json=True), "there is no ALERT-9 here"),
        (lambda home: alerts.show(alert="x", home=home, json=True), "write it as ALERT-3"),
        (
            lambda home: alerts.snooze(alert="1", days=None, until=None, person="olivia", home=home, json=True),
            "say for how long",
        ),
        (
            lambda home: alerts.snooze(alert="1", days=None, until="soon", person="olivia", home=home, json=True),
            "'soon' is no day",
        ),
        (
            lambda home: alerts.quiet(hours="late", weekends=False, off=False, person="aaron", home=home, json=True),
            "no span of hours",
        ),
        (
            lambda home: alerts.quiet(
                hours="20:00-08:00", weekends=False, off=False, person=None, home=home, json=True
            ),
            "who are you?",
        ),
        (
            lambda home: alerts.mute(days=None, alert="", off=False, person="olivia", home=home, json=True),
            "say for how long",
        ),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_line(home: Path, command: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        await command(home)
