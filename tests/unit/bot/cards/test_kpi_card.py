"""A KPI answer never shows a number without unit, window, comparison, freshness and source."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.slack.buttons import Question
from bot.slack.cards.kpi_card import kpi_card
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_postable, elements_of, texts_of

LONDON = ZoneInfo("Europe/London")


def card(answer, **options):
    message = kpi_card(answer, zone=LONDON, **options)
    assert_postable(message)
    return message


def spend(**changes):
    rows = tuple(b.a_kpi_row(name, amount, None) for name, amount in (("paid_search", 750), ("email", 250)))
    defaults = {
        "label": "Spend", "unit": "GBP", "direction": "neutral", "value": Decimal(1000), "numerator": Decimal(1000),
        "denominator": None, "previous": Decimal(800), "by": "channel", "rows": rows,
    }  # fmt: skip
    return b.a_kpi_answer(**{**defaults, **changes})


def test_the_number_comes_with_everything_a_reader_must_know():
    text = all_text(card(b.a_kpi_answer(), formula="revenue / spend").blocks)
    for expected in (
        "ROAS: 3.65",
        "27 May – 2 June 2025",
        "▲ 13.7%* (better), from 3.21 in 20–26 May 2025",
        "data to 2 June 2025",
        "days of Europe/London",
        "GBP",
        "Sandbox market, load 01JWX3 (84 days)",
        "ROAS = revenue / spend: 38,240 ÷ 10,480",
        "Marketing analytics",
        "Provisional",
        "Simulated",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("direction", "previous", "word"),
    [("higher", "4", "(worse)"), ("lower", "4", "(better)"), ("lower", "3", "(worse)")],
)
def test_whether_a_movement_is_good_depends_on_the_kpi(direction, previous, word):
    answer = b.a_kpi_answer(direction=direction, previous=Decimal(previous))
    assert word in all_text(card(answer).blocks)


def test_a_kpi_without_a_good_direction_is_not_judged():
    text = all_text(card(spend()).blocks)
    assert "▲ 25.0%" in text
    assert "better" not in text
    assert "worse" not in text


def test_a_dimension_gives_a_table_with_shares_of_sums():
    table = next(block for block in card(spend()).blocks if block["type"] == "table")
    assert texts_of(table, "raw_text") == [
        "Channel", "Spend", "Paid search", "£750.00 (75%)", "Email", "£250.00 (25%)",
    ]  # fmt: skip


def test_ratios_have_no_shares():
    table = next(block for block in card(b.a_kpi_answer_by_channel()).blocks if block["type"] == "table")
    assert texts_of(table, "raw_text")[:4] == ["Channel", "ROAS", "Paid search", "4.10"]


def test_long_tables_are_cut_and_say_so():
    rows = tuple(b.a_kpi_row(f"Campaign {n}", n, None) for n in range(1, 31))
    table = next(block for block in card(spend(by="campaign", rows=rows)).blocks if block["type"] == "table")
    assert texts_of(table, "raw_text")[-2] == "…and 10 more"


def test_names_of_campaigns_are_left_as_they_are():
    answer = spend(by="campaign", rows=(b.a_kpi_row("uk_brand", 1, None),))
    assert "uk_brand" in all_text(card(answer).blocks)


def test_zero_denominators_are_undefined_and_not_zero():
    text = all_text(card(b.a_kpi_answer(value=None, denominator=Decimal(0))).blocks)
    assert "ROAS: undefined: nothing to divide by" in text
    assert "0.00" not in text


def test_money_of_several_currencies_is_listed_and_never_added():
    rows = (b.a_kpi_row("GBP", 750, None), b.a_kpi_row("EUR", 20, None))
    text = all_text(card(spend(unit="currency", value=None, by="currency", rows=rows, currency=None)).blocks)
    assert "never added" in text
    assert "£750.00" in text
    assert "€20.00" in text


def test_no_data_is_the_answer_when_there_is_none():
    message = card(b.a_kpi_answer(no_data=True, value=None, numerator=None, denominator=None, provisional=False))
    assert "no data" in message.text
    assert "newest complete day is 2 June 2025" in all_text(message.blocks)


def test_follow_ups_are_at_most_four_buttons_that_ask():
    questions = [f"question {n}" for n in range(6)]
    buttons = elements_of(card(b.a_kpi_answer(), follow_ups=questions).blocks)
    assert list(buttons) == ["kpi.ask.0", "kpi.ask.1", "kpi.ask.2", "kpi.ask.3"]
    assert Question.decode(buttons["kpi.ask.1"]["value"]).text == "question 1"


def test_the_text_for_screen_readers_is_the_answer():
    assert card(b.a_kpi_answer()).text == "ROAS 3.65, 27 May – 2 June 2025 (provisional, simulated)."


def mixed(*rows, **changes):
    """An answer over several currencies, which has no figure of its own."""
    found = tuple(b.a_kpi_row(label, amount, None) for label, amount in rows)
    blank = tuple(row.model_copy(update={"value": None}) if row.label.endswith("?") else row for row in found)
    return spend(unit="currency", value=None, previous=None, numerator=None, rows=blank, **changes)


def test_currencies_stand_apart_with_their_amounts_and_without_rows_that_tell_nothing():
    message = card(mixed(("paid_search · EUR", "6183.55"), ("paid_search · GBP", "592.62"), ("email · ?", 0)))
    text = all_text(message.blocks)
    assert "Spend: several currencies, which are never added" in text
    assert "€6,183.55" in text
    assert "£592.62" in text
    assert "unknown" not in text
    assert "?" not in text
    assert "Nothing to compare" not in text
    assert message.text.startswith("Spend several currencies")


def test_a_name_that_looks_like_a_currency_is_a_name_where_the_answer_has_one_currency():
    text = all_text(card(spend(rows=(b.a_kpi_row("Brand · GBP", 750, None),))).blocks)
    assert "Brand · GBP" in text


def test_a_card_says_tools_and_files_and_no_names_of_loads():
    answer = spend(sources=("google_ads, May.csv (load file-31fe71b1ab9d)",))
    text = all_text(card(answer).blocks)
    assert "Google Ads, May.csv" in text
    assert "load file" not in text
