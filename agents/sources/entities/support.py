"""Support cases: Zendesk tickets and Intercom conversations with the history of their states."""

import polars as pl

from agents.sources.entities.layout import EntityLayout, Shaping, fields_of
from agents.sources.entities.shaping import listed, mapped, newest, only
from agents.sources.text.rows import LINE

_ZENDESK_STATES = {
    "new": "open",
    "open": "open",
    "pending": "waiting",
    "hold": "waiting",
    "onhold": "waiting",
    "solved": "resolved",
    "resolved": "resolved",
    "closed": "closed",
}
_INTERCOM_STATES = {
    "open": "open",
    "opened": "open",
    "reopened": "open",
    "snoozed": "waiting",
    "closed": "closed",
    "resolved": "resolved",
}
_ENDED = ("resolved", "closed")
_ESCALATED = r"(?i)escalat|eskal"
_HELPED = r"(?i)confirmed|good|satisfied|^[45]$"
_HUMAN_REPLY = r"(?i)(?:admin|teammate|agent|human).*(?:repl|comment|respon)|^(?:reply|replied|comment)$"
_MACHINE = r"(?i)\b(?:bot|fin|operator|workflow|auto(?:matic|mated|responder|reply)?|ai)\b"


def _rating() -> pl.Expr:
    words = {"good": 5, "goodwithcomment": 5, "satisfied": 5, "bad": 1, "badwithcomment": 1, "dissatisfied": 1}
    plain = pl.col("score").str.to_lowercase().str.replace_all(r"[\s_-]+", "")
    told = plain.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.Int64)
    return pl.coalesce(told, plain.str.extract(r"^([1-5])(?:\.0+)?$").cast(pl.Int64))


def _resolution() -> pl.Expr:
    """Confirmed where the customer said that it helped, assumed where a case ended without a word."""
    ended = pl.col("state").is_in(list(_ENDED))
    return (
        pl.when(ended & pl.col("said").str.contains(_HELPED).fill_null(value=False))
        .then(pl.lit("confirmed"))
        .when(ended)
        .then(pl.lit("assumed"))
    )


