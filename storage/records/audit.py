"""One entry of the append-only trail."""

from typing import Any

from storage.records.record import Record, UtcDatetime


class AuditEntry(Record):
    """Who did what to what; `body` is the exact text that was hashed."""

    seq: int
    at: UtcDatetime
    actor: str
    """`person:…`, `agent:…` or `system`."""
    action: str
    """Namespaced: `plan.proposed`, `plan.approved`, `change.applied`, `alert.opened`."""
    subject: str
    """What it is about: `PLAN-12`, `ALERT-3`, `load:…`."""
    facts: dict[str, Any]
    body: str
    prev_hash: str
    hash: str
