"""A new vocabulary: what is believed is stated again under its rules, the past is read in today's words."""

from dataclasses import replace

import pytest

from storage.graph.current import CurrentGraph
from storage.graph.earlier import GraphSchemaNewer
from storage.graph.schema import Relation, Schema, Step
from storage.graph.vocabulary import SCHEMA
from tests.unit.storage.graph.statements import NOW, Told, day, edge, later, node, nodes, ref

OLD = [
    *nodes("campaign:1", "audience:new", "audience:old", "segment:vip", "owner:ann", "owner:bob", "channel:email"),
    edge("campaign:1 addresses audience:new", props={"contacts_per_week": 2}, valid_from=day(1)),
    edge("campaign:1 addresses segment:vip", valid_from=day(2)),
    edge("campaign:1 competes_with campaign:2"),
    edge("campaign:1 runs_on channel:email"),
]


def second(**changes) -> Schema:
    """`addresses` is called `speaks_to` and turned round, competition is no longer kept, segments are audiences."""
    relations = {name: one for name, one in SCHEMA.relations.items() if name not in ("addresses", "competes_with")}
    relations["speaks_to"] = Relation(
        "speaks_to", "is spoken to by", (("audience", "campaign"),), {"weekly": "number"}, effect="both"
    )
    step = Step(
        types={"segment": "audience"},
        relations={"addresses": "speaks_to", "competes_with": None},
        props={("addresses", "contacts_per_week"): "weekly"},
        turned=("addresses",),
    )
    return replace(SCHEMA, version=2, relations=relations, steps={2: step}, **changes)


@pytest.fixture
async def moved(told: Told) -> Told:
    """A graph of version 1 in which something has happened, opened by a program that knows version 2."""
    await told.tell(*OLD, node("campaign:2"))
    await told.do("retract", edge("campaign:1 addresses segment:vip"), now=later(1))
    now = Told(told.database, second())
    await now.tell(node("campaign:3"), now=later(2))
    return now


async def test_what_is_believed_is_stated_in_the_new_words(moved: Told):
    async with moved.graph() as graph:
        around = await graph.as_of(ref("campaign:1"), valid_at=NOW)
    assert around is not None
    told = {one.relation: (str(one.src), str(one.dst), one.props) for one in around.edges}
    assert told == {
        "speaks_to": ("audience:new", "campaign:1", {"weekly": 2}),
        "runs_on": ("campaign:1", "channel:email", {}),
    }


async def test_the_past_is_told_in_today_s_words_and_loses_nothing(moved: Told):
    async with moved.graph() as graph:
        then = await graph.as_of(ref("campaign:1"), valid_at=NOW, known_at=NOW)
        only = await graph.as_of(ref("campaign:1"), valid_at=NOW, known_at=NOW, relations=["speaks_to"])
    assert then is not None
    assert only is not None
    assert {(one.relation, str(one.src), str(one.dst)) for one in then.edges} == {
        ("speaks_to", "audience:new", "campaign:1"),
        ("speaks_to", "audience:vip", "campaign:1"),
        ("competes_with", "campaign:1", "campaign:2"),
        ("runs_on", "campaign:1", "channel:email"),
    }
    assert {str(one.src) for one in only.edges} == {"audience:new", "audience:vip"}


async def test_the_log_says_what_moved_and_what_had_no_place(moved: Told):
    changes = {one.kind: one.detail for one in await moved.do("changes")}
    assert changes["schema"]["restated"] == 1
    assert changes["schema"]["refused"] == 1
    assert "campaign:1 competes_with campaign:2: has no place" in str(changes["schema"]["reasons"])


async def test_a_migrated_graph_takes_the_same_statements_as_one_made_so(moved: Told):
    said = edge("audience:new speaks_to campaign:1", props={"weekly": 2}, valid_from=day(1))
    again = await moved.tell(said, now=later(3))
    assert (again.edges, again.unchanged) == (0, 1)
    assert (await moved.tell(edge("campaign:1 addresses audience:new"), now=later(3))).refused


async def test_memory_is_loaded_anew(told: Told):
    await told.tell(*OLD)
    current = CurrentGraph(told.database, schema=second())
    await current.refresh(NOW)
    await Told(told.database, second()).tell(node("campaign:3"), now=later(1))
    await current.refresh(later(1))
    assert {str(one.ref): one.relations for one in current.around(ref("audience:new"), 1)} == {
        "campaign:1": ("speaks_to",)
    }


async def test_a_type_whose_keys_are_taken_joins_what_has_them(told: Told):
    await told.tell(*OLD, node("audience:vip", source="meta"))
    now = Told(told.database, second())
    await now.tell(node("campaign:3"), now=later(1))
    view = await now.do("get", ref("audience:vip"), valid_at=NOW)
    assert view.merged == (ref("audience:vip (segment)"),)
    assert view.sources == ("google_ads", "meta")


async def test_a_stricter_rule_keeps_what_came_first_and_names_the_rest(told: Told):
    await told.tell(
        *OLD,
        edge("campaign:1 promotes product:tea"),
        *nodes("product:tea", "product:mug"),
        edge("campaign:1 promotes product:mug", source="meta"),
    )
    only = replace(SCHEMA.relations["promotes"], one=("src",))
    stricter = replace(SCHEMA, version=2, relations={**SCHEMA.relations, "promotes": only})
    now = Told(told.database, stricter)
    await now.tell(node("campaign:3"), now=later(1))
    assert "campaign:1 promotes product:tea" in await now.edges("campaign:1")
    assert "campaign:1 promotes product:mug" not in await now.edges("campaign:1")
    assert "campaign:1 promotes product:mug" in await now.edges("campaign:1", known_at=NOW)
    schema = next(one for one in await now.do("changes") if one.kind == "schema")
    assert "product:mug: google_ads says otherwise" in str(schema.detail["reasons"])


async def test_it_happens_once(moved: Told):
    await moved.tell(node("campaign:4"), now=later(3))
    assert [one.kind for one in await moved.do("changes")].count("schema") == 1


async def test_an_older_program_does_not_write_into_a_newer_graph(moved: Told):
    with pytest.raises(GraphSchemaNewer, match="use the newer program"):
        await Told(moved.database, SCHEMA).tell(node("campaign:4"))
