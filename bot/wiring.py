"""The only file that names concrete classes: which sources, agents, channels and use cases an office is made of."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from agents.channels.channel import Channel
from agents.channels.policy_book import PolicyBook
from agents.channels.sandbox_market import sandbox_channels
from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.governance.rules import Rules
from agents.knowledge.answers import GraphAnswers
from agents.knowledge.charting import Charter
from agents.knowledge.divergence import Divergence
from agents.kpis.costs import load_costs
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.object_reader import LakeObjects
from agents.lifecycle.answers.account import Accountant
from agents.lifecycle.answers.happened import Historian
from agents.lifecycle.answers.recount import Recounter
from agents.lifecycle.answers.respond import Responder
from agents.lifecycle.answers.shown import measures_of, shown_by
from agents.lifecycle.answers.survey import Surveyor
from agents.lifecycle.artefacts import shipped
from agents.lifecycle.cases.attend import Attendant
from agents.lifecycle.cases.attest import Attester
from agents.lifecycle.cases.digest import Digester
from agents.lifecycle.cases.examine import Examiner
from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.cases.grade import Grader
from agents.lifecycle.cases.monitor import Monitor
from agents.lifecycle.cases.notifications import Notifications
from agents.lifecycle.cases.pursue import Pursuit
from agents.lifecycle.decide import Decider
from agents.lifecycle.evaluations.evaluate import Evaluator
from agents.lifecycle.evaluations.recalibrate import Recalibrator
from agents.lifecycle.evaluations.rehearse import Rehearser
from agents.lifecycle.execute import Executor
from agents.lifecycle.intake.doubt import Doubts
from agents.lifecycle.intake.forget import Forgetter
from agents.lifecycle.intake.keep import Librarian
from agents.lifecycle.intake.land import Landing
from agents.lifecycle.intake.observe import Observer
from agents.lifecycle.intake.pull import Puller
from agents.lifecycle.intake.release import Releaser
from agents.lifecycle.intake.replay import Replayer
from agents.lifecycle.people.break_glass import Emergency
from agents.lifecycle.people.delegate import Delegator
from agents.lifecycle.people.freeze import Freezer
from agents.lifecycle.people.owners import Owners
from agents.lifecycle.people.remind import Reminder
from agents.lifecycle.promote import Promoter
from agents.lifecycle.propose import Proposer
from agents.lifecycle.questions.ask import Asker
from agents.lifecycle.questions.clash import Clashes
from agents.lifecycle.questions.twins import Twins
from agents.lifecycle.review import Reviewer
from agents.lifecycle.rollback import Rollback
from agents.lifecycle.route import Router
from agents.lifecycle.rules.amend import Amender
from agents.lifecycle.rules.enact import Rulebook, proven, sound
from agents.lifecycle.rules.texts import HomeTexts, Shelf, shipped_texts
from agents.lifecycle.walk import MONITOR
from agents.sources.connections import read_connections
from agents.sources.exports.meanings import differences
from agents.sources.promises import DeclaredSources
from agents.sources.readers import Readers
from agents.sources.sandbox_market import SandboxMarketSource
from agents.team.roster import roster
from bot.links import Links
from bot.meters import Meters
from bot.office import Office
from bot.sandbox import OpenMarket, SandboxControls
from bot.settings import Settings
from bot.tracing import Tracing
from bot.witness import Witness
from storage.features import FeatureValues
from storage.graph.current import CurrentGraph
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction
from storage.records.policies import Edition
from storage.records.questions import QuestionKind
from storage.records.record import digest_of
from storage.signing import Keyring
from storage.work_queue import WorkQueue

SKILLS: Mapping[str, frozenset[str]] = {
    "budget_planner": frozenset({"budget"}),
    "request": frozenset({"budget", "content"}),
    MONITOR: frozenset({"budget"}),
}


def office_of(
    settings: Settings,
    ledger: Ledger,
    graph: CurrentGraph,
    queue: WorkQueue,
    outside: tuple[Readers, Mapping[str, Channel]],
    market: OpenMarket | None,
    clock: Callable[[], datetime],
    tracing: Tracing,
) -> Office:
    lake = Lake(settings.lake_uri, storage_options=settings.lake_storage, local=settings.lake_local)
    readers, channels = outside
    facts, team = LakeReader(ledger, lake), roster()
    by_name = {agent.name: agent for agent in team}
    values = FeatureValues(lake.uri, storage_options=settings.lake_storage, local=lake.local)
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
        ledger, keyring, shipped=texts.product.shipped, sound=check_for(here, proven), mirror=texts.mirror, clock=clock
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
        team=by_name,
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
            rulebook=rulebook,
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
            ledger, rulebook, product=texts.product, reviewer=reviewer, sound=check_for(here, sound), clock=clock
        ),
        attester=attester,
        witness=Witness(ledger, file=settings.audit_witness_file, url=settings.audit_witness_url, clock=clock),
        team=team,
        clock=clock,
        links=Links(settings.dashboard_secret, clock=clock),
        meters=Meters(clock=clock),
        tracing=tracing,
        sandbox=None if market is None else SandboxControls(market),
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


def check_for(channels: frozenset[str], check: Callable[..., Rules]) -> Callable[[Edition], Rules]:
    """What must hold of rules before they come into force here, where channel caps name one of these channels."""
    return partial(check, channels=channels or None)


def outside_of(market: OpenMarket | None) -> tuple[Readers, Mapping[str, Channel]]:
    """Every channel with its reader and its writer."""
    if market is None:
        return Readers({}), {}
    source = SandboxMarketSource(market.market.platform)
    channels = sandbox_channels(market.market.platform)
    return Readers(dict.fromkeys(channels, source)), channels
