"""What was done to a table of the lake: its versions, its columns over time, merging and retention."""

from storage.records.record import Record, UtcDatetime


class TableVersion(Record):
    version: int
    at: UtcDatetime
    operation: str
    """`CREATE TABLE`, `WRITE` (a load), `OPTIMIZE` (small files merged), `ADD COLUMN` (the contract grew), …"""
    load_id: str | None = None
    """The load that this version first holds."""
    rows: int | None = None
    """Rows that a load brought."""


class SchemaVersion(Record):
    version: int
    """From this version of the table on."""
    at: UtcDatetime
    columns: dict[str, str]
    """Name → type."""
    added: tuple[str, ...]


class Compaction(Record):
    dataset: str
    files_before: int
    files_after: int


class Retention(Record):
    dataset: str
    kept: tuple[int, ...]
    """Versions that stay readable whatever their age: something cites them."""
    files: tuple[str, ...]
    """Removed, or to be removed."""
    deleted: bool
