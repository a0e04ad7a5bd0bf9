"""A whole simulated market in a folder, as wiring would open it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from agents.channels.channel import ChannelUnavailable
from agents.market.market import Market
from agents.market.platform import Platform
from agents.market.requests import EditRequest, ServerFault
from agents.market.scenarios import Scenario
from agents.market.truth import Truth
from storage.market_ledger.hidden import TruthLedger
from storage.market_ledger.shown import MarketLedger
from storage.records.money import Money
from storage.records.plans import Change, Resource, Value

_T = TypeVar("_T")


@dataclass(frozen=True)
class MarketHome:
    folder: Path
    market: Market
    truth: Truth

    @property
    def platform(self) -> Platform:
        return self.market.platform


@asynccontextmanager
async def opened_market(folder: Path) -> AsyncIterator[MarketHome]:
    """The market of a folder, made or not."""
    ledger, hidden = MarketLedger(folder / "market.db"), TruthLedger(folder / "market_truth.db")
    market = Market(ledger, hidden)
    try:
        yield MarketHome(folder, market, Truth(ledger, hidden))
    finally:
        await market.close()


@asynccontextmanager
async def a_market(
    *,
    seed: int = 1,
    scenario: Scenario = Scenario.HEALTHY_MONTH,
    history_days: int = 14,
    starts_in_days: int = 3,
) -> AsyncIterator[MarketHome]:
    """A fresh market with a short history, in a folder that goes away."""
    with TemporaryDirectory() as folder:
        async with opened_market(Path(folder)) as home:
            await home.market.create(
                seed=seed, scenario=scenario, history_days=history_days, starts_in_days=starts_in_days
            )
            yield home


def pounds(amount: int | str) -> Money:
    return Money.of(amount, "GBP")


async def a_request(
    platform: Platform, campaign_id: str, value: Value, *, key: str, field: str = "daily_budget"
) -> EditRequest:
    """An edit from the version that stands now."""
    (state,) = [each for each in await platform.campaigns() if each.id == campaign_id]
    return EditRequest(
        channel=state.channel,
        campaign_id=campaign_id,
        field=field,
        value=value,
        key=key,
        expected_version=state.version,
        actor="countersign",
    )


async def a_change_of(platform: Platform, campaign_id: str, after: Value, *, field: str = "daily_budget") -> Change:
    """A change as a plan would hold it, from the state that stands now."""
    (state,) = [each for each in await platform.campaigns() if each.id == campaign_id]
    return Change(
        id="c1",
        resource=Resource(channel=state.channel, id=state.id, name=state.name),
        field=field,
        before={"daily_budget": state.daily_budget, "status": state.status}.get(field, state.creative or ""),
        after=after,
        unit="GBP/day",
        expected_version=state.version,
    )


async def within_three(ask: Callable[[], Awaitable[_T]]) -> _T:
    """The answer to a question that a channel in outage may leave unanswered twice in a row, and not more."""
    for _ in range(2):
        with suppress(ServerFault, ChannelUnavailable):
            return await ask()
    return await ask()
