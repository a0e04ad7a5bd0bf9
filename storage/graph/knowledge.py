"""The knowledge graph on one transaction (`tx.graph`): what is told it, and what it answers from its rows.

Nothing is inferred and nothing deleted. A statement by a source holds for a time and is believed from a change on;
withdrawing, merging and correcting only end what is believed. Walks over what holds today are faster in
`storage.graph.current.CurrentGraph`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph import finding, joining
from storage.graph.asking import PERSON, Then, all_views, neighbourhood, nodes_of_type, seq_at
from storage.graph.earlier import Earlier
from storage.graph.identity import Same, node_id, refs_of
from storage.graph.rows import Change
from storage.graph.schema import Schema
from storage.graph.telling import begin, retract, tell
from storage.graph.times import micros
from storage.graph.vocabulary import SCHEMA
from storage.records.graph import (
    Applied,
    Candidate,
    Changed,
    EdgeUpdate,
    GraphChange,
    Neighbourhood,
    NodeRef,
    NodeUpdate,
    NodeView,
    NotDone,
    Statement,
    Window,
)
from storage.tables.knowledge import BEGINNING, FOREVER


class Knowledge:
    """Tells and asks the graph on the caller's transaction; `now` is when it became known."""

    def __init__(self, connection: AsyncConnection, *, schema: Schema = SCHEMA) -> None:
        self._connection = connection
        self._schema = schema

    async def apply(self, updates: Iterable[NodeUpdate | EdgeUpdate], *, now: datetime) -> Applied:
        """Take in what sources say, in this order; each update is taken whole or refused with its reason.

        Ends of edges must be known or come earlier in `updates`. Within one source, a statement about the same edge:
        - without an end holds until further notice: from its start on, up to an end the source gave already;
        - with an end replaces what the source said for that time, and ends what went on beyond it;
        - with other properties, or another node in a relation that allows one, takes over from its start on.
        Another source's word that cannot be true beside it is a contradiction and refused, naming the other.
        Saying the same again changes nothing.
        """
        return await tell(self._connection, updates, schema=self._schema, now=now)

    async def retract(self, edge: EdgeUpdate, *, now: datetime) -> Changed | NotDone:
        """Take back all that `edge.source` said about this edge, as if it had been an error; times are ignored."""
        relation = self._schema.relations.get(edge.relation)
        if relation is None:
            return NotDone(reason=f"there is no relation called {edge.relation}")
        change = await self._begin(now)
        rows = await retract(self._connection, edge, schema=self._schema, change=change)
        if isinstance(rows, NotDone):
            return rows
        told = f"{edge.src} {edge.relation} {edge.dst}"
        return Changed(seq=await change.finish("retract", by=edge.source, edge=told), rows=rows)

    async def withdraw_source(self, source: str, *, now: datetime) -> Changed:
        """Stop believing all that this source said; what others say too stays."""
        change = await self._begin(now)
        rows = await joining.withdraw(self._connection, source, change=change)
        seq = await change.finish("withdraw", by=source, rows=rows) if rows else change.seq - 1
        return Changed(seq=seq, rows=rows)

    async def merge(self, gone: NodeRef, into: NodeRef, *, by: str, now: datetime) -> Changed | NotDone:
        """From now on the two are one thing, called `into`; refused where they contradict each other."""
        change = await self._begin(now)
        return await joining.merge(self._connection, gone, into, by=by, schema=self._schema, change=change)

    async def unmerge(self, gone: NodeRef, *, by: str, now: datetime) -> Changed | NotDone:
        """Take apart what was merged: each has what was said of it, before and since."""
        return await joining.unmerge(self._connection, gone, by=by, change=await self._begin(now))

    async def split(
        self, ref: NodeRef, into: NodeRef, *, name: str, sources: Sequence[str], by: str, now: datetime
    ) -> Changed | NotDone:
        """What these sources say of `ref`, and will say of its key, belongs to the new node `into`."""
        change = await self._begin(now)
        return await joining.split(
            self._connection, ref, into, name=name, sources=sources, by=by, schema=self._schema, change=change
        )

    async def rename(self, ref: NodeRef, name: str, *, by: str, now: datetime) -> Changed | NotDone:
        """Call it otherwise from now on; a person's name for it goes before those of sources."""
        node = await node_id(self._connection, ref)
        if node is None:
            return NotDone(reason=f"{ref} is not in the graph")
        root = (await Same.read(self._connection)).root(node)
        whole = (await refs_of(self._connection, [root]))[root]
        said = NodeUpdate(ref=whole, name=name, valid_from=now, source=f"{PERSON}{by}"[:120])
        done = await tell(self._connection, [said], schema=self._schema, now=now, kind="rename")
        return Changed(seq=done.seq, rows=done.nodes)

    async def alias(self, ref: NodeRef, name: str, *, by: str, now: datetime) -> Changed | NotDone:
        """Another name by which it is found."""
        return await joining.alias(self._connection, ref, name, by=by, change=await self._begin(now))

    async def alias_key(self, ref: NodeRef, key: str, *, source: str = "", by: str, now: datetime) -> Changed | NotDone:
        """Another key of the same thing, everyone's or one source's; refused if it is a node of its own (merge)."""
        change = await self._begin(now)
        return await joining.alias_key(self._connection, ref, key, source=source, by=by, change=change)

    async def named(self, name: str, *, kind: str | None = None) -> tuple[NodeView, ...]:
        """Nodes that have or had exactly this name, case, accents and punctuation aside."""
        then = Then(await seq_at(self._connection, None), BEGINNING, FOREVER)
        return await finding.named(self._connection, name, then, kind=kind)

    async def candidates(self, name: str, kind: str, *, least: int = 80) -> tuple[Candidate, ...]:
        """Nodes whose name is like this one, best first, for a person to judge."""
        return (await self.candidates_for([name], kind, least=least))[name]

    async def candidates_for(
        self,
        names: Sequence[str],
        kind: str,
        *,
        least: int = 80,
    ) -> dict[str, tuple[Candidate, ...]]:
        """The same for many names at once."""
        return await finding.alike(self._connection, names, kind, least=least)

    async def get(self, ref: NodeRef, *, valid_at: datetime, known_at: datetime | None = None) -> NodeView | None:
        """The node that a ref means, as it stood then; None if nothing was known of it."""
        return (await self.views([ref], valid_at=valid_at, known_at=known_at)).get(ref)

    async def views(
        self, refs: Iterable[NodeRef], *, valid_at: datetime, known_at: datetime | None = None
    ) -> dict[NodeRef, NodeView]:
        """Many nodes at once, by the ref that was asked; those of which nothing was known are left out."""
        return await all_views(self._connection, tuple(refs), await self._then(valid_at, known_at))

    async def nodes(
        self,
        kind: str,
        *,
        valid_at: datetime,
        known_at: datetime | None = None,
    ) -> tuple[NodeView, ...]:
        """Every node of a type, as it stood then, by key."""
        return await nodes_of_type(self._connection, kind, await self._then(valid_at, known_at))

    async def as_of(
        self,
        ref: NodeRef,
        *,
        valid_at: datetime,
        known_at: datetime | None = None,
        hops: int = 1,
        relations: Iterable[str] | None = None,
        limit: int = 2000,
    ) -> Neighbourhood | None:
        """What was around a node at `valid_at`, as known at `known_at` (today if None); None if it was unknown."""
        then = await self._then(valid_at, known_at)
        return await self._around(ref, then, hops=hops, relations=relations, limit=limit)

    async def touching(
        self,
        ref: NodeRef,
        window: Window,
        *,
        hops: int = 1,
        relations: Iterable[str] | None = None,
        known_at: datetime | None = None,
        limit: int = 2000,
    ) -> Neighbourhood | None:
        """What was related to a node at any time within the window."""
        seq = await seq_at(self._connection, known_at)
        then = Then(seq, micros(window.start), micros(window.end))
        return await self._around(ref, then, hops=hops, relations=relations, limit=limit)

    async def history(self, ref: NodeRef) -> tuple[Statement, ...]:
        """All that was ever said of a node and its edges, in the order in which it became known."""
        return await finding.history(self._connection, ref, earlier=await self._earlier())

    async def changes(self, *, since: int = 0, limit: int = 500) -> tuple[GraphChange, ...]:
        """The log after a number, oldest first."""
        return await finding.log(self._connection, since=since, limit=limit)

    async def version(self) -> int:
        """The number of the newest change: what a decision writes down as the graph it was made with. 0 if empty."""
        return await seq_at(self._connection, None)

    async def _begin(self, now: datetime) -> Change:
        return await begin(self._connection, schema=self._schema, now=now)

    async def _then(self, valid_at: datetime, known_at: datetime | None) -> Then:
        moment = micros(valid_at)
        return Then(await seq_at(self._connection, known_at), moment, moment + 1)

    async def _earlier(self) -> Earlier:
        return await Earlier.read(self._connection, self._schema)

    async def _around(
        self, ref: NodeRef, then: Then, *, hops: int, relations: Iterable[str] | None, limit: int
    ) -> Neighbourhood | None:
        return await neighbourhood(
            self._connection,
            ref,
            then,
            hops=hops,
            relations=None if relations is None else set(relations),
            limit=limit,
            earlier=await self._earlier(),
        )
