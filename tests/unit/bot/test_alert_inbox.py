"""Messages to people are sent one by one: what is wrong with one of them is nobody else's."""

from typing import Any, cast

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.alert_inbox import AlertInbox
from storage.database import Database
from storage.ledger import Ledger
from storage.records.alerts import AlertState
from storage.records.attention import Call, CallKind
from storage.work_queue import WorkQueue
from tests.builders import AARON, NOW, OLIVIA, PEOPLE, a_finding


class Slack:
    """Opens conversations and takes messages, but cannot make sense of one person."""

    def __init__(self, *, broken: str | None = None) -> None:
        self.broken = broken
        self.posted: list[str] = []

    async def conversations_open(self, *, users: str) -> dict[str, Any]:
        assert users != self.broken, "an answer that nobody expected"
        return {"channel": {"id": f"D-{users}"}}

    async def chat_postMessage(self, *, channel: str, **_message: Any) -> dict[str, Any]:  # noqa: N802 - Slack's name
        self.posted.append(channel)
        return {"ts": "1.0"}

    async def chat_update(self, *, channel: str, **_message: Any) -> None:
        self.posted.append(channel)


async def _calling(ledger: Ledger) -> None:
    async with ledger.write() as tx:
        await tx.people.replace(PEOPLE.values())
        alert = await tx.alerts.open(a_finding(), now=NOW, has_card=False)
        for one in (OLIVIA, AARON):
            await tx.attention.call(Call(alert_id=alert.id, person_id=one.id, kind=CallKind.OWNER, due_at=NOW))


def _inbox(ledger: Ledger, slack: Slack) -> AlertInbox:
    return AlertInbox(ledger, cast(AsyncWebClient, slack), clock=lambda: NOW)


async def test_what_is_wrong_with_one_message_keeps_no_other_from_its_person(database: Database) -> None:
    ledger = Ledger(database, WorkQueue(database))
    await _calling(ledger)
    slack = Slack(broken=OLIVIA.slack_id)
    await _inbox(ledger, slack).sweep()
    assert slack.posted == [f"D-{AARON.slack_id}"]
    slack.broken = None
    await _inbox(ledger, slack).sweep()
    assert slack.posted == [f"D-{AARON.slack_id}", f"D-{OLIVIA.slack_id}"]


async def test_a_message_says_that_its_case_is_over_and_then_rests(database: Database) -> None:
    ledger = Ledger(database, WorkQueue(database))
    await _calling(ledger)
    inbox = _inbox(ledger, Slack())
    assert await inbox.sweep() == 2
    async with ledger.write() as tx:
        alert = await tx.alerts.get("ALERT-1")
        assert alert is not None
        over = await tx.alerts.save(alert.model_copy(update={"state": AlertState.RECOVERED}))
    assert await inbox.sweep() == 2
    async with ledger.write() as tx:
        await tx.alerts.save(over)
    assert await inbox.sweep() == 0
