"""One currency per answer: each day at the team's own rate, exactly, and nothing at a rate that nobody gave."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kpis.exchange import RATES, converted

MAY = [date(2025, 5, day) for day in range(1, 32)]


def rates(*rows: tuple[date, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RATES, orient="row").sort("day")


def spent(*rows: tuple[date, str, int]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema={"last_day": pl.Date, "currency": pl.String, "spend_micros": pl.Int64}, orient="row"
    )
    return frame.with_columns(revenue_micros=pl.lit(None, dtype=pl.Int64))


def told(frame: pl.DataFrame) -> list[tuple[str, int]]:
    return list(frame.select("currency", "spend_micros").iter_rows())


def test_each_day_counts_at_its_own_rate():
    at = rates((MAY[0], "USD", "GBP", 800_000_000), (MAY[1], "USD", "GBP", 750_000_000))
    found = converted(spent((MAY[0], "USD", 10_000_000), (MAY[1], "USD", 10_000_000), (MAY[1], "GBP", 5)), at, "GBP")
    assert told(found.frame) == [("GBP", 8_000_000), ("GBP", 7_500_000), ("GBP", 5)]
    assert found.notes == ("USD changed to GBP at the team's rate of each day.",)


def test_a_rate_may_be_given_the_other_way_round_and_a_direct_one_goes_before():
    turned = rates((MAY[0], "GBP", "USD", 1_250_000_000))
    assert told(converted(spent((MAY[0], "USD", 10_000_000)), turned, "GBP").frame) == [("GBP", 8_000_000)]
    both = rates((MAY[0], "GBP", "USD", 1_250_000_000), (MAY[0], "USD", "GBP", 790_000_000))
    assert told(converted(spent((MAY[0], "USD", 10_000_000)), both, "GBP").frame) == [("GBP", 7_900_000)]


def test_on_a_sunday_the_last_rate_counts_and_after_a_week_none():
    at = rates((MAY[1], "USD", "GBP", 800_000_000))
    found = converted(spent((MAY[8], "USD", 10_000_000), (MAY[9], "USD", 10_000_000)), at, "GBP")
    assert told(found.frame) == [("GBP", 8_000_000), ("USD", 10_000_000)]
    assert found.notes[1].startswith("No rate from USD to GBP for")


def test_a_later_rate_is_no_rate_for_an_earlier_day():
    at = rates((MAY[5], "USD", "GBP", 800_000_000))
    assert told(converted(spent((MAY[4], "USD", 7)), at, "GBP").frame) == [("USD", 7)]


def test_what_is_in_the_currency_already_needs_no_rate():
    found = converted(spent((MAY[0], "GBP", 7)), rates(), "GBP")
    assert (told(found.frame), found.notes) == ([("GBP", 7)], ())


@pytest.mark.parametrize("turned", [False, True])
@given(
    amount=st.integers(-(10**15), 10**15),
    rate=st.integers(1_000_000, 10**12),
)
def test_amounts_are_exact_to_the_millionth(turned: bool, amount: int, rate: int):
    pair = ("GBP", "USD") if turned else ("USD", "GBP")
    found = converted(spent((MAY[0], "USD", amount)), rates((MAY[0], *pair, rate)), "GBP")
    factor = Decimal(10**9) / rate if turned else Decimal(rate) / 10**9
    exact = Decimal(amount) * 10**9 / rate if turned else Decimal(amount) * rate / 10**9
    near = (Decimal(amount) * factor).to_integral_value(ROUND_HALF_EVEN)
    if abs(near) < 2**63:
        assert abs(Decimal(told(found.frame)[0][1]) - exact) <= Decimal("0.5")
