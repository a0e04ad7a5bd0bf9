"""The troubles that a world can be given, and what each does to which channel on which day."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from storage.market_ledger.rows import OutageRow


class Scenario(StrEnum):
    HEALTHY_MONTH = "healthy-month"
    TRACKING_TAG_BREAKS = "tracking-tag-breaks"
    AUCTION_PRICE_SHOCK = "auction-price-shock"
    MANUAL_BUDGET_EDIT = "manual-budget-edit"
    CHANNEL_OUTAGE = "channel-outage"


_LENGTH_DAYS = {
    Scenario.TRACKING_TAG_BREAKS: 14,
    Scenario.AUCTION_PRICE_SHOCK: 28,
    Scenario.MANUAL_BUDGET_EDIT: 1,
    Scenario.CHANNEL_OUTAGE: 2,
}
_TAGGED = frozenset({"paid_search", "paid_social", "website"})
"""Channels whose conversions the shop's tag reports; the mailing tool knows its own orders by their codes."""
_TAG_SHARE = 0.08
"""Share of conversions that still reach the platforms, from pages that kept the tag."""
_SHOCKED = "paid_search"
_SHOCK = 1.8
OUT = "paid_social"
HAND = "maria@agency"
HAND_FACTOR_PERCENT = 140


@dataclass(frozen=True, slots=True)
class Trouble:
    """A scenario with the days, inclusive, on which it bites; the healthy month never does."""

    scenario: Scenario
    first: date | None = None
    last: date | None = None

    @classmethod
    def starting(cls, scenario: Scenario, first: date) -> "Trouble":
        if scenario is Scenario.HEALTHY_MONTH:
            return cls(scenario)
        return cls(scenario, first, first + timedelta(days=_LENGTH_DAYS[scenario] - 1))

    def bites(self, scenario: Scenario, day: date) -> bool:
        if self.scenario is not scenario or self.first is None or self.last is None:
            return False
        return self.first <= day <= self.last

    def price_factor(self, channel: str, day: date) -> float:
        """How many times dearer an impression is than it would be."""
        shocked = channel == _SHOCKED and self.bites(Scenario.AUCTION_PRICE_SHOCK, day)
        return _SHOCK if shocked else 1.0

    def tag_share(self, channel: str, day: date) -> float:
        """Share of the day's conversions that the platforms hear of."""
        broken = channel in _TAGGED and self.bites(Scenario.TRACKING_TAG_BREAKS, day)
        return _TAG_SHARE if broken else 1.0

    def outages(self) -> tuple[OutageRow, ...]:
        if self.scenario is not Scenario.CHANNEL_OUTAGE or self.first is None:
            return ()
        return (OutageRow(OUT, self.first, self.last),)
