"""Tables of the knowledge graph: nodes, edges and names, each with the time it held and the time it was known.

`valid_from`/`valid_to` are microseconds since 1970, `opened`/`closed` numbers of changes in `kg_change`: a change has
one moment, so what was known when is asked by number, and two changes of the same microsecond keep their order.
What is still open has the greatest number (`storage.graph.times`), so that as-of is four comparisons without NULL.
Rows are never deleted; of what was said, only `closed` is ever updated, once.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from storage.tables.base import Moment, metadata

OPEN = 2_147_483_647
"""`closed` of what is believed today."""
_STILL = text(f"closed = {OPEN}")
_OVER = text(f"closed < {OPEN}")
BEGINNING = -62_135_596_800_000_000
"""`valid_from` of what held as long as anyone remembers: the first moment there is."""
FOREVER = 253_402_300_800_000_000
"""`valid_to` of what holds until further notice: after the last moment there is."""
_BEGINS, _ENDS = text(f"valid_from > {BEGINNING}"), text(f"valid_to < {FOREVER}")

kg_change = Table(
    "kg_change",
    metadata,
    # The log: one row a change, whatever its size. What it touched is found by `opened` and `closed`.
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("by", String(120), nullable=False),
    Column("first_edge", Integer, nullable=False),
    # The first id of kg_edge that it could have written: its new rows are found without an index on `opened`.
    Column("body", Text, nullable=False),
    Index("ix_kg_change_at", "at"),
)

kg_schema = Table(
    "kg_schema",
    metadata,
    # The vocabulary in force from a change on; the newest row is today's.
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

kg_node = Table(
    "kg_node",
    metadata,
    # What a type and key were given to once: never changed. What is known of it stands in kg_state.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("type", String(40), nullable=False),
    Column("key", String(300), nullable=False),
    Column("opened", Integer, nullable=False),
    UniqueConstraint("type", "key"),
)

kg_state = Table(
    "kg_state",
    metadata,
    # One source's word on a node for a stretch of time.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("node", Integer, nullable=False),
    Column("name", String(300), nullable=False),
    Column("props", Text, nullable=False),
    Column("source", String(120), nullable=False),
    Column("load", String(60), nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Index("ix_kg_state_node", "node"),
)

kg_edge = Table(
    "kg_edge",
    metadata,
    # One source's word on an edge for a stretch of time: an edge that two sources know of has two rows.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("relation", String(40), nullable=False),
    Column("src", Integer, nullable=False),
    Column("dst", Integer, nullable=False),
    Column("slot", String(300), nullable=False),
    # The properties that tell edges of one relation between the same two nodes apart; mostly empty.
    Column("props", Text, nullable=False),
    Column("source", String(120), nullable=False),
    Column("load", String(60), nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    # Covering: a step of a walk at any moment reads the index alone.
    Index("ix_kg_edge_src", "src", "relation", "dst", "valid_from", "valid_to", "opened", "closed"),
    Index("ix_kg_edge_dst", "dst", "relation", "src", "valid_from", "valid_to", "opened", "closed"),
    Index("ix_kg_edge_closed", "closed", sqlite_where=_OVER, postgresql_where=_OVER),
    # What begins or ceases to hold as time goes by.
    Index("ix_kg_edge_valid_from", "valid_from", sqlite_where=_BEGINS, postgresql_where=_BEGINS),
    Index("ix_kg_edge_valid_to", "valid_to", sqlite_where=_ENDS, postgresql_where=_ENDS),
)

kg_alias = Table(
    "kg_alias",
    metadata,
    # Names and keys that mean a node: `name` as sources say it, `alias` as people say it, `key` of another identity.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("type", String(40), nullable=False),
    Column("folded", String(300), nullable=False),
    # The name without case, accents and punctuation; the key as it is.
    Column("kind", String(10), nullable=False),
    Column("source", String(120), nullable=False),
    # For a key: whose key it is; empty if everyone's.
    Column("name", String(300), nullable=False),
    Column("node", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Index("ix_kg_alias_type_folded", "type", "folded"),
    Index("ix_kg_alias_node", "node"),
)

kg_same = Table(
    "kg_same",
    metadata,
    # A node that is the same thing as another; its rows stay its own, so that it can be taken apart again.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("node", Integer, nullable=False),
    Column("into", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Index("uq_kg_same_node", "node", unique=True, sqlite_where=_STILL, postgresql_where=_STILL),
    Index("ix_kg_same_into", "into"),
)
