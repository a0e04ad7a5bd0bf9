"""One thing under several names: merging nodes and taking them apart again, splitting, and other keys and names.

Merging rewrites nothing. Every node keeps what was said of it; a row says that it stands for the same thing as
another, and ending that row takes them apart exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.asking import PERSON
from storage.graph.edge_book import Edge, EdgeBook, Rival
from storage.graph.identity import Same, node_id, node_ids, refs_of
from storage.graph.names import folded
from storage.graph.rows import Change, close, write
from storage.graph.schema import Schema
from storage.graph.telling import contradiction
from storage.graph.words import Word
from storage.records.graph import Changed, NodeRef, NotDone
from storage.tables.knowledge import BEGINNING, FOREVER, OPEN, kg_alias, kg_edge, kg_node, kg_same, kg_state


async def merge(
    connection: AsyncConnection, gone: NodeRef, into: NodeRef, *, by: str, schema: Schema, change: Change
) -> Changed | NotDone:
    if gone.type != into.type:
        return NotDone(reason=f"{gone} and {into} are not of one type")
    nodes = [await node_id(connection, ref) for ref in (gone, into)]
    for ref, node in zip((gone, into), nodes, strict=True):
        if node is None:
            return NotDone(reason=f"{ref} is not in the graph")
    same = await Same.read(connection)
    first, second = (same.root(node) for node in nodes if node is not None)
    if first == second:
        return NotDone(reason=f"{gone} and {into} are one already")
    problem = await _clash(connection, same.members(first), same.members(second), schema=schema, same=same)
    if problem is not None:
        return NotDone(reason=problem)
    number = (await change.ids(kg_same, 1))[0]
    row = {"id": number, "node": first, "into": second, "opened": change.seq, "closed": OPEN}
    await connection.execute(insert(kg_same).values(row))
    seq = await change.finish("merge", by=by, gone=str(gone), into=str(into), nodes=f"{first} {second}")
    return Changed(seq=seq, rows=1)


async def unmerge(connection: AsyncConnection, gone: NodeRef, *, by: str, change: Change) -> Changed | NotDone:
    node = await node_id(connection, gone)
    into = None if node is None else (await Same.read(connection)).parent(node)
    if node is None or into is None:
        return NotDone(reason=f"{gone} is not merged into anything")
    ended = update(kg_same).where(kg_same.c.node == node, kg_same.c.closed == OPEN).values(closed=change.seq)
    await connection.execute(ended)
    was = (await refs_of(connection, [into]))[into]
    seq = await change.finish("unmerge", by=by, gone=str(gone), into=str(was), nodes=f"{node} {into}")
    return Changed(seq=seq, rows=1)


async def split(
    connection: AsyncConnection,
    ref: NodeRef,
    into: NodeRef,
    *,
    name: str,
    sources: Sequence[str],
    by: str,
    schema: Schema,
    change: Change,
) -> Changed | NotDone:
    if ref.type != into.type:
        return NotDone(reason=f"{ref} and {into} are not of one type")
    node = await node_id(connection, ref)
    if node is None:
        return NotDone(reason=f"{ref} is not in the graph")
    if await node_id(connection, into) is not None:
        return NotDone(reason=f"{into} is in the graph already: choose another key")
    believed = kg_state.c.node == node, kg_state.c.closed == OPEN
    states = (await connection.execute(select(kg_state).where(*believed))).all()
    moving = [row for row in states if row.source in sources]
    if not moving:
        return NotDone(reason=f"{', '.join(sources)} said nothing of {ref}")
    if len(moving) == len(states):
        return NotDone(reason=f"nobody else speaks of {ref}: nothing would be left of it")
    new = (await change.ids(kg_node, 1))[0]
    book = EdgeBook(connection, schema=schema, same=await Same.read(connection))
    problem = await _move_edges(connection, book, node, new, sources)
    if problem is not None:
        return NotDone(reason=problem)
    made = {"id": new, "type": into.type, "key": into.key, "opened": change.seq}
    await connection.execute(insert(kg_node).values(made))
    rows = await book.write(change)
    rows += await _move_states(connection, moving, new, change=change, name=name, by=by)
    keys = [(ref.key, ref.key, "key", source) for source in sources]
    called = dict.fromkeys((name, *(row.name for row in moving)))
    names = [(folded(one), one, "name", f"{PERSON}{by}") for one in called]
    await _call(connection, new, into.type, [*keys, *names], change=change)
    seq = await change.finish(
        "split", by=by, ref=str(ref), into=str(into), sources=", ".join(sources), nodes=f"{node} {new}"
    )
    return Changed(seq=seq, rows=rows)


async def alias(connection: AsyncConnection, ref: NodeRef, name: str, *, by: str, change: Change) -> Changed | NotDone:
    node = await node_id(connection, ref)
    if node is None:
        return NotDone(reason=f"{ref} is not in the graph")
    plain = folded(name)
    known = select(kg_alias.c.id).where(
        kg_alias.c.node == node, kg_alias.c.folded == plain, kg_alias.c.kind != "key", kg_alias.c.closed == OPEN
    )
    if await connection.scalar(known.limit(1)) is not None:
        return NotDone(reason=f"{ref} is found by that name already")
    await _call(connection, node, ref.type, [(plain, name, "alias", f"{PERSON}{by}")], change=change)
    return Changed(seq=await change.finish("alias", by=by, ref=str(ref), name=name), rows=1)


async def alias_key(
    connection: AsyncConnection, ref: NodeRef, key: str, *, source: str, by: str, change: Change
) -> Changed | NotDone:
    found = await node_ids(connection, [(ref.type, ref.key), (ref.type, key)])
    node = found.get((ref.type, ref.key), {}).get("")
    if node is None:
        return NotDone(reason=f"{ref} is not in the graph")
    other = found.get((ref.type, key), {})
    if source in other:
        return NotDone(reason=f"{ref.type}:{key} is in the graph already: merge it instead")
    await _call(connection, node, ref.type, [(key, key, "key", source)], change=change)
    return Changed(seq=await change.finish("alias", by=by, ref=str(ref), key=key, source=source), rows=1)


async def withdraw(connection: AsyncConnection, source: str, *, change: Change) -> int:
    """End the belief in all that a source said; gives how many statements that were."""
    rows = 0
    for table in (kg_edge, kg_state):
        done = await connection.execute(
            update(table).where(table.c.source == source, table.c.closed == OPEN).values(closed=change.seq)
        )
        rows += done.rowcount
    await _forget_names(connection, source, change)
    return rows


async def _forget_names(connection: AsyncConnection, source: str, change: Change) -> None:
    """Names that only this source used find nothing any more."""
    own = select(kg_alias.c.id, kg_alias.c.node, kg_alias.c.folded).where(
        kg_alias.c.source == source, kg_alias.c.kind == "name", kg_alias.c.closed == OPEN
    )
    others = select(kg_state.c.node, kg_state.c.name).where(
        kg_state.c.source != source, kg_state.c.node.in_(own.with_only_columns(kg_alias.c.node))
    )
    kept = {(row.node, folded(row.name)) for row in await connection.execute(others.distinct())}
    gone = [row.id for row in await connection.execute(own) if (row.node, row.folded) not in kept]
    await close(connection, kg_alias, gone, seq=change.seq)


async def _clash(
    connection: AsyncConnection, one: Iterable[int], other: Iterable[int], *, schema: Schema, same: Same
) -> str | None:
    """What both cannot have at once if they are one thing."""
    nodes = {**dict.fromkeys(one, 0), **dict.fromkeys(other, 1)}
    relations = [relation.name for relation in schema.relations.values() if relation.one]
    rows = await connection.execute(
        select(kg_edge).where(
            kg_edge.c.closed == OPEN,
            kg_edge.c.relation.in_(relations),
            or_(kg_edge.c.src.in_(nodes), kg_edge.c.dst.in_(nodes)),
        )
    )
    scopes: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in rows:
        for end in schema.relations[row.relation].one:
            if (row.src if end == "src" else row.dst) in nodes:
                scopes[end, row.relation, row.slot].append(row)
    for (near, _, _), group in scopes.items():
        pair = _contradicting(group, near, nodes, same)
        if pair is not None:
            refs = await refs_of(connection, (node for row in pair for node in (row.src, row.dst)))
            told = [f"{row.source} says {refs[row.src]} {row.relation} {refs[row.dst]}" for row in pair]
            return f"they cannot be one: {' and '.join(told)} for the same time"
    return None


def _contradicting(group: Sequence[Any], end: str, nodes: dict[int, int], same: Same) -> tuple[Any, Any] | None:
    def near(row: Any) -> int:
        return row.src if end == "src" else row.dst  # type: ignore[no-any-return]

    def far(row: Any) -> int:
        root = same.root(row.dst if end == "src" else row.src)
        return -1 if root in nodes else root  # edges between the two will be none at all

    first = [row for row in group if nodes[near(row)] == 0]
    second = [row for row in group if nodes[near(row)] == 1]
    for row in first:
        for against in second:
            overlap = row.valid_from < against.valid_to and against.valid_from < row.valid_to
            if overlap and far(row) != far(against):
                return row, against
    return None


async def _move_edges(
    connection: AsyncConnection, book: EdgeBook, node: int, new: int, sources: Sequence[str]
) -> str | None:
    """Say the sources' edges of the new node instead; what stands against it."""
    query = select(kg_edge).where(
        kg_edge.c.closed == OPEN, kg_edge.c.source.in_(sources), or_(kg_edge.c.src == node, kg_edge.c.dst == node)
    )
    rows = (await connection.execute(query.order_by(kg_edge.c.id))).all()

    def moved(end: int) -> int:
        return new if end == node else end

    await book.know((row.relation, row.src, row.dst) for row in rows)
    await book.know((row.relation, moved(row.src), moved(row.dst)) for row in rows)
    for row in rows:
        book.forget(Edge(row.relation, row.src, row.dst, row.slot, row.source))
    for row in rows:
        edge = Edge(row.relation, moved(row.src), moved(row.dst), row.slot, row.source)
        came = book.say(edge, Word(row.valid_from, row.valid_to, row.props, row.load))
        if isinstance(came, Rival):
            names = await refs_of(connection, [came.edge.src, came.edge.dst])
            return contradiction(came, src=str(names[came.edge.src]), dst=str(names[came.edge.dst]))
    return None


