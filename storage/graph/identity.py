"""Which node a name means: keys, keys of one source, and nodes that were found to be the same thing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.rows import rows_where, rows_where_all
from storage.records.graph import NodeRef
from storage.tables.knowledge import OPEN, kg_alias, kg_node, kg_same

Key = tuple[str, str]
"""Type and key."""


class Same:
    """Which nodes are one thing, as believed after one change. Few rows: people decide each of them."""

    def __init__(self, into: Mapping[int, int]) -> None:
        self._into = dict(into)
        self._members: dict[int, list[int]] = defaultdict(list)
        for node in self._into:
            self._members[self.root(node)].append(node)

    def __bool__(self) -> bool:
        return bool(self._into)

    @classmethod
    async def read(cls, connection: AsyncConnection, *, seq: int = OPEN - 1) -> "Same":
        rows = await connection.execute(
            select(kg_same.c.node, kg_same.c.into).where(kg_same.c.opened <= seq, kg_same.c.closed > seq)
        )
        return cls({row.node: row.into for row in rows})

    def root(self, node: int) -> int:
        """The node that stands for the whole thing."""
        while node in self._into:
            node = self._into[node]
        return node

    def members(self, node: int) -> tuple[int, ...]:
        """All nodes that are one thing with it, the one that stands for them first."""
        root = self.root(node)
        return (root, *self._members.get(root, ()))

    def expand(self, nodes: Iterable[int]) -> set[int]:
        return {member for node in nodes for member in self.members(node)}

    def parent(self, node: int) -> int | None:
        """What it was merged into directly."""
        return self._into.get(node)


async def node_ids(
    connection: AsyncConnection, wanted: Iterable[Key], *, seq: int = OPEN - 1
) -> dict[Key, dict[str, int]]:
    """(type, key) → source → node; the source "" is everyone who has no node of their own for that key."""
    keys = set(wanted)
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    nodes = select(kg_node.c.type, kg_node.c.key, kg_node.c.id).where(kg_node.c.opened <= seq)
    for row in await rows_where_all(connection, nodes, (kg_node.c.type, kg_node.c.key), keys):
        found[row.type, row.key][""] = row.id
    aliases = select(kg_alias.c.type, kg_alias.c.folded, kg_alias.c.source, kg_alias.c.node).where(
        kg_alias.c.kind == "key", kg_alias.c.opened <= seq, kg_alias.c.closed > seq
    )
    for row in await rows_where_all(connection, aliases, (kg_alias.c.type, kg_alias.c.folded), keys):
        found[row.type, row.folded][row.source] = row.node
    return found


async def node_id(connection: AsyncConnection, ref: NodeRef, *, seq: int = OPEN - 1) -> int | None:
    """The node that everybody means by the ref."""
    return (await node_ids(connection, [(ref.type, ref.key)], seq=seq)).get((ref.type, ref.key), {}).get("")


async def refs_of(connection: AsyncConnection, nodes: Iterable[int]) -> dict[int, NodeRef]:
    query = select(kg_node.c.id, kg_node.c.type, kg_node.c.key)
    return {
        row.id: NodeRef.model_construct(type=row.type, key=row.key)
        for row in await rows_where(connection, query, kg_node.c.id, set(nodes))
    }
