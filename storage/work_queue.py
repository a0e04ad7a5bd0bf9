"""Durable work: DBOS behind six methods. What is put in a transaction runs at least once after it commits.

Handlers are idempotent by the rows they write; the queue adds that nothing put is ever lost, also over `kill -9`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database

Handler = Callable[[dict[str, str]], Awaitable[None]]

_APP = "countersign"
_QUEUE = "work"
_WORKFLOW = "work"
# The default version hashes the workflow's source and would strand queued work at every edit.
_VERSION = "1"
_POLL_S = 0.1
_AT_ONCE = 16


class WorkQueue:
    """Puts work from any process; runs it in the one process that called `start`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._client: Any = None
        self._handlers: dict[str, Handler] = {}
        self._running = False

    def handle(self, kind: str, handler: Handler) -> None:
        """Name the coroutine function that does work of this kind; before `start`."""
        self._handlers[kind] = handler

    def migrate(self) -> None:
        """Create or update the queue's own tables; blocks, so call it off the event loop."""
        from dbos import DBOS

        DBOS.migrate(self._database.url)

    async def put(self, connection: AsyncConnection, kind: str, work_id: str, payload: dict[str, str]) -> None:
        """Enqueue on the caller's transaction; the same id twice is one piece of work."""
        options = {
            "queue_name": _QUEUE,
            "workflow_name": _WORKFLOW,
            "workflow_id": work_id,
            "app_version": _VERSION,
        }
        client = self._open_client()
        await connection.run_sync(lambda sync: client.enqueue_in_transaction(sync, options, kind, payload))

    async def start(self) -> None:
        """Run work until `stop`: first what a crash left half-done, then what was put meanwhile."""
        from dbos import DBOS

        _register_workflow(self)
        DBOS(
            config={
                "name": _APP,
                "application_version": _VERSION,
                "executor_id": "worker-0",
                "system_database_url": self._database.url,
                "system_database_engine": self._database.queue_engine,
                "max_executor_threads": 32,
                "log_level": "ERROR",
            }
        )
        DBOS.launch()
        await DBOS.register_queue_async(_QUEUE, polling_interval_sec=_POLL_S, worker_concurrency=_AT_ONCE)
        self._running = True

    async def unfinished(self) -> int:
        """How many pieces of work are waiting or running."""
        client = self._open_client()
        listed = await asyncio.to_thread(
            client.list_workflows,
            status=["ENQUEUED", "PENDING", "DELAYED"],
            load_input=False,
            load_output=False,
        )
        return len(listed)

    async def forget_before(self, moment: datetime) -> int:
        """Drop finished work from before the moment; returns how many pieces."""
        client = self._open_client()
        finished = await asyncio.to_thread(
            client.list_workflows,
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=moment.isoformat(),
            load_input=False,
            load_output=False,
        )
        await asyncio.to_thread(client.delete_workflows, [one.workflow_id for one in finished])
        return len(finished)

    async def stop(self) -> None:
        """Let running work finish for a moment and give the rest back to the queue."""
        if self._running:
            from dbos import DBOS

            self._running = False
            await asyncio.to_thread(DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=5)
            # DBOS made its own threads the loop's default and has ended them: others still need to_thread.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        if self._client is not None:
            self._client = None

    async def run(self, kind: str, payload: dict[str, str]) -> None:
        await self._handlers[kind](payload)

    def _open_client(self) -> Any:
        if self._client is None:
            from dbos import DBOSClient

            self._client = DBOSClient(system_database_engine=self._database.queue_engine, application_name=_APP)
        return self._client


def _register_workflow(queue: WorkQueue) -> None:
    """Declare the one durable workflow; declared anew because DBOS keeps its registry per process."""
    from dbos import DBOS

    @DBOS.workflow(name=_WORKFLOW)
    async def work(kind: str, payload: dict[str, str]) -> None:
        await DBOS.run_step_async(
            {
                "name": kind,
                "retries_allowed": True,
                "max_attempts": 8,
                "interval_seconds": 0.2,
                "backoff_rate": 2.0,
            },
            queue.run,
            kind,
            payload,
        )
