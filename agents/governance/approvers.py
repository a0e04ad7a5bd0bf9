"""Who may approve a plan now and would bring an open gate nearer; delegates in the place of those on leave."""

from collections.abc import Iterable

from agents.governance.approvals import (
    Approvals,
    Panel,
    approvals_counted,
    barred_from,
    gate_ids,
    missing_gates,
    would_be_given,
)
from agents.governance.rules import Act, Rules, Standing
from agents.governance.situation import changes_rules
from storage.records.people import Person
from storage.records.plans import Plan
from storage.records.verdicts import Decision, Gate, Outcome, Verdict


def approvers_of(
    rules: Rules, verdict: Verdict, plan: Plan, panel: Panel, decisions: Iterable[Decision] = ()
) -> tuple[Person, ...]:
    """Who is to be asked, with the roles they decide with.

    Whoever is on leave may still approve, but their delegate is asked. A plan may wait although every gate is met:
    approvals that had lapsed count again, say. None carries it on by itself; one of those who gave them is asked.
    """
    said = tuple(decisions)
    if verdict.outcome is not Outcome.NEEDS_APPROVAL:
        return ()
    open_gates = missing_gates(verdict, plan, said, panel)
    counted = approvals_counted(plan, said, panel, version=verdict.policy_version, gates=gate_ids(verdict))
    done = {one.person_id for one in counted}
    given = would_be_given(verdict, plan, said, panel, ())
    found = []
    for person in panel.people:
        if not person.active or (person.id in done) is bool(open_gates) or panel.on_leave(person.id):
            continue
        with_them = would_be_given(verdict, plan, said, panel, (person,))
        standing = standing_of(rules, person, plan, panel)
        helps = standing.glass or not open_gates or any(_nearer(gate, given, with_them) for gate in open_gates)
        acting = panel.acting(person, except_for=barred_from(plan, panel))
        if helps and rules.may(acting, Act.APPROVE, plan, standing).allowed:
            found.append(acting)
    return tuple(found)


def unmeetable(
    rules: Rules,
    verdict: Verdict,
    plan: Plan,
    panel: Panel,
    decisions: Iterable[Decision],
    approvers: Iterable[Person],
) -> tuple[Gate, ...]:
    """The gates that stay open even if everyone who may approve did: nobody is left to ask for them."""
    said = tuple(decisions)
    willing = tuple(approvers)
    if any(standing_of(rules, person, plan, panel).glass for person in willing):
        return ()
    given = would_be_given(verdict, plan, said, panel, willing)
    return tuple(gate for gate in missing_gates(verdict, plan, said, panel) if not given.meet(gate))


def standing_of(rules: Rules, person: Person, plan: Plan, panel: Panel) -> Standing:
    """How the person stands to the plan; broken glass counts only while they would still be let break it."""
    broken = panel.glass_of(person.id) is not None and not changes_rules(plan)
    return Standing(
        glass=broken and rules.may(person, Act.BREAK_GLASS).allowed,
        owns_agent=person.id in panel.owners,
        stands_for_requester=plan.requested_by is not None and panel.stands_for(person.id, plan.requested_by),
    )


def _nearer(gate: Gate, given: Approvals, with_them: Approvals) -> bool:
    """Whether one more yes brings a role that is missing, or a person where too few have approved.

    Somebody has to bring the missing roles, and is one of the missing people.
    """
    missing_roles = gate.roles - given.roles
    if with_them.roles & missing_roles:
        return True
    missing_people = gate.approvers - given.distinct - (1 if missing_roles else 0)
    return missing_people > 0 and with_them.distinct > given.distinct
