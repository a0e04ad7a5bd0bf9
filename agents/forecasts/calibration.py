"""Calibration: whether ranges hold the share of outcomes that they promise, and how wide they would have to be."""

import math
from collections.abc import Sequence
from decimal import Decimal

from storage.records.record import Record

FEWEST = 8
"""Outcomes below which a range is neither praised nor blamed."""
_SURE = 0.05
"""A share of hits that chance gives less often than this is no chance."""


class Hit(Record):
    """One forecast beside what came, in the same unit."""

    low: Decimal
    middle: Decimal
    high: Decimal
    measured: Decimal

    @property
    def inside(self) -> bool:
        return self.low <= self.measured <= self.high

    @property
    def stretch(self) -> Decimal | None:
        """How many times wider the range, on that side, would just hold it; None for a range of no width."""
        side = self.high - self.middle if self.measured >= self.middle else self.middle - self.low
        off = abs(self.measured - self.middle)
        return off / side if side else (Decimal(0) if not off else None)


def coverage_of(hits: Sequence[Hit]) -> Decimal | None:
    """Share of hits, 0 to 1; None without any."""
    return Decimal(sum(one.inside for one in hits)) / len(hits) if hits else None


def holds(hits: Sequence[Hit], *, coverage: Decimal) -> bool | None:
    """Whether so few hits could be chance if the ranges held their `coverage`; None with too few to tell."""
    if len(hits) < FEWEST:
        return None
    inside, share = sum(one.inside for one in hits), float(coverage)
    below = sum(
        math.comb(len(hits), count) * share**count * (1 - share) ** (len(hits) - count) for count in range(inside + 1)
    )
    return below >= _SURE


def range_scale(hits: Sequence[Hit], *, coverage: Decimal) -> Decimal | None:
    """The factor on the widths of ranges under which they hold their `coverage`; None with too few to tell.

    The quantile that conformal prediction takes: the next outcome falls inside with at least that probability if it
    comes from where these came from.
    """
    stretches = sorted(one for one in (hit.stretch for hit in hits) if one is not None)
    rank = math.ceil((len(stretches) + 1) * coverage)
    if len(stretches) < FEWEST or rank > len(stretches):
        return None
    return stretches[rank - 1]


def bias_of(hits: Sequence[Hit]) -> Decimal | None:
    """Mean of measured ÷ forecast − 1: above 0 more came than was forecast."""
    off = [one.measured / one.middle - 1 for one in hits if one.middle]
    return sum(off, Decimal(0)) / len(off) if off else None


def error_of(hits: Sequence[Hit]) -> Decimal | None:
    """Sum of absolute errors ÷ sum of what came."""
    came = sum((abs(one.measured) for one in hits), Decimal(0))
    return sum((abs(one.measured - one.middle) for one in hits), Decimal(0)) / came if came else None
