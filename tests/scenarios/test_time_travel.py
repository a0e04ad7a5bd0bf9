"""Time passes, the bot is away, clocks change, data come late: everything due happens once, and nothing is told twice."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agents.governance.calendar import sandbox_calendar
from agents.governance.calendar_text import dump_calendar
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from agents.lifecycle.intake.hold import Said
from bot.jobs import JOBS, catch_up
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.worker import working
from storage.records.alerts import Alert, AlertKind, AlertState
from storage.records.kpis import KpiAnswer
from storage.records.people import Person
from tests.fakes.clock import HandClock
from tests.scenarios.team import START
from tests.unit.agents.exports.files import google, written

FRIDAY = datetime(2026, 3, 27, 10, 0, tzinfo=UTC)
"""The last working day before London's clocks go forward, on Sunday 29 March."""
AWAY = timedelta(days=3)
PATIENCE_S = 60.0


@asynccontextmanager
async def at_work(home: Path, clock: HandClock) -> AsyncIterator[Office]:
    """The bot starts, makes up for what it missed, and stops when the block ends."""
    settings = Settings(home=home)
    async with open_office(settings, clock=clock) as office, working(office, settings.worker_lock):
        await catch_up(office.ledger, zone=await office.zone(), now=clock())
        await idle(office)
        yield office


async def idle(office: Office) -> None:
    """Until nothing is left to be done."""
    async with asyncio.timeout(PATIENCE_S):
        while await office.queue.unfinished():  # noqa: ASYNC110 - nobody is told when all work is done
            await asyncio.sleep(0.02)


async def alerts(office: Office) -> list[Alert]:
    """Every case that there ever was."""
    async with office.ledger.read() as tx:
        found = [await tx.alerts.get(f"ALERT-{number}") for number in range(1, 60)]
    return [one for one in found if one is not None]


async def late(office: Office) -> list[Alert]:
    return [one for one in await alerts(office) if one.finding.kind is AlertKind.FRESHNESS]


async def person(office: Office, name: str) -> Person:
    async with office.ledger.read() as tx:
        found = await tx.people.get(name)
    assert found is not None
    return found


