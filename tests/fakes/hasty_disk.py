"""A database whose commits do not wait for the disk, for tests that make thousands of them and lose no power."""

from sqlalchemy import event

from storage.database import Database


def hasty(database: Database) -> Database:
    """The database, before its first connection, with nothing else changed: every commit is there for every reader."""
    for engine in (database.writing.sync_engine, database.reading.sync_engine, database.queue_engine):
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return database
