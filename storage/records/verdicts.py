"""What governance says of a plan, with every reason, and what people say after it."""

from enum import StrEnum

from pydantic import Field

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
    escalate_after_minutes: int | None = None
    """Business minutes without enough approvals after which the next rung of people is asked too."""
    cooling_off_minutes: int = 0
    """Minutes of the clock from the last approval until it may be carried out, to think better of it."""


class Verdict(Record):
    """The answer of governance to one revision of a plan."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    gates: tuple[Gate, ...] = ()
    policy_version: str
    """sha256 of the schema and the policy texts it was judged with."""
    judged_at: UtcDatetime
    versions: dict[str, str] = Field(default_factory=dict)
    """What it was judged with: data, graph, model, agent, policy; empty in rows from before it was kept."""


class GateProgress(Record):
    """How far one gate is from being met, for people."""

    gate: Gate
    approved_by: tuple[str, ...] = ()
    """Ids of the people whose approvals count for it."""
    missing_roles: frozenset[Role] = frozenset()
    missing_people: int = 0
    escalates_at: UtcDatetime | None = None
    escalates_to: frozenset[Role] = frozenset()
    """Who is asked then, besides those who are asked already."""
    escalated: bool = False

    @property
    def met(self) -> bool:
        return not self.missing_roles and self.missing_people == 0


class Answer(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


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
    gates: tuple[str, ...] = ()
    """Ids of the gates that were open before them, sorted: an approval does not count for a gate nobody showed."""
    on_behalf_of: str | None = None
    """Whose delegate they were, if they decided as one."""
    glass: str | None = None
    """The break-glass session under which they decided alone."""
    versions: dict[str, str] = Field(default_factory=dict)
    """What stood before them was made with: data, graph, model, agent, policy; empty in rows from before."""
