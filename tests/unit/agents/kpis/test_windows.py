"""Words for spans of days, relative to the data day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.kpis.windows import Window, find_windows, normalised, parse_window, recent

WEDNESDAY = date(2026, 3, 11)

SPANS = [
    ("today", "2026-03-11", "2026-03-11"),
    ("yesterday", "2026-03-10", "2026-03-10"),
    ("the day before yesterday", "2026-03-09", "2026-03-09"),
    ("this week", "2026-03-09", "2026-03-10"),
    ("last week", "2026-03-02", "2026-03-08"),
    ("previous week", "2026-03-02", "2026-03-08"),
    ("past week", "2026-03-04", "2026-03-10"),
    ("this month", "2026-03-01", "2026-03-10"),
    ("this month so far", "2026-03-01", "2026-03-10"),
    ("last month", "2026-02-01", "2026-02-28"),
    ("this quarter", "2026-01-01", "2026-03-10"),
    ("last quarter", "2025-10-01", "2025-12-31"),
    ("this year", "2026-01-01", "2026-03-10"),
    ("last year", "2025-01-01", "2025-12-31"),
    ("last 7 days", "2026-03-04", "2026-03-10"),
    ("the last day", None, None),
    ("past two weeks", "2026-02-25", "2026-03-10"),
    ("last couple of weeks", "2026-02-25", "2026-03-10"),
    ("last 3 months", "2025-12-01", "2026-02-28"),
    ("last 2 quarters", "2025-07-01", "2025-12-31"),
    ("month to date", "2026-03-01", "2026-03-10"),
    ("MTD", "2026-03-01", "2026-03-10"),
    ("wtd", "2026-03-09", "2026-03-10"),
    ("quarter-to-date", "2026-01-01", "2026-03-10"),
    ("ytd", "2026-01-01", "2026-03-10"),
    ("Q1", "2026-01-01", "2026-03-31"),
    ("q4", "2025-10-01", "2025-12-31"),
    ("Q2 2025", "2025-04-01", "2025-06-30"),
    ("2025-Q2", "2025-04-01", "2025-06-30"),
    ("in March", "2026-03-01", "2026-03-31"),
    ("in april", "2025-04-01", "2025-04-30"),
    ("in May", "2025-05-01", "2025-05-31"),
    ("February 2024", "2024-02-01", "2024-02-29"),
    ("last march", "2025-03-01", "2025-03-31"),
    ("since 1 March", "2026-03-01", "2026-03-10"),
    ("since march 1st", "2026-03-01", "2026-03-10"),
    ("since the 1st of march 2025", "2025-03-01", "2026-03-10"),
    ("since january", "2026-01-01", "2026-03-10"),
    ("since monday", "2026-03-09", "2026-03-10"),
    ("since 2026-03-11", "2026-03-11", "2026-03-11"),
    ("on Wednesday", "2026-03-04", "2026-03-04"),
    ("from 2026-03-01 to 2026-03-15", "2026-03-01", "2026-03-15"),
    ("2026-03-01 – 2026-03-15", "2026-03-01", "2026-03-15"),
    ("between 28 December and 3 January", "2025-12-28", "2026-01-03"),
    ("1-15 february", "2026-02-01", "2026-02-15"),
    ("february 3 – 9, 2025", "2025-02-03", "2025-02-09"),
    ("november to january", "2025-11-01", "2026-01-31"),
    ("25/2/2026", "2026-02-25", "2026-02-25"),
    ("25.02.2026", "2026-02-25", "2026-02-25"),
    ("2/25/2026", "2026-02-25", "2026-02-25"),
    ("29 february", "2024-02-29", "2024-02-29"),
    ("week of 4 march", "2026-03-02", "2026-03-08"),
    ("week 10", "2026-03-02", "2026-03-08"),
    ("2026-W10", "2026-03-02", "2026-03-08"),
    ("last weekend", "2026-03-07", "2026-03-08"),
    ("in 2025", "2025-01-01", "2025-12-31"),
    ("3/4/2026", None, None),
    ("31 february", None, None),
    ("from 2026-03-15 to 2026-03-01", None, None),
    ("last 9999 years", None, None),
    ("last 0 days", None, None),
    ("may I", None, None),
    ("marching on", None, None),
    ("nothing", None, None),
    ("this week vs last week", None, None),
]


@pytest.mark.parametrize(("text", "first", "last"), SPANS, ids=[row[0] for row in SPANS])
def test_words_for_time_are_read(text, first, last):
    window = parse_window(text, today=WEDNESDAY)
    assert (window and (window.first.isoformat(), window.last.isoformat())) == ((first, last) if first else None)


def test_on_a_monday_this_week_has_no_complete_day_and_is_named_by_its_first():
    assert parse_window("this week", today=date(2026, 3, 9)) == Window(
        first=date(2026, 3, 9), last=date(2026, 3, 9), words="this week"
    )


def test_a_day_of_two_readings_offers_both():
    (found,) = find_windows("3/4/2026", today=WEDNESDAY)
    assert found.options == ("2026-04-03", "2026-03-04")


def test_a_window_says_what_it_was_called():
    spans = ("last week", "past two weeks", "in march", "since 1 march", "1-3 february", "last 3 months", "q4")
    named = [parse_window(text, today=WEDNESDAY).words for text in spans]
    assert named == [
        "last week", "the last 2 weeks", "March 2026", "since 1 March 2026", "1–3 February 2026",
        "the last 3 whole months", "Q4 2025",
    ]  # fmt: skip


def test_two_spans_are_both_found_in_order():
    found = find_windows(normalised("CPC this week vs. Last Week"), today=WEDNESDAY)
    assert [one.window.words for one in found] == ["this week", "last week"]


def test_a_window_that_runs_backwards_is_refused():
    with pytest.raises(ValidationError, match="2026-03-02, is after the last, 2026-03-01"):
        Window(first=date(2026, 3, 2), last=date(2026, 3, 1), words="")


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)), st.sampled_from(SPANS), st.integers(1, 999))
def test_a_span_never_runs_backwards_and_last_days_end_on_the_newest_complete_day(today, span, days):
    window = parse_window(span[0], today=today)
    assert window is None or window.first <= window.last
    counted = parse_window(f"last {days} days", today=today)
    assert counted == recent(days, today=today).model_copy(update={"words": counted.words})
    assert counted.days == days
    assert (today - counted.last).days == 1


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)))
def test_weeks_start_on_monday_and_meet_without_a_gap(today):
    this, last = parse_window("this week", today=today), parse_window("last week", today=today)
    assert this.first.weekday() == last.first.weekday() == 0
    assert (last.days, (this.first - last.last).days) == (7, 1)
