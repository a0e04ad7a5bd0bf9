"""Questions in plain words: refusals that say what can be asked, what waits for whom, and conversations."""

from pathlib import Path

import pytest

from agents.kpis.query import KpiQuery
from agents.kpis.understanding import (
    Clarify,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    WaitingQuestion,
)
from agents.kpis.windows import Window
from agents.lifecycle.answers.respond import CAN
from storage.records.people import Person
from tests.builders import AARON, CARLA, OLIVIA, VICTOR
from tests.unit.agents.lifecycle.answers.enquiries import YESTERDAY, Desk, a_desk, week
from tests.unit.agents.lifecycle.house import House

FACTS = (*week(10, back=1), *week(20))
NEWEST = Window(first=YESTERDAY, last=YESTERDAY, words="yesterday")


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return a_desk(house, tmp_path, *FACTS)


async def test_a_split_that_a_kpi_does_not_have_is_refused_with_those_there_are(desk: Desk):
    reply = await desk.asked(KpiQuestion(KpiQuery(kpi="spend", window=NEWEST, by="owner")))
    assert (reply.kind, reply.title) == ("refused", "That cannot be answered")
    assert reply.said[0].startswith("Cannot split by 'owner'; dimensions are channel, campaign, account")
    assert reply.answer is None
    assert desk.responder.unsourced == 0


async def test_a_comparison_with_later_days_is_refused(desk: Desk):
    query = KpiQuery(kpi="spend", window=NEWEST, compare=NEWEST)
    reply = await desk.asked(KpiQuestion(query))
    assert reply.text == "The window to compare with must start before the window asked for."


@pytest.mark.parametrize(("person", "waits"), [(AARON, True), (VICTOR, False), (None, True)])
async def test_what_waits_is_what_the_person_may_approve(house: House, desk: Desk, person: Person | None, waits: bool):
    assert (await desk.asked(WaitingQuestion(), person)).text == "Nothing is waiting."
    plan = (await house.asked(OLIVIA, brand=440)).plan
    reply = await desk.asked("what is waiting for me?", person)
    assert reply.points == ((f"{plan.id}: {plan.title}",) if waits else ())
    assert reply.said == (("Waiting for approval:",) if waits else ("Nothing is waiting.",))


async def test_a_plan_that_was_approved_waits_for_nobody(house: House, desk: Desk):
    await house.approved((await house.asked(OLIVIA, brand=440)).plan, AARON)
    for person in (AARON, CARLA, None):
        assert (await desk.asked(WaitingQuestion(), person)).points == ()


async def test_a_follow_up_goes_on_from_what_was_asked_in_its_thread(desk: Desk):
    first = await desk.asked("spend last week", place="C1", thread="1.0")
    assert first.answer is not None
    again = await desk.asked("and cpc?", place="C1", thread="1.0")
    assert again.answer is not None
    assert (again.answer.kpi, again.answer.first) == ("cpc", first.answer.first)
    elsewhere = await desk.responder.understood("by channel?", place="C1", thread="2.0")
    assert not isinstance(elsewhere, KpiQuestion)


@pytest.mark.parametrize("kept", ['{"1.0":{"kind":"riddle"}}', '{"1.0":{"kind":"number","query":{"kpi":7}}}'])
async def test_what_another_version_kept_of_a_conversation_is_no_obstacle(house: House, desk: Desk, kept: str):
    async with house.ledger.write() as tx:
        await tx.home.put("asked:C1", kept)
    follow_up = "by channel?"
    assert not isinstance(await desk.responder.understood(follow_up, place="C1", thread="1.0"), KpiQuestion)
    assert (await desk.asked("spend last week", place="C1", thread="1.0")).kind == "kpi"
    assert isinstance(await desk.responder.understood(follow_up, place="C1", thread="1.0"), KpiQuestion)


async def test_only_the_newest_threads_of_a_place_are_remembered(desk: Desk):
    for number in range(51):
        await desk.responder.understood("spend last week", place="C1", thread=f"{number}.0")
    assert not isinstance(await desk.responder.understood("by channel?", place="C1", thread="0.0"), KpiQuestion)
    assert isinstance(await desk.responder.understood("by channel?", place="C1", thread="50.0"), KpiQuestion)


async def test_a_campaign_may_be_asked_for_by_the_platforms_id(house: House, tmp_path: Path):
    facts = week(10, campaign_id="brand", campaign="Brand"), week(1, campaign_id="news", campaign="News")
    desk = a_desk(house, tmp_path, *facts[0], *facts[1])
    sale = house.platform.campaigns["brand"].model_copy(update={"id": "4711", "name": "Brand"})
    house.platform.campaigns = {"4711": sale}
    reply = await desk.asked("spend for 4711 last 7 days")
    assert reply.answer is not None
    assert reply.answer.where == {"campaign": "Brand"}
    assert reply.answer.value == 70


@pytest.mark.parametrize("name", ["4712", "Zzyzx", "Straßenfest"])
async def test_a_name_that_nothing_has_is_not_understood(desk: Desk, name: str):
    reply = await desk.asked(f"spend for {name} last 7 days")
    assert (reply.kind, reply.said[0]) == ("not_understood", f"I do not understand “{name.casefold()}”.")


async def test_what_is_not_understood_at_all_is_met_with_what_can_be_asked(desk: Desk):
    assert (await desk.asked(NotUnderstood())).said == ("I do not understand that.", CAN)


async def test_what_can_be_meant_in_several_ways_is_asked_back(desk: Desk):
    reply = await desk.asked(Clarify(options=("spend last week", "spend last month")))
    assert (reply.kind, reply.clarify) == ("clarify", ("spend last week", "spend last month"))


async def test_help_tells_what_there_is_and_what_a_kpi_means_with_its_target(desk: Desk):
    assert "KPIs: aov, assumed_resolution_rate, budget_adherence" in (await desk.asked(HelpQuestion())).text
    text = (await desk.asked(HelpQuestion(kpi="budget_adherence"))).text
    assert "Computed as spend / budget * 100." in text
    assert text.endswith("Target: 100 (%).")


async def test_targets_and_forecasts_are_answered_too(desk: Desk):
    assert (await desk.asked("which campaigns are off target?")).kind == "target"
    assert (await desk.asked("forecast spend next week")).kind == "forecast"
