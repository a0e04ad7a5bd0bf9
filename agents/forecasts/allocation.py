"""Allocation: how a daily total is best split, within bounds, over campaigns with drawn response values.

The expected value is a sum over campaigns of functions of one amount each, so a dynamic programme over whole units
finds the best split exactly, also where curves are S-shaped and hill climbing would stop at a local best.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAX_LEVELS = 4000
"""Levels of all campaigns together; larger ranges are searched in larger steps."""


@dataclass(frozen=True, slots=True)
class Option:
    """One campaign that money can be moved to or from. Amounts are whole minor units a day."""

    key: str
    before: int
    low: int
    """Smallest amount allowed, a multiple of the unit."""
    high: int
    """Largest amount allowed, a multiple of the unit; below `low` if the campaign cannot move."""
    value: Callable[[Floats], Floats]
    """Value a day of amounts in minor units; shape (draws, amounts)."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The best split found and what it is worth against today's split."""

    after: Mapping[str, int]
    """Every option's amount a day in minor units; unmoved ones keep theirs."""
    value_before: float
    """Expected value a day of all options as they are."""
    gain: Floats
    """Gain in value a day, one element a draw."""

    @property
    def gain_share(self) -> float:
        return float(self.gain.mean()) / self.value_before if self.value_before > 0 else 0.0

    @property
    def gain_probability(self) -> float:
        return float((self.gain > 0).mean())


class TotalOutOfReachError(Exception):
    """Raised when no split within the bounds stays within the total."""

    def __init__(self, total: int, least: int) -> None:
        super().__init__(f"the smallest split within the bounds is {least}, the total is {total}")
        self.total = total
        self.least = least


def bounds_of(before: int, *, max_step_share: Decimal, floor: int, unit: int) -> tuple[int, int]:
    """Smallest and largest amount in whole units within the step; low > high if there is none."""
    step = int(before * max_step_share)
    low = max(before - step, floor)
    return -(-low // unit) * unit, (before + step) // unit * unit


def allocate(
    options: Sequence[Option], *, total: int, unit: int, min_move_share: float, enough_gain: float = 0.85
) -> Allocation:
    """Split at most `total` minor units a day over the options.

    Moves below `min_move_share` of a campaign's amount are dropped, then the moves that matter least, as long as
    `enough_gain` of the whole gain is kept: people approve a few changes more easily than many. A total below
    today's sum is reached by cuts of any size. Raises TotalOutOfReachError if the bounds forbid it.
    """
    before = {option.key: option.before for option in options}
    forced = total < sum(before.values())
    free = [option for option in options if option.low <= option.high]
    free, best = _without_small(options, free, total=total, unit=unit, share=0.0 if forced else min_move_share)
    if sum(best.values()) > total:
        raise TotalOutOfReachError(total, sum(min(option.low, option.before) for option in options))
    if forced:
        return _worth(options, best)
    found = [_worth(options, before), _worth(options, best)]
    while len(free) > 2:
        free = sorted(free, key=lambda option: _weight(option, best, free))[1:]
        free, best = _without_small(options, free, total=total, unit=unit, share=min_move_share)
        found.append(_worth(options, best))
        if found[-1].gain.mean() < enough_gain * _most(found):
            break
    # Today's amounts need not be whole units: staying, or moving fewer of them, may even be worth more.
    enough = [one for one in found if one.gain.mean() >= enough_gain * _most(found)]
    return min(enough, key=lambda one: (_moves(one, before), -one.gain.mean()))


def _most(found: Sequence[Allocation]) -> float:
    return max(float(one.gain.mean()) for one in found)


def _moves(found: Allocation, before: Mapping[str, int]) -> int:
    return sum(found.after[key] != amount for key, amount in before.items())


def _without_small(
    options: Sequence[Option], free: Sequence[Option], *, total: int, unit: int, share: float
) -> tuple[list[Option], dict[str, int]]:
    """The best split in which every campaign that moves at all moves by at least the share, and who may move."""
    while free:
        after = {option.key: option.before for option in options}
        held = sum(option.before for option in options if option not in free)
        after |= _best_split(free, total=total - held, unit=unit)
        moving = [option for option in free if abs(after[option.key] - option.before) >= share * option.before]
        if len(moving) == len(free):
            return list(free), after
        free = moving
    return [], {option.key: option.before for option in options}


def _weight(option: Option, after: Mapping[str, int], free: Sequence[Option]) -> float:
    """What the option's move is worth beyond what its money is worth elsewhere."""
    mine, rates = 0.0, []
    for other in free:
        moved = after[other.key] - other.before
        if moved:
            values = other.value(np.array([other.before, after[other.key]], dtype=np.float64)).mean(axis=0)
            rates.append(float(values[1] - values[0]) / moved)
            mine = rates[-1] if other is option else mine
    return abs(mine - float(np.median(rates))) * abs(after[option.key] - option.before) if rates else 0.0


def _worth(options: Sequence[Option], after: Mapping[str, int]) -> Allocation:
    values = [option.value(np.array([option.before, after[option.key]], dtype=np.float64)) for option in options]
    together: Floats = np.sum(values, axis=0)
    return Allocation(after, float(together[:, 0].mean()), together[:, 1] - together[:, 0])


def _best_split(options: Sequence[Option], *, total: int, unit: int) -> dict[str, int]:
    spread = sum((option.high - option.low) // unit for option in options)
    step = unit * max(1, -(-spread // _MAX_LEVELS))
    capacity = (total - sum(option.low for option in options)) // step
    if capacity < 0:
        raise TotalOutOfReachError(total, sum(option.low for option in options))
    best = np.zeros(capacity + 1)
    choices = []
    for option in options:
        amounts = np.arange(option.low, option.high + 1, step, dtype=np.float64)
        best, choice = _extended(best, option.value(amounts).mean(axis=0))
        choices.append(choice)
    split = {}
    left = int(np.argmax(best))
    for option, choice in zip(reversed(options), reversed(choices), strict=True):
        split[option.key] = option.low + int(choice[left]) * step
        left -= int(choice[left])
    return _topped_up(options, split, total=total, unit=unit)


def _extended(best: Floats, worth: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Best value of each capacity with one more campaign, and the level it takes there."""
    extended = best + worth[0]
    choice = np.zeros(len(best), dtype=np.int64)
    for level in range(1, min(len(worth), len(best))):
        candidate = best[:-level] + worth[level]
        better = candidate > extended[level:] + 1e-12
        extended[level:][better] = candidate[better]
        choice[level:][better] = level
    return extended, choice


def _topped_up(options: Sequence[Option], split: dict[str, int], *, total: int, unit: int) -> dict[str, int]:
    """Spend what a coarse step left over, in whole units, on campaigns that are being raised anyway."""
    left = (total - sum(split.values())) // unit * unit
    for option in sorted(options, key=lambda option: option.before - split[option.key]):
        if left <= 0 or split[option.key] <= option.before:
            break
        extra = min(left, option.high - split[option.key])
        split[option.key] += extra
        left -= extra
    return split
