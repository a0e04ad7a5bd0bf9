"""What a view is made of: everything is counted though the newest is listed, and all of it is of one moment."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.kpis.engine import KpiEngine
from bot.dashboard.gathering import MOST_CASES, MOST_PLANS, gathered
from bot.dashboard.sections import cases, plans
from bot.office import Office
from storage.records.alerts import AlertState
from storage.records.plans import PlanState
from tests.builders import a_finding, a_plan
from tests.unit.storage.lake_facts import load

LONDON = ZoneInfo("Europe/London")


async def test_cases_beyond_those_that_are_listed_are_counted(office: Office) -> None:
    now, seen_on = office.clock(), office.clock().date()
    async with office.ledger.write() as tx:
        for number in range(260):
            opened = await tx.alerts.open(a_finding(key=f"drift/{number}", seen_on=seen_on), now=now)
            if number >= 50:
                await tx.alerts.save(opened.model_copy(update={"state": AlertState.RECOVERED}))
        ended = a_finding(key="drift/long ago", seen_on=date(2001, 1, 1))
        old = await tx.alerts.open(ended, now=now - timedelta(days=900))
        await tx.alerts.save(old.model_copy(update={"state": AlertState.RECOVERED}))
    seen = await gathered(office, days=28, zone=LONDON)

    assert seen.totals is not None
    assert (seen.totals.open_cases, seen.totals.ended_cases) == (50, 210)
    assert [one.state for one in seen.cases] == ["open"] * MOST_CASES
    assert seen.cases[0].id == "ALERT-50"
    assert "50 cases are open, 210 are over. The newest 40 of 260 are listed." in cases(seen, LONDON)


async def test_plans_beyond_those_that_are_listed_are_counted(office: Office) -> None:
    now = office.clock()
    old = {"data_day": date(2001, 1, 1), "created_at": now - timedelta(days=900)}
    async with office.ledger.write() as tx:
        for number in range(1, 262):
            plan = a_plan(id=f"PLAN-{number}", **(old if number < 3 else {"data_day": now.date()}))
            await tx.plans.add(plan, now=plan.created_at if number < 3 else now)
            state = {1: PlanState.WAITING, 2: PlanState.EXPIRED}.get(number, PlanState.DONE)
            moved = now - timedelta(days=900) if number == 2 else now
            await tx.plans.move(plan.id, revision=1, origins=[PlanState.PROPOSED], to=state, now=moved)
    seen = await gathered(office, days=28, zone=LONDON)

    assert seen.totals is not None
    assert seen.totals.plans == 260, "the one that is open is old and counts, the one that is over is old and does not"
    assert len(seen.plans) == MOST_PLANS
    assert "The newest 40 of 260 are listed." in plans(seen, LONDON)
    assert (seen.successes[0].well, seen.successes[0].all) == (259, 259)


@dataclass
class LandingMeanwhile:
    """The engine of an office in which loads land after so many answers."""

    office: Office
    after: list[int]
    asked: int = 0

    async def ask(self, query: Any) -> Any:
        answer = await self.office.kpis.ask(query)
        self.asked += 1
        if self.asked in self.after:
            landed = load(self.asked).model_copy(update={"simulated": True})
            async with self.office.ledger.write() as tx:
                await tx.loads.add(landed, fingerprint=landed.id, lake_version=0)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.office.kpis, name)


@pytest.mark.parametrize(("after", "times"), [([], 1), ([3], 2)])
async def test_where_a_load_lands_meanwhile_every_trend_is_read_again(
    office: Office, after: list[int], times: int
) -> None:
    usual = LandingMeanwhile(office, [])
    await gathered(_with(office, usual), days=7, zone=LONDON)
    engine = LandingMeanwhile(office, after)
    seen = await gathered(_with(office, engine), days=7, zone=LONDON)

    assert engine.asked == times * usual.asked
    assert seen.trends
    assert len({one.as_of for one in seen.trends if one.kpi in ("roas", "spend", "cpa")}) == 1


def _with(office: Office, engine: LandingMeanwhile) -> Office:
    kpis: KpiEngine = engine  # type: ignore[assignment]
    return replace(office, kpis=kpis)
