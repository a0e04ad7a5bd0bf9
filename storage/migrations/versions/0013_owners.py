"""Who answers for what, and which data are promised by when"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ownership",
        sa.Column("artefact", sa.String(length=160), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("artefact", name=op.f("pk_ownership")),
    )
    op.create_table(
        "freshness",
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("simulated", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "simulated", name=op.f("pk_freshness")),
    )


def downgrade() -> None:
    op.drop_table("freshness")
    op.drop_table("ownership")
