"""Taking statements into the graph: who is meant, whether the schema allows it, and what it contradicts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.graph.earlier import keep_up
from storage.graph.edge_book import Edge, EdgeBook, Rival
from storage.graph.identity import Same, refs_of
from storage.graph.node_book import NodeBook, content_of
from storage.graph.rows import Change, portions, roomy
from storage.graph.schema import Schema, slot_of
from storage.graph.times import end_of, moment_of, start_of
from storage.graph.words import Word
from storage.records.graph import Applied, EdgeUpdate, NodeUpdate, NotDone, Refused
from storage.records.record import canonical_json

_NO_PROPS = "{}"
_MANY = 10_000
_AT_ONCE = 1_500
"""Statements between which other work of the process gets its turn."""


class _Tally:
    """What came of the statements so far."""

    def __init__(self) -> None:
        self.nodes = self.edges = self.unchanged = 0
        self.refused: list[Refused] = []
        self.contradictions: list[tuple[EdgeUpdate, Rival]] = []


async def tell(
    connection: AsyncConnection,
    updates: Iterable[NodeUpdate | EdgeUpdate],
    *,
    schema: Schema,
    now: datetime,
    kind: str = "apply",
) -> Applied:
    """Take in statements, those about nodes first; each is taken whole or refused with its reason."""
    tally = _Tally()
    nodes: list[NodeUpdate] = []
    edges: list[EdgeUpdate] = []
    for update in updates:
        problem = schema.problem_of(update)
        if problem is not None:
            tally.refused.append(Refused.model_construct(update=update, reason=problem))
        elif isinstance(update, NodeUpdate):
            nodes.append(update)
        else:
            edges.append(update)
    change = await begin(connection, schema=schema, now=now)
    async with roomy(connection, when=len(nodes) + len(edges) > _MANY):
        for some in portions(nodes, _AT_ONCE):
            await _tell_nodes(connection, some, change, tally)
        same = await Same.read(connection)
        for some_edges in portions(edges, _AT_ONCE):
            book = EdgeBook(connection, schema=schema, same=same)
            await _tell_edges(connection, some_edges, change, tally, book=book, schema=schema)
    await _name_contradictions(connection, tally)
    seq = change.seq - 1
    if tally.nodes or tally.edges:
        sources = sorted({update.source for update in nodes} | {update.source for update in edges})
        loads = sorted(({update.load for update in nodes} | {update.load for update in edges}) - {""})
        seq = await change.finish(
            kind,
            by=", ".join(sources)[:120],
            nodes=tally.nodes,
            edges=tally.edges,
            refused=len(tally.refused),
            loads=" ".join(loads)[:1000],
        )
    return Applied(
        seq=seq, nodes=tally.nodes, edges=tally.edges, unchanged=tally.unchanged, refused=tuple(tally.refused)
    )


async def retract(connection: AsyncConnection, edge: EdgeUpdate, *, schema: Schema, change: Change) -> int | NotDone:
    """End the belief in all that a source said of an edge; gives how many statements that were."""
    who = NodeBook(connection, change)
    await who.know([edge.src, edge.dst])
    src, dst = who.find(edge.src, edge.source), who.find(edge.dst, edge.source)
    if src is None or dst is None:
        return NotDone(reason=f"{edge.src if src is None else edge.dst} is not in the graph")
    book = EdgeBook(connection, schema=schema, same=await Same.read(connection))
    await book.know([(edge.relation, src, dst)])
    slot = slot_of(schema.relations[edge.relation], edge.props)
    if not book.forget(Edge(edge.relation, src, dst, slot, edge.source)):
        return NotDone(reason=f"{edge.source} does not say {edge.src} {edge.relation} {edge.dst}")
    return await book.write(change)


async def begin(connection: AsyncConnection, *, schema: Schema, now: datetime) -> Change:
    """The next change, the rows brought to this schema first. Raises GraphSchemaNewer."""
    change = await Change.begin(connection, now=now)
    if await keep_up(connection, schema, change):
        change = await Change.begin(connection, now=now)
    return change


async def _tell_nodes(
    connection: AsyncConnection, updates: Sequence[NodeUpdate], change: Change, tally: _Tally
) -> None:
    book = NodeBook(connection, change)
    refs = [update.ref for update in updates]
    await book.know(refs)
    await book.know_words(refs)
    for update in updates:
        own = book.find(update.ref, update.source)
        node = await book.found(update.ref) if own is None else own
        book.called(node, update.ref.type)
        if book.say(node, update.source, _word(update, content_of(update.name, _props(update)))):
            tally.nodes += 1
        else:
            tally.unchanged += 1
    await book.write()


async def _tell_edges(
    connection: AsyncConnection,
    updates: Sequence[EdgeUpdate],
    change: Change,
    tally: _Tally,
    *,
    book: EdgeBook,
    schema: Schema,
) -> None:
    who = NodeBook(connection, change)
    await who.know(ref for update in updates for ref in (update.src, update.dst))
    meant: list[tuple[EdgeUpdate, Edge]] = []
    for update in updates:
        src, dst = who.find(update.src, update.source), who.find(update.dst, update.source)
        if src is None or dst is None:
            missing = update.src if src is None else update.dst
            tally.refused.append(Refused(update=update, reason=f"{missing} is not in the graph"))
        else:
            slot = slot_of(schema.relations[update.relation], update.props)
            meant.append((update, Edge(update.relation, src, dst, slot, update.source)))
    await book.know((edge.relation, edge.src, edge.dst) for _, edge in meant)
    for update, edge in meant:
        came = book.say(edge, _word(update, _props(update)))
        if isinstance(came, Rival):
            tally.contradictions.append((update, came))
        elif came:
            tally.edges += 1
        else:
            tally.unchanged += 1
    await book.write(change)


async def _name_contradictions(connection: AsyncConnection, tally: _Tally) -> None:
    names = await refs_of(connection, (node for _, rival in tally.contradictions for node in rival.edge[1:3]))
    for update, rival in tally.contradictions:
        reason = contradiction(rival, src=str(names[rival.edge.src]), dst=str(names[rival.edge.dst]))
        tally.refused.append(Refused.model_construct(update=update, reason=reason))


def contradiction(rival: Rival, *, src: str, dst: str) -> str:
    """Whose word stands against a statement, for people."""
    return (
        f"{rival.edge.source} says {src} {rival.edge.relation} {dst} {_when(rival.word)}, "
        "and only one such edge can hold at a time"
    )


def _when(word: Word) -> str:
    start, end = moment_of(word.start), moment_of(word.end)
    since = "always" if start is None else f"from {start:%Y-%m-%d}"
    return since if end is None else f"{since} to {end:%Y-%m-%d}"


def _word(update: NodeUpdate | EdgeUpdate, content: str) -> Word:
    return Word(start_of(update.valid_from), end_of(update.valid_to), content, update.load)


def _props(update: NodeUpdate | EdgeUpdate) -> str:
    return canonical_json(update.props) if update.props else _NO_PROPS
