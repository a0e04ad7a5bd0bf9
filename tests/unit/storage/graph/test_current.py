"""The graph in memory says what the rows say, whatever came meanwhile, and its walks are the shortest there are."""

import networkx as nx
import pytest

from storage.graph.current import CurrentGraph
from storage.graph.vocabulary import SCHEMA
from tests.unit.storage.graph.statements import NOW, Told, day, edge, later, node, nodes, ref

SHOP = [
    *nodes("campaign:1", "campaign:2", "campaign:3", "channel:email", "audience:new", "product:tea", "kpi:roas"),
    *nodes("event:price", "owner:ann"),
    edge("campaign:1 runs_on channel:email"),
    edge("campaign:2 runs_on channel:email"),
    edge("campaign:1 addresses audience:new"),
    edge("campaign:3 addresses audience:new"),
    edge("campaign:1 promotes product:tea"),
    edge("event:price concerns product:tea"),
    edge("campaign:1 measured_by kpi:roas"),
    edge("channel:email measured_by kpi:roas"),
]


@pytest.fixture
async def shop(told: Told) -> CurrentGraph:
    await told.tell(*SHOP)
    current = CurrentGraph(told.database)
    assert await current.refresh(NOW) == 1
    return current


def reached(walk) -> dict[str, int]:
    return {str(one.ref): one.hops for one in walk}


async def test_everything_around_a_node_is_found_with_the_step_that_leads_there(shop: CurrentGraph):
    around = shop.around(ref("audience:new"), 2)
    assert reached(around) == {"campaign:1": 1, "campaign:3": 1, "channel:email": 2, "product:tea": 2, "kpi:roas": 2}
    tea = next(one for one in around if one.ref == ref("product:tea"))
    assert (tea.via, tea.relations) == (ref("campaign:1"), ("promotes",))
    assert around[:1] == [around[0]]
    assert not around.cut


async def test_an_effect_is_followed_only_the_way_it_is_felt(shop: CurrentGraph):
    """A channel's other campaigns do not feel a change to this one; those that share its audience do."""
    assert reached(shop.reach(ref("campaign:1"), 2)) == {
        "channel:email": 1,
        "audience:new": 1,
        "product:tea": 1,
        "kpi:roas": 1,
        "campaign:3": 2,
    }
    assert reached(shop.reach(ref("kpi:roas"), 3)) == {}


async def test_directions_and_relations_limit_a_walk(shop: CurrentGraph):
    assert set(reached(shop.around(ref("channel:email"), 1, direction="out"))) == {"kpi:roas"}
    assert set(reached(shop.around(ref("channel:email"), 1, direction="in"))) == {"campaign:1", "campaign:2"}
    assert set(reached(shop.around(ref("campaign:1"), 2, relations=["addresses"]))) == {"audience:new", "campaign:3"}
    with pytest.raises(KeyError):
        shop.around(ref("campaign:1"), 1, relations=["loves"])


async def test_a_walk_says_when_it_was_cut(shop: CurrentGraph):
    around = shop.around(ref("campaign:1"), 2, limit=2)
    assert (len(around), around.cut) == (2, True)


async def test_the_shortest_explanation_leads_to_the_nearest_cause(shop: CurrentGraph):
    path = shop.path(ref("kpi:roas"), [ref("event:price"), ref("campaign:3")])
    assert path is not None
    assert str(path.nodes[0]) == "kpi:roas"
    assert len(path.steps) == 3
    caused = shop.path(ref("event:price"), ref("kpi:roas"), direction="effect")
    assert caused is not None
    assert [str(one) for one in caused.nodes] == ["event:price", "product:tea", "campaign:1", "kpi:roas"]
    first, second, _ = caused.steps
    assert (first.relations, first.src, first.dst) == (("concerns",), ref("event:price"), ref("product:tea"))
    assert (second.relations, second.src, second.dst) == (("promotes",), ref("campaign:1"), ref("product:tea"))


async def test_a_way_can_avoid_what_explains_nothing(shop: CurrentGraph):
    short = shop.path(ref("campaign:2"), ref("campaign:1"))
    assert short is not None
    assert len(short.steps) == 2
    assert shop.path(ref("campaign:2"), ref("campaign:1"), avoid=["channel"]) is None
    assert shop.path(ref("campaign:2"), ref("campaign:1"), most=1) is None


async def test_what_is_unknown_or_alone_has_no_way(shop: CurrentGraph):
    assert shop.path(ref("campaign:1"), ref("campaign:none")) is None
    assert shop.path(ref("campaign:1"), ref("owner:ann")) is None
    assert len(shop.around(ref("campaign:none"), 2)) == 0
    assert not shop.knows(ref("campaign:none"))
    same = shop.path(ref("campaign:1"), ref("campaign:1"))
    assert same is not None
    assert same.steps == ()


