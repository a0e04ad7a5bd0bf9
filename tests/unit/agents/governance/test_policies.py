"""Every shipped policy fires for one plan and keeps still for one that differs only in what it is about."""

import pytest

from agents.governance.rules import load_rules
from storage.records.money import Money
from storage.records.people import Person, Role
from tests.unit.agents.governance.cases import (
    AARON,
    OLIVIA,
    VICTOR,
    a_campaign,
    a_change,
    a_plan,
    a_rollback,
    back,
    gbp,
    rollback_facts,
    some_facts,
    some_limits,
)

RULES = load_rules()
EUR = Money(minor=110_00, currency="EUR")


def one(before, after, **other):
    """A plan that changes one campaign, at peace with everything but what the test is about."""
    return a_plan(a_change("news", before, after), **other)


def news(minor, **other):
    return some_facts(campaigns=(a_campaign("news", minor, **other),))


def undo(before, after, now, **other):
    """A rollback of a change of `news` and the facts around it, after which it has `now`."""
    changed = a_change("news", before, after)
    facts = rollback_facts(campaigns=(a_campaign("news", now),), taken_back=(changed,), **other)
    return a_rollback(back(changed)), facts


TIGHT = some_limits(daily_cap=gbp(300_00), channel_daily_caps={})
LOWERED = some_limits(daily_cap=gbp(50_00), channel_daily_caps={"email": gbp(50_00)})
WIDE = some_limits(step_cap=gbp(9_000_00), daily_cap=gbp(9_000_00), channel_daily_caps={}, step_share_cap_bp=90_000)

CASES = {
    "approval-always": ((a_plan(), some_facts()), (a_rollback(), rollback_facts())),
    "no-caps": ((a_plan(), some_facts(limits=None)), (a_plan(), some_facts())),
    "daily-cap": (
        (one(100_00, 110_00), some_facts(limits=TIGHT)),
        (one(100_00, 100_00), some_facts(limits=TIGHT)),
    ),
    "daily-cap-rollback": (undo(100_00, 90_00, 90_00, limits=LOWERED), undo(100_00, 110_00, 110_00, limits=LOWERED)),
    "channel-cap": (
        (one(190_00, 200_01), news(190_00)),
        (one(190_00, 200_00), news(190_00)),
    ),
    "channel-cap-rollback": (undo(100_00, 90_00, 90_00, limits=LOWERED), undo(100_00, 110_00, 110_00, limits=LOWERED)),
    "at-risk-gate": ((a_plan(at_risk=2_000_01), some_facts()), (a_plan(at_risk=2_000_00), some_facts())),
    "at-risk-understated": ((a_plan(at_risk=9_99), some_facts()), (a_plan(at_risk=10_00), some_facts())),
    "step-cap": (
        (one(300_00, 209_99), news(300_00)),
        (one(300_00, 210_00), news(300_00)),
    ),
    "step-share-cap": ((one(100_00, 150_01), news(100_00)), (one(100_00, 150_00), news(100_00))),
    "step-share-gate": ((one(100_00, 74_99), news(100_00)), (one(100_00, 75_00), news(100_00))),
    "budget-minimum": ((one(6_00, 4_99), news(6_00)), (one(6_00, 5_00), news(6_00))),
    "budget-above-zero": ((one(100_00, 0), news(100_00)), (one(100_00, 99_00), news(100_00))),
    "unit-slip": (
        (one(10_00, 100_00), some_facts(campaigns=(a_campaign("news", 10_00),), limits=WIDE)),
        (one(10_00, 99_99), some_facts(campaigns=(a_campaign("news", 10_00),), limits=WIDE)),
    ),
    "one-currency": ((one(100_00, EUR), news(100_00)), (one(100_00, 110_00), news(100_00))),
    "campaign-unknown": ((a_plan(a_change("old", 100_00, 110_00)), some_facts()), (a_plan(), some_facts())),
    "budget-moved": ((one(100_00, 110_00), news(105_00)), (one(100_00, 110_00), news(100_00))),
    "simulated-mark": (
        (one(100_00, 110_00, simulated=True), news(100_00, simulated=False)),
        (one(100_00, 110_00, simulated=False), news(100_00, simulated=False)),
    ),
    "changed-twice": (
        (a_plan(a_change("news", 100_00, 110_00), a_change("news", 100_00, 110_00, id="again")), some_facts()),
        (a_plan(), some_facts()),
    ),
    "stale-data": ((a_plan(), some_facts(data_age_days=3)), (a_plan(), some_facts(data_age_days=2))),
    "rollback-approval": (
        (a_rollback(requested_by="olivia"), rollback_facts(OLIVIA)),
        (a_rollback(), rollback_facts()),
    ),
    "rollback-restores": (
        (a_rollback(a_change("news", 110_00, 101_00)), rollback_facts()),
        (a_rollback(a_change("news", 110_00, 100_00)), rollback_facts()),
    ),
    "deactivated": (
        (a_rollback(), rollback_facts(AARON.model_copy(update={"active": False}))),
        (a_rollback(), rollback_facts()),
    ),
}  # fmt: skip
PERMITS = {"agents-plan-budgets", "people-roll-back", "people-view", "people-work", "people-decide", "people-configure"}
BY_PERSON = {"no-self-approval", "rollback-not-edited"}


def fired(plan, facts):
    return {reason.policy for reason in RULES.judge(plan, facts).reasons}


@pytest.mark.parametrize("policy", CASES)
def test_it_fires_and_keeps_still(policy):
    fires, still = CASES[policy]
    assert policy in fired(*fires)
    assert policy not in fired(*still)
    assert not {"engine", "ingress"} & (fired(*fires) | fired(*still))


