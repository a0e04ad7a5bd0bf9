"""The use cases that every edge calls: Slack listeners, jobs and the command line alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog

from agents.features.store import FeatureStore
from agents.governance.approvals import barred_from
from agents.governance.approvers import standing_of
from agents.governance.rules import Permission, Rules
from agents.knowledge.answers import GraphAnswers
from agents.knowledge.charting import Charter
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.answers.respond import Responder
from agents.lifecycle.answers.survey import Survey, Surveyor
from agents.lifecycle.cases.attend import Attendant
from agents.lifecycle.cases.attest import Attester
from agents.lifecycle.cases.digest import Digester
from agents.lifecycle.cases.examine import Examiner
from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.cases.monitor import Monitor
from agents.lifecycle.cases.notifications import Notifications
from agents.lifecycle.cases.pursue import Pursuit
from agents.lifecycle.convene import convene
from agents.lifecycle.decide import Decider
from agents.lifecycle.evaluations.evaluate import Evaluator
from agents.lifecycle.execute import Executor
from agents.lifecycle.intake.forget import Forgetter
from agents.lifecycle.intake.keep import Librarian
from agents.lifecycle.intake.land import Landing
from agents.lifecycle.intake.observe import Observer
from agents.lifecycle.intake.pull import Puller
from agents.lifecycle.intake.release import Releaser
from agents.lifecycle.intake.replay import Replayer
from agents.lifecycle.outdate import outdate
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
from agents.lifecycle.rules.enact import Rulebook, RulesUntrusted
from agents.lifecycle.rules.texts import Draft, HomeTexts
from agents.sources.connections import ConnectionsInvalid
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from agents.team.agent import Agent, KeepThePlan, NotEnoughData
from bot.links import Links
from bot.meters import Meters
from bot.tracing import Tracing
from bot.witness import Witness
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.alerts import Finding
from storage.records.people import Person
from storage.records.plans import Plan, PlanStatus
from storage.signing import Keyring
from storage.work_queue import WorkQueue

log = structlog.get_logger()

MOST_DAYS = 92
"""Days the simulated clock moves in one go: a quarter."""


class MarketRefused(ValueError):
    """Raised when the simulated market cannot do what was asked; says what it can."""


class Sandbox(Protocol):
    """The simulated market's controls, which only people have."""

    async def today(self) -> date: ...

    async def tick(self) -> date:
        """Finish one day; returns the new unfinished one."""

    async def set_scenario(self, name: str, *, starts_in_days: int = 0) -> str:
        """Choose what happens next; returns words for people. Raises MarketRefused for an unknown name."""

    async def truth(self) -> dict[str, Any]:
        """What each campaign really brought, for scoring after an episode."""


@dataclass(frozen=True)
class Moved:
    """What came of moving the market's clock."""

    today: date
    events: tuple[str, ...]


