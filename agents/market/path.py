"""The expected course of the truth, day by day: from exposure to orders, without any drawing of lots.

State is kept in integer micros, so that a world run in one go and one run by the day are equal to the bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from agents.market.calendar import season
from agents.market.response import adstock, fatigue, price_response, saturated
from agents.market.world import CampaignTruth, World

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Carry:
    """What a day leaves to the next: adstock in micro-pounds, impressions since the creative started."""

    adstock_micros: Mapping[str, int]
    creative_impressions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Exposed:
    """What one campaign put before people on one day; efficiency is below 1000 while its platform learns.

    With a `new_creative` the count of impressions that fatigue goes by starts again.
    """

    exposure_micros: int
    impressions: int
    efficiency_milli: int = 1000
    new_creative: bool = False


UNEXPOSED = Exposed(0, 0)


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected orders of a day in millionths; `campaigns` are each one's own part, beyond the baseline."""

    baseline_micro: int
    campaigns: Mapping[str, int]

    @property
    def total_micro(self) -> int:
        return self.baseline_micro + sum(self.campaigns.values())


def first_carry(world: World) -> Carry:
    """As if the usual budgets had been running for long."""
    stock = {c.id: round(c.usual_budget_pounds / (1 - c.retention) * _MICRO) for c in world.campaigns}
    seen = {
        c.id: round(usual_impressions(c, c.usual_budget_pounds) * _creative_age(world, c, world.first_day))
        for c in world.campaigns
    }
    return Carry(stock, seen)


def usual_impressions(campaign: CampaignTruth, exposed_pounds: float) -> float:
    return exposed_pounds / campaign.cpm_pounds * 1000


def step(world: World, carry: Carry, day: date, exposed: Mapping[str, Exposed]) -> tuple[Carry, Expected]:
    """One day: Expected orders = (B + Σ R_c·F_c) · S · P, a part being 0 when its product is out of stock."""
    stock = {
        c.id: round(adstock(exposed[c.id].exposure_micros, carry.adstock_micros[c.id], retention=c.retention))
        for c in world.campaigns
    }
    seen = {
        c.id: exposed[c.id].impressions
        + (0 if _is_fresh(world, c, day, exposed[c.id]) else carry.creative_impressions[c.id])
        for c in world.campaigns
    }
    demand = season(day, amplitude=world.annual_amplitude) * price_response(
        world.price_on(day), elasticity=world.elasticity
    )
    own = {
        c.id: round(_lift(c, stock, seen[c.id]) * exposed[c.id].efficiency_milli * demand * _MICRO / 1000)
        if world.in_stock(c.id, day)
        else 0
        for c in world.campaigns
    }
    return Carry(stock, seen), Expected(round(world.baseline_orders * demand * _MICRO), own)


def order_revenue_pounds(world: World, day: date) -> float:
    """The mean value of an order at the day's price."""
    return world.order_value_pounds * world.price_on(day)


def _lift(campaign: CampaignTruth, stock_micros: Mapping[str, int], seen: int) -> float:
    """R_c·F_c in orders a day."""
    own = stock_micros[campaign.id] / _MICRO
    pooled = own + sum(share * stock_micros[other] / _MICRO for other, share in campaign.overlap)
    lifted = saturated(
        own,
        pooled,
        ceiling=campaign.ceiling,
        shape=campaign.shape,
        half_saturation=campaign.half_saturation,
    )
    return lifted * fatigue(seen / campaign.audience, rate=campaign.fatigue_rate, free=campaign.fatigue_free)


def _is_fresh(world: World, campaign: CampaignTruth, day: date, exposed: Exposed) -> bool:
    return exposed.new_creative or _creative_age(world, campaign, day) == 0


def _creative_age(world: World, campaign: CampaignTruth, day: date) -> int:
    """Days since the team last changed the creative's pictures, which it does by its own calendar; 0 on the day."""
    return ((day - world.first_day).days + campaign.refresh_phase) % campaign.refresh_days
