"""Opening a home: its database brought up to date, its first rules written, its people read, its office wired."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version

from agents.governance.calendar import sandbox_calendar
from agents.governance.calendar_text import dump_calendar
from agents.governance.limits import dump_limits, sandbox_limits
from agents.lifecycle.rules.enact import RulesUntrusted, adopt, sound
from bot.office import Office
from bot.sandbox import DEFAULT_SCENARIO, OpenMarket, open_market, scenario_of
from bot.settings import Settings
from bot.staff import load_people
from bot.tracing import Tracing, open_tracing
from bot.wiring import check_for, office_of, outside_of
from storage.database import Database
from storage.graph.current import CurrentGraph
from storage.ledger import Ledger
from storage.migrations.runner import newest, upgrade
from storage.records.money import Money
from storage.work_queue import WorkQueue


class HomeMissing(LookupError):
    """Raised when a command is to look at a home that is not there; a mistyped one must not answer "no data"."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_office(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    seed: int | None = None,
    scenario: str = DEFAULT_SCENARIO,
    make: bool = False,
    tracing: Tracing | None = None,
) -> AsyncIterator[Office]:
    """Open a home, bringing its database up to date; `make` one where there is none, or with a seed one with a market.

    Raises HomeMissing, MarketRefused for an unknown scenario, PeopleInvalid for an unreadable file, and at the first
    start PoliciesInvalid, LimitsInvalid, CalendarInvalid or TextUnreadable for rules that could not judge.
    `tracing` is closed with the home; without it the settings say whether there is any.
    """
    story, tracing = scenario_of(scenario), tracing or open_tracing(settings.traces)
    if not make and seed is None and not settings.database.exists():
        raise HomeMissing(
            f"there is no home in {settings.home}: countersign up or ingest makes one, --home names another"
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    queue = WorkQueue(database)
    await asyncio.to_thread(_bring_up_to_date, settings, queue)
    market = await open_market(settings, seed=seed, scenario=story)
    try:
        ledger = Ledger(database, queue, traceparent=tracing.current)
        await _first_texts(settings, ledger, market)
        outside = outside_of(market)
        office = office_of(settings, ledger, CurrentGraph(database), queue, outside, market, clock, tracing)
        people = load_people(settings.people)
        async with ledger.write() as tx:
            await tx.people.replace(people)
            await office.promoter.take_in(tx)
            with suppress(RulesUntrusted):  # said by whatever would be judged by them
                holds = check_for(frozenset(outside[1]), sound)
                await adopt(tx, office.keyring, office.texts, now=clock(), sound=holds)
        yield office
        await office.meters.flush(ledger)
    finally:
        await queue.stop()
        await database.close()
        await asyncio.to_thread(tracing.close)
        if market is not None:
            await market.market.close()


def _bring_up_to_date(settings: Settings, queue: WorkQueue) -> None:
    """Migrate a database that this version has not seen yet; a note beside it spares every later start the look."""
    wanted = f"{newest()} {version('dbos')}"
    note = settings.home / "schema.txt"
    if settings.database.exists() and note.exists() and note.read_text(encoding="utf-8") == wanted:
        return
    upgrade(settings.database)
    queue.migrate()
    note.write_text(wanted, encoding="utf-8")


async def _first_texts(settings: Settings, ledger: Ledger, market: OpenMarket | None) -> None:
    """Give a new simulated home limits and a calendar that fit its market; one that has begun keeps what it has."""
    async with ledger.read() as tx:
        begun = await tx.policies.newest() is not None
    if market is None or (begun and not market.new):
        return
    total = sum(campaign.daily_budget.minor for campaign in await market.market.platform.campaigns())
    limits = sandbox_limits(Money(minor=total, currency="GBP"))
    for path, text in ((settings.limits, dump_limits(limits)), (settings.calendar, dump_calendar(sandbox_calendar()))):
        if not path.exists():
            path.write_text(text, encoding="utf-8")
