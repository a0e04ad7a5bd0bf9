"""Counting approvals: people, not clicks; nobody who has a stake in the plan, and nobody who lost the right since.

Cedar cannot count, so it is done here; the rules see only how many people approved, and with which roles. An
approval is bound to what was seen: the digest, the version of the rules, and the gates that they put up.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from agents.governance.situation import changes_rules
from storage.records.people import Delegation, Person, Role
from storage.records.plans import Plan
from storage.records.record import Record, UtcDatetime, digest_of
from storage.records.stops import Glass
from storage.records.verdicts import Answer, Decision, Gate, GateProgress, Verdict

COUNTS_AS: dict[Role, frozenset[Role]] = {
    Role.APPROVER: frozenset({Role.APPROVER}),
    Role.BRAND: frozenset({Role.BRAND}),
    Role.FINANCE: frozenset({Role.FINANCE}),
    Role.LEGAL: frozenset({Role.LEGAL}),
    Role.CMO: frozenset({Role.CMO, Role.APPROVER, Role.BRAND}),
}
"""The roles whose approval counts, and as what: a CMO is an approver too; no other role counts at all."""


class Approvals(Record):
    """What has been approved so far; `distinct` people, who together count as `roles`."""

    roles: frozenset[Role] = frozenset()
    distinct: int = Field(default=0, ge=0)

    def meet(self, gate: Gate) -> bool:
        """Each of the gate's roles is among them, and so many distinct people approved."""
        return gate.roles <= self.roles and self.distinct >= gate.approvers


class Panel(Record):
    """Everyone who might decide one plan at one moment, and what binds them."""

    people: tuple[Person, ...]
    delegations: tuple[Delegation, ...] = ()
    owners: frozenset[str] = frozenset()
    """Ids of the people who answer for the agent that made the plan."""
    glasses: tuple[Glass, ...] = ()
    """Broken glass that nobody has reviewed, in force or over."""
    now: UtcDatetime

    def person(self, person_id: str | None) -> Person | None:
        """As known now, with their own roles alone."""
        return next((one for one in self.people if one.id == person_id), None)

    def acting(self, person: Person, *, except_for: frozenset[str] = frozenset()) -> Person:
        """The person with the approving roles, too, of those on leave whose delegate they are now.

        What was lent is not lent on. `except_for` are people on whose behalf nobody may act.
        """
        lent = [self._lender(one) for one in self._standing_in(person.id) if one.from_person not in except_for]
        return person.model_copy(update={"roles": person.roles.union(*lent)}) if any(lent) else person

    def lenders(self, person_id: str) -> tuple[str, ...]:
        """Ids of those whose delegate they are now, and who have approvals to lend."""
        return tuple(sorted({one.from_person for one in self._standing_in(person_id) if self._lender(one)}))

    def on_leave(self, person_id: str) -> bool:
        """Whether somebody active decides in their place now."""
        return any(
            one.from_person == person_id and one.holds(self.now) and self._active(one.to_person)
            for one in self.delegations
        )

    def glass_of(self, person_id: str) -> Glass | None:
        """The glass that they have broken, while it is in force."""
        return next((one for one in self.glasses if one.person_id == person_id and one.holds(self.now)), None)

    def stands_for(self, person_id: str, other: str | None) -> bool:
        """Whether they are the other's delegate now."""
        return any(one.from_person == other for one in self._standing_in(person_id))

    def _standing_in(self, person_id: str) -> tuple[Delegation, ...]:
        return tuple(one for one in self.delegations if one.to_person == person_id and one.holds(self.now))

    def _lender(self, lent: Delegation) -> frozenset[Role]:
        """What a delegation lends: whoever was deactivated on leave has nothing left to lend."""
        person = self.person(lent.from_person)
        return person.roles & COUNTS_AS.keys() if person is not None and person.active else frozenset()

    def _active(self, person_id: str) -> bool:
        person = self.person(person_id)
        return person is not None and person.active


