"""Answers from the rows: what was so at a moment or within a window, as known after a change."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.earlier import Earlier
from storage.graph.identity import Same, node_id, node_ids, refs_of
from storage.graph.rows import portions, rows_where
from storage.graph.times import moment_of
from storage.records.graph import EdgeView, Neighbourhood, NodeRef, NodeView
from storage.tables.knowledge import kg_alias, kg_change, kg_edge, kg_node, kg_state

PERSON = "person:"
"""How the source of what a person said begins: it goes before what platforms say."""


class Then(NamedTuple):
    """What is asked of: valid at any time from `start` up to, without, `end`, as believed after change `seq`."""

    seq: int
    start: int
    end: int

    def holds(self, table: Table) -> tuple[ColumnElement[bool], ...]:
        return (
            table.c.valid_from < self.end,
            table.c.valid_to > self.start,
            table.c.opened <= self.seq,
            table.c.closed > self.seq,
        )


class Line(NamedTuple):
    """A row of kg_edge in today's words, between canonical nodes."""

    relation: str
    src: int
    dst: int
    row: Any
    props: dict[str, Any]


async def seq_at(connection: AsyncConnection, known_at: datetime | None) -> int:
    """The number of the last change known then; 0 before the first."""
    newest = select(func.max(kg_change.c.seq))
    if known_at is None:
        return (await connection.scalar(newest)) or 0
    found = select(kg_change.c.seq).where(kg_change.c.at <= known_at).order_by(kg_change.c.at.desc())
    return (await connection.scalar(found.order_by(kg_change.c.seq.desc()).limit(1))) or 0


async def all_views(connection: AsyncConnection, refs: Sequence[NodeRef], then: Then) -> dict[NodeRef, NodeView]:
    """The nodes that refs mean, as they stood then; without those of which nothing was known."""
    known = await node_ids(connection, {(ref.type, ref.key) for ref in refs}, seq=then.seq)
    meant = {ref: known[ref.type, ref.key][""] for ref in refs if "" in known.get((ref.type, ref.key), {})}
    same = await Same.read(connection, seq=then.seq)
    views = await views_of(connection, sorted({same.root(node) for node in meant.values()}), then, same=same)
    return {ref: views[same.root(node)] for ref, node in meant.items()}


async def views_of(connection: AsyncConnection, roots: Sequence[int], then: Then, *, same: Same) -> dict[int, NodeView]:
    """Canonical nodes as they stood then; one of which nothing was said goes by its key."""
    members = same.expand(roots)
    refs = await refs_of(connection, members)
    states = await rows_where(connection, select(kg_state).where(*then.holds(kg_state)), kg_state.c.node, members)
    names = (
        select(kg_alias.c.node, kg_alias.c.name)
        .where(kg_alias.c.kind != "key", kg_alias.c.opened <= then.seq, kg_alias.c.closed > then.seq)
        .order_by(kg_alias.c.id)
    )
    said: dict[int, list[Any]] = defaultdict(list)
    for row in states:
        said[same.root(row.node)].append(row)
    called: dict[int, list[str]] = defaultdict(list)
    for row in await rows_where(connection, names, kg_alias.c.node, members):
        called[same.root(row.node)].append(row.name)
    return {root: _view(root, said.get(root, []), called.get(root, []), refs, same.members(root)) for root in roots}


async def nodes_of_type(connection: AsyncConnection, kind: str, then: Then) -> tuple[NodeView, ...]:
    same = await Same.read(connection, seq=then.seq)
    query = select(kg_node.c.id).where(kg_node.c.type == kind, kg_node.c.opened <= then.seq).order_by(kg_node.c.key)
    roots = list(dict.fromkeys(same.root(node) for node in await connection.scalars(query)))
    views: list[NodeView] = []
    for some in portions(roots):
        views += [view for view in (await views_of(connection, some, then, same=same)).values() if view.sources]
    return tuple(views)


