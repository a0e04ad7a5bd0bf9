"""What a split of budgets would bring, and the best one under the same rules, for those who know the truth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

import numpy as np
from scipy.optimize import minimize

from agents.market.delivery import (
    LEARNING_EFFICIENCY_MILLI,
    expected_price_index,
    expected_spend_pounds,
)
from agents.market.path import Carry, Exposed, order_revenue_pounds, step, usual_impressions
from agents.market.roster import TRAITS
from agents.market.rules import LEARNING_DAYS, LEARNING_EDIT_PERCENT
from agents.market.scenarios import Trouble
from agents.market.world import CampaignTruth, World

_MICRO = 1_000_000
Box = tuple[int, int]
"""Least and most of a budget, whole pounds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a world stands on a morning: what it carries, and the budgets (pounds a day) that are set."""

    world: World
    trouble: Trouble
    carry: Carry
    today: date
    budgets: Mapping[str, float]
    learning_until: Mapping[str, date | None]
    creative_from: Mapping[str, date]
    """The day on which a new creative starts, for campaigns with one that has just started or is in review"""
    fixed: frozenset[str] = frozenset()
    """Campaigns whose budget no split may move: the platform would refuse"""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Expected orders, revenue and spend, in pounds, over a horizon, of the whole shop."""

    orders: float
    revenue: float
    spend: float

    def profit(self, cost_of_goods: float) -> float:
        """Revenue − cost of goods − spend."""
        return self.revenue * (1 - cost_of_goods) - self.spend


def outlook(standing: Standing, split: Mapping[str, float], *, days: int) -> Outlook:
    """What a split, set this morning, should bring in so many days; a large edit costs its learning."""
    world, carry = standing.world, standing.carry
    orders = revenue = spend = 0.0
    for offset in range(days):
        day = standing.today + timedelta(days=offset)
        spent = {c.id: expected_spend_pounds(split[c.id], day) for c in world.campaigns}
        indices = {channel: expected_price_index(world, standing.trouble, channel, day) for channel in TRAITS}
        exposed = {
            c.id: _exposed(standing, c, split[c.id], spent[c.id] / indices[c.channel], day) for c in world.campaigns
        }
        carry, expected = step(world, carry, day, exposed)
        orders += expected.total_micro / _MICRO
        revenue += expected.total_micro / _MICRO * order_revenue_pounds(world, day)
        spend += sum(spent.values())
    return Outlook(orders, revenue, spend)


def best_split(standing: Standing, *, days: int, step_share: float, total: float) -> dict[str, float]:
    """The split of a daily total that brings the most profit, no budget moved by more than the step.

    Whole pounds. Spend is the same for all splits, so the most revenue is the most profit. Where an edit resets
    learning the return jumps down, which no solver climbs over: so the campaigns are put on either side of that
    wall first, and those that come to stand at it are tried on the other side. Raises ValueError if the total
    cannot be reached within the steps.
    """
    wide = _boxes(standing, step_share)
    if not sum(low for low, _ in wide.values()) <= total <= sum(high for _, high in wide.values()):
        raise ValueError(f"no split of £{total:.0f} lies within ±{step_share:.0%} of what is set")
    calm = _boxes(standing, min(step_share, LEARNING_EDIT_PERCENT / 100))
    learners = {c.id for c in standing.world.campaigns if TRAITS[c.channel].learns}
    inside = {name: calm[name] if name in learners else box for name, box in wide.items()}

    def climb(boxes: Mapping[str, Box], start: Mapping[str, float]) -> _Climbed | None:
        return _climb(standing, boxes, start, days=days, total=total)

    free = climb(wide, standing.budgets)
    assert free is not None, "the total was checked against the widest boxes"
    if step_share * 100 <= LEARNING_EDIT_PERCENT:
        return free.split
    sides = {name: _side(free.split[name], inside[name], box) for name, box in wide.items()}
    found = [free, climb(inside, standing.budgets), climb(sides, free.split)]
    best = max((each for each in found if each is not None), key=lambda each: each.revenue)
    for name in sorted(learners):
        for other in _behind_the_wall(best, name, inside[name], wide[name]):
            tried = climb({**best.boxes, name: other}, best.split)
            if tried is not None and tried.revenue > best.revenue:
                best = tried
    return best.split


