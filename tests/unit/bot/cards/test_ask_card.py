"""The message to one person: what is asked, and after the decision who decided and that nothing is left to do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import ActionId, MenuRef, PlanChoice
from bot.slack.cards.ask_card import ON_MESSAGES, ask_card, block_prefix, quiet_until
from storage.records.nudges import NudgeKind
from storage.records.plans import PlanState
from storage.records.verdicts import Answer
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
LINK = "https://example.slack.com/archives/C1/p1"


def asked(dossier, person=b.AARON, now=b.NOW, link=LINK, **nudge):
    message = ask_card(b.a_nudge(**nudge), dossier, person, zone=LONDON, now=now, link=link)
    assert_postable(message)
    return message


def text_of(dossier, **options):
    return all_text(asked(dossier, **options).blocks)


def test_it_says_what_is_asked_what_it_costs_and_what_happens_otherwise_in_this_order():
    text = text_of(b.a_dossier())
    parts = ("Aaron, your approval is asked", "PLAN-12", "*If nobody decides:*", "£1,470 at most", "Brand search")
    assert sorted(parts, key=text.index) == list(parts)
    assert asked(b.a_dossier()).text == (
        "Aaron, your approval is asked: PLAN-12 · Shift £210/day to paid search. Money at risk £1,470. Simulated."
    )


def test_it_can_be_decided_opened_and_put_off_there():
    pressable = elements_of(asked(b.a_dossier()).blocks)
    assert set(pressable) == {
        ActionId.PLAN_APPROVE,
        ActionId.PLAN_REJECT,
        ActionId.PLAN_WHY,
        ActionId.PLAN_OPEN,
        ActionId.PLAN_MORE,
    }
    assert pressable[ActionId.PLAN_OPEN]["url"] == LINK
    choices = [MenuRef.decode(one["value"]).choice for one in pressable[ActionId.PLAN_MORE]["options"]]
    assert choices == list(ON_MESSAGES)
    assert ActionId.PLAN_OPEN not in elements_of(asked(b.a_dossier(), link=None).blocks)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NudgeKind.ASSIGNED, "Aaron, this was handed to you"),
        (NudgeKind.REMINDER, "Aaron, this still waits for you"),
        (NudgeKind.ESCALATION, "Aaron, this was escalated to you: nobody has decided"),
    ],
)
def test_reminders_escalations_and_hand_overs_say_what_they_are(kind, words):
    text = text_of(b.a_dossier(), kind=kind, text="You know *this* better")
    assert words in text
    assert "You know ∗this∗ better" in text
    assert ("“You know ∗this∗ better”" in text) == (kind is NudgeKind.ASSIGNED)


def test_an_admin_who_cannot_approve_is_asked_to_find_somebody():
    nobody = b.a_dossier(approvers=())
    message = asked(nobody, person=b.ADA, kind=NudgeKind.ESCALATION, text="Nobody holds the role finance")
    text = all_text(message.blocks)
    assert "Ada Novak, somebody is needed who may decide this" in text
    assert "Nobody holds the role finance" in text
    assert "*If nobody decides:*" in text
    assert set(elements_of(message.blocks)) == {ActionId.PLAN_WHY, ActionId.PLAN_OPEN, ActionId.PLAN_MORE}


def test_whoever_approved_under_other_rules_is_asked_again():
    again = b.a_dossier(decisions=(b.a_decision(policy_version="older"),))
    assert ActionId.PLAN_APPROVE in elements_of(asked(again).blocks)


def test_what_one_has_approved_can_only_be_withdrawn():
    mine = b.a_dossier(progress=(b.a_progress(),), decisions=(b.a_decision(),), approvers=(b.CARLA,))
    message = asked(mine)
    assert "✅ You approved it. It still needs the CMO." in all_text(message.blocks)
    assert set(elements_of(message.blocks)) == {ActionId.PLAN_WITHDRAW, ActionId.PLAN_WHY, ActionId.PLAN_OPEN}


@pytest.mark.parametrize(
    ("dossier", "now", "words"),
    [
        (b.a_dossier(approvers=(b.CARLA,)), b.NOW, "It waits for Carla Mendes now, not for you."),
        (b.a_dossier(approvers=()), b.NOW, "It waits for somebody else now"),
        (b.a_dossier(plan=b.a_plan(revision=2)), b.NOW, "is now revision 2"),
        (b.a_dossier(), b.NOW + timedelta(days=3), "It expired undecided"),
        (b.a_dossier(PlanState.DONE), b.NOW, "It is done. Approved by Aaron Blake"),
        (b.a_dossier(PlanState.SUPERSEDED), b.NOW, "It was superseded"),
        (
            b.a_dossier(PlanState.REJECTED, decisions=(b.a_decision(answer=Answer.REJECT, person_id="carla"),)),
            b.NOW,
            "Rejected by Carla Mendes",
        ),
        (
            b.a_dossier(PlanState.REJECTED, decisions=(b.a_decision(answer=Answer.REJECT),)),
            b.NOW,
            "Rejected by you",
        ),
    ],
)
def test_once_it_is_over_it_says_so_and_nothing_can_be_decided(dossier, now, words):
    message = asked(dossier, now=now)
    assert words in all_text(message.blocks)
    assert not {ActionId.PLAN_APPROVE, ActionId.PLAN_REJECT, ActionId.PLAN_MORE} & set(elements_of(message.blocks))


def test_rules_are_asked_about_by_their_impact():
    text = text_of(b.a_dossier(plan=b.a_policy_plan(), impact=b.an_impact()))
    assert "18 would come out differently" in text
    assert "Money at risk" not in text
    assert "Of the last" not in text_of(b.a_dossier(plan=b.a_policy_plan()))


def test_a_freeze_is_said_but_lifted_elsewhere():
    message = asked(b.a_dossier(freezes=(b.a_freeze(),)))
    assert "Stopped by FREEZE-2" in all_text(message.blocks)
    assert ActionId.FREEZE_THAW not in elements_of(message.blocks)


def test_the_message_is_found_again_by_its_blocks():
    for dossier in (b.a_dossier(), b.a_dossier(PlanState.DONE)):
        ids = [block.get("block_id", "") for block in asked(dossier, id=7).blocks]
        assert any(one.startswith(block_prefix(b.a_nudge(id=7))) for one in ids)
        assert not any(one.startswith(block_prefix(b.a_nudge(id=70))) for one in ids)


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        (PlanChoice.QUIET_1_HOUR, datetime(2025, 3, 29, 23, 30, tzinfo=UTC)),
        (PlanChoice.QUIET_4_HOURS, datetime(2025, 3, 30, 2, 30, tzinfo=UTC)),
        # The clocks go forward that night: nine in London is eight in UTC.
        (PlanChoice.QUIET_TOMORROW, datetime(2025, 3, 30, 8, 0, tzinfo=UTC)),
        (PlanChoice.REMIND, None),
    ],
)
def test_quiet_lasts_hours_or_until_nine_in_ones_own_morning(choice, until):
    assert quiet_until(choice, now=datetime(2025, 3, 29, 22, 30, tzinfo=UTC), zone=LONDON) == until
