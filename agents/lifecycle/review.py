"""Review: governance judges a plan with fresh facts, and plans that touch the same thing wait for each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agents.governance.approvals import Panel, approvals_given, gate_ids
from agents.governance.rules import Rules
from agents.governance.situation import Situation
from agents.knowledge.conflicts import Conflict
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.convene import convene
from agents.lifecycle.gather import World, gather, look
from agents.lifecycle.link import link_verdict, versions_of
from agents.lifecycle.spending import Spending
from agents.lifecycle.states import ask_for_execution, move
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.facts import CampaignState
from storage.records.lineage import SEALED
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.records.verdicts import Decision, Outcome, Verdict

_STALE_DATA = frozenset({"stale-data", "late-source"})
"""The rules of governance/policies/integrity.cedar."""


class Rulebook(Protocol):
    """Which rules are in force."""

    async def of(self, tx: Transaction) -> Rules:
        """The rules that judge in this transaction; raises RulesUntrusted where nothing may be judged."""


class ClashFinder(Protocol):
    """Knows what plans share beside the campaigns that they change (`agents.lifecycle.questions.clash`)."""

    async def prepare(self) -> None:
        """Before the transaction: have the graph know all that is known."""

    async def against(
        self, tx: Transaction, plan: Plan, campaigns: Sequence[CampaignState], *, approving: bool = False
    ) -> tuple[tuple[Conflict, ...], dict[str, str]]:
        """What stands in the plan's way, and the names of what is shared; `approving`: of what is decided alone."""

    async def hold(self, tx: Transaction, plan: Plan, found: Sequence[Conflict], names: dict[str, str]) -> str:
        """Put the choice to people; returns why the plan is held."""

    def words(self, one: Conflict, names: dict[str, str]) -> str:
        """One conflict in a line for people."""

    async def no_longer(self, tx: Transaction, plan_id: str) -> None:
        """Nothing stands in its way (any more)."""


class Reviewer:
    """Gathers what the rules need, has them judge, and files the plan accordingly."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        readers: Readers,
        facts: LakeReader,
        skills: Callable[[str], frozenset[str]],
        clock: Callable[[], datetime],
        clashes: "ClashFinder | None" = None,
    ) -> None:
        """Without `clashes`, plans are kept apart by what they change alone, not by what the graph knows."""
        self._ledger = ledger
        self._rulebook = rulebook
        self._readers = readers
        self._spending = Spending(facts)
        self._skills = skills
        self._clashes = clashes
        self._clock = clock

    async def review(self, plan_id: str) -> PlanStatus:
        """Judge a proposed or held plan and move it on; any other, and an expired one, is left as it is.

        Raises LookupError if there is no such plan.
        """
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan_id)
        if not _reviewable(status, now=self._clock()):
            return status
        world = await self._world_or_nothing(status.plan)
        if self._clashes is not None:
            await self._clashes.prepare()
        now = self._clock()
        async with self._ledger.write() as tx:
            # Judged in the transaction that files it: what it may spend is reserved from then on.
            status = await known_plan(tx, plan_id)
            if _reviewable(status, now=now):
                judged = await self._judge(tx, status.plan, world)
                clash = await self._clash(tx, status.plan, judged, world)
                await _file(tx, status, judged, clash=clash, now=now)
            return await known_plan(tx, plan_id)

    async def judge(self, plan: Plan) -> Verdict:
        """The verdict as of now, before anybody has approved; nothing is stored."""
        world = await self._world_or_nothing(plan)
        async with self._ledger.read() as tx:
            return (await self._judge(tx, plan, world)).demanded

    async def is_outdated(self, plan: Plan) -> bool:
        """Whether the rules refuse the plan as of now for the age of the data behind it.

        Raises SourceUnavailable: nobody knows then what day it is there.
        """
        world = await self.world(plan)
        async with self._ledger.read() as tx:
            verdict = (await self._judge(tx, plan, world)).demanded
        return any(reason.policy in _STALE_DATA for reason in verdict.reasons)

    async def judge_in(self, tx: Transaction, plan: Plan, world: World) -> Verdict:
        """The verdict inside a transaction that will act on it, approvals counted; `gates` are all that it took.

        What the rules demand before any approval is stored here, with the situation that was judged, as after a
        review: the caller stores no verdict.
        """
        judged = await self._judge(tx, plan, world)
        await tx.approvals.add_verdict(plan.id, plan.revision, judged.demanded, judged.stored)
        decisions = await tx.approvals.decisions(plan.id, plan.revision)
        return judged.with_approvals(plan, decisions)

    async def clash_in(self, tx: Transaction, plan: Plan, world: World) -> str:
        """What has come into the plan's way since it was reviewed, for people; "" if nothing.

        Asked with the last approval: the graph may have learnt since what the plan shares with others.
        """
        if self._clashes is None:
            return ""
        found, names = await self._clashes.against(tx, plan, world.campaigns, approving=True)
        return self._clashes.words(found[0], names) if found else ""

    async def catch_up(self) -> None:
        """Have the graph know all that is known, before the transaction of a last approval."""
        if self._clashes is not None:
            await self._clashes.prepare()

    async def world(self, plan: Plan) -> World:
        """What the sources show now; read before a transaction, because sources may be slow.

        Raises SourceUnavailable: an approved plan is tried again then, and not refused for good.
        """
        return await look(plan, readers=self._readers, spending=self._spending, now=self._clock())

    async def _world_or_nothing(self, plan: Plan) -> World:
        try:
            return await self.world(plan)
        except SourceUnavailable:
            # Unknown state is judged as such: the rules refuse campaigns that no source shows.
            return World()

    async def _clash(self, tx: Transaction, plan: Plan, judged: "_Judged", world: World) -> str:
        """What the graph knows that keeps the plan from being carried out beside others, for people; "" if nothing."""
        if self._clashes is None or judged.demanded.outcome is Outcome.REFUSED:
            return ""
        found, names = await self._clashes.against(tx, plan, world.campaigns)
        if found:
            return await self._clashes.hold(tx, plan, found, names)
        await self._clashes.no_longer(tx, plan.id)
        return ""

    async def _judge(self, tx: Transaction, plan: Plan, world: World) -> "_Judged":
        rules, panel = await self._rulebook.of(tx), await convene(tx, plan, now=self._clock())
        facts = await gather(tx, plan, world, rules=rules, panel=panel, skills=self._skills(plan.agent))
        situation = rules.situation(plan, facts)
        verdict = rules.judge_situation(situation, now=panel.now)
        versions = await versions_of(tx, plan, policy=rules.version)
        return _Judged(rules, panel, situation, verdict.model_copy(update={"versions": versions}))


@dataclass(frozen=True)
class _Judged:
    """What the rules demand of a plan before anybody has approved it, and what they judged it by."""

    rules: Rules
    panel: Panel
    situation: Situation
    demanded: Verdict

    @property
    def stored(self) -> str:
        """The situation as text, so that other rules can be asked about it."""
        return self.situation.model_dump_json(exclude_defaults=True)

    def with_approvals(self, plan: Plan, decisions: tuple[Decision, ...]) -> Verdict:
        """The verdict with the approvals that count for everything that is demanded."""
        if self.demanded.outcome is not Outcome.NEEDS_APPROVAL:
            return self.demanded
        gates = gate_ids(self.demanded)
        given = approvals_given(plan, decisions, self.panel, version=self.rules.version, gates=gates)
        verdict = self.rules.judge_situation(self.situation, given, now=self.panel.now)
        return verdict.model_copy(update={"gates": self.demanded.gates, "versions": self.demanded.versions})


async def known_plan(tx: Transaction, plan_id: str) -> PlanStatus:
    """The plan's status; raises LookupError with words for people."""
    status = await tx.plans.get(plan_id)
    if status is None:
        raise LookupError(f"there is no {plan_id}")
    return status


