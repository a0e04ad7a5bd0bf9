"""The timetable, one line a job. A fire only enqueues `tick:{job}:{fire time}`: equal ids are one run."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from agents.lifecycle.states import ask_again
from bot.office import Office
from bot.witness import keep_checkpoints
from storage.ledger import Ledger

log = structlog.get_logger()

_GRACE_S = 24 * 3600
"""A run missed by less than a day of downtime is caught up, once."""
_REMEMBER = timedelta(days=7)
"""An id that is forgotten can run again, so this outlasts every late duplicate."""


@dataclass(frozen=True)
class Job:
    """What runs when; cron in the team's zone."""

    cron: str
    run: Callable[[Office], Awaitable[object]]
    about: str


async def _tend(office: Office) -> None:
    await office.decider.expire_overdue()
    await office.emergency.close_over(office.clock())
    await office.monitor.wake_snoozed()
    await ask_again(office.ledger, now=office.clock())
    await office.executor.start_due()
    await office.reminder.chase()


async def _sign(office: Office) -> None:
    await keep_checkpoints(office.ledger, office.keyring, office.clock)
    await office.witness.publish()


async def _forget(office: Office) -> None:
    async with office.ledger.write() as tx:
        await tx.deliveries.forget_before(office.clock() - _REMEMBER)
    await office.landing.tidy()
    await office.queue.forget_before(office.clock() - _REMEMBER)


async def _plan(office: Office) -> None:
    await office.observer.pull()
    await office.proposer.propose()


JOBS: dict[str, Job] = {
    "look": Job("*/5 * * * *", lambda office: office.look(), "read every source, check for drift, score outcomes"),
    "pull": Job("* * * * *", lambda office: office.puller.pull(), "read the inbox and the sources of sources.yml"),
    "tend": Job("* * * * *", _tend, "close what is overdue, start what has cooled off, remind and escalate"),
    "sign": Job("*/5 * * * *", _sign, "sign the audit trail and show it outside"),
    "attest": Job("15 * * * *", lambda office: office.attester.check(), "look for changes without a valid approval"),
    "plan": Job("0 7 * * MON", _plan, "ask the planner for the week's plan"),
    "forget": Job("30 3 * * *", _forget, "drop finished work and ids of deliveries older than any retry"),
}


class EnqueueExecutor(BaseExecutor):  # type: ignore[misc]
    """Turns a fire into durable work and does nothing else, so a run survives the process that fired it."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger
        self._sending: set[asyncio.Task[None]] = set()

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        task = asyncio.get_running_loop().create_task(self._enqueue(job.id, run_times[-1]))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _enqueue(self, job_id: str, fired: datetime) -> None:
        at = fired.astimezone(UTC).isoformat(timespec="seconds")
        try:
            async with self._ledger.write() as tx:
                await tx.enqueue("tick", f"tick:{job_id}:{at}", {"job": job_id})
        except Exception as error:  # noqa: BLE001 - APScheduler must be told of any failure, or it stops the job
            log.warning("job.not_enqueued", job=job_id, error=type(error).__name__)
            self._run_job_error(job_id, error, error.__traceback__)
        else:
            self._run_job_success(job_id, [])


def timetable(ledger: Ledger, *, zone: ZoneInfo) -> AsyncIOScheduler:
    """The scheduler with every job, not yet started."""
    scheduler = AsyncIOScheduler(timezone=zone, executors={"default": EnqueueExecutor(ledger)})
    for name, job in JOBS.items():
        scheduler.add_job(
            _never_called,
            CronTrigger.from_crontab(job.cron, timezone=zone),
            id=name,
            name=job.about,
            replace_existing=True,
            coalesce=True,
            misfire_grace_time=_GRACE_S,
        )
    return scheduler


def _never_called() -> None:
    """APScheduler wants a function; the executor enqueues by id instead."""
