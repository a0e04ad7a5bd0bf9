"""Names that may be one thing: a person is asked, and only what was answered is done."""

from pathlib import Path

import pytest

from agents.knowledge import things
from agents.lifecycle.questions.ask import Answered, Asker
from agents.lifecycle.questions.twins import MOST_OPEN, Twins
from storage.database import Database
from storage.records.questions import Question, QuestionKind
from tests.builders import AARON, PEOPLE
from tests.fakes.clock import HandClock
from tests.fakes.rulebook import FixedRulebook
from tests.unit.agents.knowledge.study import Study, a_study
from tests.unit.agents.lifecycle.house import RULES

BRAND = things.campaign("google_ads", "482", "1")
SEEN = things.campaign("ga4", "p1", "Brand | UK")


@pytest.fixture
async def study(database: Database, tmp_path: Path, clock: HandClock) -> Study:
    made = a_study(database, tmp_path, clock)
    async with made.ledger.write() as tx:
        await tx.people.replace(PEOPLE.values())
    return made


@pytest.fixture
def asker(study: Study) -> Asker:
    asker = Asker(study.ledger, FixedRulebook(RULES), clock=study.clock)
    Twins(study.ledger, study.charter, asker, clock=study.clock)
    return asker


async def asked(study: Study) -> tuple[Question, ...]:
    async with study.ledger.read() as tx:
        return await tx.questions.open(QuestionKind.MERGE)


async def both_tools(study: Study) -> Question:
    """An ad platform and an analytics tool tell of a campaign of one name."""
    await study.facts({"account": "482", "campaign_id": "1", "campaign": "Brand | UK"})
    await study.facts({"account": "p1", "campaign_id": "Brand | UK"}, source="ga4")
    await study.chart()
    (question,) = await asked(study)
    return question


async def test_an_analytics_tools_campaign_may_be_the_platforms(study: Study, asker: Asker):
    question = await both_tools(study)
    assert question.title == "Is a campaign of ga4 the same as in google_ads?"
    assert question.table[1] == ("Brand | UK", "Brand | UK")
    answered = await asker.answer(question.id, "same", AARON, via="test")
    assert isinstance(answered, Answered)
    assert answered.words == "1 of 1 are one thing from now on."
    assert (await study.node(SEEN)).ref == BRAND


async def test_what_is_kept_apart_is_not_asked_again(study: Study, asker: Asker):
    question = await both_tools(study)
    await asker.answer(question.id, "apart", AARON, via="test")
    assert (await study.node(SEEN)).ref == SEEN
    await study.facts(
        {"account": "p1", "campaign_id": "Brand | UK"}, {"account": "p1", "campaign_id": "x"}, source="ga4"
    )
    await study.chart()
    assert await asked(study) == ()


async def test_campaigns_of_two_platforms_are_two_whatever_they_are_called(study: Study, asker: Asker):
    await study.facts({"account": "482", "campaign_id": "1", "campaign": "Brand"})
    await study.facts({"account": "act", "campaign_id": "2", "campaign": "Brand"}, source="meta")
    await study.chart()
    assert await asked(study) == ()


async def test_a_name_that_is_almost_a_campaigns_is_asked_about_and_then_known(study: Study, asker: Asker):
    await study.facts({"account": "482", "campaign_id": "1", "campaign": "Spring Collection 2025"})
    await study.entities(
        "audience", {"id": "a", "name": "Newsletter", "campaigns": "spring colection 2025"}, source="klaviyo"
    )
    await study.chart()
    (question,) = await asked(study)
    assert "spring colection 2025" in question.lines[0]
    await asker.answer(question.id, "same", AARON, via="test")
    await study.chart()
    (edge,) = await study.edges(things.audience("klaviyo", "Newsletter"))
    assert (edge.relation, edge.src) == ("addresses", BRAND)


async def test_people_are_not_flooded_with_questions(study: Study, asker: Asker):
    many = [f"Campaign number {number} of the year" for number in range(20)]
    await study.facts(*({"account": "482", "campaign_id": str(n), "campaign": name} for n, name in enumerate(many)))
    names = "; ".join(name.replace("number", "nummber") for name in many)
    await study.entities("audience", {"id": "a", "name": "Newsletter", "campaigns": names}, source="klaviyo")
    await study.chart()
    assert len(await asked(study)) == MOST_OPEN


async def test_a_product_of_two_shops_is_asked_about_by_its_id_and_names_of_audiences_by_name(
    study: Study, asker: Asker
):
    await study.entities("product", {"id": "sku-1", "title": "Lamp"}, source="shopify")
    await study.entities("product", {"id": "sku-1", "title": "Lampe"}, source="woocommerce")
    await study.chart()
    (question,) = await asked(study)
    assert question.title == "Is a product of woocommerce the same as in shopify?"


async def test_what_was_made_one_by_hand_meanwhile_is_not_made_one_again(study: Study, asker: Asker):
    question = await both_tools(study)
    async with study.ledger.write() as tx:
        await tx.graph.merge(SEEN, BRAND, by="ada", now=study.clock())
    answered = await asker.answer(question.id, "same", AARON, via="test")
    assert isinstance(answered, Answered)
    assert answered.words.startswith("0 of 1 are one thing from now on. Not so: ")
    assert answered.words.endswith("are one already")


async def test_a_name_that_became_known_by_hand_meanwhile_is_not_given_again(study: Study, asker: Asker):
    await study.facts({"account": "482", "campaign_id": "1", "campaign": "Spring Collection 2025"})
    await study.entities(
        "audience", {"id": "a", "name": "Newsletter", "campaigns": "spring colection 2025"}, source="klaviyo"
    )
    await study.chart()
    (question,) = await asked(study)
    async with study.ledger.write() as tx:
        await tx.graph.alias(BRAND, "spring colection 2025", by="ada", now=study.clock())
    answered = await asker.answer(question.id, "same", AARON, via="test")
    assert isinstance(answered, Answered)
    assert answered.words == f"It was not done: {BRAND} is found by that name already."


async def test_pairs_wait_while_people_have_enough_to_answer(study: Study, asker: Asker):
    many = [f"Campaign number {number} of the year" for number in range(20)]
    await study.facts(*({"account": "482", "campaign_id": str(n), "campaign": name} for n, name in enumerate(many)))
    names = "; ".join(name.replace("number", "nummber") for name in many)
    await study.entities("audience", {"id": "a", "name": "Newsletter", "campaigns": names}, source="klaviyo")
    await study.chart()
    await study.facts({"account": "p1", "campaign_id": many[0], "campaign": many[0]}, source="ga4")
    await study.chart()
    assert len(await asked(study)) == MOST_OPEN
    assert {one.subject["do"] for one in await asked(study)} == {"alias"}
