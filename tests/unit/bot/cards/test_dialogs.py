"""Dialogs show what will happen, and read back exactly what was entered."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import CallbackId, PlanName, PlanRef
from bot.slack.cards.edit_view import MOST_INPUTS, edit_errors, edit_view, read_edit
from bot.slack.cards.reject_view import read_reject, reject_view
from bot.slack.cards.rollback_views import read_picker, read_preview, rollback_picker, rollback_preview
from bot.slack.cards.why_view import why_view
from storage.records.audit import AuditEntry
from storage.records.money import Money
from storage.records.plans import PlanState
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_openable

LONDON = ZoneInfo("Europe/London")


def entered(view, **typed):
    """What Slack sends on submit: the initial values, or what was typed instead, by block id with dots as __."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: {"value": block["element"].get("initial_value")}}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    for name, value in typed.items():
        held = values[name.replace("__", ".")]
        held[next(iter(held))] = {"value": value}
    return values


def test_the_edit_dialog_has_one_filled_number_a_change_and_knows_its_plan():
    plan = b.a_plan()
    view = edit_view(plan)
    assert_openable(view)
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["element"]["initial_value"] for block in inputs] == ["510", "280", "60", "40"]
    assert inputs[0]["label"]["text"] == "Brand search · Paid search"
    assert inputs[0]["hint"]["text"] == "Daily budget in GBP/day. Now £300, the plan says £510."
    assert view["callback_id"] == CallbackId.PLAN_EDIT
    assert PlanRef.decode(view["private_metadata"]) == PlanRef(plan.id, 1, plan.digest)


def test_only_what_differs_is_an_edit():
    plan = b.a_plan()
    form = read_edit(plan, entered(edit_view(plan), change__0="400.50", change__1="280.00"))
    assert form.after == {"c1": b.pounds("400.50")}
    assert form.errors == {}


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("a lot", "Enter an amount in digits"),
        ("", "Enter an amount in digits"),
        (None, "Enter an amount in digits"),
        ("-1", "0 or more"),
        ("NaN", "0 or more"),
        ("1e99", "0 or more"),
        ("10.001", "GBP has 2 decimals"),
    ],
)
def test_faults_are_said_beside_the_input(typed, fault):
    plan = b.a_plan()
    form = read_edit(plan, entered(edit_view(plan), change__2=typed))
    assert fault in form.errors["change.2"]
    assert set(form.errors) == {"change.2"}


def test_currencies_without_decimals_take_none():
    yen = b.a_change(before=Money(minor=100, currency="JPY"), after=Money(minor=200, currency="JPY"), unit="JPY/day")
    plan = b.a_plan(changes=(yen,))
    view = edit_view(plan)
    assert view["blocks"][1]["element"]["is_decimal_allowed"] is False
    assert read_edit(plan, entered(view, change__0="1.5")).errors == {"change.0": "JPY has no decimals."}


def test_an_edit_that_changes_nothing_is_no_edit():
    plan = b.a_plan()
    form = read_edit(plan, entered(edit_view(plan)))
    assert form.after == {}
    assert "Nothing is different yet" in form.errors["change.0"]


def test_text_fields_are_edited_as_text():
    plan = b.a_plan(changes=(b.a_change(field="status", before="paused", after="active", unit=""),))
    view = edit_view(plan)
    assert_openable(view)
    assert read_edit(plan, entered(view, change__0=" archived ")).after == {"c1": "archived"}
    assert read_edit(plan, entered(view, change__0="  ")).errors == {"change.0": "Enter a value."}


def test_of_many_changes_the_largest_can_be_edited_and_the_rest_stays():
    plan = b.a_plan(changes=b.many_changes(200))
    view = edit_view(plan)
    assert_openable(view)
    assert sum(block["type"] == "input" for block in view["blocks"]) == MOST_INPUTS
    assert "140 smaller changes stay as planned" in all_text(view)
    assert read_edit(plan, entered(view, change__199="5")).after == {"c200": b.pounds(5)}


def test_later_faults_find_their_inputs():
    found = edit_errors(b.a_plan(), [("c2", "Above the cap."), ("c2", "Too large a step."), ("other", "Frozen.")])
    assert found == {"change.1": "Above the cap. Too large a step.", "change.0": "Frozen."}


