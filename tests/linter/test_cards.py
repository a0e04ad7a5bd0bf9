"""No card or dialog says a figure that no record produced."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.kpis.provenance import unsourced
from bot.slack.cards import notices
from bot.slack.cards.alert_card import alert_card
from bot.slack.cards.ask_card import ask_card
from bot.slack.cards.blocks import Message
from bot.slack.cards.edit_view import edit_view
from bot.slack.cards.glass_card import freeze_card, glass_card
from bot.slack.cards.kpi_card import kpi_card
from bot.slack.cards.list_cards import plan_list
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.rollback_views import rollback_preview
from bot.slack.cards.why_view import why_view
from storage.records.plans import PlanState
from tests import builders as b
from tests.linter.shown import read_by_people

LONDON = ZoneInfo("Europe/London")


def figures_of(shown: Message | Mapping[str, Any], *basis: object) -> tuple[str, ...]:
    return unsourced(read_by_people(shown), (*basis, b.NOW), zones=[LONDON])


@pytest.mark.parametrize("state", list(PlanState))
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=9)], ids=["now", "later"])
def test_every_figure_of_a_plan_card_is_sourced(state: PlanState, later: timedelta) -> None:
    dossier = b.a_dossier(state)
    assert figures_of(plan_card(dossier, zone=LONDON, now=b.NOW + later), dossier, b.NOW + later) == ()


def test_every_figure_of_a_large_plan_and_of_a_rollback_is_sourced() -> None:
    for plan in (b.a_plan(changes=b.many_changes(40)), b.a_rollback_plan()):
        dossier = b.a_dossier(plan=plan)
        assert figures_of(plan_card(dossier, zone=LONDON, now=b.NOW), dossier) == ()


def test_every_figure_of_dialogs_and_messages_about_a_plan_is_sourced() -> None:
    dossier, nudge, preview = b.a_dossier(), b.a_nudge(), b.a_rollback_preview()
    plan = dossier.status.plan
    assert figures_of(why_view(dossier, zone=LONDON), dossier) == ()
    assert figures_of(edit_view(plan), plan) == ()
    assert figures_of(ask_card(nudge, dossier, b.AARON, zone=LONDON, now=b.NOW), dossier, nudge) == ()
    assert figures_of(plan_list([dossier.status] * 25, zone=LONDON), [dossier.status] * 25, 25 - 20) == ()
    for message in (
        notices.too_late(dossier, zone=LONDON),
        notices.expired(dossier, zone=LONDON),
        notices.not_allowed(dossier),
        notices.stale_revision(dossier, seen=1),
    ):
        assert figures_of(message, dossier, 1) == ()
    assert figures_of(rollback_preview(preview), preview) == ()


def test_every_figure_of_alerts_freezes_and_glass_is_sourced() -> None:
    alert, freeze, glass = b.an_alert(), b.a_freeze(), b.a_glass()
    assert figures_of(alert_card(alert, zone=LONDON, people=b.PEOPLE), alert) == ()
    assert figures_of(freeze_card(freeze, people=b.PEOPLE, zone=LONDON), freeze) == ()
    shown = glass_card(glass, [], people=b.PEOPLE, zone=LONDON, now=b.NOW, reviewers=(b.AARON,))
    assert figures_of(shown, glass) == ()


@pytest.mark.parametrize("answer", [b.a_kpi_answer(), b.a_kpi_answer_by_channel()], ids=["whole", "by channel"])
def test_every_figure_of_a_number_is_sourced(answer: Any) -> None:
    assert figures_of(kpi_card(answer, zone=LONDON, formula="revenue / spend"), answer) == ()


def test_a_figure_that_a_card_makes_up_is_found() -> None:
    answer = b.a_kpi_answer()
    forged = answer.model_copy(update={"notes": ("We saved 4,711.23 last week.",)})
    assert figures_of(kpi_card(forged, zone=LONDON), answer) == ("4711.23", "4711.23") or figures_of(
        kpi_card(forged, zone=LONDON), answer
    ) == ("4711.23",)
