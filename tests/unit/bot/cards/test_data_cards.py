"""Cards about data say what was found, what is wrong, how fresh it is, and what is missing; no name is markup."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.buttons import ActionId
from bot.slack.cards.data_words import age, dataset_name, source_name, things
from bot.slack.cards.found_card import Found, found_card, result_line
from bot.slack.cards.picture_card import home_lines, picture_card, set_aside_card
from bot.slack.cards.reading_card import reading_text
from bot.slack.data_buttons import LoadRef
from storage.contracts.entities import BY_DATASET
from storage.records.facts import DroppedRow
from tests.unit.bot.cards.data_builders import (
    FIRST,
    LAST,
    TODAY,
    a_dataset,
    a_question,
    a_report,
    a_row,
    a_source,
    a_survey,
    landed,
    no_survey,
)
from tests.unit.bot.cards.hostile import names
from tests.unit.bot.cards.strictness import all_text, assert_harmless, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")
PICTURE = {"type": "image", "image_url": "https://x.example/p.png", "alt_text": "days"}


def card(*found, **changes):
    message = found_card(found or (Found(landed()),), today=TODAY, **changes)
    assert_postable(message)
    return message


def words_of(*found, **changes):
    return all_text(card(*found, **changes).blocks)


def test_one_file_tells_source_campaigns_days_spend_and_that_its_totals_agree():
    text = words_of()
    for expected in (
        "google.csv: read",
        "Google Ads",
        "14 campaigns",
        "31 days",
        "£18,257.62 spent",
        "1–31 October 2026",
        "22 days ago",
        "437 rows read",
        "2 left out (total row)",
        "Equal to the file's own total row",
    ):
        assert expected in text


def test_rows_set_aside_are_named_with_line_and_reason_and_can_be_looked_at():
    message = card(Found(landed(quarantined=7), [a_row(12), a_row(40, "day is 2027-01-01, in the future")]))
    text = all_text(message.blocks)
    for expected in ("*7 set aside*", "line 12: clicks is -3", "line 40: day is 2027-01-01", "5 more"):
        assert expected in text
    shown = elements_of(message.blocks)[ActionId.DATA_SET_ASIDE]
    assert LoadRef.decode(shown["value"]) == LoadRef("file-0a1b2c3d4e5f")


def test_a_difference_to_the_files_own_totals_is_said_with_its_sign():
    off = {"spend": Decimal("-3.50"), "clicks": Decimal(12), "impressions": Decimal(0)}
    text = words_of(Found(landed(report=a_report(total_row_difference=off))))
    assert "Differs from the file's own total row: spend −3.5, clicks +12" in text


def test_a_file_of_orders_tells_of_orders_and_what_they_were_worth():
    report = a_report(
        source="shopify",
        layout="shopify_orders",
        campaigns=0,
        spend={},
        rows_by_dataset={"order": 1204, "order_line": 2010},
        amounts={"order": {"GBP": Decimal("61234.50")}},
        total_row_difference=None,
    )
    text = words_of(Found(landed("orders.csv", report=report)))
    for expected in ("Shopify", "1,204 orders", "2,010 order lines", "*Orders* £61,234.50", "no total row to compare"):
        assert expected in text
    assert "campaign" not in text.replace("campaigns*", "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"report": None, "load_id": None, "new": False, "refused": "line 5: broken quotes"}, "line 5: broken quotes"),
        ({"load_id": None, "new": False, "question": a_question()}, "Q-3 has to be answered first"),
        ({"new": False}, "exactly this already: nothing changed"),
    ],
)
def test_whatever_came_of_a_file_is_said_alone_and_among_others(changes, expected):
    one = Found(landed(**changes))
    assert expected in words_of(one)
    assert expected in words_of(one, Found(landed("other.csv")))
    assert expected in result_line(one)


def test_a_refusal_says_the_name_of_the_file_once():
    refused = landed(report=None, load_id=None, new=False, refused=f"{landed().name}, line 5: broken quotes")
    assert result_line(Found(refused)).count(landed().name) == 1


def test_ten_files_make_one_card_with_what_needs_somebody_first():
    found = [Found(landed(f"file-{n}.csv")) for n in range(8)]
    found.append(Found(landed("odd.csv", load_id=None, new=False, question=a_question())))
    found.append(Found(landed("deck.pdf", report=None, load_id=None, new=False, refused="deck.pdf is no table")))
    survey = a_survey(a_source(stale=True), a_source("meta"), missing=("No orders: margin is unknown.",))
    text = words_of(*found, survey=survey, picture=PICTURE)
    assert "10 files: 8 read, 1 question, 1 not readable" in text
    assert text.index("deck.pdf") < text.index("odd.csv") < text.index("file-0.csv")
    for expected in (
        "All your data now",
        "2 sources, 28 campaigns",
        "Not fresh",
        "Google Ads (to 31 October 2026",
        "No orders",
    ):
        assert expected in text


def test_reading_shows_what_is_done_what_is_under_way_and_what_comes():
    text = reading_text(["a.csv", "b.csv", "c.csv"], [Found(landed("a.csv"))], current="b.csv", share=0.434, seconds=1)
    assert text.splitlines()[0] == "Reading 3 files…"
    assert "✅ *a.csv*" in text
    assert "⏳ *b.csv* 43% read" in text
    assert text.splitlines()[-1] == "◦ c.csv"
    done = reading_text(["a.csv"], [Found(landed("a.csv"))], current=None, share=None, seconds=0.84)
    assert done.startswith("Through with 1 file after 0.8 s.")


def test_the_picture_tells_each_source_with_days_gaps_freshness_and_money():
    source = a_source(stale=True, provisional_from=date(2026, 10, 25), quarantined=2, datasets=(a_dataset(stale=True),))
    orders = a_dataset(dataset="order", rows=1204)
    shop = a_source("shopify", datasets=(orders,), campaigns=0, spend={}, coverage=(), days=0, gaps=(), spend_by_day=())
    survey = a_survey(
        source, shop, quarantined=2, questions=(a_question(),), missing=("No budgets.",), notes=("x.csv was refused.",)
    )
    message = picture_card(survey, zone=LONDON, today=TODAY, picture=PICTURE)
    assert_postable(message)
    text = all_text(message.blocks)
    for expected in (
        "Your data: 2 sources, 14 campaigns",
        "🟠 *Google Ads* · 14 campaigns · £18,257.62 spent",
        "1–31 October 2026 (28 days)",
        "nothing for 4–6 October 2026 (3 days)",
        "may still change from 25 October 2026 on",
        "*not fresh*: late since 4 Nov 2026, 00:00 GMT (3 working days promised)",
        "🟢 *Shopify* · 1,204 orders",
        "No budgets.",
        "Q-3",
        "2 rows set aside",
        "x.csv was refused",
    ):
        assert expected in text
    assert PICTURE in message.blocks
    assert ActionId.DATA_SET_ASIDE in elements_of(message.blocks)


def test_without_data_the_picture_says_how_to_begin():
    message = picture_card(no_survey(), zone=LONDON, today=TODAY)
    assert_postable(message)
    assert "Drop exports of your tools" in all_text(message.blocks)
    assert "Drop exports of your tools" in home_lines(no_survey(), today=TODAY)


def test_money_in_several_currencies_is_never_added():
    survey = a_survey(spend={"GBP": Decimal(10), "EUR": Decimal(20)})
    text = all_text(picture_card(survey, zone=LONDON, today=TODAY).blocks)
    assert "£10.00 + €20.00 (currencies are never added up)" in text


def test_the_home_section_names_what_is_not_fresh_first_and_what_waits():
    survey = a_survey(a_source("meta"), a_source(stale=True), questions=(a_question(),), quarantined=3)
    lines = home_lines(survey, today=TODAY).splitlines()
    assert lines[1].startswith("🟠 *Google Ads*")
    assert any("Q-3" in line for line in lines)
    assert any("3 rows set aside" in line for line in lines)


def test_rows_set_aside_are_listed_by_file():
    message = set_aside_card([a_row(1), a_row(2)])
    assert_postable(message)
    assert "google.csv" in all_text(message.blocks)
    assert "line 2: clicks" in all_text(message.blocks)
    assert "No rows are set aside" in set_aside_card([]).text


@pytest.mark.parametrize("dataset", ["facts", *BY_DATASET])
def test_every_dataset_has_words_of_its_own(dataset):
    assert things(dataset, 2).startswith("2 ")
    assert "row of" not in things(dataset, 1), "name it in data_words"
    assert dataset_name(dataset)[0].isupper()


def test_sources_are_called_as_people_call_them():
    assert [source_name(one) for one in ("google_ads", "ga4", "mail_tool")] == ["Google Ads", "GA4", "Mail tool"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "to today"), (-1, "to today"), (1, "to yesterday"), (2, "to 20 November 2026, 2 days ago")],
)
def test_age_is_said_in_days(days, expected):
    assert age(TODAY - timedelta(days=days), TODAY) == expected


hostile_reports = st.builds(
    a_report,
    source=names,
    layout=names,
    campaigns=st.sampled_from([0, 1, 10**9]),
    spend=st.dictionaries(st.sampled_from(["GBP", "JPY", "KWD", "EUR", "USD", "SEK"]), st.just(Decimal("1e15"))),
    rows_dropped=st.lists(st.builds(DroppedRow, line=st.just(1), reason=names), max_size=20).map(tuple),
    notes=st.lists(names, max_size=20).map(tuple),
    rows_by_dataset=st.dictionaries(st.sampled_from(["facts", "order", "lead", "odd_thing"]), st.integers(0, 10**9)),
    total_row_difference=st.one_of(st.none(), st.dictionaries(names, st.just(Decimal("-0.0001")), max_size=8)),
)
hostile_found = st.builds(
    Found,
    st.builds(
        landed,
        name=names,
        report=st.one_of(st.none(), hostile_reports),
        refused=names,
        question=st.one_of(st.none(), st.builds(a_question, title=names)),
        new=st.booleans(),
        quarantined=st.sampled_from([0, 1, 10**6]),
    ),
    st.lists(st.builds(a_row, line=st.integers(0, 10**9), reason=names), max_size=12),
)
hostile_sources = st.builds(
    a_source,
    source=names,
    stale=st.booleans(),
    spend=st.dictionaries(st.sampled_from(["GBP", "JPY", "EUR"]), st.just(Decimal("123456.78"))),
    first_day=st.sampled_from([None, FIRST]),
    last_day=st.sampled_from([None, LAST]),
    provisional_from=st.sampled_from([None, FIRST, LAST]),
    quarantined=st.integers(0, 10**6),
)
hostile_surveys = st.builds(
    lambda sources, missing, notes, title: a_survey(
        *sources, missing=missing, notes=notes, questions=(a_question(title=title),) * 9, quarantined=3
    ),
    st.lists(hostile_sources, min_size=1, max_size=30),
    st.lists(names, max_size=12).map(tuple),
    st.lists(names, max_size=12).map(tuple),
    names,
)


@settings(max_examples=60)
@given(st.lists(hostile_found, min_size=1, max_size=12), st.one_of(st.none(), hostile_surveys))
def test_whatever_files_are_called_and_hold_slack_takes_the_card(found, survey):
    assert_postable(found_card(found, today=TODAY, survey=survey))
    text = reading_text([one.landed.name for one in found], found[:-1], current="x", share=0.5, seconds=1)
    assert_harmless(text)
    assert len(text) <= 4000


@settings(max_examples=60)
@given(hostile_surveys)
def test_whatever_sources_are_called_slack_takes_the_picture(survey):
    assert_postable(picture_card(survey, zone=LONDON, today=TODAY))
    assert_harmless(home_lines(survey, today=TODAY))


@given(st.lists(st.builds(a_row, line=st.integers(0, 10**9), reason=names), max_size=60))
def test_whatever_was_set_aside_slack_takes_the_list(rows):
    assert_postable(set_aside_card(rows))


def test_days_of_different_zones_are_said_to_be_not_aligned():
    apart = a_survey(a_source(zone="America/New_York"), a_source("meta"), a_source("ga4", zone="UTC"))
    text = all_text(picture_card(apart, zone=LONDON, today=TODAY).blocks)
    assert "Days are not aligned: Google Ads in America/New_York; Meta Ads, GA4 in UTC." in text
    alike = a_survey(a_source(), a_source("meta"))
    assert "not aligned" not in all_text(picture_card(alike, zone=LONDON, today=TODAY).blocks)


def test_a_source_that_cannot_be_read_says_why():
    text = all_text(picture_card(a_survey(a_source(trouble="shop: 503")), zone=LONDON, today=TODAY).blocks)
    assert "the last attempt to read it failed: shop: 503" in text
