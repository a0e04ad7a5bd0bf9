"""Rows of earlier schemas in today's words, and bringing what is believed to a new schema.

A row was closed under the vocabulary in force just before its end; so each row says by `closed` which steps it still
has to take. What has no place today keeps its old name: history is not lost because a word is.
"""

import json
from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.edge_book import Edge, EdgeBook, Rival
from storage.graph.identity import Same, refs_of
from storage.graph.rows import Change, portions, rows_where
from storage.graph.schema import Schema, Step, slot_of
from storage.graph.words import Word
from storage.records.graph import EdgeUpdate, NodeRef
from storage.records.record import canonical_json
from storage.tables.knowledge import OPEN, kg_alias, kg_edge, kg_node, kg_same, kg_schema


class GraphSchemaNewer(Exception):
    """Raised when the rows were written by a newer version of the program; the owner updates this one."""

    def __init__(self, stored: int, known: int) -> None:
        super().__init__(f"the knowledge graph has schema {stored}, this program knows {known}: use the newer program")


class Earlier:
    """Translates rows of earlier schemas."""

    def __init__(self, schema: Schema, since: Sequence[tuple[int, int]]) -> None:
        """`since`: (version, the change that it came with), oldest first."""
        self._schema = schema
        self._versions = [version for version, _ in since]
        self._seqs = [seq for _, seq in since]
        self._plain = len(since) < 2

    @classmethod
    async def read(cls, connection: AsyncConnection, schema: Schema) -> "Earlier":
        rows = await connection.execute(select(kg_schema.c.version, kg_schema.c.seq).order_by(kg_schema.c.version))
        return cls(schema, [(row.version, row.seq) for row in rows])

    def today(self, row: Any) -> tuple[str, int, int, dict[str, Any]]:
        """Relation, src, dst and properties of a row of kg_edge as they would be stated today."""
        props = json.loads(row.props)
        if self._plain:
            return row.relation, row.src, row.dst, props
        # The last schema that came before the row was closed.
        version = self._versions[max(0, bisect_left(self._seqs, row.closed) - 1)]
        told = (row.relation, row.src, row.dst, props)
        for number in range(version + 1, self._schema.version + 1):
            told = moved(told, self._schema.steps.get(number, Step())) or told
        return told

    def names(self, relations: Collection[str]) -> set[str]:
        """The relations by all the names that they ever had."""
        names = set(relations)
        for number in range(self._schema.version, 1, -1):
            renamed = self._schema.steps.get(number, Step()).relations
            names |= {old for old, new in renamed.items() if new in names}
        return names


def moved(told: tuple[str, int, int, dict[str, Any]], step: Step) -> tuple[str, int, int, dict[str, Any]] | None:
    """An edge one schema later; None if it has no place there."""
    relation, src, dst, props = told
    later = step.relations.get(relation, relation)
    if later is None:
        return None
    kept = {step.props.get((relation, name), name): value for name, value in props.items()}
    if relation in step.turned:
        src, dst = dst, src
    return later, src, dst, {name: value for name, value in kept.items() if name is not None}


async def keep_up(connection: AsyncConnection, schema: Schema, change: Change) -> bool:
    """Bring what is believed to this schema if it is of an earlier one; whether there was anything to do.

    Steps rename types in place (a type is what a node is called, not what was said of it). Edges of relations whose
    rules changed are ended and stated again under the new rules, oldest first; what those refuse stays history, and
    the log names it. Raises GraphSchemaNewer.
    """
    stored = (await connection.execute(select(kg_schema).order_by(kg_schema.c.version.desc()).limit(1))).first()
    if stored is None:
        await _note(connection, schema, change)
        return False
    if stored.version > schema.version:
        raise GraphSchemaNewer(stored.version, schema.version)
    if stored.version == schema.version:
        return False
    steps = [schema.steps.get(number, Step()) for number in range(stored.version + 1, schema.version + 1)]
    for step in steps:
        for old, new in step.types.items():
            await _rename_type(connection, old, new, change)
    restated, refused = await _restate(connection, schema, steps, json.loads(stored.body), change)
    await _note(connection, schema, change)
    await change.finish(
        "schema",
        by="schema",
        version=schema.version,
        before=stored.version,
        restated=restated,
        refused=len(refused),
        reasons="; ".join(refused[:20]),
    )
    return True


