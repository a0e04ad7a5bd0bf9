"""Each change that was written is examined anew: what is stored must show that the rules had all that they demanded."""

from datetime import timedelta
from typing import Any

import pytest

from agents.governance.validity import Examined, Known, Step, Written, examine
from storage.records.executions import Execution, ExecutionState, execution_key
from storage.records.people import Delegation, Role
from storage.records.stops import Glass
from storage.records.verdicts import Answer, Decision, Gate, Outcome, Verdict
from tests.builders import AARON, CARLA, NOW, OLIVIA, PEOPLE, POLICY_VERSION, a_plan

PLAN = a_plan()
CHANGE = PLAN.changes[0]
KEY = execution_key(PLAN.id, 1, CHANGE.id)
BEGAN = NOW + timedelta(minutes=30)
WROTE = BEGAN + timedelta(seconds=1)
ONE = Gate(policy="any-change", text="an approver must agree", roles=frozenset({Role.APPROVER}))
TWO = Gate(policy="two-people", text="two must agree", roles=frozenset({Role.CMO}), approvers=2)
KNOWN = Known(people=PEOPLE)


def a_row(**changes: Any) -> Execution:
    defaults = {
        "key": KEY, "plan_id": PLAN.id, "revision": 1, "change": CHANGE, "state": ExecutionState.APPLIED,
        "updated_at": WROTE,
    }  # fmt: skip
    return Execution(**{**defaults, **changes})


def a_verdict(*gates: Gate, **changes: Any) -> Verdict:
    outcome = Outcome.NEEDS_APPROVAL if gates else Outcome.ALLOWED
    defaults = {"outcome": outcome, "gates": gates, "policy_version": POLICY_VERSION, "judged_at": NOW}
    return Verdict(**{**defaults, **changes})


def a_yes(person=AARON, **changes: Any) -> Decision:
    defaults = {
        "plan_id": PLAN.id, "revision": 1, "digest": PLAN.digest, "answer": Answer.APPROVE, "person_id": person.id,
        "roles": person.roles, "via": "test", "decided_at": NOW + timedelta(minutes=10),
        "policy_version": POLICY_VERSION, "gates": ("any-change", "two-people"),
    }  # fmt: skip
    return Decision(**{**defaults, **changes})


def told(*decisions: Decision, **changes: Any) -> list[Step]:
    """What an honest trail tells of these decisions and one execution."""
    said = [
        Step(
            at=one.decided_at, actor=f"person:{one.person_id}", action=f"plan.{one.answer.value}", subject=PLAN.id,
            revision=one.revision, digest=one.digest, roles=one.roles,
        )
        for one in decisions
    ]  # fmt: skip
    began = {"at": BEGAN, "actor": "system", "action": "plan.executing", "subject": PLAN.id, "revision": 1}
    wrote = Step(at=WROTE, actor="system", action="change.intended", subject=PLAN.id, key=KEY)
    return [*said, Step(**{**began, "digest": PLAN.digest, **changes}), wrote]


def looked_at(*decisions: Decision, gates=(ONE,), row=None, steps=None, known=KNOWN, **changes: Any) -> Examined:
    written = {"execution": row or a_row(), "plan": PLAN, "verdicts": (a_verdict(*gates),), "decisions": decisions}
    return examine(Written(**{**written, **changes}), told(*decisions) if steps is None else steps, known)


def wrong(found: Examined) -> str:
    assert found.flaw is not None, "it was taken for valid"
    assert (found.flaw.plan_id, found.flaw.key, found.flaw.at) == (PLAN.id, found.flaw.key, found.at)
    return found.flaw.words


def test_what_an_approver_agreed_to_is_valid():
    assert looked_at(a_yes()) == Examined(at=WROTE)


def test_what_the_rules_allowed_without_anybody_is_valid_and_said_to_be_so():
    assert looked_at(gates=()) == Examined(at=WROTE, by_rules=True)


def test_an_execution_that_nobody_approved_is_caught():
    assert wrong(looked_at()) == (
        "any-change demands approver, and nobody approved as that; any-change demands 1 people, and 0 approved"
    )


def test_a_decision_that_the_trail_does_not_tell_of_is_forged():
    assert "nobody approved" in wrong(looked_at(a_yes(), steps=told()))


