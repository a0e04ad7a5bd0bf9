"""Whom a waiting plan has asked, reminded and escalated to: rows that the bot turns into messages."""

from enum import StrEnum

from storage.records.record import Record, UtcDatetime


class NudgeKind(StrEnum):
    ASKED = "asked"
    """The first message to someone it waits for."""
    ASSIGNED = "assigned"
    """Somebody handed it to this person."""
    REMINDER = "reminder"
    ESCALATION = "escalation"
    """The rung below did not answer in time."""


class Nudge(Record):
    """One message that is, or was, due to one person about one revision of a plan."""

    id: int = 0
    """Given by the database."""
    plan_id: str
    revision: int
    person_id: str
    kind: NudgeKind
    text: str = ""
    """Words beyond the plan itself: what somebody wrote when handing it on."""
    due_at: UtcDatetime
    sent_at: UtcDatetime | None = None
    channel: str | None = None
    ts: str | None = None
    shown_version: int = 0
    """The version of the plan that the message shows; it is redrawn when the plan has moved on."""


class Quiet(Record):
    """One person wants no reminder of one plan before this moment."""

    plan_id: str
    person_id: str
    until: UtcDatetime
