"""Brings payloads to the app: events until they are acknowledged, clicks and commands once.

Slack sends an unacknowledged event again at once, after a minute and after five; here the delays are an argument.
While nothing is connected events wait, also over a restart; they are never dropped silently.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bot.workspace.faults import Faults
from bot.workspace.journal import Journal
from bot.workspace.outlets import Envelope, Kind, Outlet, Receipt
from bot.workspace.seeds import Json

_log = logging.getLogger(__name__)

RETRY_SECONDS = (0.0, 60.0, 300.0)
REMEMBERED = 500


@dataclass(frozen=True)
class Sent:
    """One sending and what became of it, remembered for whoever wants to look."""

    envelope: Envelope
    receipt: Receipt


class Delivery:
    """Delivers over one outlet; `sleep` waits between the tries of an event."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        faults: Faults,
        journal: Journal,
        retry_seconds: tuple[float, ...],
        connect_seconds: float,
        sleep: Callable[[float], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        self._outlet = outlet
        self._faults = faults
        self._journal = journal
        self._retry_seconds = retry_seconds
        self._connect_seconds = connect_seconds
        self._sleep = sleep
        self._changed = changed
        self._tasks: set[asyncio.Task[Any]] = set()
        self.sent: deque[Sent] = deque(maxlen=REMEMBERED)
        self.pending: dict[str, Json] = {}
        self.abandoned: list[Json] = []

    def event(self, payload: Json, *, attempt: int = 0) -> None:
        """Deliver an event in the background until it is acknowledged or given up."""
        event_id = str(payload["event_id"])
        self.pending[event_id] = payload
        self._journal.put("event", event_id, {"payload": payload, "attempt": attempt})
        self._start(self._deliver_event(event_id, payload, attempt))

    async def ask(self, kind: Kind, payload: Json, *, accepts_response: bool) -> Receipt:
        """Deliver something a person waits for: one try, a short wait for a connection."""
        try:
            async with asyncio.timeout(self._connect_seconds):
                await self._outlet.ready()
        except TimeoutError:
            return Receipt("not_connected")
        return await self._send(Envelope(kind, payload, accepts_response))

    async def close(self) -> None:
        """Stop delivering; what is unacknowledged stays in the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._outlet.close()

    async def _deliver_event(self, event_id: str, payload: Json, attempt: int) -> None:
        reason = "timeout" if attempt else ""
        while True:
            await self._outlet.ready()
            receipt = await self._send(Envelope("events_api", payload, attempt=attempt, retry_reason=reason))
            if receipt.reason == "not_connected":
                continue
            if receipt.acked or receipt.final or attempt >= len(self._retry_seconds):
                break
            self._journal.put("event", event_id, {"payload": payload, "attempt": attempt + 1})
            await self._sleep(self._retry_seconds[attempt])
            attempt, reason = attempt + 1, receipt.reason
        del self.pending[event_id]
        self._journal.put("event", event_id, None)
        if not receipt.acked:
            self.abandoned.append(payload)
            _log.warning("workspace.event_abandoned event_id=%s reason=%s", event_id, receipt.reason)
        self._changed()

    async def _send(self, envelope: Envelope) -> Receipt:
        if self._faults.take_duplicate():
            self._start(self._send_once(envelope))
        return await self._send_once(envelope)

    async def _send_once(self, envelope: Envelope) -> Receipt:
        receipt = await self._outlet.send(envelope)
        if receipt.reason != "not_connected":
            self.sent.append(Sent(envelope, receipt))
            self._changed()
        return receipt

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