async def _note(connection: AsyncConnection, schema: Schema, change: Change) -> None:
    body = canonical_json({name: rules_of(schema, name) for name in schema.relations})
    await connection.execute(insert(kg_schema).values(version=schema.version, seq=change.seq, body=body))


def rules_of(schema: Schema, name: str) -> dict[str, Any]:
    """All of a relation that can make a statement right or wrong, as plain data."""
    one = schema.relations[name]
    return {
        "ends": sorted([list(pair) for pair in one.ends]),
        "props": dict(one.props),
        "by": list(one.by),
        "one": list(one.one),
    }


async def _rename_type(connection: AsyncConnection, old: str, new: str, change: Change) -> None:
    """Nodes of a type get another; one whose key is taken there becomes the same thing as the one that has it."""
    taken = {
        row.key: row.id
        for row in await connection.execute(select(kg_node.c.id, kg_node.c.key).where(kg_node.c.type == new))
    }
    rows = (await connection.execute(select(kg_node.c.id, kg_node.c.key).where(kg_node.c.type == old))).all()
    clashing = [row for row in rows if row.key in taken]
    ids = await change.ids(kg_same, len(clashing))
    for number, row in zip(ids, clashing, strict=True):
        await connection.execute(update(kg_node).where(kg_node.c.id == row.id).values(key=f"{row.key} ({old})"[:300]))
        same = insert(kg_same).values(id=number, node=row.id, into=taken[row.key], opened=change.seq, closed=OPEN)
        await connection.execute(same)
    await connection.execute(update(kg_node).where(kg_node.c.type == old).values(type=new))
    await connection.execute(update(kg_alias).where(kg_alias.c.type == old).values(type=new))


async def _restate(
    connection: AsyncConnection, schema: Schema, steps: Sequence[Step], rules: dict[str, Any], change: Change
) -> tuple[int, list[str]]:
    """State again every believed edge of a relation that is not what it was; how many, and why some could not be."""
    moved_relations = {name for step in steps for name in (*step.relations, *step.turned)}
    moved_relations |= {name for step in steps for name, _ in step.props}
    stay = {name for name in schema.relations if rules.get(name) == rules_of(schema, name)} - moved_relations
    query = select(kg_edge.c.id).where(kg_edge.c.closed == OPEN, kg_edge.c.relation.not_in(stay)).order_by(kg_edge.c.id)
    ids = list(await connection.scalars(query))
    same = await Same.read(connection)
    done, refused = 0, []
    # Everything is ended first: under the new rules an old row must not stand in the way of a new one.
    for some in portions(ids):
        await connection.execute(update(kg_edge).where(kg_edge.c.id.in_(some)).values(closed=change.seq))
    for some in portions(ids):
        book = EdgeBook(connection, schema=schema, same=same)
        rows = sorted(await rows_where(connection, select(kg_edge), kg_edge.c.id, some), key=lambda row: row.id)
        refs = await refs_of(connection, {node for row in rows for node in (row.src, row.dst)})
        fit: list[tuple[Edge, Word]] = []
        for row in rows:
            fitting = _fitting(row, schema, steps, refs)
            if isinstance(fitting, str):
                refused.append(fitting)
            else:
                fit.append(fitting)
        await book.know((edge.relation, edge.src, edge.dst) for edge, _ in fit)
        for edge, word in fit:
            came = book.say(edge, word)
            if isinstance(came, Rival):
                refused.append(f"{refs[edge.src]} {edge.relation} {refs[edge.dst]}: {came.edge.source} says otherwise")
            else:
                done += 1
        await book.write(change)
    return done, refused


def _fitting(row: Any, schema: Schema, steps: Sequence[Step], refs: dict[int, NodeRef]) -> tuple[Edge, Word] | str:
    """The row as a statement of today's schema, or why it cannot be one."""
    told: tuple[str, int, int, dict[str, Any]] | None = (row.relation, row.src, row.dst, json.loads(row.props))
    for step in steps:
        told = None if told is None else moved(told, step)
    called = f"{refs[row.src]} {row.relation} {refs[row.dst]}"
    if told is None:
        return f"{called}: has no place in this schema"
    relation, src, dst, props = told
    problem = schema.problem_of(
        EdgeUpdate(relation=relation, src=refs[src], dst=refs[dst], props=props, source=row.source)
    )
    if problem is not None:
        return f"{called}: {problem}"
    edge = Edge(relation, src, dst, slot_of(schema.relations[relation], props), row.source)
    return edge, Word(row.valid_from, row.valid_to, canonical_json(props), row.load)
