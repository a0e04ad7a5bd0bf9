"""The hidden parameters of a world, drawn from its seed and kept as JSON, so that it never changes later."""

from datetime import date
from typing import Self

import numpy as np

from agents.market.calendar import EPOCH, PRICE_CUTS, PriceCut
from agents.market.response import saturated
from agents.market.roster import ROSTER, TRAITS, CampaignSpec
from agents.market.streams import stream
from storage.records.record import Record

_LARGE_LOADS = (0.22, 0.35, 0.8, 1.7, 3.0, 4.2)
_SMALL_LOADS = (0.28, 0.5, 0.7, 1.2, 2.2, 3.4)
"""Adstock at the usual budget ÷ half saturation, from starved to saturated.

Dealt out among the six large and the six small campaigns apart: every world has money to move.
"""
_SHARED_LOADS = (0.6, 1.6)
"""Campaigns on a shared budget are dealt nothing: they draw theirs, and leave the others' as they are."""
_LARGE_POUNDS = 180
MAX_WINDOW_DAYS = 90
_EARLY_VISITORS = 0.9


class CampaignTruth(Record):
    """What a campaign truly does. Pounds are at a price index of 1, rates per day, frequencies per person."""

    id: str
    channel: str
    usual_budget_pounds: float
    retention: float
    """λ"""
    ceiling: float
    """β, orders a day"""
    shape: float
    """γ"""
    half_saturation: float
    """κ, pounds of adstock"""
    overlap: tuple[tuple[str, float], ...]
    """Other campaigns with a shared audience, and o_cd"""
    fatigue_rate: float
    """φ"""
    fatigue_free: float
    """f₀"""
    audience: int
    """People"""
    refresh_days: int
    """Days after which the team puts a new creative"""
    refresh_phase: int
    cpm_pounds: float
    click_rate: float
    lead_rate: float
    touch: float
    """Share of the shop's other buyers that a last touch can be claimed of, at most"""
    touch_scale: float
    """Pounds of adstock at which most of that share is reached"""
    same_day: float
    late_days: float
    searches: float | None = None
    """Searches a day in which it could be shown, where the platform tells its share of them"""


class World(Record):
    """All parameters of one world."""

    seed: int
    first_day: date = EPOCH
    window_days: int = 30
    baseline_orders: float
    """B, orders a day that come without any campaign"""
    order_value_pounds: float
    order_value_spread: float
    elasticity: float
    """ε"""
    cost_of_goods: float
    """Share of revenue"""
    annual_amplitude: float
    price_phase_days: float
    price_cuts: tuple[PriceCut, ...] = PRICE_CUTS
    stock_outs: tuple[tuple[str, date, date], ...] = ()
    """Campaign whose product is out of stock on these days, inclusive"""
    campaigns: tuple[CampaignTruth, ...]

    @classmethod
    def of_seed(cls, seed: int, *, window_days: int = 30) -> Self:
        """Draw a world; raises ValueError for a conversion window outside 1 to 90 days."""
        if not 1 <= window_days <= MAX_WINDOW_DAYS:
            raise ValueError(f"a conversion window has 1 to {MAX_WINDOW_DAYS} days, not {window_days}")
        draw = stream(seed, "world", "shop", EPOCH)
        orders = float(draw.uniform(64, 78))
        value = float(draw.uniform(43, 49))
        return cls(
            seed=seed,
            window_days=window_days,
            baseline_orders=orders,
            order_value_pounds=value,
            order_value_spread=0.45,
            elasticity=float(draw.uniform(1.2, 1.6)),
            cost_of_goods=0.45,
            annual_amplitude=float(draw.uniform(0.02, 0.05)),
            price_phase_days=float(draw.uniform(0, 45)),
            campaigns=_campaigns(seed, value, orders, _deal(seed, draw)),
        )

    def price_on(self, day: date) -> float:
        """The shop's price as a share of its reference."""
        return min((cut.price for cut in self.price_cuts if cut.first <= day <= cut.last), default=1.0)

    def in_stock(self, campaign_id: str, day: date) -> bool:
        return not any(campaign_id == out and first <= day <= last for out, first, last in self.stock_outs)


def _deal(seed: int, draw: np.random.Generator) -> list[float]:
    """A load for each campaign of the roster."""
    large = iter(draw.permutation(_LARGE_LOADS))
    small = iter(draw.permutation(_SMALL_LOADS))
    loads = []
    for spec in ROSTER:
        if spec.shared_budget is not None:
            loads.append(float(stream(seed, "load", spec.campaign_id, EPOCH).uniform(*_SHARED_LOADS)))
        else:
            loads.append(float(next(large if spec.daily_budget_pounds >= _LARGE_POUNDS else small)))
    return loads


