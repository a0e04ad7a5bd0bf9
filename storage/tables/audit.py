"""Tables of the audit trail, its head, checkpoints and the personal texts that it stands for."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from storage.tables.base import Moment, metadata

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_subject_seq", "subject", "seq"),
    # Two entries cannot continue the same one: the chain cannot fork.
    Index("uq_audit_prev_hash", "prev_hash", unique=True),
)

audit_head = Table(
    "audit_head",
    metadata,
    # Where the chain ends: without it, cutting off the newest entries would go unseen.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_outbox = Table(
    "audit_outbox",
    metadata,
    # On PostgreSQL: entries that have committed and wait for the sequencer to chain them. Empty on SQLite.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("body", Text, nullable=False),
)

audit_personal = Table(
    "audit_personal",
    metadata,
    # What commitments in the trail stand for; a row may be deleted, the trail stays whole.
    Column("commitment", String(65), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    # sha256 of the value alone: found by it, since a text may be too long for an index.
    Column("salt", String(64), nullable=False),
    Column("value", Text, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("root", String(64), nullable=False),
    Column("head", String(64), nullable=False),
    Column("peaks", Text, nullable=False),
    # The compact range in hex, so that the next checkpoint reads new entries only.
    Column("note", Text, nullable=False),
)

audit_publication = Table(
    "audit_publication",
    metadata,
    # How far a place outside, such as a file, knows the trail; one row a time it was told.
    Column("place", String(200), primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
)
