"""What is new in the graph since somebody last looked, read from the log: which edges hold now and which do not."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.identity import Same
from storage.graph.rows import portions, rows_where_all
from storage.tables.knowledge import BEGINNING, FOREVER, OPEN, kg_alias, kg_change, kg_edge, kg_node

Triple = tuple[str, int, int]
"""Relation, src, dst."""
_IDENTITIES = frozenset({"merge", "unmerge", "split"})


class News(NamedTuple):
    """What to change in memory: nodes first, then edges taken away, then edges set."""

    seq: int
    same: Same
    nodes: list[Any]
    keys: list[Any]
    isolated: set[int]
    """Canonical nodes, as they were and as they are, whose edges are all among `edges`."""
    edges: dict[Triple, bool]
    """Between canonical nodes: whether it holds now."""


async def read_news(connection: AsyncConnection, *, since: int, after: int, until: int, most: int) -> News | None:
    """All that changed after change `since`, and that began or ended after `after` up to `until` (microseconds).

    None if it is more than `most` edges, or a new schema: then everything is better read anew.
    """
    changes = (
        await connection.execute(select(kg_change).where(kg_change.c.seq > since).order_by(kg_change.c.seq))
    ).all()
    if any(change.kind == "schema" for change in changes):
        return None
    same = await Same.read(connection)
    touched = await _touched(connection, changes, after, until, most)
    if touched is None:
        return None
    isolated: set[int] = set()
    if any(change.kind in _IDENTITIES for change in changes):
        isolated, around = await _identities(connection, changes, same, since)
        touched |= around
        if len(touched) > most:
            return None
    edges = await _holding(connection, touched, same, until)
    nodes: list[Any] = []
    keys: list[Any] = []
    if changes:
        new = select(kg_node.c.id, kg_node.c.type, kg_node.c.key).where(kg_node.c.opened > since)
        nodes = list((await connection.execute(new)).all())
    if any(change.kind == "alias" for change in changes):
        found = await connection.execute(
            select(kg_alias.c.type, kg_alias.c.folded, kg_alias.c.node).where(
                kg_alias.c.kind == "key", kg_alias.c.source == "", kg_alias.c.opened > since
            )
        )
        keys = list(found.all())
    return News(changes[-1].seq if changes else since, same, nodes, keys, isolated, edges)


async def _touched(
    connection: AsyncConnection, changes: Sequence[Any], after: int, until: int, most: int
) -> set[Triple] | None:
    """Edges of which a row came, went, began or ended; None if too many."""
    conditions: list[tuple[ColumnElement[bool], ...]] = [
        # The comparisons with a number as written are what the partial indexes are for.
        (
            kg_edge.c.valid_from > literal_column(str(BEGINNING)),
            kg_edge.c.valid_from > after,
            kg_edge.c.valid_from <= until,
        ),
        (kg_edge.c.valid_to < literal_column(str(FOREVER)), kg_edge.c.valid_to > after, kg_edge.c.valid_to <= until),
    ]
    if changes:
        conditions += [
            (kg_edge.c.id >= changes[0].first_edge,),
            (kg_edge.c.closed < literal_column(str(OPEN)), kg_edge.c.closed >= changes[0].seq),
        ]
    touched: set[Triple] = set()
    for condition in conditions:
        query = select(kg_edge.c.relation, kg_edge.c.src, kg_edge.c.dst).where(*condition).limit(most + 1)
        touched.update((row.relation, row.src, row.dst) for row in await connection.execute(query))
        if len(touched) > most:
            return None
    return touched


async def _identities(
    connection: AsyncConnection, changes: Iterable[Any], same: Same, since: int
) -> tuple[set[int], set[Triple]]:
    """Nodes that are another thing than before, and all their edges."""
    before = await Same.read(connection, seq=since)
    named = {
        int(node)
        for change in changes
        if change.kind in _IDENTITIES
        for node in json.loads(change.body)["nodes"].split()
    }
    members = before.expand(named) | same.expand(named)
    triples: set[Triple] = set()
    for portion in portions(members, 1_000):
        for end in (kg_edge.c.src, kg_edge.c.dst):
            query = select(kg_edge.c.relation, kg_edge.c.src, kg_edge.c.dst).where(
                end.in_(portion), kg_edge.c.closed == OPEN
            )
            triples.update((row.relation, row.src, row.dst) for row in await connection.execute(query))
    return members, triples


async def _holding(connection: AsyncConnection, touched: set[Triple], same: Same, at: int) -> dict[Triple, bool]:
    """Whether each edge holds, between the nodes that stand for its ends: it does if any of their members has it."""
    whole = {(relation, same.root(src), same.root(dst)) for relation, src, dst in touched}
    asked = {
        (src, relation, dst)
        for relation, root, other in whole
        for src in same.members(root)
        for dst in same.members(other)
    }
    query = (
        select(kg_edge.c.relation, kg_edge.c.src, kg_edge.c.dst)
        .where(kg_edge.c.closed == OPEN, kg_edge.c.valid_from <= at, kg_edge.c.valid_to > at)
        .distinct()
    )
    columns = (kg_edge.c.src, kg_edge.c.relation, kg_edge.c.dst)
    rows = await rows_where_all(connection, query, columns, asked)
    holding = {(row.relation, same.root(row.src), same.root(row.dst)) for row in rows}
    return {edge: edge in holding for edge in whole if edge[1] != edge[2]}
