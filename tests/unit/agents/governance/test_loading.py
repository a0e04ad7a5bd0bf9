"""Policies are refused as a whole for any mistake, and what the annotations mean is derived from them."""

import json
import shutil

import pytest

from agents.governance.calendar import ALWAYS, sandbox_calendar
from agents.governance.calendar_text import CalendarInvalid, dump_calendar
from agents.governance.compiled.compiling import compile_policies
from agents.governance.limits import dump_limits
from agents.governance.limits_text import LimitsInvalid
from agents.governance.loading import SHIPPED, PoliciesInvalid, parse_policies, read_files, read_policies
from agents.governance.questions import ACTIONS, questions_of
from agents.governance.rules import Rules, load_rules
from agents.governance.wording import WORDS
from storage.records.people import Role
from storage.records.plans import PlanKind
from storage.records.policies import Edition, PolicyFile, version_of
from storage.records.verdicts import Gate
from tests.unit.agents.governance.cases import (
    ADA,
    CMO_APPROVED,
    LIMITS,
    NOW,
    RULES,
    a_change,
    a_plan,
    a_product,
    an_offer,
    rules_plan,
    some_facts,
)

SCHEMA = (SHIPPED / "schema.cedarschema").read_text(encoding="utf-8")
PERMIT = '@id("let-all") permit (principal, action, resource);\n'


def files(text, schema=SCHEMA):
    return PolicyFile(name="schema.cedarschema", text=schema), PolicyFile(name="team.cedar", text=text)


def load(text):
    return parse_policies(files(text))


def problems_of(text):
    with pytest.raises(PoliciesInvalid) as raised:
        load(text)
    return "\n".join(raised.value.problems)


def forbid(annotations, when="when { context.total_after > 5 }", action='action == Action::"plan_change"'):
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
        (forbid('@id("a") @deny("no") @owner("me")'), "@owner is not known; use @id, @deny, @break_glass, @requires"),
        (forbid('@id("a") @deny'), "@deny is empty"),
        (forbid('@id("a") @deny("no") @approvers("2")'), "@approvers belongs to @requires"),
        (forbid('@id("a") @requires("cmo")'), "@requires needs @because"),
        (forbid('@id("a") @requires("boss") @because("so")'), "approvals by “boss” do not count; use approver, brand, cmo"),
        (forbid('@id("a") @requires("viewer") @because("so")'), "approvals by “viewer” do not count"),
        (forbid('@id("a") @requires("") @because("so")'), "approvals by “” do not count"),
        (forbid('@id("a") @requires("cmo") @because("so") @approvers("0")'), "from 1 to 5"),
        (forbid('@id("a") @requires("cmo") @because("so") @approvers("6")'), "from 1 to 5"),
        (forbid('@id("a") @requires("cmo") @because("so") @approvers("two")'), "from 1 to 5"),
        (forbid('@id("a") @deny("over {cap}")'), "{cap} is not known here; use agent, at_risk"),
        (forbid('@id("a") @deny("{total_after}")', when="", action="action"), "{total_after} is not known here"),
        (forbid('@id("a") @deny("no") @break_glass("ok")'), "@break_glass says “passes” or is left out"),
        (forbid('@id("a") @deny("no") @break_glass'), "@break_glass says “passes” or is left out"),
        (forbid('@id("a") @requires("cmo") @because("so") @break_glass("passes")'), "@break_glass belongs to @deny"),
        (
            forbid('@id("a") @deny("no") @break_glass("passes")', when="when { context has limits && context.total_after > context.limits.daily_cap }"),
            "nobody passes a hard cap",
        ),
        (forbid('@id("a") @deny("no") @escalate_after("4h")'), "@escalate_after belongs to @requires"),
        (forbid('@id("a") @deny("no") @cooling_off("4h")'), "@cooling_off belongs to @requires"),
        (forbid('@id("a") @requires("cmo") @because("so") @escalate_after("soon")'), "@escalate_after of “soon” is no time"),
        (forbid('@id("a") @requires("cmo") @because("so") @escalate_after("0h")'), "is no time such as 30m, 4h or 2d"),
        (forbid('@id("a") @requires("cmo") @because("so") @cooling_off("32d")'), "at most 31 days"),
        (forbid('@id("a") @requires("cmo") @because("so") @cooling_off'), "@cooling_off of “None” is no time"),
        (forbid('@id("a") @deny("no") @break_glass("passes")', when="", action='action == Action::"edit"'), "glass"),
        ('@id("a") @deny("no") permit (principal, action, resource);', "@deny belongs to a forbid"),
        ('@id("a") permit (principal == ?principal, action, resource);', "holds a template"),
        (forbid('@id("a") @deny("no")', when="when { context.totl_after > 5 }"), "a: for policy"),
        (forbid('@id("a") @deny("no")', when='when { context.total_after > "5" }'), "a: for policy"),
        (forbid('@id("a") @deny("no")', action='action == Action::"plan_changes"'), "unrecognized action"),
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
    gate = '@id("two-people") @requires("cmo, approver") @approvers("2") @because("big") @escalate_after("2d") @cooling_off("30m")'
    rules = Rules(files(PERMIT + forbid(gate, when="")), limits=LIMITS)
    verdict = rules.judge(a_plan(), some_facts())
    assert verdict.gates == (
        Gate(
            policy="two-people", text="big", roles=frozenset({Role.CMO, Role.APPROVER}), approvers=2,
            escalate_after_minutes=2 * 8 * 60, cooling_off_minutes=30,
        ),
    )  # fmt: skip
    one = rules.judge(a_plan(), some_facts(approvals=CMO_APPROVED))
    assert one.outcome == "needs_approval"
    two = rules.judge(a_plan(), some_facts(approvals=CMO_APPROVED.model_copy(update={"distinct": 2})))
    assert two.outcome == "allowed"
    assert rules.judge(a_plan(), some_facts(glass=True)).outcome == "allowed"


