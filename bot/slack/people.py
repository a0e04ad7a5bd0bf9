"""From a Slack user to a person with roles; whoever is not known here has none."""

from typing import Any

from storage.ledger import Ledger
from storage.records.people import Person


async def person_of(ledger: Ledger, slack_id: str) -> Person | None:
    """The active person behind a Slack user, None for strangers, guests, bots and the deactivated."""
    async with ledger.read() as tx:
        person = await tx.people.by_slack_id(slack_id)
    return person if person is not None and person.active else None


def slack_id_of(body: dict[str, Any]) -> str:
    """The user behind any payload: events, clicks, submissions and commands say it in different places."""
    user = body.get("user")
    if isinstance(user, dict):
        return str(user.get("id", ""))
    return str(body.get("user_id") or body.get("event", {}).get("user") or "")
