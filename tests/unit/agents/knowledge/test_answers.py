"""What people ask the graph: names, reach, and what may be why a number moved."""

import pytest

from agents.knowledge import things
from agents.knowledge.answers import Ambiguous, GraphAnswers, NotFound
from storage.graph.current import CurrentGraph
from storage.records.alerts import AlertKind, Finding, Severity
from storage.records.graph import NodeView, Window
from tests.unit.agents.knowledge.study import LAST, Study, day


@pytest.fixture
def answers(study: Study, database) -> GraphAnswers:
    return GraphAnswers(study.ledger, study.charter, CurrentGraph(database), clock=study.clock)


async def two_campaigns(study: Study) -> None:
    await study.facts(
        {"account": "1", "campaign_id": "7", "campaign": "Lighting"},
        {"account": "1", "campaign_id": "8", "campaign": "Garden"},
    )


async def test_a_thing_is_found_by_name_id_or_key(study: Study, answers: GraphAnswers):
    await two_campaigns(study)
    for name in ("lighting", "7", "campaign:google_ads/1/7"):
        found = await answers.find(name)
        assert isinstance(found, NodeView), name
        assert found.ref == things.campaign("google_ads", "1", "7")


async def test_a_type_tells_things_of_one_name_apart(study: Study, answers: GraphAnswers):
    await two_campaigns(study)
    await study.entities("product", {"id": "x", "title": "Lighting", "status": "active"})
    await study.entities("audience", {"id": "a", "name": "Buyers"}, source="klaviyo")
    await study.entities("audience", {"id": "b", "name": "Buyers"}, source="mailchimp")
    first, second = await answers.find("Lighting"), await answers.find("Lighting", kind="product")
    assert isinstance(first, NodeView)
    assert isinstance(second, NodeView)
    assert (first.ref.type, second.ref.type) == ("campaign", "product")
    several = await answers.find("Buyers")
    assert isinstance(several, Ambiguous)
    assert len(several.views) == 2


@pytest.mark.parametrize("name", ["Lightning", "", "   ", ":", "nope:x", "a" * 5000, "%_'\""])
async def test_what_nobody_is_called_is_not_found(study: Study, answers: GraphAnswers, name: str):
    await two_campaigns(study)
    assert isinstance(await answers.find(name), NotFound)


async def test_what_touched_an_audience_in_a_week_and_not_in_another(study: Study, answers: GraphAnswers):
    await two_campaigns(study)
    await study.entities("audience", {"id": "a", "name": "Buyers", "campaigns": "Lighting"}, source="klaviyo")
    audience = await answers.find("Buyers")
    assert isinstance(audience, NodeView)
    now = await answers.touching(audience.ref, answers.this_week())
    assert now is not None
    assert [one.src.key for one in now.edges] == ["google_ads/1/7"]
    before = await answers.touching(audience.ref, Window(start=day(1), end=day(LAST.day)))
    assert before is None or before.edges == ()


async def test_the_nearest_event_explains_a_campaign_whose_numbers_moved(study: Study, answers: GraphAnswers):
    """An alert on Lighting; its lamp ran out of stock, and nothing hangs together with Garden."""
    await two_campaigns(study)
    await study.entities("product", {"id": "L1", "title": "Lamp", "status": "active", "stock": 4})
    study.declared.write_text("campaigns: {Lighting: {promotes: [L1]}}", encoding="utf-8")
    await study.chart()
    await study.entities("product", {"id": "L1", "title": "Lamp", "status": "active", "stock": 0})
    finding = Finding(
        key="drift/roas/7", kind=AlertKind.DRIFT, severity=Severity.WARNING, kpi="roas", entity="Lighting",
        title="ROAS of Lighting fell", detail=(), cause="unknown", seen_on=LAST, simulated=False,
    )  # fmt: skip
    async with study.ledger.write() as tx:
        alert = await tx.alerts.open(finding, now=study.clock())
        await tx.audit.append(at=study.clock(), actor="system", action="alert.opened", subject=alert.id, facts={})
    moved = await answers.find("ALERT-1")
    assert isinstance(moved, NodeView)
    (why,) = await answers.explain(moved.ref)
    assert why.cause.name == "Lamp is out of stock"
    assert [one.type for one in why.path.nodes] == ["event", "campaign", "product", "event"]
    assert await answers.explain(things.campaign("google_ads", "1", "8")) == ()


async def test_what_a_change_to_a_product_would_reach(study: Study, answers: GraphAnswers):
    await two_campaigns(study)
    await study.entities("product", {"id": "L1", "title": "Lamp", "status": "active", "brand": "Acme"})
    study.declared.write_text("campaigns: {Lighting: {promotes: [L1]}}", encoding="utf-8")
    found = await answers.find("L1")
    assert isinstance(found, NodeView)
    reach = await answers.reach(found)
    hops = {reach.names[str(one.ref)]: one.hops for one in reach.reached}
    assert (hops["Lighting"], hops["Acme"]) == (1, 1)
    assert "Garden" not in reach.names.values()
