"""The worker: the one process of a home that carries out durable work."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.jobs import JOBS
from bot.office import Office
from bot.slack.follower import Follower
from bot.tracing import traced

_GRAPH_EVERY_S, _GRAPH_PAUSE_S = 60.0, 0.5
"""How long the graph may lag where nothing is committed, and how many commits it takes in at once."""


class WorkerBusy(RuntimeError):
    """Raised when another process of this home is the worker already."""


@asynccontextmanager
async def working(office: Office, lock: Path) -> AsyncIterator[None]:
    """Do the home's durable work until the block ends. Raises WorkerBusy.

    The lock is held by the process, so that it is free again the moment the process dies, however it dies.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkerBusy(f"another process works in {lock.parent}: stop it, or name another --home") from None
        _hand_out(office)
        await office.queue.start()
        graph = Follower("graph", office.charter.catch_up, every_s=_GRAPH_EVERY_S, pause_s=_GRAPH_PAUSE_S)
        office.ledger.on_commit(graph.wake)
        following = asyncio.create_task(graph.run())
        try:
            yield
        finally:
            graph.stop()
            await following
            await office.queue.stop()
    finally:
        os.close(descriptor)


def _hand_out(office: Office) -> None:
    """Say who does which kind of work."""

    async def review(payload: dict[str, str]) -> None:
        async with traced(office.tracing, office.ledger, "review", payload["plan_id"]):
            await office.reviewer.review(payload["plan_id"])

    async def execute(payload: dict[str, str]) -> None:
        async with traced(office.tracing, office.ledger, "execute", payload["plan_id"]):
            await office.executor.execute(payload["plan_id"], int(payload["revision"]))

    async def land(payload: dict[str, str]) -> None:
        await office.releaser.release(payload["question_id"])

    async def tick(payload: dict[str, str]) -> None:
        name = payload["job"]
        with office.meters.timed(f"job:{name}"), office.tracing.span(f"job {name}"):
            await JOBS[name].run(office)

    office.queue.handle("review", review)
    office.queue.handle("execute", execute)
    office.queue.handle("land", land)
    office.queue.handle("tick", tick)
