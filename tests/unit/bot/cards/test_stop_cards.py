"""Freezes and broken glass are loud while they last, and say how they end."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import ActionId, FreezeRef, GlassRef
from bot.slack.cards.glass_card import freeze_card, glass_card
from storage.records.plans import PlanState
from storage.records.stops import FreezeScope
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
LATER = b.NOW + timedelta(hours=2)


def glass(now=b.NOW, plans=(), reviewers=(), **changes):
    message = glass_card(b.a_glass(**changes), plans, people=b.PEOPLE, zone=LONDON, now=now, reviewers=reviewers)
    assert_postable(message)
    assert any(block.get("block_id") == "glass.GLASS-1" for block in message.blocks)
    return message


def test_open_glass_names_who_why_until_when_and_what_was_done():
    message = glass(plans=(b.a_status(state=PlanState.DONE),))
    text = all_text(message.blocks)
    assert "🚨 BROKEN GLASS: Carla Mendes decides alone" in text
    assert "“The wrong price is live and finance is away”" in text
    assert "*If nobody does anything:* it ends then" in text
    assert "*PLAN-12* is done" in text
    assert "Hard caps still hold" in text
    assert elements_of(message.blocks) == {}
    assert "BROKEN GLASS" in message.text


def test_afterwards_somebody_else_reviews_it():
    message = glass(LATER, reviewers=(b.AARON, b.CARLA, b.a_person(slack_id=None)))
    assert "please review" in all_text(message.blocks)
    assert "Nothing so far." in all_text(message.blocks)
    fine, concern = (elements_of(message.blocks)[one] for one in (ActionId.GLASS_FINE, ActionId.GLASS_CONCERN))
    assert fine["visible_to_user_ids"] == concern["visible_to_user_ids"] == ["U00AARON"]
    assert GlassRef.decode(fine["value"]) == GlassRef("GLASS-1")


def test_a_reviewed_one_says_by_whom_and_with_which_words():
    message = glass(LATER, closed_at=LATER, reviewed_by="aaron", reviewed_at=LATER, review="Too *quick*")
    text = all_text(message.blocks)
    assert "✅ Broken glass of Carla Mendes: reviewed" in text
    assert "*Reviewed by Aaron Blake*" in text
    assert "“Too ∗quick∗”" in text
    assert elements_of(message.blocks) == {}


def test_of_many_plans_the_rest_is_counted():
    assert "…and 5 more plans" in all_text(glass(plans=[b.a_status()] * 20).blocks)


@pytest.mark.parametrize(
    ("scope", "value", "words"),
    [
        (FreezeScope.ALL, "", "stops *everything*"),
        (FreezeScope.BRAND, "Acme", "stops *brand Acme*"),
        (FreezeScope.CHANNEL, "paid_social", "stops *Paid social*"),
        (FreezeScope.AGENT, "budget_planner", "stops *the agent Budget planner*"),
    ],
)
def test_a_freeze_is_announced_with_what_it_stops_and_how_it_goes_on(scope, value, words):
    message = freeze_card(b.a_freeze(scope=scope, value=value), people=b.PEOPLE, zone=LONDON)
    assert_postable(message)
    text = all_text(message.blocks)
    assert words in text
    assert "“Black Friday, no changes”" in text
    assert "stays so until somebody thaws it" in text
    assert FreezeRef.decode(elements_of(message.blocks)[ActionId.FREEZE_THAW]["value"]) == FreezeRef("FREEZE-2")


def test_a_thaw_is_announced_by_whom():
    message = freeze_card(b.a_freeze(thawed_by="carla", thawed_at=LATER), people=b.PEOPLE, zone=LONDON)
    assert_postable(message)
    assert "☀️ *FREEZE-2 is lifted* by Carla Mendes" in all_text(message.blocks)
    assert elements_of(message.blocks) == {}
