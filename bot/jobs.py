"""The timetable, one line a job. A fire only enqueues `tick:{job}:{fire time}`: equal ids are one run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from agents.lifecycle.states import ask_again
from bot.clock import ClockTrigger
from bot.office import Office
from bot.witness import keep_checkpoints
from storage.ledger import Ledger, Transaction

log = structlog.get_logger()

_REMEMBER = timedelta(days=7)
"""An id that is forgotten can run again, so this outlasts every late duplicate."""

_VIEWS_KEPT = timedelta(days=400)
"""How long a view of the dashboard can be opened again: a year, and some weeks to look back at it."""


@dataclass(frozen=True)
class Job:
    """What runs when; cron in the team's zone."""

    cron: str
    run: Callable[[Office], Awaitable[object]]
    about: str


async def _tend(office: Office) -> None:
    await each(
        {
            "expire": office.decider.expire_overdue,
            "close_glass": lambda: office.emergency.close_over(office.clock()),
            "wake": office.attendant.wake_snoozed,
            "pursue": office.pursuit.keep_up,
            "call_owners": office.notifications.call_owners,
            "ask_again": lambda: ask_again(office.ledger, now=office.clock()),
            "start_due": office.executor.start_due,
            "chase": office.reminder.chase,
            "flush": lambda: office.meters.flush(office.ledger),
        }
    )


async def each(steps: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
    """Take every step, whatever becomes of those before it; raises at the end what went wrong."""
    failed = []
    for name, step in steps.items():
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - a damaged alert is no reason to keep an approved plan waiting
            log.warning("job.step_failed", step=name, error=type(error).__name__)
            failed.append(error)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise ExceptionGroup("several steps failed", failed)


async def _sign(office: Office) -> None:
    await keep_checkpoints(office.ledger, office.keyring, office.clock)
    await office.witness.publish()


async def _forget(office: Office) -> None:
    async with office.ledger.write() as tx:
        await tx.deliveries.forget_before(office.clock() - _REMEMBER)
        await tx.dashboards.forget_before(office.clock() - _VIEWS_KEPT)
    await office.landing.tidy()
    await office.queue.forget_before(office.clock() - _REMEMBER)


JOBS: dict[str, Job] = {
    "look": Job("*/5 * * * *", lambda office: office.look(), "read every source, check for drift, score outcomes"),
    "pull": Job("* * * * *", lambda office: office.puller.pull(), "read the inbox and the sources of sources.yml"),
    "tend": Job("* * * * *", _tend, "close what is overdue, start what has cooled off, remind and escalate"),
    "sign": Job("*/5 * * * *", _sign, "sign the audit trail and show it outside"),
    "attest": Job("15 * * * *", lambda office: office.attester.check(), "look for changes without a valid approval"),
    "plan": Job("0 7 * * MON", lambda office: office.plan(), "ask the planner for the week's plan"),
    "digest": Job("0 9 * * *", lambda office: office.digester.make(), "tell of alerts: small, waiting, over"),
    "evaluate": Job("30 4 * * *", lambda office: office.evaluator.run(), "hold agents against what came"),
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
        try:
            async with self._ledger.write() as tx:
                await _fire(tx, job_id, fired)
        except Exception as error:  # noqa: BLE001 - APScheduler must be told of any failure, or it stops the job
            log.warning("job.not_enqueued", job=job_id, error=type(error).__name__)
            self._run_job_error(job_id, error, error.__traceback__)
        else:
            self._run_job_success(job_id, [])


def timetable(ledger: Ledger, *, zone: ZoneInfo) -> AsyncIOScheduler:
    """The scheduler with every job, not yet started."""
    scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": EnqueueExecutor(ledger)})
    for name, job in JOBS.items():
        scheduler.add_job(
            _never_called,
            ClockTrigger(job.cron, zone),
            id=name,
            name=job.about,
            replace_existing=True,
            coalesce=True,
            # However long the machine slept: what was missed meanwhile is one run.
            misfire_grace_time=None,
        )
    return scheduler


async def catch_up(ledger: Ledger, *, zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    """Enqueue once each job that was due while nobody was there; gives their names. Call it before it starts.

    Of many missed runs only the newest is made up for, under the id that it would have had. A job that has never been
    fired here is new, and has missed nothing.
    """
    missed = []
    async with ledger.write() as tx:
        for name, job in JOBS.items():
            known = await tx.home.get(_fired(name))
            if known is None:
                await tx.home.put(_fired(name), _text(now))
                continue
            newest = ClockTrigger(job.cron, zone).newest(since=datetime.fromisoformat(known), until=now)
            if newest is not None:
                await _fire(tx, name, newest)
                missed.append(name)
    if missed:
        log.info("jobs.caught_up", jobs=missed)
    return tuple(missed)


async def _fire(tx: Transaction, job_id: str, fired: datetime) -> None:
    """Have a run done, and remember that it was due: equal fires are one run."""
    await tx.enqueue("tick", f"tick:{job_id}:{_text(fired)}", {"job": job_id})
    known = await tx.home.get(_fired(job_id))
    if known is None or datetime.fromisoformat(known) < fired:
        await tx.home.put(_fired(job_id), _text(fired))


def _fired(job_id: str) -> str:
    return f"fired:{job_id}"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _never_called() -> None:
    """APScheduler wants a function; the executor enqueues by id instead."""
