"""Decide: what a person says of a plan, bound to what they saw, with exactly one effect."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from agents.governance.approvals import barred_from, binding_of, gate_ids, missing_gates, newest_words
from agents.governance.approvers import standing_of
from agents.lifecycle.convene import convene
from agents.lifecycle.edit import revise, revision_of
from agents.lifecycle.effect import already, approved, counted, expired, in_the_way, rejected, withdrawn
from agents.lifecycle.gather import World
from agents.lifecycle.review import Reviewer, Rulebook, known_plan
from agents.lifecycle.states import judge_anew, overdue
from agents.lifecycle.stops import brands_of
from agents.lifecycle.word import Speaker, keep, said_before
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.people import Person
from storage.records.plans import Plan, PlanState, PlanStatus, Value
from storage.records.record import Record
from storage.records.verdicts import Answer, Outcome, Verdict

_OPEN_TO: dict[str, frozenset[PlanState]] = {
    "approve": frozenset({PlanState.WAITING}),
    "edit": frozenset({PlanState.WAITING, PlanState.HELD}),
    "reject": frozenset({PlanState.WAITING, PlanState.HELD, PlanState.APPROVED}),
    "withdraw": frozenset({PlanState.WAITING, PlanState.APPROVED}),
}
"""In which states of a plan a person's word is taken; all of them are before the first write."""


class Seen(Record):
    """What the person had before them: the plan, its revision and its digest, and the gates that were shown."""

    plan_id: str
    revision: int
    digest: str
    binding: str = ""
    """`binding_of` the verdict on the card; empty where a person decides on the plan as it stands now."""


class Accepted(Record):
    """The person's word counts; `words` say what happens next."""

    status: PlanStatus
    words: str


class Cause(StrEnum):
    """Why a person's word has no effect."""

    UNKNOWN = "unknown"
    NOT_ALLOWED = "not allowed"
    STALE = "stale"
    LATE = "late"
    EXPIRED = "expired"
    REPEATED = "repeated"
    INVALID = "invalid"
    TOO_SOON = "too soon"
    UNREACHABLE = "unreachable"


class Declined(Record):
    """The person's word has no effect; `words` say why, kindly."""

    cause: Cause
    words: str
    status: PlanStatus | None = None


