"""What a plan could get in the way of, from its changes and what the graph knows around its campaigns."""

from datetime import timedelta

import pytest

from agents.knowledge.conflicts import ConflictKind, find_conflicts
from agents.knowledge.intents import Around, intent_of, standing_intent
from storage.records.graph import NodeRef
from storage.records.plans import Change, Plan, Resource
from tests.builders import NOW, a_plan, pounds
from tests.fakes.channels import a_campaign

KEY = "paid_search/campaign/brand"
BRAND = Around(
    ref=NodeRef(type="campaign", key="sandbox/x/brand"), name="Brand", brand="Acme",
    audiences={"audience:klaviyo/all": 2}, auctions=("lamp@market:uk",),
)  # fmt: skip


def change(field: str, before: object, after: object, *, kind: str = "campaign", id_: str = "brand") -> Change:
    resource = Resource(channel="paid_search", kind=kind, id=id_, name=id_)
    return Change(id="c1", resource=resource, field=field, before=before, after=after, unit="", expected_version="v1")


def plan(*changes: Change, number: int = 1) -> Plan:
    made = a_plan().model_copy(update={"changes": changes, "id": f"PLAN-{number}"})
    return made.model_copy(update={"created_at": NOW + timedelta(minutes=number)})


def intent(*changes: Change, number: int = 1, **state):
    states = [a_campaign("brand", 400, "paid_search").model_copy(update=state)]
    return intent_of(plan(*changes, number=number), {KEY: BRAND}, states, rank=1, source_of={"paid_search": "sandbox"})


def test_a_raise_bids_more_and_a_cut_does_not():
    assert intent(change("daily_budget", pounds(400), pounds(410))).bids == (("lamp@market:uk", str(BRAND.ref)),)
    assert intent(change("daily_budget", pounds(400), pounds(390))).bids == ()


def test_who_resumes_joins_the_auctions_and_speaks_to_the_audiences():
    resumed = intent(change("status", "paused", "active"))
    assert resumed.joins == (("lamp@market:uk", str(BRAND.ref)),)
    assert (resumed.audiences, resumed.contacts) == (("audience:klaviyo/all",), (("audience:klaviyo/all", 2),))
    paused = intent(change("status", "active", "paused"))
    assert (paused.joins, paused.audiences, paused.contacts) == ((), (), ())


def test_campaigns_with_one_pot_of_money_share_a_budget():
    one = intent(change("daily_budget", pounds(400), pounds(410)), shared_with=("other",))
    assert one.budgets == ("paid_search/budget/brand+other",)
    assert one.places == ("channel:paid_search", "brand:Acme")


def test_another_audience_is_one_more_to_write_to():
    moved = intent(change("audience", "old", "Big Spenders"))
    assert moved.audiences == ("audience:sandbox/big spenders",)
    assert moved.contacts == (("audience:sandbox/big spenders", 2),)


@pytest.mark.parametrize(
    ("field", "before", "after", "step"),
    [
        ("price", pounds(10), pounds(12), 1),
        ("price", pounds(12), pounds(10), -1),
        ("discount", "0", "1500", -1),
        ("discount", "1500", "500", 1),
        ("discount", "none", "none", None),
    ],
)
def test_prices_go_up_or_down(field, before, after, step):
    made = intent(change(field, before, after, kind="product", id_="boot"))
    assert made.prices == (() if step is None else (("paid_search/product/boot", step),))


def test_one_plan_that_raises_a_price_and_one_that_discounts_it_clash():
    dearer = intent(change("price", pounds(10), pounds(12), kind="product", id_="boot"))
    cheaper = intent(change("discount", "0", "1500", kind="product", id_="boot"), number=2)
    assert [(one.kind, one.loser) for one in find_conflicts([cheaper, dearer])] == [(ConflictKind.PRICE, "PLAN-2")]


def test_a_campaign_that_nobody_charted_gets_in_nobodys_way_but_for_its_budget():
    made = intent_of(plan(change("status", "paused", "active")), {}, [], rank=1)
    assert (made.budgets, made.joins, made.contacts) == ((KEY,), (), ())


def test_what_runs_already_only_stands_there():
    standing = standing_intent(BRAND, first=NOW, last=NOW + timedelta(days=1))
    assert (standing.standing, standing.audiences, standing.bids) == (True, (), ())
    assert standing.contacts == (("audience:klaviyo/all", 2),)
