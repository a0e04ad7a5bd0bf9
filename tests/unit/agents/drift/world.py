"""A small world of known response curves that reports like a platform: late conversions, versions, a shop beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
import polars as pl

from storage.lake.facts import FACTS
from storage.records.facts import CampaignState
from storage.records.money import Money

START = date(2026, 6, 1)
ORDER_VALUE = 60.0


@dataclass(frozen=True)
class Ad:
    """One campaign; beta is orders a day at saturation, kappa the spend a day of half saturation."""

    channel: str
    id: str
    budget: int
    beta: float = 40.0
    kappa: float = 200.0
    carry: float = 0.3
    cpc: float = 0.8
    ctr: float = 0.02


ADS = (
    Ad("paid_search", "s1", 300, beta=60, kappa=250),
    Ad("paid_search", "s2", 200, beta=18, kappa=60),
    Ad("paid_social", "m1", 250, beta=22, kappa=120, cpc=0.5, ctr=0.012),
    Ad("email", "e1", 80, beta=30, kappa=160, cpc=0.2, ctr=0.03),
    Ad("website", "w1", 120, beta=25, kappa=180, cpc=0.4, ctr=0.01),
)

Effect = Callable[[str, int], float]
"""Factor of one quantity, by channel and index of the day."""


def none(_channel: str, _day: int) -> float:
    return 1.0


def on(channel: str | None, first: int, factor: float, last: int = 10**6) -> Effect:
    """The factor on one channel (None: all) from a day to a day, else 1."""
    return lambda at, day: factor if channel in (None, at) and first <= day <= last else 1.0


@dataclass(frozen=True)
class World:
    """Everything that happened in `days` days; `frame` shows it as reported on one of them."""

    seed: int = 1
    days: int = 90
    ads: tuple[Ad, ...] = ADS
    wobble: float = 0.25
    """Spread of the weekly budgets around the plan: without it responses cannot be measured."""
    delay_days: float = 2.0
    price: Effect = none
    tracking: Effect = none
    delivery: Effect = none
    demand: Effect = none
    budget: Mapping[str, Callable[[int], float]] = field(default_factory=dict)
    """Factor of a campaign's budget by day, by campaign id."""

    def budget_of(self, ad: Ad, day: int) -> float:
        rng = np.random.default_rng([self.seed, 7, hash_of(ad.id), day // 7])
        steady = day >= self.days - 5
        return round(
            ad.budget
            * (1 if steady else np.exp(rng.normal(0, self.wobble)))
            * self.budget.get(ad.id, lambda _: 1.0)(day)
        )

    def day_of(self, index: int) -> date:
        return START + timedelta(days=index)

    def season(self, day: int) -> float:
        return (1 + 0.15 * np.sin(2 * np.pi * (day % 7) / 7)) * (1 + 0.1 * np.sin(2 * np.pi * day / 365))

    @cached_property
    def truth(self) -> list[dict]:
        """Final figures of every campaign and day, with the age at which each conversion arrives."""
        rows = []
        for ad in self.ads:
            carried = ad.budget / 1.0
            for day in range(self.days):
                rng = np.random.default_rng([self.seed, hash_of(ad.id), day])
                budget = self.budget_of(ad, day)
                spend = budget * np.exp(rng.normal(0, 0.06)) * self.delivery(ad.channel, day)
                exposure = spend / self.price(ad.channel, day)
                carried = ad.carry * carried + (1 - ad.carry) * exposure
                season = self.season(day) * self.demand(ad.channel, day)
                mean = ad.beta * carried / (ad.kappa + carried) * season * (exposure > 0)
                orders = rng.poisson(mean)
                clicks = rng.poisson(exposure / ad.cpc)
                reported = rng.binomial(orders, self.tracking(ad.channel, day))
                ages = np.floor(rng.exponential(self.delay_days, reported))
                rows.append(
                    {
                        "ad": ad,
                        "day": day,
                        "budget": budget,
                        "spend": spend,
                        "clicks": clicks,
                        "impressions": rng.poisson(exposure / ad.cpc / ad.ctr),
                        "orders": orders,
                        "ages": ages,
                    }
                )
        return rows

    @cached_property
    def shop(self) -> list[int]:
        """The shop's own orders by day: those of the campaigns and of people who come anyway."""
        orders = [0] * self.days
        for item in self.truth:
            orders[item["day"]] += int(item["orders"])
        for day in range(self.days):
            rng = np.random.default_rng([self.seed, 999, day])
            orders[day] += int(rng.poisson(120 * self.season(day) * self.demand("store", day)))
        return orders

    def frame(self, data_day: int, *, versions: int = 0) -> pl.DataFrame:
        """Facts as known after `data_day`, with so many older daily loads before the newest one."""
        loads = [
            self._load(self.truth, seen, first=0 if seen == data_day - versions else max(0, seen - 29))
            for seen in range(data_day - versions, data_day + 1)
        ]
        return pl.concat(loads)

    def _load(self, truth: list[dict], seen: int, *, first: int) -> pl.DataFrame:
        rows = [self._row(item, seen) for item in truth if first <= item["day"] <= seen]
        for day in range(first, seen + 1):
            orders = self.shop[day]
            rows.append(
                blank()
                | {
                    "channel": "store",
                    "campaign_id": "shop",
                    "campaign": "Shop",
                    "grain": "store",
                    "day": self.day_of(day),
                    "last_day": self.day_of(day),
                    "orders": int(orders),
                    "store_revenue_micros": int(orders * ORDER_VALUE * 1e6),
                }
            )
        known = datetime(2026, 6, 2, 3, tzinfo=UTC) + timedelta(days=seen)
        stamped = [row | {"load_id": f"load-{seen}", "known_at": known} for row in rows]
        return pl.DataFrame(stamped, schema=FACTS)

    def _row(self, item: dict, seen: int) -> dict:
        ad, day = item["ad"], self.day_of(item["day"])
        arrived = int((item["ages"] <= seen - item["day"]).sum())
        return blank() | {
            "channel": ad.channel,
            "campaign_id": ad.id,
            "campaign": f"Campaign {ad.id}",
            "grain": "campaign",
            "day": day,
            "last_day": day,
            "spend_micros": int(item["spend"] * 1e6),
            "budget_micros": int(item["budget"] * 1e6),
            "impressions": int(item["impressions"]),
            "clicks": int(item["clicks"]),
            "conversions_milli": arrived * 1000,
            "revenue_micros": int(arrived * ORDER_VALUE * 1e6),
        }

    def states(self, data_day: int) -> tuple[CampaignState, ...]:
        return tuple(
            CampaignState(
                channel=ad.channel,
                id=ad.id,
                name=f"Campaign {ad.id}",
                status="active",
                account="a",
                daily_budget=Money.of(Decimal(self.budget_of(ad, data_day)), "GBP"),
                version="v1",
                simulated=True,
            )
            for ad in self.ads
        )

    def value(self, budgets: Mapping[str, float]) -> float:
        """True steady revenue a day of the budgets, by campaign id."""
        return sum(ORDER_VALUE * ad.beta * budgets[ad.id] / (ad.kappa + budgets[ad.id]) for ad in self.ads)

    def changed(self, **facts) -> "World":
        return replace(self, **facts)


def blank() -> dict:
    return dict.fromkeys(FACTS) | {
        "source": "sandbox",
        "simulated": True,
        "account": "a",
        "breakdown": "",
        "currency": "GBP",
        "flags": "",
        "line": 0,
    }


def hash_of(text: str) -> int:
    return sum((index + 1) * ord(letter) for index, letter in enumerate(text))
