"""Notifications: whom a large case calls, and who wants quiet, for the whole team or for themselves."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from agents.governance.rules import Act
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.people.owners import Owners
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertState, Severity
from storage.records.attention import Call, CallKind, Mute, QuietHours
from storage.records.owners import Answerable
from storage.records.people import Person, Role
from storage.records.record import Record

LONGEST_MUTE = timedelta(days=92)
"""A quarter: whoever wants to hear nothing for longer should not own what is watched."""


class Told(Record):
    """What came of a wish for quiet; `words` are for whoever had it."""

    words: str
    until: datetime | None = None
    """Until when a person hears nothing; None where that is over, or of a team's hours."""
    hours: QuietHours | None = None


class Notifications:
    """Writes down whom to tell in person, and until when not to; the bot sends it."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, owners: Owners, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._owners = owners
        self._clock = clock

    async def call_owners(self) -> int:
        """Tell whoever answers for a large case in person, once; returns how many. Call it every minute.

        Who answers is asked anew each time: a new owner of an open case is told of it, too.
        """
        now = self._clock()
        async with self._ledger.read() as tx:
            due = await self._calls(tx, await _large(tx), now)
        if not due:
            return 0
        async with self._ledger.write() as tx:
            return sum([await tx.attention.call(call) for call in due])

    async def mute(self, person: Person, *, until: datetime | None, alert_id: str = "") -> Declined | Told:
        """No direct messages about alerts, or one of them, until then; None: from now on again.

        Whoever is asked by name, or called in because nobody came, is told all the same.
        """
        now = self._clock()
        async with self._ledger.write() as tx:
            if (refused := await self._refused(tx, person, Act.MUTE)) is not None:
                return refused
            if alert_id and await tx.alerts.get(alert_id) is None:
                return Declined(cause=Cause.UNKNOWN, words=f"There is no {alert_id} here.")
            if until is not None and not timedelta() < until - now <= LONGEST_MUTE:
                words = f"Quiet lasts for up to {LONGEST_MUTE.days} days from now; nothing was changed."
                return Declined(cause=Cause.INVALID, words=words)
            await tx.attention.mute(Mute(person_id=person.id, alert_id=alert_id, until=until or now))
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="alert.muted" if until else "alert.unmuted",
                subject=alert_id or f"person:{person.id}",
                facts={"until": until},
            )
        what = alert_id or "alerts"
        if until is None:
            return Told(words=f"You hear of {what} in person again.")
        words = f"No direct message about {what} before {person.on_clock(until)}, unless somebody asks you by name."
        return Told(words=words, until=until)

    async def set_quiet_hours(
        self, person: Person, *, hours: tuple[time, time] | None, weekends: bool = False
    ) -> Declined | Told:
        """Hold cards of medium cases back between two times of the team's zone; None: never."""
        now = self._clock()
        async with self._ledger.write() as tx:
            if (refused := await self._refused(tx, person, Act.QUIETEN)) is not None:
                return refused
            wanted = None
            if hours is not None:
                if hours[0] == hours[1]:
                    return Declined(cause=Cause.INVALID, words="Quiet hours end at another time than they begin.")
                zone = (await self._rulebook.of(tx)).calendar.zone
                wanted = QuietHours(first=hours[0], last=hours[1], weekends=weekends, zone=zone)
            await tx.attention.set_quiet_hours(wanted)
            await _release(tx, wanted, now=now)
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="alert.quiet_hours",
                subject="alerts",
                facts={"hours": wanted.model_dump(mode="json") if wanted else None},
            )
        return Told(words=quiet_words(wanted), hours=wanted)

    async def _refused(self, tx: Transaction, person: Person, act: Act) -> Declined | None:
        known = await tx.people.get(person.id) or person.model_copy(update={"active": False})
        permission = (await self._rulebook.of(tx)).may(known, act)
        return None if permission.allowed else Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)

    async def _calls(self, tx: Transaction, large: list[Alert], now: datetime) -> list[Call]:
        """The messages that are due about large cases."""
        if not large:
            return []
        people = [one for one in await tx.people.all() if one.active]
        told, mutes = await tx.attention.calls_of_each(one.id for one in large), await tx.attention.mutes(now)
        spared = {
            alert.id: {
                *(one.person_id for one in told.get(alert.id, ())),
                *(one.person_id for one in mutes if one.alert_id in ("", alert.id)),
            }
            for alert in large
        }
        left = [one for one in large if any(person.id not in spared[one.id] for person in people)]
        answering = await self._owners.of_each(tx, [one.finding for one in left])
        return [
            Call(alert_id=alert.id, person_id=one.id, kind=CallKind.OWNER, due_at=now)
            for alert, owner in zip(left, answering, strict=True)
            for one in _answering(alert, owner, people)
            if one.id not in spared[alert.id]
        ]


def quiet_words(hours: QuietHours | None) -> str:
    """The team's quiet hours in a sentence."""
    if hours is None:
        return "There are no quiet hours: cards are posted at once."
    more = ", and all of Saturday and Sunday" if hours.weekends else ""
    return (
        f"Cards of medium cases wait from {hours.first:%H:%M} to {hours.last:%H:%M} ({hours.zone}){more}. "
        "Large ones are posted at once."
    )


def _answering(alert: Alert, owner: Answerable, people: list[Person]) -> tuple[Person, ...]:
    """Who was asked to take it, else who answers for what it is about, else those at work."""
    assigned = tuple(one for one in people if one.id == alert.assigned_to)
    return assigned or owner.people or tuple(one for one in people if one.has(Role.OPERATOR))


async def _large(tx: Transaction) -> list[Alert]:
    """Open cases with a card that are large and that nobody has taken or put aside."""
    return [
        one
        for one in await tx.alerts.unrecovered()
        if one.finding.severity is Severity.CRITICAL and one.state is AlertState.OPEN and one.shown_from is not None
    ]


async def _release(tx: Transaction, hours: QuietHours | None, *, now: datetime) -> None:
    """Post what the hours before held back and those now do not."""
    until = (hours.end_after(now) if hours else None) or now
    for alert in await tx.alerts.unrecovered():
        if alert.shown_from is not None and alert.shown_from > until:
            await tx.alerts.save(alert.model_copy(update={"shown_from": until}))
