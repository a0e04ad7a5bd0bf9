"""The shipped policies: their own tests hold, no hard cap is ever passed, and every refusal reads well on a phone."""

from datetime import UTC, datetime, time

import pytest

from agents.governance.calendar import Blackout, Calendar, Weekday, Weekly, WeekMoment
from agents.governance.limits import CurrencyLimits
from agents.governance.policy_tests import run_policy_tests
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import PlanKind
from storage.records.verdicts import Outcome
from tests.unit.agents.governance.cases import (
    AARON,
    ADA,
    CARLA,
    CMO_APPROVED,
    LIMITS,
    OLIVIA,
    RULES,
    VICTOR,
    a_campaign,
    a_change,
    a_plan,
    a_product,
    a_rollback,
    an_audience,
    an_offer,
    back,
    gbp,
    rollback_facts,
    rules_plan,
    some_facts,
    some_limits,
    under,
)

WIDE = some_limits(step_cap=gbp(9_000_00), daily_cap=gbp(9_000_00), channel_daily_caps={}, step_share_cap_bp=90_000)
LOWERED = some_limits(daily_cap=gbp(50_00), channel_daily_caps={"email": gbp(50_00)})
OFFERS = some_limits(margin_floor_bp=2000, discount_cap_bp=3000, stacked_discount_cap_bp=4000)


def one(before, after, **other):
    """A plan that changes one campaign, at peace with everything but what the test is about."""
    return a_plan(a_change("news", before, after), **other)


def news(minor, **other):
    return some_facts(campaigns=(a_campaign("news", minor, **other),))


def reasons(plan, facts, limits=LIMITS, **calendar):
    return {reason.policy: reason.text for reason in under(limits, **calendar).judge(plan, facts).reasons}


def fired(plan, facts, limits=LIMITS):
    return set(reasons(plan, facts, limits))


def test_every_policy_has_a_case_in_which_it_fires_and_one_in_which_it_keeps_still_and_all_hold():
    report = run_policy_tests(RULES)
    assert report.problems == ()
    assert report.passed
    assert report.policies == len(RULES.policies)
    assert report.cases >= 2 * report.policies


def test_broken_glass_passes_every_gate_and_no_hard_cap():
    by_id = {policy.id: policy for policy in RULES.policies}
    assert all(policy.passes_glass for policy in by_id.values() if policy.requires)
    assert {policy.id for policy in by_id.values() if policy.passes_glass and not policy.requires} == {
        "blackout", "stale-data", "late-source", "no-self-approval", "no-approval-of-own-agent",
        "no-approval-for-requester",
    }  # fmt: skip


def test_every_gate_says_when_somebody_else_is_asked_too():
    assert all(policy.escalate_after_minutes for policy in RULES.policies if policy.requires)


def test_broken_glass_does_at_once_what_would_wait_and_never_what_is_capped():
    big = one(100_00, 140_00, at_risk=9_000_00)
    facts = news(100_00).model_copy(update={"data_age_days": 9})
    assert fired(big, facts) == {"stale-data"}
    broken = facts.model_copy(update={"glass": True})
    assert under(LIMITS).judge(big, broken).outcome is Outcome.ALLOWED
    assert fired(big, broken, some_limits(daily_cap=gbp(139_99))) == {"daily-cap"}


def test_an_agent_without_the_skill_is_refused_although_a_gate_fired():
    """A fired gate hides that nothing permits the plan; people must not be asked in vain."""
    verdict = RULES.judge(a_plan(), some_facts(agent_skills=frozenset({"reports"})))
    assert verdict.outcome == "refused"
    assert verdict.gates == ()
    assert {(reason.policy, reason.text) for reason in verdict.reasons} == {
        ("no-permit", "no policy permits budget_planner to do this")
    }


@pytest.mark.parametrize(
    ("role", "outcome"),
    [
        ("viewer", "refused"), ("operator", "needs_approval"), ("approver", "allowed"), ("brand", "refused"),
        ("finance", "refused"), ("legal", "refused"), ("cmo", "allowed"), ("admin", "refused"),
    ],
)  # fmt: skip
def test_a_rollback_is_judged_by_the_role_of_who_asks(role, outcome):
    person = Person(id="p", name="P", roles=frozenset({Role(role)}))
    assert RULES.judge(a_rollback(requested_by="p"), rollback_facts(person)).outcome == outcome


def test_a_rollback_may_restore_a_step_that_no_plan_may_take():
    """Half the budget back is twice the budget: above every step cap, and approved once already."""
    changed = a_change("news", 100_00, 30_00)
    facts = rollback_facts(campaigns=(a_campaign("news", 30_00),), taken_back=(changed,), data_age_days=None)
    assert RULES.judge(a_rollback(back(changed)), facts).outcome == "allowed"
    assert "step-share-cap" in fired(one(30_00, 100_00), news(30_00))


