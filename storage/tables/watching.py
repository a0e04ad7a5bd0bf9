"""Table of what the watch over daily series remembers."""

from sqlalchemy import Column, Date, Integer, LargeBinary, String, Table, Text

from storage.tables.base import metadata

watched_cohort = Table(
    "watched_cohort",
    metadata,
    # Kept so that a look costs one new point a series; lost, it is made again from the lake.
    Column("source", String(120), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("last", Date, nullable=False),
    Column("names", Text, nullable=False),
    Column("counters", Text, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
)
