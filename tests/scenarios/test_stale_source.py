"""A source that is not read past its limit: plans are refused, nothing is carried out, one case that ends with data."""

import shutil
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.decide import Declined, Seen
from agents.lifecycle.spending import DATA_SLA_DAYS
from agents.sources.source import SourceUnavailable
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from storage.records.alerts import Alert, AlertKind, AlertState
from storage.records.plans import PlanState, PlanStatus
from tests.fakes.clock import HandClock
from tests.scenarios.team import START

LATE = DATA_SLA_DAYS + 1


@pytest.fixture
async def office(proposed_home: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """PLAN-1 waits for approval; the market goes on and nothing of it is read."""
    home = tmp_path / "home"
    shutil.copytree(proposed_home, home)
    async with open_office(Settings(home=home), clock=HandClock(START)) as opened:
        yield opened


async def freshness(office: Office) -> list[Alert]:
    async with office.ledger.read() as tx:
        found = [await tx.alerts.get(f"ALERT-{number}") for number in range(1, 20)]
    return [one for one in found if one is not None and one.finding.kind is AlertKind.FRESHNESS]


async def plan(office: Office, plan_id: str) -> PlanStatus:
    async with office.ledger.read() as tx:
        status = await tx.plans.get(plan_id)
    assert status is not None
    return status


async def days_pass(office: Office, days: int) -> None:
    assert office.sandbox is not None
    for _ in range(days):
        await office.sandbox.tick()


class Silent:
    """A market that shows its campaigns and reports nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
        (self._source,) = office.readers.sources
        self._monkeypatch = monkeypatch

    def __enter__(self) -> None:
        async def metrics(first: date, last: date) -> pl.DataFrame:
            raise SourceUnavailable(f"nothing of {first} to {last}: 503")

        self._monkeypatch.setattr(self._source, "metrics", metrics)

    def __exit__(self, *_error: object) -> None:
        self._monkeypatch.undo()


async def test_plans_on_stale_data_are_refused_until_the_source_is_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    waiting = await plan(office, "PLAN-1")
    read_to = waiting.plan.data_day
    with Silent(monkeypatch, office):
        await days_pass(office, DATA_SLA_DAYS)
        await office.look()
        assert (await plan(office, "PLAN-1")).state is PlanState.WAITING, "within the limit"
        await days_pass(office, 1)
        await office.look()
    outdated = await plan(office, "PLAN-1")
    assert outdated.state is PlanState.REFUSED
    assert f"{LATE} days" in outdated.note
    stale = await office.proposer.propose()
    assert isinstance(stale, PlanStatus)
    assert stale.plan.data_day == read_to, "days that were not read are not behind the plan"
    assert stale.plan.forecasts[0].first == waiting.plan.forecasts[0].first + timedelta(days=LATE)
    assert (stale.state, stale.note) == (PlanState.REFUSED, outdated.note)
    await office.look()
    fresh = await office.proposer.propose()
    assert isinstance(fresh, PlanStatus)
    assert (fresh.state, fresh.plan.data_day) == (PlanState.WAITING, read_to + timedelta(days=LATE))


async def test_a_plan_whose_data_grew_stale_is_not_carried_out(office: Office):
    waiting = await plan(office, "PLAN-1")
    await days_pass(office, LATE)
    async with office.ledger.read() as tx:
        aaron = await tx.people.get("aaron")
    assert aaron is not None
    seen = Seen(plan_id="PLAN-1", revision=waiting.plan.revision, digest=waiting.plan.digest)
    said = await office.decider.approve(seen, aaron, via="test")
    after = await plan(office, "PLAN-1")
    assert isinstance(said, Declined) or after.state is PlanState.REFUSED, said
    async with office.ledger.read() as tx:
        assert await tx.executions.of("PLAN-1", waiting.plan.revision) == ()


async def test_a_source_that_does_not_answer_is_one_case_which_ends_when_it_does(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    with Silent(monkeypatch, office):
        for _ in range(LATE):
            await days_pass(office, 1)
            for _ in range(3):
                await office.look()
    (alert,) = await freshness(office)
    assert (alert.state, alert.times_seen) == (AlertState.OPEN, LATE)
    await office.look()
    (alert,) = await freshness(office)
    assert alert.state is AlertState.RECOVERED
    await days_pass(office, 1)
    await office.look()
    assert len(await freshness(office)) == 1
