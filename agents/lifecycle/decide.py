"""Decide: what a person says of a plan, bound to the digest they saw, with exactly one effect."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from agents.governance.approvals import missing_gates
from agents.governance.rules import Rules
from agents.lifecycle.edit import revision_of
from agents.lifecycle.learn import keep_rejection
from agents.lifecycle.review import Reviewer, known_plan
from agents.lifecycle.states import UNDECIDED, ask_for_execution, ask_for_review, let_go, move
from storage.ledger import Ledger, Transaction
from storage.records.people import Person
from storage.records.plans import Change, Plan, PlanState, PlanStatus, Value
from storage.records.record import Record
from storage.records.verdicts import Answer, Decision, Outcome


class Seen(Record):
    """What the person had before them: the plan, its revision and its digest."""

    plan_id: str
    revision: int
    digest: str


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


class Declined(Record):
    """The person's word has no effect; `words` say why, kindly."""

    cause: Cause
    words: str
    status: PlanStatus | None = None


class Decider:
    """Takes approvals and rejections; every check and its effect is one transaction."""

    def __init__(self, ledger: Ledger, rules: Rules, *, reviewer: Reviewer, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rules = rules
        self._reviewer = reviewer
        self._clock = clock

    async def approve(self, seen: Seen, person: Person, *, via: str) -> Accepted | Declined:
        """Count one approval; the plan is on its way to execution once no gate is left open."""
        return await self._decide(seen, person, answer=Answer.APPROVE, reason="", via=via)

    async def reject(self, seen: Seen, person: Person, *, reason: str, via: str) -> Accepted | Declined:
        """End the plan; the reason is required and kept for the agent to learn from."""
        if not reason.strip():
            return Declined(
                cause=Cause.INVALID,
                words="Please say why: the reason goes back to the agent and into the audit trail.",
            )
        return await self._decide(seen, person, answer=Answer.REJECT, reason=reason.strip(), via=via)

    async def edit(self, seen: Seen, person: Person, *, wanted: Mapping[str, Value], via: str) -> Accepted | Declined:
        """Replace the plan by its next revision with other values (by change id); its approval starts anew."""
        now = self._clock()
        async with self._ledger.write() as tx:
            declined = await self._why_not(tx, seen, person, action="edit", now=now)
            if declined is not None:
                return declined
            status = await known_plan(tx, seen.plan_id)
            revised = revision_of(status.plan, wanted, person=person, now=now)
            if revised is None:
                words = "These values change nothing: give another amount, or reject the plan."
                return Declined(cause=Cause.INVALID, words=words, status=status)
            await tx.plans.revise(revised, now=now)
            await let_go(tx, status, set(status.plan.resource_keys) - set(revised.resource_keys))
            await ask_for_review(tx, await known_plan(tx, seen.plan_id))
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="plan.edited",
                subject=seen.plan_id,
                facts={
                    "via": via,
                    "from_revision": seen.revision,
                    "from_digest": seen.digest,
                    "revision": revised.revision,
                    "digest": revised.digest,
                    "changes": [_change_facts(change) for change in revised.changes],
                },
            )
        status = await self._reviewer.review(seen.plan_id)
        return Accepted(status=status, words=f"{seen.plan_id} is now revision {revised.revision}.")

    async def objections(self, plan: Plan, wanted: Mapping[str, Value], person: Person) -> tuple[str, ...]:
        """Why the rules would refuse the plan with these values; empty if people may be asked. Changes nothing.

        Empty, too, for a plan that can no longer be edited: `edit` has the words for that.
        """
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan.id)
        if status.plan.revision != plan.revision or status.state not in (PlanState.WAITING, PlanState.HELD):
            return ()
        revised = revision_of(plan, wanted, person=person, now=self._clock())
        if revised is None:
            return ("with these values nothing would change: reject the plan instead",)
        verdict = await self._reviewer.judge(revised)
        return tuple(reason.text for reason in verdict.reasons) if verdict.outcome is Outcome.REFUSED else ()

    async def allowed(self, seen: Seen, person: Person, *, action: str) -> PlanStatus | Declined:
        """Whether this would be taken now (edit, reject): asked before a form is shown; changes nothing."""
        async with self._ledger.read() as tx:
            declined = await self._why_not(tx, seen, person, action=action, now=self._clock())
            return declined or await known_plan(tx, seen.plan_id)

    async def expire_overdue(self) -> int:
        """Close every plan that nobody decided in time; returns how many."""
        now = self._clock()
        async with self._ledger.read() as tx:
            if not await tx.plans.overdue(now):
                return 0
        async with self._ledger.write() as tx:
            overdue = await tx.plans.overdue(now)
            for status in overdue:
                await _expire(tx, status, now=now)
            return len(overdue)

    async def _decide(
        self, seen: Seen, person: Person, *, answer: Answer, reason: str, via: str
    ) -> Accepted | Declined:
        now = self._clock()
        async with self._ledger.write() as tx:
            declined = await self._why_not(tx, seen, person, action=answer.value, now=now)
            if declined is not None:
                if declined.cause is Cause.EXPIRED and declined.status is not None:
                    await _expire(tx, declined.status, now=now)
                return declined
            status = await known_plan(tx, seen.plan_id)
            decision = Decision(
                plan_id=seen.plan_id,
                revision=seen.revision,
                digest=seen.digest,
                answer=answer,
                person_id=person.id,
                roles=person.roles,
                reason=reason,
                via=via,
                decided_at=now,
                policy_version=self._rules.version,
            )
            if not await tx.approvals.add_decision(decision):
                return Declined(cause=Cause.REPEATED, words=f"You have already approved {seen.plan_id}.", status=status)
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action=f"plan.{answer.value}",
                subject=seen.plan_id,
                facts={
                    "revision": seen.revision,
                    "digest": seen.digest,
                    "reason": reason,
                    "via": via,
                    "roles": sorted(person.roles),
                    "policy_version": self._rules.version,
                },
            )
            await tx.lineage.link(seen.plan_id, [(f"person:{person.id}", f"{answer.value} by {person.name}")])
            words = await self._take_effect(tx, status, decision, now=now)
            return Accepted(status=await known_plan(tx, seen.plan_id), words=words)

    async def _take_effect(self, tx: Transaction, status: PlanStatus, made: Decision, *, now: datetime) -> str:
        plan = status.plan
        if made.answer is Answer.REJECT:
            await move(tx, status, PlanState.REJECTED, now=now, note=made.reason)
            await keep_rejection(tx, plan, made)
            return f"You rejected {plan.id}. Nothing was changed."
        verdict = await tx.approvals.verdict(plan.id, plan.revision)
        assert verdict is not None, "a plan waits because it was judged"
        decisions = await tx.approvals.decisions(plan.id, plan.revision)
        missing = missing_gates(verdict.gates, decisions, await tx.people.all(), plan)
        if missing:
            await tx.plans.touch(plan.id)
            return f"Your approval of {plan.id} counts. Still needed: {'; '.join(gate.text for gate in missing)}."
        await move(tx, status, PlanState.APPROVED, now=now)
        await ask_for_execution(tx, plan)
        return f"You approved {plan.id}. It is being carried out."

    async def _why_not(
        self, tx: Transaction, seen: Seen, person: Person, *, action: str, now: datetime
    ) -> Declined | None:
        status = await tx.plans.get(seen.plan_id)
        if status is None:
            return Declined(cause=Cause.UNKNOWN, words=f"There is no {seen.plan_id} here.")
        permission = self._rules.may(person, action, status.plan)
        if not permission.allowed:
            return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason, status=status)
        if (status.plan.revision, status.plan.digest) != (seen.revision, seen.digest):
            return Declined(
                cause=Cause.STALE,
                words=f"{seen.plan_id} is now revision {status.plan.revision}; you were looking at revision "
                f"{seen.revision}. Nothing has happened: please look at the new card.",
                status=status,
            )
        if status.state is not PlanState.WAITING and not (status.state is PlanState.HELD and action != "approve"):
            return Declined(cause=Cause.LATE, words=await _already(tx, status), status=status)
        if status.plan.expires_at <= now:
            words = f"{seen.plan_id} expired before it was decided. Nothing was changed."
            return Declined(cause=Cause.EXPIRED, words=words, status=status)
        return None


