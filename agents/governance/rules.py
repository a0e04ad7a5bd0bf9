"""The rules, loaded once: they judge plans and say what a person may do, with every reason, and fail closed.

Whatever goes wrong while judging is a refusal. Cedar skips a rule that errors, so an answer with any error in
it is never taken as a yes.
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import cedarpy

from agents.governance import wording
from agents.governance.approvals import Approvals, approvals_given, counted_roles
from agents.governance.facts import Facts
from agents.governance.ingress import ingress_reasons
from agents.governance.loading import SHIPPED, PolicySet, read_policies
from agents.governance.policy import Policy
from agents.governance.questions import Question, entities_of, plan_entity, questions_of, user_entity
from storage.records.people import Person, Role
from storage.records.plans import Plan
from storage.records.record import Record
from storage.records.verdicts import Decision, Gate, Outcome, Reason, Verdict


class Act(StrEnum):
    """What a person may want to do; judged by role, and by plan where there is one."""

    VIEW = "view"
    PROPOSE = "propose"
    EDIT = "edit"
    APPROVE = "approve"
    REJECT = "reject"
    ROLLBACK = "rollback"
    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    TICK = "tick"
    CONFIGURE = "configure"


class Permission(Record):
    """Whether a person may; `reason` is for them, empty if they may."""

    allowed: bool
    reason: str = ""


class EngineError(RuntimeError):
    """Raised inside judging when Cedar's answer cannot be relied on; it becomes a refusal."""


class Fired(Record):
    """One policy that stood against one question, in words."""

    policy: Policy | None
    """None: nothing stood against it, but nothing permits it either."""
    text: str


def load_rules(folder: Path = SHIPPED) -> "Rules":
    """Read and check a folder of policies. Raises PoliciesInvalid."""
    return Rules(read_policies(folder))


class Rules:
    """A checked set of policies; judging is deterministic and does no I/O."""

    def __init__(self, loaded: PolicySet) -> None:
        self._loaded = loaded

    @property
    def version(self) -> str:
        """sha256 of the schema and the policy texts."""
        return self._loaded.version

    @property
    def policies(self) -> tuple[Policy, ...]:
        return self._loaded.policies

    def judge(self, plan: Plan, facts: Facts) -> Verdict:
        """Judge one revision: refused for every reason there is, or waiting for every gate, or allowed."""
        try:
            outcome, reasons, gates = self._judge(plan, facts)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be written because of it
            outcome, reasons, gates = Outcome.REFUSED, (_engine_reason(error),), ()
        return Verdict(outcome=outcome, reasons=reasons, gates=gates, policy_version=self.version, judged_at=facts.now)

    def may(self, person: Person, act: str, plan: Plan | None = None) -> Permission:
        """Whether the person may do this now, to this plan if one is given, else at all."""
        try:
            fired = self._stands_against(person, Act(act), plan)
        except Exception as error:  # noqa: BLE001 - as above: no answer is a no
            return Permission(allowed=False, reason=_engine_reason(error).text)
        return Permission(allowed=not fired, reason="; ".join(dict.fromkeys(item.text for item in fired)))

    def approvers_of(
        self, verdict: Verdict, plan: Plan, people: Iterable[Person], decisions: Iterable[Decision] = ()
    ) -> tuple[Person, ...]:
        """Who may approve this revision and would bring an open gate nearer; nobody if none is open."""
        if verdict.outcome is not Outcome.NEEDS_APPROVAL:
            return ()
        everyone, said = tuple(people), tuple(decisions)
        given = approvals_given(plan, said, everyone)
        answered = {item.person_id for item in said if item.digest == plan.digest}
        open_gates = [gate for gate in verdict.gates if not given.meet(gate)]
        return tuple(
            person
            for person in everyone
            if person.id not in answered
            and any(_helps(person, gate, given) for gate in open_gates)
            and self.may(person, Act.APPROVE, plan).allowed
        )

    def _judge(self, plan: Plan, facts: Facts) -> tuple[Outcome, tuple[Reason, ...], tuple[Gate, ...]]:
        refused = ingress_reasons(plan, facts)
        if refused:
            return Outcome.REFUSED, refused, ()
        questions, entities = questions_of(plan, facts), entities_of(plan, facts)
        fired = self._ask(questions, entities, facts.approvals)
        denials = [item for item in fired if item.policy is None or not item.policy.requires]
        if denials:
            return Outcome.REFUSED, _reasons(denials), ()
        if not fired:
            return Outcome.ALLOWED, (), ()
        # A gate hides whether anything permits the plan at all; people are asked only if their yes would do.
        still = self._ask(questions, entities, _all_wanted(fired, facts.approvals))
        if still:
            return Outcome.REFUSED, _reasons(still), ()
        return Outcome.NEEDS_APPROVAL, _reasons(fired), _gates(fired)

    def _ask(
        self, questions: tuple[Question, ...], entities: list[dict[str, Any]], approvals: Approvals | None
    ) -> list[Fired]:
        answers = cedarpy.is_authorized_batch(
            [question.request(approvals) for question in questions],
            self._loaded.parsed,
            entities,
            self._loaded.schema,
        )
        return [
            item for question, answer in zip(questions, answers, strict=True) for item in self._fired(question, answer)
        ]

    def _fired(self, question: Question, answer: cedarpy.AuthzResult) -> list[Fired]:
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            raise EngineError(question.action)
        if answer.allowed:
            return []
        if not answer.diagnostics.reasons:
            return [Fired(policy=None, text=f"no policy permits {question.principal['id']} to do this")]
        stood = [self._loaded.by_id[name] for name in sorted(answer.diagnostics.reasons)]
        return [Fired(policy=policy, text=wording.fill(policy.text, question.words)) for policy in stood]

    def _stands_against(self, person: Person, act: Act, plan: Plan | None) -> list[Fired]:
        words = {"person": person.name, "plan": plan.id if plan else "the plan"}
        fired = self._ask((_person_question(person, act, plan, words),), _person_entities(person, plan), None)
        if any(item.policy is None for item in fired):
            able = " or ".join(role for role in Role if self._role_may(role, act)) or "nobody"
            have = ", ".join(sorted(person.roles)) or "none"
            return [Fired(policy=None, text=f"only {able} may {act}; {person.name} has the role {have}")]
        return fired

    def _role_may(self, role: Role, act: Act) -> bool:
        someone = Person(id="someone", name="someone", roles=frozenset({role}))
        question = _person_question(someone, act, None, {})
        return not self._ask((question,), _person_entities(someone, None), None)


