"""The picture of the data: every source has its lane, and whoever cannot see it is told the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from agents.lifecycle.intake.source_picture import DaySpend
from bot.slack.data_chart import MOST_DAYS, at_axis, can_draw, data_chart, draw
from tests.unit.bot.cards.data_builders import FIRST, LAST, a_dataset, a_source, a_survey, no_survey

PNG = b"\x89PNG\r\n\x1a\n"


def test_it_is_a_picture_with_the_same_facts_in_words() -> None:
    orders = a_source(
        "shopify", datasets=(a_dataset(dataset="order"),), spend={}, coverage=(), days=0, gaps=(), spend_by_day=()
    )
    chart = data_chart(a_survey(a_source(provisional_from=date(2026, 10, 25)), orders))

    assert chart.png.startswith(PNG)
    assert chart.title == "What your data covers · 1–31 October 2026"
    for expected in ("Google Ads 1–31 October 2026", "nothing for 4–6 October 2026", "£18,257.62 spent", "Shopify"):
        assert expected in chart.alt_text


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("0", "USD", "$0"),
        ("60", "USD", "$60"),
        ("120", "USD", "$120"),
        ("0.5", "GBP", "£0.50"),
        ("2000", "EUR", "€2,000"),
    ],
)
def test_whole_amounts_at_an_axis_are_written_alike(amount: str, currency: str, said: str) -> None:
    assert at_axis(Decimal(amount), currency) == said


def test_without_days_there_is_nothing_to_draw() -> None:
    assert not can_draw(no_survey())
    assert not can_draw(a_survey(a_source(first_day=None, last_day=None, coverage=(), spend_by_day=(), days=0)))
    assert can_draw(a_survey())


def test_of_many_years_the_newest_days_are_drawn() -> None:
    days = tuple(LAST - timedelta(days=back) for back in range(2000, -1, -1))
    spend = tuple(DaySpend(day=one, currency="GBP", amount=Decimal(5)) for one in days)
    chart = data_chart(a_survey(a_source(first_day=days[0], coverage=days, spend_by_day=spend, gaps=())))
    assert f"{(LAST - timedelta(days=MOST_DAYS - 1)):%B %Y}" in chart.title


@pytest.mark.parametrize("name", ["$x_{", "\u202egnissim", "日本語", "<b>", "x" * 500])
def test_no_name_and_no_number_of_sources_can_break_it(name: str) -> None:
    sources = [a_source(f"{name}{index}", simulated=True) for index in range(20)]
    chart = data_chart(a_survey(*sources))
    assert chart.png.startswith(PNG)
    assert len(chart.alt_text) <= 1000
    assert "(simulated)" in chart.title


def test_one_day_of_one_source_is_drawn_too() -> None:
    one = a_source(
        first_day=FIRST, last_day=FIRST, coverage=(FIRST,), days=1, gaps=(), provisional_from=FIRST,
        spend_by_day=(DaySpend(day=FIRST, currency="JPY", amount=Decimal(0)),),
    )  # fmt: skip
    assert data_chart(a_survey(one)).png.startswith(PNG)


async def test_drawing_leaves_the_event_loop_free() -> None:
    assert (await draw(a_survey())).png.startswith(PNG)
