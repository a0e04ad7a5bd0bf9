"""Tables of provenance: lineage: what each fact came from."""

from sqlalchemy import Column, Index, String, Table, Text

from storage.tables.base import metadata

lineage = Table(
    "lineage",
    metadata,
    Column("child", String(120), primary_key=True),
    Column("parent", String(120), primary_key=True),
    Column("label", Text, nullable=False),
    Index("ix_lineage_parent", "parent"),
)
