"""Numbers as people read them."""

from datetime import date
from decimal import Decimal

import pytest

from agents.kpis.figures import format_change, format_days, format_value, least_decimals_of, plain


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("1234.5", "GBP", "£1,234.50"),
        ("-1234.5", "GBP", "−£1,234.50"),
        ("1234567", "JPY", "¥1,234,567"),
        ("12.345", "KWD", "KWD 12.345"),
        ("99.5", "CHF", "CHF 99.50"),
        ("0.42", "EUR/click", "€0.42 per click"),
        ("12.345678", "JPY/click", "¥12.35 per click"),
        ("4.2", "GBP/1000 impressions", "£4.20 per 1,000 impressions"),
        ("0.0042", "GBP/click", "£0.0042 per click"),
        ("3.1", "%", "3.10%"),
        ("133.93", "%", "133.93%"),
        ("2.5", "ratio", "2.50"),
        ("-2.5", "ratio", "−2.50"),
        ("2.345", "ratio", "2.34"),
        ("1234567", "count", "1,234,567"),
        ("12.5", "count", "12.50"),
        ("0", "count", "0"),
        ("0", "GBP", "£0.00"),
        ("7", "currency/click", "7.00 per click"),
        ("7", "hours", "7.00 hours"),
        (None, "GBP", "–"),
        (None, "ratio", "–"),
    ],
)
def test_a_value_is_shown_in_its_unit(value, unit, shown):
    assert format_value(None if value is None else Decimal(value), unit) == shown


@pytest.mark.parametrize(
    ("value", "previous", "shown"),
    [
        (3, 2, "▲ 50.0%"),
        (2, 3, "▼ 33.3%"),
        (2, 2, "unchanged"),
        (2, 0, None),
        (None, 2, None),
        (2, None, None),
        (1, -2, "▲ 150.0%"),
    ],
)
def test_a_change_is_a_share_of_what_it_was(value, previous, shown):
    as_decimal = [None if one is None else Decimal(one) for one in (value, previous)]
    assert format_change(*as_decimal) == shown


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), "2 March 2026"),
        (date(2026, 3, 2), date(2026, 3, 8), "2–8 March 2026"),
        (date(2026, 2, 27), date(2026, 3, 5), "27 February – 5 March 2026"),
        (date(2025, 12, 29), date(2026, 1, 4), "29 December 2025 – 4 January 2026"),
    ],
)
def test_days_are_written_short(first, last, shown):
    assert format_days(first, last) == shown


@pytest.mark.parametrize(
    ("value", "least", "text"),
    [
        ("1E+3", 0, "1000"),
        ("4210.5", 2, "4210.50"),
        ("0E-10", 0, "0"),
        ("0.0000001", 0, "0.0000001"),
        ("2.5000", 0, "2.5"),
        ("-0", 2, "0.00"),
    ],
)
def test_scripts_get_plain_notation(value, least, text):
    assert plain(Decimal(value), least_decimals=least) == text


def test_only_plain_money_has_the_decimals_of_its_currency():
    assert [least_decimals_of(unit) for unit in ("GBP", "JPY", "GBP/click", "ratio", "count")] == [2, 0, 0, 0, 0]
