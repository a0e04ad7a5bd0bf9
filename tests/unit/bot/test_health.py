"""App Home says how the bot is, and names what needs somebody."""

from datetime import timedelta

import pytest

from bot.slack.health import _models, _monitors, _owners
from storage.ledger import Ledger
from storage.records.evaluations import Evaluation, Measure
from storage.work_queue import WorkQueue
from tests import builders as b


@pytest.fixture
def ledger(database):
    return Ledger(database, WorkQueue(database))


def an_evaluation(**changes):
    defaults = {
        "id": "EVAL-1",
        "subject": "budget_planner",
        "version": "1",
        "measure": Measure.OUTCOME_COVERAGE,
        "value": None,
        "target": None,
        "passed": True,
        "cases": 9,
        "words": "7 of 9 outcomes fell into their range",
        "simulated": True,
        "as_of": b.NOW.date(),
        "at": b.NOW,
    }
    return Evaluation(**{**defaults, **changes})


@pytest.mark.parametrize(("minutes", "ok"), [(4, True), (90, False)])
async def test_monitors_that_were_not_set_to_work_for_long_are_late(ledger, minutes, ok):
    fired = b.NOW - timedelta(minutes=minutes)
    async with ledger.write() as tx:
        await tx.home.put("fired:look", fired.isoformat())
        line = await _monitors(tx, b.NOW)
    assert line.ok is ok
    assert ("late" in line.text) is not ok
    assert line.checked_at == fired


async def test_before_the_first_round_nothing_is_wrong(ledger):
    async with ledger.read() as tx:
        assert (await _monitors(tx, b.NOW)).ok


def test_failed_evaluations_are_named():
    (line,) = _models((an_evaluation(), an_evaluation(passed=False, words="3 of 9 fell into their range")))
    assert (line.name, line.ok, line.text) == ("Budget planner", False, "3 of 9 fell into their range")


def test_passed_ones_are_counted_and_none_is_no_line():
    (line,) = _models((an_evaluation(), an_evaluation(passed=None)))
    assert (line.ok, line.text) == (True, "1 evaluation passed")
    assert _models(()) == ()


def test_roles_that_nobody_holds_are_named_with_how_much_depends_on_them():
    (line,) = _owners({"sales": 4, "support": 1})
    assert not line.ok
    assert "sales (4), support (1)" in line.text
    assert _owners({}) == ()
