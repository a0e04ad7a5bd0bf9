"""One thing under several names keeps one history, and is taken apart exactly as it was."""

import pytest

from storage.records.graph import Changed, NotDone
from tests.unit.storage.graph.statements import NOW, Told, day, edge, later, node, nodes, ref

TWO = [
    node("campaign:g1", "Brand UK"),
    node("campaign:m1", "brand-uk", source="meta"),
    *nodes("audience:new", "audience:old", "account:a", "account:b", "owner:ann"),
    edge("campaign:g1 addresses audience:new"),
    edge("campaign:m1 addresses audience:old", source="meta"),
]


async def merge(told: Told, gone: str = "campaign:m1", into: str = "campaign:g1", days: int = 1):
    return await told.do("merge", ref(gone), ref(into), by="olivia", now=later(days))


async def test_merged_nodes_are_one_with_both_histories(told: Told):
    await told.tell(*TWO)
    assert isinstance(await merge(told), Changed)
    both = {"campaign:g1 addresses audience:new", "campaign:g1 addresses audience:old"}
    assert await told.edges("campaign:g1") == both
    assert await told.edges("campaign:m1") == both
    view = await told.do("get", ref("campaign:m1"), valid_at=NOW)
    assert (view.ref, view.merged, view.name) == (ref("campaign:g1"), (ref("campaign:m1"),), "Brand UK")
    assert view.also == ("brand-uk",)


async def test_before_the_merge_was_known_they_were_two(told: Told):
    await told.tell(*TWO)
    await merge(told)
    assert await told.edges("campaign:m1", known_at=NOW) == {"campaign:m1 addresses audience:old"}


async def test_taking_apart_gives_each_what_was_said_of_it_before_and_since(told: Told):
    await told.tell(*TWO)
    await merge(told)
    await told.tell(edge("campaign:m1 belongs_to account:a", source="meta"), now=later(2))
    assert isinstance(await told.do("unmerge", ref("campaign:m1"), by="olivia", now=later(3)), Changed)
    assert await told.edges("campaign:g1") == {"campaign:g1 addresses audience:new"}
    assert await told.edges("campaign:m1") == {
        "campaign:m1 addresses audience:old",
        "campaign:m1 belongs_to account:a",
    }


async def test_three_become_one_and_one_leaves(told: Told):
    await told.tell(*TWO, node("campaign:x1", source="klaviyo"))
    await merge(told, "campaign:x1", "campaign:m1")
    await merge(told, "campaign:m1", "campaign:g1", days=2)
    view = await told.do("get", ref("campaign:x1"), valid_at=NOW)
    assert view.ref == ref("campaign:g1")
    await told.do("unmerge", ref("campaign:x1"), by="olivia", now=later(3))
    assert (await told.do("get", ref("campaign:x1"), valid_at=NOW)).ref == ref("campaign:x1")
    assert (await told.do("get", ref("campaign:m1"), valid_at=NOW)).ref == ref("campaign:g1")


async def test_what_related_them_to_each_other_is_nothing_while_they_are_one(told: Told):
    await told.tell(*TWO, edge("campaign:m1 competes_with campaign:g1"))
    await merge(told)
    assert not [one for one in await told.edges("campaign:g1") if "competes" in one]


async def test_a_merge_that_would_contradict_itself_is_refused(told: Told):
    await told.tell(
        *TWO, edge("campaign:g1 belongs_to account:a"), edge("campaign:m1 belongs_to account:b", source="meta")
    )
    refused = await merge(told)
    assert isinstance(refused, NotDone)
    assert "google_ads says campaign:g1 belongs_to account:a" in refused.reason
    assert "meta says campaign:m1 belongs_to account:b" in refused.reason
    assert (await told.do("get", ref("campaign:m1"), valid_at=NOW)).ref == ref("campaign:m1")


async def test_rules_hold_for_the_whole_thing_after_a_merge(told: Told):
    await told.tell(*TWO, edge("campaign:g1 belongs_to account:a"))
    await merge(told)
    assert (await told.tell(edge("campaign:m1 belongs_to account:b", source="meta"))).refused
    assert not (await told.tell(edge("campaign:m1 belongs_to account:a", source="meta"))).refused


@pytest.mark.parametrize(
    ("gone", "into", "reason"),
    [
        ("campaign:g1", "campaign:g1", "are one already"),
        ("campaign:g1", "audience:new", "are not of one type"),
        ("campaign:g1", "campaign:nowhere", "campaign:nowhere is not in the graph"),
    ],
)
async def test_what_cannot_be_merged_says_why(told: Told, gone: str, into: str, reason: str):
    await told.tell(*TWO)
    refused = await merge(told, gone, into)
    assert reason in refused.reason


async def test_only_what_was_merged_can_be_taken_apart(told: Told):
    await told.tell(*TWO)
    assert isinstance(await told.do("unmerge", ref("campaign:g1"), by="olivia", now=NOW), NotDone)


