"""A question that only a person can answer, asked on a card: nothing that depends on it goes on before."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from storage.records.record import Record, UtcDatetime


class QuestionKind(StrEnum):
    SCHEMA = "schema"
    """A file's columns differ from those accepted before."""
    MAPPING = "mapping"
    """A file nobody knows; the bot proposes what its columns mean."""
    MERGE = "merge"
    """Two names that may be one thing."""
    CONFLICT = "conflict"
    """Two intents that cannot both be carried out."""
    PROMOTION = "promotion"
    """Other settings for an agent or a detector."""


class QuestionState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    """What it asked about is gone or was overtaken."""


class Option(Record):
    """One answer that can be given: a button."""

    id: str
    """Stable within the question: `accept`, `refuse`, `keep-PLAN-3`."""
    label: str
    style: str = ""
    """`primary`, `danger` or nothing, as Slack names them."""
    confirm: str = ""
    """What is asked once more before it counts; empty if nothing."""


class Question(Record):
    """What is asked, what may be answered, and what was."""

    id: str
    """Q-12"""
    number: int
    key: str
    """Stable name of what is asked; one open question a key."""
    kind: QuestionKind
    state: QuestionState
    version: int
    """Raised with every change; the card shows one."""
    title: str
    lines: tuple[str, ...] = ()
    """Facts for people, one sentence each; names in them are untrusted."""
    table: tuple[tuple[str, ...], ...] = ()
    """First row is the header; cells are untrusted text."""
    options: tuple[Option, ...]
    if_nobody_answers: str
    """What stays as it is meanwhile, for people."""
    subject: dict[str, Any] = Field(default_factory=dict)
    """What the handler of the answer needs; JSON."""
    simulated: bool = False
    asked_at: UtcDatetime
    answered_by: str | None = None
    answer: str | None = None
    answered_at: UtcDatetime | None = None
    outcome: str = ""
    """What came of the answer, for people."""
