"""Finding nodes by name, and what was ever said of one."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.asking import Then, views_of
from storage.graph.earlier import Earlier
from storage.graph.identity import Same, node_id, refs_of
from storage.graph.names import NameIndex, folded
from storage.graph.times import moment_of
from storage.records.graph import Candidate, GraphChange, NodeRef, NodeView, Statement
from storage.tables.knowledge import OPEN, kg_alias, kg_change, kg_edge, kg_state

_MOST_ALIKE = 10


async def named(connection: AsyncConnection, name: str, then: Then, *, kind: str | None) -> tuple[NodeView, ...]:
    query = select(kg_alias.c.node).where(
        kg_alias.c.folded == folded(name), kg_alias.c.kind != "key", kg_alias.c.closed == OPEN
    )
    if kind is not None:
        query = query.where(kg_alias.c.type == kind)
    same = await Same.read(connection)
    roots = sorted({same.root(node) for node in await connection.scalars(query)})
    return tuple((await views_of(connection, roots, then, same=same)).values())


async def alike(
    connection: AsyncConnection, names: Sequence[str], kind: str, *, least: int
) -> dict[str, tuple[Candidate, ...]]:
    """Nodes of a type whose names are like each of these, best first; reads all names of the type once."""
    query = select(kg_alias.c.folded, kg_alias.c.name, kg_alias.c.node).where(
        kg_alias.c.type == kind, kg_alias.c.kind != "key", kg_alias.c.closed == OPEN
    )
    same = await Same.read(connection)
    nodes: dict[str, list[int]] = defaultdict(list)
    written: dict[str, str] = {}
    for row in await connection.execute(query.order_by(kg_alias.c.id)):
        nodes[row.folded].append(same.root(row.node))
        written.setdefault(row.folded, row.name)
    found = await asyncio.to_thread(_all_best, nodes, names, least)
    refs = await refs_of(connection, {node for best in found.values() for _, _, node in best})
    return {
        name: tuple(
            Candidate(ref=refs[node], name=written[plain], score=score, why=_why(score)) for score, plain, node in best
        )
        for name, best in found.items()
    }


async def history(connection: AsyncConnection, ref: NodeRef, *, earlier: Earlier) -> tuple[Statement, ...]:
    node = await node_id(connection, ref)
    if node is None:
        return ()
    members = set((await Same.read(connection)).members(node))
    at = {row.seq: row.at for row in await connection.execute(select(kg_change.c.seq, kg_change.c.at))}
    believed = kg_state.c.opened < kg_state.c.closed
    states = await connection.execute(select(kg_state).where(kg_state.c.node.in_(members), believed))
    ends = or_(kg_edge.c.src.in_(members), kg_edge.c.dst.in_(members))
    edges = (await connection.execute(select(kg_edge).where(ends, kg_edge.c.opened < kg_edge.c.closed))).all()
    refs = await refs_of(connection, {end for row in edges for end in (row.src, row.dst)})
    told: list[tuple[int, int, Statement]] = [
        (row.opened, row.id, _statement(row, row.name, json.loads(row.props), at)) for row in states
    ]
    for row in edges:
        relation, src, dst, props = earlier.today(row)
        what = f"{relation} → {refs[dst]}" if src in members else f"{refs[src]} → {relation}"
        told.append((row.opened, row.id, _statement(row, what, props, at)))
    return tuple(statement for _, _, statement in sorted(told, key=lambda one: one[:2]))


async def log(connection: AsyncConnection, *, since: int, limit: int) -> tuple[GraphChange, ...]:
    rows = await connection.execute(
        select(kg_change).where(kg_change.c.seq > since).order_by(kg_change.c.seq).limit(limit)
    )
    return tuple(
        GraphChange(seq=row.seq, at=row.at, kind=row.kind, by=row.by, detail=json.loads(row.body)) for row in rows
    )


def _all_best(
    nodes: Mapping[str, Sequence[int]], names: Sequence[str], least: int
) -> dict[str, list[tuple[int, str, int]]]:
    """Takes a while for many names: not for the event loop."""
    index = NameIndex(nodes)
    return {name: _best(index, name, least=least) for name in dict.fromkeys(names)}


def _best(index: NameIndex, name: str, *, least: int) -> list[tuple[int, str, int]]:
    best: dict[int, tuple[int, str, int]] = {}
    for score, plain, nodes in index.like(name, least=least):
        for node in nodes:
            best[node] = max(best.get(node, (0, "", node)), (score, plain, node))
    return sorted(best.values(), key=lambda one: (-one[0], one[1], one[2]))[:_MOST_ALIKE]


def _why(score: int) -> str:
    return "the same words" if score == 100 else f"{score} % alike"


def _statement(row: Any, what: str, props: dict[str, Any], at: dict[int, Any]) -> Statement:
    return Statement(
        what=what,
        props=props,
        valid_from=moment_of(row.valid_from),
        valid_to=moment_of(row.valid_to),
        known_from=at[row.opened],
        known_to=None if row.closed == OPEN else at[row.closed],
        source=row.source,
        load=row.load,
    )
