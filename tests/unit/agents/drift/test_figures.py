"""Figures in the words of a case: with their currency's sign, and with what they are of."""

import pytest

from agents.drift.words import figure


@pytest.mark.parametrize(
    ("kpi", "value", "currency", "written"),
    [
        ("cpc", 0.947, "GBP", "£0.95 per click"),
        ("cpm", 39.57, "CHF", "CHF 39.57 per 1,000 impressions"),
        ("spend", 1234.4, "EUR", "€1,234 a day"),
        ("ctr", 2.345, "GBP", "2.35 %"),
        ("orders", 412.0, "GBP", "412 a day"),
        ("roas", 2.1, "GBP", "2.10"),
    ],
)
def test_a_figure_says_what_it_is_of(kpi: str, value: float, currency: str, written: str) -> None:
    assert figure(kpi, value, currency) == written


def test_beside_another_it_does_not_say_it_again() -> None:
    assert figure("cpc", 0.5, "GBP", per=False) == "£0.50"
