"""Who is asked: those whose yes would bring an open gate nearer, and delegates in the place of those on leave."""

from datetime import timedelta

import pytest

from agents.governance.approvals import Panel, gate_ids
from agents.governance.approvers import approvers_of, standing_of, unmeetable
from agents.governance.rules import load_rules
from storage.records.people import Delegation, Person, Role
from storage.records.plans import PlanKind, Resource
from storage.records.stops import Glass
from storage.records.verdicts import Gate, Outcome
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, VICTOR, a_decision, a_plan, a_verdict

RULES = load_rules()
CMO = CARLA.model_copy(update={"roles": frozenset({Role.CMO})})
ANNA = AARON.model_copy(update={"id": "anna", "name": "Anna Berg", "slack_id": None})
TEAM = (OLIVIA, AARON, ANNA, CMO, VICTOR, ADA)
PLAN = a_plan()
"""Olivia asked for it."""
ONE = a_verdict(gates=(Gate(policy="one", text="one", roles=frozenset({Role.APPROVER})),))
CHIEF = a_verdict(gates=(Gate(policy="chief", text="chief", roles=frozenset({Role.CMO})),))
TWO = a_verdict(gates=(Gate(policy="two", text="two", roles=frozenset({Role.CMO}), approvers=2),))
HOUR = timedelta(hours=1)


def a_panel(*people: Person, **other) -> Panel:
    return Panel(**{"people": people or TEAM, "now": NOW, **other})


def yes(person: Person, verdict=ONE, plan=PLAN):
    return a_decision(
        plan_id=plan.id, digest=plan.digest, person_id=person.id, roles=person.roles, gates=gate_ids(verdict)
    )


def lent(giver: Person, taker: Person) -> Delegation:
    return Delegation(
        id="DELEGATION-1", from_person=giver.id, to_person=taker.id, starts_at=NOW, ends_at=NOW + HOUR,
        made_by=giver.id, made_at=NOW,
    )  # fmt: skip


def broken(person: Person) -> Glass:
    return Glass(id="GLASS-1", person_id=person.id, reason="down", broken_at=NOW, until=NOW + HOUR)


def asked(verdict=ONE, *decisions, plan=PLAN, panel: Panel | None = None) -> list[str]:
    return [one.id for one in approvers_of(RULES, verdict, plan, panel or a_panel(), decisions)]


def test_those_who_may_and_would_help_or_whose_yes_counts_already_where_no_other_is_needed():
    assert asked() == ["aaron", "anna", "carla"]
    assert asked(CHIEF) == ["carla"]
    assert asked(ONE, yes(AARON)) == ["aaron"]
    assert asked(TWO, yes(AARON, TWO)) == ["carla"]
    assert asked(TWO, yes(CMO, TWO)) == ["aaron", "anna"]


@pytest.mark.parametrize("outcome", [Outcome.ALLOWED, Outcome.REFUSED])
def test_nobody_where_nothing_is_asked(outcome: Outcome):
    assert asked(ONE.model_copy(update={"outcome": outcome})) == []


def test_neither_requester_nor_owner_nor_the_delegate_of_one():
    assert asked(plan=a_plan(requested_by="aaron")) == ["anna", "carla"]
    assert asked(panel=a_panel(owners=frozenset({"anna"}))) == ["aaron", "carla"]
    assert asked(panel=a_panel(delegations=(lent(OLIVIA, AARON),))) == ["anna", "carla"]


def test_a_delegate_in_the_place_of_who_is_on_leave_with_what_they_decide_with():
    panel = a_panel(delegations=(lent(CMO, ANNA),))
    assert asked(CHIEF, panel=panel) == ["anna"]
    (anna,) = approvers_of(RULES, CHIEF, PLAN, panel)
    assert anna.roles == {Role.APPROVER, Role.CMO}


def test_whoever_broke_the_glass_whatever_their_stake():
    mine = a_plan(requested_by="carla")
    assert asked(CHIEF, plan=mine) == []
    assert asked(CHIEF, plan=mine, panel=a_panel(glasses=(broken(CMO),))) == ["carla"]


def test_glass_broken_by_somebody_who_may_no_more_is_nothing():
    demoted = CMO.model_copy(update={"roles": frozenset({Role.APPROVER})})
    panel = a_panel(OLIVIA, demoted, glasses=(broken(CMO),))
    assert not standing_of(RULES, demoted, PLAN, panel).glass


def test_broken_glass_is_nothing_before_a_change_of_the_rules():
    rules = Resource(channel="policies", kind="policy", id="edition", name="caps.cedar")
    change = PLAN.changes[0].model_copy(update={"resource": rules, "field": "text", "before": "", "after": "x"})
    plan = a_plan(kind=PlanKind.POLICY, changes=(change,), requested_by="carla")
    panel = a_panel(glasses=(broken(CMO),))
    assert not standing_of(RULES, CMO, plan, panel).glass
    assert asked(plan=plan, panel=panel) == ["aaron", "anna"]


def test_a_gate_that_all_together_do_not_meet_has_nobody_left():
    def left(verdict, panel: Panel, plan=PLAN) -> list[str]:
        approvers = approvers_of(RULES, verdict, plan, panel)
        return [gate.policy for gate in unmeetable(RULES, verdict, plan, panel, (), approvers)]

    assert left(ONE, a_panel()) == []
    assert left(CHIEF, a_panel(OLIVIA, AARON)) == ["chief"]
    assert left(TWO, a_panel(OLIVIA, CMO)) == ["two"]
    assert left(TWO, a_panel(OLIVIA, CMO, glasses=(broken(CMO),))) == []
