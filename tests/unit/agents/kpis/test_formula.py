"""Formulas: what is read, what is refused, and that figures are exact."""

import contextlib
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kpis.formula import NOTHING, Figures, FormulaError, parse_formula, rounded


def test_a_quotient_is_divided_once_and_multiplied_by_its_factor():
    formula = parse_formula("clicks / impressions * 100")
    assert formula.figures({"clicks": 3, "impressions": 8}) == Figures(Decimal("37.5"), Decimal(3), Decimal(8))


def test_micros_and_thousandths_become_units():
    formula = parse_formula("spend / conversions")
    figures = formula.figures({"spend": 12_500_000, "conversions": 2_500})
    assert figures == Figures(Decimal(5), Decimal("12.5"), Decimal("2.5"))


def test_terms_have_weights_and_signs():
    formula = parse_formula("(revenue - 2 * spend) / clicks")
    assert formula.figures({"revenue": 10_000_000, "spend": 3_000_000, "clicks": 4}).value == 1


def test_a_zero_denominator_is_undefined_and_keeps_the_sums():
    assert parse_formula("spend / clicks").figures({"spend": 5_000_000, "clicks": 0}) == Figures(
        None, Decimal(5), Decimal(0)
    )


def test_what_nobody_said_is_not_zero():
    assert parse_formula("revenue / spend").figures({"revenue": None, "spend": 1}).value is None
    assert parse_formula("revenue").figures({"revenue": None}) == NOTHING


def test_sums_beyond_64_bits_stay_exact():
    assert parse_formula("spend").figures({"spend": 3 * 2**64 + 1}).value == Decimal("55340232221128.654849")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("revnue / spend", "did you mean 'revenue'"),
        ("profit", "measures are spend, budget"),
        ("spend / clicks / orders", "did not expect '/'"),
        ("spend / (clicks", "a bracket is not closed"),
        ("spend + revenue / clicks", "put brackets around"),
        ("spend + revenue * 100", "put brackets around"),
        ("2 spend", "must be followed by *"),
        ("spend / clicks * 0x10", "did not expect 'x'"),
        ("spend * clicks", "a number is missing"),
        ("__import__('os')", "cannot read"),
        ("spend ** 2", "a number is missing"),
        ("", "a measure is missing"),
        ("store_revenue / spend", "never mixed"),
        ("spend + clicks", "adds money to counts"),
        ("spend /", "a measure is missing"),
    ],
)
def test_a_formula_that_cannot_be_meant_is_refused_with_the_reason(text, why):
    with pytest.raises(FormulaError, match=why.replace("*", r"\*").replace("(", r"\(")):
        parse_formula(text)


@given(st.text(alphabet="spendclick()/*+- 0129._", max_size=40))
def test_any_text_is_read_or_refused(text):
    measures: tuple[str, ...] = ("refused",)
    with contextlib.suppress(FormulaError):
        measures = parse_formula(text).measures
    assert measures


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**15))
def test_a_quotient_is_the_nearest_number_with_ten_significant_decimals(top, bottom):
    figures = parse_formula("revenue / spend").figures({"revenue": top, "spend": bottom})
    exact = Fraction(top, bottom)
    assert figures.value is not None
    step = Fraction(1, 10 ** -int(figures.value.as_tuple().exponent))
    assert abs(Fraction(figures.value) - exact) * 2 <= step
    assert step <= Fraction(1, 10**10)
    if 0 < abs(exact) < 1:
        assert step <= abs(exact) / 10**9


def test_halves_go_to_the_even_neighbour():
    assert rounded(Decimal("1.00000000005")) == Decimal("1.0000000000")
    assert rounded(Decimal("1.00000000015")) == Decimal("1.0000000002")
