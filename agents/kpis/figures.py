"""How numbers are written for people. The public face: `format_value`, `format_change`, `format_days`.

Examples: format_value(Decimal("1234.5"), "GBP") is £1,234.50; of 0.42 EUR/click €0.42 per click; of 3.1 % 3.10%;
of 2.5 ratio 2.50; of None –. format_change(Decimal(3), Decimal(2)) is ▲ 50.0%.
"""

import re
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

from storage.records.money import Money, exponent_of

UNDEFINED = "–"
_CURRENCY = re.compile(r"[A-Z]{3}")
_WIDE = Context(prec=80)
_WHOLE = frozenset({"count", "minutes", "business minutes", "days"})
"""Units whose whole numbers are written without decimals."""


def format_value(value: Decimal | None, unit: str) -> str:
    """A number in its unit with two decimals; money in its currency's; None is a dash, never 0."""
    if value is None:
        return UNDEFINED
    head, _, tail = unit.partition("/")
    if _CURRENCY.fullmatch(head):
        amount = _money(value, head, exact=not tail)
        return f"{amount} per {_thing(tail)}" if tail else amount
    if head == "currency" and tail:
        return f"{_decimals(value, 2)} per {_thing(tail)}"
    if unit == "%":
        return f"{_decimals(value, 2)}%"
    if unit == "ratio":
        return _decimals(value, 2)
    whole = value == value.to_integral_value()
    number = _decimals(value, 0 if whole and head in _WHOLE else 2)
    if head == "count" and tail:
        return f"{number} per {tail}"
    return number if unit in ("count", "currency") else f"{number} {unit}".strip()


def format_change(value: Decimal | None, previous: Decimal | None) -> str | None:
    """How far from previous to value: "▲ 12.3%", "▼ 4.0%", "unchanged"; None where no share can be given."""
    if value is None or not previous:
        return None
    share = (value - previous) / abs(previous) * 100
    if value == previous:
        return "unchanged"
    return f"{'▲' if share > 0 else '▼'} {_decimals(abs(share), 1)}%"


def format_days(first: date, last: date) -> str:
    """A span of days: "2 March 2026", "2–8 March 2026", "27 February – 5 March 2026"."""
    if first == last:
        return _day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last)}"
    start = f"{first.day} {first:%B}" if first.year == last.year else _day(first)
    return f"{start} – {_day(last)}"


def plain(value: Decimal | None, *, least_decimals: int = 0) -> str | None:
    """A decimal in plain notation without zeros at the end, for scripts; None stays None."""
    if value is None:
        return None
    text = format(value.normalize(_WIDE), "f") if value else "0"
    whole, _, decimals = text.partition(".")
    decimals = decimals.ljust(least_decimals, "0")
    return f"{whole}.{decimals}" if decimals else whole


def least_decimals_of(unit: str) -> int:
    """Decimals always written in a document: those of the currency where the unit is plain money."""
    return exponent_of(unit) if _CURRENCY.fullmatch(unit) else 0


def _money(value: Decimal, currency: str, *, exact: bool) -> str:
    digits = exponent_of(currency) if exact else max(2, exponent_of(currency))
    sign = "−" if value < 0 else ""
    zero = str(Money(minor=0, currency=currency))
    symbol = zero[: zero.index("0")]
    return f"{sign}{symbol}{_decimals(abs(value), digits)}"


def _decimals(value: Decimal, digits: int) -> str:
    """Thousands separated; a number too small for the digits keeps two significant ones instead of showing 0."""
    step = Decimal(1).scaleb(-digits)
    shown = value.quantize(step, rounding=ROUND_HALF_EVEN, context=_WIDE)
    if value and not shown:
        step = Decimal(1).scaleb(value.adjusted() - 1)
        shown = value.quantize(step, rounding=ROUND_HALF_EVEN, context=_WIDE)
    return f"{shown:,f}".replace("-", "−")


def _thing(tail: str) -> str:
    return tail.replace("1000 ", "1,000 ")


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
