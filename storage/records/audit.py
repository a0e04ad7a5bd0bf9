"""One entry of the append-only trail, the signed checkpoints over it, and the mark of what may be erased from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from storage.records.record import Record, UtcDatetime

AT_ONCE = (
    "policy.adopted",
    "policy.changed",
    "glass.broken",
    "glass.closed",
    "glass.reviewed",
    "freeze.set",
    "freeze.lifted",
    "audit.key_rotated",
    "audit.erased",
    "person.erased",
)
"""Actions after which the trail is signed and shown outside at once, not with the next turn of the timetable."""


@dataclass(frozen=True)
class Personal:
    """A fact about a person, such as a name or free text: the trail holds a salted commitment to it, which outlives it.

    Equal values have equal commitments, so that two entries can be seen to speak of one person.
    """

    value: str


class AuditEntry(Record):
    """Who did what to what; `body` is the exact text that was hashed, the other fields are it with people's names."""

    seq: int
    """Its place in the chain; 0 for an entry that the sequencer of a PostgreSQL database has not chained yet."""
    at: UtcDatetime
    actor: str
    """`person:…`, `agent:…` or `system`; `person:#ab12cd34… (erased)` for a person who was forgotten."""
    action: str
    """Namespaced: `plan.proposed`, `plan.approved`, `change.applied`, `alert.opened`."""
    subject: str
    """What it is about: `PLAN-12`, `ALERT-3`, `load:…`."""
    facts: dict[str, Any]
    body: str
    prev_hash: str
    hash: str


class Checkpoint(Record):
    """The home's signature under the first `size` entries."""

    size: int
    at: UtcDatetime
    root: str
    """The Merkle root (RFC 6962) in hex."""
    head: str
    """The chain's hash at that size, in hex."""
    note: str
    """The C2SP signed note, as it is kept and shown outside."""


class Tampering(StrEnum):
    """What can have been done to a trail."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    RECOMPUTED = "recomputed"
    TRUNCATED = "truncated"
    ROLLED_BACK = "rolled back"
    OTHER_HOME = "another home"
    FORGED_CHECKPOINT = "forged checkpoint"
    CHECKPOINT_REMOVED = "checkpoint removed"
    UNKNOWN_KEY = "unknown key"
    RETIRED_KEY = "retired key"
    TWO_STORIES = "two stories"
    UNREADABLE = "unreadable"
    LINK_GONE = "lineage link gone"
    LINK_CHANGED = "lineage link changed"
    LINK_ADDED = "lineage link added"


class Finding(Record):
    """One thing that verification found."""

    kind: Tampering
    seq: int
    """The first entry concerned, or the size of the checkpoint."""
    words: str


class Verification(Record):
    """What a walk over the whole chain found; `first_bad` and `problem` are those of the first finding."""

    ok: bool
    entries: int
    """How many entries hold, from the first on."""
    first_bad: int | None = None
    problem: str = ""
    findings: tuple[Finding, ...] = ()
    checkpoints: int = 0
    """How many readable ones the database holds."""
    outside: int = 0
    """How many were given from outside."""
    signatures_checked: bool = False
    waiting: int = 0
    """Entries in the outbox of a PostgreSQL database, which nothing protects yet."""
    links: int = 0
    """How many links of lineage the trail seals."""

    @classmethod
    def of(cls, findings: Sequence[Finding], **seen: Any) -> Self:
        """The outcome of these findings; none is a whole trail."""
        if not findings:
            return cls(ok=True, **seen)
        first = findings[0]
        return cls(ok=False, first_bad=first.seq, problem=first.words, findings=tuple(findings), **seen)