@pytest.fixture
async def files_home(tmp_path: Path) -> Path:
    """A home of files, whose team works Monday to Friday from nine to five in London."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "calendar.yml").write_text(dump_calendar(sandbox_calendar()), encoding="utf-8")
    async with open_office(Settings(home=home), clock=HandClock(FRIDAY), make=True) as office:
        await catch_up(office.ledger, zone=await office.zone(), now=FRIDAY)
    return home


async def land(office: Office, folder: Path, *rows: str, name: str = "ads.csv") -> None:
    path = written(folder, google(*rows), name=name)
    (landed,) = await office.landing.land([path], None, via="test", said=Said())
    assert landed.load_id is not None, landed


def day(when: date, cost: str = "1.50") -> str:
    return f"Brand,{when},GBP,10,1,{cost}"


async def test_after_days_away_every_job_runs_once_and_every_case_is_told_once(done_home: Path, tmp_path: Path):
    home, clock = Path(shutil.copytree(done_home, tmp_path / "home")), HandClock(START)
    async with at_work(home, clock) as office:
        before = await alerts(office)
        assert office.sandbox is not None
        for _ in range(5):
            await office.sandbox.tick()
    clock.now += AWAY
    async with at_work(home, clock) as office:
        found = await alerts(office)
        assert len(found) > len(before), "what went wrong meanwhile was seen"
        assert max(Counter(one.finding.key for one in found).values()) == 1
        audited = await opened(office)
        assert max(audited.values()) == 1
    for _ in range(2):
        clock.now += timedelta(minutes=6)
        async with at_work(home, clock) as office:
            assert await alerts(office) == found, "nothing new is said of a day that was looked at"
            assert await opened(office) == audited


async def opened(office: Office) -> Counter[str]:
    """How often the trail says that each case was opened."""
    async with office.ledger.read() as tx:
        entries = [entry for one in await alerts(office) for entry in await tx.audit.of(one.id)]
    return Counter(entry.subject for entry in entries if entry.action == "alert.opened")


async def test_late_data_become_one_case_on_the_working_day_that_was_promised(files_home: Path, tmp_path: Path):
    """Thursday's figures: three working days end with Tuesday's, and the clocks change on Sunday in between."""
    clock = HandClock(FRIDAY)
    async with at_work(files_home, clock) as office:
        await land(office, tmp_path, day(date(2026, 3, 26)))
    for moment in (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 3, 31, 22, 59, tzinfo=UTC)):
        clock.now = moment
        async with at_work(files_home, clock) as office:
            assert await late(office) == [], moment
    for moment in (datetime(2026, 3, 31, 23, 5, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)):
        clock.now = moment
        async with at_work(files_home, clock) as office:
            (alert,) = await late(office)
    assert alert.finding.title == "Data of google_ads are late since Wed 1 Apr 2026, 00:00 BST"
    assert alert.times_seen == 1


async def test_old_days_that_come_late_and_restated_ones_leave_the_case_open_and_old_answers_as_they_were(
    files_home: Path, tmp_path: Path
):
    """Only newer days end it; and what was answered before is answered again as of then."""
    newest, clock = date(2026, 3, 26), HandClock(FRIDAY)
    async with at_work(files_home, clock) as office:
        await land(office, tmp_path, day(newest, "10.00"))
        then, told = clock(), await spend(office, newest)
    clock.now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    async with at_work(files_home, clock) as office:
        assert len(await late(office)) == 1
        await land(office, tmp_path, day(newest, "12.00"), name="restated.csv")
        await land(office, tmp_path, day(date(2026, 3, 20), "3.00"), name="older.csv")
        await office.look()
        (alert,) = await late(office)
        assert alert.state is not AlertState.RECOVERED
        assert (await spend(office, newest)).value == Decimal(12)
        assert (await spend(office, newest, as_of=then)).value == told.value == Decimal(10)
        await land(office, tmp_path, day(date(2026, 4, 1)), name="newer.csv")
        await office.look()
        (alert,) = await late(office)
        assert alert.state is AlertState.RECOVERED


async def spend(office: Office, when: date, *, as_of: datetime | None = None) -> KpiAnswer:
    window = Window(first=when, last=when, words="that day")
    return await office.kpis.ask(KpiQuery(kpi="spend", window=window, as_of=as_of))


async def test_a_snooze_that_ended_while_nobody_was_there_opens_the_case_once(files_home: Path, tmp_path: Path):
    """From Thursday for two days is Saturday, when nobody is there: it ends on Monday at nine by the new clock."""
    clock = HandClock(FRIDAY)
    async with at_work(files_home, clock) as office:
        await land(office, tmp_path, day(date(2026, 3, 18)))
        assert await late(office) == [], "it was late already when it came"
        await land(office, tmp_path, day(date(2026, 3, 25)), name="now.csv")
    clock.now = datetime(2026, 4, 2, 16, tzinfo=UTC)
    async with at_work(files_home, clock) as office:
        (alert,) = await late(office)
        snoozed = await office.attendant.snooze(alert.id, await person(office, "olivia"), days=2)
        assert isinstance(snoozed, Alert), snoozed
        assert snoozed.snoozed_until == datetime(2026, 4, 6, 8, tzinfo=UTC)
    clock.now = datetime(2026, 4, 6, 7, 59, tzinfo=UTC)
    async with at_work(files_home, clock) as office:
        assert [one.state for one in await late(office)] == [AlertState.SNOOZED]
    clock.now = datetime(2026, 4, 8, 9, tzinfo=UTC)
    for _ in range(2):
        clock.now += timedelta(minutes=6)
        async with at_work(files_home, clock) as office:
            (alert,) = await late(office)
            assert alert.state is AlertState.OPEN
            async with office.ledger.read() as tx:
                told = Counter(entry.action for entry in await tx.audit.of(alert.id))
            assert told["alert.woken"] == 1


async def test_a_review_that_was_due_while_nobody_was_there_is_late_once(files_home: Path, tmp_path: Path):
    clock = HandClock(FRIDAY)
    async with at_work(files_home, clock) as office:
        await land(office, tmp_path, day(date(2026, 3, 25)))
    clock.now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    async with at_work(files_home, clock) as office:
        (alert,) = await late(office)
        review = await office.examiner.review(alert.id)
    if review is None:
        pytest.skip("cases of late data are not reviewed")
    assert review.due_at is not None
    assert sandbox_calendar().is_open(review.due_at - timedelta(seconds=1)), "due while the team is at work"
    clock.now = review.due_at + timedelta(hours=1)
    lates = []
    for _ in range(3):
        clock.now += timedelta(minutes=6)
        async with at_work(files_home, clock) as office:
            after = await office.examiner.review(alert.id)
            assert after is not None
            lates.append(after.late)
    assert lates == [1, 1, 1]


async def test_plans_expire_by_business_time_also_when_nobody_was_there_to_see(proposed_home: Path, tmp_path: Path):
    home, clock = Path(shutil.copytree(proposed_home, tmp_path / "home")), HandClock(START)
    async with at_work(home, clock) as office:
        async with office.ledger.read() as tx:
            waiting = await tx.plans.get("PLAN-1")
        assert waiting is not None
        assert sandbox_calendar().is_open(waiting.plan.expires_at - timedelta(seconds=1))
    clock.now = waiting.plan.expires_at + timedelta(days=9)
    for _ in range(2):
        clock.now += timedelta(minutes=1)
        async with at_work(home, clock) as office, office.ledger.read() as tx:
            actions = Counter(entry.action for entry in await tx.audit.of("PLAN-1"))
            assert actions["plan.expired"] == 1


async def test_every_job_of_the_timetable_can_be_made_up_for_at_once(files_home: Path):
    clock = HandClock(FRIDAY + timedelta(days=40))
    settings = Settings(home=files_home)
    async with open_office(settings, clock=clock) as office, working(office, settings.worker_lock):
        missed = await catch_up(office.ledger, zone=await office.zone(), now=clock())
        assert set(missed) == set(JOBS)
        await idle(office)
        assert await catch_up(office.ledger, zone=await office.zone(), now=clock()) == ()
