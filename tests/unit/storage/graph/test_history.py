"""Whatever is done, in whatever order: nothing is forgotten, and what was known then is what a graph made then says.

The operations are drawn; the model is the same graph with only the first of them applied, asked about today.
"""

import asyncio
import shutil
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.graph.current import CurrentGraph
from storage.graph.knowledge import Knowledge
from storage.records.graph import NotDone
from storage.tables.knowledge import OPEN, kg_edge, kg_same, kg_state
from tests.unit.storage.graph.statements import NOW, day, edge, later, node, ref

CAMPAIGNS = ("campaign:1", "campaign:2", "campaign:3")
TARGETS = ("owner:ann", "owner:bob", "audience:new", "channel:email")
RELATION = {"owner": "owned_by", "audience": "addresses", "channel": "runs_on"}
SOURCES = ("google_ads", "meta")
ASKED = tuple(day(month, 15) for month in (1, 3, 5, 7))

moments = st.sampled_from([None, *(day(month) for month in range(1, 7))])
ends = st.sampled_from([None, None, *(day(month) for month in range(3, 9))])


@st.composite
def statement(draw) -> Any:
    src, dst = draw(st.sampled_from(CAMPAIGNS)), draw(st.sampled_from(TARGETS))
    start, end = draw(moments), draw(ends)
    if start is not None and end is not None and end <= start:
        end = None
    return edge(
        f"{src} {RELATION[dst.partition(':')[0]]} {dst}",
        source=draw(st.sampled_from(SOURCES)),
        valid_from=start,
        valid_to=end,
    )


