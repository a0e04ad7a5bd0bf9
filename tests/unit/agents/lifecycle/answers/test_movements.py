"""Why a KPI moved: what people are told of a movement, of its parts, and of what happened meanwhile."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.kpis.reply import Reply
from storage.records.alerts import Candidate, Certainty
from storage.records.plans import PlanState
from tests.builders import AARON
from tests.unit.agents.lifecycle.answers.enquiries import Desk, a_desk, week
from tests.unit.agents.lifecycle.house import House

DEARER = (*week(10, back=1), *week(20))
"""Clicks that cost £1 the week before and £2 in the newest."""


async def why(desk: Desk, kpi: str, verb: str = "change") -> Reply:
    reply = await desk.asked(f"why did {kpi} {verb} in the last 7 days?")
    assert reply.kind == "why", reply
    return reply


async def test_days_without_a_value_on_either_side_leave_nothing_to_compare(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, *week(10))
    reply = await why(desk, "cpc")
    assert reply.said == ("Cost per click has no value over 20–26 May 2025, so there is nothing to compare.",)
    assert [one.value for one in reply.numbers] == [1]
    reply = await desk.asked("why did cpc rise in January 2025?")
    assert reply.text == "Cost per click has no value over 1–31 January 2025, so there is nothing to compare."
    assert reply.numbers == ()


@pytest.mark.parametrize(
    ("facts", "verb", "told"),
    [
        (DEARER, "fall", "So it did not fall over these days."),
        ((*week(20, back=1), *week(10)), "rise", "So it did not rise over these days."),
    ],
)
async def test_whoever_thinks_that_it_went_the_other_way_is_told_so(
    house: House, tmp_path: Path, facts: Any, verb: str, told: str
):
    desk = a_desk(house, tmp_path, *facts)
    assert told in (await why(desk, "cpc", verb)).said
    assert "did not" not in (await why(desk, "cpc")).text


async def test_a_change_by_next_to_nothing_is_called_hardly_a_movement(house: House, tmp_path: Path):
    reply = await why(a_desk(house, tmp_path, *week(100, back=1), *week(100.4)), "spend")
    assert reply.said[0].startswith("Spend rose by 0.4%: £702.80")
    assert reply.said[1] == "That is hardly a movement."


@pytest.mark.parametrize(
    ("kpi", "told"),
    [
        ("cpa", "conversions still to come in may be part of the movement"),
        ("cpc", "the source may still change them"),
    ],
)
async def test_newest_days_that_may_yet_change_are_said_to_be_provisional(
    house: House, tmp_path: Path, kpi: str, told: str
):
    facts = (*week(10, back=1, conversions_milli=40_000), *week(20, conversions_milli=40_000))
    assert (
        f"The newest days are provisional: {told}."
        in (await why(a_desk(house, tmp_path, *facts, restatement_days=3), kpi)).said
    )
    assert "provisional" not in (await why(a_desk(house, tmp_path, *facts), kpi)).text


async def test_a_value_that_may_be_chance_is_said_to_be(house: House, tmp_path: Path):
    facts = (*week(10, back=1, conversions_milli=1_000), *week(11, conversions_milli=1_000))
    reply = await why(a_desk(house, tmp_path, *facts), "cpa")
    assert "The value before lies inside the interval of this one, so it may be chance." in reply.said


async def test_a_campaign_that_was_not_there_before_has_no_number_of_before(house: House, tmp_path: Path):
    new = week(5, campaign_id="c2", campaign="Sale", clicks=1)
    reply = await why(a_desk(house, tmp_path, *DEARER, *new), "cpc")
    (line,) = [one for one in reply.points if one.startswith("Campaign Sale")]
    assert "– to £5.00 per click" in line
    told = [one for one in reply.numbers if one.where.get("campaign") == "Sale"]
    assert told[0].value == Decimal(5)
    assert [one.source.startswith("part of the change") for one in told] == [False, True]


async def test_open_cases_are_told_with_how_far_their_cause_may_be_believed(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, *DEARER)
    cause = Candidate(kind="price", words="Auctions became dearer.", certainty=Certainty.CAUSED)
    await desk.case(key="a", title="Clicks are dearer", candidates=(cause,))
    doubted = cause.model_copy(update={"certainty": Certainty.LIKELY, "speaks_against": ("Others did not.",)})
    await desk.case(key="b", title="Search is dearer", candidates=(doubted,))
    await desk.case(key="c", title="Mail is dearer", cause="unknown")
    told = [one for one in (await why(desk, "cpc", "rise")).points if "ALERT-" in one]
    assert told == [
        "ALERT-3, Mail is dearer: coincides; likely cause so far: unknown.",
        "ALERT-2, Search is dearer: coincides with Auctions became dearer. Against it: Others did not.",
        "ALERT-1, Clicks are dearer: caused by Auctions became dearer.",
    ]


async def test_a_case_that_another_explains_is_told_with_that_one(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, *DEARER)
    whole = await desk.case(key="a", title="Clicks are dearer")
    await desk.case(key="b", title="Search is dearer", part_of="a")
    assert [one.split(",")[0] for one in (await why(desk, "cpc")).points if "ALERT-" in one] == [whole.id]


async def test_only_cases_of_what_was_asked_about_are_told(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, *DEARER, *week(3, back=1, channel="email"), *week(4, channel="email"))
    await desk.case(key="a", title="Mail is dearer", entity="email")
    await desk.case(key="b", title="Search is dearer", entity="paid_search")
    reply = await desk.asked("why did cpc for email rise in the last 7 days?")
    assert "Mail is dearer" in reply.text
    assert "Search is dearer" not in reply.text


async def test_a_plan_that_hangs_together_with_the_kpi_coincides_and_its_way_there_is_named(
    house: House, tmp_path: Path
):
    desk = a_desk(house, tmp_path, *DEARER)
    assert (await why(desk, "cpc")).points[-1] == (
        "No open case, plan or event of the last weeks hangs together with it in the graph."
    )
    made = house.proposal(brand=440).model_copy(update={"kpis": ("spend",)})
    plan = (await house.proposer.file(made)).plan
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    near = "Coincides with PLAN-1: Move money; whether it is the cause, only an experiment can show."
    assert near in (await why(desk, "spend")).points
    through = "Coincides with PLAN-1: Move money (through Spend); whether it is the cause"
    assert any(one.startswith(through) for one in (await why(desk, "cpc")).points)


async def test_a_plan_that_a_case_names_already_is_not_told_twice(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, *DEARER)
    plan = (await house.proposer.file(house.proposal(brand=440).model_copy(update={"kpis": ("cpc",)}))).plan
    await house.approved(plan, AARON)
    await desk.case(suspect_plan=plan.id)
    assert "Coincides with PLAN-1" not in (await why(desk, "cpc")).text
