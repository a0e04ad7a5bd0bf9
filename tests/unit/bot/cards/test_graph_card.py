"""The card and the picture of a neighbourhood: grouped, cut where it is too much, harmless whatever things are called."""

from zoneinfo import ZoneInfo

import pytest

from agents.knowledge.answers import Ambiguous, NotFound
from bot.slack.cards.graph_card import ambiguous, graph_card, groups_of, how_to, not_found
from bot.slack.graph_picture import MOST_A_SIDE, can_draw, graph_picture, rows_of
from storage.records.graph import Candidate, EdgeView, Neighbourhood, NodeRef, NodeView
from tests.builders import NOW
from tests.unit.bot.cards.strictness import all_text, assert_postable

CENTRE = NodeRef(type="campaign", key="google_ads/1/7")
ZONE = ZoneInfo("Europe/London")


def ref(kind: str, key: str) -> NodeRef:
    return NodeRef(type=kind, key=key)


def around(name: str = "Brand", others: int = 2, **props) -> Neighbourhood:
    """A campaign that speaks to so many audiences and was changed by a plan."""
    audiences = [ref("audience", f"a{number}") for number in range(others)]
    plan = ref("plan", "PLAN-1")
    nodes = [
        NodeView(ref=CENTRE, name=name, props=props, sources=("google_ads",)),
        *(NodeView(ref=one, name=f"{name} {number}") for number, one in enumerate(audiences)),
        NodeView(ref=plan, name=f"PLAN-1: {name}"),
    ]
    edges = [
        *(EdgeView(relation="addresses", src=CENTRE, dst=one, props={"contacts_per_week": 2}) for one in audiences),
        EdgeView(relation="changes", src=plan, dst=CENTRE, props={"field": "status"}),
        EdgeView(relation="wants", src=ref("intent", "PLAN-1"), dst=CENTRE),
    ]
    return Neighbourhood(centre=CENTRE, nodes=tuple(nodes), hops={}, edges=tuple(edges))


def test_things_are_grouped_by_how_they_hang_together() -> None:
    groups = groups_of(around())
    assert [(one.words, one.outward, len(one.ties)) for one in groups] == [
        ("speaks to", True, 2), ("changed by", False, 1)
    ]  # fmt: skip


def test_the_card_says_what_the_thing_is_and_what_is_around_it() -> None:
    card = graph_card(around(daily_budget_minor=12050, currency="GBP", status="active"), at=NOW, zone=ZONE)
    text = all_text(card.blocks)
    assert "Campaign: Brand" in text
    assert "£120.50" in text
    assert "*speaks to*: Brand 0 (2 a week), Brand 1 (2 a week)" in text
    assert card.text == "Brand: 3 things hang together with it."


@pytest.mark.parametrize("name", ["<!channel> *x*", "\u202eevil", "x" * 300, "`a` & <b>", "  "])
def test_names_do_no_harm(name: str) -> None:
    found = around(name, others=40, status=name[:50] or "x")
    assert_postable(graph_card(found, at=NOW, zone=ZONE))
    assert graph_picture(found).png.startswith(b"\x89PNG")
    assert_postable(not_found(NotFound(name=name, candidates=(Candidate(ref=CENTRE, name=name, score=90, why="x"),))))
    assert_postable(ambiguous(Ambiguous(name=name, views=found.nodes[:3])))


def test_a_thing_alone_has_no_picture_and_a_card_all_the_same() -> None:
    alone = Neighbourhood(centre=CENTRE, nodes=around().nodes[:1], hops={}, edges=())
    assert not can_draw(alone)
    assert_postable(graph_card(alone, at=NOW, zone=ZONE))
    assert_postable(how_to())


def test_the_picture_has_words_for_who_cannot_see_and_counts_what_it_leaves_out() -> None:
    found = around(others=30)
    assert graph_picture(found).alt_text == (
        "Picture of what hangs together with Campaign: Brand. "
        "speaks to Brand 0, Brand 1, Brand 10, Brand 11, Brand 12, Brand 13 and 24 more; changed by PLAN-1: Brand."
    )
    rows = rows_of(groups_of(found)[:1])
    assert rows[0].text == "speaks to (30)"
    assert len(rows) <= MOST_A_SIDE