class Counted(Record):
    """One person's approval that counts."""

    person_id: str
    roles: frozenset[Role]
    """What it counts as."""
    authorities: tuple[str, ...]
    """Whose right it rests on: their own, else that of those whose delegate they are."""
    at: UtcDatetime


def counted_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """What an approval by someone with these roles counts as; empty if it does not count."""
    return frozenset().union(*(COUNTS_AS.get(role, frozenset()) for role in roles))


def gate_ids(verdict: Verdict) -> tuple[str, ...]:
    """The gates of a verdict, as a decision remembers them."""
    return tuple(sorted(gate.policy for gate in verdict.gates))


def binding_of(verdict: Verdict) -> str:
    """A short mark of the rules and gates that a card shows: a click on a card with another one is stale."""
    return digest_of([verdict.policy_version, list(gate_ids(verdict))])[:16]


def approvals_given(
    plan: Plan, decisions: Iterable[Decision], panel: Panel, *, version: str, gates: Iterable[str]
) -> Approvals:
    """The approvals of exactly this revision and digest that count now, under these rules and for these gates.

    The newest word of each person counts. A role counts only if the person had it when deciding and still has
    it. One rejection of the revision is final: nothing counts beside it.
    """
    return _together(approvals_counted(plan, decisions, panel, version=version, gates=gates))


def approvals_counted(
    plan: Plan, decisions: Iterable[Decision], panel: Panel, *, version: str, gates: Iterable[str]
) -> tuple[Counted, ...]:
    """Each approval that counts, by whom and as what, oldest first."""
    wanted = frozenset(gates)
    found = []
    for item in _standing_approvals(plan, decisions):
        person = panel.person(item.person_id)
        if person is None or item.policy_version != version or not wanted <= frozenset(item.gates):
            continue
        if counted := _counted(item, person, plan, panel):
            found.append(counted)
    return tuple(found)


def barred_from(plan: Plan, panel: Panel) -> frozenset[str]:
    """Who can neither approve this plan nor have it approved in their place."""
    return panel.owners | ({plan.requested_by} if plan.requested_by is not None else frozenset())


def may_count(person: Person, plan: Plan, panel: Panel) -> bool:
    """Whether the person is active and has no stake: neither asked for it, edited it, nor answers for its agent.

    A delegate of the requester never counts, whatever they hold themselves.
    """
    return (
        person.active
        and person.id not in barred_from(plan, panel)
        and not (plan.requested_by is not None and panel.stands_for(person.id, plan.requested_by))
    )


def glass_over(plan: Plan, decisions: Iterable[Decision], panel: Panel, *, version: str) -> Glass | None:
    """The broken glass, in force now, under which somebody has approved this revision alone.

    None again once it is over, they take it back, or they have lost a role that they had when they approved. A
    change of the rules takes two people always.
    """
    if changes_rules(plan):
        return None
    for item in _standing_approvals(plan, decisions):
        person, glass = panel.person(item.person_id), panel.glass_of(item.person_id)
        if person is None or not person.active or glass is None:
            continue
        if item.glass == glass.id and item.policy_version == version and item.roles <= panel.acting(person).roles:
            return glass
    return None


def missing_gates(verdict: Verdict, plan: Plan, decisions: Iterable[Decision], panel: Panel) -> tuple[Gate, ...]:
    """The gates that the decisions so far leave open; empty when the revision may run.

    Every gate must be met (AND); one person may meet several. Within a gate, someone who approved must hold
    each role, and so many distinct people must have approved: "two, one the CMO" is the CMO and any other
    approver. Broken glass passes every gate.
    """
    said = tuple(decisions)
    if glass_over(plan, said, panel, version=verdict.policy_version) is not None:
        return ()
    given = _together(_counted_for(verdict, plan, said, panel))
    return tuple(gate for gate in verdict.gates if not given.meet(gate))


