"""What really happened and what would have been best: for tests and for `market truth` after an episode.

No agent, channel or source can reach this module; an import contract keeps it so.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from agents.market.budgets import purses
from agents.market.calendar import EPOCH
from agents.market.creative_review import decided, decision_day
from agents.market.hidden import Hidden, hidden_world
from agents.market.oracle import Outlook, Standing, best_split, outlook
from agents.market.path import (
    UNEXPOSED,
    Carry,
    Exposed,
    first_carry,
    order_revenue_pounds,
    step,
)
from agents.market.platform import clock_of
from agents.market.roster import CURRENCY, ROSTER
from agents.market.world import World
from storage.market_ledger.hidden import TruthLedger
from storage.market_ledger.rows import CampaignRow, TruthDayRow
from storage.market_ledger.shown import MarketLedger
from storage.records.money import Money
from storage.records.record import Record

_MICRO = 1_000_000
_CENT = Decimal("0.01")


class Increment(Record):
    """What a campaign truly added: expected revenue with it minus without it, over the whole path."""

    channel: str
    campaign_id: str
    campaign: str
    spend: Money
    orders: Decimal
    revenue: Money
    claimed: Money
    """What its platform claims for the same days, as reported now."""
    per_pound: Decimal | None
    """Incremental revenue per pound; None without spend."""


class SplitValue(Record):
    """What a split of daily budgets is expected to bring over a horizon, in the whole shop."""

    budgets: dict[str, Money]
    spend: Money
    orders: Decimal
    revenue: Money
    profit: Money


class Room(Record):
    """The budgets that are set against the oracle's and an equal split of the same total over what is running.

    Shared budgets stay as they are in all three.
    """

    first: date
    last: date
    current: SplitValue
    equal: SplitValue
    best: SplitValue
    regret: Decimal
    """(oracle profit − profit of what is set) ÷ oracle profit"""


class Truth:
    """Opens both files of a market and tells what its world knows."""

    def __init__(self, ledger: MarketLedger, truth: TruthLedger) -> None:
        self._ledger = ledger
        self._truth = truth

    async def close(self) -> None:
        """Close both files; not to be called where the ledgers are shared with a market that lives on."""
        await self._ledger.close()
        await self._truth.close()

    async def increments(self, first: date | None = None, last: date | None = None) -> tuple[Increment, ...]:
        """For each campaign over days, inclusive; without days: over all that happened."""
        async with self._ledger.reading() as book:
            today = (await clock_of(book)).today
            first, last = first or EPOCH, last or today - timedelta(days=1)
            spent = await book.deliveries(first, last)
            posted = await book.posted(first, last, before=today)
        async with self._truth.reading() as hidden_book:
            world = (await hidden_world(hidden_book)).world
            days = await hidden_book.truth_days(world.first_day, last)
        gains = await asyncio.to_thread(_gains, world, days, first)
        found = []
        for spec in ROSTER:
            spend = sum(row.spend_micros for row in spent if row.campaign_id == spec.campaign_id)
            claimed = sum(micros for (name, _), (_, micros) in posted.items() if name == spec.campaign_id)
            orders, revenue = gains[spec.campaign_id]
            found.append(
                Increment(
                    channel=spec.channel,
                    campaign_id=spec.campaign_id,
                    campaign=spec.name,
                    spend=Money.of_micros(spend, CURRENCY),
                    orders=_rounded(orders),
                    revenue=_pounds(revenue),
                    claimed=Money.of_micros(claimed, CURRENCY),
                    per_pound=_rounded(revenue / (spend / _MICRO)) if spend else None,
                )
            )
        return tuple(found)

    async def expected(self, split: Mapping[str, Money], *, days: int = 7) -> SplitValue:
        """What a split, set this morning, is expected to bring; campaigns left out keep their budget."""
        standing = await self._standing()
        return _value(standing, {**standing.budgets, **_in_pounds(split)}, days)

    async def oracle(self, *, days: int = 7, step: Decimal = Decimal("0.2"), total: Money | None = None) -> SplitValue:
        """The best split of a daily total (what is set, unless given), no budget moved by more than the step."""
        standing = await self._standing()
        amount = sum(standing.budgets.values()) if total is None else float(total.amount)
        return await asyncio.to_thread(_best, standing, days, float(step), amount)

    async def room(self, *, days: int = 28, step: Decimal = Decimal("0.2")) -> Room:
        """How much there is to gain over a horizon from this morning on, with one move within the step."""
        standing = await self._standing()
        total = sum(standing.budgets.values())
        current = _value(standing, standing.budgets, days)
        equal = _value(standing, _even(standing), days)
        best = await asyncio.to_thread(_best, standing, days, float(step), total)
        return Room(
            first=standing.today,
            last=standing.today + timedelta(days=days - 1),
            current=current,
            equal=equal,
            best=best,
            regret=_share(best.profit - current.profit, best.profit),
        )

    async def _standing(self) -> Standing:
        async with self._ledger.reading() as book:
            today = (await clock_of(book)).today
            campaigns = await book.campaigns()
        async with self._truth.reading() as hidden_book:
            hidden: Hidden = await hidden_world(hidden_book)
            yesterday = today - timedelta(days=1)
            days = await hidden_book.truth_days(yesterday, yesterday)
        on_the_day = purses(campaigns, seed=hidden.world.seed, day=today)
        return Standing(
            world=hidden.world,
            trouble=hidden.trouble,
            carry=_carry(hidden.world, days),
            today=today,
            budgets={name: purse.planned_micros / _MICRO for name, purse in on_the_day.items()},
            learning_until={row.campaign_id: row.learning_until for row in campaigns},
            creative_from=_new_creatives(hidden.world, campaigns),
            fixed=frozenset(name for name, purse in on_the_day.items() if len(purse.sharing) > 1),
        )


def _even(standing: Standing) -> dict[str, float]:
    """The same budget for all that run and may be moved."""
    movable = [budget for name, budget in standing.budgets.items() if budget and name not in standing.fixed]
    share = sum(movable) / len(movable) if movable else 0.0
    return {
        name: share if budget and name not in standing.fixed else budget for name, budget in standing.budgets.items()
    }


def _new_creatives(world: World, campaigns: Sequence[CampaignRow]) -> dict[str, date]:
    """When a new creative starts: as the platform has it, or as its review will end."""
    found = {}
    for row in campaigns:
        ends = decision_day(row)
        after = row if ends is None else decided(row, seed=world.seed, today=ends)
        if after.creative_since is not None:
            found[row.campaign_id] = after.creative_since
    return found


def _gains(world: World, days: tuple[TruthDayRow, ...], first: date) -> dict[str, tuple[float, float]]:
    """Campaign → (orders, revenue in pounds) that would be missing without it, from a day on."""
    path: dict[date, dict[str, Exposed]] = {}
    for row in days:
        exposed = Exposed(row.exposure_micros, row.impressions, row.efficiency_milli, new_creative=row.new_creative)
        path.setdefault(row.day, {})[row.campaign_id] = exposed
    whole = _follow(world, path, first, without=None)
    gains = {}
    for campaign in world.campaigns:
        rest = _follow(world, path, first, without=campaign.id)
        gains[campaign.id] = (whole[0] - rest[0], whole[1] - rest[1])
    return gains


def _follow(
    world: World, path: Mapping[date, Mapping[str, Exposed]], first: date, *, without: str | None
) -> tuple[float, float]:
    """Orders and revenue in pounds from a day on, along the path that was, or the same without one campaign."""
    carry = first_carry(world)
    if without is not None:
        carry = Carry({**carry.adstock_micros, without: 0}, {**carry.creative_impressions, without: 0})
    orders = revenue = 0.0
    for day, exposed in path.items():
        seen = exposed if without is None else {**exposed, without: UNEXPOSED}
        carry, expected = step(world, carry, day, seen)
        if day >= first:
            orders += expected.total_micro / _MICRO
            revenue += expected.total_micro / _MICRO * order_revenue_pounds(world, day)
    return orders, revenue


def _carry(world: World, yesterday: tuple[TruthDayRow, ...]) -> Carry:
    if not yesterday:
        return first_carry(world)
    return Carry(
        {row.campaign_id: row.adstock_micros for row in yesterday},
        {row.campaign_id: row.creative_impressions for row in yesterday},
    )


def _best(standing: Standing, days: int, step_share: float, total: float) -> SplitValue:
    return _value(standing, best_split(standing, days=days, step_share=step_share, total=total), days)


def _value(standing: Standing, split: Mapping[str, float], days: int) -> SplitValue:
    seen: Outlook = outlook(standing, split, days=days)
    return SplitValue(
        budgets={name: _pounds(budget) for name, budget in split.items()},
        spend=_pounds(seen.spend),
        orders=_rounded(seen.orders),
        revenue=_pounds(seen.revenue),
        profit=_pounds(seen.profit(standing.world.cost_of_goods)),
    )


def _in_pounds(split: Mapping[str, Money]) -> dict[str, float]:
    return {name: float(budget.amount) for name, budget in split.items()}


def _pounds(amount: float) -> Money:
    return Money.of(Decimal(str(amount)), CURRENCY)


def _rounded(number: float) -> Decimal:
    return Decimal(str(number)).quantize(_CENT)


def _share(part: Money, whole: Money) -> Decimal:
    return (part.amount / whole.amount).quantize(Decimal("0.0001"))
