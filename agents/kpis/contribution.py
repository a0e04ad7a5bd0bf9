"""Which members of a dimension moved a KPI: shares of the whole difference that add up to it exactly.

With R = N/D over everything before, a member's part of a ratio's change is what it lies off R, weighted by its share of
the denominator, now less before: (Nᵢ − R·Dᵢ)/D now − (Nᵢ − R·Dᵢ)/D before. It counts both that the member itself became
better or worse and that it became a larger or smaller part of the whole.
"""

from decimal import Context, Decimal

from storage.records.kpis import KpiAnswer, KpiRow
from storage.records.record import Record

_WIDE = Context(prec=60)
_NONE = Decimal(0)


class Contribution(Record):
    """What one member did to the whole, in the KPI's unit."""

    label: str
    """Untrusted text where it comes from data."""
    part: Decimal
    """Of the difference of the whole."""
    share: Decimal | None
    """Of the difference of the whole, 1 for all of it; negative where it went the other way."""
    value: Decimal | None
    previous: Decimal | None


class Moved(Record):
    """How a KPI went from one window to another, and which members of a dimension moved it."""

    now: KpiAnswer
    """Of the whole, with the value before as `previous`."""
    before: KpiAnswer
    by: str
    contributions: tuple[Contribution, ...]
    """Largest first; none where the parts of the value are not known or cannot be added."""


def contributions(now: KpiAnswer, before: KpiAnswer, *, factor: Decimal) -> tuple[Contribution, ...]:
    """From two answers split by the same dimension; their values are numerator ÷ denominator × factor.

    Empty where either has no value, where currencies differ, or where the value is no sum and no quotient of sums.
    """
    if now.value is None or before.value is None or now.currency != before.currency:
        return ()
    if now.numerator is None or before.numerator is None:
        return ()
    ratio = now.denominator is not None and before.denominator is not None
    if ratio and not (now.denominator and before.denominator):
        return ()
    rows = {row.label: row for row in now.rows}, {row.label: row for row in before.rows}
    whole = now.value - before.value
    parts = []
    for label in dict.fromkeys([*rows[0], *rows[1]]):
        mine, then = rows[0].get(label), rows[1].get(label)
        part = _part(mine, now, before, factor) - _part(then, before, before, factor)
        parts.append(
            Contribution(
                label=label,
                part=part,
                share=_WIDE.divide(part, whole) if whole else None,
                value=mine.value if mine else None,
                previous=then.value if then else None,
            )
        )
    return tuple(sorted(parts, key=lambda one: (-abs(one.part), one.label)))


def _part(row: KpiRow | None, window: KpiAnswer, base: KpiAnswer, factor: Decimal) -> Decimal:
    """How far a member lies off the whole of before, weighted; of a sum, the member itself."""
    if row is None or row.numerator is None:
        return _NONE
    if window.denominator is None or base.denominator is None or base.numerator is None:
        return row.numerator * factor
    expected = _WIDE.divide(_WIDE.multiply(base.numerator, row.denominator or _NONE), base.denominator)
    return _WIDE.multiply(_WIDE.divide(row.numerator - expected, window.denominator), factor)
