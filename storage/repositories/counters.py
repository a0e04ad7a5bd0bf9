"""Numbers that only rise, for the ids that people type."""

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables.lifecycle import counter


async def next_number(connection: AsyncConnection, name: str) -> int:
    """Take the next number of a series; the caller's transaction must hold the write lock."""
    current = await connection.scalar(select(counter.c.value).where(counter.c.name == name))
    if current is None:
        await connection.execute(insert(counter).values(name=name, value=1))
        return 1
    await connection.execute(update(counter).where(counter.c.name == name).values(value=current + 1))
    return int(current) + 1