@pytest.mark.parametrize(
    "forged",
    [
        {"person_id": "somebody"}, {"roles": frozenset({Role.CMO})}, {"decided_at": NOW}, {"digest": "0" * 64},
        {"policy_version": "f" * 64}, {"gates": ()}, {"answer": Answer.WITHDRAW}, {"roles": frozenset()},
    ],
)  # fmt: skip
def test_a_decision_that_says_something_else_than_the_trail_or_the_verdict_does_not_count(forged):
    assert "nobody approved" in wrong(looked_at(a_yes(**forged), steps=told(a_yes())))


def test_only_the_newest_word_of_a_person_counts():
    taken_back = a_yes(answer=Answer.WITHDRAW, decided_at=NOW + timedelta(minutes=20))
    assert "nobody approved" in wrong(looked_at(a_yes(), taken_back))
    again = a_yes(decided_at=NOW + timedelta(minutes=25))
    assert looked_at(a_yes(), taken_back, again).flaw is None


def test_beside_a_rejection_nothing_counts():
    assert "nobody approved" in wrong(looked_at(a_yes(), a_yes(CARLA, answer=Answer.REJECT)))


def test_an_approval_after_the_beginning_comes_too_late():
    assert "nobody approved" in wrong(looked_at(a_yes(decided_at=BEGAN + timedelta(minutes=1))))


@pytest.mark.parametrize(
    "approval",
    [a_yes(CARLA, person_id=OLIVIA.id), a_yes(on_behalf_of=OLIVIA.id)],
    ids=["herself", "in her place"],
)
def test_who_asked_for_it_does_not_count(approval):
    assert "nobody approved" in wrong(looked_at(approval))


def test_a_delegate_of_who_asked_for_it_does_not_count():
    lent = Delegation(
        id="DELEGATION-1", from_person=OLIVIA.id, to_person=AARON.id, starts_at=NOW, ends_at=NOW + timedelta(days=1),
        made_by=OLIVIA.id, made_at=NOW,
    )  # fmt: skip
    known = KNOWN.model_copy(update={"delegations": (lent,)})
    assert "nobody approved" in wrong(looked_at(a_yes(), known=known))
    assert looked_at(a_yes(CARLA), known=known).flaw is None


def test_a_plan_that_nobody_asked_for_may_be_approved_by_anybody_who_may():
    plan = a_plan(requested_by=None)
    assert looked_at(a_yes(digest=plan.digest), plan=plan, steps=told(a_yes(digest=plan.digest), digest=plan.digest)).flaw is None  # fmt: skip


def test_two_people_are_two_people_and_one_of_them_in_the_role():
    assert looked_at(a_yes(), a_yes(CARLA), gates=(ONE, TWO)).flaw is None
    assert "two-people demands 2 people, and 1 approved" in wrong(looked_at(a_yes(CARLA), gates=(ONE, TWO)))
    other = a_yes(person_id="adam")
    assert "two-people demands cmo" in wrong(looked_at(a_yes(), other, gates=(ONE, TWO)))


def test_somebody_on_leave_and_their_delegate_are_one():
    olga = OLIVIA.model_copy(update={"id": "olga"})
    known = Known(people=PEOPLE | {"olga": olga})
    delegate = a_yes(olga, roles=CARLA.roles, on_behalf_of=CARLA.id)
    assert "and 1 approved" in wrong(looked_at(a_yes(CARLA), delegate, gates=(TWO,), known=known))
    assert looked_at(a_yes(), delegate, gates=(TWO,), known=known).flaw is None


def test_a_delegate_with_a_right_of_their_own_is_somebody_beside_the_one_on_leave():
    delegate = a_yes(roles=AARON.roles | CARLA.roles, on_behalf_of=CARLA.id)
    assert looked_at(a_yes(CARLA), delegate, gates=(TWO,)).flaw is None
    unknown = a_yes(person_id="gone", roles=CARLA.roles, on_behalf_of=CARLA.id)
    assert "and 1 approved" in wrong(looked_at(a_yes(CARLA), unknown, gates=(TWO,)))


def test_whoever_was_forgotten_since_still_counts():
    steps = [
        step.model_copy(update={"actor": "person:#ab12cd34 (erased)"}) if step.action == "plan.approve" else step
        for step in told(a_yes())
    ]
    assert looked_at(a_yes(), steps=steps).flaw is None


def test_a_cooling_off_must_be_over_when_it_begins():
    slow = ONE.model_copy(update={"cooling_off_minutes": 20})
    assert looked_at(a_yes(), gates=(slow,)).flaw is None
    early = looked_at(a_yes(), gates=(slow.model_copy(update={"cooling_off_minutes": 21}),))
    assert wrong(early) == "any-change demands 21 minutes after the last approval"


