"""Lineage: what each fact came from, as rows, walked both ways when somebody asks why.

Every link is sealed: `link` returns what the audit entry of the same step must hold under `SEALED`
(`storage.records.lineage`), so that a link that is gone, or says something else, is named by `audit verify`:

    sealed = await tx.lineage.link("PLAN-7", [("facts@9", "facts, version 9")])
    await tx.audit.append(..., facts={..., SEALED: sealed})

Whoever links lands both in one transaction. A link that no entry seals is named by `audit verify`, too.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.facts import Load
from storage.records.lineage import LineageStep, Link, Parent, Seal, file_id, seal_of, version_id
from storage.tables.fabric import load as loads
from storage.tables.provenance import lineage

Lines = tuple[int, int]
"""First and last line of a file, counted from 1, inclusive."""
_LOAD = "load:"
_AT_ONCE = 500
"""Links asked for, or read, in one query."""


class Lineage:
    """Links facts and walks them both ways, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def link(self, child: str, parents: Iterable[Parent | tuple[str, str]]) -> Seal:
        """Say that `child` came from each parent (id, label); a repeated link is kept as it was said first.

        Returns the seal, for the audit entry of the same step.
        """
        said = [one if isinstance(one, Parent) else Parent(id=one[0], label=one[1]) for one in parents]
        rows = [_row(child, one) for one in {one.id: one for one in reversed(said)}.values()]
        if not rows:
            return []
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        await self._connection.execute(dialect.insert(lineage).on_conflict_do_nothing(), rows)
        return seal_of(await self._stored(child, [row["parent"] for row in rows]))

    async def link_load(
        self, load: Load, *, versions: Mapping[str, int], lines: Mapping[str, Lines] | None = None
    ) -> Seal:
        """Link a load that is being registered: source → file → load → a version of each dataset it brought.

        `versions`: dataset ("facts", "order", …) → Delta version of the load's commit. `lines`: dataset → first and
        last line of the file that its rows came from ({} for a file without lines, such as Parquet); None for what
        was pulled, which comes from no file.
        Call it in the transaction that registers the load, before `tx.loads.add` or after, and put what it returns
        under SEALED into the facts of the `data.loaded` entry.
        """
        of_load = f"{_LOAD}{load.id}"
        source = Parent(id=f"source:{load.source}", label=load.source)
        if lines is None:
            sealed = await self.link(of_load, [source.model_copy(update={"label": f"{load.source}, {load.path}"})])
        else:
            file = file_id(load.content_sha256)
            whole = _around(lines.values())
            sealed = await self.link(of_load, [_parent(file, f"{load.path}, {load.rows_read:,} rows", whole)])
            sealed += await self.link(file, [source])
        for dataset, version in versions.items():
            child = version_id(dataset, version)
            parents = [_parent(of_load, f"{load.source}, {load.path}", (lines or {}).get(dataset))]
            before = await self.newest_version(dataset, simulated=load.simulated, other_than=child)
            if before is not None:
                parents.append(Parent(id=before, label="everything known before"))
            sealed += await self.link(child, parents)
        return sealed

    async def newest_version(self, dataset: str, *, simulated: bool, other_than: str = "") -> str | None:
        """The newest version of a dataset that a load of one world made, such as `facts@9`; None without any."""
        prefix = f"{dataset}@"
        number = cast(func.substr(lineage.c.child, len(prefix) + 1), Integer)
        query = (
            select(lineage.c.child)
            .join(loads, loads.c.id == func.substr(lineage.c.parent, len(_LOAD) + 1))
            .where(
                lineage.c.child >= prefix,
                lineage.c.child < f"{dataset}A",  # "A" is the next character after "@"
                lineage.c.parent.like(f"{_LOAD}%"),
                lineage.c.child != other_than,
                loads.c.simulated == int(simulated),
            )
            .order_by(number.desc())
            .limit(1)
        )
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def version_of(self, dataset: str, load_id: str) -> str | None:
        """The version of the dataset that the load made, such as `facts@9`; None where it was never linked."""
        query = select(lineage.c.child).where(
            lineage.c.parent == f"{_LOAD}{load_id}", lineage.c.child.like(f"{dataset}@%")
        )
        return (await self._connection.execute(query.limit(1))).scalar_one_or_none()

    async def ancestors(self, subject: str) -> tuple[LineageStep, ...]:
        """All that the subject came from, nearest first; each thing once, by its shortest way."""
        return await asyncio.to_thread(steps_of, subject, await self.links(subject))

    async def descendants(self, subject: str) -> tuple[LineageStep, ...]:
        """All that came from the subject, nearest first; each thing once, by its shortest way."""
        return await asyncio.to_thread(steps_of, subject, await self.links(subject, forward=True), forward=True)

    async def links(self, subject: str, *, forward: bool = False) -> tuple[Link, ...]:
        """Every link on any way back from the subject to its origins, or on to all that came of it."""
        near, far = (lineage.c.parent, lineage.c.child) if forward else (lineage.c.child, lineage.c.parent)
        walk = _reached(subject, near, far)
        query = select(lineage).join(walk, near == walk.c.node).order_by(lineage.c.child, lineage.c.parent)
        return tuple(_link(row) for row in await self._connection.execute(query))

    async def parents(self, child: str) -> tuple[Link, ...]:
        """What the thing came from at once, by id."""
        query = select(lineage).where(lineage.c.child == child).order_by(lineage.c.parent)
        return tuple(_link(row) for row in await self._connection.execute(query))

    async def knows(self, subject: str) -> bool:
        """Whether any link speaks of it."""
        query = select(lineage.c.child).where((lineage.c.child == subject) | (lineage.c.parent == subject)).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def all(self) -> AsyncIterator[Link]:
        """Every link there is, by child and parent, read in portions."""
        query = select(lineage).order_by(lineage.c.child, lineage.c.parent).limit(_AT_ONCE)
        rows = (await self._connection.execute(query)).all()
        while rows:
            for row in rows:
                yield _link(row)
            last = rows[-1]
            beyond = (lineage.c.child > last.child) | (
                (lineage.c.child == last.child) & (lineage.c.parent > last.parent)
            )
            rows = (await self._connection.execute(query.where(beyond))).all()

    async def _stored(self, child: str, parents: Sequence[str]) -> list[Link]:
        """The links as they are kept: a repeated one may have been said in other words before."""
        found = []
        for start in range(0, len(parents), _AT_ONCE):
            query = select(lineage).where(
                lineage.c.child == child, lineage.c.parent.in_(parents[start : start + _AT_ONCE])
            )
            found += [_link(row) for row in await self._connection.execute(query)]
        return sorted(found, key=lambda one: one.parent)