pairs = st.permutations(CAMPAIGNS).map(lambda some: (ref(some[0]), ref(some[1])))
operation = st.one_of(
    st.tuples(st.just("apply"), st.lists(statement(), min_size=1, max_size=3)),
    st.tuples(st.just("apply"), st.lists(statement(), min_size=1, max_size=3)),
    st.tuples(st.just("merge"), pairs),
    st.tuples(st.just("unmerge"), st.sampled_from(CAMPAIGNS).map(ref)),
    st.tuples(st.just("withdraw_source"), st.sampled_from(SOURCES)),
    st.tuples(st.just("retract"), statement()),
    st.tuples(st.just("rename"), st.sampled_from(CAMPAIGNS).map(ref)),
)
slow = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Graphs:
    """Fresh databases; each with the same nodes."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder
        self._numbers = count()

    @asynccontextmanager
    async def fresh(self):
        path = self._folder / f"{next(self._numbers)}.db"
        shutil.copy(self._template, path)
        database = Database(path)
        try:
            async with database.writing.begin() as connection:
                known = [node(text, source=source) for text in (*CAMPAIGNS, *TARGETS) for source in ("shop", *SOURCES)]
                await Knowledge(connection).apply(known, now=NOW - timedelta(days=1))
            yield database
        finally:
            await database.close()
            for left in self._folder.glob(f"{path.name}*"):
                left.unlink()


@pytest.fixture(scope="module")
def graphs(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Graphs:
    return Graphs(migrated, tmp_path_factory.mktemp("graphs"))


async def do(database: Database, what: str, subject: Any, *, at: int) -> Any:
    """One operation, `at` days after NOW."""
    async with database.writing.begin() as connection:
        graph = Knowledge(connection)
        now = later(at)
        if what == "merge":
            return await graph.merge(*subject, by="olivia", now=now)
        if what == "unmerge":
            return await graph.unmerge(subject, by="olivia", now=now)
        if what == "rename":
            return await graph.rename(subject, f"Name {at}", by="olivia", now=now)
        return await getattr(graph, what)(subject, now=now)


async def picture(database: Database, *, known_at: Any = None) -> list[Any]:
    """All that the graph says of every month, as known then."""
    said = []
    async with database.reading.begin() as connection:
        graph = Knowledge(connection)
        for moment in ASKED:
            for text in CAMPAIGNS:
                around = await graph.as_of(ref(text), valid_at=moment, known_at=known_at)
                if around is None:
                    said.append(None)
                    continue
                said.append((around.centre, {one.ref: (one.name, one.merged, one.sources) for one in around.nodes}))
                said.append([(one.relation, one.src, one.dst, one.sources, one.props) for one in around.edges])
    return said


@slow
@given(st.lists(operation, min_size=1, max_size=5))
def test_as_of_a_moment_is_what_a_replay_up_to_then_says(graphs: Graphs, operations):
    async def check() -> None:
        async with graphs.fresh() as whole:
            then = []
            for at, (what, subject) in enumerate(operations):
                await do(whole, what, subject, at=at)
                then.append(await picture(whole))  # the same graph when nothing later had been done
            for at, expected in enumerate(then):
                assert await picture(whole, known_at=later(at)) == expected

    asyncio.run(check())


@slow
@given(st.lists(operation, min_size=1, max_size=8))
def test_rows_are_only_added_and_ended_and_a_source_never_contradicts_itself(graphs: Graphs, operations):
    async def check() -> None:
        async with graphs.fresh() as database:
            before: dict[Any, Any] = {}
            for at, (what, subject) in enumerate(operations):
                await do(database, what, subject, at=at)
                now = await rows(database)
                for key, row in before.items():
                    assert now[key][:-1] == row[:-1]
                    assert row[-1] in (OPEN, now[key][-1])
                before = now
                no_overlaps(now)

    asyncio.run(check())


@slow
@given(st.lists(operation, max_size=4), pairs, st.lists(st.lists(statement(), min_size=1, max_size=2), max_size=3))
def test_merging_and_taking_apart_is_as_if_it_had_never_been(graphs: Graphs, before, pair, since):
    """Provided that nothing was refused, or taken, because they were one."""

    async def check() -> None:
        async with graphs.fresh() as merged, graphs.fresh() as never:
            for at, (what, subject) in enumerate(before):
                await do(merged, what, subject, at=at)
                await do(never, what, subject, at=at)
            done = await do(merged, "merge", pair, at=10)
            as_one, apart = [], []
            for at, statements in enumerate(since):
                as_one += [one.update for one in (await do(merged, "apply", statements, at=11 + at)).refused]
                apart += [one.update for one in (await do(never, "apply", statements, at=11 + at)).refused]
            if isinstance(done, NotDone):
                return
            gone = await standing_for(merged)
            await do(merged, "unmerge", gone, at=20)
            if as_one == apart:
                assert await picture(merged) == await picture(never)

    asyncio.run(check())


@slow
@given(st.lists(operation, min_size=1, max_size=8))
def test_memory_that_follows_the_log_is_what_a_fresh_load_gives(graphs: Graphs, operations):
    async def check() -> None:
        async with graphs.fresh() as database:
            following = CurrentGraph(database)
            await following.refresh(day(1))
            for at, (what, subject) in enumerate(operations):
                await do(database, what, subject, at=at)
                moment = ASKED[min(at, len(ASKED) - 1)]
                await following.refresh(moment)
                fresh = CurrentGraph(database)
                await fresh.refresh(moment)
                for text in (*CAMPAIGNS, *TARGETS):
                    ours, theirs = (set(map(str, one.around(ref(text), 1))) for one in (following, fresh))
                    assert ours == theirs
                    assert await rows_around(database, text, moment) == {
                        str(one.ref) for one in fresh.around(ref(text), 1)
                    }

    asyncio.run(check())


async def rows(database: Database) -> dict[Any, Any]:
    """(table, id) → its columns, `closed` last."""
    found = {}
    async with database.reading.begin() as connection:
        for table in (kg_edge, kg_state, kg_same):
            for row in await connection.execute(sa.select(table)):
                assert row._fields[-1] == "closed"
                found[table.name, row.id] = tuple(row)
    return found


def no_overlaps(found: dict[Any, Any]) -> None:
    """What one source believes of one edge, or of an exclusive end, is apart in time."""
    spans = defaultdict(list)
    for (table, _), row in found.items():
        if table == "kg_edge" and row[-1] == OPEN:
            _, relation, src, dst, slot, _, source, _, start, end, _, _ = row
            exclusive = relation in ("owned_by", "runs_on")
            spans[relation, src, None if exclusive else dst, slot, source].append((start, end))
    for some in spans.values():
        some.sort()
        assert all(start < end for start, end in some)
        assert all(one[1] <= other[0] for one, other in pairwise(some))


async def standing_for(database: Database) -> Any:
    """The node whose row the newest merge made: it stood for the first of the pair."""
    async with database.reading.begin() as connection:
        newest = sa.select(kg_same.c.node).order_by(kg_same.c.id.desc()).limit(1)
        number = await connection.scalar(newest)
        key = await connection.scalar(sa.text("SELECT key FROM kg_node WHERE id = :id"), {"id": number})
    return ref(f"campaign:{key}")


async def rows_around(database: Database, text: str, moment: Any) -> set[str]:
    async with database.reading.begin() as connection:
        around = await Knowledge(connection).as_of(ref(text), valid_at=moment)
    assert around is not None
    return {str(one.ref) for one in around.nodes if one.ref != around.centre}
