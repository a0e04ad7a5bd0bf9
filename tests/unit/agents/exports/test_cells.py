from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.sources.text.cells import Cell, Style, censored, read_cell, read_column

LOCALES = {
    "English": (Style.POINT, ",", "."),
    "Swiss": (Style.POINT, "’", "."),
    "German": (Style.COMMA, ".", ","),
    "French, no-break": (Style.COMMA, "\u00a0", ","),
    "French, narrow": (Style.COMMA, "\u202f", ","),
    "Polish": (Style.COMMA, " ", ","),
    "bare": (Style.POINT, "", "."),
    "bare comma": (Style.COMMA, "", ","),
}
SCALES = st.sampled_from((0, 3, 6))


@st.composite
def rendered(draw: st.DrawFn) -> tuple[str, Style, int, int]:
    """A number written in some locale, with its notation, scale and true scaled value."""
    style, between, mark = draw(st.sampled_from(sorted(LOCALES.values())))
    scale = draw(SCALES)
    shown = draw(st.integers(0, scale))
    value = draw(st.integers(-(10 ** (11 + shown)), 10 ** (11 + shown)))
    text = f"{abs(Decimal(value).scaleb(-shown)):,.{shown}f}"
    text = text.replace(",", "T").replace(".", mark).replace("T", between)
    sign = draw(st.sampled_from(("-", "−"))) if value < 0 else ""
    return sign + text, style, scale, value * 10 ** (scale - shown)


@given(rendered())
def test_a_number_written_in_any_locale_reads_back_as_itself(number: tuple[str, Style, int, int]):
    text, style, scale, value = number
    assert read_cell(text, style, scale) == Cell(value=value)


@given(st.lists(rendered(), min_size=1, max_size=20), st.sampled_from(list(Style)), SCALES)
def test_a_column_reads_as_its_cells_do(numbers: list, style: Style, scale: int):
    texts = [number[0] for number in numbers]
    cells = [read_cell(text, style, scale) for text in texts]
    column = read_column(pl.Series(texts), style, scale)
    first_bad = next((row for row, cell in enumerate(cells) if cell.problem), None)
    if first_bad is None:
        assert column.bad is None
        assert column.values.to_list() == [cell.value for cell in cells]
    else:
        assert column.bad == (first_bad, texts[first_bad], cells[first_bad].problem)


ODD = st.sampled_from(
    ("", " --", "--", "—", "< 10%", "> 90%", "<5", "€1,622.60", "US$0.00", "1.234.56", "12,34", "1,234", "x", "5%",
     "1e5", "٣", "1_000", "+7", " 12 ", "-0.5", "EUR 3.10", "3.10 EUR", "0.1234567", "1 2", "nan", "1234567890123456789")
)  # fmt: skip


@given(st.lists(ODD, min_size=1, max_size=12), st.sampled_from(list(Style)), SCALES)
def test_odd_cells_read_the_same_in_a_column_as_alone(texts: list[str], style: Style, scale: int):
    cells = [read_cell(text, style, scale) for text in texts]
    column = read_column(pl.Series(texts), style, scale)
    if any(cell.problem for cell in cells):
        assert column.bad is not None
        assert cells[column.bad[0]].problem == column.bad[2]
        return
    assert column.values.to_list() == [cell.value for cell in cells]
    flags = column.flags.to_list() if column.flags is not None else [None] * len(texts)
    assert flags == [cell.flag or None for cell in cells]
    symbols = column.symbols.to_list() if column.symbols is not None else [None] * len(texts)
    assert symbols == [cell.symbol or None for cell in cells]


@given(st.decimals(min_value=0, max_value=10**9, allow_nan=False, places=9))
def test_more_decimals_than_kept_are_rounded_half_to_even(amount: Decimal):
    kept = amount.scaleb(6).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert read_cell(format(amount, "f"), Style.POINT, 6).value == int(kept)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (" --", Cell(flag="missing")),
        ("", Cell(flag="missing")),
        ("< 10%", Cell(flag="<10%")),
        ("> 90%", Cell(flag=">90%")),
        ("€1,622.60", Cell(value=1_622_600_000, symbol="€")),
        ("US$0.00", Cell(value=0, symbol="US$")),
        ("-£5.00", Cell(value=-5_000_000, symbol="£")),
        ("12.00 kr", Cell(value=12_000_000, symbol="kr")),
        ("CHF 12.00", Cell(value=12_000_000, symbol="CHF")),
    ],
)
def test_cells_as_google_ads_writes_them(text: str, cell: Cell):
    assert read_cell(text, Style.POINT, 6) == cell


@pytest.mark.parametrize("text", ["1,23", "1.234.567", "12,345,6", "1.2.3", "abc", "1,,234", "12 34", "0x10", "1e3"])
def test_what_is_no_number_in_a_notation_is_a_problem(text: str):
    assert read_cell(text, Style.POINT, 6).problem


@pytest.mark.parametrize(
    ("text", "scale", "problem"),
    [
        ("12.5", 0, "is not a whole number"),
        ("77.77%", 6, "is a percentage, not an amount"),
        ("999999999999999.00", 6, "is too large"),
    ],
)
def test_problems_say_what_is_wrong(text: str, scale: int, problem: str):
    assert read_cell(text, Style.POINT, scale).problem == problem


def test_whole_numbers_may_be_written_with_decimals():
    assert read_cell("12.00", Style.POINT, 0) == Cell(value=12)


@pytest.mark.parametrize(("text", "mark"), [("< 10%", "<10%"), (">90 %", ">90%"), ("<5", "<5"), ("> best offer", "")])
def test_only_a_number_can_be_censored(text: str, mark: str):
    assert censored(text) == mark


def test_three_decimals_in_a_count_are_thousands_of_the_other_notation():
    assert read_cell("1.000", Style.POINT, 0).problem == "is not a whole number"
    assert read_cell("1.000", Style.COMMA, 0) == Cell(value=1000)
