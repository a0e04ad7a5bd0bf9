"""Campaigns that push what cannot be bought, or what the team does not want pushed."""

import pytest

from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.knowledge.divergence import MOST_CASES, Divergence
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.cases.monitor import Monitor
from agents.sources.readers import Readers
from storage.features import FeatureValues
from storage.records.alerts import AlertKind
from tests.unit.agents.knowledge.study import Study


def lamp(number: int, **changes):
    return {"id": f"L{number}", "title": f"Lamp {number}", "status": "active", "stock": 5, **changes}


async def pushed(study: Study, *products: str, campaigns: int = 2) -> Divergence:
    """So many campaigns, which all push these products."""
    await study.facts(*({"account": "1", "campaign_id": str(n), "campaign": f"C{n}"} for n in range(campaigns)))
    said = ", ".join(f"C{n}: {{promotes: [{', '.join(products)}]}}" for n in range(campaigns))
    study.declared.write_text(f"campaigns: {{{said}}}", encoding="utf-8")
    return Divergence(study.ledger, study.charter)


async def test_one_finding_names_every_campaign_that_pushes_what_is_out_of_stock(study: Study):
    await study.entities("product", lamp(1), lamp(2))
    divergence = await pushed(study, "L1", "L2")
    assert await divergence.look() == ()
    await study.entities("product", lamp(1, stock=0), lamp(2, stock=4))
    (finding,) = await divergence.look()
    assert (finding.kind, finding.title) == (AlertKind.DIVERGENCE, "2 campaigns push Lamp 1, which is out of stock")
    assert [line.split(" pushes")[0] for line in finding.detail[1:]] == ["C0", "C1"]
    await study.entities("product", lamp(1, stock=8))
    assert await divergence.look() == ()


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({"priority": 1}, {}, "Lamp 2, which is not on the priority list"),
        ({}, {"status": "archived"}, "Lamp 2, which is archived in the shop"),
        ({}, {"stock": -3}, "Lamp 2, which is out of stock"),
    ],
)
async def test_what_is_wrong_is_said(study: Study, first, second, why):
    await study.entities("product", lamp(1, **first), lamp(2, **second))
    (finding,) = await (await pushed(study, "L1", "L2", campaigns=1)).look()
    assert finding.title == f"A campaign pushes {why}"


@pytest.mark.parametrize("product", [lamp(1, stock=None), lamp(1, priority=None), lamp(1, stock=1)])
async def test_what_nobody_counts_or_lists_is_no_trouble(study: Study, product):
    await study.entities("product", product)
    assert await (await pushed(study, "L1")).look() == ()


async def test_what_nobody_pushes_may_be_out_of_stock(study: Study):
    await study.entities("product", lamp(1, stock=0))
    assert await (await pushed(study)).look() == ()


async def test_a_whole_empty_warehouse_does_not_make_an_alert_a_product(study: Study):
    many = [lamp(number, stock=0) for number in range(MOST_CASES + 7)]
    await study.entities("product", *many)
    found = await (await pushed(study, *(one["id"] for one in many), campaigns=1)).look()
    assert len(found) == MOST_CASES + 1
    assert found[-1].title == "7 more products are pushed that should not be"


async def test_the_monitor_opens_one_alert_brings_it_up_to_date_and_closes_it(study: Study):
    await study.entities("product", lamp(1, stock=0))
    monitor = Monitor(
        study.ledger, facts=LakeReader(study.ledger, study.lake),
        kpis=KpiEngine(LakeReader(study.ledger, study.lake), kpis=load_kpis(), clock=study.clock),
        features=FeatureStore(
            study.ledger, LakeReader(study.ledger, study.lake), FeatureValues(study.lake.uri),
            definitions=load_features(),
        ),
        readers=Readers({}), clock=study.clock, divergence=await pushed(study, "L1", campaigns=1),
    )  # fmt: skip
    await monitor.check()
    await monitor.check()
    (alert,) = await unrecovered(study)
    assert (alert.finding.title, alert.times_seen) == ("A campaign pushes Lamp 1, which is out of stock", 1)
    await pushed(study, "L1", campaigns=3)
    await monitor.check()
    (renewed,) = await unrecovered(study)
    assert (renewed.id, renewed.finding.title) == (alert.id, "3 campaigns push Lamp 1, which is out of stock")
    await study.entities("product", lamp(1, stock=9))
    await monitor.check()
    assert await unrecovered(study) == ()


async def unrecovered(study: Study):
    async with study.ledger.read() as tx:
        return await tx.alerts.unrecovered()