async def neighbourhood(
    connection: AsyncConnection,
    ref: NodeRef,
    then: Then,
    *,
    hops: int,
    relations: Collection[str] | None,
    limit: int,
    earlier: Earlier,
) -> Neighbourhood | None:
    """What was around a node then, with every edge among those found on the way."""
    node = await node_id(connection, ref, seq=then.seq)
    if node is None:
        return None
    same = await Same.read(connection, seq=then.seq)
    centre = same.root(node)
    hop_of = {centre: 0}
    lines: dict[int, Line] = {}
    frontier = [centre]
    cut = False
    for hop in range(1, hops + 1):
        found = await _lines(connection, same.expand(frontier), then, relations, same=same, earlier=earlier, most=limit)
        cut = cut or len(found) >= limit
        lines.update((line.row.id, line) for line in found[:limit])
        near = {end for line in lines.values() for end in (line.src, line.dst)} - hop_of.keys()
        frontier = sorted(near)[: max(0, limit - len(hop_of))]
        cut = cut or len(frontier) < len(near)
        hop_of.update(dict.fromkeys(frontier, hop))
        if not frontier:
            break
    views = await views_of(connection, list(hop_of), then, same=same)
    kept = [line for line in lines.values() if line.src in hop_of and line.dst in hop_of]
    return Neighbourhood(
        centre=views[centre].ref,
        nodes=tuple(views.values()),
        hops={str(views[node].ref): hop for node, hop in hop_of.items()},
        edges=_edges(kept, {node: view.ref for node, view in views.items()}),
        cut=cut,
    )


async def _lines(
    connection: AsyncConnection,
    nodes: Iterable[int],
    then: Then,
    relations: Collection[str] | None,
    *,
    same: Same,
    earlier: Earlier,
    most: int,
) -> list[Line]:
    """Edges at these nodes, each row once."""
    found: dict[int, Any] = {}
    query = select(kg_edge).where(*then.holds(kg_edge))
    if relations is not None:
        query = query.where(kg_edge.c.relation.in_(earlier.names(relations)))
    some = list(nodes)
    for end in (kg_edge.c.src, kg_edge.c.dst):
        for portion in portions(some, 1_000):
            rows = await connection.execute(query.where(end.in_(portion)).limit(most))
            found.update((row.id, row) for row in rows)
    lines = []
    for row in found.values():
        relation, src, dst, props = earlier.today(row)
        src, dst = same.root(src), same.root(dst)
        if src != dst and (relations is None or relation in relations):
            lines.append(Line(relation, src, dst, row, props))
    return lines


def _view(
    root: int, said: Sequence[Any], called: Sequence[str], refs: dict[int, NodeRef], members: Sequence[int]
) -> NodeView:
    ref = refs[root]
    said = sorted(
        said, key=lambda row: (row.source.startswith(PERSON), row.node == root, row.valid_from, row.opened, row.id)
    )
    name = said[-1].name if said else ref.key
    props: dict[str, Any] = {}
    for row in said:
        props |= json.loads(row.props)
    return NodeView(
        ref=ref,
        name=name,
        also=tuple(dict.fromkeys(one for one in called if one != name)),
        merged=tuple(refs[node] for node in members if node != root),
        props=props,
        valid_from=moment_of(min(row.valid_from for row in said)) if said else None,
        valid_to=moment_of(max(row.valid_to for row in said)) if said else None,
        sources=tuple(sorted({row.source for row in said})),
    )


def _edges(lines: Iterable[Line], refs: dict[int, NodeRef]) -> tuple[EdgeView, ...]:
    """One view an edge, whoever says so."""
    told: dict[tuple[str, int, int, str], list[Line]] = defaultdict(list)
    for line in lines:
        told[line.relation, line.src, line.dst, line.row.slot].append(line)
    views = []
    for (relation, src, dst, _), group in sorted(told.items()):
        group.sort(key=lambda line: (line.row.valid_from, line.row.opened, line.row.id))
        props: dict[str, Any] = {}
        for line in group:
            props |= line.props
        views.append(
            EdgeView(
                relation=relation,
                src=refs[src],
                dst=refs[dst],
                props=props,
                valid_from=moment_of(group[0].row.valid_from),
                valid_to=moment_of(max(line.row.valid_to for line in group)),
                sources=tuple(sorted({line.row.source for line in group})),
                loads=tuple(sorted({line.row.load for line in group} - {""})),
            )
        )
    return tuple(views)