async def _expire(tx: Transaction, status: PlanStatus, *, now: datetime) -> None:
    if status.state in UNDECIDED and await move(
        tx, status, PlanState.EXPIRED, now=now, note="nobody decided in time; nothing was changed"
    ):
        await tx.audit.append(
            at=now,
            actor="system",
            action="plan.expired",
            subject=status.plan.id,
            facts={"revision": status.plan.revision, "expires_at": status.plan.expires_at},
        )


async def _already(tx: Transaction, status: PlanStatus) -> str:
    plan = status.plan
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    if decisions:
        last = decisions[-1]
        person = await tx.people.get(last.person_id)
        verb = "approved" if last.answer is Answer.APPROVE else "rejected"
        name = person.name if person else last.person_id
        return f"{plan.id} was already {verb} by {name} at {last.decided_at:%H:%M} UTC; your click changed nothing."
    words = {
        PlanState.HELD: f"is held: {status.note}",
        PlanState.EXPIRED: "has expired",
        PlanState.SUPERSEDED: f"was superseded: {status.note}",
        PlanState.REFUSED: "was refused by the rules",
    }
    return f"{plan.id} {words.get(status.state, f'is {status.state.value}')}; your click changed nothing."


def _change_facts(change: Change) -> dict[str, str]:
    return {"resource": change.resource.key, "before": str(change.before), "after": str(change.after)}
