"""The simulated market of a home: opened or made, and what people can do to it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from agents.market.market import Market
from agents.market.requests import MarketExists
from agents.market.scenarios import Scenario
from agents.market.truth import Truth
from bot.office import MarketRefused
from bot.settings import Settings
from storage.market_ledger.hidden import TruthLedger
from storage.market_ledger.shown import MarketLedger
from storage.records.money import Money

DEFAULT_SCENARIO = Scenario.AUCTION_PRICE_SHOCK.value
"""What a newcomer's market does: trouble that a monitor finds within days of the first plan."""


@dataclass(frozen=True)
class OpenMarket:
    """A market and its truth over the same two files."""

    market: Market
    truth: Truth
    new: bool
    """Whether it was made just now."""


async def open_market(settings: Settings, *, seed: int | None, scenario: Scenario) -> OpenMarket | None:
    if seed is None and not settings.market.exists():
        return None
    ledgers = MarketLedger(settings.market), TruthLedger(settings.market_truth)
    market = Market(*ledgers)
    new = not await market.exists()
    if new:
        with suppress(MarketExists):  # another process was faster
            await market.create(seed=seed or 0, scenario=scenario)
    return OpenMarket(market, Truth(*ledgers), new=new)


def scenario_of(name: str) -> Scenario:
    try:
        return Scenario(name)
    except ValueError:
        raise MarketRefused(
            f"there is no scenario {name!r}; there are {', '.join(one.value for one in Scenario)}"
        ) from None


class SandboxControls:
    """The market's clock and its truth, for people."""

    def __init__(self, market: OpenMarket) -> None:
        self._market = market.market
        self._truth = market.truth

    async def today(self) -> date:
        return await self._market.platform.today()

    async def tick(self) -> date:
        return await self._market.tick(1)

    async def set_scenario(self, name: str, *, starts_in_days: int = 0) -> str:
        trouble = await self._market.set_scenario(scenario_of(name), starts_in_days=starts_in_days)
        starts = f", starting {trouble.first}" if trouble.first else ""
        return f"From now on: {trouble.scenario.value}{starts}."

    async def truth(self) -> dict[str, Any]:
        room = await self._truth.room()
        return {
            "campaigns": [_plain(one.model_dump()) for one in await self._truth.increments()],
            "room": _plain(room.model_dump()),
        }


def _plain(value: Any) -> Any:
    """For JSON: decimals as strings, money as text, days as ISO."""
    if isinstance(value, dict) and set(value) == {"minor", "currency"}:
        return str(Money(**value).amount)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal | date) else value
