"""The nodes that a number of statements speak of: who they are, what each source says of them, and their names."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.identity import Key, node_ids
from storage.graph.names import folded
from storage.graph.rows import Change, close, rows_where, write
from storage.graph.words import Word, restated
from storage.records.graph import NodeRef
from storage.tables.knowledge import OPEN, kg_alias, kg_node, kg_state

_BETWEEN = "\x00"
"""Between name and properties in a word's content: no text of ours holds it."""


class NodeBook:
    """Load with `know`, state with `say`, then `write`; nothing is written before."""

    def __init__(self, connection: AsyncConnection, change: Change) -> None:
        self._connection = connection
        self._change = change
        self._ids: dict[Key, dict[str, int]] = {}
        self._new: list[dict[str, Any]] = []
        self._words: dict[tuple[int, str], list[Word]] = {}
        self._written: dict[tuple[int, str], list[Word]] = {}
        self._names: set[tuple[int, str]] = set()
        self._types: dict[int, str] = {}

    async def know(self, refs: Iterable[NodeRef]) -> None:
        """Read which nodes these are."""
        wanted = {(ref.type, ref.key) for ref in refs} - self._ids.keys()
        found = await node_ids(self._connection, wanted)
        self._ids.update({key: dict(found.get(key, {})) for key in wanted})

    async def know_words(self, refs: Iterable[NodeRef]) -> None:
        """Read what is said of them too; after `know`."""
        nodes = {node for ref in refs for node in self._ids[ref.type, ref.key].values()}
        query = select(kg_state).where(kg_state.c.closed == OPEN).order_by(kg_state.c.valid_from)
        fresh: dict[tuple[int, str], list[Word]] = defaultdict(list)
        for row in await rows_where(self._connection, query, kg_state.c.node, nodes):
            word = Word(row.valid_from, row.valid_to, row.name + _BETWEEN + row.props, row.load, row.id)
            fresh[row.node, row.source].append(word)
        for told, words in fresh.items():
            if told not in self._words:
                self._words[told] = self._written[told] = words
        names = select(kg_alias.c.node, kg_alias.c.folded).where(kg_alias.c.kind == "name", kg_alias.c.closed == OPEN)
        found = await rows_where(self._connection, names, kg_alias.c.node, nodes)
        self._names.update((row.node, row.folded) for row in found)

    def find(self, ref: NodeRef, source: str = "") -> int | None:
        """The node that this source means; None if there is none."""
        nodes = self._ids[ref.type, ref.key]
        return nodes.get(source, nodes.get(""))

    async def found(self, ref: NodeRef) -> int:
        """The node of the ref, made if need be."""
        node = self.find(ref)
        if node is None:
            node = (await self._change.ids(kg_node, 1))[0]
            self._ids[ref.type, ref.key] = {**self._ids[ref.type, ref.key], "": node}
            self._new.append({"id": node, "type": ref.type, "key": ref.key, "opened": self._change.seq})
        return node

    def called(self, node: int, kind: str) -> None:
        """Remember the node's type: its names are kept by it."""
        self._types[node] = kind

    def say(self, node: int, source: str, said: Word) -> bool:
        """Take a source's statement (content by `content_of`); whether it changed anything."""
        before = self._words.get((node, source), [])
        after = restated(before, said)
        if len(after) == len(before) and all(one is other for one, other in zip(before, after, strict=True)):
            return False
        self._words[node, source] = after
        return True

    async def write(self) -> int:
        """Close and open rows until they say what the book says; gives how many."""
        gone: list[int] = []
        new: list[tuple[int, str, Word]] = []
        for (node, source), words in self._words.items():
            old = self._written.get((node, source), [])
            if old is words:
                continue
            kept = {(word.start, word.end, word.content): word for word in old}
            new += [
                (node, source, word) for word in words if kept.pop((word.start, word.end, word.content), None) is None
            ]
            gone += [word.id for word in kept.values()]
        await write(self._connection, kg_node, self._new)
        await close(self._connection, kg_state, gone, seq=self._change.seq)
        await self._open(new)
        await self._name(new)
        self._new, self._words, self._written = [], {}, {}
        return len(gone) + len(new)

    async def _open(self, new: Sequence[tuple[int, str, Word]]) -> None:
        ids = await self._change.ids(kg_state, len(new))
        rows = []
        for number, (node, source, word) in zip(ids, new, strict=True):
            name, props = word.content.split(_BETWEEN, 1)
            rows.append(
                {
                    "id": number,
                    "node": node,
                    "name": name,
                    "props": props,
                    "source": source,
                    "load": word.load,
                    "valid_from": word.start,
                    "valid_to": word.end,
                    "opened": self._change.seq,
                    "closed": OPEN,
                }
            )
        await write(self._connection, kg_state, rows)

    async def _name(self, new: Sequence[tuple[int, str, Word]]) -> None:
        """Every name that anything ever had finds it, also after it is called otherwise."""
        names: dict[tuple[int, str], tuple[str, str]] = {}
        for node, source, word in new:
            name = word.content.split(_BETWEEN, 1)[0]
            plain = folded(name)
            if (node, plain) not in self._names:
                names.setdefault((node, plain), (name, source))
        self._names.update(names)
        ids = await self._change.ids(kg_alias, len(names))
        await write(
            self._connection,
            kg_alias,
            [
                {
                    "id": number,
                    "type": self._types[node],
                    "folded": plain,
                    "kind": "name",
                    "source": source,
                    "name": name,
                    "node": node,
                    "opened": self._change.seq,
                    "closed": OPEN,
                }
                for number, ((node, plain), (name, source)) in zip(ids, names.items(), strict=True)
            ],
        )


def content_of(name: str, props: str) -> str:
    return name.replace(_BETWEEN, "") + _BETWEEN + props
