"""The only file that names concrete classes: which database, market, agents and channels an office is made of."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog

from agents.channels.channel import Channel
from agents.channels.policy_book import PolicyBook
from agents.channels.sandbox_market import sandbox_channels
from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.governance.calendar import sandbox_calendar
from agents.governance.calendar_text import dump_calendar
from agents.governance.limits import dump_limits, sandbox_limits
from agents.governance.rules import Rules
from agents.knowledge.answers import GraphAnswers
from agents.knowledge.charting import Charter
from agents.knowledge.divergence import Divergence
from agents.kpis.costs import load_costs
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.object_reader import LakeObjects
from agents.lifecycle.account import Accountant
from agents.lifecycle.amend import Amender
from agents.lifecycle.artefacts import shipped
from agents.lifecycle.ask import Asker
from agents.lifecycle.attend import Attendant
from agents.lifecycle.attest import Attester
from agents.lifecycle.break_glass import Emergency
from agents.lifecycle.clash import Clashes
from agents.lifecycle.decide import Decider
from agents.lifecycle.delegate import Delegator
from agents.lifecycle.digest import Digester
from agents.lifecycle.doubt import Doubts
from agents.lifecycle.enact import Rulebook, RulesUntrusted, adopt, proven, sound
from agents.lifecycle.evaluate import Evaluator
from agents.lifecycle.examine import Examiner
from agents.lifecycle.execute import Executor
from agents.lifecycle.forget import Forgetter
from agents.lifecycle.freeze import Freezer
from agents.lifecycle.freshness import Freshness
from agents.lifecycle.grade import Grader
from agents.lifecycle.happened import Historian
from agents.lifecycle.keep import Librarian
from agents.lifecycle.land import Landing
from agents.lifecycle.monitor import Monitor
from agents.lifecycle.notifications import Notifications
from agents.lifecycle.observe import Observer
from agents.lifecycle.owners import Owners
from agents.lifecycle.promote import Promoter
from agents.lifecycle.propose import Proposer
from agents.lifecycle.pull import Puller
from agents.lifecycle.pursue import Pursuit
from agents.lifecycle.recalibrate import Recalibrator
from agents.lifecycle.recount import Recounter
from agents.lifecycle.rehearse import Rehearser
from agents.lifecycle.release import Releaser
from agents.lifecycle.remind import Reminder
from agents.lifecycle.replay import Replayer
from agents.lifecycle.respond import Responder
from agents.lifecycle.review import Reviewer
from agents.lifecycle.rollback import Rollback
from agents.lifecycle.route import Router
from agents.lifecycle.shown import measures_of, shown_by
from agents.lifecycle.survey import Surveyor
from agents.lifecycle.texts import HomeTexts, Shelf, shipped_texts
from agents.lifecycle.twins import Twins
from agents.lifecycle.walk import MONITOR
from agents.market.market import Market
from agents.market.requests import MarketExists
from agents.market.scenarios import Scenario
from agents.market.truth import Truth
from agents.sources.connections import read_connections
from agents.sources.exports.meanings import differences
from agents.sources.promises import DeclaredSources
from agents.sources.readers import Readers
from agents.sources.sandbox_market import SandboxMarketSource
from agents.team.roster import roster
from bot.links import Links
from bot.meters import Meters
from bot.office import MarketRefused, Office
from bot.settings import Settings
from bot.staff import load_people
from bot.tracing import Tracing, open_tracing
from bot.witness import Witness
from storage.database import Database
from storage.features import FeatureValues
from storage.graph.current import CurrentGraph
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction
from storage.market_ledger.hidden import TruthLedger
from storage.market_ledger.shown import MarketLedger
from storage.migrations.runner import newest, upgrade
from storage.records.money import Money
from storage.records.policies import Edition
from storage.records.questions import QuestionKind
from storage.records.record import digest_of
from storage.signing import Keyring
from storage.work_queue import WorkQueue

log = structlog.get_logger()

DEFAULT_SCENARIO = Scenario.AUCTION_PRICE_SHOCK.value
"""What a newcomer's market does: trouble that a monitor finds within days of the first plan."""
SKILLS: Mapping[str, frozenset[str]] = {
    "budget_planner": frozenset({"budget"}),
    "request": frozenset({"budget", "content"}),
    MONITOR: frozenset({"budget"}),
}


