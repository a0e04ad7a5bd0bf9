"""A person's own words become a plan, or a reason why not that says what to do."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.team.agent import Proposal
from agents.team.requests import Unplannable, Wish, requested_proposal
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import PlanKind
from tests.builders import OLIVIA, pounds

DAY = date(2025, 6, 2)


def a_campaign(id_: str, budget: int, channel: str = "email", **changes: Any) -> CampaignState:
    values = {
        "channel": channel, "id": id_, "name": id_.title(), "status": "active", "daily_budget": pounds(budget),
        "version": "v7", "account": "acc", "simulated": True,
    }  # fmt: skip
    return CampaignState(**{**values, **changes})


CAMPAIGNS = (
    a_campaign("news", 100),
    a_campaign("brand", 400, "paid_search", creative="Cushions from £9", name="Brand | Exact. UK=GB"),
    a_campaign("video", 300, "paid_social", creative="Spring", status="paused"),
    a_campaign("pair", 40, "paid_search", shared_with=("twin",)),
    a_campaign("euro", 50, "paid_social", daily_budget=Money.of(50, "EUR")),
    a_campaign("yen", 50, "website", daily_budget=Money.of(5000, "JPY")),
    a_campaign("real", 50, "website", simulated=False),
)


def asked(*wishes: tuple[str, str, str], campaigns: Sequence[CampaignState] = CAMPAIGNS) -> Proposal | Unplannable:
    wanted = [Wish(campaign=campaign, field=field, value=value) for campaign, field, value in wishes]
    return requested_proposal(campaigns, wanted, person=OLIVIA, data_day=DAY)


def planned(*wishes: tuple[str, str, str]) -> Proposal:
    made = asked(*wishes)
    assert isinstance(made, Proposal), made
    return made


def declined(*wishes: tuple[str, str, str]) -> str:
    made = asked(*wishes)
    assert isinstance(made, Unplannable)
    return made.reason


def test_a_budget_is_asked_for_in_the_currency_of_the_campaign():
    made = planned(("news", "daily_budget", "120.50"))
    (change,) = made.changes
    assert (change.before, change.after, change.unit) == (pounds(100), pounds("120.50"), "GBP/day")
    assert (change.resource.key, change.expected_version) == ("email/campaign/news", "v7")
    assert made.title == "Set News to £120.50 a day"
    assert (made.kind, made.money_at_risk) == (PlanKind.BUDGET, pounds("143.50"))
    assert made.irreversible == ("Money that is spent until the change is taken back stays spent.",)
    assert made.simulated
    assert not planned(("real", "daily_budget", "51")).simulated


@pytest.mark.parametrize("called", ["news", "NEWS", "News", "email/news", "Email/News"])
def test_a_campaign_is_found_by_id_name_or_channel(called: str):
    assert planned((called, "daily_budget", "90")).changes[0].resource.id == "news"


def test_a_campaign_is_paused_or_resumed():
    paused = planned(("news", "status", "Paused"))
    assert (paused.title, paused.kind, paused.money_at_risk) == ("Pause News", PlanKind.BUDGET, pounds(0))
    (change,) = paused.changes
    assert (change.field, change.before, change.after, change.unit) == ("status", "active", "paused", "")
    resumed = planned(("video", "status", "active"))
    assert (resumed.title, resumed.money_at_risk) == ("Resume Video", pounds(2100))


def test_a_creative_is_content_and_puts_the_campaigns_money_at_risk():
    made = planned(("paid_search/brand", "creative", "  Cushions from £8 = cheap.  "))
    (change,) = made.changes
    assert (change.before, change.after) == ("Cushions from £9", "Cushions from £8 = cheap.")
    assert (made.kind, made.money_at_risk) == (PlanKind.CONTENT, pounds(2800))
    assert made.title == "Show a new creative in Brand | Exact. UK=GB"
    assert len(made.irreversible) == 2


def test_wishes_of_several_kinds_are_one_plan():
    made = planned(("brand", "creative", "New"), ("news", "status", "paused"), ("video", "daily_budget", "310"))
    assert made.kind is PlanKind.CONTENT
    assert made.title == "Change 3 campaigns"
    assert made.money_at_risk == pounds(7 * (400 + 10))
    assert [change.id for change in made.changes] == ["c1", "c2", "c3"]
    assert planned(("news", "daily_budget", "1"), ("brand", "daily_budget", "2")).title == "Set 2 daily budgets"


def test_what_already_is_as_wished_is_no_change():
    assert "nothing to change" in declined(("news", "daily_budget", "100.00"), ("video", "status", "paused"))
    made = planned(("news", "daily_budget", "100"), ("brand", "daily_budget", "410"))
    assert [(change.id, change.resource.id) for change in made.changes] == [("c1", "brand")]
    assert made.title == "Set Brand | Exact. UK=GB to £410.00 a day"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (("nobody", "daily_budget", "5"), "no campaigns are called 'nobody'; the ids are: news, brand"),
        (("news", "daily_budget", "much"), "'much' is no daily budget: write an amount in GBP"),
        (("news", "daily_budget", "NaN"), "is no daily budget"),
        (("news", "daily_budget", "Infinity"), "is no daily budget"),
        (("news", "daily_budget", "1e30"), "is no daily budget"),
        (("news", "daily_budget", "-1e30"), "is no daily budget"),
        (("news", "daily_budget", "12.345"), "12.345 has more decimals than GBP has: at most 2"),
        (("yen", "daily_budget", "12.5"), "12.5 has more decimals than JPY has: at most 0"),
        (("pair", "daily_budget", "45"), "pair shares its budget with twin"),
        (("news", "status", "deleted"), "status of news can be active or paused, not 'deleted'"),
        (("news", "creative", "Hello"), "email has no creative of news that could be set"),
        (("brand", "creative", "  "), "a creative is one line of 1 to 200 characters"),
        (("brand", "creative", "two\nlines"), "a creative is one line"),
        (("brand", "creative", "x" * 201), "a creative is one line"),
        (("news", "price", "5"), "price of news cannot be asked for: no connected channel sets prices yet"),
        (("news", "discount", "1500"), "no connected channel sets discounts yet"),
        (("news", "audience", "vip"), "no connected channel chooses audiences yet"),
        (("news", "text", "permit"), "countersign policy propose FILE"),
        (("news", "bid", "1"), "news has no field 'bid'; what can be asked for is daily_budget, status, creative"),
    ],
)
def test_a_wish_that_cannot_be_planned_says_why(wish: tuple[str, str, str], words: str):
    assert words in declined(wish)


def test_a_budget_that_is_shared_can_still_be_paused():
    assert planned(("pair", "status", "paused")).title == "Pause Pair"


def test_one_name_of_two_campaigns_is_asked_back_with_their_channels():
    both = (a_campaign("one", 1, name="Sale"), a_campaign("two", 1, "website", name="sale"))
    made = asked(("Sale", "status", "paused"), campaigns=both)
    assert made == Unplannable(reason="2 campaigns are called 'Sale'; the ids are: email/one, website/two")


def test_a_campaign_is_changed_in_one_way_at_a_time():
    words = declined(("news", "daily_budget", "110"), ("email/news", "status", "paused"))
    assert words == "news is asked for twice: one plan changes one thing of a campaign"


def test_one_plan_has_one_currency():
    assert "ask for one plan a currency" in declined(("news", "daily_budget", "110"), ("euro", "status", "paused"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([one.id for one in CAMPAIGNS]),
            st.sampled_from(["daily_budget", "status", "creative", "price", "x"]),
            st.one_of(st.text(max_size=30), st.decimals(allow_nan=True).map(str), st.sampled_from(["active", "paused"])),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_whatever_is_wished_is_a_plan_or_a_reason(wishes: list[tuple[str, str, str]]):
    made = asked(*wishes)
    if isinstance(made, Proposal):
        assert made.money_at_risk.minor >= 0
        assert all(change.before != change.after for change in made.changes)
    else:
        assert made.reason
