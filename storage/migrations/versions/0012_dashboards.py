"""Views that can be opened again, how long people wait, and the trace that a plan belongs to"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dashboard_view",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_dashboard_view")),
    )
    op.create_index("ix_dashboard_view_as_of", "dashboard_view", ["as_of"])
    op.create_table(
        "dashboard_part",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_dashboard_part")),
    )
    op.create_table(
        "dashboard_content",
        sa.Column("view_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["view_number"], ["dashboard_view.number"], name=op.f("fk_dashboard_content_view_number")
        ),
        sa.ForeignKeyConstraint(["digest"], ["dashboard_part.digest"], name=op.f("fk_dashboard_content_digest")),
        sa.PrimaryKeyConstraint("view_number", "position", name=op.f("pk_dashboard_content")),
    )
    op.create_index("ix_dashboard_content_digest", "dashboard_content", ["digest"])
    op.create_table(
        "latency",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("bound_ms", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("total_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "what", "bound_ms", name=op.f("pk_latency")),
    )
    op.add_column("plan", sa.Column("traceparent", sa.String(length=55), nullable=True))


def downgrade() -> None:
    op.drop_column("plan", "traceparent")
    op.drop_table("latency")
    op.drop_table("dashboard_content")
    op.drop_table("dashboard_part")
    op.drop_table("dashboard_view")
