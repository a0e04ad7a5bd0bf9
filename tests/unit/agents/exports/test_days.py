from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.sources.text.days import (
    Order,
    OrderEvidence,
    UndecidedOrder,
    period_in_name,
    read_day,
    read_days,
    read_period,
)

DAYS = st.dates(date(2001, 1, 1), date(2098, 12, 31))
WRITTEN = {
    None: ("{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0:%Y%m%d}", "{0:%Y-%m-%d} 13:45:00", "{0:%B} {0.day}, {0.year}",
           "{0.day} {0:%B} {0.year}", "{0:%a}, {0:%b} {0.day}, {0.year}", "{0:%d.%m.%Y}"),
    Order.DMY: ("{0:%d/%m/%Y}", "{0.day}/{0.month}/{0:%Y}", "{0:%d-%m-%Y}", "{0:%d/%m/%y}"),
    Order.MDY: ("{0:%m/%d/%Y}", "{0.month}/{0.day}/{0:%Y}", "{0:%m/%d/%Y} 2:30 PM"),
}  # fmt: skip


@given(DAYS, st.sampled_from([(order, form) for order, forms in WRITTEN.items() for form in forms]))
def test_a_day_written_in_any_form_reads_back_as_itself(day: date, written: tuple):
    order, form = written
    assert read_day(form.format(day), order) == day


@given(st.lists(DAYS, min_size=1), st.sampled_from(list(Order)))
def test_the_order_that_evidence_keeps_is_never_the_wrong_one(days: list[date], order: Order):
    form = WRITTEN[order][0]
    evidence = OrderEvidence()
    evidence.see(form.format(day) for day in days)
    assert order in evidence.possible
    assert evidence.decided == any(day.day > 12 for day in days)


def test_a_range_that_would_run_backwards_rules_an_order_out():
    evidence = OrderEvidence()
    evidence.see(("01/02/2025", "02/01/2025"))
    evidence.see_ranges([("02/01/2025", "01/02/2025")])
    assert evidence.possible == {Order.DMY}


def test_a_numeric_day_without_an_order_is_not_guessed():
    with pytest.raises(UndecidedOrder):
        read_day("03/04/2026", None)


@pytest.mark.parametrize("text", ["2025-07-33", "31/02/2025", "yesterday", "", "2025", "Jul 2025", "32 July 2025"])
def test_what_is_no_day_is_none(text: str):
    assert read_day(text, Order.DMY) is None


def test_a_moment_is_counted_in_the_zone():
    assert read_day("2025-07-08T23:30:00Z", None, "Europe/Athens") == date(2025, 7, 9)
    assert read_day("2025-07-08 23:30:00+00:00", None, "America/New_York") == date(2025, 7, 8)


def test_a_column_of_days_is_null_where_there_is_none():
    days = read_days(pl.Series(["2025-07-01", "x", "2025-07-01"]), None, None, {})
    assert days.to_list() == [date(2025, 7, 1), None, date(2025, 7, 1)]


@pytest.mark.parametrize(
    "text", ["Campaign report", "", "Total - 5 campaigns", "July 9, 2025 - July 8, 2025", "a - b - c"]
)
def test_a_line_that_names_no_range_is_none(text: str):
    assert read_period(text) is None


def test_only_google_s_way_of_writing_days_in_a_name_is_read():
    assert period_in_name("Time_series(2026.02.05-2026.03.04).csv") == (date(2026, 2, 5), date(2026, 3, 4))
    assert period_in_name("report 2026.02.05.csv") is None
