"""Views that can be opened again, how long people wait, and the trace that a plan belongs to"""

import json
from contextlib import suppress
from datetime import UTC, date, datetime

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
    op.add_column("plan", sa.Column("data_day", sa.Date(), nullable=True))
    op.add_column("verdict", sa.Column("outcome", sa.String(length=20), nullable=True))
    op.add_column("verdict", sa.Column("judged_at", sa.String(length=32), nullable=True))
    _tell_days_of_plans()
    _tell_outcomes_of_verdicts()
    op.create_index("ix_verdict_outcome_judged_at", "verdict", ["outcome", "judged_at"])


def _tell_days_of_plans() -> None:
    """A column for what the text of each plan's current revision says."""
    plan = sa.table("plan", sa.column("id"), sa.column("revision"), sa.column("data_day", sa.Date()))
    revision = sa.table("plan_revision", sa.column("plan_id"), sa.column("revision"), sa.column("body"))
    current = (revision.c.plan_id == plan.c.id) & (revision.c.revision == plan.c.revision)
    for id_, body in op.get_bind().execute(sa.select(plan.c.id, revision.c.body).join(revision, current)).all():
        with suppress(ValueError, KeyError):
            day = date.fromisoformat(json.loads(body)["data_day"])
            op.execute(plan.update().where(plan.c.id == id_).values(data_day=day))


def _tell_outcomes_of_verdicts() -> None:
    """Columns for what the text of each verdict says."""
    verdict = sa.table("verdict", sa.column("id"), sa.column("body"), sa.column("outcome"), sa.column("judged_at"))
    for id_, body in op.get_bind().execute(sa.select(verdict.c.id, verdict.c.body)).all():
        with suppress(ValueError, KeyError):
            said = json.loads(body)
            moment = datetime.fromisoformat(said["judged_at"]).astimezone(UTC)
            op.execute(
                verdict.update()
                .where(verdict.c.id == id_)
                .values(outcome=said["outcome"], judged_at=moment.isoformat(timespec="microseconds"))
            )


def downgrade() -> None:
    op.drop_index("ix_verdict_outcome_judged_at", "verdict")
    op.drop_column("verdict", "judged_at")
    op.drop_column("verdict", "outcome")
    op.drop_column("plan", "data_day")
    op.drop_column("plan", "traceparent")
    op.drop_table("latency")
    op.drop_table("dashboard_content")
    op.drop_table("dashboard_part")
    op.drop_table("dashboard_view")
