"""Was one change that was written approved as the rules demanded? Reckoned anew from what is stored.

Nothing here is shared with what decides, counts approvals and writes, so that it can catch the others out. A decision
counts only if the trail tells of it. Whether somebody owned the agent then is not stored, and so is not reckoned.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import Field

from storage.records.audit import AuditEntry
from storage.records.executions import Execution, execution_key
from storage.records.people import Delegation, Person, Role
from storage.records.plans import Plan
from storage.records.record import Record, UtcDatetime
from storage.records.stops import Glass
from storage.records.verdicts import Answer, Decision, Gate, Outcome, Verdict

_ALSO = {Role.CMO: frozenset({Role.APPROVER, Role.BRAND})}
"""What somebody with a role approves as besides."""
_APPROVING = frozenset({Role.APPROVER, Role.BRAND, Role.FINANCE, Role.LEGAL, Role.CMO})


class Step(Record):
    """What matters here of one entry of the trail."""

    at: UtcDatetime
    actor: str
    action: str
    subject: str
    revision: int | None = None
    digest: str = ""
    key: str = ""
    """The execution's key, of a change."""
    roles: frozenset[str] = frozenset()
    """Of whoever decided, at that moment."""

    @classmethod
    def of(cls, entry: AuditEntry) -> "Step":
        facts = entry.facts
        return cls(
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            revision=facts.get("revision"),
            digest=facts.get("digest", ""),
            key=facts.get("key", ""),
            roles=frozenset(facts.get("roles", ())),
        )


class Known(Record):
    """What is known beside the rows of the plans."""

    people: Mapping[str, Person] = Field(default_factory=dict)
    """By id, as known now."""
    delegations: tuple[Delegation, ...] = ()
    glasses: Mapping[str, Glass] = Field(default_factory=dict)
    """By id, all there ever were."""


class Written(Record):
    """One applied change as the rows have it, with all that was judged and said of its revision, oldest first."""

    execution: Execution
    plan: Plan | None
    verdicts: tuple[Verdict, ...] = ()
    decisions: tuple[Decision, ...] = ()


class Flaw(Record):
    """A change that was written without a valid approval; `words` say all that is wrong with it."""

    plan_id: str
    key: str
    at: UtcDatetime
    words: str
    simulated: bool = False


class Examined(Record):
    """What is to be said of one governed change."""

    at: UtcDatetime
    flaw: Flaw | None = None
    by_rules: bool = False
    overridden: bool = False


def examine(one: Written, steps: list[Step], known: Known) -> Examined:
    """One applied change against what was stored about it before it was written."""
    item, plan = one.execution, one.plan
    intended = [step.at for step in steps if step.action == "change.intended" and step.key == item.key]
    at = intended[-1] if intended else item.updated_at
    demanded: tuple[Gate, ...] = ()
    overridden = False
    if plan is None:
        words = [f"there is no revision {item.revision} of {item.plan_id}"]
    elif not intended or (began := _began(plan, steps)) is None:
        words = [*_not_the_plan(item, plan), "the trail does not tell of its execution"]
    else:
        words, verdict = _not_the_plan(item, plan), _verdict(one.verdicts, at)
        if plan.expires_at <= at:
            words.append(f"its time was over at {plan.expires_at:%Y-%m-%d %H:%M} UTC")
        if verdict is None or verdict.outcome is Outcome.REFUSED:
            words.append("the rules refused it" if verdict else "the rules were never asked about it")
        else:
            demanded = verdict.gates
            yes = _standing(plan, verdict, one.decisions, steps, before=began)
            missing = _missing(demanded, plan, yes, known, began)
            overridden = bool(missing or not demanded) and _under_glass(plan, yes, known.glasses, at)
            words += [] if overridden else missing
    if not words:
        return Examined(at=at, by_rules=not demanded and not overridden, overridden=overridden)
    simulated = plan is not None and plan.simulated
    flaw = Flaw(plan_id=item.plan_id, key=item.key, at=at, words="; ".join(words), simulated=simulated)
    return Examined(at=at, flaw=flaw)


def _began(plan: Plan, steps: list[Step]) -> datetime | None:
    """When the trail says that exactly this revision was begun."""
    exactly = (plan.revision, plan.digest)
    return next(
        (step.at for step in steps if step.action == "plan.executing" and (step.revision, step.digest) == exactly), None
    )


