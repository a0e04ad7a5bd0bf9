"""How sure a small count is: 95 % intervals of shares (Wilson) and of what is divided by a count (Byar)."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from storage.records.kpis import KpiInterval

_Z = Decimal("1.959963985")
_WIDE = Context(prec=40)
_NONE_OF = Decimal("3.6889")
"""−ln 0.025: where none came, as many would have been expected at most."""
_STEP = Decimal("0.0001")
SMALL = 30
"""Fewer than this are named as few."""


def wilson(part: Decimal, whole: Decimal, *, times: Decimal) -> KpiInterval | None:
    """Of `part` in `whole`, times 100 for a %; None where it is no share: nothing at all, or more than all."""
    if whole <= 0 or not 0 <= part <= whole:
        return None
    share, square = _WIDE.divide(part, whole), _Z * _Z
    below = 1 + _WIDE.divide(square, whole)
    middle = share + _WIDE.divide(square, 2 * whole)
    spread = _Z * _WIDE.sqrt(_WIDE.divide(share * (1 - share), whole) + _WIDE.divide(square, 4 * whole * whole))
    low, high = _WIDE.divide(middle - spread, below), _WIDE.divide(middle + spread, below)
    low, high = (
        (Decimal(0) if part == 0 else max(low, Decimal(0))),
        (Decimal(1) if part == whole else min(high, Decimal(1))),
    )
    return KpiInterval(low=_rounded(low * times), high=_rounded(high * times))


def per_count(amount: Decimal, count: Decimal, *, times: Decimal) -> KpiInterval | None:
    """Of an amount divided by a count that is as uncertain as counts are; without an upper end below one."""
    if count < 1 or amount < 0:
        return None
    low, high = _byar(count)
    return KpiInterval(
        low=_rounded(_WIDE.divide(amount, high) * times),
        high=_rounded(_WIDE.divide(amount, low) * times) if low > 0 else None,
    )


def counted(count: Decimal) -> KpiInterval:
    """Of a plain count of things that come one by one; of none, from 0 to what chance might have left out."""
    if count <= 0:
        return KpiInterval(low=Decimal(0), high=_rounded(_NONE_OF))
    low, high = _byar(count)
    return KpiInterval(low=_rounded(low), high=_rounded(high))


def _byar(count: Decimal) -> tuple[Decimal, Decimal]:
    """The 95 % interval of a Poisson count, by Byar's approximation."""
    more = count + 1
    low = count * (1 - _WIDE.divide(Decimal(1), 9 * count) - _WIDE.divide(_Z, 3 * _WIDE.sqrt(count))) ** 3
    high = more * (1 - _WIDE.divide(Decimal(1), 9 * more) + _WIDE.divide(_Z, 3 * _WIDE.sqrt(more))) ** 3
    return low, high


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_STEP, rounding=ROUND_HALF_EVEN, context=_WIDE)
