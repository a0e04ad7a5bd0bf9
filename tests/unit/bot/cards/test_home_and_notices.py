"""App Home, lists and private answers."""

from zoneinfo import ZoneInfo

from bot.slack.buttons import ActionId
from bot.slack.cards import notices
from bot.slack.cards.home_view import HealthLine, home_view
from bot.slack.cards.list_cards import FleetLine, fleet_list, help_card, plan_list
from storage.records.plans import PlanState
from storage.records.verdicts import Answer
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_openable, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")


def home(**content):
    view = home_view(b.AARON, zone=LONDON, now=b.NOW, **content)
    assert_openable(view)
    return view


def said(message):
    assert_postable(message)
    return all_text(message.blocks)


def test_home_puts_what_waits_first_and_lets_it_be_decided():
    view = home(
        waiting=[b.a_dossier()],
        recent=[b.a_status(state=PlanState.DONE)],
        alerts=[b.an_alert()],
        health=[HealthLine("Outcome monitor", ok=False, text="has not run for 3 hours", checked_at=b.NOW)],
    )
    text = all_text(view)
    positions = [text.index(part) for part in ("£1,470", "Open alerts", "Recent plans", "Health", "🔴 *Outcome")]
    assert positions == sorted(positions)
    assert "1 plan waits for you" in text
    decisions = {ActionId.PLAN_APPROVE, ActionId.PLAN_EDIT, ActionId.PLAN_REJECT, ActionId.PLAN_WHY}
    assert set(elements_of(view)) == decisions


def test_home_does_not_let_people_approve_what_it_does_not_show():
    view = home(waiting=[b.a_dossier(plan=b.a_plan(changes=b.many_changes(200)))])
    assert set(elements_of(view)) == {ActionId.PLAN_WHY}


def test_an_empty_home_says_so():
    text = all_text(home())
    for expected in ("Nothing waits for you", "All quiet.", "Nothing yet."):
        assert expected in text


def test_lists_count_and_mark():
    text = said(plan_list([b.a_status(), b.a_status(state=PlanState.DONE)], zone=LONDON))
    assert "1 waits for approval" in text
    assert "🟡 *PLAN-12*" in text
    assert "🟢 *PLAN-12*" in text
    assert "No plans yet" in said(plan_list([], zone=LONDON))


def test_ailing_agents_come_first():
    lines = [FleetLine("fine", "plans", "1"), FleetLine("ailing", "watches", "1", healthy=False)]
    text = said(fleet_list(lines, zone=LONDON))
    assert text.index("ailing") < text.index("fine")
    assert "2 agents, 1 needs attention" in text


def test_the_market_is_mentioned_only_where_there_is_one():
    assert "/market" in said(help_card(simulated=True))
    assert "/market" not in said(help_card(simulated=False))


def test_a_late_click_learns_who_decided_and_when():
    text = said(notices.too_late(b.a_dossier(PlanState.DONE), zone=LONDON))
    assert "was already approved by Aaron Blake" in text
    assert "|3 Jun 2025 at 10:42 BST>" in text
    no = b.a_decision(answer=Answer.REJECT, reason="no", person_id="carla")
    rejected = b.a_dossier(PlanState.REJECTED, decisions=(no,))
    assert "was already rejected by Carla Mendes" in said(notices.too_late(rejected, zone=LONDON))
    superseded = said(notices.too_late(b.a_dossier(PlanState.SUPERSEDED), zone=LONDON))
    assert "was superseded" in superseded
    assert "Your click changed nothing" in superseded


def test_who_may_not_learns_who_may():
    text = said(notices.not_allowed(b.a_dossier(), why=("You asked for it yourself.",)))
    assert "Only *Aaron Blake or Carla Mendes* may approve it" in text
    assert "You asked for it yourself." in text


def test_an_old_revision_is_named():
    text = said(notices.stale_revision(b.a_dossier(plan=b.a_plan(revision=2)), seen=1))
    assert "revision 1 of *PLAN-12*" in text
    assert "revision 2" in text


def test_a_question_that_was_not_understood_offers_what_may_be_meant():
    message = notices.not_understood("roaz", ["how is ROAS this week?"])
    assert "Did you mean" in said(message)
    assert set(elements_of(message.blocks)) == {"kpi.ask.0"}
    assert "/plan help" in said(notices.not_understood("???", []))
