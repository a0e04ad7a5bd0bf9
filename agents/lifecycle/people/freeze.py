"""Freeze: a person stops all writing, or that for a brand, a channel or an agent, until a person thaws it.

It is one short transaction: from its commit on no plan writes, whatever it was doing. A call that is on its way to a
channel at that moment cannot be called back; it is written down as it ends, and its plan stops after it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from agents.governance.rules import Permission
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.lifecycle.states import ask_for_execution
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.audit import Personal
from storage.records.people import Person, Role
from storage.records.plans import PlanState
from storage.records.record import Record
from storage.records.stops import Freeze, FreezeScope

GOING_ON = (PlanState.APPROVED, PlanState.EXECUTING)
_MAY_ALWAYS_STOP = (Role.OPERATOR, Role.APPROVER, Role.CMO, Role.ADMIN)
_SHOWN = (PlanState.WAITING, PlanState.HELD, *GOING_ON)
"""Plans whose cards say that a freeze stops them."""


class Stopped(Record):
    """Freezes as they are now, after somebody froze or thawed; `words` are for them."""

    freezes: tuple[Freeze, ...]
    words: str


class Freezer:
    """Freezes and thaws; both take effect when their transaction commits."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        readers: Readers,
        channels: Iterable[str],
        agents: Iterable[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._readers = readers
        self._names = {FreezeScope.CHANNEL: frozenset(channels), FreezeScope.AGENT: frozenset(agents)}
        self._clock = clock

    async def freeze(
        self, scope: FreezeScope, value: str, person: Person, *, reason: str, via: str
    ) -> Stopped | Declined:
        """Stop all writing within the scope; `value` names the brand, channel or agent, and is empty for all."""
        if not reason.strip():
            return Declined(cause=Cause.INVALID, words="Please say why: whoever is stopped by it reads this.")
        found = await self._named(scope, value.strip())
        if isinstance(found, Declined):
            return found
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = await self._may_stop(tx, person)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            for one in await tx.stops.in_force():
                if (one.scope, one.value) == (scope, found):
                    words = f"{_whole(what_of(one))} is frozen already ({one.id}): {one.reason}"
                    return Declined(cause=Cause.REPEATED, words=words)
            made = await tx.stops.freeze(scope, found, reason=reason.strip(), person_id=person.id, now=now)
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="freeze.set",
                subject=made.id,
                facts={"scope": scope.value, "value": found, "reason": Personal(made.reason), "via": via},
            )
            await show(tx)
            begun = await tx.plans.in_states(*GOING_ON)
        stopped = f" {_count(len(begun))} approved or being carried out may be stopped by it." if begun else ""
        words = f"{_whole(what_of(made))} is frozen ({made.id}): nothing is written there until somebody thaws it."
        return Stopped(freezes=(made,), words=words + stopped)

    async def thaw(self, freeze_id: str | None, person: Person, *, via: str) -> Stopped | Declined:
        """End one freeze, or all of them; what they stopped goes on, once, unless its time is over."""
        now = self._clock()
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, "thaw")
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            held = await tx.stops.in_force()
            ended = tuple(one for one in held if freeze_id in (None, one.id))
            if not ended:
                return Declined(cause=Cause.UNKNOWN, words=_not_in_force(freeze_id, held))
            thawed = tuple([await self._thaw(tx, one, person, now=now, via=via) for one in ended])
            await show(tx)
            resumed = await tx.plans.in_states(*GOING_ON)
            for status in resumed:
                await ask_for_execution(tx, status.plan, because=f":{thawed[0].id}")
        what = ", ".join(f"{what_of(one)} ({one.id})" for one in thawed)
        on = f" {_count(len(resumed))} looked at again." if resumed else ""
        still = (
            f" Still frozen: {', '.join(what_of(one) for one in held if one not in ended)}." if held != ended else ""
        )
        return Stopped(freezes=thawed, words=f"Thawed: {what}.{on}{still}")

    async def names(self) -> dict[FreezeScope, tuple[str, ...]]:
        """What there is to freeze beside everything, by scope; no brands while no source says them."""
        try:
            brands = await self._brands()
        except SourceUnavailable:
            brands = frozenset()
        return {scope: tuple(sorted(names)) for scope, names in (*self._names.items(), (FreezeScope.BRAND, brands))}

    async def in_force(self) -> tuple[Freeze, ...]:
        """Oldest first."""
        async with self._ledger.read() as tx:
            return await tx.stops.in_force()

    async def _may_stop(self, tx: Transaction, person: Person) -> Permission:
        """By the rules; where they cannot be trusted, stopping is what is called for, so it needs none."""
        try:
            return (await self._rulebook.of(tx)).may(person, "freeze")
        except RulesUntrusted as error:
            return Permission(allowed=person.has(*_MAY_ALWAYS_STOP), reason=str(error))

    async def _thaw(self, tx: Transaction, one: Freeze, person: Person, *, now: datetime, via: str) -> Freeze:
        thawed = one.model_copy(update={"thawed_by": person.id, "thawed_at": now})
        await tx.stops.thaw(thawed)
        await tx.audit.append(
            at=now,
            actor=f"person:{person.id}",
            action="freeze.lifted",
            subject=one.id,
            facts={"scope": one.scope.value, "value": one.value, "via": via},
        )
        return thawed

    async def _named(self, scope: FreezeScope, value: str) -> str | Declined:
        """The brand, channel or agent as it is written here: a freeze of a misspelt name would stop nothing."""
        if scope is FreezeScope.ALL:
            return ""
        try:
            there = self._names[scope] if scope in self._names else await self._brands()
        except SourceUnavailable as error:
            words = f"The brands cannot be looked up now ({error}): freeze a channel, or everything, instead."
            return Declined(cause=Cause.UNKNOWN, words=words)
        found = next((name for name in sorted(there) if name.casefold() == value.casefold()), None)
        if found is None:
            words = f"There is no {scope.value} {value!r} here; there is: {', '.join(sorted(there)) or 'none'}."
            return Declined(cause=Cause.UNKNOWN, words=words)
        return found

    async def _brands(self) -> frozenset[str]:
        return frozenset(one.brand for one in await self._readers.campaigns() if one.brand)


def what_of(freeze: Freeze) -> str:
    """What a freeze stops, for people: `everything`, `channel email`; a brand's name is untrusted text."""
    return "everything" if freeze.scope is FreezeScope.ALL else f"{freeze.scope.value} {freeze.value}"


async def show(tx: Transaction) -> None:
    """Have the cards of plans that a freeze may stop drawn anew."""
    for status in await tx.plans.in_states(*_SHOWN):
        await tx.plans.touch(status.plan.id)


def _not_in_force(freeze_id: str | None, held: tuple[Freeze, ...]) -> str:
    if not held:
        return "Nothing is frozen."
    there = ", ".join(f"{one.id} ({what_of(one)})" for one in held)
    return f"{freeze_id} is not in force; in force: {there}."


def _whole(what: str) -> str:
    return what[0].upper() + what[1:]


def _count(plans: int) -> str:
    return "1 plan" if plans == 1 else f"{plans} plans"
