"""Tables of the data fabric: loads, what was set aside, known schemas, questions to people, and personal texts."""

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text, text

from storage.tables.base import Moment, metadata

load = Table(
    "load",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("source", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),
    # sha256 over content, layout and mapping: the same file twice is the same load.
    Column("simulated", Integer, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("lake_version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_load_simulated_known_at", "simulated", "known_at"),
)

quarantined = Table(
    "quarantined",
    metadata,
    # A row of a file that broke the contract: kept with its place and reason until it is replayed or given up.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("load_id", String(60), nullable=False),
    Column("dataset", String(40), nullable=False),
    Column("line", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_quarantined_load_id_line", "load_id", "line"),
    Index("ix_quarantined_state", "state"),
)

feed = Table(
    "feed",
    metadata,
    # The columns that one kind of file of one source had when it was last accepted; every version is kept.
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

question = Table(
    "question",
    metadata,
    # Something that only a person can decide: a changed file, a mapping, two names for one thing, a conflict.
    Column("id", String(20), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("key", String(300), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index(
        "uq_question_open_key",
        "key",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_question_state", "state"),
)

cursor = Table(
    "cursor",
    metadata,
    # How far a source was read: what it gave last, so that the next read goes on from there.
    Column("source", String(120), primary_key=True),
    Column("body", Text, nullable=False),
)

personal = Table(
    "personal",
    metadata,
    # What the pseudonyms in the lake stand for; deleting a row is erasure.
    Column("token", String(40), primary_key=True),
    Column("lookup", String(64), nullable=False, unique=True),
    # Keyed hash of field, value and, where a value does not tell people apart, of whose it is.
    Column("mark", String(64), nullable=False, index=True),
    # Keyed hash of field and value alone: several people may have one name or one telephone.
    Column("subject", String(40), nullable=False, index=True),
    # Whose it is: all of one person's texts go together.
    Column("field", String(120), nullable=False),
    # email, phone, name, text, or `id:` with the source that gave the id
    Column("value", Text, nullable=False),
)
