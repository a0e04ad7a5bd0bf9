"""Medians and p90 of times, some of which have not ended: those stay in as longer than they are so far.

The estimate is that of Kaplan and Meier. Where everything has ended it is the plain quantile: the smallest value
that the share of all does not exceed, and halfway to the next one where the share is met exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from math import ceil, floor, sqrt

_WIDE = Context(prec=60)
_SAME = Decimal("1e-40")
_Z = 1.96


@dataclass(frozen=True)
class Quantile:
    """A quantile of times, in the unit of the times."""

    value: int | None
    """None where too many have not ended to tell, or there are none."""
    low: int | None
    """95 % interval; where there is no value, what it is longer than."""
    high: int | None
    count: int
    open: int
    """How many have not ended."""


def quantile(ended: Sequence[int], going: Sequence[int], share: Decimal) -> Quantile:
    """The quantile of times that ended and of times so far."""
    count = len(ended) + len(going)
    if not count:
        return Quantile(None, None, None, 0, 0)
    if not going:
        done = sorted(ended)
        low, high = _interval(done, share)
        return Quantile(_plain(done, share), low, high, count, 0)
    value = _survived(sorted(ended), sorted(going), share)
    longest = max([*ended, *going]) if value is None else None
    return Quantile(value, longest, None, count, len(going))


def _plain(done: list[int], share: Decimal) -> int:
    exact = share * len(done)
    at = ceil(exact)
    if exact == at and at < len(done):
        return _middle(done[at - 1], done[at])
    return done[max(at, 1) - 1]


def _interval(done: list[int], share: Decimal) -> tuple[int | None, int | None]:
    """By order statistics; an end that so few values cannot tell is None."""
    count, part = len(done), float(share)
    spread = _Z * sqrt(count * part * (1 - part))
    first, last = floor(count * part - spread), ceil(1 + count * part + spread)
    return (done[first - 1] if first >= 1 else None, done[last - 1] if last <= count else None)


def _survived(ended: list[int], going: list[int], share: Decimal) -> int | None:
    """The first time by which the share has ended; of those of one time, ends come before cuts."""
    left, wanted = Decimal(1), Decimal(1) - share
    at_risk, cut, done = len(ended) + len(going), 0, 0
    met: int | None = None
    while done < len(ended):
        time = ended[done]
        while cut < len(going) and going[cut] < time:
            cut += 1
            at_risk -= 1
        if met is not None:
            return _middle(met, time)
        events = 0
        while done < len(ended) and ended[done] == time:
            events, done = events + 1, done + 1
        left = _WIDE.multiply(left, _WIDE.divide(Decimal(at_risk - events), Decimal(at_risk)))
        at_risk -= events
        if abs(left - wanted) < _SAME:
            met = time
        elif left < wanted:
            return time
    return met


def _middle(first: int, second: int) -> int:
    return (first + second) // 2
