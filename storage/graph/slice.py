"""What is related to what at one moment, over networkx: built fast, kept small, walked in milliseconds.

Nodes are the numbers of kg_node. All edges between two nodes in one direction are one edge here, whose attributes say
by which relations; equal sets of relations share one dict of attributes, so never change one in place.
"""

import gc
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from storage.graph.schema import Schema

_MANY = 50_000
"""Edges above which a load is worth keeping out of the garbage collector's sight."""


class Ways(NamedTuple):
    """Which relations may be walked: bits for walking as they point, and against."""

    along: int
    against: int


class Found(NamedTuple):
    """A node that a walk came to."""

    node: int
    hops: int
    via: int
    relations: int
    """Bits of the step from `via`."""


class Slice:
    """The graph at one moment; numbers in, numbers out."""

    def __init__(self, schema: Schema) -> None:
        import networkx as nx

        self._bits = {name: 1 << at for at, name in enumerate(schema.relations)}
        self._types = {name: at for at, name in enumerate(schema.types)}
        self.all = (1 << len(self._bits)) - 1
        self.graph: Any = nx.DiGraph()
        self._shared: dict[int, dict[str, Any]] = {}
        self._named: dict[int, tuple[str, ...]] = {}
        self._ids: dict[str, int] = {}
        self._names: list[str] = [""]
        """By number; holes are empty."""
        self._kinds = array("B", [255])

    def add_nodes(self, rows: Iterable[Sequence[Any]]) -> None:
        """(id, type, key) of further nodes."""
        nothing: dict[str, Any] = {}
        nodes, succ, pred = _inside(self.graph)
        for number, kind, key in rows:
            if number >= len(self._names):
                self._names.extend([""] * (number + 1 - len(self._names)))
                self._kinds.extend([255] * (number + 1 - len(self._kinds)))
            name = f"{kind}:{key}"
            self._names[number] = name
            self._ids[name] = number
            self._kinds[number] = self._types.get(kind, 255)
            nodes[number] = nothing
            succ.setdefault(number, {})
            pred.setdefault(number, {})

    def call(self, kind: str, key: str, node: int) -> None:
        """Another key of a node."""
        self._ids[f"{kind}:{key}"] = node

    def load(self, batches: Iterable[Sequence[Sequence[Any]]], root: Callable[[int], int] | None) -> int:
        """Add many edges (src, dst, relation) between nodes added before; gives how many rows there were.

        networkx's own dicts are filled directly: add_edge makes a dict an edge and takes four times as long.
        """
        _, succ, pred = _inside(self.graph)
        shared, bits, shared_of = self._shared, self._bits, self._attributes
        rows = 0
        was_on = gc.isenabled()
        gc.disable()
        try:
            for batch in batches:
                rows += len(batch)
                for src, dst, relation in batch:
                    bit = bits.get(relation)
                    if root is not None:
                        src, dst = root(src), root(dst)  # noqa: PLW2901
                    if bit is None or src == dst:
                        continue
                    near = succ[src]
                    known = near.get(dst)
                    mask = bit if known is None else bit | known["bits"]
                    near[dst] = pred[dst][src] = shared.get(mask) or shared_of(mask)
        finally:
            if rows > _MANY:
                gc.freeze()
            if was_on:
                gc.enable()
        return rows

    def set(self, src: int, dst: int, relation: str, *, holds: bool) -> None:
        """Let an edge hold or no longer hold."""
        bit = self._bits.get(relation, 0)
        known = self.graph.get_edge_data(src, dst)
        before = 0 if known is None else known["bits"]
        after = before | bit if holds else before & ~bit
        if after == before:
            return
        _, succ, pred = _inside(self.graph)
        if after:
            succ[src][dst] = pred[dst][src] = self._attributes(after)
        else:
            self.graph.remove_edge(src, dst)

    def isolate(self, node: int) -> None:
        """Take away all edges of a node."""
        _, succ, pred = _inside(self.graph)
        ends = [(node, other) for other in succ[node]] + [(other, node) for other in pred[node]]
        self.graph.remove_edges_from(ends)

    def clear(self) -> None:
        """Let go of all edges: what was frozen out of the collector's sight goes only so."""
        self.graph.clear()

    def number(self, name: str) -> int | None:
        """The node that `type:key` names; not yet the one that stands for it, if it was merged."""
        return self._ids.get(name)

    def name(self, node: int) -> str:
        return self._names[node]

    def newest(self) -> int:
        """The highest number of a node."""
        return len(self._names) - 1

    def mask(self, relations: Iterable[str] | None) -> int:
        """Bits of relations; all if None. Raises KeyError for one that there is not."""
        return self.all if relations is None else sum(self._bits[name] for name in set(relations))

    def relations(self, bits: int) -> tuple[str, ...]:
        if bits not in self._named:
            self._named[bits] = tuple(name for name, bit in self._bits.items() if bit & bits)
        return self._named[bits]

    def around(self, start: int, hops: int, ways: Ways, *, limit: int) -> list[Found]:
        """Nodes within so many hops, nearest first, without the start; at most `limit`."""
        _, succ, pred = _inside(self.graph)
        sides = [(near, allowed) for near, allowed in ((succ, ways.along), (pred, ways.against)) if allowed]
        seen = {start}
        found: list[Found] = []
        frontier = [start]
        # The steps stand here once more, and tuples are made directly: near a busy node there are thousands of them.
        new = partial(tuple.__new__, Found)
        for hop in range(1, hops + 1):
            nearer, frontier = frontier, []
            for node in nearer:
                for near, allowed in sides:
                    for other, attributes in near[node].items():
                        if other in seen or not (bits := attributes["bits"] & allowed):
                            continue
                        if len(found) >= limit:
                            return found
                        seen.add(other)
                        frontier.append(other)
                        found.append(new((other, hop, node, bits)))
        return found

    def path(
        self, start: int, ends: Collection[int], ways: Ways, *, avoid: Collection[str] = (), most: int
    ) -> list[int] | None:
        """A shortest way to the nearest of the ends, searched from both sides, the side with fewer edges first."""
        if start in ends:
            return [start]
        closed = {self._types[kind] for kind in avoid if kind in self._types}
        sides = (_Side([start], ways), _Side(ends, Ways(ways.against, ways.along)))
        for _ in range(most):
            if not all(side.frontier for side in sides):
                return None
            here, there = sorted(sides, key=self._edges_ahead)
            met = self._advance(here, there, closed)
            if met is not None:
                return [*reversed(sides[0].back_from(met)), *sides[1].back_from(met)[1:]]
        return None

    def between(self, src: int, dst: int) -> int:
        """Bits of the relations from one node to another."""
        known = self.graph.get_edge_data(src, dst)
        return 0 if known is None else known["bits"]

    def _advance(self, here: "_Side", there: "_Side", closed: Collection[int]) -> int | None:
        """One hop further on one side; the node where the sides meet."""
        frontier, here.frontier = here.frontier, []
        for node in frontier:
            for other, _ in self._steps(node, here.ways):
                if other in here.came_from:
                    continue
                if other in there.came_from:
                    here.came_from[other] = node
                    return other
                if closed and self._kinds[other] in closed:
                    continue
                here.came_from[other] = node
                here.frontier.append(other)
        return None

    def _edges_ahead(self, side: "_Side") -> int:
        _, succ, pred = _inside(self.graph)
        return sum(
            (len(succ[node]) if side.ways.along else 0) + (len(pred[node]) if side.ways.against else 0)
            for node in side.frontier
        )

    def _steps(self, node: int, ways: Ways) -> Iterator[tuple[int, int]]:
        """(node, bits) of every step allowed from a node."""
        _, succ, pred = _inside(self.graph)
        for near, allowed in ((succ, ways.along), (pred, ways.against)):
            if allowed:
                for other, attributes in near[node].items():
                    bits = attributes["bits"] & allowed
                    if bits:
                        yield other, bits

    def _attributes(self, mask: int) -> dict[str, Any]:
        if mask not in self._shared:
            self._shared[mask] = {"bits": mask, "relations": frozenset(self.relations(mask))}
        return self._shared[mask]


class _Side:
    """One end of a search from both ends."""

    def __init__(self, nodes: Iterable[int], ways: Ways) -> None:
        self.frontier = list(nodes)
        self.ways = ways
        self.came_from: dict[int, int | None] = dict.fromkeys(self.frontier)

    def back_from(self, node: int) -> list[int]:
        """The way from a node back to this side's end."""
        way: deque[int] = deque()
        here: int | None = node
        while here is not None:
            way.append(here)
            here = self.came_from[here]
        return list(way)


def _inside(graph: Any) -> tuple[dict[int, Any], dict[int, dict[int, Any]], dict[int, dict[int, Any]]]:
    """Networkx's own dicts: nodes, successors, predecessors. The one place that knows them."""
    return graph._node, graph._succ, graph._pred  # noqa: SLF001
