"""Tables of duties: who answers for what, and which data are promised by when."""

from sqlalchemy import Column, Integer, String, Table, Text

from storage.tables.base import metadata

ownership = Table(
    "ownership",
    metadata,
    # A person named for one artefact or role; what a home says beside people.yml.
    Column("artefact", String(160), primary_key=True),
    Column("person_id", String(80), nullable=False),
    Column("body", Text, nullable=False),
)

freshness = Table(
    "freshness",
    metadata,
    # How each source stands to its promises: what a decision asks of without reading any data.
    Column("source", String(120), primary_key=True),
    Column("simulated", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
