"""What is stored about a plan can be judged again as it was, by these rules or others; what is malformed cannot."""

import json

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from agents.governance.calendar import ALWAYS
from agents.governance.questions import entities_of, questions_of
from agents.governance.situation import LARGEST_TOTAL, Situation
from storage.records.money import Money
from storage.records.plans import PlanKind, Resource
from storage.records.verdicts import Outcome
from tests.unit.agents.governance.cases import (
    A_CHANGES,
    ADA,
    APPROVER_APPROVED,
    CAMPAIGNS,
    NOW,
    RULES,
    a_campaign,
    a_change,
    a_plan,
    a_product,
    a_rollback,
    an_audience,
    an_offer,
    gbp,
    rollback_facts,
    rules_plan,
    some_facts,
    some_limits,
    under,
)
from tests.unit.agents.governance.test_judging_properties import situations


def problems(plan, facts):
    return {reason.text for reason in RULES.situation(plan, facts).problems}


@settings(max_examples=100, deadline=None)
@given(situations())
def test_what_is_stored_is_judged_again_as_it_was(drawn):
    plan, facts, limits = drawn
    rules = under(limits)
    situation = rules.situation(plan, facts)
    for text in (situation.model_dump_json(exclude_defaults=True), situation.model_dump_json()):
        again = Situation.model_validate_json(text)
        assert again == situation
        assert rules.judge_situation(again, facts.approvals, now=facts.now) == rules.judge(plan, facts)


def test_everything_that_can_be_changed_can_be_stored():
    changes = (
        *A_CHANGES, a_change("news", "active", "paused", field="status"), a_change("news", "a", "b", field="creative"),
        a_change("news", "", "fans", field="audience"), an_offer("price", 20_00, 19_00), an_offer("discount", "0", "1000"),
    )  # fmt: skip
    facts = some_facts(products=(a_product(),), audiences=(an_audience(),))
    for plan, known in ((a_plan(*changes), facts), (rules_plan(), some_facts(requester=ADA))):
        situation = RULES.situation(plan, known)
        assert situation.problems == ()
        assert Situation.model_validate_json(situation.model_dump_json(exclude_defaults=True)) == situation


def test_the_same_past_can_be_judged_by_other_limits():
    situation = RULES.situation(a_plan(), some_facts())
    assert RULES.judge_situation(situation, now=NOW).outcome is Outcome.NEEDS_APPROVAL
    assert RULES.judge_situation(situation, APPROVER_APPROVED, now=NOW).outcome is Outcome.ALLOWED
    stricter = under(some_limits(step_cap=gbp(9_99))).judge_situation(situation, now=NOW)
    assert {reason.policy for reason in stricter.reasons} == {"step-cap"}


def test_another_engine_may_answer_and_what_it_gets_wrong_is_a_refusal():
    asked = []

    class Silent:
        def ask(self, questions, entities, approvals):
            asked.append((len(questions), len(entities), approvals))
            return ()

    situation = RULES.situation(a_plan(), some_facts())
    verdict = RULES.judge_situation(situation, now=NOW, engine=Silent())
    assert (verdict.outcome, verdict.reasons[0].policy) == (Outcome.REFUSED, "engine")
    assert [one[:2] for one in asked] == [(3, 4)]


def test_only_the_scopes_that_the_plan_touches_are_kept():
    beside = tuple(a_campaign(f"c{number}", 1_00, channel="website", account=f"a{number}") for number in range(50))
    situation = RULES.situation(a_plan(a_change("news", 100_00, 110_00)), some_facts(campaigns=(*CAMPAIGNS, *beside)))
    assert set(situation.sums) == {"total", "channel:email", "account:acc"}
    assert situation.sums["total"].now == 350_00


def test_what_removed_campaigns_have_spent_counts_for_the_total_and_their_channel():
    spent = {"email/campaign/gone": 50_00, "email/campaign/news": 7_00, "website/campaign/gone": 3_00}
    sums = RULES.situation(a_plan(), some_facts(spent_this_month=spent, days_left=1)).sums
    assert sums["total"].month_now == 60_00 + 300_00
    assert sums["channel:email"].month_now == 57_00 + 100_00
    assert sums["account:acc"].month_now == 7_00 + 300_00


def test_without_knowing_the_spend_there_is_no_sum_of_the_month():
    total = RULES.situation(a_plan(), some_facts(spent_this_month=None)).sums["total"]
    assert (total.month_now, total.month_after) == (None, None)