def test_a_row_of_another_change_than_the_plan_has_is_caught():
    other = CHANGE.model_copy(update={"after": CHANGE.before})
    assert wrong(looked_at(a_yes(), row=a_row(change=other))) == "PLAN-12 revision 1 has no such change"
    moved = a_row(key="PLAN-12.r1.c9")
    steps = [*told(a_yes()), Step(at=WROTE, actor="system", action="change.intended", subject=PLAN.id, key=moved.key)]
    assert wrong(looked_at(a_yes(), row=moved, steps=steps)) == "PLAN-12 revision 1 has no such change"


def test_a_row_that_the_trail_knows_nothing_of_is_caught_at_the_time_that_it_claims():
    found = looked_at(a_yes(), steps=[])
    assert (wrong(found), found.at) == ("the trail does not tell of its execution", WROTE)
    assert "does not tell" in wrong(looked_at(a_yes(), steps=told(a_yes(), digest="0" * 64)))


def test_a_row_of_a_plan_that_is_not_there_is_caught():
    assert wrong(looked_at(a_yes(), plan=None)) == "there is no revision 1 of PLAN-12"


def test_what_was_never_judged_or_was_refused_is_caught():
    assert wrong(looked_at(a_yes(), verdicts=())) == "the rules were never asked about it"
    late = a_verdict(judged_at=WROTE + timedelta(seconds=1))
    assert wrong(looked_at(a_yes(), verdicts=(late,))) == "the rules were never asked about it"
    refused = a_verdict(outcome=Outcome.REFUSED)
    assert wrong(looked_at(a_yes(), verdicts=(a_verdict(ONE), refused))) == "the rules refused it"


def test_what_was_written_after_its_time_is_caught():
    plan = a_plan(expires_at=WROTE)
    yes = a_yes(digest=plan.digest)
    found = looked_at(yes, plan=plan, steps=told(yes, digest=plan.digest))
    assert wrong(found) == "its time was over at 2025-06-03 10:00 UTC"


def a_glass(**changes: Any) -> Glass:
    defaults = {
        "id": "GLASS-1", "person_id": CARLA.id, "reason": "the feed is broken",
        "broken_at": NOW - timedelta(minutes=5), "until": NOW + timedelta(minutes=55),
    }  # fmt: skip
    return Glass(**{**defaults, **changes})


def with_glass(**changes: Any) -> Known:
    return KNOWN.model_copy(update={"glasses": {"GLASS-1": a_glass(**changes)}})


def test_what_somebody_approved_alone_under_broken_glass_is_valid_and_overridden():
    alone = a_yes(CARLA, glass="GLASS-1", gates=())
    assert looked_at(alone, gates=(TWO,), known=with_glass()) == Examined(at=WROTE, overridden=True)


@pytest.mark.parametrize(
    "glass",
    [
        {"person_id": AARON.id}, {"until": NOW}, {"broken_at": NOW + timedelta(minutes=11)}, {"closed_at": BEGAN},
    ],
)  # fmt: skip
def test_glass_of_somebody_else_or_of_another_hour_lets_nothing_through(glass):
    alone = a_yes(CARLA, glass="GLASS-1", gates=())
    assert "two-people" in wrong(looked_at(alone, gates=(TWO,), known=with_glass(**glass)))


def test_a_plan_asked_for_under_broken_glass_is_overridden_whatever_the_rules_would_demand():
    known = with_glass(person_id=OLIVIA.id)
    assert looked_at(gates=(), known=known) == Examined(at=WROTE, overridden=True)
    assert looked_at(gates=(TWO,), known=known).overridden


def test_the_trail_is_read_for_what_matters():
    from storage.records.audit import AuditEntry

    facts = {"revision": 2, "digest": "d", "key": "k", "roles": ["cmo"], "via": "slack"}
    entry = AuditEntry(
        seq=1, at=NOW, actor="person:carla", action="plan.approve", subject="PLAN-1", facts=facts, body="", prev_hash="",
        hash="",
    )  # fmt: skip
    assert Step.of(entry) == Step(
        at=NOW, actor="person:carla", action="plan.approve", subject="PLAN-1", revision=2, digest="d", key="k",
        roles=frozenset({"cmo"}),
    )  # fmt: skip