async def test_a_split_gives_one_source_s_word_to_a_new_node_for_good(told: Told):
    shared = [node("campaign:brand", "Brand"), node("campaign:brand", "Brand", source="meta")]
    meta = edge("campaign:brand addresses audience:old", source="meta")
    await told.tell(*TWO, *shared, edge("campaign:brand addresses audience:new"), meta)
    done = await told.do(
        "split",
        ref("campaign:brand"),
        ref("campaign:brand-meta"),
        name="Brand (Meta)",
        sources=["meta"],
        by="olivia",
        now=later(1),
    )
    assert isinstance(done, Changed)
    assert await told.edges("campaign:brand") == {"campaign:brand addresses audience:new"}
    assert await told.edges("campaign:brand-meta") == {"campaign:brand-meta addresses audience:old"}
    again = await told.tell(shared[1], meta, now=later(2))
    assert (again.nodes, again.edges) == (0, 0)
    await told.tell(meta.model_copy(update={"dst": ref("audience:new")}), now=later(3))
    assert "campaign:brand-meta addresses audience:new" in await told.edges("campaign:brand-meta")
    assert (await told.do("get", ref("campaign:brand-meta"), valid_at=NOW)).name == "Brand (Meta)"
    whole = {"campaign:brand addresses audience:new", "campaign:brand addresses audience:old"}
    assert await told.edges("campaign:brand", known_at=NOW) == whole


async def test_a_split_is_undone_by_merging(told: Told):
    await told.tell(node("campaign:b", "B"), node("campaign:b", "B", source="meta"))
    await told.do("split", ref("campaign:b"), ref("campaign:c"), name="C", sources=["meta"], by="o", now=later(1))
    await told.do("merge", ref("campaign:c"), ref("campaign:b"), by="o", now=later(2))
    assert (await told.do("get", ref("campaign:c"), valid_at=NOW)).sources == ("google_ads", "meta", "person:o")


@pytest.mark.parametrize(
    ("into", "sources", "reason"),
    [
        ("campaign:m1", ["google_ads"], "in the graph already"),
        ("audience:c", ["google_ads"], "are not of one type"),
        ("campaign:c", ["hubspot"], "said nothing"),
        ("campaign:c", ["google_ads"], "nothing would be left"),
    ],
)
async def test_what_cannot_be_split_says_why(told: Told, into: str, sources: list[str], reason: str):
    await told.tell(*TWO)
    refused = await told.do("split", ref("campaign:g1"), ref(into), name="x", sources=sources, by="o", now=NOW)
    assert reason in refused.reason


async def test_a_split_that_would_contradict_itself_changes_nothing(told: Told):
    """Both sources say the outcome is of the plan; of two plans it cannot be."""
    both = [node("plan:1"), node("plan:1", source="monitor"), node("outcome:1")]
    of = edge("plan:1 resulted_in outcome:1")
    await told.tell(*both, of, of.model_copy(update={"source": "monitor"}))
    refused = await told.do("split", ref("plan:1"), ref("plan:2"), name="2", sources=["monitor"], by="o", now=NOW)
    assert isinstance(refused, NotDone)
    assert await told.do("get", ref("plan:2"), valid_at=NOW) is None
    assert await told.do("version") == 1


async def test_a_person_s_name_goes_before_those_of_sources_and_the_old_one_still_finds_it(told: Told):
    await told.tell(*TWO)
    await told.do("rename", ref("campaign:g1"), "Brand Britain", by="olivia", now=later(1))
    await told.tell(node("campaign:g1", "Brand GB", valid_from=later(2)), now=later(2))
    view = await told.do("get", ref("campaign:g1"), valid_at=later(3))
    assert view.name == "Brand Britain"
    assert set(view.also) == {"Brand UK", "Brand GB"}
    assert [found.ref for found in await told.do("named", "BRAND  uk!")] == [ref("campaign:g1"), ref("campaign:m1")]
    assert (await told.do("get", ref("campaign:g1"), valid_at=NOW)).name == "Brand UK"


async def test_another_name_and_another_key_lead_to_the_same_node(told: Told):
    await told.tell(*TWO)
    assert isinstance(await told.do("alias", ref("campaign:g1"), "The big one", by="o", now=NOW), Changed)
    assert isinstance(await told.do("alias", ref("campaign:g1"), "the BIG one", by="o", now=NOW), NotDone)
    assert [found.ref for found in await told.do("named", "the big one", kind="campaign")] == [ref("campaign:g1")]
    assert isinstance(await told.do("alias_key", ref("campaign:g1"), "legacy-7", by="o", now=NOW), Changed)
    await told.tell(edge("campaign:legacy-7 belongs_to account:a"))
    assert "campaign:g1 belongs_to account:a" in await told.edges("campaign:g1")
    taken = await told.do("alias_key", ref("campaign:g1"), "m1", by="o", now=NOW)
    assert "merge it instead" in taken.reason


async def test_all_that_was_ever_said_can_be_read(told: Told):
    await told.tell(*TWO, edge("campaign:g1 owned_by owner:ann", valid_from=day(1)))
    await told.tell(edge("campaign:g1 owned_by owner:ann", valid_from=day(1), valid_to=day(5)), now=later(1))
    told_of = await told.do("history", ref("campaign:g1"))
    owned = [(one.what, one.valid_to, one.known_from, one.known_to) for one in told_of if "owned_by" in one.what]
    assert owned == [
        ("owned_by → owner:ann", None, NOW, later(1)),
        ("owned_by → owner:ann", day(5), later(1), None),
    ]
    assert await told.do("history", ref("campaign:none")) == ()
