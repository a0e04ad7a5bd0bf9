"""Remind: a waiting plan asks, reminds and escalates by itself, and people may hand it on, ask, or want quiet."""

from collections.abc import Callable
from datetime import datetime, timedelta

from agents.governance.rules import Act, Rules
from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.effect import already
from agents.lifecycle.people.due import Case, Due, case_of, due_now
from agents.lifecycle.review import Rulebook, known_plan
from storage.ledger import Ledger, Transaction
from storage.records.audit import Personal
from storage.records.nudges import NudgeKind, Quiet
from storage.records.people import Person
from storage.records.plans import PlanState, PlanStatus

BY_HAND_EVERY = timedelta(hours=4)
"""How often one person may be reminded of one plan by other people."""


class Reminder:
    """Writes down whom a plan has to ask; the bot sends it."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def chase(self) -> int:
        """Ask, remind and escalate wherever it is due; returns how many messages. Call it every minute."""
        now = self._clock()
        async with self._ledger.read() as tx:
            waiting = await _waiting(tx, now)
            rules = await self._rulebook.of(tx) if waiting else None
            due = [one for one in waiting if rules and due_now(await case_of(tx, one, rules, now=now)).anything]
        made = 0
        for status in due:
            async with self._ledger.write() as tx:
                made += await self._chase(tx, status.plan.id, now=now)
        return made

    async def remind_now(self, plan_id: str, person: Person) -> Accepted | Declined:
        """Remind those it waits for because a person wishes it; nobody oftener than every four hours."""
        now = self._clock()
        async with self._ledger.write() as tx:
            case = await self._case(tx, plan_id, person, now=now)
            if isinstance(case, Declined):
                return case
            if not case.approvers:
                words = f"Nobody is left whom {plan_id} could ask. An admin can change who may approve."
                return Declined(cause=Cause.INVALID, words=words, status=case.status)
            free_at = {one.id: _may_be_reminded_at(case, one) for one in case.approvers}
            to = [one for one in case.approvers if free_at[one.id] <= now]
            if not to:
                words = (
                    f"{_names(case.approvers)} heard of {plan_id} not long ago, or asked for quiet: you can remind "
                    f"them from {person.on_clock(min(free_at.values()))} on."
                )
                return Declined(cause=Cause.TOO_SOON, words=words, status=case.status)
            for one in to:
                await tx.nudges.add(case.nudge(one, NudgeKind.REMINDER, f"{person.name} asks you to look at it."))
            await _tell(tx, case, person, "plan.reminded", {"to": [one.id for one in to]})
            return Accepted(status=await known_plan(tx, plan_id), words=f"Reminded {_names(to)} of {plan_id}.")

    async def hand_over(self, plan_id: str, person: Person, to: str, words: str) -> Accepted | Declined:
        """Ask one particular person, by id, who may approve it; whoever handed it on is no longer reminded."""
        now = self._clock()
        async with self._ledger.write() as tx:
            case = await self._case(tx, plan_id, person, now=now)
            if isinstance(case, Declined):
                return case
            wanted = next((one for one in case.approvers if one.id == to), None)
            if wanted is None:
                why_not = f"{to} cannot approve {plan_id} now. Those who can: {_names(case.approvers) or 'nobody'}."
                return Declined(cause=Cause.NOT_ALLOWED, words=why_not, status=case.status)
            if any(one.person_id == to and one.kind is NudgeKind.ASSIGNED for one in case.nudges):
                again = f"{wanted.name} was handed {plan_id} already; a reminder may help."
                return Declined(cause=Cause.REPEATED, words=again, status=case.status)
            await tx.nudges.add(case.nudge(wanted, NudgeKind.ASSIGNED, words.strip()))
            if person.id != to:
                until = case.status.plan.expires_at
                await tx.nudges.hush(Quiet(plan_id=plan_id, person_id=person.id, until=until))
            await tx.plans.touch(plan_id)
            await _tell(tx, case, person, "plan.handed_over", {"to": to, "words": Personal(words.strip())})
            return Accepted(status=await known_plan(tx, plan_id), words=f"{wanted.name} is asked about {plan_id} now.")

    async def ask(self, plan_id: str, person: Person, text: str) -> Accepted | Declined:
        """Put a question about the plan on record; its thread shows it."""
        if not text.strip():
            return Declined(cause=Cause.INVALID, words="Please write the question.")
        async with self._ledger.write() as tx:
            status = await self._viewed(tx, plan_id, person)
            if isinstance(status, Declined):
                return status
            await tx.audit.append(
                at=self._clock(),
                actor=f"person:{person.id}",
                action="plan.question",
                subject=plan_id,
                facts={"revision": status.plan.revision, "text": Personal(text.strip())},
            )
            await tx.plans.touch(plan_id)
            return Accepted(
                status=await known_plan(tx, plan_id), words=f"Your question stands in the thread of {plan_id}."
            )

    async def hush(self, plan_id: str, person: Person, until: datetime) -> Accepted | Declined:
        """Remind this person no more of the plan before then; rungs of the ladder are climbed all the same."""
        async with self._ledger.write() as tx:
            status = await self._viewed(tx, plan_id, person)
            if isinstance(status, Declined):
                return status
            if until <= self._clock():
                return Declined(cause=Cause.INVALID, words="That moment has passed already.", status=status)
            await tx.nudges.hush(Quiet(plan_id=plan_id, person_id=person.id, until=until))
            ends = f"It still expires on {person.on_clock(status.plan.expires_at)}."
            return Accepted(status=status, words=f"No reminder of {plan_id} before {person.on_clock(until)}. {ends}")

    async def _chase(self, tx: Transaction, plan_id: str, *, now: datetime) -> int:
        status = await known_plan(tx, plan_id)
        if status.state is not PlanState.WAITING:
            return 0  # decided between looking and writing
        case = await case_of(tx, status, await self._rulebook.of(tx), now=now)
        due = due_now(case)
        for nudge in due.nudges:
            await tx.nudges.add(nudge)
        await _show(tx, case, due)
        return len(due.nudges)

    async def _case(self, tx: Transaction, plan_id: str, person: Person, *, now: datetime) -> Case | Declined:
        """The plan while it waits for people, if this person may have them reminded."""
        status = await tx.plans.get(plan_id)
        if status is None:
            return _unknown(plan_id)
        rules = await self._rulebook.of(tx)
        declined = await _forbidden(tx, rules, person, Act.REMIND, status)
        if declined is not None:
            return declined
        if status.state is not PlanState.WAITING or status.plan.expires_at <= now:
            return Declined(cause=Cause.LATE, words=await already(tx, status, person), status=status)
        return await case_of(tx, status, rules, now=now)

    async def _viewed(self, tx: Transaction, plan_id: str, person: Person) -> PlanStatus | Declined:
        status = await tx.plans.get(plan_id)
        if status is None:
            return _unknown(plan_id)
        return await _forbidden(tx, await self._rulebook.of(tx), person, Act.VIEW, status) or status


async def _waiting(tx: Transaction, now: datetime) -> list[PlanStatus]:
    return [one for one in await tx.plans.in_states(PlanState.WAITING) if now < one.plan.expires_at]


async def _show(tx: Transaction, case: Case, due: Due) -> None:
    """Put on the card and in the trail what people should know beside a mere reminder."""
    plan, now = case.status.plan, case.panel.now
    for climbed in due.climbed:
        await tx.audit.append(
            at=now,
            actor="system",
            action="plan.escalated",
            subject=plan.id,
            facts={
                "revision": plan.revision,
                "gate": climbed.rung.gate,
                "rung": climbed.rung.number,
                "to": [one.id for one in climbed.to],
            },
        )
    if due.note is not None:
        waiting = PlanState.WAITING
        await tx.plans.move(
            plan.id, revision=plan.revision, origins=(waiting,), to=waiting, now=case.status.since, note=due.note
        )
        action = "plan.nobody_left" if due.note else "plan.somebody_found"
        facts = {"revision": plan.revision, "note": due.note}
        await tx.audit.append(at=now, actor="system", action=action, subject=plan.id, facts=facts)
    elif any(one.kind is not NudgeKind.REMINDER for one in due.nudges):
        await tx.plans.touch(plan.id)


async def _forbidden(tx: Transaction, rules: Rules, person: Person, act: Act, status: PlanStatus) -> Declined | None:
    known = await tx.people.get(person.id) or person.model_copy(update={"active": False})
    permission = rules.may(known, act, status.plan)
    if permission.allowed:
        return None
    return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason, status=status)


def _unknown(plan_id: str) -> Declined:
    return Declined(cause=Cause.UNKNOWN, words=f"There is no {plan_id} here.")


def _may_be_reminded_at(case: Case, person: Person) -> datetime:
    """From when on other people may have this one reminded; now, where they were never asked."""
    last, quiet, now = case.last_asked(person.id), case.hushed_until(person.id), case.panel.now
    return max(last + BY_HAND_EVERY if last else now, quiet or now)


async def _tell(tx: Transaction, case: Case, person: Person, action: str, facts: dict[str, object]) -> None:
    plan = case.status.plan
    await tx.audit.append(
        at=case.panel.now,
        actor=f"person:{person.id}",
        action=action,
        subject=plan.id,
        facts={"revision": plan.revision, **facts},
    )


def _names(people: list[Person] | tuple[Person, ...]) -> str:
    return ", ".join(one.name for one in people)
