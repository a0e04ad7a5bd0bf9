"""An alert card says what moved and why, and offers only what still makes sense."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import ActionId, AlertRef, PlanName, SnoozeRef
from bot.slack.cards.alert_card import alert_card
from storage.records.alerts import AlertKind, AlertState, Severity
from storage.records.owners import Answerable
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
ALL = {
    ActionId.ALERT_ACKNOWLEDGE,
    ActionId.ALERT_SNOOZE,
    ActionId.ALERT_MORE,
    ActionId.ALERT_SUSPECTS,
    ActionId.PLAN_ROLLBACK,
}


def card(**changes):
    message = alert_card(b.an_alert(**changes), zone=LONDON, people=b.PEOPLE)
    assert_postable(message)
    return message


def test_an_open_alert_tells_numbers_cause_since_when_and_the_suspect():
    text = all_text(card().blocks)
    for expected in ("38 % above normal", "£1.24 per click", "Auction prices rose", "since 5 Jun", "PLAN-12", "🟠"):
        assert expected in text


def test_its_controls_name_the_alert_and_the_suspect_plan():
    controls = elements_of(card().blocks)
    assert AlertRef.decode(controls[ActionId.ALERT_ACKNOWLEDGE]["value"]) == AlertRef("ALERT-3")
    assert PlanName.decode(controls[ActionId.PLAN_ROLLBACK]["value"]) == PlanName("PLAN-12")
    days = [SnoozeRef.decode(one["value"]).days for one in controls[ActionId.ALERT_SNOOZE]["options"]]
    assert days == [1, 3, 7]


@pytest.mark.parametrize(
    ("state", "controls", "expected"),
    [
        (AlertState.OPEN, ALL, "open"),
        (AlertState.ACKNOWLEDGED, ALL - {ActionId.ALERT_ACKNOWLEDGE}, "Olivia Reed is looking at it"),
        (AlertState.SNOOZED, ALL - {ActionId.ALERT_ACKNOWLEDGE, ActionId.ALERT_SNOOZE}, "Snoozed* until"),
        (AlertState.RECOVERED, set(), "Recovered"),
    ],
)
def test_each_state_offers_what_still_makes_sense(state, controls, expected):
    blocks = card(state=state, acknowledged_by="olivia", snoozed_until=b.NOW + timedelta(days=3)).blocks
    assert set(elements_of(blocks)) == controls
    assert expected in all_text(blocks)


def test_without_a_suspect_there_is_nothing_to_roll_back():
    blocks = card(finding=b.a_finding(suspect_plan=None)).blocks
    assert ActionId.PLAN_ROLLBACK not in elements_of(blocks)
    assert "Suspect" not in all_text(blocks)


@pytest.mark.parametrize(
    ("severity", "mark"), [(Severity.NOTE, "🔵"), (Severity.WARNING, "🟠"), (Severity.CRITICAL, "🔴")]
)
def test_severity_is_a_colour_and_a_word(severity, mark):
    text = all_text(card(finding=b.a_finding(severity=severity)).blocks)
    assert mark in text
    assert severity.value.capitalize() in text


def test_a_new_version_has_a_fresh_snooze_menu():
    ids = {card(version=version).blocks[-2]["block_id"] for version in (3, 4)}
    assert len(ids) == 2


def test_the_text_for_screen_readers_says_severity_state_and_title():
    expected = "Warning ALERT-3, open: Cost per click on paid search is 38 % above normal. Simulated."
    assert card().text == expected


def test_it_says_who_answers_for_what_it_is_about_and_that_nobody_does():
    answers = Answerable(artefact="kpi:cpc", role="performance marketing", people=(b.OLIVIA, b.CARLA))
    shown = all_text(alert_card(b.an_alert(), zone=LONDON, people=b.PEOPLE, answers=answers).blocks)
    assert "Answers for it: *Olivia Reed and Carla Mendes* (performance marketing)" in shown
    nobody = answers.model_copy(update={"people": ()})
    shown = all_text(alert_card(b.an_alert(), zone=LONDON, people=b.PEOPLE, answers=nobody).blocks)
    assert "Answers for it: *nobody holds the role performance marketing*" in shown


def test_the_cause_stands_above_what_moved_in_detail():
    text = all_text(card().blocks)
    assert text.index("Cause") < text.index("Suspect") < text.index("£1.24 per click")


def test_what_it_rests_on_is_told_in_words():
    evidence = ("load:sandbox-2025-06-05-17d7a23a", "model:drift_thresholds@2", "PLAN-3")
    text = all_text(card(finding=b.a_finding(evidence=evidence)).blocks)
    assert "data of sandbox to 5 Jun 2025; alert thresholds, version 2; PLAN-3" in text


def test_sources_that_are_late_together_are_listed_on_one_card():
    late = b.a_finding(kind=AlertKind.FRESHNESS, title="Data of ads are late", candidates=(), suspect_plan=None)
    parts = [b.an_alert(id=f"ALERT-{number}", finding=late) for number in (8, 9)]
    message = alert_card(b.an_alert(finding=late), zone=LONDON, people=b.PEOPLE, parts=parts)
    assert_postable(message)
    text = all_text(message.blocks)
    for expected in (
        "Data of ads are late, and of 2 more sources",
        "2 more sources are late*, told here alone",
        "ALERT-9",
    ):
        assert expected in text
