"""Break glass: in an emergency one named person decides alone for an hour, aloud, and somebody else looks at it after.

It passes gates, freezes and the refusals whose rule says so; never a hard cap.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from agents.lifecycle.stops import is_under
from storage.ledger import Ledger, Transaction
from storage.records.audit import Personal
from storage.records.people import Person
from storage.records.plans import PlanState, PlanStatus
from storage.records.record import Record
from storage.records.stops import Glass

HOLDS_FOR = timedelta(hours=1)
_LOOKED_THROUGH = 1000
"""The newest plans, among which are those of the last hour."""


class Broken(Record):
    """Broken glass as it is now; `words` are for whoever broke or reviewed it."""

    glass: Glass
    words: str


class Emergency:
    """Breaks glass, closes it when its hour is over, and takes the review."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def break_glass(self, person: Person, *, reason: str, via: str) -> Broken | Declined:
        """Let the person decide alone for an hour."""
        if not reason.strip():
            return Declined(cause=Cause.INVALID, words="Please say why: everybody reads it, and a review follows.")
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, "break_glass")
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            for one in await tx.stops.glasses():
                if one.person_id == person.id and one.holds(now):
                    ends = person.on_clock(one.until)
                    words = f"You have broken the glass already ({one.id}); it holds until {ends}."
                    return Declined(cause=Cause.REPEATED, words=words)
            until = now + HOLDS_FOR
            made = await tx.stops.break_glass(person.id, reason=reason.strip(), now=now, until=until)
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="glass.broken",
                subject=made.id,
                facts={"reason": Personal(made.reason), "until": until, "via": via},
            )
            await _show(tx)
        words = (
            f"You have broken the glass ({made.id}): until {person.on_clock(until)} what you approve or ask for needs "
            "nobody else and passes freezes. Hard caps hold. Everybody is told, and somebody else reviews it "
            "afterwards."
        )
        return Broken(glass=made, words=words)

    async def close_over(self, now: datetime) -> int:
        """Close the glass whose hour is over, and have it reviewed; returns how many."""
        async with self._ledger.read() as tx:
            if not _over(await tx.stops.glasses(), now):
                return 0
        async with self._ledger.write() as tx:
            over = _over(await tx.stops.glasses(), now)
            for one in over:
                await _close(tx, one, now=now, actor="system")
            return len(over)

    async def review(self, glass_id: str, person: Person, *, words: str, fine: bool, via: str) -> Broken | Declined:
        """Say what came of it: nothing to object to, or what was wrong. One still in force ends with its review."""
        if not fine and not words.strip():
            return Declined(cause=Cause.INVALID, words="Please say what was wrong: it goes into the audit trail.")
        now = self._clock()
        async with self._ledger.write() as tx:
            glass = await tx.stops.glass(glass_id)
            if glass is None:
                return Declined(cause=Cause.UNKNOWN, words=f"There is no {glass_id} here.")
            permission = (await self._rulebook.of(tx)).may(person, "review_glass")
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            if person.id == glass.person_id:
                words = f"You broke {glass_id} yourself: somebody else has to review it."
                return Declined(cause=Cause.NOT_ALLOWED, words=words)
            if glass.reviewed_by is not None:
                return Declined(cause=Cause.REPEATED, words=f"{glass_id} was already reviewed by {glass.reviewed_by}.")
            if glass.closed_at is None:
                glass = await _close(tx, glass, now=now, actor=f"person:{person.id}")
            said = words.strip() or "Nothing to object to."
            reviewed = await tx.stops.save(
                glass.model_copy(update={"reviewed_by": person.id, "reviewed_at": now, "review": said})
            )
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="glass.reviewed",
                subject=glass_id,
                facts={"fine": fine, "words": Personal(said), "via": via},
            )
        return Broken(glass=reviewed, words=f"Your review of {glass_id} is recorded.")

    async def done_under(self, glass: Glass) -> tuple[PlanStatus, ...]:
        """The plans that were asked for, or approved alone, under the broken glass, oldest first."""
        async with self._ledger.read() as tx:
            recent = await tx.plans.recent(_LOOKED_THROUGH)
            found = [
                status
                for status in recent
                if status.since >= glass.broken_at
                and is_under(glass, status.plan, await tx.approvals.decisions(status.plan.id, status.plan.revision))
            ]
        return tuple(reversed(found))

    async def reviewers(self, glass: Glass) -> tuple[Person, ...]:
        """Who may review it; nobody once somebody has."""
        if glass.reviewed_by is not None:
            return ()
        async with self._ledger.read() as tx:
            rules, people = await self._rulebook.of(tx), await tx.people.all()
        return tuple(one for one in people if one.id != glass.person_id and rules.may(one, "review_glass").allowed)

    async def open(self) -> tuple[Glass, ...]:
        """In force, or over and not reviewed yet; oldest first."""
        async with self._ledger.read() as tx:
            return await tx.stops.glasses()


async def _close(tx: Transaction, glass: Glass, *, now: datetime, actor: str) -> Glass:
    closed = await tx.stops.save(glass.model_copy(update={"closed_at": min(now, glass.until)}))
    await tx.audit.append(at=now, actor=actor, action="glass.closed", subject=glass.id, facts={"until": glass.until})
    await _show(tx)
    return closed


async def _show(tx: Transaction) -> None:
    """Have the cards of waiting plans say who may approve them now."""
    for status in await tx.plans.in_states(PlanState.WAITING):
        await tx.plans.touch(status.plan.id)


def _over(glasses: tuple[Glass, ...], now: datetime) -> tuple[Glass, ...]:
    return tuple(one for one in glasses if one.closed_at is None and not one.holds(now))
