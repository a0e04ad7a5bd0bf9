"""Policies are refused as a whole for any mistake, and the approval clause comes from the annotations."""

import hashlib
import shutil

import pytest

from agents.governance.loading import SHIPPED, PoliciesInvalid, PolicyText, parse_policies, read_policies
from agents.governance.policy import CHANGE_ACTIONS, PLAN_ACTIONS
from agents.governance.questions import questions_of
from agents.governance.rules import Rules
from agents.governance.wording import CHANGE_WORDS, PLAN_WORDS
from storage.records.people import Role
from storage.records.verdicts import Gate
from tests.unit.agents.governance.cases import CMO_APPROVED, a_plan, some_facts

SCHEMA = (SHIPPED / "schema.cedarschema").read_text(encoding="utf-8")
PERMIT = '@id("let-all") permit (principal, action, resource);\n'


def load(text):
    return parse_policies((PolicyText(file="team.cedar", text=text),), schema=SCHEMA)


def problems_of(text):
    with pytest.raises(PoliciesInvalid) as raised:
        load(text)
    return "\n".join(raised.value.problems)


def forbid(annotations, when="when { context.total_after > 5 }", action='action == Action::"plan_budget"'):
    return f"{annotations} forbid (principal, {action}, resource) {when};"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (forbid('@deny("no")'), "has no id"),
        (forbid('@id("Not An Id") @deny("no")'), "“Not An Id” is none"),
        (forbid('@id @deny("no")'), "has no id"),
        (PERMIT + PERMIT, "let-all: @id is used twice"),
        (forbid('@id("a")'), "exactly one of @deny (refuse) and @requires (ask)"),
        (forbid('@id("a") @deny("no") @requires("cmo") @because("so")'), "exactly one of"),
        (forbid('@id("a") @deny("no") @owner("me")'), "@owner is not known; use @id, @deny"),
        (forbid('@id("a") @deny'), "@deny is empty"),
        (forbid('@id("a") @deny("no") @approvers("2")'), "@approvers belongs to @requires"),
        (forbid('@id("a") @requires("cmo")'), "@requires needs @because"),
        (forbid('@id("a") @requires("boss") @because("so")'), "approvals by “boss” do not count; use approver, cmo"),
        (forbid('@id("a") @requires("viewer") @because("so")'), "approvals by “viewer” do not count"),
        (forbid('@id("a") @requires("") @because("so")'), "approvals by “” do not count"),
        (forbid('@id("a") @requires("cmo") @because("so") @approvers("0")'), "from 1 to 5"),
        (forbid('@id("a") @requires("cmo") @because("so") @approvers("6")'), "from 1 to 5"),
        (forbid('@id("a") @requires("cmo") @because("so") @approvers("two")'), "from 1 to 5"),
        (forbid('@id("a") @deny("over {cap}")'), "{cap} is not known here; use agent, at_risk"),
        (forbid('@id("a") @deny("{total_after}")', when="", action="action"), "{total_after} is not known here"),
        ('@id("a") @deny("no") permit (principal, action, resource);', "@deny belongs to a forbid"),
        ('@id("a") permit (principal == ?principal, action, resource);', "holds a template"),
        (forbid('@id("a") @deny("no")', when="when { context.totl_after > 5 }"), "a: for policy"),
        (forbid('@id("a") @deny("no")', when='when { context.total_after > "5" }'), "a: for policy"),
        (forbid('@id("a") @deny("no")', action='action == Action::"plan_budgets"'), "unrecognized action"),
        ('@id("a") permit (principal in Role::"boss", action == Action::"view", resource);', '"boss"'),
        (forbid('@id("a") @requires("cmo") @because("so")', when="", action='action == Action::"approve"'), "approvals"),
        ("forbid (principal, action", "team.cedar: cannot be parsed"),
    ],
)  # fmt: skip
def test_a_mistake_refuses_the_whole_set_and_says_where(text, problem):
    assert problem in problems_of(text)


def test_all_mistakes_are_named_at_once():
    found = problems_of(forbid('@id("one")') + forbid('@id("two") @deny("{x}")'))
    assert "one:" in found
    assert "two:" in found


def test_the_approval_clause_is_derived_from_the_annotations():
    rules = Rules(
        load(PERMIT + forbid('@id("two-people") @requires("cmo, approver") @approvers("2") @because("big")', when=""))
    )
    verdict = rules.judge(a_plan(), some_facts())
    assert verdict.gates == (
        Gate(policy="two-people", text="big", roles=frozenset({Role.CMO, Role.APPROVER}), approvers=2),
    )
    one = rules.judge(a_plan(), some_facts(approvals=CMO_APPROVED))
    assert one.outcome == "needs_approval"
    two = rules.judge(a_plan(), some_facts(approvals=CMO_APPROVED.model_copy(update={"distinct": 2})))
    assert two.outcome == "allowed"


def test_the_version_is_the_digest_of_schema_and_texts():
    text = PERMIT
    assert load(text).version == hashlib.sha256(f"{SCHEMA}\0{text}".encode()).hexdigest()
    assert load(text).version != load(text + "// a comment is a change, too\n").version


def test_a_folder_without_policies_or_schema_is_refused(tmp_path):
    with pytest.raises(PoliciesInvalid, match="at least one"):
        read_policies(tmp_path)
    shutil.copy(SHIPPED / "people.cedar", tmp_path)
    with pytest.raises(PoliciesInvalid, match=r"needs schema\.cedarschema"):
        read_policies(tmp_path)


def test_a_broken_schema_is_refused():
    with pytest.raises(PoliciesInvalid, match="failed to resolve type"):
        parse_policies((PolicyText(file="a.cedar", text=PERMIT),), schema="entity X = {a: Foo};")


def test_the_words_that_texts_may_use_are_those_that_questions_carry():
    plan, *changes = questions_of(a_plan(), some_facts())
    assert set(plan.words) == PLAN_WORDS
    assert all(set(change.words) == CHANGE_WORDS for change in changes)
    assert plan.action in PLAN_ACTIONS
    assert all(change.action in CHANGE_ACTIONS for change in changes)


def test_the_schema_knows_exactly_the_roles_of_people():
    listed = ", ".join(f'"{role.value}"' for role in Role)
    assert f"entity Role enum [{listed}];" in SCHEMA
