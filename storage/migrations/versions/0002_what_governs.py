"""Editions of the rules, freezes, broken glass, delegations, accounts, nudges

Decisions may be withdrawn and made again, so a person may have more than one of a revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.add_column(sa.Column("situation", sa.Text(), nullable=True))
    with op.batch_alter_table("execution", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resource_key", sa.String(length=300), nullable=True))
        batch_op.create_index("ix_execution_resource_key", ["resource_key"], unique=False)
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_constraint("uq_decision_plan_id_revision_person_id", type_="unique")
        batch_op.create_index("ix_decision_plan_id_revision", ["plan_id", "revision"], unique=False)
    op.create_table(
        "edition",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_edition")),
    )
    op.create_table(
        "impact",
        sa.Column("plan_id", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_impact")),
    )
    op.create_table(
        "freeze",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("in_force", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_freeze")),
    )
    op.create_index(op.f("ix_freeze_in_force"), "freeze", ["in_force"], unique=False)
    op.create_table(
        "glass",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glass")),
        sa.UniqueConstraint("number", name=op.f("uq_glass_number")),
    )
    op.create_index(op.f("ix_glass_open"), "glass", ["open"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ends_at", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_ends_at"), "delegation", ["ends_at"], unique=False)
    op.create_table(
        "account",
        sa.Column("slack_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slack_id", name=op.f("pk_account")),
    )
    op.create_table(
        "nudge",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("plan_id", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nudge")),
    )
    op.create_index(op.f("ix_nudge_sent"), "nudge", ["sent"], unique=False)
    op.create_index("ix_nudge_plan_id_revision", "nudge", ["plan_id", "revision"], unique=False)
    op.create_table(
        "quiet",
        sa.Column("plan_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "person_id", name=op.f("pk_quiet")),
    )
    # What the trail said before is on the cards: threads begin with what happens from now on.
    op.execute(
        "INSERT INTO home (key, value) SELECT 'chronicle', CAST(coalesce(max(seq), 0) AS VARCHAR(20)) FROM audit"
    )


def downgrade() -> None:
    op.execute("DELETE FROM home WHERE key = 'chronicle'")
    for table in ("quiet", "nudge", "account", "delegation", "glass", "freeze", "impact", "edition"):
        op.drop_table(table)
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("ix_decision_plan_id_revision")
        batch_op.create_unique_constraint(
            "uq_decision_plan_id_revision_person_id", ["plan_id", "revision", "person_id"]
        )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.drop_column("situation")
    with op.batch_alter_table("execution", schema=None) as batch_op:
        batch_op.drop_index("ix_execution_resource_key")
        batch_op.drop_column("resource_key")