class Decider:
    """Takes approvals, rejections and withdrawals; every check and its effect is one transaction."""

    def __init__(
        self, ledger: Ledger, rulebook: Rulebook, *, reviewer: Reviewer, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._reviewer = reviewer
        self._clock = clock

    async def approve(self, seen: Seen, person: Person, *, via: str) -> Accepted | Declined:
        """Count one approval; with the last one the rules judge again, and the plan is on its way to execution."""
        world = await self._world(seen)
        now = self._clock()
        async with self._ledger.write() as tx:
            speaker = await self._admit(tx, seen, person, action="approve", now=now)
            if isinstance(speaker, Declined):
                return await _settled(tx, speaker, now=now)
            verdict = await tx.approvals.verdict(seen.plan_id, seen.revision)
            assert verdict is not None, "a plan waits because it was judged"
            if verdict.policy_version == speaker.rules.version:
                return await self._approve(tx, seen, speaker, verdict, world, via=via, now=now)
            await judge_anew(tx, speaker.status, now=now)
        status = await self._reviewer.review(seen.plan_id)
        return _stale(status, "the rules have changed since")

    async def reject(self, seen: Seen, person: Person, *, reason: str, via: str) -> Accepted | Declined:
        """End the plan; the reason is required and kept for the agent to learn from."""
        if not reason.strip():
            return Declined(
                cause=Cause.INVALID,
                words="Please say why: the reason goes back to the agent and into the audit trail.",
            )
        now = self._clock()
        async with self._ledger.write() as tx:
            speaker = await self._admit(tx, seen, person, action="reject", now=now)
            if isinstance(speaker, Declined):
                return await _settled(tx, speaker, now=now)
            made = speaker.says(Answer.REJECT, reason=reason.strip(), via=via)
            await keep(tx, made)
            words = await rejected(tx, speaker.status, made, now=now)
            return Accepted(status=await known_plan(tx, seen.plan_id), words=words)

    async def withdraw(self, seen: Seen, person: Person, *, via: str) -> Accepted | Declined:
        """Take an approval back before anything was written; the plan waits again if it is needed."""
        now = self._clock()
        async with self._ledger.write() as tx:
            speaker = await self._admit(tx, seen, person, action="withdraw", now=now)
            if isinstance(speaker, Declined):
                return await _settled(tx, speaker, now=now)
            plan = speaker.status.plan
            said = newest_words(plan, await tx.approvals.decisions(plan.id, plan.revision)).get(person.id)
            if said is None or said.answer is not Answer.APPROVE:
                words = f"You have not approved {plan.id}, so there is nothing to withdraw."
                return Declined(cause=Cause.INVALID, words=words, status=speaker.status)
            verdict = await tx.approvals.verdict(plan.id, plan.revision)
            assert verdict is not None, "it was approved because it was judged"
            made = speaker.says(Answer.WITHDRAW, via=via)
            await keep(tx, made)
            words = await withdrawn(tx, speaker.status, verdict, speaker.panel, made, now=now)
            return Accepted(status=await known_plan(tx, seen.plan_id), words=words)

    async def edit(self, seen: Seen, person: Person, *, wanted: Mapping[str, Value], via: str) -> Accepted | Declined:
        """Replace the plan by its next revision with other values (by change id); its approval starts anew."""
        now = self._clock()
        async with self._ledger.write() as tx:
            speaker = await self._admit(tx, seen, person, action="edit", now=now)
            if isinstance(speaker, Declined):
                return await _settled(tx, speaker, now=now)
            status = speaker.status
            revised = revision_of(status.plan, wanted, person=person, now=now)
            if revised is None:
                words = "These values change nothing: give another amount, or reject the plan."
                return Declined(cause=Cause.INVALID, words=words, status=status)
            await revise(tx, status, revised, person=person, via=via, now=now)
        status = await self._reviewer.review(seen.plan_id)
        return Accepted(status=status, words=f"{seen.plan_id} is now revision {revised.revision}.")

    async def objections(self, plan: Plan, wanted: Mapping[str, Value], person: Person) -> tuple[str, ...]:
        """Why the rules would refuse the plan with these values; empty if people may be asked. Changes nothing.

        Empty, too, for a plan that can no longer be edited: `edit` has the words for that.
        """
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan.id)
        if status.plan.revision != plan.revision or status.state not in _OPEN_TO["edit"]:
            return ()
        revised = revision_of(plan, wanted, person=person, now=self._clock())
        if revised is None:
            return ("with these values nothing would change: reject the plan instead",)
        verdict = await self._reviewer.judge(revised)
        return tuple(reason.text for reason in verdict.reasons) if verdict.outcome is Outcome.REFUSED else ()

    async def allowed(self, seen: Seen, person: Person, *, action: str) -> PlanStatus | Declined:
        """Whether this would be taken now (edit, reject): asked before a form is shown; changes nothing."""
        async with self._ledger.read() as tx:
            speaker = await self._admit(tx, seen, person, action=action, now=self._clock())
            return speaker if isinstance(speaker, Declined) else speaker.status

    async def expire_overdue(self) -> int:
        """Close every plan that nobody decided, or began, in time; returns how many."""
        now = self._clock()
        async with self._ledger.read() as tx:
            if not await overdue(tx, now):
                return 0
        async with self._ledger.write() as tx:
            late = await overdue(tx, now)
            for status in late:
                await expired(tx, status, now=now)
            return len(late)

    async def _world(self, seen: Seen) -> World | None:
        """What the sources show, read before the transaction; None where one of them does not answer."""
        async with self._ledger.read() as tx:
            status = await tx.plans.get(seen.plan_id)
        if status is None or status.state is not PlanState.WAITING:
            return None
        try:
            world = await self._reviewer.world(status.plan)
        except SourceUnavailable:
            return None
        await self._reviewer.catch_up()
        return world

    async def _approve(
        self,
        tx: Transaction,
        seen: Seen,
        speaker: Speaker,
        verdict: Verdict,
        world: World | None,
        *,
        via: str,
        now: datetime,
    ) -> Accepted | Declined:
        status, panel = speaker.status, speaker.panel
        if seen.binding and seen.binding != binding_of(verdict):
            return _stale(status, "the rules ask for something else now than your card shows")
        decisions = await tx.approvals.decisions(status.plan.id, status.plan.revision)
        made = speaker.says(Answer.APPROVE, via=via, gates=gate_ids(verdict))
        if said_before(made, decisions, status.plan, panel) and missing_gates(verdict, status.plan, decisions, panel):
            words = f"You have already approved {status.plan.id}."
            return Declined(cause=Cause.REPEATED, words=words, status=status)
        last = not missing_gates(verdict, status.plan, (*decisions, made), panel)
        if last and world is None:
            words = (
                f"{status.plan.id} cannot be checked against what the channels hold just now, because one of them "
                "does not answer. Nothing has happened: please try again in a minute."
            )
            return Declined(cause=Cause.UNREACHABLE, words=words, status=status)
        await keep(tx, made)
        if last and world is not None:
            judged = await self._reviewer.judge_in(tx, status.plan, world)
            clash = await self._reviewer.clash_in(tx, status.plan, world)
            if clash and judged.outcome is Outcome.ALLOWED:
                words = await in_the_way(tx, status, clash, now=now)
            else:
                brands = brands_of(world.campaigns)
                words = await approved(tx, status, judged, panel, speaker.person, brands=brands, now=now)
        else:
            words = await counted(tx, status, verdict, panel)
        return Accepted(status=await known_plan(tx, status.plan.id), words=words)

    async def _admit(
        self, tx: Transaction, seen: Seen, person: Person, *, action: str, now: datetime
    ) -> Speaker | Declined:
        """Whether the person may say this of what they saw, as everything stands in this transaction."""
        status = await tx.plans.get(seen.plan_id)
        if status is None:
            return Declined(cause=Cause.UNKNOWN, words=f"There is no {seen.plan_id} here.")
        rules, panel = await self._rulebook.of(tx), await convene(tx, status.plan, now=now)
        known = panel.person(person.id)
        if known is None or not person.active:
            known = person.model_copy(update={"active": False})
        acting = panel.acting(known, except_for=barred_from(status.plan, panel))
        standing = standing_of(rules, known, status.plan, panel)
        permission = rules.may(acting, action, status.plan, standing)
        if not permission.allowed:
            return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason, status=status)
        if (status.plan.revision, status.plan.digest) != (seen.revision, seen.digest):
            return Declined(
                cause=Cause.STALE,
                words=f"{seen.plan_id} is now revision {status.plan.revision}; you were looking at revision "
                f"{seen.revision}. Nothing has happened: please look at the new card.",
                status=status,
            )
        if status.state not in _OPEN_TO[action]:
            return Declined(cause=Cause.LATE, words=await already(tx, status, known), status=status)
        if status.plan.expires_at <= now:
            words = f"{seen.plan_id} expired before it was decided. Nothing was changed."
            return Declined(cause=Cause.EXPIRED, words=words, status=status)
        glass = panel.glass_of(known.id) if standing.glass else None
        return Speaker(status=status, rules=rules, panel=panel, person=acting, own=known.roles, glass=glass)


async def _settled(tx: Transaction, declined: Declined, *, now: datetime) -> Declined:
    """A click that comes too late closes the plan at once, rather than with the next sweep."""
    if declined.cause is Cause.EXPIRED and declined.status is not None:
        await expired(tx, declined.status, now=now)
    return declined


def _stale(status: PlanStatus, why: str) -> Declined:
    words = f"{status.plan.id} was not approved: {why}. Nothing has happened: please look at the new card."
    return Declined(cause=Cause.STALE, words=words, status=status)
