"""What governance says of a plan, with every reason, and what people say after it."""

from enum import StrEnum

from storage.records.people import Role
from storage.records.record import Record, UtcDatetime


class Outcome(StrEnum):
    ALLOWED = "allowed"
    NEEDS_APPROVAL = "needs_approval"
    REFUSED = "refused"


class Reason(Record):
    """One rule that fired, in words taken from the rule and the payload."""

    policy: str
    text: str


class Gate(Record):
    """An approval that a rule demands: so many distinct people, among them one with each of the roles."""

    policy: str
    text: str
    roles: frozenset[Role]
    approvers: int = 1


class Verdict(Record):
    """The answer of governance to one revision of a plan."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    gates: tuple[Gate, ...] = ()
    policy_version: str
    """sha256 of the schema and the policy texts it was judged with."""
    judged_at: UtcDatetime


class Answer(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


class Decision(Record):
    """What one person said of one revision, bound to the digest they saw."""

    plan_id: str
    revision: int
    digest: str
    answer: Answer
    person_id: str
    roles: frozenset[Role]
    """The person's roles at that moment."""
    reason: str = ""
    via: str
    """Where it was said: slack, cli."""
    decided_at: UtcDatetime
    policy_version: str
