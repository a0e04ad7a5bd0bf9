"""The shop of the sandbox: a British home shop, its accounts and its fourteen campaigns."""

from dataclasses import dataclass

from agents.market.calendar import ZONE

CURRENCY = "GBP"
STORE_ACCOUNT = "brightwell-vale-store"
STORE_NAME = "Brightwell & Vale"
CHANNELS = ("email", "paid_search", "paid_social", "website")


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What a channel's platform is like.

    `overdelivery` is the most of a daily budget that one day may cost; `retention` the range of λ, `fatigue`
    of φ, `same_day` of the share of conversions that come on the day of the click. Spend is booked in whole
    `spend_unit_micros`, days are counted in `zone`; all accounts are kept in the shop's currency. Where it
    `reviews_creatives`, campaigns have a creative that can be set.
    """

    overdelivery: float
    wobble: float
    learns: bool
    retention: tuple[float, float]
    fatigue: tuple[float, float]
    same_day: tuple[float, float]
    late_days: float
    spend_unit_micros: int = 10_000
    zone: str = ZONE
    reviews_creatives: bool = False


TRAITS = {
    "email": ChannelTraits(
        overdelivery=2.0, wobble=0.05, learns=False, retention=(0.10, 0.30), fatigue=(0.005, 0.015),
        same_day=(0.60, 0.72), late_days=2.0, zone="UTC",
    ),
    "paid_search": ChannelTraits(
        overdelivery=2.0, wobble=0.10, learns=True, retention=(0.08, 0.25), fatigue=(0.0, 0.004),
        same_day=(0.58, 0.70), late_days=4.0, spend_unit_micros=1, reviews_creatives=True,
    ),
    "paid_social": ChannelTraits(
        overdelivery=1.25, wobble=0.06, learns=True, retention=(0.40, 0.65), fatigue=(0.015, 0.035),
        same_day=(0.42, 0.55), late_days=5.0, reviews_creatives=True,
    ),
    "website": ChannelTraits(
        overdelivery=2.0, wobble=0.07, learns=False, retention=(0.15, 0.35), fatigue=(0.005, 0.012),
        same_day=(0.65, 0.78), late_days=2.5,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CampaignSpec:
    """What is fixed about a campaign in every world.

    `cpm_pounds` is the cost of a thousand impressions at a price index of 1; `over_credit` the return, in
    pounds per pound, that last-touch reports claim from buyers who would have come anyway; `audience` names
    who sees it. `search_share` is the share of the searches it could be shown in that the usual budget buys.
    Campaigns with the same `shared_budget` spend from one budget, of which each has an equal part in its
    `daily_budget_pounds`; they stand together at the roster's end, with an audience of their own.
    """

    campaign_id: str
    channel: str
    account: str
    name: str
    daily_budget_pounds: int
    cpm_pounds: float
    click_rate: float
    lead_rate: float
    over_credit: float
    audience: str
    search_share: float | None = None
    shared_budget: str | None = None


ROSTER = (
    CampaignSpec(
        "em-101", "email", "EM-BV-UK", "Newsletter · weekly edit",
        110, 7.5, 0.024, 0.0, 1.1, "subscribers",
    ),
    CampaignSpec(
        "em-102", "email", "EM-BV-UK", "Win-back, 90 days silent",
        70, 7.0, 0.017, 0.0, 0.5, "subscribers",
    ),
    CampaignSpec(
        "em-103", "email", "EM-BV-UK", "Basket reminder flow",
        60, 11.0, 0.031, 0.0, 1.5, "visitors",
    ),
    CampaignSpec(
        "ps-2001", "paid_search", "482-119-7730", "Brand | UK | Exact, Phrase & <Close variants>",
        190, 38.0, 0.098, 0.0, 2.3, "searchers", 0.80,
    ),
    CampaignSpec(
        "ps-2002", "paid_search", "482-119-7730", "Non-brand | Cushions & throws",
        410, 27.0, 0.047, 0.0, 0.3, "searchers", 0.11,
    ),
    CampaignSpec(
        "ps-2003", "paid_search", "482-119-7730", "Non-brand | Lighting",
        230, 27.0, 0.046, 0.0, 0.3, "searchers", 0.15,
    ),
    CampaignSpec(
        "ps-2004", "paid_search", "482-119-7730", "Shopping | All products",
        310, 10.5, 0.018, 0.0, 0.6, "searchers", 0.30,
    ),
    CampaignSpec(
        "so-3001", "paid_social", "act_20481270", "Prospecting – lookalike 1 %",
        330, 6.8, 0.0105, 0.030, 0.3, "home lovers",
    ),
    CampaignSpec(
        "so-3002", "paid_social", "act_20481270", "Retargeting – viewed, 14 days",
        150, 8.2, 0.0150, 0.012, 1.4, "visitors",
    ),
    CampaignSpec(
        "so-3003", "paid_social", "act_20481270", "Spring collection video",
        180, 5.2, 0.0085, 0.020, 0.4, "home lovers",
    ),
    CampaignSpec(
        "ws-4001", "website", "site-brightwell", "On-site recommendations",
        90, 5.2, 0.0125, 0.0, 0.9, "visitors",
    ),
    CampaignSpec(
        "ws-4002", "website", "site-brightwell", "Homepage hero: spring",
        70, 4.6, 0.0110, 0.040, 0.7, "visitors",
    ),
    CampaignSpec(
        "ps-2005", "paid_search", "482-119-7730", "Brand | exact",
        40, 34.0, 0.110, 0.0, 1.6, "brand searchers", 0.85, "budget-901",
    ),
    CampaignSpec(
        "ps-2006", "paid_search", "482-119-7730", "Brand | phrase",
        40, 34.0, 0.090, 0.0, 1.6, "brand searchers", 0.60, "budget-901",
    ),
)  # fmt: skip
"""Two thousand two hundred and eighty pounds a day, in the fixed order of iteration."""
