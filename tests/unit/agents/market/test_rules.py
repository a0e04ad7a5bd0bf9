from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from agents.market.history import first_campaigns
from agents.market.rules import BUDGET, STATUS, blocked_until, edited, is_learning, objection_to
from storage.market_ledger.rows import ChangeRow
from storage.records.money import Money
from tests.fakes.market_home import pounds

CAMPAIGNS = {row.campaign_id: replace(row, daily_budget_minor=100_00) for row in first_campaigns("GBP")}
DAY = date(2026, 4, 1)
EIGHT = datetime(2026, 4, 1, 8, tzinfo=UTC)


def budget_changes(*minutes_ago: int) -> list[ChangeRow]:
    return [
        ChangeRow("so-3001", BUDGET, pounds(1), pounds(2), "x", EIGHT - timedelta(minutes=m), 2) for m in minutes_ago
    ]


@pytest.mark.parametrize(("after", "learns"), [(119, False), (120, False), (121, True), (80, False), (79, True)])
def test_an_edit_above_a_fifth_sends_social_back_to_learning(after: int, learns: bool):
    moved = edited(CAMPAIGNS["so-3001"], BUDGET, pounds(after), today=DAY)
    assert is_learning(moved, DAY) is learns
    assert not is_learning(moved, DAY + timedelta(days=7))


def test_email_has_no_learning_phase():
    assert edited(CAMPAIGNS["em-101"], BUDGET, pounds(200), today=DAY).learning_until is None


def test_every_edit_makes_the_next_version():
    assert edited(CAMPAIGNS["em-101"], STATUS, "paused", today=DAY).version == 2


def test_the_fifth_edit_within_an_hour_is_blocked_for_an_hour_after_the_fourth():
    latest = budget_changes(1, 2, 3, 4)
    assert blocked_until("paid_social", latest, EIGHT) == EIGHT + timedelta(minutes=59)
    assert blocked_until("paid_social", latest, EIGHT + timedelta(minutes=59)) is None


def test_three_edits_or_four_over_more_than_an_hour_block_nothing():
    assert blocked_until("paid_social", budget_changes(1, 2, 3), EIGHT) is None
    assert blocked_until("paid_social", budget_changes(1, 2, 3, 62), EIGHT) is None


def test_other_channels_take_any_number_of_edits_an_hour():
    assert blocked_until("paid_search", budget_changes(1, 2, 3, 4), EIGHT) is None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (BUDGET, Money.of(100, "EUR"), "kept in GBP, not in EUR"),
        (BUDGET, pounds(0), "between £1.00 and £25,000.00, not £0.00"),
        (BUDGET, pounds(25_001), "between £1.00 and £25,000.00"),
        (BUDGET, "100", "must be money"),
        (STATUS, "deleted", "one of active, paused, not deleted"),
        (STATUS, pounds(3), "one of active, paused"),
        ("bid", pounds(3), "has no field bid"),
    ],
)
def test_what_the_platform_will_never_take_is_named(field: str, value: Money | str, said: str):
    objection = objection_to(CAMPAIGNS["ps-2001"], field, value)
    assert objection is not None
    assert said in objection.reason
