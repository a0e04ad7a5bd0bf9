"""Slack's own charts serve where they say all there is to say; their numbers are those of the answer."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from bot.slack.cards.native_chart import MOST_BARS, native_chart
from bot.workspace.blocks.validate import check_message_blocks
from tests import builders as b
from tests.unit.bot.cards import hostile


def rows(*labels):
    return tuple(b.a_kpi_row(label, n + 1, 1) for n, label in enumerate(labels))


def test_a_few_members_are_bars_in_the_order_of_the_answer():
    block = native_chart(b.a_kpi_answer_by_channel())
    check_message_blocks([block])
    assert block["title"] == "ROAS, 27 May – 2 June 2025"
    (series,) = block["chart"]["series"]
    assert [point["label"] for point in series["data"]] == ["Paid search", "Paid social", "Website", "Email"]
    assert series["data"][0]["value"] == 4.1
    assert block["chart"]["axis_config"]["y_label"] == "ratio"


@pytest.mark.parametrize(
    "changes",
    [
        {"target": Decimal(4)},
        {"by": "day", "rows": rows("2025-05-27", "2025-05-28")},
        {"by": "week", "rows": rows("2025-05-26", "2025-06-02")},
        {"by": "currency", "rows": rows("GBP", "EUR")},
        {"unit": "currency/conversion", "rows": rows("Spring · EUR", "Autumn · GBP")},
        {"rows": rows("email")},
        {"rows": rows(*(f"campaign {n}" for n in range(MOST_BARS + 1)))},
        {"rows": (b.a_kpi_row("email", 1, 0), b.a_kpi_row("website", 1, 2))},
        {"rows": rows("A very long name of a campaign, first", "A very long name of a campaign, second")},
    ],
)
def test_where_it_could_not_say_it_all_a_picture_is_drawn_instead(changes):
    assert native_chart(b.a_kpi_answer_by_channel(**changes)) is None


def test_days_alone_are_a_picture():
    assert native_chart(b.a_kpi_answer()) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile.kpi_answers())
def test_slack_takes_whatever_is_made_of_any_data(answer):
    if (block := native_chart(answer)) is not None:
        check_message_blocks([block])
