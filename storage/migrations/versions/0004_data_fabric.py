"""The data fabric: quarantine, feeds, questions, cursors and personal texts"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quarantined",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("load_id", sa.String(length=60), nullable=False),
        sa.Column("dataset", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
    )
    op.create_index("ix_quarantined_load_id_line", "quarantined", ["load_id", "line"])
    op.create_index("ix_quarantined_state", "quarantined", ["state"])
    op.create_table(
        "feed",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_feed")),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("number", name=op.f("uq_question_number")),
    )
    op.create_index("ix_question_state", "question", ["state"])
    op.create_index(
        "uq_question_open_key",
        "question",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "cursor",
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_cursor")),
    )
    op.create_table(
        "personal",
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_personal")),
        sa.UniqueConstraint("lookup", name=op.f("uq_personal_lookup")),
    )
    op.create_index("ix_personal_mark", "personal", ["mark"])
    op.create_index("ix_personal_subject", "personal", ["subject"])


def downgrade() -> None:
    for table in ("personal", "cursor", "question", "feed", "quarantined"):
        op.drop_table(table)
