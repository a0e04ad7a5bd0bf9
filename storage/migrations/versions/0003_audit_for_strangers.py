"""Signed checkpoints, outside copies, erasable personal data, and the outbox of PostgreSQL's sequencer

Entries written before stay as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_REFUSED = "the audit trail is append-only"


def upgrade() -> None:
    # An index, not a constraint: SQLite would copy the table for one and lose the triggers that keep it shut.
    op.create_index("uq_audit_prev_hash", "audit", ["prev_hash"], unique=True)
    op.create_table(
        "audit_outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_outbox")),
    )
    op.create_table(
        "audit_personal",
        sa.Column("commitment", sa.String(length=65), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_audit_personal")),
        sa.UniqueConstraint("key", name=op.f("uq_audit_personal_key")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("peaks", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_publication",
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("place", "size", name=op.f("pk_audit_publication")),
    )
    for event in ("UPDATE", "DELETE"):
        op.execute(_trigger("audit_checkpoint", event))
    op.execute(_trigger("audit_outbox", "UPDATE"))


def downgrade() -> None:
    for table in ("audit_publication", "audit_checkpoint", "audit_personal", "audit_outbox"):
        op.drop_table(table)
    op.drop_index("uq_audit_prev_hash", "audit")


def _trigger(table: str, event: str) -> str:
    name = f"{table}_refuses_{event.lower()}"
    if op.get_context().dialect.name == "postgresql":
        # The function came with the first schema.
        return f"CREATE TRIGGER {name} BEFORE {event} ON {table} EXECUTE FUNCTION audit_refuses()"
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