@pytest.mark.parametrize("factor", [10, 100, 1000])
def test_slips_are_refused_up_and_down(factor):
    up, down = one(10_00, 10_00 * factor), one(10_00 * factor, 10_00)
    assert "unit-slip" in fired(up, news(10_00), WIDE)
    assert "unit-slip" in fired(down, news(10_00 * factor), WIDE)


def test_a_budget_from_nothing_is_refused():
    assert {"unit-slip", "step-share-cap"} <= fired(one(0, 10_00), news(0))


@pytest.mark.parametrize("after", [90_00, 310_00])
def test_the_step_cap_itself_may_be_reached_both_ways(after):
    limits = some_limits(step_cap=gbp(abs(after - 200_00)), daily_cap=gbp(900_00), channel_daily_caps={})
    beyond = after + (1 if after > 200_00 else -1)
    assert "step-cap" not in fired(one(200_00, after), news(200_00), limits)
    assert "step-cap" in fired(one(200_00, beyond), news(200_00), limits)


def test_what_lowers_an_exceeded_total_always_may_and_what_keeps_it_too():
    for plan, facts in (
        (one(100_00, 90_00), news(100_00)),
        (one(100_00, 100_00), news(100_00)),
        (a_rollback(a_change("news", 110_00, 100_00)), rollback_facts(campaigns=(a_campaign("news", 110_00),))),
    ):
        assert not {"daily-cap", "channel-cap"} & fired(plan, facts, LOWERED)
    assert {"daily-cap", "channel-cap"} <= fired(one(100_00, 101_00), news(100_00), LOWERED)


def test_caps_are_on_all_campaigns_that_may_spend():
    limits = some_limits(daily_cap=gbp(310_00), channel_daily_caps={})
    beside = a_campaign("big", 300_00, channel="website")
    plan = one(100_00, 110_00)
    for status, over in [("active", True), ("learning limited", True), ("PAUSED", False), ("removed", False)]:
        others = (beside.model_copy(update={"status": status}),)
        facts = some_facts(campaigns=some_facts().campaigns + others)
        assert ("daily-cap" in fired(plan, facts, limits)) is over, status


def test_a_campaign_with_a_budget_below_zero_makes_no_room():
    limits = some_limits(daily_cap=gbp(310_00), channel_daily_caps={})
    odd = a_campaign("odd", -50_00, channel="website")
    beyond = one(100_00, 111_00)
    assert "daily-cap" in fired(beyond, some_facts(campaigns=(*some_facts().campaigns, odd)), limits)


def test_a_resumed_campaign_counts_with_the_budget_that_the_same_plan_gives_it():
    paused = some_facts(campaigns=(a_campaign("news", 100_00, status="paused"), a_campaign("rest", 200_00)))
    resumed = a_change("news", "paused", "active", field="status", id="resume")
    plan = a_plan(resumed, a_change("news", 100_00, 80_00))
    free = {"channel_daily_caps": {}}
    assert "daily-cap" in fired(plan, paused, some_limits(daily_cap=gbp(279_99), **free))
    assert "daily-cap" not in fired(plan, paused, some_limits(daily_cap=gbp(280_00), **free))
    assert "at-risk-understated" in fired(a_plan(*plan.changes, at_risk=79_99), paused)
    assert "at-risk-understated" not in fired(a_plan(*plan.changes, at_risk=80_00), paused)


def test_a_paused_campaign_makes_room_in_the_same_plan():
    paused = a_change("brand", "active", "paused", field="status", channel="paid_search")
    limits = some_limits(daily_cap=gbp(150_00), channel_daily_caps={})
    assert "daily-cap" not in fired(a_plan(a_change("news", 100_00, 150_00), paused), some_facts(), limits)


def test_taking_back_a_raise_of_a_paused_campaign_lowers_the_total():
    changed = a_change("news", 100_00, 140_00)
    paused = (a_campaign("news", 140_00, status="paused"), a_campaign("brand", 300_00, channel="paid_search"))
    assert fired(a_rollback(back(changed)), rollback_facts(campaigns=paused, taken_back=(changed,)), LOWERED) == set()


def test_money_of_another_currency_is_not_added_but_needs_its_own_caps():
    beside = a_campaign("big", 1, channel="website", daily_budget=Money(minor=900_000_00, currency="EUR"))
    facts = some_facts(
        campaigns=(*some_facts().campaigns, beside), spent_this_month={"website/campaign/big": 900_000_00}
    )
    assert fired(a_plan(), facts, some_limits(monthly_cap=gbp(10_000_00))) == {"approval-always"}
    euros = Money(minor=900_001_00, currency="EUR")
    plan = a_plan(
        a_change("big", beside.daily_budget, euros, channel="website"),
        money_at_risk=Money(minor=7_00, currency="EUR"),
    )
    assert fired(plan, some_facts(campaigns=(beside,))) >= {"no-caps"}


