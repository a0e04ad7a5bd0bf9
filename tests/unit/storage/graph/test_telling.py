"""Statements are taken whole or refused with their reason; saying the same again changes nothing."""

import pytest
from pydantic import ValidationError

from storage.graph.vocabulary import SCHEMA
from storage.records.graph import Changed, EdgeUpdate, NodeUpdate, NotDone
from tests.unit.storage.graph.statements import Told, day, edge, later, node, nodes, ref

CAMPAIGN = nodes("campaign:1", "channel:paid_search", "channel:email", "owner:ann", "owner:bob", "audience:new")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (node("spaceship:1"), "there is no type of node called spaceship"),
        (node("product:1", props={"colour": "red"}), "product has no property colour"),
        (node("product:1", props={"stock": "many"}), "stock of product must be a number, not 'many'"),
        (node("product:1", props={"stock": True}), "stock of product must be a number, not True"),
        (node("event:1", props={"at": "2025-06-03T09:30:00"}), "at of event must be a moment"),
        (node("campaign:1", props={"starts": "3 June"}), "starts of campaign must be a day"),
        (node("campaign:1", props={"status": "x" * 5000}), "longer than 4000 characters"),
        (node("campaign:1", valid_from=day(2), valid_to=day(2)), "it would end before it begins"),
        (edge("campaign:1 loves channel:email"), "there is no relation called loves"),
        (edge("channel:email runs_on campaign:1"), "runs_on cannot go from channel to campaign; it goes campaign →"),
        (edge("campaign:1 competes_with campaign:1"), "cannot point from a node to itself"),
        (edge("campaign:1 budget_owned_by owner:ann"), "budget_owned_by needs channel"),
        (edge("campaign:1 runs_on channel:telepathy"), "channel:telepathy is not in the graph"),
        (edge("campaign:9 runs_on channel:email"), "campaign:9 is not in the graph"),
    ],
)
async def test_a_bad_statement_is_refused_with_its_reason_and_changes_nothing(told: Told, wrong, reason: str):
    await told.tell(*CAMPAIGN)
    before = await told.do("version")
    applied = await told.tell(wrong)
    assert [one.update for one in applied.refused] == [wrong]
    assert reason in applied.refused[0].reason
    assert (applied.nodes, applied.edges, applied.seq) == (0, 0, before)
    assert await told.do("version") == before


async def test_the_good_ones_beside_a_bad_one_are_taken(told: Told):
    bad = edge("campaign:1 runs_on owner:ann")
    applied = await told.tell(bad, *CAMPAIGN, edge("campaign:1 runs_on channel:email"))
    assert (applied.nodes, applied.edges, len(applied.refused)) == (6, 1, 1)


@pytest.mark.parametrize(
    "given",
    [{"props": {"stock": 1.5}}, {"valid_from": "2025-06-03T09:30:00"}, {"surprise": 1}, {"name": ""}, {"source": ""}],
)
def test_floats_naive_moments_and_unknown_fields_are_no_statement(given):
    with pytest.raises(ValidationError):
        NodeUpdate(**{"ref": ref("product:1"), "name": "One", "source": "shop", **given})


async def test_the_same_file_again_changes_nothing(told: Told):
    said = [*CAMPAIGN, edge("campaign:1 runs_on channel:email", valid_from=day(1), load="L-1")]
    first = await told.tell(*said)
    again = await told.tell(*said, now=later(1))
    assert (again.nodes, again.edges, again.unchanged, again.seq) == (0, 0, len(said), first.seq)


async def test_nodes_are_taken_before_edges_whatever_their_order(told: Told):
    assert not (await told.tell(edge("campaign:1 runs_on channel:email"), *CAMPAIGN)).refused


async def test_a_source_s_next_word_takes_over_from_its_start_on(told: Told):
    await told.tell(*CAMPAIGN, edge("campaign:1 owned_by owner:ann", valid_from=day(1)))
    await told.tell(edge("campaign:1 owned_by owner:bob", valid_from=day(3)), now=later(1))
    assert await told.edges("campaign:1", valid_at=day(2)) == {"campaign:1 owned_by owner:ann"}
    assert await told.edges("campaign:1", valid_at=day(4)) == {"campaign:1 owned_by owner:bob"}
    assert await told.edges("campaign:1", valid_at=day(4), known_at=later(0)) == {"campaign:1 owned_by owner:ann"}


async def test_an_older_word_that_comes_late_holds_until_the_next_one(told: Told):
    await told.tell(*CAMPAIGN, edge("campaign:1 owned_by owner:bob", valid_from=day(3)))
    await told.tell(edge("campaign:1 owned_by owner:ann", valid_from=day(1)))
    assert await told.edges("campaign:1", valid_at=day(2)) == {"campaign:1 owned_by owner:ann"}
    assert await told.edges("campaign:1", valid_at=day(4)) == {"campaign:1 owned_by owner:bob"}


async def test_a_stand_in_for_a_time_gives_back_what_was(told: Told):
    await told.tell(*CAMPAIGN, edge("campaign:1 owned_by owner:ann", valid_from=day(1)))
    await told.tell(edge("campaign:1 owned_by owner:bob", valid_from=day(3), valid_to=day(4)))
    owners = [await told.edges("campaign:1", valid_at=day(month, 15)) for month in (2, 3, 4)]
    assert [one.pop().rpartition(":")[2] for one in owners] == ["ann", "bob", "ann"]


