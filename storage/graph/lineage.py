"""Lineage: what each fact came from, as rows, walked in memory when somebody asks why."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.record import Record
from storage.tables.provenance import lineage

_DEPTH = 12  # a path from an outcome to a file has under ten steps; a loop in the rows must still end


class LineageStep(Record):
    """One thing on the way from a subject back to what it came from."""

    depth: int
    id: str
    label: str
    child: str


class Lineage:
    """Links facts and walks them both ways, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def link(self, child: str, parents: Iterable[tuple[str, str]]) -> None:
        """Say that `child` came from each parent (id, label); a repeated link is kept once."""
        rows = [{"child": child, "parent": parent, "label": label} for parent, label in parents]
        if rows:
            await self._connection.execute(insert(lineage).on_conflict_do_nothing(), rows)

    async def ancestors(self, subject: str) -> tuple[LineageStep, ...]:
        """All that the subject came from, nearest first."""
        return await self._walk(subject, lineage.c.child, lineage.c.parent)

    async def descendants(self, subject: str) -> tuple[LineageStep, ...]:
        """All that came from the subject, nearest first."""
        return await self._walk(subject, lineage.c.parent, lineage.c.child)

    async def _walk(self, subject: str, near: object, far: object) -> tuple[LineageStep, ...]:
        import networkx as nx

        graph: nx.DiGraph = nx.DiGraph()
        frontier = {subject}
        for _ in range(_DEPTH):
            rows = (
                await self._connection.execute(
                    select(near.label("near"), far.label("far"), lineage.c.label).where(near.in_(frontier))  # type: ignore[attr-defined]
                )
            ).all()
            for row in rows:
                graph.add_edge(row.near, row.far, label=row.label)
            frontier = {row.far for row in rows} - frontier
            if not frontier:
                break
        if subject not in graph:
            return ()
        depths = nx.single_source_shortest_path_length(graph, subject)
        return tuple(
            LineageStep(depth=depths[child] + 1, id=parent, label=graph.edges[child, parent]["label"], child=child)
            for child, parent in nx.bfs_edges(graph, subject)
        )
