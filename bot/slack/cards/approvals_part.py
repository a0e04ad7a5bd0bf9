"""Who is asked, who has said yes, what is still missing, and what happens if nobody says anything."""

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from agents.governance.wording import A_ROLE
from bot.slack.cards.markup import count, data, moment, spelled, within
from storage.records.dossiers import Dossier
from storage.records.nudges import NudgeKind
from storage.records.people import Person, Role
from storage.records.verdicts import Answer, Decision, Gate, GateProgress

_MOST_GATES = 900


def names(people: Sequence[Person], last: str = "or") -> str:
    """As in "Aaron Blake or Carla Mendes"; the first five by name, the others counted."""
    shown = [data(person.name, 40) for person in people[:5]]
    if len(people) > len(shown):
        shown.append(count(len(people) - len(shown), "other"))
    return joined(shown, last)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """As in "a, b and c"."""
    return f" {last} ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def name_of(people: Mapping[str, Person], person_id: str) -> str:
    """The name of a person for mrkdwn; the id where nobody is known by it."""
    person = people.get(person_id)
    return data(person.name if person else person_id, 40)


def standing(dossier: Dossier) -> list[Decision]:
    """Approvals that nobody took back: the newest word of each person counts."""
    newest = {one.person_id: one for one in dossier.decisions}
    return [one for one in dossier.decisions if newest[one.person_id] is one and one.answer is Answer.APPROVE]


def approved_by(dossier: Dossier, zone: ZoneInfo) -> str:
    """As in "Aaron Blake, today at 10:42"; for a plan that no gate stopped it says so."""
    said = standing(dossier)
    if not said:
        return "policy: no approval was needed"
    return f"{joined([_signature(dossier, one) for one in said[:5]])}, {moment(said[-1].decided_at, zone)}"


def gates(dossier: Dossier) -> str:
    """Each gate with its progress: "1 of 2: Aaron Blake, needs the CMO"; empty without gates."""
    lines = (gate_line(one, dossier.people) for one in progress_of(dossier))
    return within(lines, _MOST_GATES)


def progress_of(dossier: Dossier) -> tuple[GateProgress, ...]:
    """Of every gate of the verdict; all is missing where nothing was counted yet."""
    if dossier.progress:
        return dossier.progress
    demanded = dossier.verdict.gates if dossier.verdict else ()
    return tuple(GateProgress(gate=one, missing_roles=one.roles, missing_people=one.approvers) for one in demanded)


def gate_line(one: GateProgress, people: Mapping[str, Person]) -> str:
    """As in "◻️ Moves more than 20 % · *1 of 2*: Aaron Blake ✓, still needs the CMO"."""
    yes = [f"{name_of(people, person_id)} ✓" for person_id in one.approved_by[:5]]
    parts = [*yes, *([f"needs {needs(one)}"] if not one.met else [])]
    told = f": {', '.join(parts)}" if parts else ""
    return f"{'✅' if one.met else '◻️'} {_demand(one.gate)} · *{_done(one)} of {one.gate.approvers}*{told}"


def needs(one: GateProgress) -> str:
    """What is still missing: "the CMO", "2 more people, among them finance"."""
    roles = _listed(one.missing_roles)
    if one.missing_people <= len(one.missing_roles):
        return roles or "nobody"
    people = "one more person" if one.missing_people == 1 else f"{one.missing_people} people"
    if one.approved_by and one.missing_people > 1:
        people = f"{one.missing_people} more people"
    return f"{people}, among them {roles}" if roles else people


def _listed(roles: Collection[Role]) -> str:
    return joined([A_ROLE[role] for role in sorted(roles, key=list(Role).index)])


def tally(dossier: Dossier) -> str:
    """As in "1 of 2 approvals", where more than one is wanted; empty otherwise."""
    unmet = [one for one in progress_of(dossier) if not one.met and one.gate.approvers > 1]
    if not unmet:
        return ""
    most = max(unmet, key=lambda one: one.gate.approvers)
    return f"{_done(most)} of {most.gate.approvers} approvals"


def still_needed(dossier: Dossier) -> str:
    """What all gates together still want, for one short sentence: "the CMO"; empty if nothing."""
    missing = [needs(one) for one in progress_of(dossier) if not one.met]
    return joined(list(dict.fromkeys(missing))[:4])


def escalation(dossier: Dossier, zone: ZoneInfo) -> list[str]:
    """Who else is asked because nobody answered, or when that will be."""
    raised = [one for one in dossier.nudges if one.kind is NudgeKind.ESCALATION]
    if raised:
        who = joined([name_of(dossier.people, one) for one in dict.fromkeys(one.person_id for one in raised)][:5])
        return [f"⏫ *Escalated to {who}*, {moment(raised[-1].due_at, zone)}: nobody had decided"]
    if any(one.escalated and not one.met for one in dossier.progress):
        return ["⏫ *Escalated*: nobody had decided in time"]
    due = [(one.escalates_at, one.escalates_to) for one in dossier.progress if one.escalates_at and not one.met]
    if not due:
        return []
    at, roles = min(due, key=lambda rung: rung[0])
    return [f"⏫ Goes up to {_listed(roles) or 'the next in line'} {moment(at, zone)} if nobody decides"]


def asked(dossier: Dossier, zone: ZoneInfo) -> str:
    """Who was sent a message about it and when, for small print; empty if nobody."""
    first = {one.person_id: one for one in reversed(dossier.nudges) if one.kind is not NudgeKind.REMINDER}
    reminded = [one for one in dossier.nudges if one.kind is NudgeKind.REMINDER]
    people = [f"{name_of(dossier.people, one.person_id)}, {moment(one.due_at, zone)}" for one in first.values()]
    if not people:
        return ""
    last = f"  ·  last reminded {moment(reminded[-1].due_at, zone)}" if reminded else ""
    return within([f"*Asked* {'; '.join(people[:6])}{last}"], 900)


def if_nothing(dossier: Dossier, zone: ZoneInfo) -> str:
    """What becomes of an undecided plan that nobody touches."""
    return f"*If nobody decides:* it expires {moment(dossier.status.plan.expires_at, zone)} and *nothing changes*"


def glass_of(dossier: Dossier) -> str:
    """Loud words about a decision that one person took alone; empty if none was."""
    alone = [one for one in standing(dossier) if one.glass]
    if not alone:
        return ""
    one = alone[-1]
    who, glass = name_of(dossier.people, one.person_id), data(one.glass or "", 30)
    return f"🚨 *Broken glass*: {who} approved this alone ({glass}). Somebody else reviews it afterwards"


def _signature(dossier: Dossier, one: Decision) -> str:
    behalf = f" for {name_of(dossier.people, one.on_behalf_of)}" if one.on_behalf_of else ""
    return f"{name_of(dossier.people, one.person_id)}{behalf}"


def _done(one: GateProgress) -> int:
    most = one.gate.approvers if one.met else one.gate.approvers - 1  # "1 of 1" must not be said of an open gate
    return max(0, min(one.gate.approvers - one.missing_people, most))


def _demand(gate: Gate) -> str:
    sentence = spelled(gate.text)
    return data(sentence[:1].upper() + sentence[1:], 160, empty=data(gate.policy, 80))
