"""What is proposed waits for as long as the team's calendar says, and a person may ask for more than budgets."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agents.governance.calendar import ALWAYS, Calendar, sandbox_calendar
from agents.governance.limits import sandbox_limits
from agents.governance.rules import load_rules
from agents.team.requests import Unplannable, Wish
from storage.database import Database
from storage.records.plans import PlanKind, PlanState, PlanStatus
from tests.builders import AARON, OLIVIA, pounds
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.house import House, a_house


@pytest.mark.parametrize(
    ("now", "expires"),
    [
        # London: business days of eight hours. The last day of May 2025 is a Saturday.
        ("2025-06-03 09:30", "2025-06-04 09:30"),
        ("2025-06-06 15:00", "2025-06-09 15:00"),
        ("2025-06-07 11:00", "2025-06-09 16:00"),
        # The clocks went back on Sunday, 26 October 2025: 16:00 in London is 15:00, then 16:00 in UTC.
        ("2025-10-24 15:00", "2025-10-27 16:00"),
    ],
)
async def test_people_have_a_business_day(database: Database, tmp_path: Path, now: str, expires: str):
    rules = load_rules(limits=sandbox_limits(pounds(1000)), calendar=sandbox_calendar())
    clock = HandClock(datetime.fromisoformat(now).replace(tzinfo=UTC))
    async with a_house(database, tmp_path, clock, rules=rules) as house:
        plan = (await house.asked(brand=440)).plan
        assert plan.expires_at == datetime.fromisoformat(expires).replace(tzinfo=UTC)


async def test_without_a_calendar_they_have_a_day(house: House):
    plan = (await house.proposer.file(house.proposal(brand=440))).plan
    assert (plan.expires_at - plan.created_at).total_seconds() == ALWAYS.expire_after_minutes * 60


async def test_a_held_plan_gets_no_more_time(database: Database, tmp_path: Path, clock: HandClock):
    rules = load_rules(limits=sandbox_limits(pounds(1000)), calendar=Calendar(expire_after_minutes=60))
    async with a_house(database, tmp_path, clock, rules=rules) as house:
        await house.asked(brand=440)
        held = (await house.asked(brand=420)).plan
        clock.pass_(hours=1)
        assert await house.decider.expire_overdue() == 2
        assert (await house.status(held)).state is PlanState.EXPIRED


async def test_a_campaign_may_be_paused_by_the_same_path(house: House):
    asked = await house.proposer.request({}, OLIVIA, changes=[Wish(campaign="brand", field="status", value="paused")])
    assert isinstance(asked, PlanStatus)
    assert (asked.state, asked.plan.kind, asked.plan.title) == (PlanState.WAITING, PlanKind.BUDGET, "Pause Brand")


async def test_budgets_and_other_wishes_are_one_plan(house: House):
    wish = Wish(campaign="email/news", field="status", value="paused")
    asked = await house.proposer.request({"brand": Decimal(440)}, OLIVIA, changes=[wish])
    assert isinstance(asked, PlanStatus)
    assert [change.field for change in asked.plan.changes] == ["daily_budget", "status"]
    assert asked.plan.data_day == house.platform.day.replace(day=house.platform.day.day - 1)


async def test_a_wish_that_cannot_be_is_answered_and_nothing_is_filed(house: House):
    wish = Wish(campaign="brand", field="price", value="5")
    assert isinstance(await house.proposer.request({}, AARON, changes=[wish]), Unplannable)
    house.platform.campaigns.clear()
    assert isinstance(await house.proposer.request({"brand": Decimal(5)}, AARON), Unplannable)
    async with house.ledger.read() as tx:
        assert await tx.plans.recent() == ()
