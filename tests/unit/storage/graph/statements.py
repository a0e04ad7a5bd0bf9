"""Statements and a graph for tests of the graph: short names, fixed defaults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.database import Database
from storage.graph.knowledge import Knowledge
from storage.graph.schema import Schema
from storage.graph.vocabulary import SCHEMA
from storage.records.graph import Applied, EdgeUpdate, NodeRef, NodeUpdate

NOW = datetime(2025, 6, 3, 9, 30, tzinfo=UTC)


def ref(text: str) -> NodeRef:
    return NodeRef.parse(text)


def day(month: int, number: int = 1) -> datetime:
    return datetime(2025, month, number, tzinfo=UTC)


def later(days: int) -> datetime:
    return NOW + timedelta(days=days)


def node(text: str, name: str = "", **changes: Any) -> NodeUpdate:
    """Google says that `type:key` exists, called by its key unless told otherwise."""
    named = ref(text)
    return NodeUpdate(**{"ref": named, "name": name or named.key, "source": "google_ads", **changes})


def edge(text: str, **changes: Any) -> EdgeUpdate:
    """Google says `type:key relation type:key`."""
    src, relation, dst = text.split(" ")
    given = {"relation": relation, "src": ref(src), "dst": ref(dst), "source": "google_ads", **changes}
    return EdgeUpdate(**given)


def nodes(*texts: str, **changes: Any) -> list[NodeUpdate]:
    return [node(text, **changes) for text in texts]


class Told:
    """A graph in a database of its own: every question and statement in a transaction of its own."""

    def __init__(self, database: Database, schema: Schema = SCHEMA) -> None:
        self.database = database
        self.schema = schema

    @asynccontextmanager
    async def graph(self) -> AsyncIterator[Knowledge]:
        async with self.database.writing.begin() as connection:
            yield Knowledge(connection, schema=self.schema)

    async def tell(self, *updates: NodeUpdate | EdgeUpdate, now: datetime = NOW) -> Applied:
        async with self.graph() as graph:
            return await graph.apply(updates, now=now)

    async def do(self, what: str, *args: Any, **changes: Any) -> Any:
        """Any method of the graph; `now` is NOW unless given, and `by` Olivia, where it takes them."""
        async with self.graph() as graph:
            return await getattr(graph, what)(*args, **changes)

    async def edges(self, at: str, *, valid_at: datetime = NOW, known_at: datetime | None = None) -> set[str]:
        """Edges at a node as `src relation dst`."""
        async with self.graph() as graph:
            found = await graph.as_of(ref(at), valid_at=valid_at, known_at=known_at)
        return set() if found is None else {f"{one.src} {one.relation} {one.dst}" for one in found.edges}
