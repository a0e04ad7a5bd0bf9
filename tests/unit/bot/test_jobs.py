"""The timetable only enqueues, and equal fires are one run."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.clock import ClockTrigger
from bot.jobs import JOBS, EnqueueExecutor, catch_up, each, timetable
from storage.database import Database
from storage.ledger import Ledger
from storage.work_queue import WorkQueue

LONDON = ZoneInfo("Europe/London")
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
        assert all(job.coalesce and job.misfire_grace_time is None for job in jobs.values())
        assert all(isinstance(job.trigger, ClockTrigger) for job in jobs.values())
    finally:
        scheduler.shutdown(wait=False)


class TestCatchingUp:
    """The bot was down, and what was due meanwhile is made up for once."""

    @staticmethod
    async def runs(ledger: Ledger, database: Database, now: datetime) -> tuple[tuple[str, ...], int]:
        """What a start at the moment asks for, and how much work waits then."""
        missed = await catch_up(ledger, zone=LONDON, now=now)
        return missed, await _waiting(database)

    async def test_a_new_home_has_missed_nothing(self, ledger: Ledger, database: Database) -> None:
        assert await self.runs(ledger, database, FIRED) == ((), 0)

    async def test_every_job_that_was_due_runs_once_however_many_times_it_was(
        self, ledger: Ledger, database: Database
    ) -> None:
        await self.runs(ledger, database, FIRED)
        missed, waiting = await self.runs(ledger, database, FIRED + timedelta(days=20))
        assert (set(missed), waiting) == (set(JOBS), len(JOBS))
        assert await self.runs(ledger, database, FIRED + timedelta(days=20, seconds=20)) == ((), waiting)

    async def test_only_what_was_due_is_made_up_for(self, ledger: Ledger, database: Database) -> None:
        await self.runs(ledger, database, FIRED)
        missed, _ = await self.runs(ledger, database, FIRED + timedelta(minutes=4))
        assert set(missed) == {name for name, job in JOBS.items() if job.cron == "* * * * *"}

    async def test_a_weekly_job_missed_on_monday_is_made_up_for_on_friday_and_comes_again_on_monday(
        self, ledger: Ledger, database: Database
    ) -> None:
        sunday = datetime(2026, 3, 29, 12, tzinfo=UTC)
        await self.runs(ledger, database, sunday)
        friday = sunday + timedelta(days=5)
        assert "plan" in (await self.runs(ledger, database, friday))[0]
        assert "plan" not in (await self.runs(ledger, database, friday + timedelta(hours=30)))[0]
        assert "plan" in (await self.runs(ledger, database, friday + timedelta(days=4)))[0]

    async def test_a_run_that_was_fired_before_the_crash_is_not_made_up_for(
        self, ledger: Ledger, database: Database
    ) -> None:
        await self.runs(ledger, database, FIRED)
        await _fire(_started(ledger), FIRED + timedelta(minutes=1))
        before = await _waiting(database)
        missed, waiting = await self.runs(ledger, database, FIRED + timedelta(minutes=1, seconds=30))
        assert "tend" not in missed
        assert waiting == before + len(missed)

    async def test_two_replicas_that_start_together_make_up_for_it_once(
        self, ledger: Ledger, database: Database
    ) -> None:
        await self.runs(ledger, database, FIRED)
        later = FIRED + timedelta(days=2)
        missed, waiting = await self.runs(ledger, database, later)
        again, still = await self.runs(ledger, database, later)
        assert (again, still) == ((), waiting)
        assert len(set(missed)) == len(missed)

    async def test_the_hour_that_comes_twice_is_made_up_for_in_order(self, ledger: Ledger, database: Database) -> None:
        autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        await self.runs(ledger, database, autumn)
        for minutes in range(1, 60, 7):
            missed, _ = await self.runs(ledger, database, autumn + timedelta(minutes=minutes))
            assert "tend" in missed


async def test_a_step_that_fails_keeps_no_other_from_its_turn() -> None:
    taken = []

    async def fails() -> None:
        raise ValueError("a damaged review")

    async def start_due() -> None:
        taken.append("start_due")

    with pytest.raises(ValueError, match="a damaged review"):
        await each({"pursue": fails, "start_due": start_due})
    with pytest.raises(ExceptionGroup) as several:
        await each({"pursue": fails, "call_owners": fails, "start_due": start_due})
    assert len(several.value.exceptions) == 2
    assert taken == ["start_due"] * 2
