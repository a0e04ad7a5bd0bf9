"""Slack delivers at least once; this makes it once, also over a restart."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from storage.ledger import Ledger


class Deliveries:
    """Remembers what was handled, by the ids that Slack gives to events and clicks."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock

    async def first_time(self, body: dict[str, Any]) -> bool:
        """Whether this payload was never handled; it counts as handled from now on."""
        async with self._ledger.write() as tx:
            return await tx.deliveries.first_time(delivery_id(body), now=self._clock())


def delivery_id(body: dict[str, Any]) -> str:
    """What a repeated delivery has in common with the first one, and no other payload has."""
    if "event_id" in body:
        return f"event:{body['event_id']}"
    if body.get("type") == "block_actions":
        action, container = body["actions"][0], body.get("container", {})
        place = container.get("message_ts") or container.get("view_id", "")
        user = body.get("user", {}).get("id", "")
        return f"click:{user}:{container.get('channel_id', '')}:{place}:{action['action_id']}:{action['action_ts']}"
    return f"trigger:{body.get('trigger_id', '')}"