@dataclass(frozen=True)
class OpenMarket:
    """A market and its truth over the same two files."""

    market: Market
    truth: Truth
    new: bool
    """Whether it was made just now."""


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
    story, tracing = _scenario(scenario), tracing or open_tracing(settings.traces)
    if not make and seed is None and not settings.database.exists():
        raise HomeMissing(
            f"there is no home in {settings.home}: countersign up or ingest makes one, --home names another"
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    queue = WorkQueue(database)
    await asyncio.to_thread(_bring_up_to_date, settings, queue)
    market = await _open_market(settings, seed=seed, scenario=story)
    try:
        ledger = Ledger(database, queue, traceparent=tracing.current)
        await _first_texts(settings, ledger, market)
        outside = _outside(market)
        office = _office(settings, ledger, CurrentGraph(database), queue, outside, market, clock, tracing)
        people = load_people(settings.people)
        async with ledger.write() as tx:
            await tx.people.replace(people)
            await office.promoter.take_in(tx)
            with suppress(RulesUntrusted):  # said by whatever would be judged by them
                await adopt(tx, office.keyring, office.texts, now=clock(), sound=_loads(frozenset(outside[1]), sound))
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


def _office(
    settings: Settings,
    ledger: Ledger,
    graph: CurrentGraph,
    queue: WorkQueue,
    outside: tuple[Readers, Mapping[str, Channel]],
    market: OpenMarket | None,
    clock: Callable[[], datetime],
    tracing: Tracing,
) -> Office:
    lake = Lake(settings.lake_url or str(settings.lake), storage_options=settings.lake_storage)
    readers, channels = outside
    facts, team = LakeReader(ledger, lake), roster()
    values = FeatureValues(lake.uri, storage_options=settings.lake_storage)
    features = FeatureStore(ledger, facts, values, definitions=load_features())
    keyring, texts = Keyring(settings.keys), home_texts(settings)
    rulebook, here = Rulebook(keyring), frozenset(channels)
    attester, own_kpis = Attester(ledger, rulebook, clock=clock), settings.home / "kpis.yml"
    recounter = Recounter(ledger, rulebook, attester, costs=load_costs(own_kpis), clock=clock)
    kpis = KpiEngine(
        facts,
        kpis=load_kpis(own=own_kpis),
        clock=clock,
        differences=differences,
        objects=LakeObjects(ledger, lake, team=recounter.team, own=recounter, clock=clock),
    )
    asker = Asker(ledger, rulebook, clock=clock)
    charter = Charter(
        ledger,
        lake,
        shown=shown_by(readers),
        measures=measures_of(kpis.kpis.values()),
        declared=settings.home / "knowledge.yml",
        clock=clock,
    )
    clashes = Clashes(charter, asker, rulebook, readers=readers, clock=clock)
    doubts = Doubts(ledger, asker, home=settings.home)
    promoter = Promoter(ledger, rulebook, asker, shipped=shipped(team), clock=clock)
    asker.handle(QuestionKind.PROMOTION, promoter.settle)
    asker.handle(QuestionKind.SCHEMA, doubts.settle)
    asker.handle(QuestionKind.MAPPING, doubts.settle)
    landing = Landing(ledger, lake, doubts=doubts, clock=clock)
    book = PolicyBook(
        ledger, keyring, shipped=texts.product.shipped, sound=_loads(here, proven), mirror=texts.mirror, clock=clock
    )
    writers = {**channels, book.name: book}
    freshness = Freshness(
        ledger, lake, rulebook, readers=readers, declared=DeclaredSources(settings.home / "sources.yml"), clock=clock
    )
    reviewer = Reviewer(
        ledger,
        rulebook,
        readers=readers,
        facts=facts,
        clock=clock,
        skills=lambda agent: SKILLS.get(agent, frozenset()),
        clashes=clashes,
    )
    owners = Owners(
        ledger,
        rulebook,
        kpis={name: one.owner for name, one in kpis.kpis.items()},
        features=features.definitions,
        clock=clock,
    )
    answers = GraphAnswers(ledger, charter, graph, clock=clock)
    router = Router(ledger, rulebook, readers=readers, clock=clock)
    attendant = Attendant(ledger, rulebook, clock=clock)
    proposer = Proposer(
        ledger,
        rulebook,
        team={agent.name: agent for agent in team},
        facts=facts,
        features=features,
        readers=readers,
        reviewer=reviewer,
        clock=clock,
    )
    rollback = Rollback(ledger, rulebook, channels=writers, readers=readers, reviewer=reviewer, clock=clock)
    recalibrator = Recalibrator(ledger, promoter)
    pursuit = Pursuit(ledger, rulebook, readers=readers, attendant=attendant, proposer=proposer, clock=clock)
    examiner = Examiner(
        ledger,
        rulebook,
        pursuit=pursuit,
        attendant=attendant,
        rollback=rollback,
        recalibrator=recalibrator,
        clock=clock,
    )
    by_name = {agent.name: agent for agent in team}
    evaluator = Evaluator(
        ledger,
        team=team,
        facts=facts,
        readers=readers,
        rehearser=Rehearser(ledger, team=by_name, facts=facts, features=features, readers=readers),
        recalibrator=recalibrator,
        clock=clock,
    )
    return Office(
        ledger=ledger,
        queue=queue,
        rulebook=rulebook,
        texts=texts,
        keyring=keyring,
        readers=readers,
        facts=facts,
        features=features,
        kpis=kpis,
        observer=Observer(ledger, lake, readers=readers, clock=clock),
        landing=landing,
        releaser=Releaser(ledger, landing=landing, doubts=doubts, asker=asker),
        asker=asker,
        promoter=promoter,
        librarian=Librarian(ledger, rulebook, clock=clock),
        charter=charter,
        clashes=clashes,
        twins=Twins(ledger, charter, asker, clock=clock),
        answers=answers,
        surveyor=Surveyor(ledger, lake, freshness=freshness, clock=clock),
        replayer=Replayer(ledger, lake, rulebook, landing=landing, clock=clock),
        puller=Puller(
            ledger,
            lake,
            landing=landing,
            home=settings.home,
            connections=partial(read_connections, settings.home / "sources.yml"),
            clock=clock,
        ),
        proposer=proposer,
        reviewer=reviewer,
        router=router,
        responder=Responder(
            ledger,
            kpis,
            accountant=Accountant(engine=kpis, ledger=ledger, answers=answers),
            historian=Historian(ledger=ledger, charter=charter, readers=readers),
            router=router,
        ),
        decider=Decider(ledger, rulebook, reviewer=reviewer, clock=clock),
        executor=Executor(ledger, channels=writers, readers=readers, reviewer=reviewer, clock=clock),
        freshness=freshness,
        owners=owners,
        attendant=attendant,
        pursuit=pursuit,
        examiner=examiner,
        evaluator=evaluator,
        notifications=Notifications(ledger, rulebook, owners, clock=clock),
        digester=Digester(ledger, rulebook, clock=clock),
        monitor=Monitor(
            ledger,
            facts=facts,
            kpis=kpis,
            features=features,
            readers=readers,
            clock=clock,
            divergence=Divergence(ledger, charter),
            grader=Grader(ledger, rulebook, readers=readers),
        ),
        rollback=rollback,
        reminder=Reminder(ledger, rulebook, clock=clock),
        delegator=Delegator(ledger, rulebook, clock=clock),
        freezer=Freezer(ledger, rulebook, readers=readers, channels=writers, agents=SKILLS, clock=clock),
        forgetter=Forgetter(
            ledger,
            rulebook,
            places={"documents": _in_documents},
            folders=[settings.home / "held", settings.home / "inbox"],
            clock=clock,
        ),
        lake=lake,
        emergency=Emergency(ledger, rulebook, clock=clock),
        amender=Amender(
            ledger, rulebook, product=texts.product, reviewer=reviewer, sound=_loads(here, sound), clock=clock
        ),
        attester=attester,
        witness=Witness(ledger, file=settings.audit_witness_file, url=settings.audit_witness_url, clock=clock),
        team=team,
        clock=clock,
        links=Links(settings.dashboard_secret, clock=clock),
        meters=Meters(clock=clock),
        tracing=tracing,
        sandbox=None if market is None else _SandboxControls(market),
    )


async def _in_documents(tx: Transaction, texts: Collection[str]) -> int:
    return await tx.documents.forget(texts)


def home_texts(settings: Settings) -> HomeTexts:
    """The rules as files of this home, beside those that this version of the product ships."""
    shipped = shipped_texts()
    return HomeTexts(settings.home, Shelf(product=_product(shipped), shipped=shipped))


def _product(shipped: Mapping[str, str]) -> str:
    try:
        return version("countersign")
    except PackageNotFoundError:
        # Run from its source, where a version says nothing: then other texts are another product.
        return f"unreleased {digest_of(dict(shipped))[:12]}"


def _loads(channels: frozenset[str], check: Callable[..., Rules]) -> Callable[[Edition], Rules]:
    """What must hold of rules before they come into force here, where channel caps name one of these channels."""
    return partial(check, channels=channels or None)


def _outside(market: OpenMarket | None) -> tuple[Readers, Mapping[str, Channel]]:
    """Every channel with its reader and its writer."""
    if market is None:
        return Readers({}), {}
    source = SandboxMarketSource(market.market.platform)
    channels = sandbox_channels(market.market.platform)
    return Readers(dict.fromkeys(channels, source)), channels


async def _open_market(settings: Settings, *, seed: int | None, scenario: Scenario) -> OpenMarket | None:
    if seed is None and not settings.market.exists():
        return None
    ledgers = MarketLedger(settings.market), TruthLedger(settings.market_truth)
    market = Market(*ledgers)
    new = not await market.exists()
    if new:
        with suppress(MarketExists):  # another process was faster
            await market.create(seed=seed or 0, scenario=scenario)
    return OpenMarket(market, Truth(*ledgers), new=new)


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


def _scenario(name: str) -> Scenario:
    try:
        return Scenario(name)
    except ValueError:
        raise MarketRefused(
            f"there is no scenario {name!r}; there are {', '.join(one.value for one in Scenario)}"
        ) from None


class _SandboxControls:
    """The market's clock and its truth, for people."""

    def __init__(self, market: "OpenMarket") -> None:
        self._market = market.market
        self._truth = market.truth

    async def today(self) -> date:
        return await self._market.platform.today()

    async def tick(self) -> date:
        return await self._market.tick(1)

    async def set_scenario(self, name: str, *, starts_in_days: int = 0) -> str:
        trouble = await self._market.set_scenario(_scenario(name), starts_in_days=starts_in_days)
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
