"""The market itself: makes a world, moves its clock, lets trouble happen."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from agents.market.creative_review import decided
from agents.market.editing import Edit, apply_edit
from agents.market.hidden import hidden_world
from agents.market.history import first_campaigns, team_edits
from agents.market.path import Carry, first_carry
from agents.market.platform import Platform, clock_of
from agents.market.requests import EditFailed, MarketExists
from agents.market.roster import CURRENCY
from agents.market.rules import BUDGET
from agents.market.scenarios import HAND, HAND_FACTOR_PERCENT, Scenario, Trouble
from agents.market.simulation import Simulation
from agents.market.streams import stream
from agents.market.world import World
from storage.market_ledger.hidden import TruthBook, TruthLedger
from storage.market_ledger.rows import CampaignRow, ChangeRow, ClockRow, DeliveryRow, WorldRow
from storage.market_ledger.shown import MarketBook, MarketLedger
from storage.records.money import Money

HISTORY_DAYS = 84
TROUBLE_STARTS_IN_DAYS = 3
_LONGEST_TICK_DAYS = 366


class Market:
    """A world over its two files; channels and sources are given its `platform`, and nothing more."""

    def __init__(self, ledger: MarketLedger, truth: TruthLedger) -> None:
        self._ledger = ledger
        self._truth = truth
        self.platform = Platform(ledger)

    async def exists(self) -> bool:
        async with self._ledger.reading() as book:
            return await book.clock() is not None

    async def create(
        self,
        *,
        seed: int,
        scenario: Scenario = Scenario.HEALTHY_MONTH,
        history_days: int = HISTORY_DAYS,
        starts_in_days: int = TROUBLE_STARTS_IN_DAYS,
        window_days: int = 30,
    ) -> None:
        """Make a world and its history; trouble starts so many days after the first unfinished day.

        Raises MarketExists if the ledger holds one already.
        """
        world = World.of_seed(seed, window_days=window_days)
        today = world.first_day + timedelta(days=history_days)
        trouble = Trouble.starting(scenario, today + timedelta(days=starts_in_days))
        async with self._ledger.writing() as book:
            if await book.clock() is not None:
                raise MarketExists("this home holds a simulated market already")
            simulation, campaigns, log = await asyncio.to_thread(_history, world, history_days)
            await self._keep_truth(world, trouble, simulation)
            await book.add_campaigns(campaigns)
            await book.log_changes(log)
            await _keep_shown(book, simulation)
            await book.set_outages(trouble.outages())
            salt = hashlib.sha256(f"faults of {seed}".encode()).hexdigest()
            await book.set_clock(ClockRow(today, 0, world.first_day, salt))
            await _trouble_of_the_morning(book, world, trouble)

    async def tick(self, days: int = 1) -> date:
        """Finish so many days and return the new unfinished one; each day is one transaction.

        Raises ValueError outside 1 to 366 days.
        """
        if not 1 <= days <= _LONGEST_TICK_DAYS:
            raise ValueError(f"the clock moves by 1 to {_LONGEST_TICK_DAYS} days, not {days}")
        for _ in range(days):
            async with self._ledger.writing() as book:
                today = await self._finish_day(book)
        return today

    async def scenario(self) -> Trouble:
        """The scenario in force, with the days on which it bites: for scoring, not for agents."""
        async with self._ledger.reading() as book:
            await clock_of(book)
        async with self._truth.reading() as hidden:
            return (await hidden_world(hidden)).trouble

    async def set_scenario(self, scenario: Scenario, *, starts_in_days: int = 0) -> Trouble:
        """Replace the scenario: the old trouble ends today, the new one starts in so many days (0: today)."""
        async with self._ledger.writing() as book:
            today = (await clock_of(book)).today
            trouble = Trouble.starting(scenario, today + timedelta(days=starts_in_days))
            async with self._truth.writing() as hidden:
                world = (await hidden_world(hidden)).world
                await hidden.set_world(_world_row(world, trouble))
            await book.set_outages(trouble.outages())
            await _trouble_of_the_morning(book, world, trouble)
        return trouble

    async def digest(self) -> str:
        """sha256 of both files: equal for equal seeds and equal actions, to the bit."""
        both = f"{await self._ledger.digest()} {await self._truth.digest()}"
        return hashlib.sha256(both.encode()).hexdigest()

    async def close(self) -> None:
        await self._ledger.close()
        await self._truth.close()

    async def _finish_day(self, book: MarketBook) -> date:
        # market.db's write lock is held from before the first read: two processes tick one after the other.
        clock = await clock_of(book)
        async with self._truth.reading() as hidden_book:
            hidden = await hidden_world(hidden_book)
            carry = await _carry(hidden_book, hidden.world, clock)
        simulation = Simulation(hidden.world, carry, await _recent(book, hidden.world, clock))
        simulation.run_day(clock.today, await book.campaigns(), hidden.trouble)
        # Truth first: if we die between the two commits, the day is run again and its truth replaced.
        await self._keep_truth(hidden.world, hidden.trouble, simulation)
        await _keep_shown(book, simulation)
        tomorrow = clock.today + timedelta(days=1)
        await book.set_clock(replace(clock, today=tomorrow, edits_today=0))
        await _decide_reviews(book, hidden.world, tomorrow)
        await _trouble_of_the_morning(book, hidden.world, hidden.trouble)
        return tomorrow

    async def _keep_truth(self, world: World, trouble: Trouble, simulation: Simulation) -> None:
        produced = simulation.produced
        async with self._truth.writing() as hidden:
            await hidden.set_world(_world_row(world, trouble))
            first = produced.baseline_days[0].day if produced.baseline_days else world.first_day
            await hidden.replace_days(first, produced.truth_days, produced.baseline_days)


def _history(world: World, days: int) -> tuple[Simulation, Sequence[CampaignRow], Sequence[ChangeRow]]:
    """Run the days before today, with the team's edits on Mondays."""
    simulation = Simulation(world, first_carry(world), ())
    campaigns: Sequence[CampaignRow] = first_campaigns(CURRENCY)
    log: list[ChangeRow] = []
    for offset in range(days):
        day = world.first_day + timedelta(days=offset)
        campaigns, edits = team_edits(world, campaigns, day)
        log += edits
        simulation.run_day(day, campaigns, Trouble(Scenario.HEALTHY_MONTH))
    return simulation, campaigns, log


