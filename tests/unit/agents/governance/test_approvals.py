"""Approvals are people who may approve, still may, have no stake in the plan, and saw what the rules ask for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.governance.approvals import (
    Approvals,
    Panel,
    approvals_given,
    binding_of,
    gate_ids,
    glass_over,
    missing_gates,
    newest_words,
    progress_of,
    starts_at,
    would_be_given,
)
from storage.records.people import Delegation, Person, Role
from storage.records.plans import PlanKind, Resource
from storage.records.stops import Glass
from storage.records.verdicts import Answer, Decision, Gate
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, POLICY_VERSION, VICTOR, a_plan, a_verdict

CMO = CARLA.model_copy(update={"roles": frozenset({Role.CMO})})
ANNA = AARON.model_copy(update={"id": "anna", "name": "Anna Berg", "slack_id": None})
FAYE = Person(id="faye", name="Faye Ng", roles=frozenset({Role.FINANCE}))
LEO = Person(id="leo", name="Leo Hart", roles=frozenset({Role.LEGAL}))
BRAM = Person(id="bram", name="Bram Bos", roles=frozenset({Role.BRAND}))
TEAM = (OLIVIA, AARON, ANNA, CMO, FAYE, LEO, BRAM, VICTOR, ADA)
PLAN = a_plan()
"""Olivia asked for it."""
APPROVER_GATE = Gate(policy="g1", text="an approver", roles=frozenset({Role.APPROVER}))
CMO_GATE = Gate(policy="g2", text="the CMO", roles=frozenset({Role.CMO}))
TWO_GATE = Gate(policy="g3", text="two, one the CMO", roles=frozenset({Role.CMO}), approvers=2)
VERDICT = a_verdict(gates=(APPROVER_GATE, CMO_GATE, TWO_GATE))
HOUR = timedelta(hours=1)


def yes(person: Person, plan=PLAN, **other) -> Decision:
    values = {
        "plan_id": plan.id, "revision": plan.revision, "digest": plan.digest, "answer": Answer.APPROVE,
        "person_id": person.id, "roles": person.roles, "via": "slack", "decided_at": NOW,
        "policy_version": POLICY_VERSION, "gates": gate_ids(VERDICT),
    }  # fmt: skip
    return Decision(**{**values, **other})


def a_panel(*people: Person, **other) -> Panel:
    return Panel(**{"people": people or TEAM, "now": NOW, **other})


def lent(giver: Person, taker: Person, **other) -> Delegation:
    values = {
        "id": "DELEGATION-1", "from_person": giver.id, "to_person": taker.id, "starts_at": NOW - HOUR,
        "ends_at": NOW + HOUR, "made_by": giver.id, "made_at": NOW - HOUR,
    }  # fmt: skip
    return Delegation(**{**values, **other})


def a_glass(person: Person = CMO, **other) -> Glass:
    values = {
        "id": "GLASS-1",
        "person_id": person.id,
        "reason": "the site is down",
        "broken_at": NOW,
        "until": NOW + HOUR,
    }
    return Glass(**{**values, **other})


def given_by(*decisions: Decision, panel: Panel | None = None, plan=PLAN, gates=("g1",), version=POLICY_VERSION):
    return approvals_given(plan, decisions, panel or a_panel(), version=version, gates=gates)


def open_after(*people: Person, plan=PLAN, panel: Panel | None = None, **other) -> list[str]:
    decisions = [yes(person, plan, **other) for person in people]
    return [gate.policy for gate in missing_gates(VERDICT, plan, decisions, panel or a_panel())]


def test_all_gates_must_be_met():
    assert open_after() == ["g1", "g2", "g3"]
    assert open_after(AARON) == ["g2", "g3"]
    assert open_after(AARON, ANNA) == ["g2", "g3"]
    assert open_after(AARON, CMO) == []


def test_a_cmo_is_an_approver_and_the_brand_too_but_one_person_only():
    assert open_after(CMO) == ["g3"]
    assert given_by(yes(CMO)) == Approvals(roles=frozenset({Role.CMO, Role.APPROVER, Role.BRAND}), distinct=1)


@pytest.mark.parametrize("person", [FAYE, LEO, BRAM])
def test_finance_legal_and_brand_count_as_themselves_alone(person: Person):
    assert given_by(yes(person)) == Approvals(roles=person.roles, distinct=1)


def test_the_same_person_twice_is_one_person():
    assert open_after(CMO, CMO) == ["g3"]


@pytest.mark.parametrize("person", [OLIVIA, VICTOR, ADA])
def test_a_yes_of_someone_who_may_not_approve_does_not_count(person: Person):
    assert given_by(yes(person), plan=a_plan(requested_by=None)) == Approvals()


def test_the_requester_does_not_count():
    assert open_after(CMO, AARON, plan=a_plan(requested_by="carla")) == ["g2", "g3"]


def test_whoever_answers_for_the_agent_does_not_count():
    assert open_after(CMO, AARON, panel=a_panel(owners=frozenset({"carla"}))) == ["g2", "g3"]


@pytest.mark.parametrize(
    "other",
    [
        {"revision": 2}, {"plan_id": "PLAN-8"}, {"digest": "0" * 64}, {"policy_version": "older"},
        {"gates": ("g1", "g2")}, {"gates": ()},
    ],
    ids=["revision", "plan", "digest", "rules", "a gate nobody showed", "no gates"],
)  # fmt: skip
def test_a_yes_to_something_else_does_not_count(other):
    assert open_after(CMO, AARON, **other) == ["g1", "g2", "g3"]


def test_a_yes_to_more_gates_than_are_left_counts():
    assert given_by(yes(AARON), gates=("g1",)).distinct == 1


def test_a_rejection_ends_it_whoever_approved_and_whatever_they_say_after():
    decisions = [yes(AARON), yes(CMO), yes(ANNA, answer=Answer.REJECT), yes(ANNA)]
    assert given_by(*decisions) == Approvals()
    assert glass_over(PLAN, decisions, a_panel(), version=POLICY_VERSION) is None


def test_a_rejection_of_another_revision_ends_nothing_here():
    assert given_by(yes(AARON), yes(ANNA, answer=Answer.REJECT, revision=2)).distinct == 1


def test_the_newest_word_of_each_person_counts():
    withdrawn = yes(CMO, answer=Answer.WITHDRAW)
    assert given_by(yes(CMO), yes(AARON), withdrawn).roles == {Role.APPROVER}
    assert given_by(yes(CMO), withdrawn, yes(CMO)).distinct == 1
    assert newest_words(PLAN, [yes(CMO), withdrawn])["carla"] == withdrawn


def test_someone_deactivated_or_unknown_or_demoted_since_does_not_count():
    gone = CMO.model_copy(update={"active": False})
    demoted = CMO.model_copy(update={"roles": frozenset({Role.OPERATOR})})
    assert given_by(yes(CMO), panel=a_panel(CMO)).distinct == 1
    for people in ([gone], [demoted], [AARON]):
        assert given_by(yes(CMO), panel=a_panel(*people)) == Approvals()


def test_a_role_gained_after_deciding_does_not_count():
    promoted = AARON.model_copy(update={"roles": frozenset({Role.CMO, Role.APPROVER})})
    assert given_by(yes(AARON), panel=a_panel(promoted)).roles == {Role.APPROVER}


class TestDelegates:
    def test_a_delegate_decides_with_the_approving_roles_of_who_is_on_leave(self):
        panel = a_panel(delegations=(lent(CMO, OLIVIA),))
        assert panel.acting(OLIVIA).roles == {Role.OPERATOR, Role.CMO}
        assert panel.acting(AARON) == AARON
        assert panel.lenders("olivia") == ("carla",)
        assert panel.on_leave("carla")
        assert not panel.on_leave("olivia")

    def test_only_approving_roles_are_lent(self):
        both = CMO.model_copy(update={"roles": frozenset({Role.CMO, Role.ADMIN})})
        panel = a_panel(both, OLIVIA, delegations=(lent(both, OLIVIA),))
        assert panel.acting(OLIVIA).roles == {Role.OPERATOR, Role.CMO}
        assert a_panel(delegations=(lent(ADA, OLIVIA),)).lenders("olivia") == ()

    @pytest.mark.parametrize(
        ("second", "holds"),
        [(-1, False), (0, True), (3599, True), (3600, False)],
        ids=["before", "start", "last", "end"],
    )
    def test_a_delegation_holds_from_its_start_up_to_but_not_at_its_end(self, second: int, holds: bool):
        delegation = lent(CMO, ANNA, starts_at=NOW, ends_at=NOW + HOUR)
        panel = a_panel(delegations=(delegation,), now=NOW + timedelta(seconds=second))
        said = yes(ANNA, roles=ANNA.roles | CMO.roles)
        assert (Role.CMO in given_by(said, panel=panel).roles) is holds
        assert panel.on_leave("carla") is holds

    def test_one_that_was_called_off_lends_nothing(self):
        panel = a_panel(delegations=(lent(CMO, OLIVIA, ended_at=NOW),))
        assert panel.acting(OLIVIA) == OLIVIA
        assert not panel.on_leave("carla")

    def test_what_was_lent_is_not_lent_on(self):
        panel = a_panel(delegations=(lent(CMO, AARON), lent(AARON, OLIVIA, id="DELEGATION-2")))
        assert panel.acting(OLIVIA).roles == {Role.OPERATOR, Role.APPROVER}

    def test_whoever_is_deactivated_has_nothing_left_to_lend(self):
        gone = CMO.model_copy(update={"active": False})
        panel = a_panel(gone, OLIVIA, delegations=(lent(CMO, OLIVIA), lent(LEO, OLIVIA, id="DELEGATION-2")))
        assert panel.acting(OLIVIA) == OLIVIA

    def test_a_deactivated_delegate_leaves_the_decision_with_who_is_away(self):
        gone = AARON.model_copy(update={"active": False})
        assert not a_panel(CMO, gone, delegations=(lent(CMO, AARON),)).on_leave("carla")
        assert not a_panel(CMO, delegations=(lent(CMO, AARON),)).on_leave("carla")

    def test_a_delegate_of_the_requester_never_counts_whatever_they_hold(self):
        panel = a_panel(delegations=(lent(OLIVIA, CMO),))
        assert given_by(yes(CMO), panel=panel) == Approvals()
        assert given_by(yes(CMO), panel=panel, plan=a_plan(requested_by=None)) == Approvals()
        other = a_plan(requested_by=None)
        assert given_by(yes(CMO, other), panel=panel, plan=other).distinct == 1

    def test_nobody_approves_in_the_place_of_the_agents_owner(self):
        panel = a_panel(owners=frozenset({"carla"}), delegations=(lent(CMO, AARON),))
        assert given_by(yes(AARON, roles=AARON.roles | CMO.roles), panel=panel).roles == {Role.APPROVER}

    def test_one_persons_right_is_one_even_in_two_hands(self):
        panel = a_panel(delegations=(lent(CMO, OLIVIA), lent(CMO, ADA, id="DELEGATION-2")))
        plan = a_plan(requested_by=None)
        on_behalf = [yes(one, plan, roles=one.roles | CMO.roles) for one in (OLIVIA, ADA)]
        assert given_by(*on_behalf, panel=panel, plan=plan).distinct == 1
        assert given_by(on_behalf[0], yes(CMO, plan), panel=panel, plan=plan).distinct == 1
        assert given_by(on_behalf[0], yes(AARON, plan), panel=panel, plan=plan).distinct == 2

    def test_one_person_with_two_rights_is_one(self):
        panel = a_panel(delegations=(lent(CMO, OLIVIA), lent(AARON, OLIVIA, id="DELEGATION-2")))
        plan = a_plan(requested_by=None)
        said = yes(OLIVIA, plan, roles=frozenset({Role.CMO, Role.APPROVER}))
        assert given_by(said, panel=panel, plan=plan).distinct == 1
        assert given_by(said, yes(AARON, plan), panel=panel, plan=plan).distinct == 2


class TestGlass:
    def test_one_person_alone_passes_every_gate_also_for_their_own_plan(self):
        plan = a_plan(requested_by="carla")
        panel = a_panel(glasses=(a_glass(),))
        said = [yes(CMO, plan, glass="GLASS-1")]
        assert glass_over(plan, said, panel, version=POLICY_VERSION) == a_glass()
        assert missing_gates(VERDICT, plan, said, panel) == ()
        assert given_by(*said, panel=panel, plan=plan) == Approvals()

    @pytest.mark.parametrize(
        "panel",
        [
            a_panel(),
            a_panel(glasses=(a_glass(id="GLASS-2"),)),
            a_panel(glasses=(a_glass(ANNA),)),
            a_panel(glasses=(a_glass(until=NOW),)),
            a_panel(glasses=(a_glass(closed_at=NOW),)),
            a_panel(CMO.model_copy(update={"active": False}), glasses=(a_glass(),)),
            a_panel(CMO.model_copy(update={"roles": frozenset({Role.APPROVER})}), glasses=(a_glass(),)),
            a_panel(AARON, glasses=(a_glass(),)),
        ],
        ids=["none", "another", "another's", "over", "closed", "deactivated", "demoted", "unknown"],
    )  # fmt: skip
    def test_glass_that_does_not_hold_passes_nothing(self, panel: Panel):
        assert glass_over(PLAN, [yes(CMO, glass="GLASS-1")], panel, version=POLICY_VERSION) is None

    def test_it_never_carries_a_change_of_the_rules(self):
        rules = Resource(channel="policies", kind="policy", id="edition", name="caps.cedar")
        change = PLAN.changes[0].model_copy(update={"resource": rules, "field": "text", "before": "", "after": "x"})
        plan = a_plan(kind=PlanKind.POLICY, changes=(change,))
        panel = a_panel(glasses=(a_glass(),))
        assert glass_over(plan, [yes(CMO, plan, glass="GLASS-1")], panel, version=POLICY_VERSION) is None

    def test_an_approval_outside_it_or_taken_back_is_not_under_it(self):
        panel = a_panel(glasses=(a_glass(),))
        for said in ([yes(CMO)], [yes(CMO, glass="GLASS-1"), yes(CMO, answer=Answer.WITHDRAW)]):
            assert glass_over(PLAN, said, panel, version=POLICY_VERSION) is None
        assert glass_over(PLAN, [yes(CMO, glass="GLASS-1")], panel, version="newer") is None


class TestProgress:
    def test_each_gate_says_who_counts_and_what_is_missing(self):
        first, second, third = progress_of(VERDICT, PLAN, [yes(AARON)], a_panel())
        assert (first.approved_by, first.met) == (("aaron",), True)
        assert (second.approved_by, second.missing_roles, second.missing_people) == ((), {Role.CMO}, 0)
        assert (third.approved_by, third.missing_roles, third.missing_people) == (("aaron",), {Role.CMO}, 1)

    def test_what_does_not_count_is_not_shown(self):
        first, *_ = progress_of(VERDICT, PLAN, [yes(OLIVIA), yes(AARON, digest="0" * 64)], a_panel())
        assert first.approved_by == ()

    def test_what_would_be_given_adds_a_yes_from_each(self):
        panel = a_panel(delegations=(lent(CMO, OLIVIA),))
        plan = a_plan(requested_by=None)
        assert would_be_given(VERDICT, plan, [yes(AARON, plan)], panel, [OLIVIA]).distinct == 2
        assert would_be_given(VERDICT, plan, [], panel, []) == Approvals()


class TestCoolingOff:
    COOL = APPROVER_GATE.model_copy(update={"cooling_off_minutes": 30})
    LONG = CMO_GATE.model_copy(update={"cooling_off_minutes": 90})

    def when(self, *decisions, gates=(COOL, LONG), **panel):
        return starts_at(a_verdict(gates=gates), PLAN, decisions, a_panel(**panel))

    def test_the_longest_counts_from_the_last_approval(self):
        said = [yes(AARON), yes(CMO, decided_at=NOW + HOUR)]
        assert self.when(*said) == NOW + HOUR + timedelta(minutes=90)

    def test_there_is_none_while_a_gate_is_open_where_none_asks_for_it_or_under_broken_glass(self):
        assert self.when(yes(AARON)) is None
        assert self.when(yes(AARON), gates=(APPROVER_GATE,)) is None
        assert self.when(yes(AARON), gates=()) is None
        assert self.when(yes(CMO, glass="GLASS-1"), glasses=(a_glass(),)) is None


def test_a_card_is_bound_to_the_rules_and_gates_it_shows():
    assert binding_of(VERDICT) == binding_of(a_verdict(gates=(TWO_GATE, CMO_GATE, APPROVER_GATE)))
    assert binding_of(VERDICT) != binding_of(a_verdict(gates=(CMO_GATE, APPROVER_GATE)))
    assert binding_of(VERDICT) != binding_of(VERDICT.model_copy(update={"policy_version": "newer"}))


PERSON = st.sampled_from(TEAM)
DECISIONS = st.lists(
    st.builds(
        lambda person, answer, rest: yes(person, answer=answer, **rest),
        PERSON,
        st.sampled_from([Answer.APPROVE, Answer.APPROVE, Answer.APPROVE, Answer.WITHDRAW]),
        st.sampled_from([{}, {}, {}, {"digest": "0" * 64}, {"policy_version": "older"}, {"gates": ()}]),
    ),
    max_size=8,
)
DELEGATIONS = st.lists(st.builds(lent, PERSON, PERSON), max_size=4)


@given(decisions=DECISIONS, delegations=DELEGATIONS, owner=st.sampled_from(["", "carla", "aaron"]))
def test_never_more_than_the_people_who_said_yes_nor_than_the_rights_there_are(decisions, delegations, owner):
    panel = a_panel(delegations=tuple(delegations), owners=frozenset({owner} - {""}))
    approvals = given_by(*decisions, panel=panel)
    last = newest_words(PLAN, decisions)
    said_yes = {one for one, word in last.items() if word.answer is Answer.APPROVE}
    with_rights = {
        person.id for person in TEAM if person.roles & {Role.APPROVER, Role.CMO, Role.BRAND, Role.FINANCE, Role.LEGAL}
    }
    assert approvals.distinct <= min(len(said_yes - {"olivia", owner}), len(with_rights - {"olivia", owner}))
    assert bool(approvals.roles) is (approvals.distinct > 0)


@given(decisions=DECISIONS, delegations=DELEGATIONS)
def test_progress_agrees_with_what_is_missing(decisions, delegations):
    panel = a_panel(delegations=tuple(delegations))
    open_gates = {gate.policy for gate in missing_gates(VERDICT, PLAN, decisions, panel)}
    assert {one.gate.policy for one in progress_of(VERDICT, PLAN, decisions, panel) if not one.met} == open_gates
