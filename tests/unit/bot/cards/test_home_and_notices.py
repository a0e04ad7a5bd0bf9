"""App Home, lists and private answers."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import ActionId, DelegationRef, PageRef
from bot.slack.cards import notices
from bot.slack.cards.home_parts import GovernanceLine, HealthLine
from bot.slack.cards.home_view import Standing, home_view, read_ticked
from bot.slack.cards.list_cards import FleetLine, fleet_list, help_card, plan_list
from bot.slack.cards.plan_card import reference
from bot.slack.cards.tiles_part import KpiTile
from storage.records.alerts import Severity
from storage.records.plans import PlanState
from storage.records.reviews import Review, ReviewState
from storage.records.verdicts import Answer
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_openable, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
PAGE_CONTROLS = {ActionId.HOME_DELEGATE, ActionId.HOME_FREEZE}


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
    assert set(elements_of(view)) - PAGE_CONTROLS == decisions


def test_cases_of_mine_come_first_the_worst_next_and_parts_of_another_are_counted():
    mine = b.an_alert(id="ALERT-1", assigned_to="aaron", finding=b.a_finding(key="a"))
    worst = b.an_alert(id="ALERT-2", finding=b.a_finding(key="b", severity=Severity.CRITICAL))
    part = b.an_alert(id="ALERT-3", finding=b.a_finding(key="c", part_of="b"))
    alone = b.an_alert(id="ALERT-4", finding=b.a_finding(key="d", part_of="over by now"))
    text = all_text(home(alerts=[alone, part, worst, mine]))
    places = [text.index(name) for name in ("ALERT-1", "ALERT-2", "ALERT-4")]
    assert places == sorted(places)
    assert "👤 *yours*" in text
    assert "ALERT-3" not in text
    assert "1 more case with the same cause" in text


def test_cases_that_wait_for_my_next_step_say_what_and_until_when():
    due = a_review(state=ReviewState.ACKNOWLEDGED, due_at=b.NOW + timedelta(hours=2))
    late = a_review(alert_id="ALERT-9", due_at=b.NOW - timedelta(hours=2))
    text = all_text(home(reviews=[due, late]))
    assert "ALERT-3* · CPC of Paid search · say what caused it, due" in text
    assert text.index("ALERT-9") < text.index("ALERT-3")
    assert "⏰ *ALERT-9*" in text


def test_the_kpis_stand_above_the_alerts_with_their_picture():
    picture = {"type": "image", "slack_file": {"id": "F000000001"}, "alt_text": "KPIs"}
    view = home(tiles=[KpiTile(b.a_kpi_answer(), b.a_kpi_answer())], picture=picture, alerts=[b.an_alert()])
    kinds = [block["type"] for block in view["blocks"]]
    text = all_text(view)
    assert "image" in kinds
    assert text.index("KPIs of the last 7 days") < text.index("Open alerts")


def a_review(**changes):
    defaults = {
        "alert_id": "ALERT-3",
        "key": "drift/cpc/paid_search",
        "kpi": "cpc",
        "entity": "paid_search",
        "severity": Severity.WARNING,
        "simulated": True,
        "state": ReviewState.OPEN,
        "version": 1,
        "owner": "aaron",
        "opened_at": b.NOW,
        "since": b.NOW,
        "due_at": b.NOW,
    }
    return Review(**{**defaults, **changes})


def test_home_does_not_let_people_approve_what_it_does_not_show():
    view = home(waiting=[b.a_dossier(plan=b.a_plan(changes=b.many_changes(200)))])
    assert set(elements_of(view)) - PAGE_CONTROLS == {ActionId.PLAN_WHY}


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
    assert text.index("Ailing") < text.index("Fine")
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


def several(count, **changes):
    return [b.a_dossier(plan=b.a_plan(id=f"PLAN-{n}", **changes)) for n in range(1, count + 1)]


def boxes_of(view):
    return {
        block["block_id"]: block["elements"][0] for block in view["blocks"] if block.get("block_id", "")[:4] == "pick"
    }


def test_several_plans_can_be_ticked_and_decided_together():
    waiting = several(3)
    view = home(waiting=waiting)
    assert {ActionId.HOME_APPROVE, ActionId.HOME_REJECT} <= set(elements_of(view))
    boxes = boxes_of(view)
    assert len(boxes) == 3
    state = {name: {ActionId.HOME_PICK: {"selected_options": one["options"]}} for name, one in list(boxes.items())[1:]}
    assert read_ticked(state) == tuple(reference(one.status.plan, one.verdict) for one in waiting[1:])


def test_one_plan_alone_needs_no_box():
    view = home(waiting=several(1))
    assert boxes_of(view) == {}
    assert ActionId.HOME_APPROVE not in elements_of(view)


def test_what_is_not_shown_whole_cannot_be_ticked():
    rules = b.a_dossier(plan=b.a_policy_plan(), impact=b.an_impact())
    large = b.a_dossier(plan=b.a_plan(id="PLAN-9", changes=b.many_changes(30)))
    view = home(waiting=[rules, large, *several(2)])
    assert set(boxes_of(view)) == {"pick.PLAN-1.1", "pick.PLAN-2.1"}
    assert "18 would come out differently" in all_text(view)


def test_forged_or_foreign_ticks_are_left_out():
    forged = {"pick.PLAN-1.1": {ActionId.HOME_PICK: {"selected_options": [{"value": "PLAN-1"}, {}]}}}
    assert read_ticked(forged) == ()
    assert read_ticked({"other": {"x": {"value": "y"}}, "odd": None}) == ()


@pytest.mark.parametrize(
    ("page", "turns"),
    [(1, {"on": 2}), (2, {"back": 1, "on": 3}), (3, {"back": 2}), (99, {"back": 2}), (-1, {"on": 2})],
)
def test_a_long_inbox_has_pages(page, turns):
    view = home(waiting=several(25), page=page)
    found = {
        name.rpartition(".")[2]: PageRef.decode(one["value"]).page
        for name, one in elements_of(view).items()
        if name.startswith(ActionId.HOME_PAGE)
    }
    assert found == turns


def test_home_says_what_stands_still_who_stands_in_and_how_governance_did():
    standing = Standing(
        freezes=(b.a_freeze(),),
        glasses=(b.a_glass(), b.a_glass(id="GLASS-2", until=b.NOW - timedelta(hours=1))),
        delegations=(b.a_delegation(), b.a_delegation(id="DELEGATION-2", from_person="aaron", to_person="carla")),
        drafts=("limits.yml",),
        governance=GovernanceLine(3, 2, Decimal("35.5"), expired=1, escalated=2, overridden=0),
        people=b.PEOPLE,
    )
    view = home(standing=standing)
    text = all_text(view)
    for expected in (
        "🧊 *FREEZE-2* stops everything: “Black Friday, no changes”",
        "🚨 *BROKEN GLASS*: Carla Mendes decides alone until",
        "🚨 *To be reviewed*: Carla Mendes decided alone under GLASS-2",
        "You decide for *Carla Mendes*",
        "Carla Mendes decides for *you*",
        "🔴 *66.6%* of 3 changes validly approved · median 35 min to decide · 1 expired · 2 escalated",
        "*Drafts, not in force*: limits.yml",
    ):
        assert expected in text
    ends = [one["accessory"] for one in view["blocks"] if "accessory" in one]
    assert [DelegationRef.decode(one["value"]) for one in ends] == [DelegationRef("DELEGATION-2")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (GovernanceLine(), "no change yet · 0 expired"),
        (GovernanceLine(changes=2, valid=2), "🟢 *100%* of 2 changes validly approved · 0 expired"),
        (GovernanceLine(changes=10_000, valid=9_999), "🔴 *99.9%*"),
        (GovernanceLine(median_minutes=Decimal(150)), "median 2.5 h to decide"),
        (GovernanceLine(median_minutes=Decimal(4320)), "median 3.0 days to decide"),
    ],
)
def test_the_governance_line_is_never_rounded_up(line, words):
    assert words in all_text(home(standing=Standing(governance=line)))


def test_whoever_approves_first_of_two_is_told_what_is_missing():
    dossier = b.a_dossier(progress=(b.a_progress(),))
    assert "It still needs the CMO." in said(notices.decided(dossier, Answer.APPROVE))
    assert "It waits again" in said(notices.decided(dossier, Answer.WITHDRAW))


def test_asking_reminding_and_quiet_are_confirmed():
    assert "before" in said(notices.hushed("PLAN-12", b.NOW, zone=LONDON))
    assert "*Aaron Blake and Carla Mendes* got a message" in said(notices.asked_of("PLAN-12", (b.AARON, b.CARLA)))
    assert "under the card" in said(notices.question_passed_on("PLAN-12"))
