"""A change of the rules is read as what it would have meant, and then as what differs in the text."""

import json
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import ActionId
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.policy_part import changes_rules, difference, impact_text, texts_of
from bot.slack.cards.why_view import why_view
from storage.records.plans import PlanState
from storage.records.policies import Shift
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_openable, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
MANY = {f"rule{n}.cedar": "\n".join(f"line {n} {i} " + "x" * 40 for i in range(40)) for n in range(6)}


def card(dossier):
    message = plan_card(dossier, zone=LONDON, now=b.NOW)
    assert_postable(message)
    return message


def code_of(blocks):
    return [
        part["elements"][0]["text"] for block in blocks if block["type"] == "rich_text" for part in block["elements"]
    ]


def test_the_card_shows_impact_then_difference_and_who_has_to_agree():
    dossier = b.a_dossier(plan=b.a_policy_plan(), impact=b.an_impact(), progress=(b.a_progress(),))
    blocks = card(dossier).blocks
    text = all_text(blocks)
    assert "*Of the last 412 decisions (5 Mar – 3 Jun 2025) 18 would come out differently*" in text
    assert "• *12* refused instead of asked (£8,400 at risk), such as PLAN-9, PLAN-4" in text
    assert "• *6* asked instead of allowed (£1,200 at risk), such as PLAN-7" in text
    assert "Version `c0ffee00` → `decaf000`" in text
    assert "*1 of 2*: Aaron Blake ✓, needs the CMO" in text
    assert "📄 *limits.yml* changed  ·  +1 −1 lines" in text
    assert "📄 *night.cedar* *new*  ·  +3 −0 lines" in text
    assert code_of(blocks)[0] == "-total: 1000\n+total: 500\n step: 70%\n channels:"
    assert "£0" not in text


def test_rules_are_not_edited_in_a_form_but_approved_rejected_and_asked_about():
    pressable = set(elements_of(card(b.a_dossier(plan=b.a_policy_plan())).blocks))
    assert ActionId.PLAN_EDIT not in pressable
    assert {ActionId.PLAN_APPROVE, ActionId.PLAN_REJECT, ActionId.PLAN_WHY, ActionId.PLAN_MORE} <= pressable


def test_reasons_do_not_repeat_the_impact():
    plan = b.a_policy_plan(why=("Ada Novak asked for it.", "18 of 412 would come out differently."))
    text = all_text(card(b.a_dossier(plan=plan, impact=b.an_impact())).blocks)
    assert "Ada Novak asked for it." in text
    assert "18 of 412" not in text
    assert "18 of 412" in all_text(card(b.a_dossier(plan=plan)).blocks)


def test_long_texts_are_cut_on_the_card_and_whole_under_why():
    dossier = b.a_dossier(plan=b.a_policy_plan(dict.fromkeys(MANY), MANY), impact=b.an_impact())
    text = all_text(card(dossier).blocks)
    assert "more lines: the rest under Why?" in text
    assert "and 2 more files: all of them under Why?" in text
    view = why_view(dossier, zone=LONDON)
    assert_openable(view)
    whole = "\n".join(code_of(view["blocks"]))
    assert all(f"+line 5 {i} " in whole for i in range(40))
    assert "What it would have meant" in all_text(view)


@pytest.mark.parametrize("state", [PlanState.DONE, PlanState.REJECTED, PlanState.APPROVED])
def test_a_decided_change_of_the_rules_shows_its_text_still(state):
    assert "limits.yml" in all_text(card(b.a_dossier(state, plan=b.a_policy_plan())).blocks)


@pytest.mark.parametrize(
    ("impact", "words"),
    [
        (b.an_impact(judged=0, changed=0, shifts=()), "Nobody knows what it would have meant"),
        (b.an_impact(changed=0, shifts=()), "Changes nothing so far*: of the last 412 decisions"),
        (b.an_impact(unjudgeable=3), "3 older decisions could not be judged again"),
        (b.an_impact(first=None), "Of the last 412 decisions 18 would"),
        (
            b.an_impact(shifts=(Shift(before="2 people", after="3 people", count=4),)),
            "*4* 3 people instead of 2 people",
        ),
        (
            b.an_impact(
                shifts=(Shift(before="waits for approver", after="waits for 2 people: approver and cmo", count=3),)
            ),
            "*3* asked of 2 people: approver and CMO instead of asked of approver",
        ),
        (b.an_impact(shifts=(Shift(before="waits", after="allowed", count=3),)), "*3* allowed instead of asked"),
        (b.an_impact(shifts=b.an_impact().shifts * 4), "…and 2 other kinds of difference"),
    ],
)
def test_the_impact_is_told_in_words_and_numbers(impact, words):
    assert words in impact_text(impact, LONDON)


def test_lines_left_out_between_two_stretches_are_marked():
    old = "\n".join(str(n) for n in range(30))
    added, removed, lines = difference(old, old.replace("3\n", "drei\n", 1).replace("25", "fünfundzwanzig"))
    assert (added, removed) == (2, 2)
    assert lines.count("…") == 1
    assert lines[0] == " 1"


def test_a_removed_file_is_all_minus():
    plan = b.a_policy_plan({"a.cedar": "x\ny"}, {"a.cedar": None})
    text = all_text(card(b.a_dossier(plan=plan)).blocks)
    assert "*a.cedar* *removed*  ·  +0 −2 lines" in text


def test_taking_such_a_plan_back_shows_the_text_too():
    plan = b.a_policy_plan()
    back = b.a_rollback_plan(plan)
    assert changes_rules(back)
    assert not changes_rules(b.a_plan())
    assert code_of(card(b.a_dossier(plan=back)).blocks)[0].startswith("-total: 500\n+total: 1000")


@pytest.mark.parametrize("text", ["", "no JSON", "[]", json.dumps({"a": 1})])
def test_a_text_that_cannot_be_read_shows_no_files(text):
    change = b.a_policy_plan().changes[0].model_copy(update={"before": text, "after": text})
    assert texts_of(change) == ({}, {})
