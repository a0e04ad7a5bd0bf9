"""Tables of features: which definitions were used, and which values became known together."""

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from storage.tables.base import Moment, metadata

feature_definition = Table(
    "feature_definition",
    metadata,
    # As it was first used: a definition that changes under its version would make old decisions unrepeatable.
    Column("name", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

feature_run = Table(
    "feature_run",
    metadata,
    # A row here is what makes values in the lake readable.
    Column("id", String(60), primary_key=True),
    Column("simulated", Integer, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_feature_run_simulated_number", "simulated", "number", unique=True),
)

feature_profile = Table(
    "feature_profile",
    metadata,
    Column("feature", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("simulated", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("body", Text, nullable=False),
)
