"""The benchmark asks both graphs the same and compares what they say."""

from pathlib import Path

from bot.commands import bench_graph
from bot.commands.bench_graph_workload import counts, edge_updates, node_updates


def test_the_workload_is_always_the_same_and_of_the_size_asked_for():
    first, again = list(edge_updates(2_000, 5_000)), list(edge_updates(2_000, 5_000))
    assert first == again
    assert sum(1 if correction is None else 2 for _, correction in first) == 5_000
    assert sum(counts(2_000).values()) == len(list(node_updates(2_000))) == 2_000


def test_both_graphs_give_the_same_answers(tmp_path: Path):
    found = bench_graph.run(2_000, 12_000, 40, 50, tmp_path / "graph.db")
    assert found["rows"] == 12_000
    assert found["agreement"]["checked"] > 5
    assert found["agreement"]["disagreements"] == 0
    assert {"two_hop", "three_hop", "path", "as_of"} <= found["plain"].keys() & found["graph"].keys()
    assert found["graph"]["peak_mb"] > 0
