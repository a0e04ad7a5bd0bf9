"""A process of its own that appends to a trail, or chains one, until it is done or killed."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from storage.audit.log import AuditLog
from storage.audit.sequencer import Sequencer
from storage.database import Database

AT = datetime(2025, 6, 3, 9, 30, tzinfo=UTC)


def opened(where: str) -> Database:
    return Database(where if where.startswith("postgresql") else Path(where))


async def write(where: str, writer: str, count: int) -> None:
    """One entry a transaction, as the product writes; every tenth transaction holds two and is undone."""
    database = opened(where)
    for number in range(count):
        async with database.writing.begin() as connection:
            await AuditLog(connection).append(
                at=AT, actor=f"person:p{number % 3}", action="plan.approved", subject=f"{writer}-{number}", facts={}
            )
        if number % 10 == 9:
            await undo(database, writer)
    await database.close()


async def undo(database: Database, writer: str) -> None:
    async with database.writing.connect() as connection:
        transaction = await connection.begin()
        log = AuditLog(connection)
        for _ in range(2):
            await log.append(at=AT, actor="system", action="plan.undone", subject=f"{writer}-undone", facts={})
        await transaction.rollback()


async def sequence(where: str) -> None:
    await Sequencer(opened(where)).run()


if __name__ == "__main__":
    if sys.argv[1] == "sequence":
        asyncio.run(sequence(sys.argv[2]))
    else:
        asyncio.run(write(sys.argv[2], sys.argv[3], int(sys.argv[4])))
