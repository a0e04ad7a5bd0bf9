"""Attendant: what people do about a case, each act asked of the rulebook and written to the trail with its change.

The review of the case moves with it in the same transaction; what needs more than the case is left to `pursue`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.governance.calendar import Calendar
from agents.governance.rules import Act, Rules
from agents.lifecycle.cases.cases import redraw
from agents.lifecycle.cases.filing import follow_case
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState, LearntKind
from storage.records.attention import Call, CallKind, Learnt
from storage.records.audit import Personal
from storage.records.people import Person, Role

LONGEST_SNOOZE = timedelta(days=92)
"""A quarter: what may wait for longer is not a case but the new normal."""
_NEVER_NORMAL = {
    AlertKind.FRESHNESS: "Data that stay away are never normal: snooze the case, or take the source out.",
    AlertKind.GOVERNANCE: "A change without approval is never normal: somebody has to look at it.",
}


class Attendant:
    """Takes cases, hands them on, puts them aside, calls others in, and learns what is normal."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def acknowledge(self, alert_id: str, person: Person) -> Declined | Alert:
        """Say that one is on it; of two people at once the first is, and the second is told so."""
        async with self._ledger.write() as tx:
            alert = await self._open_case(tx, alert_id, person, Act.ACKNOWLEDGE)
            if isinstance(alert, Declined):
                return alert
            if alert.state is AlertState.ACKNOWLEDGED:
                if alert.acknowledged_by == person.id:
                    return alert
                who = await _name(tx, alert.acknowledged_by)
                words = f"{who} is looking at {alert_id} already. Assign it to yourself to take it over."
                return Declined(cause=Cause.REPEATED, words=words)
            taken = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": person.id, "snoozed_until": None}
            return await self._followed(tx, await self._change(tx, alert, person, "alert.acknowledged", taken))

    async def assign(self, alert_id: str, person: Person, to: str, words: str = "") -> Declined | Alert:
        """Ask a person, by id, to take the case; oneself is taking it over."""
        now = self._clock()
        async with self._ledger.write() as tx:
            alert = await self._open_case(tx, alert_id, person, Act.ASSIGN)
            if isinstance(alert, Declined):
                return alert
            wanted, rules = await tx.people.get(to), await self._rulebook.of(tx)
            if wanted is None or not rules.may(wanted, Act.ACKNOWLEDGE).allowed:
                who = wanted.name if wanted else to
                return Declined(cause=Cause.INVALID, words=f"{who} may not take cases: choose somebody who works here.")
            taken: dict[str, object]
            if wanted.id == person.id:
                taken = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": to, "assigned_to": to}
            else:
                call = Call(alert_id=alert_id, person_id=to, kind=CallKind.ASSIGNED, words=words.strip(), due_at=now)
                await tx.attention.call_again(call)
                # Whoever looked at it until now has given it away.
                taken = {"state": AlertState.OPEN, "acknowledged_by": None, "assigned_to": to}
            facts = {"to": to, "words": Personal(words.strip())}
            return await self._followed(
                tx, await self._change(tx, alert, person, "alert.assigned", taken | {"snoozed_until": None}, facts)
            )

    async def snooze(self, alert_id: str, person: Person, *, days: int) -> Declined | Alert:
        """Keep the case quiet for so many days, and then until the team is at work."""
        return await self._snooze(alert_id, person, lambda now, _calendar: now + timedelta(days=days))

    async def snooze_until(self, alert_id: str, person: Person, day: date) -> Declined | Alert:
        """Keep the case quiet until the team starts work on that day, or the next one that it works."""
        return await self._snooze(alert_id, person, lambda _now, calendar: _midnight(day, calendar.zone))

    async def _snooze(
        self, alert_id: str, person: Person, end: Callable[[datetime, Calendar], datetime]
    ) -> Declined | Alert:
        now = self._clock()
        async with self._ledger.write() as tx:
            alert = await self._open_case(tx, alert_id, person, Act.SNOOZE)
            if isinstance(alert, Declined):
                return alert
            calendar = (await self._rulebook.of(tx)).calendar
            wanted = end(now, calendar)
            if not timedelta() < wanted - now <= LONGEST_SNOOZE:
                words = f"A case is snoozed for 1 to {LONGEST_SNOOZE.days} days; nothing was changed."
                return Declined(cause=Cause.INVALID, words=words)
            until = calendar.add(wanted, 0)
            asleep = {"state": AlertState.SNOOZED, "acknowledged_by": person.id, "snoozed_until": until}
            return await self._followed(
                tx, await self._change(tx, alert, person, "alert.snoozed", asleep, {"until": until})
            )

    async def expect(self, alert_id: str, person: Person, *, reason: str, follow: bool = True) -> Declined | Alert:
        """Say that it was meant to happen: the level that was found is the normal one from its first day on.

        Without `follow` its review stays as it is, for whoever says there that this is what was done.
        """
        return await self._learn(alert_id, person, LearntKind.EXPECTED, since=None, reason=reason, follow=follow)

    async def rebaseline(
        self, alert_id: str, person: Person, *, reason: str, since: date | None = None
    ) -> Declined | Alert:
        """Have normal learnt afresh from a data day on, without a day what was found began on."""
        return await self._learn(alert_id, person, LearntKind.REBASELINED, since=since, reason=reason, follow=True)

    async def _learn(
        self, alert_id: str, person: Person, kind: LearntKind, *, since: date | None, reason: str, follow: bool
    ) -> Declined | Alert:
        if not reason.strip():
            return Declined(cause=Cause.INVALID, words="Please say why: the monitor will be silent about it.")
        async with self._ledger.write() as tx:
            alert = await self._open_case(tx, alert_id, person, Act.LEARN)
            if isinstance(alert, Declined):
                return alert
            if alert.finding.kind in _NEVER_NORMAL:
                return Declined(cause=Cause.INVALID, words=_NEVER_NORMAL[alert.finding.kind])
            if since is not None and since > alert.finding.seen_on:
                words = f"There are no data after {alert.finding.seen_on:%-d %B %Y} yet: choose that day or an earlier."
                return Declined(cause=Cause.INVALID, words=words)
            parts = [one for one in await tx.alerts.unrecovered() if one.finding.part_of == alert.finding.key]
            for one in (*parts, alert):
                saved = await self._learn_one(tx, one, person, kind, since=since, reason=reason.strip())
                saved = await self._followed(tx, saved) if follow else saved
            return saved

    async def _learn_one(
        self, tx: Transaction, alert: Alert, person: Person, kind: LearntKind, *, since: date | None, reason: str
    ) -> Alert:
        finding, now = alert.finding, self._clock()
        first = since or finding.since or (finding.reading.first if finding.reading else None) or alert.opened_on
        said = Learnt(
            alert_id=alert.id,
            key=finding.key,
            kpi=finding.kpi,
            entity=finding.entity,
            simulated=finding.simulated,
            kind=kind,
            since=first,
            severity=finding.severity,
            observed=finding.reading.observed if finding.reading else None,
            expected=finding.reading.expected if finding.reading else None,
            reason=reason,
            learnt_by=person.id,
            at=now,
        )
        await tx.alerts.learn(said)
        over = {
            "state": AlertState.RECOVERED,
            "snoozed_until": None,
            "learnt": kind,
            "learnt_by": person.id,
            "learnt_why": reason,
        }
        facts = {"since": first, "observed": said.observed, "reason": Personal(reason)}
        return await self._change(tx, alert, person, f"alert.{kind.value}", over, facts)

    async def escalate(self, alert_id: str, person: Person | None, *, words: str = "") -> Declined | Alert:
        """Call in those on the next rung of the ladder; None: by itself, because nobody came in time."""
        async with self._ledger.write() as tx:
            return await self.escalate_in(tx, alert_id, person, words=words)

    async def escalate_in(
        self, tx: Transaction, alert_id: str, person: Person | None, *, words: str = ""
    ) -> Declined | Alert:
        """The same within a transaction."""
        alert = await self._open_case(tx, alert_id, person, Act.ESCALATE)
        if isinstance(alert, Declined):
            return alert
        rung, to = await _next_rung(tx, alert, await self._rulebook.of(tx), person)
        if not to:
            words = f"Nobody is left above those who know of {alert_id}. An admin can change who may approve."
            return Declined(cause=Cause.INVALID, words=words)
        for one in to:
            call = Call(alert_id=alert_id, person_id=one.id, kind=CallKind.ESCALATED, words=words, due_at=self._clock())
            await tx.attention.call(call)
        ids = tuple(one.id for one in to)
        called = {"escalated": rung, "escalated_to": (*alert.escalated_to, *ids)}
        facts = {"to": list(ids), "rung": rung, "words": Personal(words.strip())}
        return await self._change(tx, alert, person, "alert.escalated", called, facts)

    async def takers(self) -> tuple[Person, ...]:
        """Who may take a case, by name. Raises RulesUntrusted."""
        async with self._ledger.read() as tx:
            rules, people = await self._rulebook.of(tx), await tx.people.all()
        able = (one for one in people if one.active and rules.may(one, Act.ACKNOWLEDGE).allowed)
        return tuple(sorted(able, key=lambda one: one.name))

    async def wake_snoozed(self) -> int:
        """Open what was snoozed until now; returns how many."""
        now = self._clock()
        async with self._ledger.read() as tx:
            if not _due(await tx.alerts.unrecovered(), now):
                return 0
        async with self._ledger.write() as tx:
            due = _due(await tx.alerts.unrecovered(), now)
            for alert in due:
                awake = {"state": AlertState.OPEN, "snoozed_until": None, "acknowledged_by": None}
                await self._change(tx, alert, None, "alert.woken", awake)
            return len(due)

    async def _open_case(self, tx: Transaction, alert_id: str, person: Person | None, act: Act) -> Alert | Declined:
        """The case, if the person may do this and it is not over."""
        if person is not None:
            known = await tx.people.get(person.id) or person.model_copy(update={"active": False})
            permission = (await self._rulebook.of(tx)).may(known, act)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
        alert = await tx.alerts.get(alert_id)
        if alert is None:
            return Declined(cause=Cause.UNKNOWN, words=f"There is no {alert_id} here.")
        if alert.state is not AlertState.RECOVERED:
            return alert
        if alert.learnt is not None:
            words = f"{await _name(tx, alert.learnt_by)} said already that {alert_id} is normal; nothing was changed."
        else:
            words = f"{alert_id} has recovered by itself; nothing was changed."
        return Declined(cause=Cause.LATE, words=words)

    async def _followed(self, tx: Transaction, alert: Alert) -> Alert:
        """The case with its review brought in line."""
        return await follow_case(tx, alert, rules=await self._rulebook.of(tx), now=self._clock())

    async def _change(
        self,
        tx: Transaction,
        alert: Alert,
        person: Person | None,
        action: str,
        changed: Mapping[str, object],
        facts: Mapping[str, object] | None = None,
    ) -> Alert:
        """Save the alert with its entry in the trail, and have the card that tells of it drawn anew."""
        now = self._clock()
        saved = await tx.alerts.save(alert.model_copy(update={**changed, "updated_at": now}))
        await tx.audit.append(
            at=now,
            actor=f"person:{person.id}" if person else "system",
            action=action,
            subject=alert.id,
            facts={"key": alert.finding.key, **(facts or {})},
        )
        await redraw(tx, {alert.finding.part_of})
        return saved


async def _next_rung(
    tx: Transaction, alert: Alert, rules: Rules, person: Person | None
) -> tuple[int, tuple[Person, ...]]:
    """The number of the next rung on which there is somebody new, and who: approvers first, then up the ladder."""
    people = [one for one in await tx.people.all() if one.active]
    known = {*alert.escalated_to, person.id if person else "", alert.acknowledged_by or "", alert.assigned_to or ""}
    rung, roles, climbed = 0, frozenset({Role.APPROVER}), frozenset[Role]()
    while roles := roles - climbed:
        rung, climbed = rung + 1, climbed | roles
        to = tuple(one for one in people if one.roles & roles and one.id not in known)
        if rung > alert.escalated and to:
            return rung, to
        roles = frozenset(role for one in roles for role in rules.calendar.ladder.get(one, ()))
    return rung, ()


async def _name(tx: Transaction, person_id: str | None) -> str:
    person = await tx.people.get(person_id) if person_id else None
    return person.name if person else person_id or "Somebody"


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _due(alerts: tuple[Alert, ...], now: datetime) -> list[Alert]:
    return [
        alert
        for alert in alerts
        if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None and alert.snoozed_until <= now
    ]