@dataclass(frozen=True)
class Office:
    """One home opened: its ledger and all that can be done with it."""

    ledger: Ledger
    queue: WorkQueue
    rulebook: Rulebook
    texts: HomeTexts
    """The rules as files of this home; those that nobody approved are drafts."""
    keyring: Keyring
    readers: Readers
    facts: LakeReader
    features: FeatureStore
    """Named numbers about campaigns, the same for planning and monitoring."""
    kpis: KpiEngine
    observer: Observer
    landing: Landing
    releaser: Releaser
    asker: Asker
    promoter: Promoter
    librarian: Librarian
    charter: Charter
    """Brings the knowledge graph up to date."""
    answers: GraphAnswers
    clashes: Clashes
    twins: Twins
    surveyor: Surveyor
    replayer: Replayer
    puller: Puller
    proposer: Proposer
    reviewer: Reviewer
    router: Router
    responder: Responder
    """Answers questions in plain words."""
    decider: Decider
    executor: Executor
    freshness: Freshness
    """Which data are late, and since when."""
    owners: Owners
    """Who answers for which data, definitions, models and rules."""
    pursuit: Pursuit
    """Keeps reviews of cases in line with what they are about."""
    examiner: Examiner
    """What people say in the review of a case."""
    evaluator: Evaluator
    """Holds agents against what came."""
    attendant: Attendant
    """What people do about alerts."""
    notifications: Notifications
    """Whom alerts call in person, and who wants quiet."""
    digester: Digester
    """What the team hears of alerts once a day."""
    monitor: Monitor
    rollback: Rollback
    reminder: Reminder
    delegator: Delegator
    freezer: Freezer
    forgetter: Forgetter
    lake: Lake
    emergency: Emergency
    amender: Amender
    attester: Attester
    witness: Witness
    """Shows signed checkpoints of the trail outside the database."""
    team: tuple[Agent, ...]
    clock: Callable[[], datetime]
    links: Links
    """Opens the dashboard to those who asked for it in Slack."""
    meters: Meters
    """How long people wait."""
    tracing: Tracing
    sandbox: Sandbox | None
    """The simulated market of this home; None where real channels are connected."""

    async def rules(self) -> Rules:
        """The rules in force. Raises RulesUntrusted."""
        async with self.ledger.read() as tx:
            return await self.rulebook.of(tx)

    async def may(self, person: Person, act: str, plan: Plan | None = None) -> Permission:
        """Whether the person may do this now, to this plan if one is given; nobody may by untrusted rules."""
        async with self.ledger.read() as tx:
            try:
                rules = await self.rulebook.of(tx)
            except RulesUntrusted as error:
                return Permission(allowed=False, reason=str(error))
            if plan is None:
                return rules.may(person, act)
            panel = await convene(tx, plan, now=self.clock())
        acting = panel.acting(person, except_for=barred_from(plan, panel))
        return rules.may(acting, act, plan, standing_of(rules, person, plan, panel))

    async def zone(self) -> ZoneInfo:
        """The team's, as its calendar says; UTC where no rules can be trusted."""
        try:
            return ZoneInfo((await self.rules()).calendar.zone)
        except RulesUntrusted:
            return ZoneInfo("UTC")

    async def survey(self) -> Survey:
        """The picture of the business that all landed data gives."""
        return await self.surveyor.survey()

    async def plan(self) -> PlanStatus | KeepThePlan | NotEnoughData:
        """Read every source and ask the planner for a plan. Raises SourceUnavailable."""
        with self.tracing.span("read the sources"):
            await self.observer.pull()
        with self.tracing.span("propose"):
            return await self.proposer.propose()

    async def drafts(self) -> tuple[Draft, ...]:
        """How the rules on disk differ from those in force. Raises RulesUntrusted, TextUnreadable."""
        async with self.ledger.read() as tx:
            edition = await self.rulebook.edition(tx)
        return self.texts.drafts(edition)

    async def advance(self, days: int) -> Moved:
        """Move the simulated clock day by day, reading and checking after each as the schedule would.

        Raises MarketRefused where there is no sandbox, or for a number of days it does not take.
        """
        if self.sandbox is None:
            raise MarketRefused("there is no simulated market in this home; `countersign up` makes one")
        if not 1 <= days <= MOST_DAYS:
            raise MarketRefused(f"the clock moves by 1 to {MOST_DAYS} days at a time, not {days}")
        events: dict[str, str] = {}  # a case of several days is told once, as it is now
        for _ in range(days):
            await self.sandbox.tick()
            events.update({finding.key: finding.title for finding in await self.look()})
        return Moved(await self.sandbox.today(), tuple(dict.fromkeys(events.values())))

    async def look(self) -> tuple[Finding, ...]:
        """Read every source and check what it says: what the schedule does.

        A source that does not answer is looked at all the same: its data grow stale, and that is a case.
        """
        try:
            await self.observer.pull()
        except SourceUnavailable as error:
            log.warning("source.silent", error=str(error))
        await self.charter.catch_up()
        found = await self.monitor.check()
        late = await self._late()
        await self.pursuit.keep_up()
        await self.notifications.call_owners()
        return (*late, *found)

    async def _late(self) -> tuple[Finding, ...]:
        """What is late, once the plans that rest on it have been judged again."""
        try:
            late = await self.freshness.look()
        except ConnectionsInvalid as error:
            log.warning("sources.unreadable", error=str(error))
            return ()
        if late:
            await outdate(self.ledger, self.reviewer, clock=self.clock)
        return late