def _person_question(person: Person, act: Act, plan: Plan | None, words: dict[str, str]) -> Question:
    resource = {"type": "Plan", "id": plan.id} if plan else {"type": "Workspace", "id": "workspace"}
    principal = {"type": "User", "id": person.id}
    return Question(principal=principal, action=act.value, resource=resource, context={}, words=words)


def _person_entities(person: Person, plan: Plan | None) -> list[dict[str, Any]]:
    return [user_entity(person), *([plan_entity(plan)] if plan else [])]


def _all_wanted(fired: list[Fired], given: Approvals) -> Approvals:
    wanted = [item.policy for item in fired if item.policy]
    return Approvals(
        roles=given.roles.union(*(policy.requires for policy in wanted)),
        distinct=max([given.distinct, *(policy.approvers for policy in wanted)]),
    )


def _reasons(fired: list[Fired]) -> tuple[Reason, ...]:
    named = ((item.policy.id if item.policy else "no-permit", item.text) for item in fired)
    return tuple(Reason(policy=policy, text=text) for policy, text in dict.fromkeys(named))


def _gates(fired: list[Fired]) -> tuple[Gate, ...]:
    """One gate a policy; where it fired for several changes, the first one's words and how many more."""
    by_policy: dict[str, tuple[Policy, list[str]]] = {}
    for policy, text in [(item.policy, item.text) for item in fired if item.policy]:
        by_policy.setdefault(policy.id, (policy, []))[1].append(text)
    return tuple(
        Gate(
            policy=policy.id,
            text=texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""),
            roles=policy.requires,
            approvers=policy.approvers,
        )
        for policy, texts in by_policy.values()
    )


def _helps(person: Person, gate: Gate, given: Approvals) -> bool:
    counts_as = counted_roles(person.roles)
    return bool(counts_as & (gate.roles - given.roles)) or bool(counts_as and given.distinct < gate.approvers)


def _engine_reason(error: Exception) -> Reason:
    # The type alone: a message may quote the plan, and reasons are stored and shown.
    return Reason(policy="engine", text=f"policy engine error ({type(error).__name__}): nothing is written")
