"""What a KPI will come to: a range that was tried, what of it is known, and refusals that say why."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agents.kpis.query import KpiQuery
from agents.kpis.understanding import ForecastQuestion
from agents.kpis.windows import Window
from agents.lifecycle.answers.foresee import Foreseen
from tests.unit.agents.lifecycle.answers.enquiries import DAY, YESTERDAY, a_desk, week
from tests.unit.agents.lifecycle.house import House

STEADY = week(100, days=120)
"""£100 a day, every day."""
JUNE = Window(first=date(2025, 6, 1), last=date(2025, 6, 30), words="June 2025")


async def test_of_a_month_that_has_begun_the_days_that_are_over_are_told_as_known(house: House, tmp_path: Path):
    reply = await a_desk(house, tmp_path, *STEADY).asked("forecast spend this month")
    assert reply.said == (
        "Spend over 1–30 June 2025: £3,000.00 expected, 80 % range £3,000.00 to £3,000.00.",
        "Of that, £200.00 over 1–2 June 2025 is known.",
    )
    assert [one.value for one in reply.numbers] == [3000, 3000, 3000]
    assert all("forecast from" in one.source for one in reply.numbers)


async def test_days_that_are_all_to_come_have_nothing_known(house: House, tmp_path: Path):
    reply = await a_desk(house, tmp_path, *STEADY).asked("forecast spend next week")
    (said,) = reply.said
    assert said.startswith("Spend over 9–15 June 2025: £700.00 expected")


async def test_the_target_is_told_beside_the_forecast(house: House, tmp_path: Path):
    facts = week(90, days=120, budget_micros=100_000_000)
    reply = await a_desk(house, tmp_path, *facts).asked("forecast budget adherence next week")
    assert "90.00% expected" in reply.said[0]
    assert reply.points[-1] == "The target is 100.00%."


@pytest.mark.parametrize("kpi", ["impressions", "store_orders"])
async def test_what_no_fact_tells_of_is_not_forecast(house: House, tmp_path: Path, kpi: str):
    """The days are known, of other figures."""
    reply = await a_desk(house, tmp_path, *STEADY).asked(ForecastQuestion(KpiQuery(kpi=kpi, window=JUNE)))
    assert "too few settled days are known (0; it takes 42, and enough more to try it on)" in reply.text
    assert not [one for one in reply.basis if isinstance(one, Foreseen)]


async def test_a_handful_of_days_is_too_few_and_is_counted(house: House, tmp_path: Path):
    reply = await a_desk(house, tmp_path, *week(100)).asked("forecast spend next week")
    assert "too few settled days are known (7; it takes 42" in reply.text
    assert reply.answer is None


async def test_days_of_which_none_is_settled_give_no_forecast(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, *week(100, conversions_milli=2_000), restatement_days=14)
    reply = await desk.asked("forecast conversions next week")
    words = "There is no forecast of Conversions over 9–15 June 2025: too few settled days are known (0;"
    assert reply.said[0].startswith(words)


async def test_a_kpi_of_many_factors_is_not_forecast_however_much_is_known(house: House, tmp_path: Path):
    """A deal won every day, and one that is open."""
    desk, now = a_desk(house, tmp_path), house.clock()
    deals = [
        {
            "id": str(ago), "stage": "won", "state": "won", "currency": "GBP", "amount_micros": 90_000_000,
            "created_at": now - (ago + 10) * DAY, "closed_at": now - ago * DAY,
        }
        for ago in range(1, 150)
    ]  # fmt: skip
    still = {**deals[0], "id": "open", "stage": "talks", "state": "open", "closed_at": None}
    await desk.study.entities("deal", *deals, still, source="hubspot")
    known = await desk.asked("pipeline velocity last 28 days")
    assert known.answer is not None
    assert known.answer.value
    reply = await desk.asked(ForecastQuestion(KpiQuery(kpi="pipeline_velocity", window=JUNE)))
    assert reply.text.endswith("or the KPI is no sum and no quotient.")
    assert (await desk.asked("forecast win rate next week")).said[0].startswith("Win rate over 9–15 June 2025: 100.00%")


async def test_a_home_without_data_has_no_forecast(house: House, tmp_path: Path):
    reply = await a_desk(house, tmp_path).asked(ForecastQuestion(KpiQuery(kpi="spend", window=JUNE)))
    assert "too few settled days are known (0;" in reply.text


async def test_days_whose_conversions_are_still_coming_in_do_not_pull_the_level_down(house: House, tmp_path: Path):
    late = 7
    settled = week(100, days=120 - late, back=1, conversions_milli=10_000)
    coming = week(100, days=late, conversions_milli=2_000)
    desk = a_desk(house, tmp_path, *settled, *coming, restatement_days=late)
    reply = await desk.asked("forecast conversions next week")
    (fore,) = [one for one in reply.basis if isinstance(one, Foreseen)]
    assert fore.middle == Decimal(70)
    assert reply.answer is not None
    assert reply.answer.newest_day == YESTERDAY
