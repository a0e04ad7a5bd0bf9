"""Delegate: one person's approvals in another's hands while they are away, from a moment to a moment.

What is lent is the right to approve and nothing else; it is not lent on, and ends by itself.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from agents.governance.approvals import counted_roles
from agents.governance.rules import Act
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.people import Delegation, Person, Role
from storage.records.plans import PlanState
from storage.records.record import Record

_WHO_ACT = frozenset(Role) - {Role.VIEWER}


class Delegated(Record):
    """A delegation as it is now; `words` are for whoever made or ended it."""

    delegation: Delegation
    words: str


class Delegator:
    """Makes and ends delegations; for oneself, or as an admin for others."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def delegate(
        self, from_person: str, to_person: str, starts_at: datetime, ends_at: datetime, *, by: Person, via: str
    ) -> Delegated | Declined:
        """Let `to_person` approve in the place of `from_person` (both by id) from the start up to, not at, the end."""
        now = self._clock()
        async with self._ledger.write() as tx:
            people = {one.id: one for one in await tx.people.all()}
            names = {one.id: one.name for one in people.values()}
            known = people.get(by.id, by.model_copy(update={"active": False}))
            permission = (await self._rulebook.of(tx)).may(known, Act.DELEGATE)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            cause_and_words = (
                _wrong_maker(from_person, to_person, known)
                or _wrong_people(from_person, to_person, people)
                or _wrong_time(starts_at, ends_at, now)
                or _overlaps(from_person, to_person, starts_at, ends_at, await tx.people.delegations(now), names)
            )
            if cause_and_words is not None:
                cause, words = cause_and_words
                return Declined(cause=cause, words=words)
            made = await tx.people.delegate(
                from_person=from_person,
                to_person=to_person,
                starts_at=max(starts_at, now),
                ends_at=ends_at,
                made_by=by.id,
                now=now,
            )
            await _tell(tx, made, by, "delegation.made", now=now, via=via)
        time = f"from {known.on_clock(made.starts_at)} until {known.on_clock(made.ends_at)}"
        words = f"{names[to_person]} approves for {names[from_person]} {time} ({made.id})."
        return Delegated(delegation=made, words=words)

    async def end(self, delegation_id: str, *, by: Person, via: str) -> Delegated | Declined:
        """Call a delegation off; either of the two may, and an admin."""
        now = self._clock()
        async with self._ledger.write() as tx:
            found = next((one for one in await tx.people.delegations(now) if one.id == delegation_id), None)
            if found is None:
                return Declined(cause=Cause.UNKNOWN, words=f"{delegation_id} is not in force and will not be.")
            known = await tx.people.get(by.id)
            if known is None or not (
                known.has(Role.ADMIN) or (known.active and by.id in (found.from_person, found.to_person))
            ):
                words = f"{delegation_id} is ended by {found.from_person}, {found.to_person} or an admin."
                return Declined(cause=Cause.NOT_ALLOWED, words=words)
            ended = found.model_copy(update={"ended_at": now})
            await tx.people.end_delegation(ended)
            await _tell(tx, ended, by, "delegation.ended", now=now, via=via)
        return Delegated(delegation=ended, words=f"{delegation_id} has ended.")

    async def list(self) -> tuple[Delegation, ...]:
        """Those in force now or later, oldest first."""
        async with self._ledger.read() as tx:
            return await tx.people.delegations(self._clock())


_Problem = tuple[Cause, str] | None


def _wrong_maker(from_person: str, to_person: str, by: Person) -> _Problem:
    if by.id == from_person:
        return None
    if not by.has(Role.ADMIN):
        return Cause.NOT_ALLOWED, "You hand on your own approvals; an admin can do it for somebody else."
    if by.id == to_person:
        return Cause.NOT_ALLOWED, "An admin names somebody else than themselves: configuring is not approving."
    return None


def _wrong_people(from_person: str, to_person: str, people: dict[str, Person]) -> _Problem:
    giver, taker = people.get(from_person), people.get(to_person)
    if giver is None or not giver.active or not counted_roles(giver.roles):
        return Cause.INVALID, f"{from_person} has no approvals to hand on."
    if taker is None or not taker.has(*_WHO_ACT):
        return Cause.INVALID, f"{to_person} cannot stand in: name somebody active who is more than a viewer."
    if from_person == to_person:
        return Cause.INVALID, "Nobody stands in for themselves."
    return None


def _wrong_time(starts_at: datetime, ends_at: datetime, now: datetime) -> _Problem:
    if ends_at <= max(starts_at, now):
        return Cause.INVALID, "It would end before it begins, or has ended already: give a later end."
    return None


def _overlaps(
    from_person: str,
    to_person: str,
    starts_at: datetime,
    ends_at: datetime,
    known: Iterable[Delegation],
    names: Mapping[str, str],
) -> _Problem:
    """One person has one delegate at a time, and a delegate is there themselves: no chains."""
    for one in known:
        if one.ends_at <= starts_at or ends_at <= one.starts_at:
            continue
        other = names.get(one.to_person, one.to_person)
        if one.from_person == from_person:
            return Cause.REPEATED, f"{from_person}'s approvals are with {other} for part of that time ({one.id})."
        if one.from_person == to_person:
            return Cause.INVALID, f"{to_person} is away for part of that time: {other} stands in ({one.id})."
        if one.to_person == from_person:
            words = f"{from_person} stands in for {one.from_person} for part of that time ({one.id}): end that first."
            return Cause.INVALID, words
    return None


async def _tell(tx: Transaction, one: Delegation, by: Person, action: str, *, now: datetime, via: str) -> None:
    """Put it in the trail, and have the cards of waiting plans say who is asked now."""
    await tx.audit.append(
        at=now,
        actor=f"person:{by.id}",
        action=action,
        subject=one.id,
        facts={
            "from": one.from_person,
            "to": one.to_person,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "via": via,
        },
    )
    for status in await tx.plans.in_states(PlanState.WAITING):
        await tx.plans.touch(status.plan.id)