def _boxes(standing: Standing, share: float) -> dict[str, Box]:
    """Whole pounds within a share of each budget; a fixed one stays where it is."""
    steps = {name: 0.0 if name in standing.fixed else share for name in standing.budgets}
    return {
        name: (ceil(now * (1 - steps[name])), floor(now * (1 + steps[name]))) for name, now in standing.budgets.items()
    }


def _side(budget: float, inside: Box, wide: Box) -> Box:
    """The part of the widest box that a budget lies in: inside the wall, above it or below it."""
    if budget > inside[1]:
        return inside[1] + 1, wide[1]
    if budget < inside[0]:
        return wide[0], inside[0] - 1
    return inside


def _behind_the_wall(best: "_Climbed", name: str, inside: Box, wide: Box) -> Iterator[Box]:
    """What lies on the other side of the wall that a campaign has come to stand at."""
    budget = best.split[name]
    if budget in {inside[0] - 1, inside[1] + 1}:
        yield inside
    if budget == inside[1] < wide[1]:
        yield inside[1] + 1, wide[1]
    if budget == inside[0] > wide[0]:
        yield wide[0], inside[0] - 1


@dataclass(frozen=True, slots=True)
class _Climbed:
    """A split, its expected revenue, and the boxes it was looked for in."""

    split: dict[str, float]
    revenue: float
    boxes: Mapping[str, Box]


def _climb(
    standing: Standing, boxes: Mapping[str, Box], start: Mapping[str, float], *, days: int, total: float
) -> _Climbed | None:
    """The best split in the boxes: a general solver, then whole pounds; None where the total is out of reach."""
    names = list(boxes)
    low, high = (np.array([float(box[side]) for box in boxes.values()]) for side in (0, 1))
    if not low.sum() <= total <= high.sum():
        return None

    def revenue(budgets: np.ndarray) -> float:
        return outlook(standing, dict(zip(names, map(float, budgets), strict=True)), days=days).revenue

    first = _into_total(np.clip(np.array([start[name] for name in names]), low, high), low, high, total)
    scale = revenue(first)
    found = minimize(
        lambda budgets: -revenue(budgets) / scale * 1000,
        first,
        method="SLSQP",
        bounds=list(zip(low, high, strict=True)),
        constraints={"type": "eq", "fun": lambda budgets: budgets.sum() - total},
        options={"eps": 0.5, "maxiter": 100, "ftol": 1e-6},
    )
    whole = _into_total(np.clip(np.round(found.x), low, high), low, high, total)
    return _Climbed(dict(zip(names, map(float, whole), strict=True)), revenue(whole), boxes)


def _into_total(budgets: np.ndarray, low: np.ndarray, high: np.ndarray, total: float) -> np.ndarray:
    """Spread what is missing (or too much) over the budgets that have room, in the order they stand."""
    fitted = budgets.copy()
    for index in range(len(fitted)):
        missing = total - fitted.sum()
        fitted[index] = np.clip(fitted[index] + missing, low[index], high[index])
    return fitted


def _exposed(standing: Standing, campaign: CampaignTruth, budget: float, exposure_pounds: float, day: date) -> Exposed:
    learning = TRAITS[campaign.channel].learns and _learns(standing, campaign, budget, day)
    return Exposed(
        round(exposure_pounds * _MICRO),
        round(usual_impressions(campaign, exposure_pounds)),
        LEARNING_EFFICIENCY_MILLI if learning else 1000,
        new_creative=standing.creative_from.get(campaign.id) == day,
    )


def _learns(standing: Standing, campaign: CampaignTruth, budget: float, day: date) -> bool:
    until = standing.learning_until[campaign.id]
    if until is not None and day <= until:
        return True
    now = standing.budgets[campaign.id]
    # A hair of tolerance: the solver works with fractions of a penny.
    large = abs(budget - now) * 100 > LEARNING_EDIT_PERCENT * now + 0.01
    return large and (day - standing.today).days < LEARNING_DAYS
