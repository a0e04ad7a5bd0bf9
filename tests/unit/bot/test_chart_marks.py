"""What happened on a chart's days: plans and rollbacks that touched what is shown, drift that says something of it."""

from datetime import date

import pytest

from bot.slack.chart_marks import marks_of
from bot.slack.sketch import MarkKind
from storage.ledger import Ledger
from storage.records.alerts import AlertKind
from storage.work_queue import WorkQueue
from tests import builders as b

DAY = date(2025, 5, 30)


@pytest.fixture
def ledger(database):
    return Ledger(database, WorkQueue(database))


async def carried_out(tx, plan, day=DAY):
    await tx.plans.add(plan, now=b.NOW)
    await tx.plans.mark_done_on(plan.id, day)


def found(marks):
    return [(one.words, one.kind, one.at) for one in marks]


async def test_plans_and_rollbacks_of_the_days_and_the_world_are_marked(ledger):
    async with ledger.write() as tx:
        await carried_out(tx, b.a_plan(id="PLAN-12"))
        await carried_out(tx, b.a_plan(id="PLAN-13", restores="PLAN-12"), date(2025, 6, 1))
        await carried_out(tx, b.a_plan(id="PLAN-14"), date(2025, 6, 9))
        await carried_out(tx, b.a_plan(id="PLAN-15", simulated=not b.a_kpi_answer().simulated))
        marks = await marks_of(tx, b.a_kpi_answer())
    assert found(marks) == [
        ("PLAN-12", MarkKind.PLAN, DAY),
        ("PLAN-12 back", MarkKind.ROLLBACK, date(2025, 6, 1)),
    ]


@pytest.mark.parametrize(
    ("where", "marked"),
    [
        ({"channel": "Paid Search"}, True),
        ({"channel": "email"}, False),
        ({"campaign": "BRAND SEARCH"}, True),
        ({"campaign": "another"}, False),
    ],
)
async def test_only_what_touched_the_part_that_is_shown_is_marked(ledger, where, marked):
    resource = b.a_resource(channel="paid_search", id="ps-1", name="Brand search")
    async with ledger.write() as tx:
        await carried_out(tx, b.a_plan(changes=(b.a_change(resource=resource),)))
        assert bool(await marks_of(tx, b.a_kpi_answer(where=where))) is marked


@pytest.mark.parametrize(
    ("finding", "where", "marked"),
    [
        ({"kpi": "roas", "entity": "all"}, {}, True),
        ({"kpi": "roas"}, {"channel": "paid_search"}, True),
        ({"kpi": "cpc"}, {"channel": "paid_search"}, True),
        ({"kpi": "cpc"}, {}, False),
        ({"kpi": "roas"}, {"channel": "email"}, False),
        ({"kpi": "roas", "kind": AlertKind.FRESHNESS}, {}, False),
        ({"kpi": "roas", "simulated": False}, {}, False),
        ({"kpi": "roas", "seen_on": date(2025, 7, 1)}, {}, False),
    ],
)
async def test_drift_is_marked_where_it_says_something_of_the_number(ledger, finding, where, marked):
    async with ledger.write() as tx:
        await tx.alerts.open(b.a_finding(**{"seen_on": DAY, **finding}), now=b.NOW)
        marks = await marks_of(tx, b.a_kpi_answer(where=where))
    assert found(marks) == ([("ALERT-1", MarkKind.DRIFT, DAY)] if marked else [])


async def test_on_its_own_picture_an_alert_marks_its_suspects_and_not_itself(ledger):
    async with ledger.write() as tx:
        await carried_out(tx, b.a_plan(id="PLAN-12"))
        alert = await tx.alerts.open(b.a_finding(kpi="roas", seen_on=DAY, suspect_plan="PLAN-12"), now=b.NOW)
        marks = await marks_of(tx, b.a_kpi_answer(), alert=alert)
    assert found(marks) == [("suspect PLAN-12", MarkKind.PLAN, DAY)]
