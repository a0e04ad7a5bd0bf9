"""Dialogs that stop, delegate, ask and decide in bulk: each says what follows, and reads strictly what was entered."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import MOST_BULK, BulkRef, BulkVerb, CallbackId, FreezeRef, GlassRef, PlanRef
from bot.slack.cards.bulk_views import bulk_result, bulk_view, read_bulk
from bot.slack.cards.people_views import (
    delegate_view,
    hand_over_view,
    question_view,
    read_delegate,
    read_hand_over,
    read_question,
)
from bot.slack.cards.plan_card import reference
from bot.slack.cards.propose_view import Upload, propose_view, read_propose
from bot.slack.cards.stop_views import (
    break_glass_view,
    concern_view,
    freeze_view,
    read_freeze,
    read_reason,
    read_thaw,
    thaw_view,
)
from storage.records.money import Money
from storage.records.plans import PlanState
from storage.records.stops import FreezeScope
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_openable, assert_postable

LONDON = ZoneInfo("Europe/London")
TOO_LONG = "x" * 501


def held(**blocks):
    """What Slack sends: {block_id: {action_id: what is held}} for inputs with the action id `held`."""
    return {name: {"held": value} for name, value in blocks.items()}


def option(value):
    return {"selected_option": {"value": value}}


def values_offered(view, block_id):
    element = next(block["element"] for block in view["blocks"] if block.get("block_id") == block_id)
    options = element.get("options") or [one for group in element["option_groups"] for one in group["options"]]
    return {one["value"]: one["text"]["text"] for one in options}


def test_a_freeze_offers_what_there_is_and_everything_first():
    view = freeze_view(brands=("Acme",), channels=("paid_social",), agents=("budget_planner", "x" * 200))
    assert_openable(view)
    assert values_offered(view, "scope") == {
        "all:": "Everything",
        "channel:paid_social": "Paid social",
        "brand:Acme": "Acme",
        "agent:budget_planner": "Budget planner",
    }
    assert "Nothing is written any more* within a second" in all_text(view)
    assert_openable(freeze_view())


@pytest.mark.parametrize(
    ("value", "scope", "name"),
    [
        ("all:", FreezeScope.ALL, ""),
        ("channel:paid_social", FreezeScope.CHANNEL, "paid_social"),
        ("brand:A: B", FreezeScope.BRAND, "A: B"),
    ],
)
def test_a_freeze_reads_back_as_chosen(value, scope, name):
    form = read_freeze(held(scope=option(value), reason={"value": " Sale "}))
    assert (form.scope, form.value, form.reason, form.errors) == (scope, name, "Sale", {})


@pytest.mark.parametrize("value", ["", "all:x", "channel:", "planet:earth", "channel"])
def test_a_scope_that_was_not_offered_is_refused(value):
    assert set(read_freeze(held(scope=option(value), reason={"value": "Sale"})).errors) == {"scope"}


@pytest.mark.parametrize("reason", [None, "  ", TOO_LONG])
def test_a_freeze_a_broken_glass_and_a_concern_need_a_reason_of_a_fitting_length(reason):
    assert set(read_freeze(held(scope=option("all:"), reason={"value": reason})).errors) == {"reason"}
    assert set(read_reason(held(reason={"value": reason})).errors) == {"reason"}


def test_a_thaw_shows_what_goes_on_and_offers_all_of_several():
    freezes = (b.a_freeze(), b.a_freeze(id="FREEZE-3", reason="New tool"))
    view = thaw_view(freezes, people=b.PEOPLE, zone=LONDON, first="FREEZE-3")
    assert_openable(view)
    assert list(values_offered(view, "freeze")) == [FreezeRef(one).encode() for one in ("FREEZE-2", "FREEZE-3", "all")]
    chosen = next(block["element"] for block in view["blocks"] if block["type"] == "input")["initial_option"]
    assert chosen["value"] == FreezeRef("FREEZE-3").encode()
    assert "What it stopped goes on at once" in all_text(view)
    nothing = thaw_view((), people=b.PEOPLE, zone=LONDON)
    assert_openable(nothing)
    assert "submit" not in nothing


def test_a_thaw_reads_one_or_all_or_nothing():
    assert read_thaw(held(freeze=option(FreezeRef("FREEZE-3").encode()))).freeze_id == "FREEZE-3"
    every = read_thaw(held(freeze=option(FreezeRef("all").encode())))
    assert (every.freeze_id, every.errors) == (None, {})
    assert set(read_thaw(held(freeze=option("FREEZE-3"))).errors) == {"freeze"}
    assert set(read_thaw({}).errors) == {"freeze"}


def test_breaking_the_glass_names_every_consequence_before_the_button():
    view = break_glass_view()
    assert_openable(view)
    for consequence in ("one hour", "decide alone", "hard caps still hold", "channel is told", "somebody else reviews"):
        assert consequence in all_text(view)
    assert read_reason(held(reason={"value": " Fire "})).reason == "Fire"


def test_a_concern_knows_its_glass():
    view = concern_view(b.a_glass(), people=b.PEOPLE, zone=LONDON)
    assert_openable(view)
    assert GlassRef.decode(view["private_metadata"]) == GlassRef("GLASS-1")
    assert "Carla Mendes" in all_text(view)


@pytest.mark.parametrize("view", [hand_over_view(b.a_plan()), question_view(b.a_plan())])
def test_dialogs_about_a_plan_know_its_digest(view):
    assert_openable(view)
    assert PlanRef.decode(view["private_metadata"]) == reference(b.a_plan())


def test_a_hand_over_needs_a_person_and_may_have_words():
    form = read_hand_over(held(person={"selected_user": "U00CARLA"}, words={"value": None}))
    assert (form.slack_id, form.words, form.errors) == ("U00CARLA", "", {})
    assert set(read_hand_over(held(person={"selected_user": None}, words={"value": TOO_LONG})).errors) == {
        "person",
        "words",
    }


def test_a_question_needs_words():
    assert read_question(held(words={"value": " Why? "})).text == "Why?"
    for wrong in ("  ", None, TOO_LONG):
        assert set(read_question(held(words={"value": wrong})).errors) == {"words"}


def delegation(first, last, person="U00CARLA", now=b.NOW):
    entered = held(person={"selected_user": person}, to={"selected_date": last}) | {
        "from": {"held": {"selected_date": first}}
    }
    return read_delegate(entered, now=now, zone=LONDON)


def test_a_delegation_offers_a_week_from_today():
    view = delegate_view(today=date(2025, 6, 3))
    assert_openable(view)
    dates = [block["element"].get("initial_date") for block in view["blocks"] if block["type"] == "input"]
    assert dates == [None, "2025-06-03", "2025-06-09"]


def test_a_delegation_lasts_whole_days_of_ones_own_zone():
    form = delegation("2025-10-25", "2025-10-26", now=datetime(2025, 10, 1, tzinfo=UTC))
    assert form.errors == {}
    assert form.starts_at == datetime(2025, 10, 24, 23, 0, tzinfo=UTC)
    assert form.ends_at == datetime(2025, 10, 27, 0, 0, tzinfo=UTC)  # the clocks went back that night
    assert delegation("2025-06-03", "2025-06-03").starts_at == b.NOW


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("2025-06-05", "2025-06-04", {"to"}),
        ("2025-06-01", "2025-06-02", {"to"}),
        ("2025-06-03", "2026-06-03", {"to"}),
        (None, "2025-06-04", {"from"}),
        ("2025-06-03", None, {"to"}),
        ("yesterday", "tomorrow", {"from", "to"}),
    ],
)
def test_a_delegation_with_odd_days_says_what_is_wrong_beside_them(first, last, wrong):
    assert set(delegation(first, last).errors) == wrong
    assert set(delegation(first, last, person=None).errors) == {*wrong, "person"}


def waiting(*numbers, **changes):
    plans = [b.a_plan(id=f"PLAN-{n}", **changes) for n in numbers]
    return [reference(one, b.a_verdict()) for one in plans], {one.id: b.a_dossier(plan=one) for one in plans}


def test_a_bulk_decision_repeats_count_and_money_and_names_each_digest():
    refs, dossiers = waiting(4, 5)
    view = bulk_view(BulkVerb.APPROVE, refs, dossiers)
    assert_openable(view)
    assert "*Approve 2 plans?*  ·  *£2,940* at risk together" in all_text(view)
    assert view["submit"]["text"] == "Approve 2"
    assert BulkRef.decode(view["private_metadata"]) == BulkRef(BulkVerb.APPROVE, tuple(refs))
    assert view["callback_id"] == CallbackId.BULK


def test_money_of_several_currencies_is_not_added_up():
    refs, dossiers = waiting(4)
    more, others = waiting(5, money_at_risk=Money.of(200, "EUR"))
    assert "*£1,470 and €200* at risk" in all_text(bulk_view(BulkVerb.APPROVE, refs + more, dossiers | others))


def test_what_changed_since_it_was_ticked_is_left_out():
    refs, dossiers = waiting(4, 5, 6)
    dossiers["PLAN-5"] = b.a_dossier(plan=b.a_plan(id="PLAN-5"), verdict=b.a_verdict(policy_version="newer"))
    dossiers["PLAN-6"] = b.a_dossier(PlanState.DONE, plan=b.a_plan(id="PLAN-6"))
    view = bulk_view(BulkVerb.REJECT, [*refs, reference(b.a_plan(id="PLAN-7"))], dossiers)
    assert_openable(view)
    assert "Left out, changed or decided since you saw it: PLAN-5, PLAN-6, PLAN-7" in all_text(view)
    assert BulkRef.decode(view["private_metadata"]).plans == (refs[0],)


def test_too_many_at_once_are_left_out_and_counted():
    refs, dossiers = waiting(*range(1, MOST_BULK + 4))
    view = bulk_view(BulkVerb.APPROVE, refs, dossiers)
    assert_openable(view)
    assert "3 beyond 25 at once" in all_text(view)


@pytest.mark.parametrize("ticked", [[], [reference(b.a_plan())]])
def test_with_nothing_left_to_decide_there_is_no_button(ticked):
    view = bulk_view(BulkVerb.APPROVE, ticked, {})
    assert_openable(view)
    assert "submit" not in view


def test_only_rejections_ask_for_a_reason():
    assert read_bulk(BulkVerb.APPROVE, {}).errors == {}
    assert read_bulk(BulkVerb.REJECT, {"reason": {"text": {"value": " No "}}}).reason == "No"
    for wrong in ("", TOO_LONG):
        assert set(read_bulk(BulkVerb.REJECT, {"reason": {"text": {"value": wrong}}}).errors) == {"reason"}


def test_the_result_tells_each_plan_apart():
    message = bulk_result(BulkVerb.APPROVE, ["PLAN-1", "PLAN-2"], [("PLAN-3", "Already rejected by Carla")])
    assert_postable(message)
    assert message.text == "2 approved, 1 not."
    assert "⚠️ *PLAN-3* not: Already rejected by Carla" in all_text(message.blocks)
    assert bulk_result(BulkVerb.REJECT, ["PLAN-1"], []).text == "1 rejected."
    assert_postable(bulk_result(BulkVerb.REJECT, [], []))


def proposed(name=None, text=None, *files):
    uploads = [{"id": f"F{n}", "name": one, "url_private": f"https://x/{one}"} for n, one in enumerate(files)]
    return read_propose(held(files={"files": uploads}, name={"value": name}, text={"value": text}))


def test_rules_are_proposed_as_files_or_as_a_text():
    assert_openable(propose_view())
    assert proposed(None, None, "caps.cedar").uploads == (Upload("F0", "caps.cedar", "https://x/caps.cedar"),)
    assert proposed("limits.yml", "total: 5\n").files == {"limits.yml": "total: 5\n"}
    assert proposed("limits.yml", "total: 5\n", "caps.test.yml").errors == {}


@pytest.mark.parametrize(
    ("entered", "wrong"),
    [
        ((None, None), "files"),
        ((None, None, "../caps.cedar"), "files"),
        ((None, None, "caps.exe"), "files"),
        ((None, None, "a.cedar", "a.cedar"), "files"),
        (("limits.txt", "x"), "name"),
        ((None, "x"), "name"),
        (("limits.yml", "  "), "text"),
        (("a.cedar", "x", "a.cedar"), "name"),
    ],
)
def test_what_cannot_be_a_file_of_rules_is_refused_beside_its_input(entered, wrong):
    assert set(proposed(*entered).errors) == {wrong}
