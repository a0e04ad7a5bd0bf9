"""The ladder of escalation: who is asked after whom, and when, if those who were asked do not answer.

A rung only ever adds people. Above the last one nobody says yes in anyone's place: the plan expires.
"""

from datetime import datetime

from agents.governance.calendar import Calendar
from storage.records.people import Role
from storage.records.record import Record, UtcDatetime
from storage.records.verdicts import Gate


class Rung(Record):
    """The people of some roles, from some moment on."""

    gate: str
    number: int
    """1 is the first that is climbed; those who are asked at once stand below it."""
    roles: frozenset[Role]
    at: UtcDatetime


def rungs_of(gate: Gate, calendar: Calendar, *, since: datetime) -> tuple[Rung, ...]:
    """The rungs of a gate that is open since then, lowest first; none where its rule does not escalate."""
    if gate.escalate_after_minutes is None:
        return ()
    rungs: list[Rung] = []
    asked, roles = gate.roles, _above(gate.roles, calendar)
    while new := roles - asked:
        number = len(rungs) + 1
        at = calendar.add(since, number * gate.escalate_after_minutes)
        rungs.append(Rung(gate=gate.policy, number=number, roles=new, at=at))
        asked, roles = asked | new, _above(new, calendar)
    return tuple(rungs)


def _above(roles: frozenset[Role], calendar: Calendar) -> frozenset[Role]:
    return frozenset(role for one in roles for role in calendar.ladder.get(one, ()))
