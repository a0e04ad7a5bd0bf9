"""The edges that a number of statements speak of, in memory: each statement is tried, and what changed is written.

Nothing is written before `write`, so that a caller who must have all or nothing looks at the refusals first.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.identity import Same
from storage.graph.rows import Change, close, rows_where_all, write
from storage.graph.schema import Schema
from storage.graph.words import Word, carved, restated
from storage.tables.knowledge import FOREVER, OPEN, kg_edge


class Edge(NamedTuple):
    """What an edge is to one source: words of the same edge add up."""

    relation: str
    src: int
    dst: int
    slot: str
    source: str


class Rival(NamedTuple):
    """Another source's word that a statement contradicts."""

    edge: Edge
    word: Word


_Scope = tuple[str, str, int, str]
"""Which end, relation, its node (canonical), slot: where at most one edge holds at a time."""


class EdgeBook:
    """Load with `know`, try with `say` or `forget`, then `write`."""

    def __init__(self, connection: AsyncConnection, *, schema: Schema, same: Same) -> None:
        self._connection = connection
        self._schema = schema
        self._same = same
        self._words: dict[Edge, list[Word]] = {}
        self._written: dict[Edge, list[Word]] = {}
        self._scopes: dict[_Scope, set[Edge]] = defaultdict(set)

    async def know(self, edges: Iterable[tuple[str, int, int]]) -> None:
        """Read what is believed of (relation, src, dst) and of all that could rival them."""
        pairs: set[tuple[int, str, int]] = set()
        of_src: set[tuple[int, str]] = set()
        of_dst: set[tuple[int, str]] = set()
        for relation, src, dst in edges:
            one = self._schema.relations[relation].one
            if "src" in one:
                of_src.update((member, relation) for member in self._same.members(src))
            if "dst" in one:
                of_dst.update((member, relation) for member in self._same.members(dst))
            if "src" not in one:
                pairs.add((src, relation, dst))
        table = kg_edge.c
        for columns, keys in (
            ((table.src, table.relation, table.dst), pairs),
            ((table.src, table.relation), of_src),
            ((table.dst, table.relation), of_dst),
        ):
            query = select(kg_edge).where(table.closed == OPEN).order_by(table.valid_from)
            self.take(await rows_where_all(self._connection, query, columns, keys))

    def take(self, rows: Iterable[Any]) -> None:
        """Know these believed rows of kg_edge; in the order of `valid_from`, each edge's all together."""
        fresh: dict[Edge, list[Word]] = defaultdict(list)
        for row in rows:
            edge = Edge(row.relation, row.src, row.dst, row.slot, row.source)
            if edge not in self._words:
                fresh[edge].append(Word(row.valid_from, row.valid_to, row.props, row.load, row.id))
        for edge, words in fresh.items():
            self._words[edge] = words
            self._written[edge] = words
            self._list(edge)

    def words(self, edge: Edge) -> Sequence[Word]:
        return self._words.get(edge, ())

    def say(self, edge: Edge, said: Word) -> bool | Rival:
        """Take a source's statement; whether it changed anything, or whom it contradicts (nothing changes then)."""
        own, others = self._rivals(edge)
        before = self._words.get(edge, [])
        starts = [word.start for rival in own for word in self._words[rival] if word.start > said.start]
        after = restated(before, said, limit=min(starts, default=FOREVER))
        fresh = [word for word in after if not any(word is old for old in before)]
        if not fresh and len(after) == len(before):
            return False
        contradicted = self._contradicted(fresh, others)
        if contradicted is not None:
            return contradicted
        self._set(edge, after)
        for rival in own:
            words = self._words[rival]
            for word in fresh:
                words = carved(words, word.start, word.end)
            self._words[rival] = words
        return True

    def forget(self, edge: Edge) -> int:
        """Take back all of the edge's words; gives how many there were."""
        words = self._words.get(edge, [])
        if words:
            self._words[edge] = []
        return len(words)

    async def write(self, change: Change) -> int:
        """Close and open rows until they say what the book says; gives how many."""
        gone: list[int] = []
        new: list[tuple[Edge, Word]] = []
        for edge, words in self._words.items():
            old = self._written.get(edge, [])
            if old is words:
                continue
            kept = {(word.start, word.end, word.content): word for word in old}
            new += [(edge, word) for word in words if kept.pop((word.start, word.end, word.content), None) is None]
            gone += [word.id for word in kept.values()]
        self._words.clear()
        self._written.clear()
        self._scopes.clear()
        await close(self._connection, kg_edge, gone, seq=change.seq)
        await self._open(new, change)
        return len(gone) + len(new)

    def _rivals(self, edge: Edge) -> tuple[list[Edge], list[Edge]]:
        """Edges of which only one can hold at a time beside this one: the source's own, and others'.

        A source follows on its own word of the same node only. Where it calls a thing by two keys, as what was merged
        is called, it does not know that they are one: its words on them contradict each other.
        """
        own: list[Edge] = []
        others: list[Edge] = []
        root = self._same.root
        for end in self._schema.relations[edge.relation].one:
            for other in self._scopes.get(self._scope(edge, end), ()):
                near, far = (other.src, other.dst) if end == "src" else (other.dst, other.src)
                mine, its = (edge.src, edge.dst) if end == "src" else (edge.dst, edge.src)
                if root(far) != root(its):
                    (own if other.source == edge.source and near == mine else others).append(other)
        return own, others

    def _contradicted(self, fresh: Sequence[Word], others: Sequence[Edge]) -> Rival | None:
        for other in others:
            for word in self._words[other]:
                if any(word.start < mine.end and mine.start < word.end for mine in fresh):
                    return Rival(other, word)
        return None

    def _set(self, edge: Edge, words: list[Word]) -> None:
        if edge not in self._words:
            self._list(edge)
        self._words[edge] = words

    def _list(self, edge: Edge) -> None:
        for end in self._schema.relations[edge.relation].one:
            self._scopes[self._scope(edge, end)].add(edge)

    def _scope(self, edge: Edge, end: str) -> _Scope:
        return end, edge.relation, self._same.root(edge.src if end == "src" else edge.dst), edge.slot

    async def _open(self, new: Sequence[tuple[Edge, Word]], change: Change) -> None:
        ids = await change.ids(kg_edge, len(new))
        await write(
            self._connection,
            kg_edge,
            [
                {
                    "id": number,
                    "relation": edge.relation,
                    "src": edge.src,
                    "dst": edge.dst,
                    "slot": edge.slot,
                    "props": word.content,
                    "source": edge.source,
                    "load": word.load,
                    "valid_from": word.start,
                    "valid_to": word.end,
                    "opened": change.seq,
                    "closed": OPEN,
                }
                for number, (edge, word) in zip(ids, new, strict=True)
            ],
        )