def _zendesk(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    if "first_reply_minutes" not in shaping.has and "first_reply_business" in shaping.has:
        shaping.note("the file has first replies in business hours only: when they came cannot be told")
    if rows["score"].str.contains(r"(?i)good|bad").any():
        shaping.note("a rating of Good counts as 5, of Bad as 1")
    state = rows.with_columns(state=mapped("status", _ZENDESK_STATES), rating=_rating(), said=pl.col("score"))
    shaped = state.with_columns(
        requester=pl.coalesce("requester_id", "requester_email", "requester_name"),
        first_reply_at=pl.col("opened_at") + pl.duration(seconds=pl.col("first_reply_minutes") * 60 // 1000),
        resolved_at=pl.coalesce(
            "solved_at",
            pl.col("opened_at") + pl.duration(seconds=pl.col("full_resolution_minutes") * 60 // 1000),
        ),
        resolution=_resolution(),
        reopened=pl.col("reopens").fill_null(0),
        escalated=pl.coalesce("was_escalated", pl.col("tags").str.contains(_ESCALATED), pl.lit(value=False)),
        product=pl.lit(None, dtype=pl.String) if "product" not in shaping.has else pl.col("product"),
        tags=listed("tags"),
    ).with_columns(resolved_at=pl.when(pl.col("state").is_in(list(_ENDED))).then(pl.col("resolved_at")))
    return {"ticket": only(newest(shaped, "id", shaping), "ticket")}


def _intercom(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    """One row a conversation, or one row a change of its state: rows with the same id are folded in their order."""
    told = rows.with_columns(
        moment=pl.coalesce("changed_at", "updated_at", "opened_at"),
        state=mapped("state", _INTERCOM_STATES),
        rating=_rating(),
        human=pl.col("action").str.contains(_HUMAN_REPLY).fill_null(value=False)
        & ~pl.concat_str("action", "by", separator=" ", ignore_nulls=True).str.contains(_MACHINE),
    ).sort("id", "moment", LINE, nulls_last=True, maintain_order=True)
    ended = pl.col("state").is_in(list(_ENDED))
    told = told.with_columns(
        before=pl.col("state").forward_fill().shift(1).over("id"),
    ).with_columns(
        again=(pl.col("state") == "open") & pl.col("before").is_in(list(_ENDED)),
        ending=ended & ~pl.col("before").is_in(list(_ENDED)).fill_null(value=False),
    )
    folded = told.group_by("id", maintain_order=True).agg(
        pl.col(LINE).min(),
        opened_at=pl.coalesce(pl.col("opened_at").min(), pl.col("moment").min()),
        first_reply_at=pl.coalesce(pl.col("first_reply_at").min(), pl.col("moment").filter("human").min()),
        updated_at=pl.col("moment").max(),
        ended_at=pl.coalesce(
            pl.col("moment").filter(pl.col("ending") & pl.col("changed_at").is_not_null()).max(),
            pl.col("closed_at").max(),
        ),
        reopened=pl.max_horizontal(pl.col("reopens").max().fill_null(0), pl.col("again").sum().cast(pl.Int64)),
        **{
            name: pl.col(name).drop_nulls().last()
            for name in (
                "state",
                "rating",
                "assignee",
                "priority",
                "requester",
                "subject",
                "tags",
                "resolution_said",
                "score",
            )
        },
    )
    histories = told.height - folded.height
    if histories:
        shaping.note(f"{histories} rows were earlier states of conversations: each conversation counts once")
    shaped = folded.with_columns(
        said=pl.concat_str("resolution_said", "score", separator=" ", ignore_nulls=True),
        escalated=pl.concat_str("resolution_said", "tags", separator=" ", ignore_nulls=True).str.contains(_ESCALATED),
        resolved_at=pl.when(pl.col("state").is_in(list(_ENDED))).then(pl.col("ended_at")),
        tags=listed("tags"),
    ).with_columns(resolution=_intercom_resolution())
    return {"ticket": only(shaped.sort(LINE), "ticket")}


def _intercom_resolution() -> pl.Expr:
    ended = pl.col("state").is_in(list(_ENDED))
    confirmed = pl.col("resolution_said").str.contains(r"(?i)confirmed").fill_null(value=False) | (
        pl.col("rating") >= 4
    ).fill_null(value=False)
    return pl.when(ended & confirmed).then(pl.lit("confirmed")).when(ended).then(pl.lit("assumed"))


ZENDESK_TICKETS = EntityLayout(
    name="zendesk/tickets",
    source="zendesk",
    datasets=("ticket",),
    fields=fields_of("""
        id id: Id | Ticket ID | Ticket
        status text: Status category | Ticket status category | Status | Ticket status
        subject text*: Subject | Ticket subject
        opened_at moment: Created at | Ticket created - Timestamp | Requested | Created
        updated_at moment: Updated at | Ticket last updated - Timestamp | Updated
        solved_at moment: Solved at | Ticket solved - Timestamp | metric_set.solved_at
        first_reply_minutes minutes: First reply time in minutes | First reply time (min)
            | First reply time (in minutes) | metric_set.reply_time_in_minutes.calendar
        first_reply_business minutes: First reply time in minutes within business hours
            | metric_set.reply_time_in_minutes.business
        full_resolution_minutes minutes: Full resolution time in minutes | Full resolution time (min)
            | metric_set.full_resolution_time_in_minutes.calendar
        reopens whole: Reopens | metric_set.reopens
        score text: satisfaction_rating.score | Satisfaction Score | Satisfaction rating | Ticket satisfaction rating
        assignee text: assignee.name | Assignee | Assignee name
        priority text: Priority
        requester_id id*: Requester id | requester.id
        requester_email email*: Requester email | requester.email
        requester_name text*: requester.name | Requester | Requester name
        tags text: Tags | Ticket tags
        product text: Product | Product area | Ticket Category
        was_escalated flag?: Escalated
    """),
    needs=("id", "status"),
    musts=("opened_at",),
    signs="Requester | Requester id | Requester email | Satisfaction Score"
    " | Group stations | metric_set.reopens | requester.id | Assignee stations",
    shape=_zendesk,
    folds=True,
)

INTERCOM_CONVERSATIONS = EntityLayout(
    name="intercom/conversations",
    source="intercom",
    datasets=("ticket",),
    fields=fields_of("""
        id id: Conversation ID | conversation_id | id
        state text: Conversation state | State | Current conversation state
        opened_at moment: Conversation started at | Started at | Created at | Conversation created at
        updated_at moment: Updated at | Conversation updated at | Last updated at
        changed_at moment: State changed at | Action at | Event at | Action time | History at
        action text: Action | Action type | Event | Part type
        by text*: Action by | Actor | Author type | Actor type
        first_reply_at moment: First teammate reply at | First admin reply at | statistics.first_admin_reply_at
        closed_at moment: Last closed at | Last close at | Closed at | statistics.last_close_at
        reopens whole: Reopens | Number of reopens | Count reopens | statistics.count_reopens | statistics.reopens
        assignee text: admin_assignee.name | Assignee | Teammate currently assigned
            | Currently assigned teammate | Teammate assigned | admin_assignee_id
        priority text: Priority
        requester id*: User ID | Contact ID | User external ID | User email | Contact email | source.author.id
        subject text*: Title | Conversation title | Subject | source.subject
        tags text: Tags | Conversation tags
        score text: conversation_rating.rating | Conversation rating | Rating | CX rating
        resolution_said text: ai_agent.resolution_state | AI agent resolution state
            | Fin AI Agent resolution state | Resolution state
    """),
    needs=("id", "state"),
    musts=("opened_at|changed_at",),
    signs="Conversation ID | conversation_id"
    " | Conversation state | statistics.first_admin_reply_at | conversation_rating.rating",
    shape=_intercom,
    folds=True,
    group="id",
)

LAYOUTS = (ZENDESK_TICKETS, INTERCOM_CONVERSATIONS)
