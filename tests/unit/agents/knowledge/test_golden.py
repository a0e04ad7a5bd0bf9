"""One shop with everything: exactly the nodes and edges that its data tells of, not one more."""

import json
from collections.abc import Awaitable, Callable

import pytest

from agents.knowledge import things
from tests.unit.agents.knowledge.study import LAST, Study, day

WANTED = {
    # Google Ads
    "campaign:google_ads/482/1 runs_on channel:paid search",
    "campaign:google_ads/482/2 runs_on channel:paid search",
    "campaign:google_ads/482/1 belongs_to account:google_ads/482",
    "campaign:google_ads/482/2 belongs_to account:google_ads/482",
    "campaign:google_ads/482/2 bids_on market:uk {'keyword': 'desk lamp', 'match': 'exact'}",
    # Meta
    "campaign:meta/act_7/9 runs_on channel:paid social",
    "campaign:meta/act_7/9 belongs_to account:meta/act_7",
    # The shop
    "product:shopify/LAMP-1 in_category category:lighting",
    "product:shopify/LAMP-2 in_category category:lighting",
    "product:shopify/LAMP-1 of_brand brand:brightwell",
    "campaign:meta/act_7/9 promotes product:shopify/LAMP-1 {'share_percent': 80}",
    "campaign:meta/act_7/9 promotes product:shopify/LAMP-2 {'share_percent': 20}",
    # Whom they speak to
    "campaign:meta/act_7/9 addresses audience:klaviyo/newsletter",
    "lead:hubspot/newsletter spring collection lead in_audience audience:hubspot/newsletter",
    "lead:hubspot/newsletter spring collection lead came_from campaign:meta/act_7/9",
    "lead:hubspot/newsletter spring collection lead at_stage journey_stage:lead",
    # What people say themselves
    "campaign:google_ads/482/1 bids_on brand:brightwell {'keyword': 'brightwell'}",
    "campaign:google_ads/482/1 owned_by owner:olivia",
    "campaign:google_ads/482/2 promotes product:shopify/LAMP-2",
    # Numbers
    "kpi:roas derived_from kpi:revenue",
    "kpi:roas derived_from kpi:spend",
    "kpi:roas owned_by owner:marketing operations",
    "kpi:revenue owned_by owner:marketing operations",
    "kpi:spend owned_by owner:marketing operations",
    # What happened
    "event:price-dearer/shopify/LAMP-1/load-7 concerns product:shopify/LAMP-1 {'field': 'price'}",
    "event:stock-out/shopify/LAMP-2/load-7 concerns product:shopify/LAMP-2 {'field': 'stock'}",
}


def lamp(number: int, price: int, stock: int) -> dict:
    return {
        "id": f"LAMP-{number}", "title": f"Lamp {number}", "category": "Lighting", "status": "active",
        "brand": "Brightwell" if number == 1 else None, "currency": "GBP", "price_micros": price * 1_000_000,
        "stock": stock,
    }  # fmt: skip


async def land(study: Study, after: Callable[[], Awaitable[object]]) -> None:
    """Everything the shop's tools say, with something done after each file."""
    await study.facts(
        {"account": "482", "campaign_id": "1", "campaign": "Brand | UK"},
        {"account": "482", "campaign_id": "2", "campaign": "Lighting"},
    )
    await after()
    keyword = json.dumps({"country": "UK", "keyword": "Desk  Lamp", "match_type": "exact"})
    await study.facts({"account": "482", "campaign_id": "2", "campaign": "Lighting", "breakdown": keyword})
    await after()
    await study.facts(
        {"account": "act_7", "campaign_id": "9", "campaign": "Spring Collection", "channel": "paid_social"},
        source="meta",
    )
    await after()
    await study.entities("product", lamp(1, 40, 12), lamp(2, 25, 3))
    await after()
    await study.orders(
        [
            {"id": "o1", "ordered_at": day(5), "status": "paid", "currency": "GBP", "gross_micros": 1,
             "campaign": "spring_collection"},
            {"id": "o2", "ordered_at": day(5), "status": "cancelled", "currency": "GBP", "gross_micros": 1,
             "campaign": "Brand | UK"},
        ],
        [
            {"order": "o1", "position": 1, "ordered_at": day(5), "product": "LAMP-1", "title": "Lamp 1", "quantity": 8,
             "currency": "GBP", "price_micros": 1},
            {"order": "o1", "position": 2, "ordered_at": day(5), "product": "LAMP-2", "title": "Lamp 2", "quantity": 2,
             "currency": "GBP", "price_micros": 1},
            {"order": "o2", "position": 1, "ordered_at": day(5), "product": "LAMP-2", "title": "Lamp 2",
             "quantity": 40, "currency": "GBP", "price_micros": 1},
        ],
    )  # fmt: skip
    await after()
    await study.entities(
        "audience",
        {"id": "a1", "name": "Newsletter", "people": 4000, "campaigns": "Spring collection; Nobody's"},
        source="klaviyo",
    )
    await after()
    await study.entities("product", lamp(1, 44, 9), lamp(2, 25, 0))
    await after()
    await study.entities(
        "lead",
        *(
            {"id": f"p_{number}", "stage": "lead", "campaign": "Spring Collection", "audience": "Newsletter"}
            for number in range(3)
        ),
        source="hubspot",
    )
    await after()
    study.declared.write_text(
        "campaigns:\n  Brand | UK: {brands: [Brightwell], owner: olivia}\n  '2': {promotes: [LAMP-2]}\n",
        encoding="utf-8",
    )
    await after()


async def nothing() -> None:
    """All is charted at once."""


@pytest.mark.parametrize("step_by_step", [True, False])
async def test_the_graph_of_a_known_shop_is_found_whole_and_nothing_else(study: Study, step_by_step: bool):
    await land(study, study.chart if step_by_step else nothing)
    charted = await study.chart()
    assert charted.refused == ()
    found = await study.all_edges()
    assert (found - WANTED, WANTED - found) == (set(), set())
    leads = await study.node(things.leads("hubspot", "Newsletter Spring Collection lead"))
    assert leads.props["count"] == 3
    price = await study.node(things.product("shopify", "LAMP-1"))
    assert (price.props["price_minor"], price.props["stock"]) == (4400, 9)
    assert LAST.isoformat() < str(price.valid_from)
