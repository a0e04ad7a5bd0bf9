"""What was really done to a channel: the row is written before the call, the read-back after it."""

from enum import StrEnum

from storage.records.plans import Change, Value
from storage.records.record import Record, UtcDatetime


class ExecutionState(StrEnum):
    INTENDED = "intended"
    APPLIED = "applied"
    FAILED = "failed"


class FieldState(Record):
    """The value of one field of a resource as a channel shows it now, with the resource's version."""

    value: Value
    version: str


class Receipt(Record):
    """A channel's proof that one change was applied."""

    key: str
    """The idempotency key that the change was applied under."""
    reference: str
    """The channel's own id of the operation."""
    value: Value
    version: str
    applied_at: UtcDatetime
    """The channel's own time."""
    simulated: bool


class Execution(Record):
    """One change of one revision on its way to a channel."""

    key: str
    """plan id + revision + change id; what the channel de-duplicates on."""
    plan_id: str
    revision: int
    change: Change
    state: ExecutionState
    before_image: FieldState | None = None
    receipt: Receipt | None = None
    read_back: FieldState | None = None
    error: str = ""
    attempts: int = 0
    updated_at: UtcDatetime


def execution_key(plan_id: str, revision: int, change_id: str) -> str:
    return f"{plan_id}.r{revision}.{change_id}"
