"""Tables of the model registry: versions that never change, and moves between stages that are only added."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from storage.tables.base import Moment, metadata

model_version = Table(
    "model_version",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("name", "sha256"),
)

model_stage = Table(
    "model_stage",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_model_stage_name_stage_at", "name", "stage", "at"),
)
