"""What people do about an alert"""

import json
from contextlib import suppress
from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("card_from", sa.String(length=32), nullable=True))
    # Every alert had a card until now, and keeps it; moments are compared as text.
    op.execute("UPDATE alert SET card_from = '2000-01-01T00:00:00.000000+00:00'")
    op.add_column("alert", sa.Column("changed_at", sa.String(length=32), nullable=True))
    op.add_column("alert", sa.Column("seen_on", sa.Date(), nullable=True))
    _tell_when()
    op.create_index("ix_alert_changed_at", "alert", ["changed_at"])
    op.create_table(
        "learnt",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learnt")),
    )
    op.create_index("ix_learnt_key", "learnt", ["key"])
    op.create_table(
        "alert_call",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_call")),
        sa.UniqueConstraint("alert_id", "person_id", "kind", name=op.f("uq_alert_call_alert_id_person_id_kind")),
    )
    op.create_index("ix_alert_call_live", "alert_call", ["live"])
    op.create_table(
        "alert_mute",
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("alert_id", sa.String(length=20), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "alert_id", name=op.f("pk_alert_mute")),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
    )

    op.create_table(
        "watched_cohort",
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("counters", sa.Text(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "number", name=op.f("pk_watched_cohort")),
    )


def _tell_when() -> None:
    """Columns for what the stored text of each alert says."""
    alert = sa.table(
        "alert", sa.column("id"), sa.column("body"), sa.column("changed_at"), sa.column("seen_on", sa.Date())
    )
    for id_, body in op.get_bind().execute(sa.select(alert.c.id, alert.c.body)).all():
        with suppress(ValueError, KeyError):
            said = json.loads(body)
            moment = datetime.fromisoformat(said["updated_at"]).astimezone(UTC)
            op.execute(
                alert.update()
                .where(alert.c.id == id_)
                .values(
                    changed_at=moment.isoformat(timespec="microseconds"),
                    seen_on=date.fromisoformat(said["finding"]["seen_on"]),
                )
            )


def downgrade() -> None:
    op.drop_table("watched_cohort")
    op.drop_table("digest")
    op.drop_table("alert_mute")
    op.drop_table("alert_call")
    op.drop_table("learnt")
    op.drop_index("ix_alert_changed_at", "alert")
    op.drop_column("alert", "seen_on")
    op.drop_column("alert", "changed_at")
    op.drop_column("alert", "card_from")
