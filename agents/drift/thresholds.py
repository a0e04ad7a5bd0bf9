"""When a departure is worth a person's attention: numbers as data, each with unit, owner and date.

Chosen on some seeds of the sandbox (101–106) and of clean synthetic series; false alarms and delays are told of others.
"""

from datetime import date
from typing import Literal

from storage.records.record import Record


class KpiRule(Record):
    """How one KPI is watched. Effects are relative changes against the expected value: 0.3 is 30 %."""

    kpi: str
    unit: str
    bad: Literal["up", "down", "both"]
    min_effect: float
    """A smaller relative change is never reported, however certain it is."""
    critical_effect: float
    """From here on one bad day is critical."""

    @property
    def turned(self) -> "KpiRule":
        """The same with its good direction for a bad one."""
        return self.model_copy(update={"bad": {"up": "down", "down": "up", "both": "both"}[self.bad]})


class CampaignRules(Record):
    """Single campaigns are many and small, so more is asked of them than of channels."""

    least_clicks: float = 50.0
    """Clicks a day, over four weeks, below which a campaign is not watched by itself."""
    z_one_day: float = 9.0
    z_more_days: float = 7.5
    record_ratio: float = 1.5
    effect_times: float = 1.5
    """The smallest effect that is told, in those of its channel."""
    min_conversions: float = 20.0
    """Expected in the judged days."""


class Thresholds(Record):
    """One set of detection thresholds; `owner` answers for them since `since`."""

    owner: str = "marketing analytics"
    since: date = date(2026, 11, 1)
    min_history_days: int = 35
    """Days of history before the judged day; with fewer the detector stays quiet."""
    level_days: int = 28
    """Days that the expected level is taken from."""
    z_one_day: float = 6.0
    """Robust standard errors, one judged day."""
    z_more_days: float = 5.0
    """Robust standard errors, mean of two or three judged days."""
    record_ratio: float = 1.15
    """The departure must exceed the largest one of the quiet past by this factor."""
    plan_days: int = 14
    """A plan executed at most so many days ago is suspected."""
    outage_share: float = 0.10
    """Delivery below this share of the expected one is an outage."""
    steady: float = 0.15
    """A relative change below it counts as steady when causes are told apart."""
    min_conversions: float = 10.0
    """Expected conversions in the judged days below which conversion KPIs are not judged."""
    campaigns: CampaignRules = CampaignRules()
    rules: tuple[KpiRule, ...]

    @property
    def of_campaigns(self) -> "Thresholds":
        """Those for single campaigns."""
        strict = self.campaigns
        return self.model_copy(
            update={
                "z_one_day": strict.z_one_day,
                "z_more_days": strict.z_more_days,
                "record_ratio": strict.record_ratio,
                "min_conversions": strict.min_conversions,
                "rules": tuple(
                    one.model_copy(update={"min_effect": min(one.min_effect * strict.effect_times, 0.9)})
                    for one in self.rules
                ),
            }
        )

    def rule(self, kpi: str) -> KpiRule:
        return next(rule for rule in self.rules if rule.kpi == kpi)


DEFAULT = Thresholds(
    rules=(
        KpiRule(kpi="spend", unit="currency/day", bad="both", min_effect=0.25, critical_effect=0.80),
        KpiRule(kpi="cpm", unit="currency/1000 impressions", bad="up", min_effect=0.15, critical_effect=0.60),
        KpiRule(kpi="cpc", unit="currency/click", bad="up", min_effect=0.15, critical_effect=0.60),
        KpiRule(kpi="ctr", unit="%", bad="down", min_effect=0.20, critical_effect=0.60),
        KpiRule(kpi="cvr", unit="%", bad="down", min_effect=0.30, critical_effect=0.60),
        KpiRule(kpi="roas", unit="ratio", bad="down", min_effect=0.30, critical_effect=0.60),
        KpiRule(kpi="conversions", unit="count", bad="down", min_effect=0.30, critical_effect=0.60),
        KpiRule(kpi="tracking", unit="conversions/order", bad="down", min_effect=0.25, critical_effect=0.50),
        KpiRule(kpi="orders", unit="count", bad="down", min_effect=0.25, critical_effect=0.60),
    )
)
