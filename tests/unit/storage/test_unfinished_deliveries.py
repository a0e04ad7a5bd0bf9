"""What was begun and not finished is known after a restart, oldest first."""

from datetime import timedelta

from storage.database import Database
from storage.ledger import Ledger
from tests.builders import NOW
from tests.fakes.work_queue import HandWorkQueue


async def test_what_was_begun_and_not_done_is_told_oldest_first(database: Database):
    ledger = Ledger(database, HandWorkQueue(database))
    async with ledger.write() as tx:
        for minutes, name in enumerate(("drop:C1:F2:U1", "drop:C1:F1:U1", "drop:C1:F3:U1", "event:drop:x")):
            assert await tx.deliveries.first_time(name, now=NOW + timedelta(minutes=minutes))
        assert await tx.deliveries.first_time("read:C1:F1:U1", now=NOW)

    async with ledger.read() as tx:
        assert await tx.deliveries.unfinished("drop", "read") == ("C1:F2:U1", "C1:F3:U1")
