"""Counting approvals: people, not clicks; without the requester and without anyone who lost the right since.

Cedar cannot count, so it is done here; the rules see only how many people approved, and with which roles.
"""

from collections.abc import Iterable

from pydantic import Field

from storage.records.people import Person, Role
from storage.records.plans import Plan
from storage.records.record import Record
from storage.records.verdicts import Answer, Decision, Gate

COUNTS_AS: dict[Role, frozenset[Role]] = {
    Role.APPROVER: frozenset({Role.APPROVER}),
    Role.CMO: frozenset({Role.CMO, Role.APPROVER}),
}
"""The roles whose approval counts, and as what: a CMO is an approver too; no other role counts at all."""


class Approvals(Record):
    """What has been approved so far; `distinct` people, who together count as `roles`."""

    roles: frozenset[Role] = frozenset()
    distinct: int = Field(default=0, ge=0)

    def meet(self, gate: Gate) -> bool:
        """Each of the gate's roles is among them, and so many distinct people approved."""
        return gate.roles <= self.roles and self.distinct >= gate.approvers


def counted_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """What an approval by someone with these roles counts as; empty if it does not count."""
    return frozenset().union(*(COUNTS_AS.get(role, frozenset()) for role in roles))


def approvals_given(plan: Plan, decisions: Iterable[Decision], people: Iterable[Person]) -> Approvals:
    """The approvals of exactly this revision and digest that count now.

    A role counts only if the person had it when deciding and still has it. One rejection of the revision is
    final: nothing counts beside it.
    """
    said = [item for item in decisions if (item.plan_id, item.revision) == (plan.id, plan.revision)]
    if any(item.answer is not Answer.APPROVE for item in said):
        return Approvals()
    known = {person.id: person for person in people}
    counted: dict[str, frozenset[Role]] = {}
    for item in said:
        person = known.get(item.person_id)
        if person is None or item.digest != plan.digest or not may_count(person, plan):
            continue
        if roles := counted_roles(item.roles & person.roles):
            counted[person.id] = counted.get(person.id, frozenset()) | roles
    return Approvals(roles=frozenset().union(*counted.values()), distinct=len(counted))


def may_count(person: Person, plan: Plan) -> bool:
    """Whether the person is active and neither asked for this revision nor edited it."""
    return person.active and person.id != plan.requested_by


def missing_gates(
    gates: Iterable[Gate], decisions: Iterable[Decision], people: Iterable[Person], plan: Plan
) -> tuple[Gate, ...]:
    """The gates that the decisions so far leave open; empty when the revision may run.

    Every gate must be met (AND); one person may meet several. Within a gate, someone who approved must hold
    each role, and so many distinct people must have approved: "two, one the CMO" is the CMO and any other
    approver.
    """
    given = approvals_given(plan, decisions, people)
    return tuple(gate for gate in gates if not given.meet(gate))
