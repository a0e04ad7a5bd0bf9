"""Who may do what: the whole matrix of roles and actions, and the exceptions that a plan brings."""

import pytest

from agents.governance.approvals import COUNTS_AS
from agents.governance.rules import Act, Standing
from storage.records.people import Person, Role
from storage.records.plans import PlanKind
from tests.unit.agents.governance.cases import AARON, ADA, CARLA, OLIVIA, RULES, VICTOR, a_plan, a_rollback, rules_plan

WORK = {"propose", "edit", "rollback", "acknowledge", "snooze", "tick", "freeze", "remind", "answer"}
WORK |= {"assign", "escalate", "learn", "mute"}
DECIDE = {"view", "approve", "reject", "withdraw", "remind", "delegate", "escalate", "mute"}
REVIEW = {"diagnose", "resolve", "verify"}
MATRIX = {
    Role.VIEWER: {"view", "mute"},
    Role.OPERATOR: {"view"} | WORK | REVIEW,
    Role.APPROVER: DECIDE | WORK | REVIEW | {"quieten", "thaw", "review_glass", "promote"},
    Role.BRAND: DECIDE | REVIEW,
    Role.FINANCE: DECIDE,
    Role.LEGAL: DECIDE | {"erase"},
    Role.CMO: DECIDE
    | WORK
    | REVIEW
    | {"quieten", "thaw", "break_glass", "review_glass", "amend", "promote", "name_owner"},
    Role.ADMIN: {
        "view",
        "mute",
        "escalate",
        "quieten",
        "configure",
        "tick",
        "freeze",
        "remind",
        "delegate",
        "review_glass",
        "amend",
        "answer",
        "erase",
        "name_owner",
    },
}


@pytest.mark.parametrize("on", [None, a_plan()], ids=["at all", "a plan"])
@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_exactly_what_the_matrix_says(role, act, on):
    person = Person(id="someone", name="Some One", roles=frozenset({role}))
    permission = RULES.may(person, act, on)
    assert permission.allowed is (act.value in MATRIX[role])
    assert bool(permission.reason) is not permission.allowed


@pytest.mark.parametrize("act", list(Act))
def test_nobody_without_a_role_and_nobody_deactivated_may_do_anything(act):
    stranger = Person(id="x", name="X", roles=frozenset())
    gone = CARLA.model_copy(update={"active": False, "roles": frozenset(Role)})
    assert not RULES.may(stranger, act).allowed
    assert RULES.may(gone, act).reason == "this account is deactivated"


def test_roles_add_up():
    both = Person(id="b", name="B", roles=frozenset({Role.ADMIN, Role.APPROVER}))
    assert RULES.may(both, "approve", a_plan()).allowed
    assert RULES.may(both, "configure").allowed


@pytest.mark.parametrize("person", [AARON, CARLA])
def test_nobody_approves_what_they_asked_for_or_edited(person):
    permission = RULES.may(person, "approve", a_plan(requested_by=person.id))
    assert permission.reason == (
        f"{person.name} asked for or edited this revision of PLAN-7: someone else must approve it"
    )
    assert RULES.may(person, "reject", a_plan(requested_by=person.id)).allowed
    assert RULES.may(person, "approve", a_plan(requested_by="olivia")).allowed


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(owns_agent=True), "answers for the agent that made PLAN-7"),
        (Standing(stands_for_requester=True), "stands in for whoever asked for PLAN-7"),
    ],
)
def test_nobody_with_a_stake_in_a_plan_approves_it(standing, words):
    assert words in RULES.may(CARLA, Act.APPROVE, a_plan(), standing).reason
    assert RULES.may(CARLA, Act.REJECT, a_plan(), standing).allowed
    broken = standing.model_copy(update={"glass": True})
    assert RULES.may(CARLA, Act.APPROVE, a_plan(requested_by="carla"), broken).allowed


def test_broken_glass_gives_nobody_a_role_and_never_carries_a_change_of_the_rules():
    broken = Standing(glass=True)
    assert not RULES.may(OLIVIA, Act.APPROVE, a_plan(), broken).allowed
    own = rules_plan(asked_by="carla")
    assert "someone else must approve it" in RULES.may(CARLA, Act.APPROVE, own, broken).reason


def test_an_admin_takes_back_rules_and_nothing_else():
    assert RULES.may(ADA, Act.ROLLBACK, rules_plan()).allowed
    assert not RULES.may(ADA, Act.ROLLBACK, a_plan()).allowed


def test_a_change_of_the_rules_is_not_edited():
    assert "not edited" in RULES.may(CARLA, Act.EDIT, rules_plan()).reason
    assert RULES.may(CARLA, Act.EDIT, a_plan(kind=PlanKind.CONTENT)).allowed


def test_a_rollback_is_not_edited():
    assert "not edited" in RULES.may(AARON, "edit", a_rollback()).reason
    assert RULES.may(AARON, "approve", a_rollback(requested_by="olivia")).allowed


def test_a_refusal_names_the_roles_that_may():
    assert RULES.may(VICTOR, "approve").reason == (
        "Only an approver, brand, finance, legal or the CMO may approve; Victor Hale has the role viewer"
    )
    assert (
        RULES.may(OLIVIA, Act.BREAK_GLASS).reason == "Only the CMO may break glass; Olivia Reed has the role operator"
    )
    assert RULES.may(ADA, "acknowledge").reason == (
        "Only an operator, an approver or the CMO may acknowledge; Ada Novak has the role admin"
    )


def test_an_action_that_no_policy_knows_is_refused():
    permission = RULES.may(OLIVIA, "drop_tables")
    assert not permission.allowed
    assert "policy engine error" in permission.reason


def test_ids_that_look_like_policy_text_are_only_ids():
    hostile = 'x" || true }; permit(principal, action, resource); //\n'
    person = Person(id=hostile, name="H", roles=frozenset({Role.VIEWER}))
    assert not RULES.may(person, "approve", a_plan()).allowed
    approver = Person(id=hostile, name="H", roles=frozenset({Role.APPROVER}))
    assert not RULES.may(approver, "approve", a_plan(requested_by=hostile)).allowed
    assert RULES.may(approver, "approve", a_plan()).allowed


def test_the_roles_whose_approvals_count_are_those_that_may_approve():
    assert set(COUNTS_AS) == {role for role, acts in MATRIX.items() if "approve" in acts}
