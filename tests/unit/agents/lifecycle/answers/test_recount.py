"""What became of plans, as numbers that people ask for: hits of forecasts, costs, times, and whose rules they go by."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.governance.rules import load_rules
from agents.kpis.costs import Cost
from agents.kpis.object_reader import TeamTime
from agents.kpis.opening import round_the_clock
from agents.kpis.query import KpiQuery
from agents.kpis.understanding import KpiQuestion
from agents.kpis.views import DiscountCaps
from agents.kpis.windows import Window
from agents.lifecycle.answers.recount import Recounter
from agents.lifecycle.cases.attest import Attester
from agents.lifecycle.decide import Accepted
from agents.lifecycle.rules.enact import Rulebook
from storage.records.alerts import Outcome, OutcomeScore
from storage.records.kpis import KpiAnswer
from storage.records.plans import Plan
from storage.signing import Keyring
from tests.builders import AARON, TODAY, a_forecast
from tests.unit.agents.lifecycle.answers.enquiries import DAY, Desk, a_desk, week
from tests.unit.agents.lifecycle.house import House, seen

FORECAST = ("cpc", "ctr", "revenue", "roas", "spend")
"""KPIs of the plan, each of which is promised to be 90 to 110, most likely 100."""


@pytest.fixture
async def plan(house: House) -> Plan:
    """Carried out, and its forecasts are to be scored."""
    hundred = {"baseline": Decimal(80), "low": Decimal(90), "middle": Decimal(100), "high": Decimal(110)}
    promised = tuple(a_forecast(kpi=name, **hundred) for name in FORECAST)
    made = (await house.proposer.file(house.proposal(brand=440).model_copy(update={"forecasts": promised}))).plan
    await house.approved(made, AARON)
    return made


async def scored(house: House, plan: Plan, kpi: str, measured: int | None, **changes: Any) -> None:
    outcome = Outcome(
        **{
            "plan_id": plan.id, "kpi": kpi, "score": OutcomeScore.MET, "text": "scored", "scored_on": TODAY,
            "final": True, "measured": None if measured is None else Decimal(measured), **changes,
        }
    )  # fmt: skip
    async with house.ledger.write() as tx:
        await tx.executions.score(outcome)


async def asked(desk: Desk, kpi: str, first: date = TODAY, last: date = TODAY, **more: Any) -> KpiAnswer:
    window = Window(first=first, last=last, words="then")
    reply = await desk.asked(KpiQuestion(KpiQuery(kpi=kpi, window=window, **more)))
    assert reply.answer is not None
    return reply.answer


async def test_forecasts_that_came_out_inside_their_range_are_the_share_of_those_scored_for_good(
    house: House, tmp_path: Path, plan: Plan
):
    await scored(house, plan, "cpc", 105)
    await scored(house, plan, "ctr", 120)  # better than promised is outside of the range too
    await scored(house, plan, "revenue", None, score=OutcomeScore.MISSED)
    await scored(house, plan, "roas", 100, score=OutcomeScore.CANNOT_TELL)
    await scored(house, plan, "spend", 100, final=False)
    await scored(house, plan, "sessions", 100)  # of which nothing was promised
    answer = await asked(a_desk(house, tmp_path), "plan_accuracy")
    assert (answer.numerator, answer.denominator) == (1, 3)
    assert answer.simulated


async def test_how_far_forecasts_lay_off_is_a_share_of_what_was_measured(house: House, tmp_path: Path, plan: Plan):
    await scored(house, plan, "cpc", 125)
    await scored(house, plan, "ctr", 50)
    await scored(house, plan, "revenue", 0)  # of nothing there is no share
    await scored(house, plan, "roas", None)  # from before it was kept
    reply = await a_desk(house, tmp_path).asked("forecast error today")
    assert reply.answer is not None
    assert reply.answer.value == 60  # 20 % and 100 %
    assert "60.00%" in reply.text
    assert (await asked(a_desk(house, tmp_path), "plan_accuracy")).value == 25


async def test_a_score_of_a_later_day_is_not_known_before(house: House, tmp_path: Path, plan: Plan):
    await scored(house, plan, "cpc", 100, scored_on=TODAY + DAY)
    desk, now = a_desk(house, tmp_path), house.clock()
    assert (await asked(desk, "plan_accuracy", TODAY, TODAY + DAY, as_of=now)).no_data
    assert (await desk.recounter.work({"forecast"}, as_of=now, simulated=True))["forecast"].is_empty()
    house.clock.pass_(days=1)
    assert (await asked(desk, "plan_accuracy", TODAY, TODAY + DAY)).value == 100


async def test_a_change_that_people_approved_complies_and_tells_how_long_it_took(house: House, tmp_path: Path):
    made = (await house.proposer.file(house.proposal(brand=440))).plan
    house.clock.pass_(minutes=30)
    await house.approve(made, AARON)
    house.clock.pass_(minutes=10)
    await house.queue.run()
    desk = a_desk(house, tmp_path)
    assert (await asked(desk, "governance_compliance")).value == 100
    assert (await asked(desk, "plan_approval_wait")).value == 30
    assert (await asked(desk, "plan_execution_time")).value == 10
    assert (await asked(desk, "plan_cycle_time", by="channel")).rows[0].label == "paid_search"


async def test_a_plan_that_somebody_rejected_is_counted_and_took_no_time(house: House, tmp_path: Path):
    made = (await house.proposer.file(house.proposal(brand=440))).plan
    said = await house.decider.reject(seen(made), AARON, reason="too dear", via="test")
    assert isinstance(said, Accepted), said
    desk = a_desk(house, tmp_path)
    assert (await asked(desk, "plans_rejected")).value == 1
    assert (await asked(desk, "plan_cycle_time")).value is None


async def test_plans_of_several_channels_are_told_as_of_several(house: House, tmp_path: Path):
    plan = (await house.asked(brand=440, hero=180)).plan
    await house.approved(plan, AARON)
    assert [one.label for one in (await asked(a_desk(house, tmp_path), "plan_cycle_time", by="channel")).rows] == [
        "several"
    ]


async def test_what_acquisition_costs_besides_is_counted_to_today_and_for_real_data_alone(house: House, tmp_path: Path):
    agency = Cost.model_validate(
        {"name": "agency", "amount": "3000.00", "currency": "GBP", "from": "2025-06-01", "to": "2025-06-30"}
    )
    desk = a_desk(house, tmp_path, *week(100, simulated=False), costs=(agency,))
    won = {"stage": "won", "state": "won", "currency": "GBP", "created_at": house.clock(), "closed_at": house.clock()}
    moved = {"created_at": house.clock() - timedelta(days=2), "closed_at": house.clock() - timedelta(days=1)}
    await desk.study.entities("deal", {"id": "1", **won, **moved}, {"id": "2", **won, **moved}, source="hubspot")
    answer = await asked(desk, "cac_loaded", date(2025, 6, 1), date(2025, 6, 2))
    assert answer.value == 200  # £200 of advertising and £200 of the agency for two customers
    real = await desk.recounter.work({"cost"}, as_of=None, simulated=False)
    assert [f"{day}" for day in real["cost"]["day"]] == ["2025-06-01", "2025-06-02", "2025-06-03"]
    assert (await desk.recounter.work({"cost"}, as_of=None, simulated=True))["cost"].is_empty()


async def test_by_rules_that_are_trusted_time_is_counted_in_the_teams_hours(house: House, tmp_path: Path):
    team = await a_desk(house, tmp_path).recounter.team()
    assert team.zone == house.rules.calendar.zone
    assert team.hours == house.rules.calendar.hours_between


async def test_rules_without_limits_cap_no_discount_and_those_with_caps_do(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path)
    assert house.rules.limits is not None
    capped = house.rules.limits.model_copy(update={"discount_cap_bp": 2_000, "stacked_discount_cap_bp": 3_000})
    for limits, caps in ((None, DiscountCaps()), (capped, DiscountCaps(single=2_000, stacked=3_000))):
        await house.adopt(load_rules(limits=limits))
        assert (await desk.recounter.team()).caps == caps


async def test_where_no_rules_can_be_trusted_time_is_counted_round_the_clock(house: House, tmp_path: Path):
    """Nothing was ever adopted here."""
    rulebook = Rulebook(Keyring(tmp_path / "keys"))
    attester = Attester(house.ledger, rulebook, clock=house.clock)
    team = await Recounter(house.ledger, rulebook, attester, costs=(), clock=house.clock).team()
    assert team == TeamTime()
    assert (team.zone, team.hours) == ("UTC", round_the_clock)
