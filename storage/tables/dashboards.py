"""Tables of views that can be opened again, and of how long what people wait for took."""

from sqlalchemy import BigInteger, Column, Date, ForeignKeyConstraint, Index, Integer, String, Table, Text

from storage.tables.base import Moment, metadata

dashboard_view = Table(
    "dashboard_view",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Moment, nullable=False),
    Column("days", Integer, nullable=False),
    Index("ix_dashboard_view_as_of", "as_of"),
)

dashboard_part = Table(
    "dashboard_part",
    metadata,
    # Called by the hash of its text, so that what has not changed between two views is kept once.
    Column("digest", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

dashboard_content = Table(
    "dashboard_content",
    metadata,
    Column("view_number", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(120), nullable=False),
    Column("digest", String(64), nullable=False),
    ForeignKeyConstraint(["view_number"], ["dashboard_view.number"]),
    ForeignKeyConstraint(["digest"], ["dashboard_part.digest"]),
    Index("ix_dashboard_content_digest", "digest"),
)

latency = Table(
    "latency",
    metadata,
    # A histogram a day (UTC) and kind of wait; of every process of this home together.
    Column("day", Date, primary_key=True),
    Column("what", String(60), primary_key=True),
    Column("bound_ms", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("total_us", BigInteger, nullable=False),
)