def _reached(subject: str, near: ColumnElement[str], far: ColumnElement[str]) -> CTE:
    """Everything reached from the subject. UNION keeps each once, so that a loop in the rows ends, too."""
    walk = select(literal(subject).label("node")).cte("walk", recursive=True)
    return walk.union(select(far).join(walk, near == walk.c.node))


def steps_of(subject: str, links: Iterable[Link], *, forward: bool = False) -> tuple[LineageStep, ...]:
    """The links as a way from the subject, nearest first; each thing once, by its shortest way."""
    import networkx as nx

    graph: nx.DiGraph = nx.DiGraph()
    for one in links:
        near, far = (one.parent, one.child) if forward else (one.child, one.parent)
        graph.add_edge(near, far, link=one)
    if subject not in graph:
        return ()
    depths = nx.single_source_shortest_path_length(graph, subject)
    steps = []
    for near, far in nx.bfs_edges(graph, subject):
        link: Link = graph.edges[near, far]["link"]
        said = {"label": link.label, "first_line": link.first_line, "last_line": link.last_line}
        steps.append(LineageStep(depth=depths[near] + 1, id=far, child=near, **said))
    return tuple(steps)


def _parent(node: str, label: str, lines: Lines | None) -> Parent:
    first, last = lines or (None, None)
    return Parent(id=node, label=label, first_line=first, last_line=last)


def _around(ranges: Iterable[Lines]) -> Lines | None:
    """The lines from the first to the last of all ranges."""
    every = list(ranges)
    return (min(first for first, _ in every), max(last for _, last in every)) if every else None


def _row(child: str, parent: Parent) -> dict[str, Any]:
    return {
        "child": child,
        "parent": parent.id,
        "label": parent.label,
        "first_line": parent.first_line,
        "last_line": parent.last_line,
    }


def _link(row: Any) -> Link:
    return Link(child=row.child, parent=row.parent, label=row.label, first_line=row.first_line, last_line=row.last_line)
