"""The graph as it stands today, in memory: walks of a few hops and shortest paths, in milliseconds.

One a process. It holds only which nodes are related by what, over networkx; names, properties and the past are asked
from the rows (`tx.graph`). `refresh` brings it up to date from the log of changes.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, overload

import sqlalchemy as sa

from storage.database import Database
from storage.graph.identity import Same
from storage.graph.news import News, read_news
from storage.graph.schema import Schema
from storage.graph.slice import Found, Slice, Ways
from storage.graph.times import micros
from storage.graph.vocabulary import SCHEMA
from storage.records.graph import GraphPath, NodeRef, Reached, Step
from storage.tables.knowledge import OPEN, kg_alias, kg_change, kg_edge, kg_node, kg_same

Direction = Literal["out", "in", "both", "effect"]
_MOST_NEWS = 50_000
"""Changed edges above which loading everything is faster than following them."""


class Walk(Sequence[Reached]):
    """The nodes that a walk came to, nearest first; each is made when it is looked at."""

    def __init__(self, found: Sequence[Found], slice_: Slice, *, cut: bool) -> None:
        self._found = found
        self._slice = slice_
        self._refs: dict[int, NodeRef] = {}
        self.cut = cut
        """Whether there was more than the limit."""

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Reached: ...
    @overload
    def __getitem__(self, index: slice) -> list[Reached]: ...
    def __getitem__(self, index: int | slice) -> Reached | list[Reached]:
        if isinstance(index, slice):
            return [self._reached(one) for one in self._found[index]]
        return self._reached(self._found[index])

    def __iter__(self) -> Iterator[Reached]:
        return map(self._reached, self._found)

    def _reached(self, one: Found) -> Reached:
        return Reached(
            ref=self._ref(one.node),
            hops=one.hops,
            relations=self._slice.relations(one.relations),
            via=self._ref(one.via),
        )

    def _ref(self, node: int) -> NodeRef:
        """Made once: many nodes are reached by way of the same one."""
        ref = self._refs.get(node)
        if ref is None:
            ref = self._refs[node] = NodeRef.parse(self._slice.name(node))
        return ref


class CurrentGraph:
    """Answers from memory, as of the last `refresh`; to be asked from the event loop, also while a refresh runs."""

    def __init__(self, database: Database, *, schema: Schema = SCHEMA) -> None:
        self._database = database
        self._schema = schema
        self._slice = Slice(schema)
        self._same = Same({})
        self._seq = -1
        self._at = 0
        self._refreshing = asyncio.Lock()
        self._effects = Ways(
            self._slice.mask(one.name for one in schema.relations.values() if one.effect in ("forward", "both")),
            self._slice.mask(one.name for one in schema.relations.values() if one.effect in ("back", "both")),
        )

    async def refresh(self, now: datetime) -> int:
        """Take in what was recorded and what began or ended since; gives the number of the newest change it knows.

        The first call, a call for an earlier moment and one after very many changes load everything, in a thread.
        """
        async with self._refreshing:
            at = micros(now)
            if self._seq < 0 or at < self._at:
                await self._load(at)
                return self._seq
            async with self._database.reading.begin() as connection:
                news = await read_news(connection, since=self._seq, after=self._at, until=at, most=_MOST_NEWS)
            if news is None:
                await self._load(at)
            else:
                self._take(news)
                self._at = at
            return self._seq

    def knows(self, ref: NodeRef) -> bool:
        return self._slice.number(str(ref)) is not None

    def canonical(self, ref: NodeRef) -> NodeRef:
        """The node that stands for it, if it was merged; itself if it is unknown."""
        node = self._number(ref)
        return ref if node is None else NodeRef.parse(self._slice.name(node))

    def around(
        self,
        ref: NodeRef,
        hops: int,
        *,
        relations: Iterable[str] | None = None,
        direction: Direction = "both",
        limit: int = 10_000,
    ) -> Walk:
        """All nodes within so many hops, nearest first, without itself; empty if it is unknown.

        `direction`: as the relations point (out), against (in), both, or only as an effect is felt.
        Raises KeyError for a relation that there is not.
        """
        start = self._number(ref)
        ways = self._ways(relations, direction)
        found = [] if start is None else self._slice.around(start, hops, ways, limit=limit + 1)
        return Walk(found[:limit], self._slice, cut=len(found) > limit)

    def reach(self, ref: NodeRef, hops: int, *, relations: Iterable[str] | None = None, limit: int = 10_000) -> Walk:
        """What a change to the node would reach: only along relations that carry an effect, and that way."""
        return self.around(ref, hops, relations=relations, direction="effect", limit=limit)

    def path(
        self,
        start: NodeRef,
        ends: NodeRef | Collection[NodeRef],
        *,
        relations: Iterable[str] | None = None,
        direction: Direction = "both",
        avoid: Collection[str] = (),
        most: int = 12,
    ) -> GraphPath | None:
        """A shortest way from one node to the nearest of others, of at most `most` steps; None if there is none.

        `avoid`: types of nodes that explain nothing, so that no way leads through one (it may start or end there).
        """
        first = self._number(start)
        goals = {self._number(end) for end in ([ends] if isinstance(ends, NodeRef) else ends)} - {None}
        if first is None or not goals:
            return None
        ways = self._ways(relations, direction)
        numbers = [goal for goal in goals if goal is not None]
        way = self._slice.path(first, numbers, ways, avoid=avoid, most=most)
        if way is None:
            return None
        refs = [NodeRef.parse(self._slice.name(node)) for node in way]
        steps = [self._step(way[at], way[at + 1], refs[at], refs[at + 1], ways) for at in range(len(way) - 1)]
        return GraphPath(nodes=tuple(refs), steps=tuple(steps))

    def size(self) -> tuple[int, int]:
        """Nodes, and pairs of nodes that something relates."""
        return self._slice.graph.number_of_nodes(), self._slice.graph.number_of_edges()

    async def _load(self, at: int) -> None:
        before = self._slice
        self._slice, self._same, self._seq = await asyncio.to_thread(self._read, at)
        self._at = at
        await asyncio.to_thread(before.clear)

    def _read(self, at: int) -> tuple[Slice, Same, int]:
        """Everything as of one moment. What is recorded meanwhile is taken in by the next refresh: it has a number."""
        loaded = Slice(self._schema)
        edges = sa.select(kg_edge.c.src, kg_edge.c.dst, kg_edge.c.relation).where(
            kg_edge.c.closed == OPEN, kg_edge.c.valid_from <= at, kg_edge.c.valid_to > at
        )
        keys = sa.select(kg_alias.c.type, kg_alias.c.folded, kg_alias.c.node).where(
            kg_alias.c.kind == "key", kg_alias.c.source == "", kg_alias.c.closed == OPEN
        )
        merged = sa.select(kg_same.c.node, kg_same.c.into).where(kg_same.c.closed == OPEN)
        with self._database.queue_engine.connect() as connection:
            seq = connection.scalar(sa.select(sa.func.max(kg_change.c.seq))) or 0
            same = Same({row.node: row.into for row in connection.execute(merged)})
            result = connection.execution_options(yield_per=20_000).execute(edges)
            # Nodes are read after the edges began, so that every end of an edge is among them.
            with self._database.queue_engine.connect() as second:
                loaded.add_nodes(second.execute(sa.select(kg_node.c.id, kg_node.c.type, kg_node.c.key)))
                for row in second.execute(keys):
                    loaded.call(row.type, row.folded, row.node)
            loaded.load(result.partitions(), same.root if same else None)
        return loaded, same, seq

    def _take(self, news: News) -> None:
        """Bring memory up to date, at once: nobody asks in between."""
        self._slice.add_nodes(news.nodes)
        for kind, key, node in news.keys:
            self._slice.call(kind, key, node)
        self._same = news.same
        for node in news.isolated:
            self._slice.isolate(node)
        for (relation, src, dst), holds in news.edges.items():
            self._slice.set(src, dst, relation, holds=holds)
        self._seq = news.seq

    def _number(self, ref: NodeRef) -> int | None:
        number = self._slice.number(str(ref))
        return None if number is None else self._same.root(number)

    def _ways(self, relations: Iterable[str] | None, direction: Direction) -> Ways:
        mask = self._slice.mask(relations)
        if direction == "effect":
            return Ways(self._effects.along & mask, self._effects.against & mask)
        return Ways(mask if direction in ("out", "both") else 0, mask if direction in ("in", "both") else 0)

    def _step(self, one: int, other: int, here: NodeRef, there: NodeRef, ways: Ways) -> Step:
        along = self._slice.between(one, other) & ways.along
        if along:
            return Step(relations=self._slice.relations(along), src=here, dst=there)
        against = self._slice.between(other, one) & ways.against
        return Step(relations=self._slice.relations(against), src=there, dst=here)
