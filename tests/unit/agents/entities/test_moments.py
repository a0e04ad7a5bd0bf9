"""Moments are read in every way that products write them, in UTC, and what does not exist is told."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.sources.entities.moments import has_offset, read_moments
from agents.sources.text.days import Order, UndecidedOrder
from tests.unit.agents.entities.files import at


def moment_of(text: str, order: Order | None, zone: str) -> object:
    return read_moments(pl.Series([text]), order, zone).values[0]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-12 09:14", "2024-03-12 08:14"),
        ("2024-03-12T09:14:00.5Z", "2024-03-12 09:14:00.500"),
        ("2024-03-12 09:14:00 -0500", "2024-03-12 14:14"),
        ("2024-03-12T09:14:00+02:00", "2024-03-12 07:14"),
        ("2024-03-12 09:14:00 UTC", "2024-03-12 09:14"),
        ("3/15/2024 2:30 PM", "2024-03-15 13:30"),
        ("3/12/24 12:05 AM", "2024-03-11 23:05"),
        ("03/12/2024 12:05 p.m.", "2024-03-12 11:05"),
        ("12.03.2024 14:05", "2024-03-12 13:05"),
        ("12.03.2024", "2024-03-11 23:00"),
        ("Mar 12, 2024 9:14 AM", "2024-03-12 08:14"),
        ("12 März 2024", "2024-03-11 23:00"),
        ("Tue, 12 Mar 2024 09:14:00 +0200", "2024-03-12 07:14"),
        ("1710234840", "2024-03-12 09:14"),
        ("1710234840123", "2024-03-12 09:14:00.123"),
        ("2024-10-27 02:30", "2024-10-27 00:30"),
    ],
)
def test_a_moment_is_read_in_utc_and_without_an_offset_in_the_zone(text: str, utc: str):
    assert moment_of(text, Order.MDY, "Europe/Berlin") == at(utc)


@pytest.mark.parametrize("text", ["", "--", "n/a", "0000-00-00 00:00:00"])
def test_nothing_is_no_moment_and_no_problem(text: str):
    moments = read_moments(pl.Series([text]), None, "UTC")
    assert moments.values[0] is None
    assert moments.problems[0] is None


@pytest.mark.parametrize(
    "text", ["2024-02-30", "13/13/2024", "soon", "2024-03-12 25:00", "13:30 PM", "2024-03-12 14:00 PM"]
)
def test_what_does_not_exist_is_a_problem(text: str):
    assert read_moments(pl.Series([text]), Order.MDY, "UTC").problems[0] is not None


def test_the_hour_that_a_clock_skips_is_told_by_the_zone():
    problem = read_moments(pl.Series(["2024-03-31 02:30"]), None, "Europe/Berlin").problems[0]
    assert problem == "is no time of the clock in Europe/Berlin"


def test_day_and_month_are_never_guessed():
    with pytest.raises(UndecidedOrder):
        read_moments(pl.Series(["03/04/2024"]), None, "UTC")
    assert moment_of("03/04/2024", Order.DMY, "UTC") == at("2024-04-03")
    assert moment_of("03.04.2024", None, "UTC") == at("2024-04-03")


def test_an_offset_is_seen_where_every_moment_has_one():
    assert has_offset(pl.Series(["2024-03-12T09:14:00Z", "", "2024-03-12 09:14:00 -0500", "1710234840"]))
    assert not has_offset(pl.Series(["2024-03-12T09:14:00Z", "2024-03-12 09:14:00"]))
    assert not has_offset(pl.Series(["2024-03-12"]))


@given(st.datetimes(min_value=at("1990-01-01").replace(tzinfo=None), max_value=at("2090-01-01").replace(tzinfo=None)))
def test_what_is_written_is_read_back(moment):
    whole = moment.replace(microsecond=0)
    for text in (whole.isoformat() + "Z", f"{whole:%Y-%m-%d %H:%M:%S} +0000", f"{whole:%m/%d/%Y %I:%M:%S %p} UTC"):
        assert moment_of(text, Order.MDY, "Asia/Tokyo") == at(whole.isoformat())


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str):
    moments = read_moments(pl.Series([text]), Order.DMY, "America/New_York")
    assert moments.values[0] is None or moments.problems[0] is None
