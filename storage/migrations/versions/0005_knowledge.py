"""The knowledge graph: nodes, edges and names with the time they held and the time they were known"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STILL, _OVER = sa.text("closed = 2147483647"), sa.text("closed < 2147483647")
_BEGINS, _ENDS = sa.text("valid_from > -62135596800000000"), sa.text("valid_to < 253402300800000000")
_STEP = ("valid_from", "valid_to", "opened", "closed")


def upgrade() -> None:
    _log()
    _statements()
    _identities()


def downgrade() -> None:
    for table in ("kg_same", "kg_alias", "kg_edge", "kg_state", "kg_node", "kg_schema", "kg_change"):
        op.drop_table(table)


def _log() -> None:
    op.create_table(
        "kg_change",
        _number("seq"),
        _text("at", 32),
        _text("kind", 20),
        _text("by", 120),
        _number("first_edge"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_kg_change")),
    )
    op.create_index("ix_kg_change_at", "kg_change", ["at"])
    op.create_table(
        "kg_schema",
        _number("version"),
        _number("seq"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_kg_schema")),
    )


def _statements() -> None:
    op.create_table(
        "kg_node",
        _number("id"),
        _text("type", 40),
        _text("key", 300),
        _number("opened"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kg_node")),
        sa.UniqueConstraint("type", "key", name=op.f("uq_kg_node_type_key")),
    )
    op.create_table(
        "kg_state",
        _number("id"),
        _number("node"),
        _text("name", 300),
        *_said(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kg_state")),
    )
    op.create_index("ix_kg_state_node", "kg_state", ["node"])
    op.create_table(
        "kg_edge",
        _number("id"),
        _text("relation", 40),
        _number("src"),
        _number("dst"),
        _text("slot", 300),
        *_said(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kg_edge")),
    )
    op.create_index("ix_kg_edge_src", "kg_edge", ["src", "relation", "dst", *_STEP])
    op.create_index("ix_kg_edge_dst", "kg_edge", ["dst", "relation", "src", *_STEP])
    op.create_index("ix_kg_edge_closed", "kg_edge", ["closed"], sqlite_where=_OVER, postgresql_where=_OVER)
    op.create_index("ix_kg_edge_valid_from", "kg_edge", ["valid_from"], sqlite_where=_BEGINS, postgresql_where=_BEGINS)
    op.create_index("ix_kg_edge_valid_to", "kg_edge", ["valid_to"], sqlite_where=_ENDS, postgresql_where=_ENDS)


def _identities() -> None:
    op.create_table(
        "kg_alias",
        _number("id"),
        _text("type", 40),
        _text("folded", 300),
        _text("kind", 10),
        _text("source", 120),
        _text("name", 300),
        _number("node"),
        _number("opened"),
        _number("closed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kg_alias")),
    )
    op.create_index("ix_kg_alias_type_folded", "kg_alias", ["type", "folded"])
    op.create_index("ix_kg_alias_node", "kg_alias", ["node"])
    op.create_table(
        "kg_same",
        _number("id"),
        _number("node"),
        _number("into"),
        _number("opened"),
        _number("closed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kg_same")),
    )
    op.create_index("uq_kg_same_node", "kg_same", ["node"], unique=True, sqlite_where=_STILL, postgresql_where=_STILL)
    op.create_index("ix_kg_same_into", "kg_same", ["into"])


def _said() -> tuple["sa.Column[Any]", ...]:
    """The columns of a source's word."""
    return (
        sa.Column("props", sa.Text(), nullable=False),
        _text("source", 120),
        _text("load", 60),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        _number("opened"),
        _number("closed"),
    )


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def _text(name: str, length: int) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), nullable=False)
