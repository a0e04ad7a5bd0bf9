"""Who has one thing when: stretches of time that do not overlap, found by bisection. Moments are seconds, UTC."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

MOST_NAMED = 8
"""More owners than these are counted, not named."""

_LONG_ENOUGH = 64
"""Stretches after which one rival is enough."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Who has the thing already, and from when to when (exclusive) that matters here."""

    owner: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Peak:
    """The stretch in which most is taken up."""

    sum: int
    owners: tuple[str, ...]
    first: float
    last: float


@dataclass(slots=True)
class _Stretch:
    """What holds from `first` to `last` (exclusive)."""

    first: float
    last: float
    holders: tuple[tuple[str, str], ...] = ()
    """(stance, owner), the first owner of a stance alone; the two first stances tell any third that it clashes."""
    sum: int = 0
    owners: tuple[str, ...] = ()

    def cut(self, at: float) -> "_Stretch":
        """End here; the rest is returned."""
        rest = _Stretch(at, self.last, self.holders, self.sum, self.owners)
        self.last = at
        return rest


class _Stretches:
    """Stretches in order of time, cut where somebody begins or ends."""

    def __init__(self) -> None:
        self._firsts: list[float] = []
        self._stretches: list[_Stretch] = []

    def _within(self, first: float, last: float) -> Iterator[_Stretch]:
        """Those that overlap the window, whole."""
        at = max(0, bisect_right(self._firsts, first) - 1)
        while at < len(self._stretches) and self._firsts[at] < last:
            if self._stretches[at].last > first:
                yield self._stretches[at]
            at += 1

    def _covering(self, first: float, last: float) -> list[_Stretch]:
        """Stretches that together are the window; those that were missing are made."""
        self._cut(first)
        self._cut(last)
        begin, end = bisect_left(self._firsts, first), bisect_left(self._firsts, last)
        covering: list[_Stretch] = []
        at = first
        for one in self._stretches[begin:end]:
            if at < one.first:
                covering.append(_Stretch(at, one.first))
            covering.append(one)
            at = one.last
        if at < last:
            covering.append(_Stretch(at, last))
        if len(covering) != end - begin:
            self._stretches[begin:end] = covering
            self._firsts[begin:end] = [one.first for one in covering]
        return covering

    def _cut(self, moment: float) -> None:
        """Have no stretch reach over the moment."""
        at = bisect_right(self._firsts, moment) - 1
        if at >= 0 and self._stretches[at].first < moment < self._stretches[at].last:
            self._stretches.insert(at + 1, self._stretches[at].cut(moment))
            self._firsts.insert(at + 1, moment)


class Timeline(_Stretches):
    """Who holds a thing: with one stance any number may, with two they clash."""

    def add(self, first: float, last: float, stance: str, owner: str) -> None:
        for one in self._covering(first, last):
            if len(one.holders) < 2 and all(held != stance for held, _ in one.holders):
                one.holders = (*one.holders, (stance, owner))

    def rivals(self, first: float, last: float, stance: str) -> list[Rival]:
        """Who holds it in the window with another stance, each owner once: the earliest, and no more than needed."""
        found: dict[str, Rival] = {}
        for walked, one in enumerate(self._within(first, last)):
            for held, owner in one.holders:
                if held != stance:
                    begins = found[owner].first if owner in found else max(one.first, first)
                    found[owner] = Rival(owner, begins, min(one.last, last))
            if len(found) >= MOST_NAMED or (found and walked >= _LONG_ENOUGH):
                break
        return list(found.values())[:MOST_NAMED]


class Load(_Stretches):
    """How much of a thing is taken up."""

    def add(self, first: float, last: float, amount: int, owner: str) -> None:
        for one in self._covering(first, last):
            one.sum += amount
            if len(one.owners) < MOST_NAMED:
                one.owners = (*one.owners, owner)

    def peak(self, first: float, last: float) -> Peak | None:
        """Where most of it is taken up in the window; None where none is."""
        fullest = max(self._within(first, last), key=lambda one: one.sum, default=None)
        if fullest is None or fullest.sum == 0:
            return None
        return Peak(fullest.sum, fullest.owners, max(fullest.first, first), min(fullest.last, last))