async def _decide_reviews(book: MarketBook, world: World, today: date) -> None:
    for campaign in await book.campaigns():
        after = decided(campaign, seed=world.seed, today=today)
        if after != campaign:
            await book.save_campaign(after)


async def _trouble_of_the_morning(book: MarketBook, world: World, trouble: Trouble) -> None:
    """On its day, a person at the agency raises a budget on the platform, preferably one that we have set."""
    clock = await clock_of(book)
    if not trouble.bites(Scenario.MANUAL_BUDGET_EDIT, clock.today):
        return
    ours = await book.latest_keyed_change()
    own = [campaign for campaign in await book.campaigns() if campaign.shared_budget is None]
    drawn = stream(world.seed, "hand", "campaign", world.first_day).integers(len(own))
    campaign = await book.campaign(ours.campaign_id) if ours else own[int(drawn)]
    assert campaign is not None, "a campaign in the log is in the roster"
    raised = Money(minor=campaign.daily_budget_minor * HAND_FACTOR_PERCENT // 10000 * 100, currency=CURRENCY)
    try:
        await apply_edit(book, clock, campaign, Edit(BUDGET, raised, HAND))
    except EditFailed:
        # The platform's rules hold for people too; then nothing happened this morning.
        return


async def _carry(hidden: TruthBook, world: World, clock: ClockRow) -> Carry:
    yesterday = clock.today - timedelta(days=1)
    rows = {row.campaign_id: row for row in await hidden.truth_days(yesterday, yesterday)}
    if not rows:
        return first_carry(world)
    order = [truth.id for truth in world.campaigns]
    return Carry(
        {name: rows[name].adstock_micros for name in order},
        {name: rows[name].creative_impressions for name in order},
    )


async def _recent(book: MarketBook, world: World, clock: ClockRow) -> Sequence[DeliveryRow]:
    first = clock.today - timedelta(days=Simulation.memory_days(world))
    return await book.deliveries(first, clock.today - timedelta(days=1))


async def _keep_shown(book: MarketBook, simulation: Simulation) -> None:
    produced = simulation.produced
    await book.add_days(produced.deliveries, produced.postings, produced.store_days)


def _world_row(world: World, trouble: Trouble) -> WorldRow:
    return WorldRow(world.seed, world.model_dump_json(), trouble.scenario.value, trouble.first, trouble.last)