def test_a_rejection_needs_a_reason():
    view = reject_view(b.a_plan())
    assert_openable(view)
    assert read_reject(entered(view, reason="  too late  ")).reason == "too late"
    for nothing in (None, "", "   "):
        assert "reason" in read_reject(entered(view, reason=nothing)).errors
    assert "At most 500" in read_reject(entered(view, reason="x" * 501)).errors["reason"]


def test_the_picker_gives_back_the_chosen_plan():
    view = rollback_picker([b.a_status(state=PlanState.DONE)], zone=LONDON)
    assert_openable(view)
    chosen = view["blocks"][1]["element"]["options"][0]
    assert chosen["text"]["text"].startswith("PLAN-12 · Shift £210/day")
    assert read_picker({"plan": {"pick": {"selected_option": chosen}}}) == "PLAN-12"
    assert read_picker({"plan": {"pick": {"selected_option": None}}}) is None
    assert read_picker({"plan": {"pick": {"selected_option": {"value": PlanName("X").encode()}}}}) is None


def test_without_plans_there_is_nothing_to_pick():
    view = rollback_picker([], zone=LONDON)
    assert_openable(view)
    assert "submit" not in view


def test_the_preview_says_what_returns_what_conflicts_and_what_is_gone():
    view = rollback_preview(b.a_rollback_preview())
    assert_openable(view)
    text = all_text(view)
    for expected in (
        "3 values will be restored",
        "£510 → *£300*",
        "Also overwrite £350 with £420",
        "Changed by hand to £350.00",
        "£412.80 spent since the change stays spent",
    ):
        assert expected in text
    assert view["submit"]["text"] == "Roll back"


def test_conflicts_are_left_alone_unless_ticked():
    preview = b.a_rollback_preview()
    conflict = next(block for block in rollback_preview(preview)["blocks"] if block["type"] == "input")
    assert "initial_options" not in conflict["element"]
    options = conflict["element"]["options"]
    assert read_preview(preview, {"conflict.0": {"overwrite": {"selected_options": []}}}) == frozenset()
    assert read_preview(preview, {"conflict.0": {"overwrite": {"selected_options": options}}}) == {"c2"}
    assert read_preview(preview, {}) == frozenset()


def test_with_nothing_to_do_there_is_nothing_to_submit():
    view = rollback_preview(b.a_rollback_preview(nothing_to_do="PLAN-12 was rolled back by PLAN-13 already."))
    assert_openable(view)
    assert "submit" not in view
    assert "rolled back by PLAN-13 already" in all_text(view)


def test_what_already_holds_the_old_value_is_only_counted():
    items = (b.a_restoration(), b.a_restoration(b.the_changes()[1], done=True))
    text = all_text(rollback_preview(b.a_rollback_preview(items=items)))
    assert "1 value will be restored" in text
    assert "1 value already as before" in text


def test_why_leads_from_reasons_to_data_rules_people_and_trail():
    entry = AuditEntry(
        seq=41, at=b.NOW, actor="person:aaron", action="plan.approve", subject="PLAN-12", facts={}, body="{}",
        prev_hash="0", hash="1",
    )  # fmt: skip
    dossier = b.a_dossier(PlanState.DONE)
    view = why_view(dossier, zone=LONDON, entries=(entry,))
    assert_openable(view)
    text = all_text(view)
    for expected in (
        "Paid search returned",
        "load:01JWX3",
        "fit:7a21",
        "spend-shift-needs-approver",
        "c0ffee",
        "Aaron Blake approved",
        "op-c1",
        "response-curve 1",
        dossier.status.plan.digest[:12],
        "#41",
        "plan.approve",
    ):
        assert expected in text


def test_why_shows_every_change_of_a_large_plan():
    plan = b.a_plan(changes=b.many_changes(140))
    text = all_text(why_view(b.a_dossier(plan=plan), zone=LONDON))
    assert all(f"*Campaign {n}*" in text for n in range(1, 141))


def test_an_amount_survives_the_form_unchanged():
    for amount in ("0.01", "1234567.89", "10", "0"):
        plan = b.a_plan(changes=(b.a_change(after=b.pounds(amount)),))
        initial = edit_view(plan)["blocks"][1]["element"]["initial_value"]
        assert Decimal(initial) == Decimal(amount)