def test_a_denial_lets_broken_glass_pass_only_if_it_says_so():
    passing = Rules(files(PERMIT + forbid('@id("a") @deny("no") @break_glass("passes")', when="")), limits=LIMITS)
    firm = Rules(files(PERMIT + forbid('@id("a") @deny("no")', when="")), limits=LIMITS)
    assert passing.judge(a_plan(), some_facts()).outcome == "refused"
    assert passing.judge(a_plan(), some_facts(glass=True)).outcome == "allowed"
    assert firm.judge(a_plan(), some_facts(glass=True)).outcome == "refused"


def an_edition(*more):
    kept = (*(one for one in read_files() if not one.name.endswith(".test.yml")), *more)
    return Edition(number=3, files=kept, because="PLAN-1", at=NOW)


def test_an_edition_judges_with_its_own_texts_limits_and_calendar_under_its_own_version():
    limits = PolicyFile(name="limits.yml", text=dump_limits(LIMITS))
    calendar = PolicyFile(name="calendar.yml", text=dump_calendar(sandbox_calendar()))
    edition = an_edition(limits, calendar)
    rules = Rules.of(edition)
    assert (rules.limits, rules.calendar, rules.version) == (LIMITS, sandbox_calendar(), edition.version)
    assert rules.judge(a_plan(), some_facts()).policy_version == edition.version
    bare = Rules.of(an_edition())
    assert (bare.limits, bare.calendar) == (None, ALWAYS)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (PolicyFile(name="limits.yml", text="step_share: 5%"), LimitsInvalid),
        (PolicyFile(name="calendar.yml", text="zone: Nowhere"), CalendarInvalid),
        (PolicyFile(name="team.cedar", text="forbid"), PoliciesInvalid),
    ],
)
def test_an_edition_with_a_text_that_cannot_be_read_does_not_judge(file, error):
    with pytest.raises(error):
        Rules.of(an_edition(file))


def test_the_version_is_that_of_the_names_and_texts():
    assert load_rules().version == version_of(read_files())
    assert RULES.texts == {one.name: one.text for one in read_files()}


def test_what_is_handed_to_another_engine_is_what_judges(tmp_path):
    assert compile_policies(RULES.document, RULES.schema_text).source
    clauses = json.loads(RULES.document)["staticPolicies"]["approval-always"]["conditions"]
    # Its own exception, and the two that its gate makes: enough approvals, broken glass.
    assert [clause["kind"] for clause in clauses] == ["unless", "unless", "unless"]


def test_a_folder_without_policies_or_schema_is_refused(tmp_path):
    with pytest.raises(PoliciesInvalid, match="at least one"):
        read_policies(tmp_path)
    shutil.copy(SHIPPED / "people.cedar", tmp_path)
    with pytest.raises(PoliciesInvalid, match=r"needs schema\.cedarschema"):
        read_policies(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "odd.cedar").write_bytes(b"\xff\xfe")
    with pytest.raises(PoliciesInvalid, match="cannot be read as UTF-8"):
        read_policies(tmp_path)


def test_a_broken_schema_is_refused():
    with pytest.raises(PoliciesInvalid, match="failed to resolve type"):
        parse_policies(files(PERMIT, schema="entity X = {a: Foo};"))


def every_question():
    campaign = (
        a_change("news", 100_00, 110_00), a_change("news", "active", "paused", field="status"),
        a_change("news", "a", "b", field="creative"), a_change("news", "", "fans", field="audience"),
    )  # fmt: skip
    changes = (*campaign, an_offer("price", 20_00, 19_00), an_offer("discount", "0", "1000"))
    facts = some_facts(requester=ADA, products=(a_product(),))
    plans = [
        a_plan(*changes, requested_by="ada"), a_plan(*changes, requested_by="ada", kind=PlanKind.ROLLBACK),
        rules_plan(), rules_plan(kind=PlanKind.ROLLBACK),
    ]  # fmt: skip
    for plan in plans:
        yield from questions_of(RULES.situation(plan, facts), LIMITS, ALWAYS, now=NOW)


def test_the_words_that_texts_may_use_are_those_that_questions_carry():
    asked = {question.action: set(question.words()) for question in every_question()}
    assert asked == WORDS
    assert asked.keys() - {"plan_change", "plan_policy", "plan_rollback"} == {
        one for two in ACTIONS.values() for one in two
    }


def test_the_schema_knows_exactly_the_roles_of_people():
    listed = ", ".join(f'"{role.value}"' for role in Role)
    assert f"entity Role enum [{listed}];" in SCHEMA
