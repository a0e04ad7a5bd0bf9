"""Socket Mode: single-use web socket addresses, envelopes and acknowledgements.

Up to ten connections; each payload goes to one of them, in turn.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from bot.workspace.outlets import Envelope, Receipt
from bot.workspace.seeds import Json

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 10
TICKET_SECONDS = 30.0
HEARTBEAT_SECONDS = 30.0


@dataclass(eq=False)
class Connection:
    """One open web socket and the envelopes that wait for its acknowledgement."""

    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Receipt]] = field(default_factory=dict)


class SocketMode:
    """The server's side of Socket Mode; `ack_seconds` is real time on the event loop."""

    def __init__(
        self,
        *,
        app_id: str,
        clock: Callable[[], float],
        mint: Callable[[], str],
        ack_seconds: float,
        changed: Callable[[], None],
    ) -> None:
        self._app_id = app_id
        self._clock = clock
        self._mint = mint
        self._ack_seconds = ack_seconds
        self._changed = changed
        self._tickets: dict[str, float] = {}
        self._connections: list[Connection] = []
        self.connections_made = 0
        self._open = asyncio.Event()
        self._turn = 0

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    def new_address(self, host: str) -> str:
        """A web socket address that works once, within half a minute."""
        ticket = self._mint() + self._mint()
        self._tickets[ticket] = self._clock()
        return f"ws://{host}/link/?ticket={ticket}&app_id={self._app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The web socket itself, open until either side closes it."""
        made_at = self._tickets.pop(request.query.get("ticket", ""), None)
        if made_at is None or self._clock() - made_at > TICKET_SECONDS:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await socket.send_json(self._disconnect("too_many_websockets"))
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return socket
        connection = Connection(socket)
        try:
            await socket.send_json(self._hello())
            self._add(connection)
            await self._read(connection)
        except ConnectionError:
            _log.info("workspace.socket_lost")
        finally:
            self._remove(connection)
        return socket

    async def ready(self) -> None:
        """Return as soon as a socket is open."""
        while not self._connections:
            self._open.clear()
            await self._open.wait()

    async def send(self, envelope: Envelope) -> Receipt:
        """Send to the next connection and wait for its acknowledgement."""
        connection = self._next()
        if connection is None:
            return Receipt("not_connected")
        envelope_id = self._mint()
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = answer
        try:
            async with asyncio.timeout(self._ack_seconds):
                await connection.socket.send_json(_wire(envelope, envelope_id))
                return await answer
        except TimeoutError:
            return Receipt("timeout")
        except ConnectionError:
            return Receipt("connection_failed")
        finally:
            connection.waiting.pop(envelope_id, None)

    async def disconnect(self, *, politely: bool = False) -> None:
        """Drop every socket; politely means Slack's `refresh_requested` notice, after which the app reconnects."""
        for connection in list(self._connections):
            with contextlib.suppress(ConnectionError):
                if politely:
                    await connection.socket.send_json(self._disconnect("refresh_requested"))
                else:
                    self._remove(connection)
                    await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    async def close(self) -> None:
        """Close every socket for good."""
        await self.disconnect()

    async def _read(self, connection: Connection) -> None:
        async for frame in connection.socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                answer = json.loads(frame.data)
            except ValueError:
                continue
            if isinstance(answer, dict):
                self._acknowledge(connection, answer)

    def _acknowledge(self, connection: Connection, answer: Json) -> None:
        waiting = connection.waiting.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            response = answer.get("payload")
            waiting.set_result(Receipt(response=response if isinstance(response, dict) and response else None))

    def _next(self) -> Connection | None:
        if not self._connections:
            return None
        self._turn += 1
        return self._connections[self._turn % len(self._connections)]

    def _add(self, connection: Connection) -> None:
        self._connections.append(connection)
        self.connections_made += 1
        self._open.set()
        self._changed()

    def _remove(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_result(Receipt("connection_failed"))
        self._changed()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "debug_info": {"host": "local-workspace", "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self._app_id},
        }

    def _disconnect(self, reason: str) -> Json:
        return {"type": "disconnect", "reason": reason, "debug_info": {"host": "local-workspace"}}


def _wire(envelope: Envelope, envelope_id: str) -> Json:
    body: Json = {
        "envelope_id": envelope_id,
        "type": envelope.kind,
        "payload": envelope.payload,
        "accepts_response_payload": envelope.accepts_response,
    }
    if envelope.kind == "events_api":
        body.update(retry_attempt=envelope.attempt, retry_reason=envelope.retry_reason)
    return body
