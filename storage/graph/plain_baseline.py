"""What `bench graph` is measured beside: plain networkx, one dict an edge, all rows in memory, filtered as it walks."""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from storage.tables.knowledge import OPEN


class PlainGraph:
    """A MultiDiGraph of every row of kg_edge, with its times as attributes; nodes are `type:key`."""

    def __init__(self, database: Path) -> None:
        import networkx as nx

        self.graph: Any = nx.MultiDiGraph()
        with closing(sqlite3.connect(database)) as connection:
            names = {
                number: f"{kind}:{key}" for number, kind, key in connection.execute("SELECT id, type, key FROM kg_node")
            }
            self.graph.add_nodes_from(names.values())
            self.seqs: dict[str, int] = dict(connection.execute("SELECT at, max(seq) FROM kg_change GROUP BY at"))
            """Moment of a change → the number of the last one then."""
            rows = connection.execute(
                "SELECT id, src, dst, relation, valid_from, valid_to, opened, closed FROM kg_edge"
            )
            for number, src, dst, relation, valid_from, valid_to, opened, closed in rows:
                self.graph.add_edge(
                    names[src],
                    names[dst],
                    key=number,
                    relation=relation,
                    valid_from=valid_from,
                    valid_to=valid_to,
                    opened=opened,
                    closed=closed,
                )

    def rows(self) -> int:
        return self.graph.number_of_edges()  # type: ignore[no-any-return]

    def around(
        self, start: str, hops: int, *, at: int, along: Collection[str], against: Collection[str]
    ) -> dict[str, int]:
        """Node → hops, over edges that hold at `at`, by these relations as they point and against."""
        seen = {start: 0}
        frontier = [start]
        for hop in range(1, hops + 1):
            nearer, frontier = frontier, []
            for node in nearer:
                steps = [
                    end for _, end, edge in self.graph.out_edges(node, data=True) if _holds(edge, at, along, OPEN - 1)
                ]
                steps += [
                    end for end, _, edge in self.graph.in_edges(node, data=True) if _holds(edge, at, against, OPEN - 1)
                ]
                for other in steps:
                    if other not in seen:
                        seen[other] = hop
                        frontier.append(other)
        del seen[start]
        return seen

    def path_length(self, start: str, end: str, *, at: int) -> int | None:
        """Steps of a shortest way as the relations point, over edges that hold at `at`."""
        import networkx as nx

        edges = self.graph.edges

        def holds(src: str, dst: str, key: int) -> bool:
            edge = edges[src, dst, key]
            return edge["closed"] == OPEN and edge["valid_from"] <= at < edge["valid_to"]  # type: ignore[no-any-return]

        try:
            return len(nx.bidirectional_shortest_path(nx.subgraph_view(self.graph, filter_edge=holds), start, end)) - 1
        except nx.NetworkXNoPath:
            return None

    def as_of(self, start: str, *, at: int, seq: int) -> set[tuple[str, str, str]]:
        """(src, relation, dst) of all edges at a node that held at `at`, as known after change `seq`."""
        edges = [*self.graph.out_edges(start, data=True), *self.graph.in_edges(start, data=True)]
        return {(src, edge["relation"], dst) for src, dst, edge in edges if _holds(edge, at, None, seq)}


def _holds(edge: dict[str, Any], at: int, relations: Collection[str] | None, seq: int) -> bool:
    known = edge["opened"] <= seq < edge["closed"] and edge["valid_from"] <= at < edge["valid_to"]
    return known and (relations is None or edge["relation"] in relations)
