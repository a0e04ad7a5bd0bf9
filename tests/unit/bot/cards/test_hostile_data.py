"""Whatever the data says, every card and dialog is one that Slack takes and that says nothing but our words."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.slack.cards import notices
from bot.slack.cards.alert_card import alert_card
from bot.slack.cards.edit_view import edit_errors, edit_view
from bot.slack.cards.home_view import HealthLine, home_view
from bot.slack.cards.kpi_card import kpi_card
from bot.slack.cards.list_cards import FleetLine, fleet_list, plan_line, plan_list
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.reject_view import reject_view
from bot.slack.cards.rollback_views import rollback_picker, rollback_preview
from bot.slack.cards.why_view import why_view
from tests import builders as b
from tests.unit.bot.cards import hostile
from tests.unit.bot.cards.strictness import assert_openable, assert_postable

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
    assert edit_errors(plan, [("c1", plan.title or "no"), ("unknown", "no")])


@few
@given(hostile.dossiers(), hostile.names)
def test_notices_are_postable(dossier, text):
    for message in (
        notices.too_late(dossier, zone=LONDON),
        notices.expired(dossier, zone=LONDON),
        notices.stale_revision(dossier, seen=1),
        notices.not_allowed(dossier, why=(text,) * 9),
        notices.needs_role(text, dossier.approvers),
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
@given(hostile.alerts())
def test_alert_cards_are_postable(alert):
    assert_postable(alert_card(alert, zone=LONDON, people=b.PEOPLE))


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
    health = [HealthLine(text, ok=False, text=text, checked_at=b.NOW)] * 50
    home = home_view(
        b.a_person(name=text), zone=LONDON, now=b.NOW, waiting=waiting, recent=statuses,
        alerts=[alert] * 30, health=health, simulated=True,
    )  # fmt: skip
    assert_openable(home)
    assert_postable(plan_list(statuses, zone=LONDON))
    agent = FleetLine(text, text, text, healthy=False, last_ran=b.NOW, last_result=text, waiting=3)
    assert_postable(fleet_list([agent] * 40, zone=LONDON))