async def test_two_sources_that_cannot_both_be_right_are_a_contradiction_that_names_the_other(told: Told):
    await told.tell(*CAMPAIGN, edge("campaign:1 owned_by owner:ann", valid_from=day(1)))
    applied = await told.tell(edge("campaign:1 owned_by owner:bob", valid_from=day(3), source="hubspot"))
    assert applied.refused[0].reason == (
        "google_ads says campaign:1 owned_by owner:ann from 2025-01-01, and only one such edge can hold at a time"
    )
    assert await told.edges("campaign:1") == {"campaign:1 owned_by owner:ann"}


async def test_sources_may_follow_each_other_in_time(told: Told):
    await told.tell(*CAMPAIGN, edge("campaign:1 owned_by owner:ann", valid_from=day(1), valid_to=day(3)))
    assert not (await told.tell(edge("campaign:1 owned_by owner:bob", valid_from=day(3), source="hubspot"))).refused


async def test_the_scope_of_what_is_exclusive_is_declared(told: Told):
    """One budget owner a campaign and channel: two channels may have two."""
    await told.tell(*CAMPAIGN)
    both = [
        edge("campaign:1 budget_owned_by owner:ann", props={"channel": "email"}),
        edge("campaign:1 budget_owned_by owner:bob", props={"channel": "paid_search"}, source="hubspot"),
    ]
    assert not (await told.tell(*both)).refused
    third = edge("campaign:1 budget_owned_by owner:bob", props={"channel": "email"}, source="hubspot")
    assert (await told.tell(third)).refused


async def test_one_target_of_many_is_exclusive_the_other_way_round(told: Told):
    """An outcome is of one plan."""
    await told.tell(*nodes("plan:1", "plan:2", "outcome:1"), edge("plan:1 resulted_in outcome:1"))
    assert (await told.tell(edge("plan:2 resulted_in outcome:1", source="monitor"))).refused


async def test_a_contradiction_within_one_call_is_found(told: Told):
    one = edge("campaign:1 owned_by owner:ann", valid_from=day(1))
    other = edge("campaign:1 owned_by owner:bob", valid_from=day(1), source="hubspot")
    applied = await told.tell(*CAMPAIGN, one, other)
    assert [refused.update for refused in applied.refused] == [other]


async def test_what_two_sources_say_goes_only_with_both(told: Told):
    said = edge("campaign:1 addresses audience:new")
    await told.tell(*CAMPAIGN, said, said.model_copy(update={"source": "hubspot"}))
    await told.do("withdraw_source", "hubspot", now=later(1))
    assert await told.edges("audience:new") == {"campaign:1 addresses audience:new"}
    await told.do("withdraw_source", "google_ads", now=later(2))
    assert await told.edges("audience:new") == set()
    assert await told.edges("audience:new", known_at=later(0)) == {"campaign:1 addresses audience:new"}


async def test_a_withdrawn_source_takes_its_nodes_and_names_along(told: Told):
    await told.tell(node("campaign:1", "Brand"), node("campaign:1", "Marke", source="meta"))
    assert (await told.do("withdraw_source", "google_ads", now=later(1))).rows == 1
    view = await told.do("get", ref("campaign:1"), valid_at=later(1))
    assert (view.name, view.sources) == ("Marke", ("meta",))
    assert await told.do("named", "Brand") == ()
    assert (await told.do("withdraw_source", "google_ads", now=later(2))).rows == 0


async def test_a_source_that_was_withdrawn_can_speak_again(told: Told):
    await told.tell(node("campaign:1", "Brand"))
    await told.do("withdraw_source", "google_ads", now=later(1))
    await told.tell(node("campaign:1", "Brand"), now=later(2))
    assert [view.name for view in await told.do("named", "brand")] == ["Brand"]


async def test_one_edge_can_be_taken_back(told: Told):
    said = edge("campaign:1 addresses audience:new", valid_from=day(1))
    await told.tell(*CAMPAIGN, said)
    assert isinstance(await told.do("retract", said, now=later(1)), Changed)
    assert await told.edges("audience:new") == set()
    assert isinstance(await told.do("retract", said, now=later(1)), NotDone)


async def test_the_log_says_what_was_done_and_its_moments_never_go_back(told: Told):
    await told.tell(*CAMPAIGN, now=later(2))
    await told.tell(edge("campaign:1 runs_on channel:email", load="L-7"), now=later(1))
    first, second = await told.do("changes")
    assert (first.kind, second.kind, second.by) == ("apply", "apply", "google_ads")
    assert second.at == first.at
    assert second.detail["loads"] == "L-7"
    assert await told.do("changes", since=first.seq) == (second,)


def test_updates_are_told_apart_by_their_kind():
    assert EdgeUpdate.model_validate_json(edge("plan:1 restores plan:2").model_dump_json()).kind == "edge"


def test_every_relation_speaks_of_known_types():
    assert len(SCHEMA.types) == 26
    for relation in SCHEMA.relations.values():
        assert {kind for pair in relation.ends for kind in pair} <= SCHEMA.types.keys()
        assert set(relation.by) <= set(relation.props)
        assert relation.means