def test_the_cases_cover_every_shipped_policy():
    """Permits and the rules about persons are covered by the matrix of roles and the tests below."""
    assert {policy.id for policy in RULES.policies} == CASES.keys() | PERMITS | BY_PERSON
    assert {policy.id for policy in RULES.policies if policy.effect == "permit"} == PERMITS


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
    [("viewer", "refused"), ("operator", "needs_approval"), ("approver", "allowed"), ("cmo", "allowed"), ("admin", "refused")],
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
    assert "unit-slip" in fired(up, some_facts(campaigns=(a_campaign("news", 10_00),), limits=WIDE))
    assert "unit-slip" in fired(down, some_facts(campaigns=(a_campaign("news", 10_00 * factor),), limits=WIDE))


def test_a_budget_from_nothing_is_refused():
    assert {"unit-slip", "step-share-cap"} <= fired(one(0, 10_00), some_facts(campaigns=(a_campaign("news", 0),)))


@pytest.mark.parametrize("after", [90_00, 310_00])
def test_the_step_cap_itself_may_be_reached_both_ways(after):
    limits = some_limits(step_cap=gbp(abs(after - 200_00)), daily_cap=gbp(900_00), channel_daily_caps={})
    at_cap = some_facts(campaigns=(a_campaign("news", 200_00),), limits=limits)
    beyond = after + (1 if after > 200_00 else -1)
    assert "step-cap" not in fired(one(200_00, after), at_cap)
    assert "step-cap" in fired(one(200_00, beyond), at_cap)


@pytest.mark.parametrize(
    ("cap", "other_now", "refused"),
    [
        (100_00, 0, False),  # raises to the cap itself
        (99_99, 0, True),
        (99_99, None, False),  # above the cap before and after, but not raised
    ],
)
def test_a_rollback_is_held_to_the_caps_only_where_it_raises_above_them(cap, other_now, refused):
    limits = some_limits(daily_cap=gbp(cap), channel_daily_caps={"email": gbp(cap)})
    before, after = 100_00, 100_00 if other_now is None else 90_00
    plan, facts = undo(before, after, after, limits=limits)
    both = {"daily-cap-rollback", "channel-cap-rollback"}
    assert fired(plan, facts) & both == (both if refused else set())


def test_a_budget_below_zero_is_refused():
    assert "budget-above-zero" in fired(one(100_00, -1), news(100_00))


@pytest.mark.parametrize("age", [None, -1])
def test_data_of_unknown_age_or_from_the_future_count_as_stale(age):
    assert fired(a_plan(), some_facts(data_age_days=age)) == {"stale-data"}


def test_caps_are_on_all_campaigns_that_may_spend():
    limits = some_limits(daily_cap=gbp(310_00), channel_daily_caps={})
    beside = (a_campaign("big", 300_00, channel="website"),)
    for status, over in [("active", True), ("learning limited", True), ("PAUSED", False), ("removed", False)]:
        others = tuple(state.model_copy(update={"status": status}) for state in beside)
        facts = some_facts(limits=limits, campaigns=some_facts().campaigns + others)
        assert ("daily-cap" in fired(a_plan(), facts)) is over, status


def test_a_campaign_with_a_budget_below_zero_makes_no_room():
    limits = some_limits(daily_cap=gbp(310_00), channel_daily_caps={})
    odd = a_campaign("odd", -50_00, channel="website")
    beyond = a_plan(a_change("news", 100_00, 111_00))
    assert "daily-cap" in fired(beyond, some_facts(limits=limits, campaigns=(*some_facts().campaigns, odd)))


def test_taking_back_a_raise_of_a_paused_campaign_lowers_the_total():
    changed = a_change("news", 100_00, 140_00)
    paused = (a_campaign("news", 140_00, status="paused"), a_campaign("brand", 300_00, channel="paid_search"))
    facts = rollback_facts(campaigns=paused, taken_back=(changed,), limits=LOWERED)
    assert fired(a_rollback(back(changed)), facts) == set()


def test_money_of_another_currency_is_not_added_but_needs_its_own_caps():
    beside = a_campaign("big", 1, channel="website", daily_budget=Money(minor=900_000_00, currency="EUR"))
    assert fired(a_plan(), some_facts(campaigns=(*some_facts().campaigns, beside))) == {"approval-always"}
    euros = Money(minor=900_001_00, currency="EUR")
    plan = a_plan(
        a_change("big", beside.daily_budget, euros, channel="website"),
        money_at_risk=Money(minor=7_00, currency="EUR"),
    )
    assert fired(plan, some_facts(campaigns=(beside,))) >= {"no-caps"}


def test_a_half_applied_plan_is_judged_as_it_was():
    """After a crash one campaign already holds its new budget; the rest must still be allowed to follow."""
    half = (a_campaign("news", 110_00), a_campaign("brand", 200_00, channel="paid_search"))
    assert fired(a_plan(), some_facts(campaigns=half)) == {"approval-always"}


def test_texts_hold_the_numbers_and_the_name_that_the_source_gives():
    facts = some_facts(campaigns=(a_campaign("news", 100_00, name="News\u202e\n*letter*"),))
    plan = a_plan(a_change("news", 100_00, 160_00), why=("please approve at once",))
    texts = {reason.policy: reason.text for reason in RULES.judge(plan, facts).reasons}
    assert texts["step-share-cap"] == "“News *letter*” (email) would move by 60 %, above the cap of 50 % for one step"
    total = RULES.judge(one(100_00, 110_00), some_facts(limits=TIGHT)).reasons
    assert [reason.text for reason in total] == [
        "all daily budgets together would be £310.00, above the cap of £300.00 a day"
    ]


def test_a_viewer_cannot_have_a_rollback_approved_into_being():
    assert fired(a_rollback(requested_by="victor"), rollback_facts(VICTOR)) == {"no-permit"}
