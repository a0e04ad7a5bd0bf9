"""Tables of provenance: lineage: what each fact came from."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from storage.tables.base import metadata

lineage = Table(
    "lineage",
    metadata,
    Column("child", String(120), primary_key=True),
    Column("parent", String(120), primary_key=True),
    Column("label", Text, nullable=False),
    Column("first_line", Integer),
    Column("last_line", Integer),
    # Lines of a file, counted from 1, inclusive; null where a link is of no lines, and in rows from before they were.
    Index("ix_lineage_parent", "parent"),
)