def progress_of(verdict: Verdict, plan: Plan, decisions: Iterable[Decision], panel: Panel) -> tuple[GateProgress, ...]:
    """How far each gate of the verdict is, in its order."""
    said = tuple(decisions)
    counted = _counted_for(verdict, plan, said, panel)
    given = _together(counted)
    return tuple(
        GateProgress(
            gate=gate,
            approved_by=tuple(one.person_id for one in counted if gate.approvers > 1 or one.roles & gate.roles),
            missing_roles=gate.roles - given.roles,
            missing_people=max(0, gate.approvers - given.distinct),
        )
        for gate in verdict.gates
    )


def would_be_given(
    verdict: Verdict, plan: Plan, decisions: Iterable[Decision], panel: Panel, saying_yes: Iterable[Person]
) -> Approvals:
    """What would be given if these people, too, approved what the verdict shows."""
    more = (
        Decision(
            plan_id=plan.id,
            revision=plan.revision,
            digest=plan.digest,
            answer=Answer.APPROVE,
            person_id=person.id,
            roles=panel.acting(person).roles,
            via="",
            decided_at=panel.now,
            policy_version=verdict.policy_version,
            gates=gate_ids(verdict),
        )
        for person in saying_yes
    )
    return _together(_counted_for(verdict, plan, (*decisions, *more), panel))


def starts_at(verdict: Verdict, plan: Plan, decisions: Iterable[Decision], panel: Panel) -> datetime | None:
    """When a fully approved revision may be carried out: its cooling-off after the last approval.

    None where no gate wants one, where a gate is still open, and under broken glass.
    """
    said = tuple(decisions)
    minutes = max((gate.cooling_off_minutes for gate in verdict.gates), default=0)
    counted = _counted_for(verdict, plan, said, panel)
    if not minutes or not all(_together(counted).meet(gate) for gate in verdict.gates):
        return None
    if glass_over(plan, said, panel, version=verdict.policy_version) is not None:
        return None
    return max(one.at for one in counted) + timedelta(minutes=minutes)


def newest_words(plan: Plan, decisions: Iterable[Decision]) -> dict[str, Decision]:
    """What each person last said of this revision."""
    return {item.person_id: item for item in decisions if (item.plan_id, item.revision) == (plan.id, plan.revision)}


def _standing_approvals(plan: Plan, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Everybody's newest word, as far as it is a yes to this digest; none beside a rejection, which is final."""
    said = tuple(decisions)
    newest = newest_words(plan, said).values()
    if any(item.answer is Answer.REJECT and item.plan_id == plan.id for item in said if item.revision == plan.revision):
        return ()
    return tuple(item for item in newest if item.answer is Answer.APPROVE and item.digest == plan.digest)


def _counted(item: Decision, person: Person, plan: Plan, panel: Panel) -> Counted | None:
    if not may_count(person, plan, panel):
        return None
    barred = barred_from(plan, panel)
    acting = panel.acting(person, except_for=barred)
    roles = counted_roles(item.roles & acting.roles)
    if not roles:
        return None
    own = counted_roles(item.roles & person.roles)
    lenders = tuple(one for one in panel.lenders(person.id) if one not in barred)
    return Counted(person_id=person.id, roles=roles, authorities=(person.id,) if own else lenders, at=item.decided_at)


def _counted_for(verdict: Verdict, plan: Plan, decisions: Iterable[Decision], panel: Panel) -> tuple[Counted, ...]:
    return approvals_counted(plan, decisions, panel, version=verdict.policy_version, gates=gate_ids(verdict))


def _together(counted: Sequence[Counted]) -> Approvals:
    """One person is one, and so is one person's right: whoever is on leave and their delegate are not two."""
    used: set[str] = set()
    distinct = 0
    for one in sorted(counted, key=lambda item: (item.authorities != (item.person_id,), item.person_id)):
        fresh = [authority for authority in one.authorities if authority not in used]
        if fresh:
            used.add(fresh[0])
            distinct += 1
    return Approvals(roles=frozenset().union(*(one.roles for one in counted)), distinct=distinct)