async def _move_states(
    connection: AsyncConnection, moving: Sequence[Any], new: int, *, change: Change, name: str, by: str
) -> int:
    await close(connection, kg_state, [row.id for row in moving], seq=change.seq)
    ids = await change.ids(kg_state, len(moving) + 1)
    said = [
        {
            "node": new,
            "name": row.name,
            "props": row.props,
            "source": row.source,
            "load": row.load,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
        }
        for row in moving
    ]
    person = {"name": name, "props": "{}", "source": f"{PERSON}{by}", "load": ""}
    said.append({"node": new, **person, "valid_from": BEGINNING, "valid_to": FOREVER})
    rows = [{**row, "id": number, "opened": change.seq, "closed": OPEN} for number, row in zip(ids, said, strict=True)]
    await write(connection, kg_state, rows)
    return len(moving) + len(rows)


async def _call(
    connection: AsyncConnection, node: int, kind: str, names: Sequence[tuple[str, str, str, str]], *, change: Change
) -> None:
    """Write names: (folded, as written, name | alias | key, source)."""
    ids = await change.ids(kg_alias, len(names))
    columns = {"type": kind, "node": node, "opened": change.seq, "closed": OPEN}
    rows = [
        {"id": number, "folded": plain, "name": name, "kind": sort, "source": source, **columns}
        for number, (plain, name, sort, source) in zip(ids, names, strict=True)
    ]
    await write(connection, kg_alias, rows)
