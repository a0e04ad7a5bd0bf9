"""The timetable only enqueues, and equal fires are one run."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.jobs import JOBS, EnqueueExecutor, timetable
from storage.database import Database
from storage.ledger import Ledger
from storage.work_queue import WorkQueue

FIRED = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


class _Fire:
    """What an executor sees of an APScheduler job."""

    id = "tend"


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    return Ledger(database, WorkQueue(database))


async def _waiting(database: Database) -> int:
    return await WorkQueue(database).unfinished()


async def _fire(executor: EnqueueExecutor, *at: datetime) -> None:
    executor._do_submit_job(_Fire(), list(at))
    while executor._sending:
        await asyncio.gather(*executor._sending)


def _started(ledger: Ledger) -> EnqueueExecutor:
    executor = EnqueueExecutor(ledger)
    executor.start(timetable(ledger, zone=ZoneInfo("UTC")), "default")
    return executor


async def test_two_replicas_that_fire_at_the_same_moment_enqueue_one_run(ledger: Ledger, database: Database) -> None:
    here, there = _started(ledger), _started(ledger)
    await _fire(here, FIRED)
    await _fire(there, FIRED.astimezone(ZoneInfo("Europe/London")))
    assert await _waiting(database) == 1


async def test_fires_at_different_moments_are_different_runs(ledger: Ledger, database: Database) -> None:
    executor = _started(ledger)
    await _fire(executor, FIRED)
    await _fire(executor, FIRED + timedelta(minutes=1))
    assert await _waiting(database) == 2


async def test_runs_missed_during_a_restart_are_caught_up_once(ledger: Ledger, database: Database) -> None:
    """APScheduler hands coalesced fires to the executor as one list; the newest names the run."""
    executor = _started(ledger)
    await _fire(executor, FIRED, FIRED + timedelta(minutes=1), FIRED + timedelta(minutes=2))
    assert await _waiting(database) == 1


async def test_every_job_is_on_the_timetable_and_survives_a_long_restart(ledger: Ledger) -> None:
    scheduler = timetable(ledger, zone=ZoneInfo("Europe/London"))
    scheduler.start(paused=True)
    try:
        jobs = {job.id: job for job in scheduler.get_jobs()}
        assert set(jobs) == set(JOBS)
        assert all(job.coalesce and job.misfire_grace_time >= 3600 for job in jobs.values())
        assert all(isinstance(job.trigger, CronTrigger) for job in jobs.values())
    finally:
        scheduler.shutdown(wait=False)