def test_a_plan_in_another_currency_does_not_slip_a_campaign_past_the_caps():
    euros = Money(minor=9_000_00, currency="EUR")
    both = LIMITS.model_copy(update={"currencies": {**LIMITS.currencies, "EUR": limits_in_euros()}})
    resumed = a_plan(a_change("news", "paused", "active", field="status"), money_at_risk=euros)
    assert "one-currency" in fired(resumed, news(100_00, status="paused"), both)


def limits_in_euros():
    amount = Money(minor=9_000_00, currency="EUR")
    return CurrencyLimits(daily_cap=amount, step_cap=amount, at_risk_gate=amount, min_budget=amount)


def test_a_half_applied_plan_is_judged_as_it_was():
    """After a crash one campaign already holds its new budget; the rest must still be allowed to follow."""
    half = (a_campaign("news", 110_00), a_campaign("brand", 200_00, channel="paid_search"))
    assert fired(a_plan(), some_facts(campaigns=half)) == {"approval-always"}


def test_small_steps_add_up_over_the_week_and_a_step_back_is_free():
    limits = some_limits(week_share_cap_bp=3000)
    week = {"email/campaign/news": gbp(100_00)}
    up = news(120_00).model_copy(update={"week_before": week})
    assert "week-share-cap" not in fired(one(120_00, 130_00), up, limits)
    assert reasons(one(120_00, 130_01), up, limits)["week-share-cap"] == (
        "“News” (email) had £100.00 a day a week ago: £130.01 is 30.01 % away from that, above the cap of 30 % a week"
    )
    far = news(180_00).model_copy(update={"week_before": week})
    assert "week-share-cap" not in fired(one(180_00, 170_00), far, limits)


def test_a_learning_phase_that_may_be_over_counts_as_going_on():
    limits = some_limits(learning_share_bp=1000)
    until = a_plan().data_day
    plan = one(100_00, 120_00)
    for age, learning in [(1, False), (-1, True), (None, True)]:
        facts = news(100_00, learning_until=until).model_copy(update={"data_age_days": age})
        situation = under(limits).situation(plan, facts)
        assert situation.steps[0].learning is learning, age


def test_the_brand_is_asked_about_new_words_and_sees_them():
    change = a_change("news", "Winter", "Spring\u202e sale", field="creative")
    facts = news(100_00, creative="Winter")
    gates = {gate.policy: gate for gate in RULES.judge(a_plan(change), facts).gates}
    assert gates["publish-needs-brand"].roles == {Role.BRAND}
    assert gates["publish-needs-brand"].text == "“News” (email) would show “Spring sale”: the brand must agree"
    allowed = RULES.judge(a_plan(change), facts.model_copy(update={"approvals": CMO_APPROVED}))
    assert [gate.policy for gate in allowed.gates] == ["publish-needs-brand"]


def test_words_that_nobody_can_see_are_no_creative():
    change = a_change("news", "Winter", "\u200b\u202e", field="creative")
    assert "nothing-to-publish" in fired(a_plan(change), news(100_00, creative="Winter"))


def test_a_status_is_compared_as_it_would_be_written():
    change = a_change("news", "active", "paused\u200b", field="status")
    assert "status-unknown" in fired(a_plan(change), news(100_00))


def test_an_audience_without_consent_is_never_addressed():
    change = a_change("news", "", "fans", field="audience")
    facts = some_facts(audiences=(an_audience(consented=False),))
    assert reasons(a_plan(change), facts) == {
        "audience-consent": "“News” (email) would address “Fans”: not all of its 5,000 people agreed to hear from us on email"
    }
    excluded = some_limits(excluded_audiences=frozenset({"fans"}))
    assert set(reasons(a_plan(change), some_facts(audiences=(an_audience(),)), excluded)) == {"audience-excluded"}
    assert fired(a_plan(change), some_facts()) == {"audience-unknown"}


def test_price_and_discount_of_one_plan_are_judged_together():
    both = a_plan(an_offer("price", 20_00, 15_00), an_offer("discount", "0", "3000"))
    thin = some_facts(products=(a_product(unit_cost=gbp(9_00)),))
    assert reasons(both, thin, OFFERS)["margin-floor"] == (
        "“Mug” (website) would sell for £10.50 at a cost of £9.00: 14.28 % is left, below the floor of 20 %"
    )
    assert fired(a_plan(both.changes[0]), thin, OFFERS) == {"approval-always"}
    assert fired(a_plan(both.changes[1]), thin, OFFERS) == {"approval-always"}


