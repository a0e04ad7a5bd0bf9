"""What a plan card shows and what can be pressed on it, in each state."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import ActionId, PlanName, PlanRef
from bot.slack.cards.plan_card import plan_card
from storage.records.executions import ExecutionState, FieldState
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
    assert PlanRef.decode(approve["value"]) == PlanRef("PLAN-12", 2, plan.digest)
    assert "visible_to_user_ids" not in pressable(b.a_dossier())[ActionId.PLAN_WHY]


def test_without_an_approver_in_slack_there_is_no_approve_button():
    outside = b.a_person(name="Cleo", slack_id=None)
    assert ActionId.PLAN_APPROVE not in pressable(b.a_dossier(approvers=(outside,)))
    nobody = b.a_dossier(approvers=())
    assert ActionId.PLAN_APPROVE not in pressable(nobody)
    assert "Nobody may approve this" in text_of(nobody)


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
        "Waiting for approval",
        "Aaron Blake or Carla Mendes",
        "£300 → *£510* a day  ·  +£210 (+70%)",
        "Total stays £890",
        "£1,470 at most",
        "£38,204–£42,911 (80% range)",
        "£36,912 if nothing changes",
        "ROAS is below 2.80 after 5 days",
        "Paid search returned £4.10",
        "84 days of campaign results",
        "Simulated",
        "0 of 1 approval*, needs an approver",
    ):
        assert expected in text


def test_approvals_count_towards_each_gate():
    gates = (b.a_gate(text="Two people", approvers=2), b.a_gate(text="The boss", roles=frozenset({Role.CMO})))
    text = text_of(b.a_dossier(verdict=b.a_verdict(gates=gates), decisions=(b.a_decision(),)))
    assert "Two people · *1 of 2 approvals*" in text
    assert "The boss · *1 of 1 approval*, needs the CMO" in text


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
        (PlanState.EXPIRED, "", "nobody decided before"),
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