def _campaigns(seed: int, value: float, orders: float, loads: list[float]) -> tuple[CampaignTruth, ...]:
    draws = {spec.campaign_id: stream(seed, "world", spec.campaign_id, EPOCH) for spec in ROSTER}
    retention = {
        spec.campaign_id: float(draws[spec.campaign_id].uniform(*TRAITS[spec.channel].retention)) for spec in ROSTER
    }
    usual = {spec.campaign_id: spec.daily_budget_pounds / (1 - retention[spec.campaign_id]) for spec in ROSTER}
    made = []
    for spec, load in zip(ROSTER, loads, strict=True):
        draw = draws[spec.campaign_id]
        overlap = _overlap(spec, draw)
        pooled = usual[spec.campaign_id] + sum(share * usual[other] for other, share in overlap)
        response = _response(draw, load=load, own=usual[spec.campaign_id], pooled=pooled)
        made.append(
            CampaignTruth(
                id=spec.campaign_id,
                channel=spec.channel,
                usual_budget_pounds=float(spec.daily_budget_pounds),
                retention=retention[spec.campaign_id],
                ceiling=response["return"] * spec.daily_budget_pounds / value / response["share"],
                shape=response["shape"],
                half_saturation=response["half_saturation"],
                overlap=overlap,
                touch=min(0.4, spec.over_credit * spec.daily_budget_pounds / (value * orders) / _EARLY_VISITORS),
                # 1 − e^(−2.3) = 0.9: the usual budget meets most of the buyers that can be met.
                touch_scale=usual[spec.campaign_id] / 2.3,
                searches=_searches(seed, spec),
                **_platform(spec, draw),
            )
        )
    return tuple(made)


def _overlap(spec: CampaignSpec, draw: np.random.Generator) -> tuple[tuple[str, float], ...]:
    """Each pair of campaigns with an audience in common shares a part of it."""
    others = [other for other in ROSTER if other.audience == spec.audience and other is not spec]
    return tuple((other.campaign_id, float(draw.uniform(0.03, 0.15))) for other in others)


def _response(draw: np.random.Generator, *, load: float, own: float, pooled: float) -> dict[str, float]:
    """Shape and scale so that the usual budget stands at the dealt load, with a true return that fits it."""
    shape = float(draw.uniform(1.0, 1.35))
    half = pooled / (load * float(draw.uniform(0.95, 1.05)))
    share = saturated(own, pooled, ceiling=1.0, shape=shape, half_saturation=half)
    filled = saturated(pooled, pooled, ceiling=1.0, shape=shape, half_saturation=half)
    # A starved campaign earns more on its average pound than a saturated one, on the same curve.
    true_return = (4.4 - 3.9 * filled) * float(draw.uniform(0.9, 1.1))
    return {"shape": shape, "half_saturation": half, "share": share, "return": true_return}


def _searches(seed: int, spec: CampaignSpec) -> float | None:
    if spec.search_share is None:
        return None
    draw = stream(seed, "searches", spec.campaign_id, EPOCH)
    usual = spec.daily_budget_pounds / spec.cpm_pounds * 1000
    return usual / spec.search_share * float(draw.uniform(0.87, 1.15))


def _platform(spec: CampaignSpec, draw: np.random.Generator) -> dict[str, float | int]:
    traits = TRAITS[spec.channel]
    refresh = int(draw.integers(24, 42))
    daily_impressions = spec.daily_budget_pounds / spec.cpm_pounds * 1000
    meetings = float(draw.uniform(3.5, 6.0))
    return {
        "fatigue_rate": float(draw.uniform(*traits.fatigue)),
        "fatigue_free": float(draw.uniform(2.0, 3.0)),
        "audience": round(daily_impressions * refresh / meetings),
        "refresh_days": refresh,
        "refresh_phase": int(draw.integers(0, refresh)),
        "cpm_pounds": spec.cpm_pounds * float(draw.uniform(0.93, 1.07)),
        "click_rate": spec.click_rate * float(draw.uniform(0.93, 1.07)),
        "lead_rate": spec.lead_rate,
        "same_day": float(draw.uniform(*traits.same_day)),
        "late_days": traits.late_days * float(draw.uniform(0.85, 1.15)),
    }
