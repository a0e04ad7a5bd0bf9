"""Features: definitions, runs and distributions"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feature_definition",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_feature_definition")),
    )
    op.create_table(
        "feature_run",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("simulated", sa.Integer(), nullable=False),
        sa.Column("known_at", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_run")),
    )
    op.create_index("ix_feature_run_simulated_number", "feature_run", ["simulated", "number"], unique=True)
    op.create_table(
        "feature_profile",
        sa.Column("feature", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("simulated", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feature", "version", "simulated", "day", name=op.f("pk_feature_profile")),
    )


def downgrade() -> None:
    for table in ("feature_profile", "feature_run", "feature_definition"):
        op.drop_table(table)
