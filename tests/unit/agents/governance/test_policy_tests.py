"""Policy tests say which policy lacks a case, which case came out differently, and what cannot be read."""

import pytest

from agents.governance.loading import SHIPPED, PoliciesInvalid
from agents.governance.policy_tests import problems_of, run_policy_tests
from agents.governance.rules import Rules
from storage.records.policies import Edition, PolicyFile
from tests.unit.agents.governance.cases import NOW

SCHEMA = PolicyFile(name="schema.cedarschema", text=(SHIPPED / "schema.cedarschema").read_text(encoding="utf-8"))
POLICIES = """
@id("plans") permit (principal is Agent, action == Action::"plan_change", resource)
when { principal.skills.contains("budget") };
@id("cap") @deny("over") forbid (principal, action == Action::"plan_change", resource)
when { context has limits && context.total_after > context.limits.daily_cap };
@id("people") permit (principal is User, action == Action::"approve", resource) when { principal in Role::"cmo" };
"""
GOOD = {
    "plans": "{fires: {skills: budget}, silent: {skills: content}}",
    "cap": "{fires: {limits: {daily_cap: 309}}, silent: [{limits: {daily_cap: 310}}, {limits: none}]}",
    "people": "{fires: {who: cmo, does: approve}, silent: {who: operator, does: approve}}",
}


def report(tests=None, policies=POLICIES, **cases):
    text = "\n".join(f"{name}: {case}" for name, case in {**GOOD, **cases}.items() if case) if tests is None else tests
    files = (SCHEMA, PolicyFile(name="team.cedar", text=policies), PolicyFile(name="team.test.yml", text=text))
    return run_policy_tests(Rules(files))


def test_cases_that_hold_leave_nothing_to_say():
    held = report()
    assert held.passed
    assert (held.policies, held.cases, held.problems) == (3, 7, ())


def test_a_case_that_comes_out_differently_is_named_with_its_remark():
    wrong = report(cap="{fires: {case: far too much, limits: {daily_cap: 310}}, silent: {limits: {daily_cap: 309}}}")
    assert wrong.problems == (
        "team.test.yml: cap: fires 1 (far too much): it keeps still",
        "team.test.yml: cap: silent 1: it fires",
    )
    assert not wrong.passed


def test_a_policy_without_one_or_the_other_is_named():
    assert report(cap="{fires: {limits: {daily_cap: 309}}}", people="").problems == (
        "team.cedar: cap has no case in which it keeps still",
        "team.cedar: people has no case in which it fires",
        "team.cedar: people has no case in which it keeps still",
    )
    assert len(report(tests="").problems) == 6


@pytest.mark.parametrize(
    ("tests", "problem"),
    [
        ("cap: {fires: [", "team.test.yml: cannot be read as YAML at line 1"),
        ("cap: {}\ncap: {}", "team.test.yml: “cap” is there twice"),
        ("[cap]", "team.test.yml: “['cap']” must be “name: value”"),
        ("cup: {}", "there is no policy cup"),
        ("cap: {shines: {}}", "team.test.yml: cap: shines is not known here; use fires, silent"),
        ("cap: often", "cap: “often” must be"),
        ("\x00", "cannot be read as YAML"),
    ],
)
def test_tests_that_cannot_be_read_are_named(tests, problem):
    assert any(problem in one for one in report(tests=tests).problems)


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("often", "“often” must be “name: value”"),
        ("{budget: 5}", "budget is not known here; use case, change"),
        ("{change: {news: 110}}", "change news: write it as “100 to 110”"),
        ("{change: {news: 100 to lots}}", "“lots” is no amount; write 100 or EUR 100"),
        ("{change: {news: 100 to Infinity}}", "“Infinity” is no amount"),
        ("{change: {news: 100 to POUND 5}}", "“POUND 5” is no amount"),
        ("{change: {news.name: a to b}}", "cannot be judged: “news” (email): its name cannot be changed"),
        ("{change: {mug.discount: 0% to some}}", "“some” is no share; write 15%"),
        ("{change: [news]}", "“news” must be “name: value”"),
        ("{at_risk: [1]}", "at_risk must be one value"),
        ("{limits: {daly_cap: 5}}", "daly_cap"),
        ("{limits: high}", "“high” must be “name: value”"),
        ("{calendar: {zone: Nowhere}}", "zone"),
        ("{now: noon}", "now is “noon”; write 2026-03-02 09:00, in UTC"),
        ("{data_age: old}", "“old” is no whole number"),
        ("{late: google_ads}", "late is “google_ads”; write google_ads since 2026-03-01 09:00, in UTC"),
        ("{glass: maybe}", "glass is “maybe”; write yes or no"),
        ("{asked_by: boss}", "boss are no roles; use viewer, operator"),
        ("{campaigns: {news: {colour: red}}}", "colour is not known here"),
        ("{products: {mug: {colour: red}}}", "colour is not known here"),
        ("{audiences: {fans: {colour: red}}}", "colour is not known here"),
        ("{campaigns: 5}", "“5” must be “name: value”"),
        ("{who: cmo, does: dance}", "nobody dance; use view"),
        ("{who: cmo, does: approve, loudly: yes}", "loudly is not known here"),
        ("{who: cmo, does: approve, standing: tall}", "standing is tall; use glass, owns_agent"),
        ("{who: cmo, does: approve, on: {kind: evil}}", "on is of a kind (budget"),
        ("{who: cmo, does: approve, on: {asked_by: the boss}}", "asked_by themself, somebody else, nobody"),
    ],
)
def test_a_case_that_cannot_be_read_is_named(case, problem):
    problems = report(cap=f"{{fires: {case}, silent: {{limits: {{daily_cap: 310}}}}}}").problems
    assert len(problems) == 1
    assert problems[0].startswith("team.test.yml: cap: fires 1: ")
    assert problem in problems[0]


def test_policies_that_err_where_they_are_asked_are_named():
    """With a schema of its own, whose facts are none that a plan has."""
    schema = SCHEMA.text.replace("  total_now: Long,", "  total_then: Long,")
    text = "plans: {fires: {skills: budget}, silent: {skills: content}}"
    files = (
        PolicyFile(name="schema.cedarschema", text=schema),
        PolicyFile(name="team.cedar", text=POLICIES.split("@id", maxsplit=2)[0] + "@id" + POLICIES.split("@id")[1]),
        PolicyFile(name="team.test.yml", text=text),
    )
    problems = run_policy_tests(Rules(files)).problems
    assert problems == (
        "team.test.yml: plans: fires 1: the policies cannot be asked about this; correct the schema",
        "team.test.yml: plans: silent 1: the policies cannot be asked about this; correct the schema",
    )


def test_an_edition_passes_with_its_tests_and_not_without():
    def edition(*files):
        return Edition(number=1, files=files, because="a test", at=NOW)

    policies = PolicyFile(name="team.cedar", text=POLICIES)
    tests = PolicyFile(name="team.test.yml", text="\n".join(f"{name}: {case}" for name, case in GOOD.items()))
    assert problems_of(edition(SCHEMA, policies, tests)) == ()
    assert len(problems_of(edition(SCHEMA, policies))) == 6
    with pytest.raises(PoliciesInvalid):
        problems_of(edition(policies, tests))
