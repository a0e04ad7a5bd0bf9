"""Whatever the data says, every card and dialog is one that Slack takes and that says nothing but our words."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.slack.buttons import BulkVerb
from bot.slack.cards import markup, notices
from bot.slack.cards.alert_call_card import alert_call_card
from bot.slack.cards.alert_card import alert_card
from bot.slack.cards.alert_views import (
    assign_view,
    escalate_view,
    expect_view,
    rebaseline_view,
    snooze_view,
    suspects_view,
)
from bot.slack.cards.ask_card import ask_card
from bot.slack.cards.bulk_views import bulk_result, bulk_view
from bot.slack.cards.digest_card import digest_card
from bot.slack.cards.edit_view import edit_errors, edit_view
from bot.slack.cards.glass_card import freeze_card, glass_card
from bot.slack.cards.history import HISTORY, announcement, history_line
from bot.slack.cards.home_parts import GovernanceLine, HealthLine
from bot.slack.cards.home_view import Standing, home_view
from bot.slack.cards.kpi_card import kpi_card
from bot.slack.cards.list_cards import FleetLine, fleet_list, plan_line, plan_list
from bot.slack.cards.people_views import hand_over_view, question_view
from bot.slack.cards.plan_card import plan_card, reference
from bot.slack.cards.reject_view import reject_view
from bot.slack.cards.rollback_views import rollback_picker, rollback_preview
from bot.slack.cards.stop_views import concern_view, freeze_view, thaw_view
from bot.slack.cards.why_view import why_view
from storage.records.attention import Call, CallKind
from storage.records.nudges import NudgeKind
from tests import builders as b
from tests.unit.bot.cards import hostile
from tests.unit.bot.cards.strictness import assert_harmless, assert_openable, assert_postable

ANNOUNCED = ("freeze.set", "freeze.lifted", "policy.adopted", "policy.changed", "glass.closed")
LONDON = ZoneInfo("Europe/London")
# Without shrinking: the examples are whole records, and the favourites among them name the culprit.
few = settings(
    max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@few
@given(hostile.dossiers(), st.sampled_from([timedelta(0), timedelta(days=9)]))
def test_plan_cards_are_postable(dossier, later):
    assert_postable(plan_card(dossier, zone=LONDON, now=b.NOW + later))


@few
@given(hostile.dossiers())
def test_dialogs_about_a_plan_can_be_opened(dossier):
    plan = dossier.status.plan
    assert_openable(why_view(dossier, zone=LONDON))
    assert_openable(edit_view(plan))
    assert_openable(reject_view(plan))
    assert_openable(hand_over_view(plan))
    assert_openable(question_view(plan))
    assert edit_errors(plan, [("c1", plan.title or "no"), ("unknown", "no")])


@few
@given(hostile.dossiers(), hostile.names)
def test_notices_are_postable(dossier, text):
    for message in (
        notices.too_late(dossier, zone=LONDON),
        notices.expired(dossier, zone=LONDON),
        notices.stale_revision(dossier, seen=1),
        notices.not_allowed(dossier, why=(text,) * 9),
        notices.not_found(text),
        notices.not_understood(text, (text, "how is ROAS this week?")),
        notices.no_plan((text,) * 9, keep=True),
        notices.market_moved(text, 7, (text,) * 20),
        notices.market_refused(text),
        notices.failed(text),
        notices.refused(text),
        notices.waiting_for([plan_line(dossier.status, LONDON)] * 14),
    ):
        assert_postable(message)
        assert_openable(notices.message_view("Sorry", message))


@few
@given(
    hostile.dossiers(), hostile.names, st.sampled_from(NudgeKind), st.sampled_from([timedelta(0), timedelta(days=9)])
)
def test_messages_to_people_are_postable(dossier, text, kind, later):
    nudge = b.a_nudge(text=text, kind=kind, revision=dossier.status.plan.revision)
    for person in (b.AARON, b.a_person(name=text)):
        shown = dossier.model_copy(update={"approvers": (*dossier.approvers, person)})
        link = "https://example.slack.com/archives/C1/p1"
        assert_postable(ask_card(nudge, shown, person, zone=LONDON, now=b.NOW + later, link=link))
    assert_postable(ask_card(nudge, dossier, b.VICTOR, zone=LONDON, now=b.NOW))


@few
@given(hostile.glasses(), hostile.freezes(), hostile.dossiers(), st.sampled_from([timedelta(0), timedelta(hours=2)]))
def test_glass_and_freeze_cards_are_postable(glass, freeze, dossier, later):
    plans = [dossier.status] * 20
    reviewers = (b.AARON, b.CARLA)
    assert_postable(
        glass_card(glass, plans, people=dossier.people, zone=LONDON, now=b.NOW + later, reviewers=reviewers)
    )
    assert_openable(concern_view(glass, people=dossier.people, zone=LONDON))
    assert_postable(freeze_card(freeze, people=dossier.people, zone=LONDON))
    several = [freeze, *(b.a_freeze(id=f"FREEZE-{n}", reason=freeze.reason) for n in range(3, 110))]
    assert_openable(thaw_view(several, people=dossier.people, zone=LONDON))
    named = [freeze.value, glass.reason] * 60
    assert_openable(freeze_view(brands=named, channels=named, agents=named))


@few
@given(st.lists(hostile.entries(st.sampled_from([*ANNOUNCED, *sorted(HISTORY)])), min_size=3, max_size=3))
def test_history_and_announcements_are_postable(entries):
    for entry in entries:
        line = history_line(entry, b.PEOPLE, zone=LONDON)
        assert line is None or (line.strip() and markup.width(line) < 4000)
        assert_harmless(line or "")
        message = announcement(entry, b.PEOPLE, zone=LONDON)
        if message is not None:
            assert_postable(message)


@few
@given(st.lists(hostile.dossiers(), max_size=4), hostile.names, st.sampled_from(BulkVerb))
def test_bulk_dialogs_can_be_opened(dossiers, text, verb):
    waiting = {
        f"PLAN-{n}": b.a_dossier(plan=one.status.plan.model_copy(update={"id": f"PLAN-{n}"}))
        for n, one in enumerate(dossiers * 10, start=1)
    }
    ticked = [reference(one.status.plan, one.verdict) for one in waiting.values()]
    assert_openable(bulk_view(verb, [*ticked, reference(b.a_plan(id="PLAN-99"))], waiting))
    message = bulk_result(verb, [one.plan_id for one in ticked], [(text, text)] * 9)
    assert_postable(message)
    assert_openable(notices.message_view("Result", message))


@few
@given(hostile.alerts(), st.lists(hostile.alerts(), max_size=2), st.sampled_from([1, 30]))
def test_alert_cards_are_postable(alert, parts, times):
    assert_postable(alert_card(alert, zone=LONDON, people=b.PEOPLE, parts=parts * times))


@few
@given(hostile.alerts(), hostile.names, st.sampled_from(CallKind))
def test_messages_and_forms_about_an_alert_can_be_sent_and_opened(alert, text, kind):
    call = Call(id=1, alert_id=alert.id, person_id="olivia", kind=kind, words=text, due_at=b.NOW)
    person = b.a_person(name=text)
    assert_postable(alert_call_card(call, alert, person, people=b.PEOPLE, link="https://slack.example/archives/C/p1"))
    assert_openable(suspects_view(alert, links={}))
    assert_openable(assign_view(alert))
    assert_openable(assign_view(alert, takers=[person.model_copy(update={"slack_id": "U1"})] * 101))
    assert_openable(assign_view(alert, takers=[person.model_copy(update={"slack_id": "U1"})]))
    assert_openable(snooze_view(alert, today=b.TODAY))
    assert_openable(expect_view(alert, parts=3))
    assert_openable(rebaseline_view(alert, first=b.TODAY))
    assert_openable(escalate_view(alert))


@few
@given(hostile.digests())
def test_digests_are_postable(digest):
    assert_postable(digest_card(digest, zone=LONDON))


@few
@given(hostile.previews())
def test_rollback_previews_can_be_opened(preview):
    assert_openable(rollback_preview(preview))
    assert_openable(rollback_picker([preview.plan] * 120, zone=LONDON))


@few
@given(hostile.kpi_answers(), hostile.names)
def test_kpi_answers_are_postable(answer, text):
    assert_postable(kpi_card(answer, zone=LONDON, formula=text, follow_ups=[text] * 6))


@few
@given(hostile.dossiers(), hostile.alerts(), hostile.names)
def test_home_and_lists_hold_with_many_of_everything(dossier, alert, text):
    plan = dossier.status.plan
    several = [plan.model_copy(update={"id": f"PLAN-{number}"}) for number in range(1, 16)]
    waiting = [b.a_dossier(plan=one) for one in several]
    statuses = [dossier.status] * 36
    standing = Standing(
        freezes=[b.a_freeze(reason=text, value=text)] * 9,
        glasses=[b.a_glass(reason=text)] * 9,
        delegations=[b.a_delegation(id=f"DELEGATION-{n}", from_person=b.OLIVIA.id) for n in range(1, 9)],
        drafts=[text] * 9,
        governance=GovernanceLine(changes=3, valid=2, median_minutes=Decimal("7.5")),
        people=dossier.people,
    )
    health = [HealthLine(text, ok=False, text=text, checked_at=b.NOW)] * 50
    home = home_view(
        b.a_person(name=text), zone=LONDON, now=b.NOW, waiting=waiting, recent=statuses,
        alerts=[alert] * 30, health=health, simulated=True, standing=standing,
    )  # fmt: skip
    assert_openable(home)
    drawn = [
        dossier.model_copy(update={"status": b.a_status(plan=plan.model_copy(update={"id": f"PLAN-{n}"}))})
        for n in range(1, 13)
    ]
    assert_openable(home_view(b.AARON, zone=LONDON, now=b.NOW, waiting=drawn, standing=standing))
    assert_openable(home_view(b.AARON, zone=LONDON, now=b.NOW, waiting=drawn, standing=standing, page=9))
    assert_postable(plan_list(statuses, zone=LONDON))
    agent = FleetLine(text, text, text, healthy=False, last_ran=b.NOW, last_result=text, waiting=3)
    assert_postable(fleet_list([agent] * 40, zone=LONDON))