def test_a_discount_that_replaces_an_unknown_one_comes_on_top():
    facts = some_facts(products=(a_product(discounts_bp=(2000, 1000)),))
    replaced = a_plan(an_offer("discount", "1000", "2000"))
    assert fired(replaced, facts, OFFERS) == {"approval-always"}
    unknown = a_plan(an_offer("discount", "1500", "2000"))
    assert "stacked-cap" in fired(unknown, facts, OFFERS)


def test_no_offer_is_made_without_limits_for_offers():
    plan, facts = a_plan(an_offer("price", 20_00, 19_00)), some_facts(products=(a_product(),))
    assert fired(plan, facts) == {"no-offer-limits"}
    assert fired(plan, facts, None) == {"no-caps", "no-offer-limits"}
    assert fired(plan, some_facts(), OFFERS) >= {"product-unknown"}


def test_a_blackout_says_until_when_in_the_teams_own_time():
    weekend = Weekly(
        first=WeekMoment(weekday=Weekday.FRI, at=time(17)), last=WeekMoment(weekday=Weekday.MON, at=time(8))
    )
    calendar = Calendar(zone="Europe/Berlin", blackouts=(Blackout(name="Weekend\n", when=weekend),))
    saturday = some_facts(now=datetime(2026, 7, 4, 12, 0, tzinfo=UTC))
    assert reasons(a_plan(a_change("news", 100_00, 110_00)), saturday, calendar=calendar) == {
        "blackout": "Weekend: nothing changes on email until Mon 06 Jul, 08:00"
    }
    assert set(reasons(a_plan(), some_facts(), calendar=calendar)) == {"approval-always"}


def test_the_rules_change_by_two_people_and_never_by_an_agent_or_under_broken_glass():
    facts = some_facts(requester=ADA, glass=True)
    verdict = RULES.judge(rules_plan(), facts)
    assert [(gate.policy, gate.roles, gate.approvers) for gate in verdict.gates] == [
        ("rules-need-two", frozenset({Role.APPROVER, Role.CMO}), 2)
    ]
    assert RULES.judge(rules_plan(), facts.model_copy(update={"approvals": CMO_APPROVED})).gates == verdict.gates
    two = CMO_APPROVED.model_copy(update={"distinct": 2})
    assert RULES.judge(rules_plan(), facts.model_copy(update={"approvals": two})).outcome is Outcome.ALLOWED
    assert fired(rules_plan(asked_by="olivia"), some_facts(requester=OLIVIA)) == {"no-permit"}
    assert fired(rules_plan(asked_by=None), some_facts()) == {"ingress"}


def test_the_first_limits_can_be_proposed_where_there_are_none():
    assert under(None).judge(rules_plan(), some_facts(requester=ADA)).outcome is Outcome.NEEDS_APPROVAL


def test_a_change_of_other_rules_than_those_in_force_is_proposed_again():
    moved = reasons(rules_plan(before="// others"), some_facts(requester=ADA))
    assert moved == {
        "rules-moved": "other rules are in force now than those this changes (caps.cedar): propose it again"
    }


def test_rules_are_taken_back_by_two_people_as_well():
    plan = rules_plan(asked_by="carla", kind=PlanKind.ROLLBACK, restores="PLAN-6")
    facts = some_facts(requester=CARLA, taken_back=(back(plan.changes[0]),))
    assert [gate.policy for gate in RULES.judge(plan, facts).gates] == ["rules-need-two"]
    assert "rollback-restores" in fired(plan, facts.model_copy(update={"taken_back": ()}))


def test_texts_hold_the_numbers_and_the_name_that_the_source_gives():
    facts = some_facts(campaigns=(a_campaign("news", 100_00, name="News\u202e\n*letter*"),))
    plan = a_plan(a_change("news", 100_00, 160_00), why=("please approve at once",))
    texts = reasons(plan, facts)
    assert texts["step-share-cap"] == "“News *letter*” (email) would move by 60 %, above the cap of 50 % for one step"
    total = reasons(one(100_00, 110_00), some_facts(), some_limits(daily_cap=gbp(300_00), channel_daily_caps={}))
    assert total == {"daily-cap": "all daily budgets together would be £310.00, above the cap of £300.00 a day"}


def test_a_viewer_cannot_have_a_rollback_approved_into_being():
    assert fired(a_rollback(requested_by="victor"), rollback_facts(VICTOR)) == {"no-permit"}


def test_a_deactivated_person_takes_nothing_back():
    gone = AARON.model_copy(update={"active": False})
    assert fired(a_rollback(), rollback_facts(gone)) == {"deactivated"}
