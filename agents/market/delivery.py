"""How platforms spend a budget: up to 2× a day, never above 30.4 × daily in a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, floor, pi, sin, sqrt

from agents.market.budgets import Purse, purse_of_own
from agents.market.calendar import days_in_month, season, weekday_demand
from agents.market.path import Exposed
from agents.market.roster import TRAITS
from agents.market.rules import is_learning
from agents.market.scenarios import Trouble
from agents.market.streams import stream
from agents.market.world import CampaignTruth, World
from storage.market_ledger.rows import CampaignRow, DeliveryRow

MEAN_DELIVERY = 0.97
"""Share of its budget that a campaign spends on an average day."""
LEARNING_EFFICIENCY_MILLI = 930
"""While it learns, a platform's pounds do seven per cent less."""
_BUSY = {"paid_search": (0.03, 1.6)}
"""Chance of a day of many searches, and how much more of the budget it takes."""
_MONTH_TENTHS = 304


@dataclass(frozen=True, slots=True)
class Delivered:
    """A campaign's day as the platform stores it, and the exposure behind it."""

    row: DeliveryRow
    exposed: Exposed


def price_index(world: World, trouble: Trouble, channel: str, day: date) -> float:
    """What an impression costs on a day as a multiple of its usual price: a slow wave, noise, and shocks."""
    noise = float(stream(world.seed, "auction", channel, day).standard_normal())
    return expected_price_index(world, trouble, channel, day) * exp(0.02 * noise)


def expected_price_index(world: World, trouble: Trouble, channel: str, day: date) -> float:
    """The price index without its noise."""
    turn = 2 * pi * ((day - world.first_day).days + world.price_phase_days) / 45
    return (1 + 0.02 * sin(turn)) * trouble.price_factor(channel, day)


def expected_spend_pounds(budget_pounds: float, day: date) -> float:
    """What a budget costs on an average day of its kind, while the month's limit is far."""
    return budget_pounds * MEAN_DELIVERY * sqrt(weekday_demand(day))


def deliver(
    world: World,
    truth: CampaignTruth,
    campaign: CampaignRow,
    day: date,
    *,
    index: float,
    month: Sequence[DeliveryRow],
    purse: Purse | None = None,
) -> Delivered:
    """One campaign's day, out of its own budget unless a purse is given.

    `month` are the earlier days of the same month of all that spend from that purse, one row a day.
    """
    purse = purse or purse_of_own(campaign)
    draw = stream(world.seed, "delivery", campaign.campaign_id, day)
    wobble, seen_noise, click_noise, luck = (float(x) for x in (*draw.standard_normal(3), draw.random()))
    spend = _spend_micros(campaign.channel, purse, month, day, _delivery_share(campaign.channel, day, wobble, luck))
    exposure_micros = round(spend / index)
    impressions = round(exposure_micros / 1_000_000 / truth.cpm_pounds * 1000 * exp(0.03 * seen_noise))
    clicks = int(draw.binomial(impressions, truth.click_rate * exp(0.03 * click_noise)))
    leads = int(draw.binomial(clicks, truth.lead_rate))
    learning = is_learning(campaign, day)
    return Delivered(
        DeliveryRow(
            campaign.campaign_id,
            day,
            spend,
            purse.planned_micros,
            impressions,
            clicks,
            leads,
            _eligible(world, truth, day, impressions),
        ),
        Exposed(
            exposure_micros,
            impressions,
            LEARNING_EFFICIENCY_MILLI if learning else 1000,
            new_creative=campaign.creative_since == day,
        ),
    )


def month_limit_micros(month: Sequence[DeliveryRow], budget_micros: int, day: date) -> int:
    """30.4 × the daily budget, averaged over the month's days: a change of budget makes it a step.

    Days before the first known one count with the first known budget, days to come with today's.
    """
    known = [row.budget_micros for row in month]
    earlier = day.day - 1 - len(known)
    first = known[0] if known else budget_micros
    ahead = days_in_month(day) - day.day + 1
    planned = first * earlier + sum(known) + budget_micros * ahead
    return planned * _MONTH_TENTHS // (10 * days_in_month(day))


def _spend_micros(channel: str, purse: Purse, month: Sequence[DeliveryRow], day: date, level: float) -> int:
    """What the day costs at a level of its budget, in the platform's unit, within what the month still allows."""
    wanted = round(purse.total_micros * purse.share * level)
    left = month_limit_micros(month, purse.total_micros, day) - sum(row.spend_micros for row in month)
    unit = TRAITS[channel].spend_unit_micros
    return max(0, min(wanted, floor(left * purse.share))) // unit * unit


def _eligible(world: World, truth: CampaignTruth, day: date, impressions: int) -> int | None:
    """The day's searches in which the campaign could have been shown: they move with demand, not with its budget."""
    if truth.searches is None:
        return None
    noise = float(stream(world.seed, "searches", truth.id, day).standard_normal())
    made = truth.searches * season(day, amplitude=world.annual_amplitude) * exp(0.05 * noise)
    return max(impressions, round(made))


def _delivery_share(channel: str, day: date, wobble: float, luck: float) -> float:
    traits = TRAITS[channel]
    chance, busy = _BUSY.get(channel, (0.0, 1.0))
    level = MEAN_DELIVERY / (1 + chance * (busy - 1)) * (busy if luck < chance else 1.0)
    spread = exp(traits.wobble * wobble - traits.wobble**2 / 2)
    return min(traits.overdelivery, level * spread * sqrt(weekday_demand(day)))