def _reviewable(status: PlanStatus, *, now: datetime) -> bool:
    """Still undecided, and in time: what has expired while it was held must not be carried out after all."""
    return status.state in (PlanState.PROPOSED, PlanState.HELD) and now < status.plan.expires_at


async def _file(tx: Transaction, status: PlanStatus, judged: _Judged, *, clash: str, now: datetime) -> None:
    plan, verdict = status.plan, judged.demanded
    if clash:
        # Who is held takes up nothing: others may change these campaigns meanwhile.
        conflicts: dict[str, str] = {}
        await tx.plans.release(plan.id, plan.resource_keys)
    else:
        conflicts = await tx.plans.claim(plan.id, plan.resource_keys)
    if verdict.outcome is Outcome.REFUSED:
        # A refusal stands whoever else is at work, so it is said at once and nothing is held for it.
        to, note = PlanState.REFUSED, "; ".join(reason.text for reason in verdict.reasons)
    elif conflicts or clash:
        to, note = PlanState.HELD, clash or _conflict_words(plan, conflicts)
    elif verdict.outcome is Outcome.ALLOWED:
        to, note = PlanState.APPROVED, "allowed without a further approval"
    else:
        to, note = PlanState.WAITING, ""
    if status.state is to and status.note == note:
        return
    await tx.approvals.add_verdict(plan.id, plan.revision, verdict, judged.stored)
    if status.state is to:
        # Still held, but for another plan: people should read which.
        await tx.plans.move(plan.id, revision=plan.revision, origins=(to,), to=to, now=status.since, note=note)
    else:
        await move(tx, status, to, now=now, note=note)
    await tx.audit.append(
        at=now,
        actor="system",
        action=f"plan.{to.value}",
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "digest": plan.digest,
            "note": note,
            "verdict": verdict.outcome.value,
            "reasons": [reason.model_dump() for reason in verdict.reasons],
            "gates": [gate.policy for gate in verdict.gates],
            "policy_version": verdict.policy_version,
            "versions": verdict.versions,
            SEALED: await link_verdict(tx, plan, verdict),
        },
    )
    if to is PlanState.APPROVED:
        await ask_for_execution(tx, plan)


def _conflict_words(plan: Plan, conflicts: dict[str, str]) -> str:
    names = {change.resource.key: change.resource.name for change in plan.changes}
    holders = sorted(set(conflicts.values()))
    touched = ", ".join(sorted(names[key] for key in conflicts))
    return f"{' and '.join(holders)} also changes {touched} and goes first"
