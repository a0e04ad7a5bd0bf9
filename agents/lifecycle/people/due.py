"""Due: whom a waiting plan has to ask, remind or escalate to now; rows alone, the bot makes messages of them.

The last rung is the plan's expiry: nothing here ever says yes in anybody's place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from agents.governance.approvals import COUNTS_AS, Panel, counted_roles, newest_words, progress_of
from agents.governance.approvers import approvers_of, unmeetable
from agents.governance.ladder import Rung, rungs_of
from agents.governance.rules import Rules
from agents.lifecycle.convene import convene
from storage.ledger import Transaction
from storage.records.nudges import Nudge, NudgeKind, Quiet
from storage.records.people import Person, Role
from storage.records.plans import PlanStatus
from storage.records.verdicts import Answer, Decision, GateProgress, Verdict

NOBODY = "nobody is left who may approve this: "
"""How the note of a plan begins that nobody can approve."""


@dataclass(frozen=True)
class Case:
    """One waiting plan with all that says whom it waits for."""

    status: PlanStatus
    rules: Rules
    panel: Panel
    verdict: Verdict
    decisions: tuple[Decision, ...]
    nudges: tuple[Nudge, ...]
    quiets: tuple[Quiet, ...]

    @cached_property
    def approvers(self) -> tuple[Person, ...]:
        """Who may approve and would bring an open gate nearer, with the roles they decide with."""
        return approvers_of(self.rules, self.verdict, self.status.plan, self.panel, self.decisions)

    @cached_property
    def open_gates(self) -> tuple[GateProgress, ...]:
        progress = progress_of(self.verdict, self.status.plan, self.decisions, self.panel)
        return tuple(one for one in progress if not one.met)

    def last_asked(self, person_id: str) -> datetime | None:
        """When the newest message to the person was due."""
        return max((one.due_at for one in self.nudges if one.person_id == person_id), default=None)

    def hushed_until(self, person_id: str) -> datetime | None:
        """The end of the quiet that the person wants, while it lasts."""
        return next(
            (one.until for one in self.quiets if one.person_id == person_id and one.until > self.panel.now), None
        )

    def nudge(self, person: Person, kind: NudgeKind, text: str = "") -> Nudge:
        plan = self.status.plan
        return Nudge(
            plan_id=plan.id,
            revision=plan.revision,
            person_id=person.id,
            kind=kind,
            text=text,
            due_at=self.panel.now,
        )


@dataclass(frozen=True)
class Climbed:
    """A rung that is asked from now on, and the people who are new on it."""

    rung: Rung
    to: tuple[Person, ...]


@dataclass
class Due:
    """What a plan needs now."""

    nudges: list[Nudge] = field(default_factory=list)
    climbed: list[Climbed] = field(default_factory=list)
    note: str | None = None
    """The plan's new note, where it has to change."""

    @property
    def anything(self) -> bool:
        return bool(self.nudges) or self.note is not None


async def case_of(tx: Transaction, status: PlanStatus, rules: Rules, *, now: datetime) -> Case:
    """Read everything about one waiting plan."""
    plan = status.plan
    verdict = await tx.approvals.verdict(plan.id, plan.revision)
    assert verdict is not None, "a plan waits because it was judged"
    return Case(
        status=status,
        rules=rules,
        panel=await convene(tx, plan, now=now),
        verdict=verdict,
        decisions=await tx.approvals.decisions(plan.id, plan.revision),
        nudges=await tx.nudges.of(plan.id, plan.revision),
        quiets=await tx.nudges.hushed([plan.id]),
    )


def due_now(case: Case) -> Due:
    """First asks, rungs of the ladder whose time has come, reminders in business hours, and whether nobody is left."""
    due = Due()
    _climb(case, due)
    _look_for_somebody(case, due)
    told = {one.person_id for one in due.nudges}
    for person in _asked_first(case):
        if person.id not in told and _to_be_asked(case, person):
            due.nudges.append(case.nudge(person, NudgeKind.ASKED))
            told.add(person.id)
    for person in case.approvers:
        if person.id not in told and _to_be_reminded(case, person):
            due.nudges.append(case.nudge(person, NudgeKind.REMINDER))
    return due


def _climb(case: Case, due: Due) -> None:
    """Each rung adds its people once; whoever joins it later is asked when they join."""
    escalated = {one.person_id for one in case.nudges if one.kind is NudgeKind.ESCALATION}
    for progress in case.open_gates:
        for rung in rungs_of(progress.gate, case.rules.calendar, since=case.status.since):
            if rung.at > case.panel.now:
                break
            new = tuple(one for one in _on(rung, case) if one.id not in escalated)
            if new:
                due.climbed.append(Climbed(rung, new))
                due.nudges += [case.nudge(one, NudgeKind.ESCALATION, progress.gate.text) for one in new]
                escalated |= {one.id for one in new}


def _on(rung: Rung, case: Case) -> tuple[Person, ...]:
    """Those of the rung's roles who may approve; and of roles that never may, those who can find somebody."""
    finders = rung.roles - COUNTS_AS.keys()
    return (
        *(one for one in case.approvers if one.roles & rung.roles),
        *_holding(case, finders),
    )


def _holding(case: Case, roles: Iterable[Role]) -> tuple[Person, ...]:
    approving = {one.id for one in case.approvers}
    return tuple(one for one in case.panel.people if one.has(*roles) and one.id not in approving)


def _look_for_somebody(case: Case, due: Due) -> None:
    """Say on the card, and to the admins, that no approval can come; take it back once somebody may again."""
    gates = unmeetable(case.rules, case.verdict, case.status.plan, case.panel, case.decisions, case.approvers)
    note = NOBODY + "; ".join(gate.text for gate in gates) if gates else ""
    if note == case.status.note or not (note or case.status.note.startswith(NOBODY)):
        return
    due.note = note
    told = {one.person_id for one in (*case.nudges, *due.nudges) if one.kind is NudgeKind.ESCALATION}
    if note:
        admins = (one for one in _holding(case, [Role.ADMIN]) if one.id not in told)
        due.nudges += [case.nudge(one, NudgeKind.ESCALATION, note) for one in admins]


def _asked_first(case: Case) -> tuple[Person, ...]:
    """Those who hold a missing role themselves; who merely counts as it is asked where nobody holds it."""
    if not case.open_gates:
        return case.approvers
    found: dict[str, Person] = {}
    for progress in case.open_gates:
        asked: dict[str, Person] = {}
        for role in progress.missing_roles or progress.gate.roles:
            holders = [one for one in case.approvers if role in one.roles]
            standing_in = [one for one in case.approvers if role in counted_roles(one.roles)]
            asked |= {one.id: one for one in holders or standing_in}
        if len(asked) < progress.missing_people:
            asked |= {one.id: one for one in case.approvers}
        found |= asked
    return tuple(found.values())


def _to_be_asked(case: Case, person: Person) -> bool:
    """Not asked yet; or what they said since does not count any more, and they have not taken it back themselves."""
    last = case.last_asked(person.id)
    if last is None:
        return True
    said = newest_words(case.status.plan, case.decisions).get(person.id)
    return said is not None and said.answer is Answer.APPROVE and said.decided_at >= last


def _to_be_reminded(case: Case, person: Person) -> bool:
    last, calendar, now = case.last_asked(person.id), case.rules.calendar, case.panel.now
    return (
        last is not None
        and case.hushed_until(person.id) is None
        and calendar.is_open(now)
        and calendar.minutes_between(last, now) >= calendar.remind_every_minutes
    )
