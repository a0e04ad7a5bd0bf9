"""Tables of documents and their passages."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from storage.tables.base import metadata

document = Table(
    "document",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("name", String(300), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("live", Integer, nullable=False),
    # The newest version that was not removed: what may be quoted.
    Column("body", Text, nullable=False),
    UniqueConstraint("name", "version"),
    Index("ix_document_live", "live"),
)

passage = Table(
    "passage",
    metadata,
    Column("document_id", String(20), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
