"""Tables of what happens: plans, verdicts, decisions, executions, alerts, people and rules."""

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, Integer, String, Table, Text, UniqueConstraint, text

from storage.tables.base import Moment, metadata

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)

home = Table(
    "home",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("slack_id", String(40), unique=True),
    Column("body", Text, nullable=False),
)

plan = Table(
    "plan",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("restores", String(20)),
    Column("done_on", Date),
    # The data day on which the last change was applied: what outcomes are measured from.
    Column("traceparent", String(55)),
    # The W3C trace that it was proposed in; null where nothing was traced.
    Column("data_day", Date),
    # The newest complete day of data that its current revision was made with.
    Index("ix_plan_state_expires_at", "state", "expires_at"),
    Index("ix_plan_restores", "restores"),
)

plan_revision = Table(
    "plan_revision",
    metadata,
    Column("plan_id", String(20), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["plan_id"], ["plan.id"]),
)

claim = Table(
    "claim",
    metadata,
    # One live plan a resource: the primary key is the lock.
    Column("resource_key", String(300), primary_key=True),
    Column("plan_id", String(20), nullable=False, index=True),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan_id", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("situation", Text),
    # What was judged, so that other rules can be asked about it; null in rows from before it was kept.
    Column("outcome", String(20)),
    Column("judged_at", Moment),
    Index("ix_verdict_outcome_judged_at", "outcome", "judged_at"),
    Index("ix_verdict_plan_id_revision", "plan_id", "revision"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan_id", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("person_id", String(80), nullable=False),
    # A person may speak more than once: approve, withdraw, approve under new rules. The newest word counts.
    Column("body", Text, nullable=False),
    Index("ix_decision_plan_id_revision", "plan_id", "revision"),
)

edition = Table(
    "edition",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

impact = Table(
    "impact",
    metadata,
    # What a proposed change of the rules would have meant, as counted when it was proposed.
    Column("plan_id", String(20), primary_key=True),
    Column("body", Text, nullable=False),
)

freeze = Table(
    "freeze",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("in_force", Integer, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

glass = Table(
    "glass",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("person_id", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("open", Integer, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

delegation = Table(
    "delegation",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("ends_at", Moment, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("slack_id", String(40), primary_key=True),
    Column("body", Text, nullable=False),
)

nudge = Table(
    "nudge",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan_id", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sent", Integer, nullable=False, index=True),
    Column("shown_version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_nudge_plan_id_revision", "plan_id", "revision"),
)

quiet = Table(
    "quiet",
    metadata,
    Column("plan_id", String(20), primary_key=True),
    Column("person_id", String(80), primary_key=True),
    Column("until", Moment, nullable=False),
)

execution = Table(
    "execution",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("plan_id", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("resource_key", String(300)),
    # Null in rows from before it was kept.
    Column("body", Text, nullable=False),
    Index("ix_execution_plan_id_revision", "plan_id", "revision"),
    Index("ix_execution_resource_key", "resource_key"),
)

outcome = Table(
    "outcome",
    metadata,
    Column("plan_id", String(20), primary_key=True),
    Column("kpi", String(80), primary_key=True),
    Column("final", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("key", String(300), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("card_from", Moment),
    # Null while it has no card of its own; a later moment while its card is held back for quiet hours.
    Column("changed_at", Moment, index=True),
    Column("seen_on", Date),
    # When it was opened or changed last, and the data day on which it was seen last.
    Column("body", Text, nullable=False),
    Index(
        "uq_alert_open_key",
        "key",
        unique=True,
        sqlite_where=text("state <> 'recovered'"),
        postgresql_where=text("state <> 'recovered'"),
    ),
    Index("ix_alert_state", "state"),
)

learnt = Table(
    "learnt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False, index=True),
    Column("body", Text, nullable=False),
)

alert_call = Table(
    "alert_call",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("alert_id", String(20), nullable=False),
    Column("person_id", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("sent", Integer, nullable=False),
    Column("shown_version", Integer, nullable=False),
    Column("live", Integer, nullable=False, index=True),
    # 0 once it says that its case is over: it need not be looked at again.
    Column("body", Text, nullable=False),
    # Nobody is told twice of the same thing.
    UniqueConstraint("alert_id", "person_id", "kind"),
)

alert_mute = Table(
    "alert_mute",
    metadata,
    Column("person_id", String(80), primary_key=True),
    Column("alert_id", String(20), primary_key=True),
    Column("until", Moment, nullable=False),
)

digest = Table(
    "digest",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

card = Table(
    "card",
    metadata,
    # The one live message of a plan or an alert, and the version of it that people see.
    Column("subject", String(40), primary_key=True),
    Column("channel", String(40)),
    Column("ts", String(40)),
    Column("shown_version", Integer, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    # Ids of events and clicks already handled: Slack delivers at least once.
    Column("id", String(200), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

evaluation_case = Table(
    "evaluation_case",
    metadata,
    # A rejection or a scored outcome, kept to judge the next version of the agent with.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan_id", String(20), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("plan_id", "kind"),
)
