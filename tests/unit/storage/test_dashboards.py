"""Views are kept as they were seen: whole, once, and unchanged."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records.dashboards import LatencyBucket
from storage.repositories.dashboards import Dashboards, ViewDamaged
from storage.repositories.latencies import Latencies
from storage.tables.dashboards import dashboard_part
from tests.builders import NOW
from tests.unit.bot.dashboard.snapshots import answer, full


async def parts(connection: AsyncConnection) -> int:
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(dashboard_part)) or 0)


async def test_what_was_seen_is_what_is_read(database: Database) -> None:
    async with database.writing.begin() as connection:
        view = await Dashboards(connection).keep(full())
    async with database.reading.begin() as connection:
        book = Dashboards(connection)
        assert (view.id, view.as_of, view.days) == ("VIEW-1", NOW, 28)
        assert await book.get(1) == view
        assert await book.get(2) is None
        assert await book.contents(view) == full()
        assert await book.newest(limit=5) == (view,)
        assert await book.newest(limit=5, days=7) == ()


async def test_what_did_not_change_between_two_views_is_kept_once(database: Database) -> None:
    later = full().model_copy(update={"trends": (answer(value=None), full().trends[1])})
    async with database.writing.begin() as connection:
        book = Dashboards(connection)
        await book.keep(full())
        before = await parts(connection)
        second = await book.keep(later)
        assert await parts(connection) == before + 1
        assert await book.contents(second) == later


async def test_old_views_go_and_what_newer_ones_show_stays(database: Database) -> None:
    header = full().header.model_copy(update={"as_of": NOW + timedelta(days=30)})
    later = full().model_copy(update={"header": header, "cases": ()})
    async with database.writing.begin() as connection:
        book = Dashboards(connection)
        await book.keep(full())
        kept = await book.keep(later)
        before = await parts(connection)
        assert await book.forget_before(NOW + timedelta(days=1)) == 1
        assert await book.get(1) is None
        assert await book.contents(kept) == later
        assert await parts(connection) == before - 2  # the old header and the old cases
        assert await book.forget_before(NOW + timedelta(days=1)) == 0


async def test_a_part_that_was_changed_or_is_gone_is_noticed(database: Database) -> None:
    async with database.writing.begin() as connection:
        book = Dashboards(connection)
        view = await book.keep(full())
        changed = sa.func.replace(dashboard_part.c.body, '"2.5"', '"9.5"')
        await connection.execute(sa.update(dashboard_part).values(body=changed))
        with pytest.raises(ViewDamaged, match="VIEW-1"):
            await book.contents(view)


async def test_waits_of_all_processes_add_up_by_day_and_kind(database: Database) -> None:
    def bucket(day: int, what: str, bound: int, count: int) -> LatencyBucket:
        return LatencyBucket(
            day=date(2026, 3, day), what=what, bound_ms=bound, count=count, failed=1, total_us=count * 10_000_000_000
        )

    async with database.writing.begin() as connection:
        book = Latencies(connection)
        await book.add([bucket(1, "ask", 500, 2), bucket(2, "ask", 500, 3)])
        await book.add([bucket(2, "ask", 500, 4), bucket(2, "ack", 100, 1)])
        assert await book.between(date(2026, 3, 2), date(2026, 3, 2)) == (
            bucket(2, "ack", 100, 1),
            bucket(2, "ask", 500, 7).model_copy(update={"failed": 2}),
        )
        total = {(one.what, one.bound_ms): (one.count, one.failed) for one in await book.totals()}
        assert total == {("ack", 100): (1, 1), ("ask", 500): (9, 3)}