def test_a_campaign_that_no_source_shows_counts_with_what_the_plan_would_give_it():
    sums = RULES.situation(a_plan(a_change("old", 100_00, 110_00, channel="website")), some_facts()).sums
    assert sums["total"].after == 410_00
    assert sums["channel:website"].after == 110_00


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (a_plan(a_change("news", "x", "y", field="name")), "“News” (email): its name cannot be changed; what can is"),
        (a_plan(a_change("news", 1, 2, channel="email/x")), "a channel's name has no “/”"),
        (a_plan(an_offer("daily_budget", 1, 2)), "its daily_budget cannot be changed"),
        (a_plan(an_offer("price", "20", "19")), "its price is not an amount"),
        (a_plan(an_offer("discount", "0", "10001")), "from 0 to 10000"),
        (a_plan(an_offer("discount", "0", "15%")), "in basis points"),
        (a_plan(an_offer("discount", "0", "١٥")), "in basis points"),
        (a_plan(an_offer("discount", gbp(0), "1500")), "in basis points"),
        (a_plan(a_change("news", gbp(1), "paused", field="status")), "its status is not a short text"),
        (a_plan(a_change("news", "a", "b" * 5_001, field="creative")), "at most 5,000 characters"),
        (a_plan(a_change("news", "", gbp(1), field="audience")), "not named by a short text"),
        (a_plan(at_risk=-(2**60)), "the money at risk is not"),
        (a_plan(kind=PlanKind.POLICY), "nobody known asked for this change of the rules"),
        (a_plan(kind=PlanKind.POLICY), "a plan of the kind “policy” cannot change this"),
        (rules_plan(kind=PlanKind.BUDGET), "a plan of the kind “budget” cannot change this"),
        (a_plan(*rules_plan().changes, *A_CHANGES), "changes the rules and something else"),
        (a_rollback(*rules_plan().changes, *A_CHANGES), "changes the rules and something else"),
    ],
)
def test_what_cannot_be_judged_is_refused_before_any_rule_is_asked(plan, problem):
    verdict = RULES.judge(plan, some_facts())
    assert verdict.outcome is Outcome.REFUSED
    assert {reason.policy for reason in verdict.reasons} == {"ingress"}
    assert any(problem in reason.text for reason in verdict.reasons)


ELSEWHERE = Resource(channel="policies", kind="policy", id="other", name="caps.cedar")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("{}", "{}"), "not files of rules by name"),
        (("not json", "{}"), "not files of rules by name"),
        (('{"caps.cedar": 1}', '{"caps.cedar": "x"}'), "not files of rules by name"),
        (('{"../../etc/passwd": ""}', '{"../../etc/passwd": "x"}'), "not files of rules by name"),
        (('{"caps.cedar": null}', f'{{"caps.cedar": "{"x" * 1_000_001}"}}'), "not files of rules by name"),
        (("[" * 100_000, "{}"), "not files of rules by name"),
        (('{"caps.cedar": ""}', '{"steps.cedar": ""}'), "are of different files"),
    ],
)
def test_a_change_of_the_rules_holds_texts_of_files(change, problem):
    plan = rules_plan()
    before, after = change
    changed = plan.changes[0].model_copy(update={"before": before, "after": after})
    assert any(problem in one for one in problems(a_plan(changed, kind=PlanKind.POLICY), some_facts()))


def test_rules_are_one_thing_only():
    changed = rules_plan().changes[0].model_copy(update={"resource": ELSEWHERE})
    assert any("as policies/policy/edition only" in one for one in problems(a_plan(changed), some_facts()))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"days_left": 0}, "days left of the month"),
        ({"days_left": 32}, "days left of the month"),
        ({"days_left": True}, "days left of the month"),
        ({"spent_this_month": {"email/campaign/news": True}}, "what was spent this month"),
        ({"spent_this_month": {"email/campaign/news": 2**60}}, "what was spent this month"),
        ({"campaigns": (a_campaign("news", 10**15),)}, "not an amount of money that can be judged"),
    ],
)
def test_facts_that_cannot_be_measured_are_refused_in_words(wrong, problem):
    facts = some_facts().model_copy(update=wrong)
    assert any(problem in one for one in problems(a_plan(), facts))


def test_a_person_who_asked_is_kept_by_id_and_roles_alone():
    situation = RULES.situation(a_rollback(), rollback_facts())
    assert situation.asker is not None
    assert situation.asker.model_dump() == {"id": "aaron", "roles": ("approver",), "active": True}
    assert "Aaron" not in situation.model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": 2},
        {"raised": True},
        {"raised": "5"},
        {"raised": LARGEST_TOTAL + 1},
        {"glass": 1},
        {"at_risk": {"minor": 10**15, "currency": "GBP"}},
        {"unheard_of": 1},
        {"steps": [{"area": "nothing"}]},
    ],
)
def test_a_stored_situation_of_another_shape_is_not_judged(wrong):
    stored = RULES.situation(a_plan(), some_facts()).model_dump(mode="json")
    with pytest.raises(ValidationError):
        Situation.model_validate_json(json.dumps({**stored, **wrong}))


def test_broken_glass_is_never_behind_a_change_of_the_rules():
    facts = some_facts(glass=True)
    assert RULES.situation(a_plan(), facts).glass
    assert not RULES.situation(rules_plan(), facts.model_copy(update={"requester": ADA})).glass


def test_every_resource_and_person_that_is_asked_about_is_among_the_entities():
    plan = a_plan(*A_CHANGES, an_offer("price", 20_00, 19_00), requested_by="ada")
    situation = RULES.situation(plan, some_facts(requester=ADA, products=(a_product(),)))
    uids = {(one["uid"]["type"], one["uid"]["id"]) for one in entities_of(situation)}
    for question in questions_of(situation, None, ALWAYS, now=NOW):
        for side in (question.principal, question.resource):
            assert (side["type"], side["id"]) in uids


def test_an_offer_for_a_product_with_a_cost_in_another_currency_is_not_of_one_currency():
    odd = a_product(unit_cost=Money(minor=8_00, currency="USD"))
    situation = RULES.situation(a_plan(an_offer("price", 20_00, 19_00)), some_facts(products=(odd,)))
    assert not situation.steps[0].same_currency