def _verdict(verdicts: tuple[Verdict, ...], at: datetime) -> Verdict | None:
    """What the rules demanded at that moment."""
    return next((judged for judged in reversed(verdicts) if judged.judged_at <= at), None)


def _not_the_plan(item: Execution, plan: Plan) -> list[str]:
    """The row must be of exactly this revision's change: what was approved is the digest, not the row."""
    expected = [change for change in plan.changes if change == item.change]
    if not expected or item.key != execution_key(plan.id, plan.revision, item.change.id):
        return [f"{plan.id} revision {plan.revision} has no such change"]
    return []


def _standing(
    plan: Plan, verdict: Verdict, decisions: Iterable[Decision], steps: list[Step], *, before: datetime
) -> list[Decision]:
    """The approvals of exactly this, made in time and told by the trail; none beside a rejection."""
    newest: dict[str, Decision] = {}
    for said in decisions:
        if said.digest == plan.digest and said.decided_at <= before and _in_trail(said, steps):
            newest[said.person_id] = said
    if any(said.answer is Answer.REJECT for said in newest.values()):
        return []
    return [
        said
        for said in newest.values()
        if said.answer is Answer.APPROVE and said.policy_version == verdict.policy_version
    ]


def _in_trail(said: Decision, steps: list[Step]) -> bool:
    """Whether the trail has the decision; of a person who was forgotten since it knows the moment alone."""
    return any(
        step.action == f"plan.{said.answer.value}"
        and (step.at, step.revision, step.digest) == (said.decided_at, said.revision, said.digest)
        and step.roles == said.roles
        and (step.actor == f"person:{said.person_id}" or step.actor.endswith("(erased)"))
        for step in steps
    )


def _missing(gates: Iterable[Gate], plan: Plan, yes: list[Decision], known: Known, began: datetime) -> list[str]:
    """What each gate lacked, in words; empty if every gate was met."""
    wanted = tuple(gates)
    ids = {gate.policy for gate in wanted}
    counted = [
        said for said in yes if ids <= set(said.gates) and _as_roles(said.roles) and not _has_a_stake(said, plan, known)
    ]
    rights = {_right(said, known) for said in counted}
    roles = frozenset().union(*(_as_roles(said.roles) for said in counted))
    ready = max((said.decided_at for said in counted), default=began)
    words = []
    for gate in wanted:
        absent = sorted(gate.roles - roles)
        if absent:
            words.append(f"{gate.policy} demands {' and '.join(absent)}, and nobody approved as that")
        if len(rights) < gate.approvers:
            words.append(f"{gate.policy} demands {gate.approvers} people, and {len(rights)} approved")
        if began < ready + timedelta(minutes=gate.cooling_off_minutes):
            words.append(f"{gate.policy} demands {gate.cooling_off_minutes} minutes after the last approval")
    return words


def _has_a_stake(said: Decision, plan: Plan, known: Known) -> bool:
    """Whoever asked for the plan, or stood in for them at that moment, cannot approve it."""
    stands_in = any(
        one.to_person == said.person_id and one.from_person == plan.requested_by and one.holds(said.decided_at)
        for one in known.delegations
    )
    return stands_in or plan.requested_by in (said.person_id, said.on_behalf_of or said.person_id)


def _right(said: Decision, known: Known) -> str:
    """Whose right the approval rests on: somebody on leave and their delegate are one, unless both have a right."""
    person = known.people.get(said.person_id)
    own = _as_roles(said.roles & person.roles) if person is not None else frozenset()
    return said.person_id if own or said.on_behalf_of is None else said.on_behalf_of


def _as_roles(held: frozenset[Role]) -> frozenset[Role]:
    """What an approval by somebody with these roles is worth."""
    approving = held & _APPROVING
    return approving.union(*(_ALSO.get(role, frozenset()) for role in approving))


def _under_glass(plan: Plan, yes: list[Decision], glasses: Mapping[str, Glass], at: datetime) -> bool:
    """Whether somebody answered for it alone with glass that was broken when they spoke and when it was written."""
    for said in yes:
        glass = glasses.get(said.glass or "")
        if glass is not None and glass.person_id == said.person_id and _held(glass, said.decided_at, at):
            return True
    return any(one.person_id == plan.requested_by and _held(one, plan.created_at, at) for one in glasses.values())


def _held(glass: Glass, *moments: datetime) -> bool:
    end = glass.until if glass.closed_at is None else min(glass.until, glass.closed_at)
    return all(glass.broken_at <= moment <= end for moment in moments)
