"""Text from data is harmless, whole characters stay whole, and numbers read as people write them."""

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.cards import markup
from storage.records.money import Money

anything = st.text(st.characters(), max_size=200) | st.text("*_~`:<>&@#|\n \u202e\u0301👩\u200d👧🇬🇧", max_size=200)


@given(anything, st.integers(8, 120))
def test_untrusted_text_is_one_line_within_its_width(text, most):
    safe = markup.clean(text, most)
    assert 0 < markup.width(safe) <= most
    assert not {"\n", "\r", "\t", "\x00"} & set(safe)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in safe)
    safe.encode("utf-8")


@given(anything)
def test_mrkdwn_from_data_holds_no_mark_that_slack_would_read(text):
    safe = markup.data(text)
    assert not set("*~`<>") & set(safe)
    assert "@channel" not in safe
    assert "://" not in safe
    assert markup.width(safe) <= 5 * 80 + 100


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("UK_Search_Brand", "UK_Search_Brand"),
        ("_secret_ plan", "ˍsecretˍ plan"),
        ("*Approve*", "∗Approve∗"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel>", "&lt;!channel&gt;"),
        (":fire: sale", ":\u2060fire: sale"),
        ("write to @channel", "write to @\u2060channel"),
        ("see https://evil.example", "see https:\u2060//evil.example"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("", "(no name)"),
        ("\u202e£1 → £2", "£1 → £2"),
    ],
)
def test_names_keep_their_look_and_lose_their_power(text, shown):
    assert markup.data(text) == shown


def test_right_to_left_names_cannot_reorder_the_numbers_beside_them():
    assert markup.data("שלום 100") == "\u2068שלום 100\u2069"


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abc👩‍👩‍👧", 8, "abc…"),
        ("abcde\u0301fg", 6, "abcd…"),
        ("ab👍🏽cd", 6, "ab…"),
        ("🇬🇧🇫🇷", 7, "🇬🇧…"),
    ],
)
def test_cutting_never_splits_what_a_reader_sees_as_one_character(text, most, shown):
    assert markup.cut(text, most) == shown


@given(st.lists(st.text("ab", min_size=1, max_size=30), max_size=60), st.integers(40, 400))
def test_lines_that_do_not_fit_are_counted(lines, most):
    text = markup.within(lines, most)
    assert markup.width(text) <= most
    shown = text.split("\n") if text else []
    if shown != lines:
        left = len(lines) - (len(shown) - 1)
        assert shown[-1] == f"…and {left} more"
        assert shown[:-1] == lines[: len(lines) - left]


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(51000, "GBP", "£510"), (51050, "GBP", "£510.50"), (-300, "EUR", "−€3"), (1200, "JPY", "¥1,200")],
)
def test_money_has_no_pence_where_there_are_none(minor, currency, text):
    assert markup.money(Money(minor=minor, currency=currency)) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [("300", "510", "+70%"), ("420", "280", "−33%"), ("5", "5", "±0%"), ("0", "5", ""), ("1", "5001", "+500,000%")],
)
def test_changes_in_percent_have_a_sign(before, after, text):
    assert markup.percent_change(Decimal(before), Decimal(after)) == text


def test_moments_are_shown_in_the_readers_own_zone_with_a_fallback():
    at = datetime(2025, 6, 3, 9, 30, tzinfo=UTC)
    shown = markup.moment(at, ZoneInfo("Europe/London"))
    assert shown == "<!date^1748943000^{date_short_pretty} at {time}|3 Jun 2025 at 10:30 BST>"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Clicks of paid_search to 2026-03-29.", "Clicks of paid search to 29 Mar 2026."),
        ("to 2026-04-06: 3 days", "to 6 Apr 2026: 3 days"),
        ("Use version 2 of drift_thresholds?", "Use version 2 of alert thresholds?"),
        ("paid_search/campaign/ps-2001", "paid_search/campaign/ps-2001"),
        ("load sandbox-2026-04-05-17d7a23a", "load sandbox-2026-04-05-17d7a23a"),
        ("at 2026-04-05T10:00 and 2026-13-01", "at 2026-04-05T10:00 and 2026-13-01"),
        ("my_paid_search_2026", "my_paid_search_2026"),
    ],
)
def test_codes_and_days_in_a_sentence_become_words_and_names_stay(said: str, shown: str):
    assert markup.spelled(said) == shown