async def test_what_comes_and_goes_is_taken_in(told: Told, shop: CurrentGraph):
    await told.tell(node("campaign:4"), edge("campaign:4 promotes product:tea"), now=later(1))
    await told.do("retract", edge("campaign:1 promotes product:tea"), now=later(1))
    assert "campaign:4" not in reached(shop.around(ref("product:tea"), 1))
    assert await shop.refresh(later(1)) == 3
    assert set(reached(shop.around(ref("product:tea"), 1))) == {"campaign:4", "event:price"}


async def test_time_going_by_begins_and_ends_edges(told: Told, shop: CurrentGraph):
    await told.tell(
        edge("campaign:2 promotes product:tea", valid_from=later(2)),
        edge("campaign:3 promotes product:tea", valid_from=day(1), valid_to=later(2)),
    )
    for days, campaigns in ((1, {"campaign:1", "campaign:3"}), (2, {"campaign:1", "campaign:2"})):
        await shop.refresh(later(days))
        assert set(reached(shop.around(ref("product:tea"), 1, relations=["promotes"]))) == campaigns
    await shop.refresh(later(1))
    assert "campaign:3" in reached(shop.around(ref("product:tea"), 1))


async def test_an_edge_stays_while_anybody_says_so(told: Told, shop: CurrentGraph):
    said = edge("campaign:1 addresses audience:new", source="meta")
    await told.tell(said)
    for source, there in (("google_ads", True), ("meta", False)):
        await told.do("withdraw_source", source, now=later(1))
        await shop.refresh(later(1))
        assert ("campaign:1" in reached(shop.around(ref("audience:new"), 1))) is there


async def test_merged_nodes_are_walked_as_one_and_again_as_two(told: Told, shop: CurrentGraph):
    await told.do("merge", ref("campaign:2"), ref("campaign:3"), by="olivia", now=later(1))
    await shop.refresh(later(1))
    assert reached(shop.around(ref("campaign:2"), 1)) == {"audience:new": 1, "channel:email": 1}
    assert shop.canonical(ref("campaign:2")) == ref("campaign:3")
    await told.do("unmerge", ref("campaign:2"), by="olivia", now=later(2))
    await shop.refresh(later(2))
    assert reached(shop.around(ref("campaign:2"), 1)) == {"channel:email": 1}
    assert reached(shop.around(ref("campaign:3"), 1)) == {"audience:new": 1}


async def test_another_key_leads_to_the_node(told: Told, shop: CurrentGraph):
    await told.do("alias_key", ref("campaign:1"), "one", by="o", now=later(1))
    await shop.refresh(later(1))
    assert shop.knows(ref("campaign:one"))
    assert reached(shop.around(ref("campaign:one"), 1)) == reached(shop.around(ref("campaign:1"), 1))
    assert reached(CurrentGraph(told.database).around(ref("campaign:one"), 1)) == {}


async def test_an_empty_graph_is_no_trouble(told: Told):
    current = CurrentGraph(told.database)
    assert await current.refresh(NOW) == 0
    assert current.size() == (0, 0)


@pytest.mark.parametrize("seed", range(5))
async def test_walks_agree_with_networkx(told: Told, seed: int):
    """Distances, and that a shortest way is one, on a random graph of campaigns and audiences."""
    plain = nx.gnm_random_graph(60, 90, seed=seed, directed=True)
    await told.tell(
        *nodes(*(f"campaign:{number}" for number in plain)),
        *(edge(f"campaign:{src} competes_with campaign:{dst}") for src, dst in plain.edges),
    )
    current = CurrentGraph(told.database)
    await current.refresh(NOW)
    for start in range(0, 60, 7):
        near = nx.single_source_shortest_path_length(plain, start, cutoff=3)
        del near[start]
        found = current.around(ref(f"campaign:{start}"), 3, direction="out")
        assert {int(one.ref.key): one.hops for one in found} == near
        for end in range(0, 60, 11):
            path = current.path(ref(f"campaign:{start}"), ref(f"campaign:{end}"), direction="out", most=60)
            known = nx.has_path(plain, start, end)
            assert (path is not None) is known
            if path is not None:
                assert len(path.steps) == nx.shortest_path_length(plain, start, end)
                assert all(plain.has_edge(int(step.src.key), int(step.dst.key)) for step in path.steps)


def test_every_relation_fits_into_the_bits_of_a_number():
    assert len(SCHEMA.relations) < 64
