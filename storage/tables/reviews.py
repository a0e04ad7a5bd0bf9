"""Tables of what is learnt: reviews of cases, and evaluations of what decisions are made with."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from storage.tables.base import Moment, metadata

review = Table(
    "review",
    metadata,
    # One a case, under the case's own id.
    Column("alert_id", String(20), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("subject", String(60), nullable=False),
    Column("version", String(40), nullable=False),
    Column("measure", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_evaluation_subject_version", "subject", "version"),
)
