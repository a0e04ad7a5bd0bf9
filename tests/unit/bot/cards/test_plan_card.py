"""What a plan card shows and what can be pressed on it, in each state."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.governance.approvals import binding_of
from bot.slack.buttons import ActionId, FreezeRef, MenuRef, PlanName, PlanRef
from bot.slack.cards.plan_card import ON_CARDS, plan_card
from storage.records.executions import ExecutionState, FieldState
from storage.records.nudges import NudgeKind
from storage.records.people import Role
from storage.records.plans import PlanState
from storage.records.verdicts import Answer, Reason
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, as_sent, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
GOLDEN = Path(__file__).parent / "golden"
DECISIONS = {ActionId.PLAN_APPROVE, ActionId.PLAN_EDIT, ActionId.PLAN_REJECT}


def card(dossier, now=b.NOW, **options):
    message = plan_card(dossier, zone=LONDON, now=now, **options)
    assert_postable(message)
    return message


def text_of(dossier, **options):
    return all_text(card(dossier, **options).blocks)


def pressable(dossier, **options):
    return elements_of(card(dossier, **options).blocks)


@pytest.mark.parametrize(
    ("name", "dossier"),
    [
        ("plan_waiting", b.a_dossier()),
        ("plan_done", b.a_dossier(PlanState.DONE, outcomes=(b.an_outcome(),))),
        ("plan_rollback_waiting", b.a_dossier(plan=b.a_rollback_plan())),
        ("plan_policy_waiting", b.a_dossier(plan=b.a_policy_plan(), impact=b.an_impact(), progress=(b.a_progress(),))),
    ],
)
def test_cards_look_as_agreed(name, dossier):
    """To change a card on purpose, replace its golden file by what this test found and read the difference."""
    found = as_sent({"text": card(dossier).text, "blocks": card(dossier).blocks})
    assert found == json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("state", [*PlanState])
def test_only_a_waiting_plan_can_be_approved(state):
    dossier = b.a_dossier(state, approvers=(b.AARON,))
    assert (ActionId.PLAN_APPROVE in pressable(dossier)) == (state is PlanState.WAITING)


@pytest.mark.parametrize("state", [*PlanState])
def test_after_a_decision_no_decision_button_is_left_but_why_always_is(state):
    undecided = {PlanState.WAITING, PlanState.HELD}
    left = set(pressable(b.a_dossier(state)))
    assert ActionId.PLAN_WHY in left
    assert bool(left & DECISIONS) == (state in undecided)


def test_a_held_plan_says_for_what_and_can_be_edited_or_rejected():
    dossier = b.a_dossier(PlanState.HELD, note="PLAN-11 also changes Brand search and goes first")
    assert "PLAN-11 also changes Brand search and goes first" in text_of(dossier)
    assert set(pressable(dossier)) == {ActionId.PLAN_EDIT, ActionId.PLAN_REJECT, ActionId.PLAN_WHY}


def test_approve_is_shown_to_approvers_only_and_names_the_digest_they_saw():
    plan = b.a_plan(revision=2)
    approve = pressable(b.a_dossier(plan=plan))[ActionId.PLAN_APPROVE]
    assert approve["visible_to_user_ids"] == ["U00AARON", "U00CARLA"]
    assert PlanRef.decode(approve["value"]) == PlanRef("PLAN-12", 2, plan.digest, binding_of(b.a_verdict()))
    assert "visible_to_user_ids" not in pressable(b.a_dossier())[ActionId.PLAN_WHY]


def test_without_an_approver_in_slack_there_is_no_approve_button():
    outside = b.a_person(name="Cleo", slack_id=None)
    assert ActionId.PLAN_APPROVE not in pressable(b.a_dossier(approvers=(outside,)))
    nobody = b.a_dossier(approvers=())
    assert ActionId.PLAN_APPROVE not in pressable(nobody)
    assert "nobody may approve this" in text_of(nobody)


@pytest.mark.parametrize(("pounds", "asks"), [(4999, False), (5000, True)])
def test_large_money_is_confirmed_first(pounds, asks):
    dossier = b.a_dossier(plan=b.a_plan(money_at_risk=b.pounds(pounds)))
    assert ("confirm" in pressable(dossier)[ActionId.PLAN_APPROVE]) == asks


def test_where_large_begins_can_be_set():
    approve = pressable(b.a_dossier(), confirm_from_units=Decimal(1000))[ActionId.PLAN_APPROVE]
    assert approve["confirm"]["text"]["text"] == "Up to £1,470 is at risk."


def test_a_waiting_card_tells_what_a_decision_needs():
    text = text_of(b.a_dossier())
    for expected in (
        "Waits for Aaron Blake or Carla Mendes",
        "*If nobody decides:* it expires",
        "and *nothing changes*",
        "£300 → *£510* a day  ·  +£210 (+70%)",
        "Total of these 4 stays £890",
        "£1,470 at most",
        "£38,204–£42,911 (80% range)",
        "£36,912 if nothing changes",
        "ROAS is below 2.80 after 5 days",
        "Paid search returned £4.10",
        "84 days of campaign results",
        "Simulated",
        "0 of 1*: needs an approver",
    ):
        assert expected in text


def test_approvals_count_towards_each_gate():
    two = b.a_progress()
    boss = b.a_progress(gate=b.a_gate(text="The boss"), missing_roles=frozenset(), missing_people=0)
    text = text_of(b.a_dossier(progress=(two, boss), decisions=(b.a_decision(),), approvers=(b.CARLA,)))
    assert "*Waits for Carla Mendes*  ·  1 of 2 approvals" in text
    assert "◻️ More than £1,000 at risk · *1 of 2*: Aaron Blake ✓, needs the CMO" in text
    assert "✅ The boss · *1 of 1*: Aaron Blake ✓" in text


@pytest.mark.parametrize(
    ("roles", "people", "approvers", "approved", "needs"),
    [
        ({Role.CMO}, 1, 1, (), "0 of 1*: needs the CMO"),
        ({Role.CMO, Role.APPROVER}, 2, 2, (), "0 of 2*: needs an approver and the CMO"),
        ({Role.FINANCE}, 2, 3, ("aaron",), "1 of 3*: Aaron Blake ✓, needs 2 more people, among them finance"),
        (set(), 1, 2, ("aaron",), "1 of 2*: Aaron Blake ✓, needs one more person"),
        ({Role.APPROVER}, 3, 3, (), "0 of 3*: needs 3 people, among them an approver"),
        ({Role.CMO}, 0, 1, ("aaron",), "0 of 1*: Aaron Blake ✓, needs the CMO"),
    ],
)
def test_what_a_gate_still_needs_is_said_in_words(roles, people, approvers, approved, needs):
    gate = b.a_gate(roles=frozenset(roles), approvers=approvers)
    one = b.a_progress(gate=gate, missing_roles=frozenset(roles), missing_people=people, approved_by=approved)
    assert needs in text_of(b.a_dossier(progress=(one,)))


def test_cost_and_what_happens_to_an_undecided_plan_stand_above_everything_long():
    text = text_of(b.a_dossier())
    parts = ("Waits for", "If nobody decides", "Money at risk", "Daily budget of", "*Why*", "*Approvals*")
    assert sorted(parts, key=text.index) == list(parts)


def test_escalation_is_announced_and_then_named():
    due = b.a_progress(escalates_at=b.NOW + timedelta(hours=2), escalates_to=frozenset({Role.CMO}))
    assert "Goes up to the CMO" in text_of(b.a_dossier(progress=(due,)))
    raised = b.a_nudge(person_id=b.CARLA.id, kind=NudgeKind.ESCALATION)
    assert "Escalated to Carla Mendes" in text_of(b.a_dossier(progress=(due,), nudges=(raised,)))
    assert "Escalated*: nobody" in text_of(b.a_dossier(progress=(b.a_progress(escalated=True),)))


def test_who_was_asked_and_reminded_is_small_print():
    nudges = (b.a_nudge(), b.a_nudge(id=8, kind=NudgeKind.REMINDER, due_at=b.NOW + timedelta(hours=4)))
    text = text_of(b.a_dossier(nudges=nudges))
    assert "*Asked* Aaron Blake" in text
    assert "last reminded" in text
    assert "*Asked*" not in text_of(b.a_dossier())


def test_only_those_who_approved_may_withdraw_and_only_while_it_stands():
    dossier = b.a_dossier(progress=(b.a_progress(),), decisions=(b.a_decision(),), approvers=(b.CARLA,))
    withdraw = pressable(dossier)[ActionId.PLAN_WITHDRAW]
    assert withdraw["visible_to_user_ids"] == ["U00AARON"]
    assert PlanRef.decode(withdraw["value"]).plan_id == "PLAN-12"
    taken_back = (b.a_decision(), b.a_decision(answer=Answer.WITHDRAW))
    assert ActionId.PLAN_WITHDRAW not in pressable(b.a_dossier(decisions=taken_back))


def test_a_waiting_card_has_a_menu_that_names_the_digest():
    plan = b.a_plan()
    options = pressable(b.a_dossier())[ActionId.PLAN_MORE]["options"]
    read = [MenuRef.decode(option["value"]) for option in options]
    assert {one.choice for one in read} == set(ON_CARDS)
    assert {one.plan for one in read} == {PlanRef(plan.id, 1, plan.digest)}
    assert ActionId.PLAN_MORE not in pressable(b.a_dossier(PlanState.DONE))


def test_an_approved_plan_that_cools_off_says_when_it_starts_and_can_be_stopped():
    cooling = b.a_dossier(PlanState.APPROVED, starts_at=b.NOW + timedelta(minutes=30))
    text = text_of(cooling)
    assert "unless withdrawn" in text
    assert "*If nobody does anything:* it is carried out then" in text
    assert {ActionId.PLAN_WITHDRAW, ActionId.PLAN_REJECT} <= set(pressable(cooling))
    assert "Starting…" in text_of(cooling, now=b.NOW + timedelta(hours=1))
    assert ActionId.PLAN_WITHDRAW not in pressable(cooling, now=b.NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PlanState.WAITING, "*If nobody decides:*"),
        (PlanState.APPROVED, "*If nobody thaws FREEZE-2:* it expires"),
        (PlanState.EXECUTING, "*Stopped*: 1 of 4 changes applied"),
    ],
)
def test_a_frozen_plan_says_so_why_and_how_it_goes_on(state, expected):
    frozen = b.a_dossier(state, freezes=(b.a_freeze(),), executions=(b.an_execution(),))
    text = text_of(frozen)
    assert "Stopped by FREEZE-2*: “Black Friday, no changes” (Ada Novak)" in text
    assert expected in text
    assert FreezeRef.decode(pressable(frozen)[ActionId.FREEZE_THAW]["value"]) == FreezeRef("FREEZE-2")
    assert "Stopped by FREEZE-2." in card(frozen).text


def test_a_finished_plan_is_not_stopped_by_a_later_freeze():
    assert "Stopped by" not in text_of(b.a_dossier(PlanState.DONE, freezes=(b.a_freeze(),)))


@pytest.mark.parametrize("state", [PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE, PlanState.FAILED])
def test_what_one_person_decided_alone_is_marked_loudly(state):
    dossier = b.a_dossier(state, decisions=(b.a_decision(person_id=b.CARLA.id, glass="GLASS-1"),))
    assert "🚨 *Broken glass*: Carla Mendes approved this alone (GLASS-1)" in text_of(dossier)
    assert "Broken glass." in card(dossier).text


def test_a_delegate_signs_with_both_names():
    said = b.a_decision(on_behalf_of=b.CARLA.id)
    assert "Approved* by Aaron Blake for Carla Mendes" in text_of(b.a_dossier(PlanState.APPROVED, decisions=(said,)))


def test_why_an_approved_plan_waits_again_is_on_its_card():
    assert "ℹ️ The rules have changed since" in text_of(b.a_dossier(note="The rules have changed since"))


def test_content_and_offers_are_shown_in_their_own_form():
    rows = (
        ("c1", "creative", "Winter *sale*", "Spring sale", "from “Winter ∗sale∗”\n\u2003to *“Spring sale”*"),
        ("c2", "status", "active", "paused", "▶ active → *⏸ paused*"),
        ("c3", "discount", "1000", "1550", "10% → *15.5%*"),
        ("c4", "audience", "aud-1", "", "aud-1 → *(empty)*"),
        ("c5", "text", "", "Hello", "from (empty)"),
    )
    for change_id, field, before, after, expected in rows:
        change = b.a_change(id=change_id, field=field, before=before, after=after, unit="")
        assert expected in text_of(b.a_dossier(plan=b.a_plan(changes=(change,), money_at_risk=b.pounds(0))))
    product = b.a_change(resource=b.a_resource(kind="product"), field="price", unit="GBP")
    text = text_of(b.a_dossier(plan=b.a_plan(changes=(product,), money_at_risk=b.pounds(0))))
    assert "*Price of 1 product*" in text
    assert "None: no budget moves" in text


def test_largest_changes_come_first_and_the_rest_is_counted():
    text = text_of(b.a_dossier(plan=b.a_plan(changes=b.many_changes(200))))
    assert text.index("Campaign 200") < text.index("Campaign 199")
    assert "and 190 smaller changes" in text
    assert "of 200 campaigns" in text


def test_a_plan_past_its_time_has_no_decision_left_even_before_it_is_closed():
    late = b.NOW + timedelta(days=2)
    assert not set(pressable(b.a_dossier(), now=late)) & DECISIONS
    assert "Expired" in text_of(b.a_dossier(), now=late)


def test_an_executing_card_counts_and_shows_receipts():
    one, two, *_ = b.the_changes()
    done, sent = b.an_execution(one), b.an_execution(two, state=ExecutionState.INTENDED, receipt=None)
    text = text_of(b.a_dossier(PlanState.EXECUTING, executions=(done, sent)))
    assert "1 of 4 changes applied" in text
    assert "✓ reads back £510  ·  ref `op-c1`" in text
    assert "Sent, not confirmed yet" in text


def test_a_read_back_that_differs_is_not_hidden():
    odd = b.an_execution(read_back=FieldState(value=b.pounds(505), version="v9"))
    assert "⚠️ reads back £505, not £510" in text_of(b.a_dossier(PlanState.EXECUTING, executions=(odd,)))


def test_a_done_card_can_be_rolled_back_once():
    done = b.a_dossier(PlanState.DONE)
    button = pressable(done)[ActionId.PLAN_ROLLBACK]
    assert PlanName.decode(button["value"]) == PlanName("PLAN-12")
    assert "Approved by Aaron Blake" in text_of(done)
    again = b.a_dossier(PlanState.DONE, rolled_back_by="PLAN-13")
    assert ActionId.PLAN_ROLLBACK not in pressable(again)
    assert "PLAN-13" in text_of(again)


def test_a_failed_card_says_what_is_safe_and_offers_a_way_back_only_if_something_happened():
    applied, failed = (
        b.an_execution(b.the_changes()[0]),
        b.an_execution(b.the_changes()[1], state=ExecutionState.FAILED, receipt=None, error="campaign is archived"),
    )
    half = b.a_dossier(PlanState.FAILED, executions=(applied, failed), note="paid_social refused the change")
    assert "1 of 4 changes applied; what was applied stays until you roll it back" in text_of(half)
    assert "Not applied: campaign is archived" in text_of(half)
    assert ActionId.PLAN_ROLLBACK in pressable(half)
    nothing = b.a_dossier(PlanState.FAILED, executions=(failed,))
    assert "Nothing was changed" in text_of(nothing)
    assert ActionId.PLAN_ROLLBACK not in pressable(nothing)


def test_a_rejected_card_names_the_person_and_the_reason():
    no = b.a_decision(answer=Answer.REJECT, reason="Sale ends Friday", person_id=b.CARLA.id)
    text = text_of(b.a_dossier(PlanState.REJECTED, decisions=(no,)))
    assert "Rejected* by Carla Mendes" in text
    assert "“Sale ends Friday”" in text


def test_a_refused_card_gives_every_reason():
    reasons = tuple(Reason(policy=f"p{n}", text=f"Reason number {n}") for n in range(1, 4))
    text = text_of(b.a_dossier(PlanState.REFUSED, verdict=b.a_verdict(reasons=reasons)))
    assert all(f"Reason number {n}" in text for n in range(1, 4))


@pytest.mark.parametrize(
    ("state", "note", "expected"),
    [
        (PlanState.SUPERSEDED, "Replaced by PLAN-14", "Replaced by PLAN-14"),
        (PlanState.EXPIRED, "", "nobody decided in time"),
        (PlanState.APPROVED, "", "Approved* by Aaron Blake"),
        (PlanState.PROPOSED, "", "Being reviewed"),
    ],
)
def test_other_states_say_what_became_of_the_plan(state, note, expected):
    assert expected in text_of(b.a_dossier(state, note=note))


def test_a_rolled_back_card_names_the_plan_that_did_it():
    assert "Rolled back* by PLAN-13" in text_of(b.a_dossier(PlanState.ROLLED_BACK, rolled_back_by="PLAN-13"))


def test_a_rollback_plan_says_what_it_restores():
    text = text_of(b.a_dossier(plan=b.a_rollback_plan()))
    assert "Takes PLAN-12 back" in text
    assert "£510 → *£300* a day" in text
    assert "£412.80 already spent" in text


def test_outcomes_are_shown_once_scored():
    text = text_of(b.a_dossier(PlanState.DONE, outcomes=(b.an_outcome(),)))
    assert "Revenue: met" in text


def test_the_text_for_screen_readers_says_state_title_and_risk():
    expected = "PLAN-12 waits for approval: Shift £210/day to paid search. Money at risk £1,470. Simulated."
    assert card(b.a_dossier()).text == expected


def test_expected_money_is_named_before_expected_ratios():
    ratio = b.a_forecast(kpi="roas", unit="ratio", baseline="3", low="3", middle="3.1", high="3.3")
    text = text_of(b.a_dossier(plan=b.a_plan(forecasts=(ratio, b.a_forecast()))))
    assert text.index("*Revenue, 3–9 June 2025*") < text.index("*ROAS, 3–9 June 2025*")


def test_codes_of_channels_are_spelled_out_in_sentences_and_left_alone_in_names():
    change = b.a_change(resource=b.a_resource(name="uk_paid_search_brand"))
    plan = b.a_plan(title="Move £20/day to paid_search", why=("paid_social is saturated",), changes=(change,))
    text = text_of(b.a_dossier(plan=plan))
    assert "Move £20/day to paid search" in text
    assert "paid social is saturated" in text
    assert "uk_paid_search_brand" in text


def test_an_outcome_is_said_once():
    told = "revenue from 2025-06-03 to 2025-06-09: cannot tell yet, conversions still arrive"
    text = text_of(b.a_dossier(PlanState.DONE, outcomes=(b.an_outcome(text=told),)))
    assert "Revenue from 3 Jun 2025 to 9 Jun 2025: cannot tell yet, conversions still arrive" in text
    assert text.count("cannot tell yet") == 1
