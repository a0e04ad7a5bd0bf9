"""Provenance: lineage with row ranges"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lineage", sa.Column("first_line", sa.Integer(), nullable=True))
    op.add_column("lineage", sa.Column("last_line", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.drop_column("last_line")
        batch_op.drop_column("first_line")
