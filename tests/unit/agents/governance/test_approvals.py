"""Approvals are people who may approve, still may, and did not ask for it themselves."""

import pytest

from agents.governance.approvals import Approvals, approvals_given, missing_gates
from storage.records.people import Role
from storage.records.verdicts import Answer, Gate
from tests.unit.agents.governance.cases import (
    AARON,
    ADA,
    ANNA,
    APPROVER_APPROVED,
    CARLA,
    CMO_APPROVED,
    OLIVIA,
    PEOPLE,
    VICTOR,
    a_decision,
    a_plan,
)

PLAN = a_plan()
APPROVER_GATE = Gate(policy="g1", text="an approver", roles=frozenset({Role.APPROVER}))
CMO_GATE = Gate(policy="g2", text="the CMO", roles=frozenset({Role.CMO}))
TWO_GATE = Gate(policy="g3", text="two, one the CMO", roles=frozenset({Role.CMO}), approvers=2)
ALL_GATES = (APPROVER_GATE, CMO_GATE, TWO_GATE)


def open_after(*people, plan=PLAN, **other):
    decisions = [a_decision(plan, person, **other) for person in people]
    return [gate.policy for gate in missing_gates(ALL_GATES, decisions, PEOPLE, plan)]


def test_all_gates_must_be_met():
    assert open_after() == ["g1", "g2", "g3"]
    assert open_after(AARON) == ["g2", "g3"]
    assert open_after(AARON, ANNA) == ["g2", "g3"]
    assert open_after(AARON, CARLA) == []


def test_a_cmo_is_an_approver_too_but_one_person_only():
    assert open_after(CARLA) == ["g3"]


def test_the_same_person_twice_is_one_person():
    assert open_after(CARLA, CARLA) == ["g3"]


@pytest.mark.parametrize("person", [OLIVIA, VICTOR, ADA])
def test_a_yes_of_someone_who_may_not_approve_does_not_count(person):
    assert open_after(person) == ["g1", "g2", "g3"]


def test_the_requester_does_not_count():
    assert open_after(CARLA, AARON, plan=a_plan(requested_by="carla")) == ["g2", "g3"]


@pytest.mark.parametrize(
    "other", [{"revision": 2}, {"plan_id": "PLAN-8"}, {"digest": "0" * 64}], ids=["revision", "plan", "digest"]
)
def test_a_yes_to_something_else_does_not_count(other):
    assert open_after(CARLA, AARON, **other) == ["g1", "g2", "g3"]


def test_a_rejection_ends_it_whoever_approved():
    decisions = [a_decision(PLAN, AARON), a_decision(PLAN, CARLA), a_decision(PLAN, ANNA, answer=Answer.REJECT)]
    assert approvals_given(PLAN, decisions, PEOPLE) == Approvals()


def test_someone_deactivated_or_unknown_or_demoted_since_does_not_count():
    decisions = [a_decision(PLAN, CARLA)]
    gone = CARLA.model_copy(update={"active": False})
    demoted = CARLA.model_copy(update={"roles": frozenset({Role.OPERATOR})})
    assert approvals_given(PLAN, decisions, [CARLA]) == CMO_APPROVED
    for people in ([gone], [demoted], []):
        assert approvals_given(PLAN, decisions, people) == Approvals()


def test_a_role_gained_after_deciding_does_not_count():
    promoted = AARON.model_copy(update={"roles": frozenset({Role.CMO, Role.APPROVER})})
    assert approvals_given(PLAN, [a_decision(PLAN, AARON)], [promoted]) == APPROVER_APPROVED
