"""Messages to people follow their case until they say that it is over, and cost nothing afterwards."""

import sqlalchemy as sa

from storage.database import Database
from storage.ledger import Ledger
from storage.records.alerts import AlertState
from storage.records.attention import Call, CallKind
from storage.work_queue import WorkQueue
from tests.builders import NOW, a_finding
from tests.statements import Statements


async def _called(ledger: Ledger, *, key: str = "drift/cpc/email", over: bool = False) -> Call:
    """A case of which somebody was told; one that is over was told of to the end."""
    async with ledger.write() as tx:
        alert = await tx.alerts.open(a_finding(key=key), now=NOW)
        await tx.attention.call(Call(alert_id=alert.id, person_id="olivia", kind=CallKind.OWNER, due_at=NOW))
        if over:
            alert = await tx.alerts.save(alert.model_copy(update={"state": AlertState.RECOVERED}))
        (call,) = await tx.attention.calls_of(alert.id)
        shown = call.model_copy(update={"sent_at": NOW, "shown_version": alert.version})
        await tx.attention.save(shown, over=over)
    return shown


async def _behind(ledger: Ledger) -> list[int]:
    async with ledger.read() as tx:
        return [one.id for one in await tx.attention.behind()]


async def test_a_message_falls_behind_with_its_case_until_it_says_that_it_is_over(database: Database) -> None:
    ledger = Ledger(database, WorkQueue(database))
    call = await _called(ledger)
    assert await _behind(ledger) == []
    async with ledger.write() as tx:
        alert = await tx.alerts.get(call.alert_id)
        assert alert is not None
        over = await tx.alerts.save(alert.model_copy(update={"state": AlertState.RECOVERED}))
    assert await _behind(ledger) == [call.id], "it has to say that it is over"
    async with ledger.write() as tx:
        await tx.attention.save(call.model_copy(update={"shown_version": over.version}), over=True)
        await tx.alerts.save(over)
    assert await _behind(ledger) == []


async def test_calls_of_cases_that_are_over_are_not_looked_at(database: Database) -> None:
    ledger = Ledger(database, WorkQueue(database))
    for number in range(3):
        await _called(ledger, key=f"drift/{number}", over=True)
    with Statements(database.reading) as made:
        await _behind(ledger)
    (asked,) = made
    async with database.reading.connect() as connection:
        steps = await connection.execute(sa.text(f"EXPLAIN QUERY PLAN {_inlined(asked)}"))
        plan = [row.detail for row in steps]
    assert any("SEARCH alert_call USING INDEX ix_alert_call_live" in one for one in plan), plan


def _inlined(statement: str) -> str:
    """With something in the place of each value, which the planner does not look at."""
    return statement.replace("?", "1")
