"""Last-touch reporting: what platforms claim, filed on the day of the click, heard of on the order's day.

A platform files by its own calendar. The mailing tool counts in UTC: while the shop has summer time, its day begins
an hour after the shop's, and what happens in that hour is filed a day earlier. Spend, impressions and clicks of a
mailing stand on the day it was sent, in the morning, which is the same day in both calendars.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import exp

import numpy as np

from agents.market.calendar import hours_ahead
from agents.market.path import order_revenue_pounds
from agents.market.roster import TRAITS
from agents.market.streams import stream
from agents.market.world import MAX_WINDOW_DAYS, CampaignTruth, World
from storage.market_ledger.rows import DeliveryRow, PostingRow

_SEEN = 0.92
"""Share of a campaign's own orders that the platform can tie to a click."""
_PENCE = 10_000
_AFTER_MIDNIGHT = 0.015
"""Share of a day's conversions that fall into the hour after the shop's midnight."""


def claimed_touch(truth: CampaignTruth, adstock_micros: int) -> float:
    """Share of the shop's other buyers whose last touch was this campaign: grows with spend, saturates."""
    return truth.touch * (1 - exp(-adstock_micros / 1_000_000 / truth.touch_scale))


def report(
    world: World,
    truth: CampaignTruth,
    day: date,
    *,
    own_orders: int,
    other_orders: int,
    adstock_micros: int,
    tag_share: float,
    recent: Sequence[DeliveryRow],
) -> tuple[PostingRow, ...]:
    """The conversions that arrive on a day, by the day of the click; `recent` are the days up to it.

    An order that the tag does not see is lost to the platforms for good. Without clicks inside the window
    there is nothing to claim.
    """
    draw = stream(world.seed, "report", truth.id, day)
    claimed = int(draw.binomial(own_orders, _SEEN))
    claimed += int(draw.binomial(other_orders, claimed_touch(truth, adstock_micros)))
    heard = int(draw.binomial(claimed, tag_share))
    weights = _click_weights(world, truth, day, recent)
    if heard == 0 or not weights:
        return ()
    counts = draw.multinomial(heard, _shares(list(weights.values())))
    mean = order_revenue_pounds(world, day)
    return tuple(
        PostingRow(truth.id, clicked, day, count, revenue_micros(world, draw, count, mean))
        for clicked, count in _by_own_calendar(world, truth, day, dict(zip(weights, map(int, counts), strict=True)))
        if count
    )


def revenue_micros(world: World, draw: np.random.Generator, orders: int, mean_pounds: float) -> int:
    """The value of so many orders, each drawn and rounded to pence."""
    spread = world.order_value_spread
    values = draw.lognormal(0.0, spread, orders) * (mean_pounds * exp(-(spread**2) / 2))
    return sum(round(float(value) * 100) for value in values) * _PENCE


def _click_weights(
    world: World, truth: CampaignTruth, day: date, recent: Sequence[DeliveryRow]
) -> Mapping[date, float]:
    """Click day → weight: its clicks × the chance that a buyer takes so many days.

    A click of the days before history keeps its weight: its conversions are filed there, where nobody looks,
    and the first days of history do not claim them.
    """
    clicks = {row.day: row.clicks for row in recent}
    usual = clicks.get(day, 0)
    weights = {}
    for late in range(min(world.window_days, MAX_WINDOW_DAYS) + 1):
        clicked = day - timedelta(days=late)
        known = clicks.get(clicked, usual if clicked < world.first_day else 0)
        if known:
            weights[clicked] = known * _lateness(truth, late)
    return weights


def _by_own_calendar(
    world: World, truth: CampaignTruth, day: date, counts: Mapping[date, int]
) -> Iterable[tuple[date, int]]:
    """Conversions by the click's day as the platform's zone has it, newest first.

    Those of the last day of the window stay, so that nothing is restated later than the window says.
    """
    hours = hours_ahead(TRAITS[truth.channel].zone, day)
    if hours <= 0:
        return counts.items()
    draw = stream(world.seed, "calendar", truth.id, day)
    oldest = day - timedelta(days=world.window_days)
    filed: dict[date, int] = {}
    for clicked, count in counts.items():
        moved = int(draw.binomial(count, hours * _AFTER_MIDNIGHT)) if clicked > oldest else 0
        filed[clicked] = filed.get(clicked, 0) + count - moved
        filed[clicked - timedelta(days=1)] = moved
    return filed.items()


def _lateness(truth: CampaignTruth, late: int) -> float:
    """Same day, or a geometric wait with a long tail: one late buyer in twelve takes weeks."""
    if late == 0:
        return truth.same_day
    soon = (1 - 1 / truth.late_days) ** (late - 1) / truth.late_days
    slow = (1 - 1 / 18) ** (late - 1) / 18
    return (1 - truth.same_day) * (0.92 * soon + 0.08 * slow)


def _shares(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]
